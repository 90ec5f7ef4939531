package samlrules

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Conditions: when and where the assertion may be used.
var astConditions = []check.Rule{
	onAssertion(check.Rule{
		Code: "AST019", Title: "the assertion has its conditions, once", Severity: report.Error, Explains: []string{"AST025"},
		Why:  "Nothing says for whom the assertion is meant and until when, so SPs refuse it.",
		Fix:  "let the IdP send Conditions with an AudienceRestriction",
		Refs: []string{"SAML 2.0 Core §2.5.1"},
	}, nil, func(t assertion) []report.Finding {
		var f report.Finding
		switch n := len(t.a.Conditions); n {
		case 0:
			f = t.finding(t.a.Element, "", "the assertion has no Conditions: it says neither for whom it is meant nor until when")
		case 1:
			return nil
		default:
			f = t.finding(t.a.Conditions[1], "", "the assertion has %d Conditions elements where one is allowed", n)
		}
		f.Fix = []string{t.c.AtIdP("send one Conditions element with an AudienceRestriction", "entity_id")}
		return []report.Finding{f}
	}),
	onAssertion(check.Rule{
		Code: "AST020", Title: "the assertion is valid already when it arrives", Severity: report.Error, Explains: []string{"AST023", "AST030", "RSP006"},
		Why:  "The SP refuses the login, and the same login works a moment later: the clock of the IdP is ahead, or the SP's behind.",
		Fix:  "set the clocks of IdP and SP by NTP, and let the IdP begin the validity a minute before the issue where it can",
		Refs: []string{refWindow},
	}, nil, notYet),
	onAssertion(check.Rule{
		Code: "AST021", Title: "the assertion is still valid when it arrives", Severity: report.Error, Explains: []string{"AST015", "AST030"},
		Why:  "The SP refuses the login: the clocks differ, or the login took longer than the assertion lives.",
		Fix:  "set the clocks of IdP and SP by NTP, and let the IdP give assertions some minutes",
		Refs: []string{refWindow},
	}, nil, func(t assertion) []report.Finding {
		var out []report.Finding
		for _, e := range t.a.Conditions {
			if from, to := times(e); !from.IsZero() && !to.IsZero() && !from.Before(to) {
				continue // AST022
			}
			if f := t.until(e, "the assertion"); f != nil {
				out = append(out, *f)
			}
		}
		return out
	}),
	onAssertion(check.Rule{
		Code: "AST022", Title: "the validity of the assertion begins before it ends", Severity: report.Error,
		Why:  "There is no moment at which the SP could take the assertion.",
		Fix:  "let the IdP send NotBefore earlier than NotOnOrAfter",
		Refs: []string{refWindow},
	}, nil, func(t assertion) []report.Finding {
		var out []report.Finding
		elements := slices.Clone(t.a.Conditions)
		for _, c := range t.a.Confirmations {
			if c.Data != nil {
				elements = append(elements, c.Data)
			}
		}
		for _, e := range elements {
			from, to := times(e)
			if from.IsZero() || to.IsZero() || from.Before(to) {
				continue
			}
			f := t.about(e, "NotBefore", e.Attr("NotBefore"), e.Attr("NotOnOrAfter"), "NotBefore of %s is %s and not earlier than NotOnOrAfter, which is %s", e.Local, check.Quote(e.Attr("NotBefore")), check.Quote(e.Attr("NotOnOrAfter")))
			f.Fix = []string{t.c.AtIdP("give assertions a lifetime of some minutes", "lifespan", "log")}
			out = append(out, f)
		}
		return out
	}),
	onAssertion(check.Rule{
		Code: "AST023", Title: "the validity of the assertion begins some time before its issue", Severity: report.Warning,
		Why:  "An SP whose clock is a few milliseconds behind refuses the login now and then; a second try works.",
		Fix:  "let the IdP begin the validity a minute or more before the issue, or let the SP put up with some seconds",
		Refs: []string{refWindow},
	}, nil, noSlack),
	onAssertion(check.Rule{
		Code: "AST024", Title: "the assertion lives for minutes, neither seconds nor hours", Severity: report.Info,
		Why:  "A very short life fails slow logins and clocks that differ a little; a very long one gives whoever copies the assertion time to use it.",
		Fix:  "let assertions live for about five minutes",
		Refs: []string{refWindow},
	}, nil, lifetime),
	onAssertion(check.Rule{
		Code: "AST028", Title: "the conditions are of known kinds, and none that may stand only once stands twice", Severity: report.Warning,
		Why:  "An SP that meets a condition which it does not know must refuse the assertion.",
		Fix:  "let the IdP send AudienceRestriction and the two times alone",
		Refs: []string{"SAML 2.0 Core §2.5.1"},
	}, nil, oddConditions),
}

// shortest is the life of an assertion below which slow logins fail. Some products give a minute and count it from a moment before
// the issue.
const shortest = 50 * time.Second

// times reads the window of Conditions or SubjectConfirmationData; what is absent or unreadable is zero.
func times(e *xmltree.Element) (from, to time.Time) {
	from, _, _ = samldoc.Time(e.Attr("NotBefore"))
	to, _, _ = samldoc.Time(e.Attr("NotOnOrAfter"))
	return from, to
}

func notYet(t assertion) []report.Finding {
	var out []report.Finding
	for _, e := range t.a.Conditions {
		from, to := times(e)
		if raw := e.Attr("NotBefore"); e.Has("NotBefore") && from.IsZero() {
			f := t.about(e, "NotBefore", raw, "", "NotBefore of the assertion is %s, which is no point in time", check.Quote(raw))
			out = append(out, f)
			continue
		}
		early := from.Sub(t.at)
		if from.IsZero() || early <= 0 || !to.IsZero() && !from.Before(to) { // AST022
			continue
		}
		f := t.about(e, "NotBefore", e.Attr("NotBefore"), instant(t.at), "the assertion is valid from %s but %s, %s earlier", check.Quote(e.Attr("NotBefore")), t.when("it"), span(early))
		t.tolerated(&f, early)
		f.Fix = []string{"at the IdP's server: set the server's clock by NTP", "look at the SP's clock as well; where the IdP has a setting for it, begin the validity a minute before the issue"}
		out = append(out, f)
	}
	return out
}

// until finds that the end of a window is past.
func (t assertion) until(e *xmltree.Element, what string) *report.Finding {
	raw := e.Attr("NotOnOrAfter")
	_, to := times(e)
	if !e.Has("NotOnOrAfter") || t.at.Before(to) {
		return nil
	}
	if to.IsZero() {
		f := t.about(e, "NotOnOrAfter", raw, "", "NotOnOrAfter of %s is %s, which is no point in time", e.Local, check.Quote(raw))
		return &f
	}
	late := t.at.Sub(to)
	it := "it"
	if e.Local != "Conditions" {
		it = "the assertion"
	}
	f := t.about(e, "NotOnOrAfter", raw, instant(t.at), "%s is valid until %s but %s, %s later", what, check.Quote(raw), t.when(it), span(late))
	if late == 0 {
		f.Message = fmt.Sprintf("%s is valid until %s but %s: the bound itself does not belong to the window", what, check.Quote(raw), t.when(it))
	}
	t.tolerated(&f, late+1)
	f.Fix = []string{"at the IdP's server: set the server's clock by NTP, and give assertions some minutes", "look at the SP's clock as well, and start the login anew"}
	return &f
}

// tolerated lowers a finding on a clock to a warning where the SP puts up with the difference, and says how much it puts up with.
func (t assertion) tolerated(f *report.Finding, by time.Duration) {
	d, stated := skew(t.c)
	who := "most SPs put up with "
	if stated {
		who = t.c.TheSP() + " puts up with "
	}
	switch {
	case d == 0:
		f.Message += fmt.Sprintf("; %s puts up with no difference at all", t.c.TheSP())
	case by <= d:
		f.Severity = report.Warning
		f.Message += "; " + who + span(d)
	default:
		f.Message += "; " + who + span(d) + " at most"
	}
}

func noSlack(t assertion) []report.Finding {
	if d, stated := skew(t.c); stated && d > 0 {
		return nil
	}
	issued, _, ok := samldoc.Time(t.a.IssueInstant)
	for _, e := range t.a.Conditions {
		from, _ := times(e)
		if slack := issued.Sub(from); ok && !from.IsZero() && slack >= 0 && slack < time.Second {
			f := t.about(e, "NotBefore", e.Attr("NotBefore"), instant(issued.Add(-time.Minute)), "the assertion is valid from %s and was issued at %s: there is no slack for a clock that goes behind", check.Quote(e.Attr("NotBefore")), check.Quote(t.a.IssueInstant))
			f.Fix = []string{t.c.AtIdP("begin the validity of assertions a minute before the issue", "log"), "set both clocks by NTP"}
			return []report.Finding{f}
		}
	}
	return nil
}

func lifetime(t assertion) []report.Finding {
	issued, _, ok := samldoc.Time(t.a.IssueInstant)
	for _, e := range t.a.Conditions {
		from, to := times(e)
		life := to.Sub(issued)
		if !ok || to.IsZero() || !from.Before(to) || life <= 0 || life >= shortest && life <= time.Hour {
			continue
		}
		f := t.about(e, "NotOnOrAfter", e.Attr("NotOnOrAfter"), "", "the assertion lives for %s from its issue at %s", span(life), check.Quote(t.a.IssueInstant))
		f.Fix = []string{t.c.AtIdP("let assertions live for about five minutes", "lifespan", "log")}
		return []report.Finding{f}
	}
	return nil
}

func oddConditions(t assertion) []report.Finding {
	var out []report.Finding
	for _, conditions := range t.a.Conditions {
		count := map[string]int{}
		for _, e := range conditions.Elements() {
			kind, _ := e.Lookup(samldoc.XSI, "type")
			switch {
			case e.Space == samldoc.Assertion && e.Local == "AudienceRestriction":
			case e.Space == samldoc.Assertion && (e.Local == "OneTimeUse" || e.Local == "ProxyRestriction"):
				if count[e.Local]++; count[e.Local] == 2 {
					f := t.finding(e, "", "%s stands more than once among the conditions", e.Local)
					f.Fix = []string{t.c.AtIdP("send "+e.Local+" at most once", "log")}
					out = append(out, f)
				}
			default:
				name := e.Name()
				if kind != "" {
					name += " of the type " + kind
				}
				f := t.about(e, "", name, "", "the condition %s is of a kind that SAML does not define: an SP that does not know it must refuse the assertion", check.Quote(name))
				f.Fix = []string{t.c.AtIdP("leave this condition out", "log")}
				out = append(out, f)
			}
		}
	}
	return out
}
