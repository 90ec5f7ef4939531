package loginrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the request holds beside redirect URI and scopes.
var request = []check.Rule{
	{
		Code: "CFG012", Title: "SP and IdP agree on PKCE", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Uses: asked(),
		Why:  "The IdP refuses every authorization request of the SP.",
		Fix:  "switch PKCE on at the SP, or do not demand it of this client",
		Refs: []string{"RFC 7636 §4.4.1"},
		Decides: func(c *check.Case) string {
			if unsupportedPKCE(c) {
				return ""
			}
			if heard(c, "pkce_required") != nil || c.Authorize.Means("login_required", "login_page", "scope_refused", "accepted") != nil || c.PAR.Means("accepted") != nil {
				return ""
			}
			return unclear(c, said(c))
		},
		Check: pkce,
	},
	{
		Code: "AUTHZ025", Title: "the authorization code flow is used", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config},
		Why:   "The implicit flow hands tokens to the browser, where history, logs and scripts can read them.",
		Fix:   "use the authorization code flow",
		Refs:  []string{"RFC 9700 §2.1.2"},
		Check: implicit,
	},
	{
		Code: "AUTHZ027", Title: "the hosted domain is enforced and not only hinted at", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config},
		Why:   "hd only preselects an account: anybody can take it out of the address and sign in with an account of another domain.",
		Fix:   "list the domain under allowed_domains",
		Check: hint,
	},
	{
		Code: "AUTHZ028", Title: "a login can be started from the IdP's tile", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config},
		Why:   "The tile in the users' portal opens nothing, or the wrong page.",
		Fix:   "let the tile open the address where the SP starts a login",
		Refs:  []string{"OpenID Connect Core 1.0 §4"},
		Applies: func(c *check.Case) bool {
			return len(c.Requirements("AUTHZ028")) > 0 || c.Config.Setting("initiate_login_uri") != nil
		},
		Decides: func(c *check.Case) string {
			if c.Config.Setting("initiate_login_uri") != nil {
				return ""
			}
			return c.Unstated("AUTHZ028")
		},
		Check: tile,
	},
}

// unsupportedPKCE is true when the connection switches PKCE on for an IdP that has none.
func unsupportedPKCE(c *check.Case) bool {
	p := c.IdP.OIDC
	return p != nil && p.PKCE.Known() && len(p.PKCE.V) == 0 && c.Config.OIDC.PKCE != nil && *c.Config.OIDC.PKCE
}

func pkce(c *check.Case) []report.Finding {
	if unsupportedPKCE(c) {
		return []report.Finding{{
			Severity: report.Info, Where: c.Config.Pos("oidc/pkce"), Got: "true", Want: "false",
			Message: fmt.Sprintf("pkce is %q but %s does not support it; the challenge is passed over", "true", c.TheIdP()),
		}}
	}
	a := heard(c, "pkce_required")
	if a == nil {
		return nil
	}
	f := report.Finding{Where: place(c, "oidc/pkce", "oidc")}
	sent, _ := url.Parse(a.Exchange.URL)
	challenge := a.Exchange.Form["code_challenge"] != "" || sent != nil && sent.Query().Has("code_challenge")
	if challenge {
		f.Got = "S256"
		f.Message = fmt.Sprintf("%s sends a code challenge by S256, which the IdP does not take from the client %s: it answers %s", c.TheSP(), check.Quote(c.Config.OIDC.ClientID), check.Quote(orStatus(a)))
		f.Fix = []string{c.AtIdP("let the client use the PKCE method S256", "pkce")}
		return verdict(f, a)
	}
	f.Got, f.Want = "no code_challenge", "S256"
	f.Message = fmt.Sprintf("the IdP demands PKCE of the client %s, and %s sends no code challenge: it answers %s", check.Quote(c.Config.OIDC.ClientID), c.TheSP(), check.Quote(orStatus(a)))
	if c.SP.OIDC != nil && c.SP.OIDC.PKCE.V == "never" {
		f.Fix = []string{c.AtIdP("do not demand PKCE of this client: "+c.TheSP()+" does not send it", "pkce")}
		return verdict(f, a)
	}
	f.Fix = []string{c.AtIdP("do not demand PKCE of this client", "pkce")}
	if c.CanEnter("pkce") {
		f.Fix = []string{c.AtSP("switch PKCE on", "pkce"), "or " + f.Fix[0]}
	}
	if c.Config.Stated("oidc/pkce") {
		step, edits := c.InFile("oidc/pkce", "true")
		f.Fix, f.Edits = append(f.Fix, step), edits
	}
	return verdict(f, a)
}

func implicit(c *check.Case) []report.Finding {
	grant := c.Config.Grant()
	if grant != "implicit" {
		return nil
	}
	f := report.Finding{Got: grant, Want: "code", Where: c.Config.Pos("oidc/grant"), Message: fmt.Sprintf("grant is %q, which hands tokens to the browser, not \"code\"", grant)}
	step, edits := c.InFile("oidc/grant", "code")
	f.Fix, f.Edits = []string{c.AtSP("choose the authorization code flow", "grant"), step}, edits
	if sp := c.SP.OIDC; sp != nil && sp.Grants.Certain() && !slices.Contains(sp.Grants.V, grant) {
		f.Severity = report.Error
		f.Message = fmt.Sprintf("grant is %q but %s only speaks %q", grant, c.TheSP(), strings.Join(sp.Grants.V, ", "))
	}
	return []report.Finding{f}
}

func hint(c *check.Case) []report.Finding {
	hd := c.Config.OIDC.HD
	if hd == "" || slices.ContainsFunc(c.Config.AllowedDomains, func(d string) bool { return strings.EqualFold(d, hd) }) {
		return nil
	}
	allowed := "empty"
	if len(c.Config.AllowedDomains) > 0 {
		allowed = quoted(c.Config.AllowedDomains)
	}
	return []report.Finding{{
		Got: hd, Where: c.Config.Pos("oidc/hd"),
		Message: fmt.Sprintf("hd is %q, which is only a hint, while allowed_domains is %s", hd, allowed),
		Fix:     []string{c.AtSP("enter "+hd, "allowed_domains")},
	}}
}

// tile judges the address that a tile opens, by the SP's requirements and by what any SP needs.
func tile(c *check.Case) []report.Finding {
	found := c.Required("AUTHZ028")
	node := c.Config.Setting("initiate_login_uri")
	if node == nil || slices.ContainsFunc(found, func(f report.Finding) bool { return strings.HasSuffix(f.Where.Path, "/initiate_login_uri") }) {
		return found
	}
	u, err := url.Parse(node.Str())
	where := c.Config.Pos("idp/settings/initiate_login_uri")
	switch {
	case node.Str() == "":
	case err != nil || u.Host == "":
		found = append(found, report.Finding{Got: node.Str(), Where: where, Message: fmt.Sprintf("the initiate login URI %q is no absolute URL", node.Str())})
	case u.Scheme != "https" && !exact.Loopback(u.Hostname()):
		found = append(found, report.Finding{Got: node.Str(), Want: "https", Where: where, Message: fmt.Sprintf("the initiate login URI %q is not https", node.Str())})
	case slices.Contains(c.Config.Callbacks(), node.Str()):
		found = append(found, report.Finding{Got: node.Str(), Where: where, Message: fmt.Sprintf("the initiate login URI %q is the callback, which cannot start a login", node.Str())})
	}
	return found
}
