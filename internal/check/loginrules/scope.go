package loginrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Scopes of the authorization request.
var scope = []check.Rule{
	{
		Code: "AUTHZ021", Title: "the IdP grants every scope that the SP asks for", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Uses: append(asked(), evidence.Discovery), Explains: []string{"DISC039"},
		Why:     "The IdP answers invalid_scope to every login, whoever signs in.",
		Fix:     "allow the scope to this client at the IdP, or do not ask for it",
		Refs:    []string{"RFC 6749 §4.1.2.1"},
		Decides: func(c *check.Case) string { return unscoped(c) },
		Check:   scopeRefused,
	},
	{
		Code: "AUTHZ022", Title: "the SP asks for the scope openid", Severity: report.Error, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "Without it the IdP treats the request as plain OAuth: there is no ID token, and nobody is signed in.",
		Fix:     "add openid to the scopes",
		Refs:    []string{"OpenID Connect Core 1.0 §3.1.2.1"},
		Applies: func(c *check.Case) bool { return !c.Config.PlainOAuth() },
		Check: func(c *check.Case) []report.Finding {
			scopes := c.Config.Scopes()
			if slices.Contains(scopes, "openid") {
				return nil
			}
			f := report.Finding{
				Got: strings.Join(scopes, " "), Want: strings.Join(append([]string{"openid"}, scopes...), " "), Where: place(c, "oidc/scopes", "oidc"),
				Message: fmt.Sprintf("scopes are %q, without \"openid\"", strings.Join(scopes, " ")),
			}
			f.Fix = c.IfAtSP("enter "+f.Want, "scopes")
			for i, s := range scopes {
				if strings.EqualFold(s, "openid") { // the one mistake that has a single right value
					step, edits := c.InFile(fmt.Sprintf("oidc/scopes/%d", i), "openid")
					f.Message = fmt.Sprintf("scopes hold %q but the scope is called \"openid\", in lower case", s)
					f.Fix, f.Edits = append(f.Fix, step), edits
				}
			}
			return []report.Finding{f}
		},
	},
}

// unscoped says why the answers do not decide about scopes. An IdP that looks at other things first has not come to them.
func unscoped(c *check.Case) string {
	if heard(c, "scope_refused") != nil || c.Authorize.Means("login_required", "login_page", "accepted") != nil || c.PAR.Means("accepted") != nil {
		return ""
	}
	if a := said(c); a != nil && a.Means != "unknown" {
		return fmt.Sprintf("the IdP stops before it looks at scopes: %s", check.Quote(orStatus(a)))
	}
	return unclear(c, said(c))
}

func scopeRefused(c *check.Case) []report.Finding {
	a := heard(c, "scope_refused")
	if a == nil {
		return nil
	}
	culprits, asked := refusedScopes(c), strings.Join(c.Config.Scopes(), " ")
	if u, err := url.Parse(a.Exchange.URL); err == nil && u.Query().Get("scope") != "" {
		asked = u.Query().Get("scope")
	}
	f := report.Finding{Got: strings.Join(culprits, " "), Where: placeScope(c, culprits)}
	switch {
	case len(culprits) > 0:
		f.Message = fmt.Sprintf("the IdP refuses the scope %s to the client %s, which asks for %q: it answers %s",
			quoted(culprits), check.Quote(c.Config.OIDC.ClientID), asked, check.Quote(orStatus(a)))
	default:
		f.Got = asked
		f.Message = fmt.Sprintf("the IdP refuses a scope among %q to the client %s: it answers %s", f.Got, check.Quote(c.Config.OIDC.ClientID), check.Quote(orStatus(a)))
	}
	if listed, ok := c.Discovery.List("scopes_supported"); ok && len(culprits) > 0 {
		if slices.Contains(listed, culprits[0]) {
			f.Message += "; its discovery document lists the scope, so it is this client that may not have it"
		} else {
			f.Message += "; its discovery document does not list the scope either"
		}
	}
	f.Troubleshooting = c.NoEmail(culprits)
	f.Fix = []string{c.AtIdP("allow the scope to this client: "+f.Got, "scopes")}
	if !slices.Contains(culprits, "openid") && len(culprits) > 0 && !required(c, culprits) {
		f.Fix = append(f.Fix, c.IfAtSP("or take it out of the scopes: "+f.Got, "scopes")...)
	}
	if a.Where == "callback" && a.Error == "invalid_scope" { // the standard's own word, brought to the SP
		sure := *a
		sure.Certain = true
		a = &sure
	}
	return verdict(f, a)
}

// refusedScopes are the scopes whose own request was refused; all of them when openid alone was.
func refusedScopes(c *check.Case) []string {
	if c.Authorize == nil {
		return nil
	}
	var out []string
	for i := range c.Authorize.All {
		a := &c.Authorize.All[i]
		name, one := strings.CutPrefix(a.Label, evidence.OneScope)
		if a.Means != "scope_refused" || !one {
			continue
		}
		if a.Label == evidence.OpenIDOnly {
			return []string{"openid"}
		}
		out = append(out, name)
	}
	return out
}

func required(c *check.Case, scopes []string) bool {
	return c.SP.OIDC != nil && slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(c.SP.OIDC.Scopes.Required.V, s) })
}

func placeScope(c *check.Case, culprits []string) report.Location {
	for i, s := range c.Config.OIDC.Scopes {
		if slices.Contains(culprits, s) {
			return c.Config.Pos(fmt.Sprintf("oidc/scopes/%d", i))
		}
	}
	return place(c, "oidc/scopes", "oidc")
}
