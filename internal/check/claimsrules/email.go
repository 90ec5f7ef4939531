package claimsrules

import (
	"fmt"
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

const refClaims = "OpenID Connect Core 1.0 §5.1"

// The e-mail address. One search decides which of the three speaks.
var email = []check.Rule{
	aboutAddress(nowhere, check.Rule{
		Code: "IDT028", Title: "an e-mail address arrives",
		Why: "The SP has no account without an address: the login stops after signing in at the IdP, or the user arrives without one.",
		Fix: "let the IdP send the claim email, and give the user an address there",
	}),
	aboutAddress(elsewhere, check.Rule{
		Code: "IDT029", Title: "the e-mail address stands where the SP reads it",
		Why: "The SP looks in one place only; to it the address is missing, although the IdP has it.",
		Fix: "let the IdP put the claim email where the SP reads it",
	}),
	aboutAddress(renamed, check.Rule{
		Code: "IDT030", Title: "the e-mail address comes in the claim that the SP reads",
		Why: "The SP reads claims by their names: an address under another name is no address to it.",
		Fix: "let the IdP send the claim email",
	}),
}

// aboutAddress makes a rule that speaks when the search for the address ends in a state.
func aboutAddress(state int, r check.Rule) check.Rule {
	r.Severity, r.Protocol, r.Refs = report.Error, config.OIDC, []string{refClaims, "OpenID Connect Core 1.0 §5.4"}
	r.Explains = []string{"IDT031", "IDT032", "UI005", "CLM001", "CLM007", "CLM013", "CLM016"}
	r.Needs, r.Uses = []evidence.Kind{evidence.Config, evidence.Claims}, []evidence.Kind{evidence.LoginRun, evidence.Discovery}
	r.Applies = func(c *check.Case) bool {
		_, ok := readsEmail(c)
		return ok && !c.Config.PlainOAuth() // there UI006 speaks
	}
	r.Decides = func(c *check.Case) string {
		w, _ := readsEmail(c)
		return findEmail(c, w).reason
	}
	r.Check = func(c *check.Case) []report.Finding {
		w, _ := readsEmail(c)
		f := findEmail(c, w)
		if f.state != state {
			return nil
		}
		return []report.Finding{noAddress(c, w, f)}
	}
	return r
}

// noAddress words the finding of an address that the SP does not find.
func noAddress(c *check.Case, w wanted, a search) report.Finding {
	read, _ := readable(c, w)
	name := w.names[0]
	f := report.Finding{Want: name}
	target := idToken
	if len(read) > 0 {
		target = read[0]
	}
	f.Where = in(target, name)
	switch a.state {
	case elsewhere:
		f.Got, f.Want, f.Related = places(a.places), places(read), []report.Location{in(a.place, a.claim)}
		f.Message = fmt.Sprintf("the claim %s is in %s only, but %s it in %s", check.Quote(a.claim), places(a.places), w.by, places(read))
	case renamed:
		f.Got, f.Where = a.claim, in(a.place, a.claim)
		f.Message = fmt.Sprintf("%s names the user by %s (%s) and has no claim %s, which %s", said(a.place), check.Quote(a.claim), check.Quote(a.text), check.Quote(name), w.by)
	default:
		f.Message = fmt.Sprintf("the claim %s, which %s, is not in %s", check.Quote(name), w.by, places(read))
		if place := blank(c, read, name); place != "" {
			is := "is empty"
			switch c.User.Source(place)[name].(type) {
			case nil, string, []any:
			default:
				is = "is not a text"
			}
			f.Where, f.Message = in(place, name), fmt.Sprintf("the claim %s of %s, which %s, %s", check.Quote(name), said(place), w.by, is)
		}
	}
	if w.where.File != "" {
		f.Related = append(f.Related, w.where)
	}
	if asked := c.Config.Scopes(); len(asked) > 0 && !slices.Contains(asked, "email") && slices.Contains(asked, "openid") {
		f.Fix = append([]string{"add email to scopes"}, c.IfAtSP("add email", "scopes")...)
	}
	f.Fix = append(f.Fix, sending(c, []string{"email"}, name, target, "IDT028")...)
	if !w.require {
		f.Severity = report.Warning
	}
	if c.SP.OIDC != nil {
		if back, ok := c.SP.OIDC.EmailFallback[c.IdP.ID]; ok {
			f.Severity = report.Warning
			f.Message += fmt.Sprintf("; %s then asks elsewhere: %s", c.TheSP(), back.V)
		}
	}
	if !w.certain {
		f.Severity, f.Message = report.Warning, "likely: "+f.Message
	}
	return f
}

// blank gives the place that has a claim without a value; "" when none has.
func blank(c *check.Case, read []string, name string) string {
	for _, place := range read {
		if _, ok := c.User.Source(place)[name]; ok {
			return place
		}
	}
	return ""
}
