package claimsrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the SP makes of the address that came.
var verified = []check.Rule{
	{
		Code: "IDT031", Title: "email_verified is what the SP demands", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Claims}, Uses: []evidence.Kind{evidence.LoginRun, evidence.Discovery},
		Why:  "The SP takes no address that the IdP does not vouch for, and ends the login.",
		Fix:  "let the user confirm the address at the IdP, or let the IdP vouch for it",
		Refs: []string{refClaims},
		Applies: func(c *check.Case) bool {
			claim, ok := claimOf(c, "email_verified")
			return ok && claim.Must != "" && !c.Config.PlainOAuth()
		},
		Decides: verifiedDecides,
		Check:   demandsVerified,
	},
	{
		Code: "CLM016", Title: "the login may be linked with an account of the same address", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Claims}, Uses: []evidence.Kind{evidence.LoginRun, evidence.Discovery},
		Why:  "Whoever has an account under this address already is turned away; a new user gets in.",
		Fix:  "let the IdP send email_verified true",
		Refs: []string{refClaims},
		Applies: func(c *check.Case) bool {
			return c.SP.Linking != nil && c.SP.Linking.Verified.V && !c.Config.PlainOAuth()
		},
		Decides: verifiedDecides,
		Check:   notLinked,
	},
	{
		Code: "IDT032", Title: "the user's e-mail domain is one that the SP lets in", Severity: report.Error,
		Needs: []evidence.Kind{evidence.Config, evidence.Claims}, Uses: []evidence.Kind{evidence.SAMLMessages}, Explains: []string{"CFG014"},
		Why: "The login at the IdP succeeds, and the SP turns the user away.",
		Fix: "add the domain at the SP, or sign in with an address of an allowed one",
		Applies: func(c *check.Case) bool {
			return (len(c.Config.AllowedDomains) > 0 || len(c.User.Notes("domain")) > 0) && len(c.Messages) == 0 // AST011 judges the assertion
		},
		Decides: func(c *check.Case) string {
			switch d := c.User.Decision; {
			case d == nil:
				return "what the SP decides was not worked out"
			case d.Denied != "" && d.Denied != "domain":
				return "" // another gate closes first
			case d.Domain == "" && len(c.User.Notes("domain")) == 0 && d.Denied == "":
				return "no e-mail address that the domain could be read from"
			}
			return ""
		},
		Check: domainClosed,
	},
}

// verifiedAt finds email_verified beside the address that the SP reads.
func verifiedAt(c *check.Case) (place string, v any, reason string) {
	w, ok := readsEmail(c)
	if !ok { // the SP reads email_verified at least
		w = wanted{names: []string{"email"}}
	}
	a := findEmail(c, w)
	switch a.state {
	case undecided:
		return "", nil, a.reason
	case found:
		return a.place, c.User.Source(a.place)["email_verified"], ""
	}
	return "", nil, "there is no address that could be verified"
}

func verifiedDecides(c *check.Case) string {
	_, _, reason := verifiedAt(c)
	return reason
}

// vouched says what email_verified comes to: true, false, or absent; a text "true" counts.
func vouched(v any) string {
	switch v := v.(type) {
	case bool:
		return fmt.Sprint(v)
	case string:
		if strings.EqualFold(v, "true") {
			return "true"
		}
		return "false"
	case nil:
		return "absent"
	}
	return "false"
}

func demandsVerified(c *check.Case) []report.Finding {
	claim, _ := claimOf(c, "email_verified")
	place, v, _ := verifiedAt(c)
	got := vouched(v)
	if got == "true" || got == "absent" && claim.Must == "not_false" {
		return nil
	}
	f := report.Finding{Got: got, Want: "true", Where: in(place, "email_verified"), Fix: sending(c, []string{"email_verified"}, "email_verified", place, "IDT031")}
	f.Message = fmt.Sprintf("email_verified is %q in %s, but %s takes the address only when it is %q", got, said(place), c.TheSP(), "true")
	if got == "absent" {
		f.Message = fmt.Sprintf("%s has no email_verified, but %s takes the address only when it is %q", said(place), c.TheSP(), "true")
	}
	if claim.Say != "" {
		f.Message += " (" + claim.Say + ")"
	}
	if claim.Level != "required" {
		f.Severity = report.Warning
	}
	if !claim.S.Certain() {
		f.Severity, f.Message = report.Warning, "likely: "+f.Message
	}
	return []report.Finding{f}
}

func notLinked(c *check.Case) []report.Finding {
	if claim, ok := claimOf(c, "email_verified"); ok && claim.Must != "" {
		return nil // IDT031
	}
	place, v, _ := verifiedAt(c)
	got := vouched(v)
	if got == "true" || c.SP.Linking.DomainsStandIn.V && domainAllowed(c, place) {
		return nil
	}
	f := report.Finding{Got: got, Want: "true", Where: in(place, "email_verified"), Fix: sending(c, []string{"email_verified"}, "email_verified", place, "CLM016")}
	what := fmt.Sprintf("email_verified is %q in %s", got, said(place))
	if got == "absent" {
		what = said(place) + " has no email_verified"
	}
	f.Message = fmt.Sprintf("%s, so %s does not link the login with an account that has this address already", what, c.TheSP())
	if c.SP.Linking.Shows != "" {
		f.Message += fmt.Sprintf(" (%q)", c.SP.Linking.Shows)
	}
	if c.SP.Linking.DomainsStandIn.V {
		f.Fix = append(f.Fix, c.AtSP("or list the domain of the address, when everybody there may be trusted with it", "allowed_domains"))
	}
	if !c.SP.Linking.Verified.Certain() {
		f.Message = "likely: " + f.Message
	}
	return []report.Finding{f}
}

// domainAllowed reports whether the SP lists the domain of the address.
func domainAllowed(c *check.Case, place string) bool {
	w, _ := readsEmail(c)
	_, domain, _ := strings.Cut(strings.ToLower(firstValue(c.User.Source(place), w.names)), "@")
	return slices.ContainsFunc(c.Config.AllowedDomains, func(d string) bool {
		d = strings.ToLower(strings.TrimSpace(d))
		return d != "" && (domain == d || c.SP.Domains != nil && c.SP.Domains.Subdomains.V == "included" && strings.HasSuffix(domain, "."+d))
	})
}

func domainClosed(c *check.Case) []report.Finding {
	d := c.User.Decision
	list := strings.Join(c.Config.AllowedDomains, ", ")
	notes := c.User.Notes("domain")
	if d.Domain == "" && len(notes) == 0 || d.Denied != "domain" && len(notes) == 0 {
		return nil // without an address: IDT028 to IDT030
	}
	if d.Domain == "" { // what came is no address
		return []report.Finding{{Got: notes[0].Got, Want: list, Where: c.Config.Pos("allowed_domains"), Message: sentence(notes[0].Text),
			Fix: []string{"give the user an e-mail address at the IdP, and let the IdP send it"}}}
	}
	f := report.Finding{Got: d.Domain, Want: list, Where: c.Config.Pos("allowed_domains"), Message: fmt.Sprintf("the user's e-mail domain is %s but allowed_domains holds %s", check.Quote(d.Domain), check.Quote(list))}
	if len(notes) > 0 && strings.HasPrefix(notes[0].Path, "allowed_domains/") { // one entry has something to do with it
		f.Where, f.Message = c.Config.Pos(notes[0].Path), sentence(notes[0].Text)
	}
	if c.SP.Domains != nil && c.SP.Domains.Subdomains.V == "unknown" && slices.ContainsFunc(c.Config.AllowedDomains, func(entry string) bool { return strings.HasSuffix(d.Domain, "."+strings.ToLower(entry)) }) {
		f.Severity = report.Warning // nobody knows whether the SP lets those in
	}
	f.Fix = []string{c.AtSP("enter "+d.Domain, "allowed_domains"), "or sign in with an address of an allowed domain"}
	if c.SP.Domains != nil && c.SP.Domains.Refusal != "" && d.Denied == "domain" {
		f.Effect = fmt.Sprintf("The login at the IdP succeeds, and %s turns the user away: %q", c.TheSP(), c.SP.Domains.Refusal)
	}
	return []report.Finding{f}
}

// sentence makes a message of a note's text: without a full stop.
func sentence(text string) string { return strings.TrimSuffix(strings.TrimSpace(text), ".") }
