package samlrules

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// usualSkew is by how much clocks may differ at an SP of which nobody has said what it puts up with.
const usualSkew = 180 * time.Second

// skew is by how much clocks may differ at the SP of the case, and whether its profile says so.
func skew(c *check.Case) (d time.Duration, stated bool) {
	if c.SP.SAML != nil && c.SP.SAML.ClockSkew.Certain() {
		return time.Duration(c.SP.SAML.ClockSkew.V) * time.Second, true
	}
	return usualSkew, false
}

// seenAt is the instant by which a message is judged: when the SP looked at it, where a recording or a probe tells that (live);
// otherwise when it was issued, since what people paste is nearly always older than the few minutes that it is good for. A message
// from the future is judged as of now.
func seenAt(c *check.Case, m *check.Message) (at time.Time, live bool) {
	if !m.Sent.IsZero() {
		return m.Sent, true
	}
	var stamps []string
	switch {
	case m.Response != nil:
		stamps = append(stamps, m.Response.IssueInstant)
		for _, a := range m.Response.Assertions {
			stamps = append(stamps, a.IssueInstant)
		}
	case m.Request != nil:
		stamps = append(stamps, m.Request.IssueInstant)
	case m.Logout != nil:
		stamps = append(stamps, m.Logout.IssueInstant)
	}
	for _, s := range stamps {
		if t, _, ok := samldoc.Time(s); ok && !t.After(c.Now) {
			return t, false
		}
	}
	return c.Now, false
}

// instant words a point in time for sentences.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }

// assertion is one that the SP would read, and what it came in.
type assertion struct {
	c    *check.Case
	m    *check.Message
	r    *samldoc.Response
	a    *samldoc.AssertionDoc
	at   time.Time // by which it is judged
	live bool      // at is when the SP looked at it, not only when it was issued
}

// assertions lists those of all responses. Of a response in which signatures cover some of them, those alone count: the others are
// what an attacker put there (SIG009).
func assertions(c *check.Case) []assertion {
	var out []assertion
	for _, m := range responses(c) {
		at, live := seenAt(c, m)
		all := m.Response.Assertions
		if len(all) > 1 {
			if signed := slices.DeleteFunc(slices.Clone(all), func(a *samldoc.AssertionDoc) bool { return !covered(m, a) }); len(signed) > 0 {
				all = signed
			}
		}
		for _, a := range all {
			out = append(out, assertion{c, m, m.Response, a, at, live})
		}
	}
	return out
}

func covered(m *check.Message, a *samldoc.AssertionDoc) bool {
	path := a.Element.Path()
	for _, s := range m.Signatures {
		if s.Covers(path) {
			return true
		}
	}
	return false
}

// responses lists the responses that were pasted, recorded or probed.
func responses(c *check.Case) []*check.Message {
	return slices.DeleteFunc(slices.Concat(c.Messages, c.Probed), func(m *check.Message) bool { return m.Response == nil })
}

// asked is the request that a response answers, when it is at hand; else nil.
func (t assertion) asked() *samldoc.Request {
	for _, m := range t.c.Messages {
		if m.Request != nil && m.Request.ID != "" && (m.Request.ID == t.r.InResponseTo || m.Request.ID == t.m.RequestID) {
			return m.Request
		}
	}
	return nil
}

// finding is one about an element, or about an attribute of it; about is the same with the two values.
func (t assertion) finding(e *xmltree.Element, attr, format string, args ...any) report.Finding {
	return report.Finding{Where: t.m.In(e, attr), Message: fmt.Sprintf(format, args...)}
}

func (t assertion) about(e *xmltree.Element, attr, got, want, format string, args ...any) report.Finding {
	f := t.finding(e, attr, format, args...)
	f.Got, f.Want = got, want
	return f
}

// noAssertion says why there is no assertion to judge; "" when there is one.
func noAssertion(c *check.Case) string {
	reason := "no " + string(evidence.SAMLMessages)
	for _, m := range responses(c) {
		switch {
		case len(m.Response.Assertions) > 0:
			return ""
		case len(m.Response.Encrypted) > 0:
			return "the assertion is encrypted and could not be opened"
		}
		reason = "no message carries an assertion"
	}
	return reason
}

// onAssertion makes a rule that judges each assertion. lacks gives the reason why an assertion in which nothing is wrong does not
// decide the rule all the same, "" when it does; nil: it does.
func onAssertion(r check.Rule, lacks func(assertion) string, judge func(assertion) []report.Finding) check.Rule {
	r.Protocol = config.SAML
	r.AnyOf = []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}
	r.Uses = append(r.Uses, []evidence.Kind{evidence.Config}...)
	if r.Severity == report.Error { // what the SP then answers follows from it
		r.Explains = append(slices.Clip(r.Explains), "RSP021")
	}
	find := func(c *check.Case) []report.Finding {
		var out []report.Finding
		for _, t := range assertions(c) {
			out = append(out, byMisspelling(t.m, "RSP003", judge(t))...)
		}
		return out
	}
	r.Decides = func(c *check.Case) string {
		if reason := noAssertion(c); reason != "" || lacks == nil || len(find(c)) > 0 {
			return reason
		}
		reason := ""
		for _, t := range assertions(c) {
			if reason = lacks(t); reason == "" {
				return ""
			}
		}
		return reason
	}
	r.Check = find
	return r
}
