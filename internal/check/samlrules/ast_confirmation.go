package samlrules

import (
	"fmt"
	"slices"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// SubjectConfirmation: that whoever brings the assertion may use it here and now. One that is in order is enough.
var astConfirmation = []check.Rule{
	onAssertion(check.Rule{
		Code: "AST012", Title: "the subject is confirmed by the method bearer", Severity: report.Error, Explains: []string{"AST013", "AST014", "AST015", "AST017"},
		Why:  "A login with a browser proves nothing but that it brings the assertion: SPs take no other method there.",
		Fix:  "let the IdP send a SubjectConfirmation of the method bearer",
		Refs: []string{refProfile},
	}, nil, bearer),
	onConfirmation(check.Rule{
		Code: "AST013", Title: "the bearer confirmation has its data", Severity: report.Error,
		Why:  "Without it the assertion could be used anywhere and for ever, so the SP refuses it.",
		Fix:  "let the IdP send SubjectConfirmationData with Recipient and NotOnOrAfter",
		Refs: []string{refProfile},
	}, nil, func(t assertion, c samldoc.Confirmation) *report.Finding {
		if c.Data != nil {
			return nil
		}
		f := t.finding(c.Element, "", "the bearer confirmation has no SubjectConfirmationData: it says neither for whom the assertion is meant nor until when")
		f.Fix = []string{t.c.AtIdP("send SubjectConfirmationData with Recipient and NotOnOrAfter", "acs")}
		return &f
	}),
	onConfirmation(check.Rule{
		Code: "AST014", Title: "the recipient of the assertion is the SP's ACS URL", Severity: report.Error,
		Why:  "The SP takes the assertion for one that was stolen from somebody else, and refuses it.",
		Fix:  "register the SP's ACS URL at the IdP exactly as the SP documents it",
		Refs: []string{refProfile},
	}, func(t assertion) string {
		if len(acsURLs(t.c)) == 0 {
			return "nothing says what the SP's ACS URL is"
		}
		return ""
	}, recipient),
	onConfirmation(check.Rule{
		Code: "AST015", Title: "the confirmation says until when it is good, and that is not past", Severity: report.Error,
		Why:  "The SP refuses an assertion that comes too late.",
		Fix:  "set the clocks of IdP and SP by NTP, and let the IdP give assertions some minutes",
		Refs: []string{refProfile},
	}, nil, confirmedUntil),
	onConfirmation(check.Rule{
		Code: "AST016", Title: "the bearer confirmation has no NotBefore", Severity: report.Warning,
		Why:  "The profile for browsers rules it out, and strict SPs refuse the assertion.",
		Fix:  "let the IdP leave NotBefore out of SubjectConfirmationData; Conditions may have it",
		Refs: []string{refProfile},
	}, nil, func(t assertion, c samldoc.Confirmation) *report.Finding {
		if !c.Data.Has("NotBefore") {
			return nil
		}
		f := t.about(c.Data, "NotBefore", c.Data.Attr("NotBefore"), "", "SubjectConfirmationData has NotBefore (%s), which a bearer confirmation must not have", check.Quote(c.Data.Attr("NotBefore")))
		f.Fix = []string{t.c.AtIdP("leave NotBefore out of SubjectConfirmationData", "log")}
		return &f
	}),
	onConfirmation(check.Rule{
		Code: "AST017", Title: "the confirmation answers the request that the response answers", Severity: report.Error,
		Why:  "The SP takes the assertion for the answer to somebody else's login.",
		Fix:  "let the IdP put the ID of the request into both places, or into neither when there was none",
		Refs: []string{refProfile},
	}, nil, confirmedRequest),
	onConfirmation(check.Rule{
		Code: "AST018", Title: "the confirmation is not tied to a network address", Severity: report.Info,
		Why:  "Behind a proxy or a NAT, IdP and SP see the user under different addresses: an SP that compares them refuses the login.",
		Fix:  "let the IdP leave Address out",
		Refs: []string{refConfirmation},
	}, nil, func(t assertion, c samldoc.Confirmation) *report.Finding {
		if !c.Data.Has("Address") {
			return nil
		}
		f := t.about(c.Data, "Address", c.Data.Attr("Address"), "", "SubjectConfirmationData names the address %s of the user's machine, which the SP may see under another one", check.Quote(c.Data.Attr("Address")))
		f.Fix = []string{t.c.AtIdP("leave the client's address out of assertions", "log")}
		return &f
	}),
}

// bearers gives the confirmations that count.
func (t assertion) bearers() []samldoc.Confirmation {
	return slices.DeleteFunc(slices.Clone(t.a.Confirmations), func(c samldoc.Confirmation) bool { return c.Method != samldoc.Bearer })
}

// onConfirmation makes a rule that judges bearer confirmations: it speaks when none of them passes, about the first.
func onConfirmation(r check.Rule, lacks func(assertion) string, judge func(assertion, samldoc.Confirmation) *report.Finding) check.Rule {
	return onAssertion(r, lacks, func(t assertion) []report.Finding {
		var first *report.Finding
		for _, c := range t.bearers() {
			f := judge(t, c)
			if f == nil {
				return nil
			}
			if first == nil {
				first = f
			}
		}
		if first == nil {
			return nil
		}
		return []report.Finding{*first}
	})
}

func bearer(t assertion) []report.Finding {
	if t.a.Subject == nil || len(t.bearers()) > 0 { // AST004
		return nil
	}
	f := t.finding(t.a.Subject, "", "the subject has no SubjectConfirmation")
	if len(t.a.Confirmations) > 0 {
		e, got := t.a.Confirmations[0].Element, t.a.Confirmations[0].Method
		f = t.about(e, "Method", got, samldoc.Bearer, "the subject is confirmed by the method %s but a login with a browser takes %s", check.Quote(samldoc.Short(got)), check.Quote(samldoc.Short(samldoc.Bearer)))
	}
	f.Fix = []string{t.c.AtIdP("confirm the subject by the method bearer, as the profile for browsers has it", "acs")}
	return []report.Finding{f}
}

func recipient(t assertion, c samldoc.Confirmation) *report.Finding {
	if c.Data == nil { // AST013
		return nil
	}
	got, all := c.Data.Attr("Recipient"), acsURLs(t.c)
	want := ""
	if len(all) > 0 {
		want = all[0]
	}
	var f report.Finding
	switch {
	case got == "":
		f = t.about(c.Data, "", "", want, "the bearer confirmation names no Recipient")
		f.Aspect = "missing"
	case len(all) == 0 || slices.Contains(all, got):
		return nil
	default:
		d := exact.Compare(got, want)
		f = t.about(c.Data, "Recipient", got, want, "the assertion is meant for %s but the ACS URL of %s is %s (%s)", check.Quote(got), t.c.TheSP(), check.Quote(want), check.Difference(got, d))
	}
	f.Fix = []string{t.c.AtIdP("register "+want, "acs", "redirect_uri")}
	if want == "" {
		f.Fix = []string{t.c.AtIdP("register the SP's ACS URL", "acs", "redirect_uri")}
	}
	if exact.HasPlaceholder(want) {
		f.Fix = []string{t.c.AtSP("enter the ACS URL with its placeholder filled in", "acs_url"), f.Fix[0]}
	}
	return &f
}

func confirmedUntil(t assertion, c samldoc.Confirmation) *report.Finding {
	if c.Data == nil { // AST013
		return nil
	}
	f := t.until(c.Data, "SubjectConfirmationData")
	if f == nil && !c.Data.Has("NotOnOrAfter") {
		missing := t.finding(c.Data, "", "SubjectConfirmationData does not say until when it is good: it has no NotOnOrAfter")
		missing.Fix = []string{t.c.AtIdP("give assertions a lifetime of some minutes", "lifespan", "log")}
		return &missing
	}
	return f
}

func confirmedRequest(t assertion, c samldoc.Confirmation) *report.Finding {
	if c.Data == nil { // AST013
		return nil
	}
	got, want := c.Data.Attr("InResponseTo"), t.r.InResponseTo
	if t.r.Element == nil { // a bare assertion
		want = t.m.RequestID
		if want == "" {
			return nil
		}
	}
	if got == want {
		return nil
	}
	var f report.Finding
	switch {
	case got == "":
		f = t.about(c.Data, "", "", want, "the response answers the request %s but SubjectConfirmationData does not say so", check.Quote(want))
	case want == "":
		f = t.about(c.Data, "InResponseTo", got, "", "SubjectConfirmationData answers the request %s but the response around it answers none", check.Quote(got))
	default:
		f = t.about(c.Data, "InResponseTo", got, want, "SubjectConfirmationData answers the request %s but the response answers %s", check.Quote(got), check.Quote(want))
	}
	f.Fix = []string{t.c.AtIdP("put the ID of the request into Response and SubjectConfirmationData alike", "log"), "start the login anew at the SP"}
	return &f
}

// when words the instant by which the assertion is judged; it is what a sentence calls the assertion there.
func (t assertion) when(it string) string {
	switch {
	case t.live:
		return it + " was sent at " + check.Quote(instant(t.at))
	case t.at.Equal(t.c.Now):
		return "it is " + check.Quote(instant(t.at)) + " now"
	}
	return it + " was issued at " + check.Quote(instant(t.at))
}

// span words a duration: "45 s", "10 minutes", "3 minutes 1 s", "3 hours".
func span(d time.Duration) string {
	unit := func(n time.Duration, word string) string {
		if n == 1 {
			return "1 " + word
		}
		return fmt.Sprintf("%d %ss", n, word)
	}
	d = d.Abs().Round(time.Millisecond)
	switch rest := d % time.Minute; {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%g s", d.Seconds())
	case d < 2*time.Hour && rest != 0:
		return unit(d/time.Minute, "minute") + fmt.Sprintf(" %g s", rest.Seconds())
	case d < 2*time.Hour:
		return unit(d/time.Minute, "minute")
	case d < 48*time.Hour:
		return unit(d/time.Hour, "hour")
	}
	return unit(d/(24*time.Hour), "day")
}
