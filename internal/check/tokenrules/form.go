package tokenrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What kind of thing the token is, before its claims count.
var form = []check.Rule{
	onAnyIDToken(check.Rule{
		Code: "IDT001", Title: "the ID token is a signed JWT that can be read", Severity: report.Error, Explains: []string{"IDT"},
		Why:  "The SP cannot read who signs in.",
		Fix:  "let the IdP sign ID tokens and not encrypt them, unless the SP holds the key",
		Refs: []string{"OpenID Connect Core 1.0 §2", "RFC 7519 §7.2"},
	}, unreadable),
	onIDToken(check.Rule{
		Code: "IDT007", Title: "the token brings no key of its own", Severity: report.Warning,
		Why:  "An SP that trusted such a key would let in anybody; a careful one refuses the token.",
		Fix:  "let the IdP sign with a key of its key set, named by kid alone",
		Refs: []string{"RFC 8725 §3.10"},
	}, nil, ownKey),
	onIDToken(check.Rule{
		Code: "IDT008", Title: "the header demands nothing that the SP may not know", Severity: report.Error,
		Explains: []string{"IDT006"},
		Why:      "Whoever does not understand a member that crit names must refuse the token.",
		Fix:      "let the IdP send ID tokens without crit",
		Refs:     []string{"RFC 7515 §4.1.11"},
	}, nil, func(_ *check.Case, t *check.Token) *report.Finding {
		names := check.Strings(t.Header["crit"])
		if t.Header["crit"] == nil {
			return nil
		}
		return &report.Finding{Got: strings.Join(names, " "), Where: t.In(""),
			Message: fmt.Sprintf("crit in the header of the %s names %s, which an SP has to understand or refuse", t.In("").Evidence, quoted(names))}
	}),
	onAnyIDToken(check.Rule{
		Code: "IDT009", Title: "what is given as an ID token is one", Severity: report.Error, Explains: []string{"IDT"},
		Why:  "Access tokens and logout tokens are made for others, and an SP has to refuse them.",
		Fix:  "give the member id_token of the token endpoint's answer, not access_token",
		Refs: []string{"RFC 8725 §3.11", "RFC 9068 §2.1"},
	}, func(_ *check.Case, t *check.Token) *report.Finding {
		what := mistaken(t)
		if what == "" {
			return nil
		}
		return &report.Finding{Got: what, Want: "ID token", Where: t.In(""), Message: fmt.Sprintf("the %s is %s, not an ID token", t.In("").Evidence, what)}
	}),
	onAnyIDToken(check.Rule{
		Code: "IDT034", Title: "an encrypted token names the key that opens it", Severity: report.Warning,
		Why:  "An SP with several keys has to try them, or gives up.",
		Fix:  "let the IdP name the key by kid in the header",
		Refs: []string{"OpenID Connect Core 1.0 §10.2"},
	}, func(_ *check.Case, t *check.Token) *report.Finding {
		if t.Parts != 5 || t.Header == nil || t.Header["kid"] != nil {
			return nil
		}
		return &report.Finding{Want: "kid", Where: t.In(""), Message: fmt.Sprintf("the %s is encrypted and its header has no kid", t.In("").Evidence)}
	}),
	onAnyIDToken(check.Rule{
		Code: "IDT035", Title: "the token is small enough for cookies and headers", Severity: report.Warning,
		Why: "Many applications keep the token in a cookie or send it in a header; servers and proxies refuse large ones, and sign-in ends in 400, 431 or a loop.",
		Fix: "send fewer claims in the ID token: only the groups that are assigned to the application, and profile claims in userinfo",
	}, func(c *check.Case, t *check.Token) *report.Finding {
		const limit = 8 << 10
		if t.Size <= limit {
			return nil
		}
		return &report.Finding{Got: fmt.Sprint(t.Size), Want: fmt.Sprint(limit), Where: t.In(""),
			Message: fmt.Sprintf("the %s has %d bytes, more than the %d that most servers take in a header", t.In("").Evidence, t.Size, limit),
			Fix:     []string{c.AtIdP("send fewer claims in the ID token: only the groups that are assigned to the application", "groups", "claims")}}
	}),
}

// onAnyIDToken completes a rule that also judges what cannot be read.
func onAnyIDToken(r check.Rule, judge func(*check.Case, *check.Token) *report.Finding) check.Rule {
	r.Protocol = config.OIDC
	r.Needs = []evidence.Kind{evidence.Tokens}
	r.Uses = []evidence.Kind{evidence.Config, evidence.Discovery}
	r.Decides = func(c *check.Case) string {
		if len(c.TokensNamed("id_token")) == 0 {
			return "no ID token"
		}
		return ""
	}
	r.Check = func(c *check.Case) []report.Finding {
		for _, t := range c.TokensNamed("id_token") {
			if f := judge(c, t); f != nil {
				return []report.Finding{*unverified(c, f)}
			}
		}
		return nil
	}
	return r
}

func unreadable(c *check.Case, t *check.Token) *report.Finding {
	f := &report.Finding{Where: t.In(""), CausedBy: "TOK001"} // where that is there, the answer was not JSON
	switch {
	case t.Parts == 5 && !t.Unsealed:
		f.Got, f.Want = "encrypted", "signed"
		f.Message = fmt.Sprintf("the %s is encrypted (five parts): only who holds the key can read it", t.In("").Evidence)
		f.Fix = []string{c.AtIdP("switch the encryption of ID tokens off, unless the SP holds the key")}
	case t.Parts == 3 && t.Problem == "" && t.Trait("not_base64url"):
		f.Got, f.Want = "base64", "base64url"
		f.Message = fmt.Sprintf("the %s is written in base64 with +, / or =, where base64url without padding is due", t.In("").Evidence)
	case t.Unsealed || t.Parts == 3 && t.Problem == "" && t.Claims != nil:
		return nil
	default:
		why := t.Problem
		if why == "" {
			why = fmt.Sprintf("it has %d parts where a signed token has 3", t.Parts)
		}
		f.Got, f.Message = why, fmt.Sprintf("the %s is no JWT that can be read: %s", t.In("").Evidence, why)
	}
	return f
}

// mistaken says what a token is that is taken for an ID token; "" when it may be one. Products mark access tokens in the header (RFC
// 9068), in a claim typ, or in a claim token_use.
func mistaken(t *check.Token) string {
	typ, _ := t.Header["typ"].(string)
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	events, _ := t.Claims["events"].(map[string]any)
	switch {
	case typ == "at+jwt" || strings.EqualFold(t.Str("typ"), "Bearer") || t.Str("token_use") == "access":
		return "an access token"
	case typ == "dpop+jwt":
		return "a DPoP proof"
	case typ == "oauth-authz-req+jwt":
		return "a request object"
	case typ == "client-authentication+jwt" || t.Trait("sub_is_iss") && t.Claims["nonce"] == nil && !strings.Contains(t.Str("iss"), "://"):
		return "a client assertion"
	case typ == "logout+jwt" || events[logoutEvent] != nil || strings.EqualFold(t.Str("typ"), "Logout"):
		return "a logout token"
	case strings.EqualFold(t.Str("typ"), "Refresh"):
		return "a refresh token"
	case hasAny(t.Claims, "scp", "scope") && !hasAny(t.Claims, "nonce", "at_hash", "c_hash") && forAnother(t):
		return "an access token"
	}
	return ""
}

// forAnother reports whether a token is made for somebody else than the client that it names.
func forAnother(t *check.Token) bool {
	for _, name := range []string{"azp", "client_id", "cid", "appid"} {
		if client := t.Str(name); client != "" {
			return !slices.Contains(check.Strings(t.Claims["aud"]), client)
		}
	}
	return false
}

func ownKey(_ *check.Case, t *check.Token) *report.Finding {
	var found []string
	for _, name := range []string{"jku", "jwk", "x5u"} {
		if t.Header[name] != nil {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &report.Finding{Got: strings.Join(found, " "), Where: t.In(""), Message: fmt.Sprintf("the header of the %s carries %s, from which nobody may take a key", t.In("").Evidence, quoted(found))}
}

func quoted(items []string) string {
	var out []string
	for _, s := range items {
		out = append(out, check.Quote(s))
	}
	return strings.Join(out, ", ")
}

// hasAny reports whether one of the claims is there.
func hasAny(claims map[string]any, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return claims[n] != nil && claims[n] != "" })
}
