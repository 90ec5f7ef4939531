package tokenrules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Who made the token, and about whom (OpenID Connect Core §2).
var parties = []check.Rule{
	onIDToken(check.Rule{
		Code: "IDT010", Title: "the ID token names its issuer", Severity: report.Error,
		Why:  "The SP cannot tell whose token it is and refuses it.",
		Fix:  "let the IdP send iss in the ID token",
		Refs: []string{"OpenID Connect Core 1.0 §2"},
	}, nil, func(_ *check.Case, t *check.Token) *report.Finding {
		if t.Str("iss") != "" {
			return nil
		}
		f := &report.Finding{Where: t.In("iss"), Message: fmt.Sprintf("the %s has no iss", t.In("").Evidence)}
		if t.Claims["iss"] != nil {
			f.Message = fmt.Sprintf("iss of the %s is no text", t.In("").Evidence)
		}
		return f
	}),
	onIDToken(check.Rule{
		Code: "IDT011", Title: "iss of the ID token is the issuer", Severity: report.Error, Explains: []string{"IDT036"},
		Why:  "The SP takes the token for one of another IdP and refuses it.",
		Fix:  "enter the issuer at the SP exactly as the token has it",
		Refs: []string{"OpenID Connect Core 1.0 §3.1.3.7"},
		Decides: func(c *check.Case) string {
			if len(issuers(c)) == 0 {
				return "no issuer to compare with"
			}
			return ""
		},
	}, nil, otherIssuer),
	onIDToken(check.Rule{
		Code: "IDT012", Title: "sub names the user in at most 255 ASCII characters", Severity: report.Error,
		Why:  "The SP has nothing to recognise the user by, or cuts it off.",
		Fix:  "let the IdP send a stable sub of at most 255 ASCII characters",
		Refs: []string{"OpenID Connect Core 1.0 §2"},
	}, nil, oddSubject),
	onIDToken(check.Rule{
		Code: "IDT036", Title: "the token is of the tenant that is meant", Severity: report.Error,
		Why:  "Users of another organisation are signed in, or the SP refuses everybody.",
		Fix:  "use the issuer of one tenant, and let only its users in",
		Refs: []string{"RFC 8725 §3.8"},
		Decides: func(c *check.Case) string {
			if c.Config == nil || c.Config.OIDC.HD == "" && tenant(c) == "" {
				return "nothing says which tenant is meant: the issuer names none, and hd is not set"
			}
			return ""
		},
	}, nil, otherTenant),
}

func otherIssuer(c *check.Case, t *check.Token) *report.Finding {
	got, all := t.Str("iss"), issuers(c)
	if got == "" || slices.Contains(all, got) {
		return nil
	}
	want := all[0]
	// A document that serves all tenants has a placeholder; the token names the tenant.
	if tid := t.Str("tid"); tid != "" && got == strings.NewReplacer("{tenantid}", tid, "{tenant_id}", tid, "{tid}", tid).Replace(want) {
		return nil
	}
	f := &report.Finding{Got: got, Want: want, Where: t.In("iss"),
		Message: fmt.Sprintf("iss of the %s is %s but the issuer is %s (%s)", t.In("").Evidence, check.Quote(got), check.Quote(want), check.Difference(want, exact.Compare(got, want)))}
	f.Fix = mendIssuer(c, got, want)
	if c.Config != nil && c.Config.Stated("oidc/issuer") {
		f.Related = []report.Location{c.Config.Pos("oidc/issuer")}
	}
	return f
}

// mendIssuer says on which side to mend an issuer: where the SP has what the discovery document says, the tokens are at odds with the IdP
// itself; a value that only a request by another way brings (plain http, the issuer of another kind) must not be entered anywhere.
func mendIssuer(c *check.Case, got, want string) []string {
	kind := func(issuer string) string {
		for _, k := range c.IdP.Issuer.Kinds {
			if c.Lib.Matches(k.Match, issuer) {
				return k.ID
			}
		}
		return ""
	}
	switch {
	case kind(got) != kind(want):
		return []string{"let the SP use the authorization and token endpoints of " + want, c.AtIdP("see which issuer the application's tokens have", "issuer")}
	case strings.HasPrefix(got, "http://") && strings.HasPrefix(want, "https://"):
		return []string{c.AtIdP("let it know its public address "+want+": its host name setting, and X-Forwarded-Proto of the proxy before it", "issuer")}
	case c.Config != nil && c.Discovery.Str("issuer") == c.Config.Issuer():
		return []string{c.AtIdP("let tokens have the issuer of the discovery document, "+want, "issuer"), "see that no request goes to another address of the IdP: some put the address that was asked into the token"}
	}
	return append(c.IfAtSP("enter "+got, "issuer"), c.AtIdP("or let the application take its tokens from "+want, "issuer"))
}

func oddSubject(c *check.Case, t *check.Token) *report.Finding {
	sub, isText := t.Claims["sub"].(string)
	f := &report.Finding{Where: t.In("sub")}
	name := t.In("").Evidence
	switch {
	case t.Claims["sub"] == nil:
		f.Message = fmt.Sprintf("the %s has no sub, so it is about nobody", name)
	case !isText:
		f.Message = fmt.Sprintf("sub of the %s is no text", name)
	case sub == "" || t.Trait("sub_empty"):
		f.Message = fmt.Sprintf("sub of the %s is empty", name)
	case t.Trait("sub_long"):
		f.Message = fmt.Sprintf("sub of the %s has more than 255 characters", name)
	case t.Trait("sub_not_ascii"):
		f.Message = fmt.Sprintf("sub of the %s has characters outside ASCII", name)
	default:
		return nil
	}
	f.Fix = []string{c.AtIdP("send a stable sub of at most 255 ASCII characters, such as the user's ID", "claims")}
	return f
}

// guid finds the ID of a tenant in an issuer.
var guid = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}`)
})

// tenant is the tenant that the issuer names by its ID; "" when it names none.
func tenant(c *check.Case) string {
	all := issuers(c)
	if len(all) == 0 {
		return ""
	}
	return guid().FindString(all[0])
}

func otherTenant(c *check.Case, t *check.Token) *report.Finding {
	name := t.In("").Evidence
	if want, got := tenant(c), t.Str("tid"); want != "" && got != "" && !strings.EqualFold(want, got) && slices.Contains(issuers(c), t.Str("iss")) {
		return &report.Finding{Got: got, Want: want, Where: t.In("tid"),
			Message: fmt.Sprintf("tid of the %s is %s but the issuer is of the tenant %s", name, check.Quote(got), check.Quote(want)),
			Fix:     []string{c.AtIdP("sign in with an account of the tenant "+want, "users")}}
	}
	want, got := c.Config.OIDC.HD, t.Str("hd")
	covered := func(d string) bool { return strings.EqualFold(d, got) }
	if want == "" || want == "*" || strings.EqualFold(want, got) || got != "" && slices.ContainsFunc(c.Config.AllowedDomains, covered) {
		return nil
	}
	f := &report.Finding{Severity: report.Warning, Got: got, Want: want, Where: t.In("hd"), Related: []report.Location{c.Config.Pos("oidc/hd")}}
	f.Message = fmt.Sprintf("hd of the %s is %s but the SP asks for accounts of %s", name, check.Quote(got), check.Quote(want))
	if got == "" {
		f.Message = fmt.Sprintf("the %s has no hd: the account is of no organisation, while the SP asks for accounts of %s", name, check.Quote(want))
	}
	f.Effect = "The hint does not keep anybody out: users of other organisations get as far as the SP."
	f.Fix = append(c.IfAtSP("list "+want, "allowed_domains"), "sign in with an account of "+want)
	return f
}
