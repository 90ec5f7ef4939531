package samlrules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// letter is one protocol message that is judged as a whole: a request, a response or a logout message.
type letter struct {
	c    *check.Case
	m    *check.Message
	head samldoc.Head
}

// finding is one about an element of the message, or about an attribute of it; about is the same with the two values.
func (l letter) finding(e *xmltree.Element, attr, format string, args ...any) report.Finding {
	return report.Finding{Where: l.m.In(e, attr), Message: fmt.Sprintf(format, args...)}
}

func (l letter) about(e *xmltree.Element, attr, got, want, format string, args ...any) report.Finding {
	f := l.finding(e, attr, format, args...)
	f.Got, f.Want = got, want
	return f
}

// envelope is a finding about how the message travelled, which no element stands for.
func envelope(m *check.Message, got, want, format string, args ...any) report.Finding {
	return report.Finding{Where: report.Location{Evidence: m.Cite()}, Got: got, Want: want, Message: fmt.Sprintf(format, args...)}
}

// carried lists the letters that a rule is about: requests, responses or logout messages of any source.
type carried func(*check.Case) []letter

// requestsOf lists the authentication requests that were pasted or recorded, and the one that the SP really sends.
func requestsOf(c *check.Case) []letter {
	var out []letter
	for _, m := range c.Requests() {
		out = append(out, letter{c, m, m.Request.Head})
	}
	return out
}

// responsesOf lists the responses, from wherever. A bare assertion is none.
func responsesOf(c *check.Case) []letter {
	var out []letter
	for _, m := range c.Answers() {
		if m.Response.Element != nil {
			out = append(out, letter{c, m, m.Response.Head})
		}
	}
	return out
}

// onLetters makes a rule that judges each letter. lacks gives the reason why a letter in which nothing is wrong does not decide the
// rule all the same, "" when it does; nil: it does.
func onLetters(r check.Rule, of carried, none string, lacks func(letter) string, judge func(letter) []report.Finding) check.Rule {
	r.Protocol = config.SAML
	r.AnyOf = []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}
	r.Uses = append(r.Uses, []evidence.Kind{evidence.Config}...)
	find := func(c *check.Case) []report.Finding {
		var out []report.Finding
		for _, l := range of(c) {
			schema := "RSP003"
			if l.m.Request != nil {
				schema = "REQ002"
			}
			if all := judge(l); r.Code == schema {
				out = append(out, all...)
			} else {
				out = append(out, byMisspelling(l.m, schema, all)...)
			}
		}
		return out
	}
	r.Decides = func(c *check.Case) string {
		all := of(c)
		if len(all) == 0 {
			return none
		}
		if lacks == nil || len(find(c)) > 0 {
			return ""
		}
		reason := ""
		for _, l := range all {
			if reason = lacks(l); reason == "" {
				return ""
			}
		}
		return reason
	}
	r.Check = find
	return r
}

const (
	noRequest  = "the SP's request was not seen"
	noResponse = "no response was seen"
)

func onRequest(r check.Rule, lacks func(letter) string, judge func(letter) []report.Finding) check.Rule {
	return onLetters(r, requestsOf, noRequest, lacks, judge)
}

func onResponse(r check.Rule, lacks func(letter) string, judge func(letter) []report.Finding) check.Rule {
	return onLetters(r, responsesOf, noResponse, lacks, judge)
}

// live is when the receiver looked at the message; ok is false for a paste, of which nobody knows that.
func (l letter) live() (at time.Time, ok bool) { return seenAt(l.c, l.m) }

// recorded reports whether the message is as it travelled: nothing can have been damaged by copying it.
func recorded(m *check.Message) bool { return !m.Sent.IsZero() }

// inRecording reports whether the message stands in a recording of a browser, which shows what came before it.
func inRecording(m *check.Message) bool { return recorded(m) && slices.Contains(m.Layers, "HAR") }

// ownSignature reports whether the message itself carries a signature, in its element or in the address that brought it.
func ownSignature(m *check.Message) bool {
	return m.Query != nil || m.Doc != nil && m.Doc.Root.Child(samldoc.DSig, "Signature") != nil
}

// stamp judges IssueInstant: there, a time, in UTC, not ahead of the receiver's clock. of is whose message it is; the fix is told to
// it.
func (l letter) stamp(what string, fix func(do string) string) []report.Finding {
	e, text := l.head.Element, l.head.IssueInstant
	at, utc, ok := samldoc.Time(text)
	var f report.Finding
	switch {
	case !e.Has("IssueInstant"):
		f = l.finding(e, "", "%s does not say when it was issued: it has no IssueInstant", what)
		f.Fix = []string{fix("let the message carry IssueInstant")}
	case !ok:
		f = l.about(e, "IssueInstant", text, "", "IssueInstant of %s is %s, which is no point in time such as %q", what, check.Quote(text), instant(l.c.Now))
		f.Fix = []string{fix("write IssueInstant as a date and time in UTC")}
	case !utc:
		f = l.about(e, "IssueInstant", text, instant(at), "IssueInstant of %s is %s and not in UTC, which is written %q", what, check.Quote(text), instant(at))
		f.Severity = report.Warning // most receivers read it all the same
		f.Fix = []string{fix("write all times in UTC, with a Z at the end")}
	default:
		return l.ahead(what, at, fix)
	}
	return []report.Finding{f}
}

// ahead tells of a message that is from the future for who looked at it; of a paste, for the clock here.
func (l letter) ahead(what string, at time.Time, fix func(do string) string) []report.Finding {
	now, known := l.live()
	of := "the time at which it was sent"
	if !known {
		now, of = l.c.Now, "the clock here"
	}
	slack, _ := skew(l.c)
	if at.Sub(now) <= slack {
		return nil
	}
	f := l.about(l.head.Element, "IssueInstant", l.head.IssueInstant, instant(now), "%s was issued at %s, %s ahead of %s (%s)", what, check.Quote(l.head.IssueInstant), lasting(at.Sub(now)), of, instant(now))
	f.Fix = []string{fix("set the clock by a time server")}
	return []report.Finding{f}
}

// lasting words a duration for sentences, rounded to the largest unit that it has more than one of.
func lasting(d time.Duration) string {
	d = d.Abs()
	for _, u := range []struct {
		one  time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}, {time.Millisecond, "millisecond"}} {
		switch n := int(d.Round(u.one) / u.one); {
		case n > 1:
			return fmt.Sprintf("%d %ss", n, u.name)
		case n == 1 && d > u.one*9/10 && u.name == "hour":
			return "an hour"
		case n == 1 && d > u.one*9/10:
			return "a " + u.name
		}
	}
	return "less than a millisecond"
}

// ncNamed reports whether an ID is one that xs:ID allows: it begins with a letter or an underscore, and has no blanks and colons.
func ncNamed(id string) bool {
	return id != "" && ncName(id) && !strings.ContainsAny(id, " :/\t\r\n")
}

// before gives the messages of one kind that stand before this one, the nearest first.
func (l letter) before(is func(*check.Message) bool) []*check.Message {
	var out []*check.Message
	for _, m := range l.c.Messages {
		if m == l.m {
			break
		}
		if is(m) {
			out = append(out, m)
		}
	}
	slices.Reverse(out)
	return out
}

// acsURLs are the addresses at which the SP of the connection takes responses; none without a connection.
func acsURLs(c *check.Case) []string {
	if c.Config == nil {
		return nil
	}
	out := c.Config.ACSURLs()
	if own := c.Config.ACSURL(); own != "" && !slices.Contains(out, own) {
		out = append([]string{own}, out...)
	}
	if l := c.Config.Listening; l != "" {
		out = append(out, l)
	}
	return out
}

// closestOf is the address of several that was most likely meant.
func closestOf(all []string, got string) string {
	if near, _ := check.Closest(all, got); near != "" {
		return near
	}
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// oneOf lists names for a sentence.
func oneOf(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(quoted, ", ")
}

// shortened quotes the beginning of a long text.
func shortened(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:57]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// isTrue reads an xs:boolean.
func isTrue(s string) bool { return s == "true" || s == "1" }
