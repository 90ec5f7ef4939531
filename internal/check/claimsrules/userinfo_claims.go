package claimsrules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What stands in the userinfo answer.
var claims = []check.Rule{
	{
		Code: "UI004", Title: "the claims of userinfo have the types of the standard", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Claims}, Uses: []evidence.Kind{evidence.Config},
		Why:     "A strict SP refuses the answer, or does not see the claim; a text \"false\" is true to a careless one.",
		Fix:     "let the IdP send the claim as the standard wants it",
		Refs:    []string{refClaims, refUserinfo},
		Applies: func(c *check.Case) bool { return c.Config == nil || !c.Config.PlainOAuth() },
		Decides: unlessUserinfo,
		Check:   claimTypes,
	},
	{
		Code: "UI005", Title: "the scopes that are asked for bring claims", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Claims, evidence.LoginRun}, Uses: []evidence.Kind{evidence.Discovery},
		Why:  "The scope was asked for and nothing came of it: the user arrives without name or address.",
		Fix:  "let the client have the scope at the IdP, and fill the user's fields",
		Refs: []string{"OpenID Connect Core 1.0 §5.4"},
		Applies: func(c *check.Case) bool {
			return !c.Config.PlainOAuth()
		},
		Decides: func(c *check.Case) string {
			if s, reason := stands(c, userinfo); s == open {
				return reason
			}
			if len(askedScopes(c)) == 0 {
				return "the scopes of the request are not known"
			}
			return ""
		},
		Check: emptyScopes,
	},
	{
		Code: "UI006", Title: "an address arrives from an IdP that keeps it apart", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Claims}, Uses: []evidence.Kind{evidence.LoginRun, evidence.Discovery},
		Explains: []string{"IDT032", "CLM007", "CLM013"},
		Why:      "Users who keep their address private arrive without one, and the SP ends the login.",
		Fix:      "make an address public at the IdP, or let the SP ask for the private ones",
		Applies: func(c *check.Case) bool {
			_, reads := readsEmail(c)
			return reads && c.Config.PlainOAuth()
		},
		Decides: privateDecides,
		Check:   privateAddress,
	},
	{
		Code: "UI007", Title: "ID token and userinfo say the same", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Claims}, Uses: []evidence.Kind{evidence.Config},
		Why:     "What the SP sees depends on which of the two it reads.",
		Fix:     "see which of the two the SP reads before a rule relies on a claim",
		Refs:    []string{"OpenID Connect Core 1.0 §5.4"},
		Applies: func(c *check.Case) bool { return c.Config == nil || !c.Config.PlainOAuth() },
		Decides: func(c *check.Case) string {
			if c.User.Source(idToken) == nil {
				return "the ID token is not at hand"
			}
			return unlessUserinfo(c)
		},
		Check: sideBySide,
	},
}

func unlessUserinfo(c *check.Case) string {
	if c.User.Source(userinfo) == nil {
		return "userinfo is not at hand"
	}
	return ""
}

// standardTypes are the claims of OpenID Connect Core §5.1 that are no texts.
func standardType(name string) string {
	switch name {
	case "email_verified", "phone_number_verified":
		return "boolean"
	case "updated_at":
		return "number"
	case "address":
		return "object"
	case "sub", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email", "gender", "birthdate", "zoneinfo", "locale", "phone_number":
		return "text"
	}
	return ""
}

func typeOf(v any) string {
	switch v.(type) {
	case bool:
		return "boolean"
	case json.Number, float64:
		return "number"
	case string:
		return "text"
	case map[string]any:
		return "object"
	case []any:
		return "list"
	}
	return "null value"
}

// one puts the article before a type.
func one(kind string) string {
	if kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}

func claimTypes(c *check.Case) []report.Finding {
	var out []report.Finding
	claims := c.User.Source(userinfo)
	var empty []string
	for _, name := range sorted(claims) {
		want, got := standardType(name), typeOf(claims[name])
		if want != "" && (claims[name] == nil || claims[name] == "") {
			empty = append(empty, name)
			continue
		}
		if want == "" || got == want {
			continue
		}
		f := report.Finding{Got: got, Want: want, Where: in(userinfo, name), Message: fmt.Sprintf("%s of userinfo is %s, where the standard has %s", check.Quote(name), one(got), one(want)), Fix: []string{c.AtIdP("send "+name+" as "+one(want), "claims")}}
		if c.Config != nil && c.SP.OIDC != nil && len(c.SP.OIDC.Claims) > 0 && !slices.ContainsFunc(c.SP.OIDC.Claims, func(claim knowledge.Claim) bool { return slices.Contains(claim.Names, name) }) {
			f.Severity = report.Info // this SP does not read it
		}
		if v, ok := claims[name].(string); ok && want == "boolean" {
			f.Message = fmt.Sprintf("%s of userinfo is the text %s, where the standard has a boolean", check.Quote(name), check.Quote(v))
		}
		out = append(out, f)
	}
	if len(empty) > 0 {
		out = append(out, report.Finding{Severity: report.Info, Got: strings.Join(empty, ", "), Where: in(userinfo, empty[0]),
			Message: fmt.Sprintf("userinfo holds %s without a value, where the standard leaves a claim out", quoted(empty)), Fix: []string{"fill the user's fields at the IdP"}})
	}
	return out
}

func sorted(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = check.Quote(n)
	}
	return strings.Join(out, ", ")
}

// broughtBy are the claims that a scope asks for (OpenID Connect Core §5.4).
func broughtBy(scope string) []string {
	switch scope {
	case "profile":
		return []string{"name", "given_name", "family_name", "preferred_username", "nickname", "middle_name", "profile", "picture", "updated_at"}
	case "email":
		return []string{"email"}
	case "phone":
		return []string{"phone_number"}
	case "address":
		return []string{"address"}
	}
	return nil
}

// askedScopes are the scopes of the request, less what the token endpoint did not grant.
func askedScopes(c *check.Case) []string {
	asked := strings.Fields(c.Login.Request.Get("scope"))
	if len(asked) == 0 {
		asked = c.Config.Scopes()
	}
	granted, ok := c.Login.Token["scope"].(string)
	if !ok || granted == "" {
		return asked
	}
	return slices.DeleteFunc(slices.Clone(asked), func(s string) bool { return !slices.Contains(strings.Fields(granted), s) })
}

func emptyScopes(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, scope := range askedScopes(c) {
		brings := broughtBy(scope)
		if _, reads := readsEmail(c); len(brings) == 0 || scope == "email" && reads {
			continue // IDT028 to IDT030 speak of the address
		}
		came := false
		for _, s := range c.User.Sources {
			came = came || slices.ContainsFunc(brings, func(name string) bool { return s.Claims[name] != nil && s.Claims[name] != "" })
		}
		if came {
			continue
		}
		f := report.Finding{Got: scope, Want: brings[0], Where: in(userinfo, brings[0]), Message: fmt.Sprintf("the scope %s was asked for, and neither userinfo nor the ID token has %s", check.Quote(scope), quoted(brings[:min(3, len(brings))]))}
		if scope == "phone" || scope == "address" {
			f.Severity = report.Info // few directories hold them
		}
		f.Fix = sending(c, brings, brings[0], "", "UI005")
		out = append(out, f)
	}
	return out
}

// ownMembers are the claims of tokens that say nothing about the user.
func ownMember(name string) bool {
	return strings.HasSuffix(name, "_hash") || slices.Contains([]string{"iss", "aud", "azp", "exp", "iat", "nbf", "auth_time", "acr", "amr", "nonce", "jti", "sid", "typ", "ver", "session_state",
		"token_use", "client_id", "scope", "scp", "aio", "rh", "uti", "tid", "idp", "sub_jwk", "cnf", "events", "_claim_names", "_claim_sources", "hasgroups"}, name)
}

func sideBySide(c *check.Case) []report.Finding {
	token, info := c.User.Source(idToken), c.User.Source(userinfo)
	var here, beyond, differ []string
	for _, name := range sorted(token) {
		other, has := info[name]
		switch {
		case ownMember(name):
		case !has:
			here = append(here, name)
		case !same(token[name], other):
			differ = append(differ, name)
		}
	}
	for _, name := range sorted(info) {
		if _, has := token[name]; !has && !ownMember(name) {
			beyond = append(beyond, name)
		}
	}
	differ = slices.DeleteFunc(differ, func(name string) bool { return name == "sub" }) // UI002
	var parts []string
	for _, p := range []struct {
		names []string
		say   string
	}{{here, "only the ID token has "}, {beyond, "only userinfo has "}, {differ, "the two differ in "}} {
		if len(p.names) > 0 {
			parts = append(parts, p.say+quoted(p.names))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	message := strings.Join(parts, "; ")
	if c.Config != nil && c.SP.OIDC != nil && len(c.SP.OIDC.ReadsFrom.V) > 0 {
		message += fmt.Sprintf("; %s reads %s", c.TheSP(), places(c.SP.OIDC.ReadsFrom.V))
	}
	return []report.Finding{{Where: in(userinfo, ""), Message: message}}
}

// same compares two claims. Order does not count in lists of texts.
func same(a, b any) bool {
	x, y := check.Strings(a), check.Strings(b)
	if len(x) > 0 || len(y) > 0 {
		x, y = slices.Clone(x), slices.Clone(y)
		slices.Sort(x)
		slices.Sort(y)
		return slices.Equal(x, y)
	}
	p, _ := json.Marshal(a)
	q, _ := json.Marshal(b)
	return string(p) == string(q)
}
