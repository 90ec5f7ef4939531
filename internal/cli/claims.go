package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/mapping"
	"github.com/ssoctl/ssoctl/internal/report"
)

// showUser puts the claims, side by side, and the SP's decision into the judgement.
func showUser(out *report.Connection, c *check.Case) {
	in := &report.SignedIn{}
	if c.Login != nil {
		in.How, in.Ended = how(c), ended(c)
	}
	for _, t := range c.IDTokens() {
		if t.Judged && t.Label != evidence.LoginRefresh {
			in.Second, in.Refused = "go-oidc takes the ID token", t.Opinion != ""
			if in.Refused {
				in.Second = "go-oidc does not take the ID token: " + t.Opinion
			}
		}
	}
	out.SignedIn = in
	if c.User == nil {
		return
	}
	out.Claims = map[string]map[string]any{}
	for _, s := range c.User.Sources {
		if s.Claims != nil {
			out.Claims[s.Name] = s.Claims
		}
	}
	out.Decision = c.User.Decision
	if in.Ended == "" {
		in.Who = who(c)
	}
	table(in, c)
}

// how words what kind of login it was.
func how(c *check.Case) string {
	words := []string{c.IdP.Name}
	if c.IdP.ID == "generic" {
		words = nil
	}
	switch {
	case c.Login.Protocol == "saml" && c.Login.Unasked:
		words = append(words, "SAML, IdP-initiated")
	case c.Login.Protocol == "saml":
		words = append(words, "SAML")
	case c.Login.Grant == "code" && c.Login.Request.Has("code_challenge"):
		words = append(words, "code + PKCE")
	case c.Login.Grant != "":
		words = append(words, c.Login.Grant+" flow")
	}
	return strings.Join(words, ", ")
}

// ended says in words how a login went that signed nobody in; "" when somebody is signed in.
func ended(c *check.Case) string {
	detail := func(text string) string {
		if c.Login.Detail == "" {
			return text
		}
		return text + ": " + c.Login.Detail
	}
	switch c.Login.End {
	case evidence.EndedRefused:
		if a := c.Login.Answer; a != nil && a.Error != "" {
			return strings.TrimSuffix("the IdP refused: "+a.Error+" "+a.Description, " ")
		}
		return detail("the IdP refused")
	case evidence.EndedCancelled:
		return detail("the login was given up")
	case evidence.EndedTimeout:
		return detail("the login was not finished in time")
	case evidence.EndedInteraction:
		return detail("the IdP asks for something that only a person can give")
	case evidence.EndedPassword:
		return detail("the IdP did not take the user name and password")
	case evidence.EndedUnsent:
		return detail("the login did not begin")
	}
	switch {
	case c.User != nil:
		return ""
	case c.Login.Protocol == "saml":
		return "the answer holds no assertion that can be read"
	case c.Login.Withheld != "":
		return "the code was not exchanged: " + c.Login.Withheld
	case c.Login.Refused != nil:
		return "the token endpoint refused: " + c.Login.Refused.Quote()
	}
	return "no claims came"
}

// who names the user as the SP would.
func who(c *check.Case) string {
	for _, want := range []string{"email", "id", "subject", "sub"} {
		for _, claim := range claimsOf(c) {
			if claim.Name != want {
				continue
			}
			if v, _, _, ok := mapping.Read(c.Config, sources(c), claim); ok {
				return fmt.Sprint(shown(v))
			}
		}
	}
	for _, name := range []string{"email", "preferred_username", "upn", "nameID", "name", "login", "sub"} {
		for _, s := range c.User.Sources {
			if v, _ := s.Claims[name].(string); v != "" {
				return v
			}
		}
	}
	return "somebody without a name"
}

func sources(c *check.Case) []mapping.Source {
	var out []mapping.Source
	for _, s := range c.User.Sources {
		out = append(out, mapping.Source{Name: s.Name, Claims: s.Claims})
	}
	return out
}

// claimsOf are what the SP reads by the connection's protocol.
func claimsOf(c *check.Case) []knowledge.Claim {
	switch {
	case c.Config == nil:
		return nil
	case c.SP.Kind == "generic":
		var out []knowledge.Claim
		for _, name := range c.Config.SPParam("required_claims").Strings() {
			out = append(out, knowledge.Claim{Name: name, Names: []string{name}, Level: "required"})
		}
		return out
	case c.Config.SAML != nil && c.SP.SAML != nil:
		return c.SP.SAML.Attributes
	case c.Config.SAML == nil && c.SP.OIDC != nil:
		return c.SP.OIDC.Claims
	}
	return nil
}

var sourceTitles = map[string]string{"id_token": "ID token", "userinfo": "userinfo", "access_token": "access token", "assertion": "assertion", "claims": "claims"}

// quiet are claims about the token and not about the user; they are shown only where the SP reads them.
var quiet = []string{"iss", "aud", "azp", "exp", "iat", "nbf", "auth_time", "jti", "nonce", "at_hash", "c_hash", "s_hash", "sid", "session_state", "acr", "typ", "scope", "scp", "amr", "ver", "uti", "rh", "aio",
	"allowed-origins", "client_id", "nameid", "cid", "sst", "xms_ftd", "idp"}

// table puts the claims side by side: first those that the SP reads, in its order, then the others by name.
func table(in *report.SignedIn, c *check.Case) {
	for _, s := range c.User.Sources {
		in.Sources = append(in.Sources, cmp.Or(sourceTitles[s.Name], s.Name))
	}
	told := map[string]bool{}
	for _, claim := range claimsOf(c) {
		row := read(c, claim)
		if row.Name == "" || told[row.Name] {
			continue
		}
		told[row.Name] = true
		in.Rows = append(in.Rows, row)
	}
	var rest []string
	for _, s := range c.User.Sources {
		for name := range s.Claims {
			if !told[name] && !slices.Contains(quiet, name) && !slices.Contains(rest, name) {
				rest = append(rest, name)
			}
		}
	}
	slices.Sort(rest)
	for _, name := range rest {
		in.Rows = append(in.Rows, report.ClaimRow{Name: name, Values: values(c, name), Reads: "not read"})
	}
}

// read is the row of a claim that the SP reads: under the name by which it is there, else under its first name.
func read(c *check.Case, claim knowledge.Claim) report.ClaimRow {
	_, from, name, ok := mapping.Read(c.Config, sources(c), claim)
	if !ok {
		if len(claim.Names) == 0 {
			return report.ClaimRow{}
		}
		row := report.ClaimRow{Name: claim.Names[0], Values: values(c, claim.Names[0]), Reads: claim.Level}
		switch claim.Level {
		case "required":
			row.Outcome, row.Worst = report.Failed, report.Error
		case "recommended":
			row.Outcome, row.Worst = report.Failed, report.Warning
		}
		return row
	}
	row := report.ClaimRow{Name: name, Values: values(c, name), Reads: claim.Level, Outcome: report.Passed}
	if len(c.User.Sources) > 1 {
		row.Reads += ", from " + cmp.Or(sourceTitles[from], from)
	}
	return row
}

func values(c *check.Case, name string) []string {
	var out []string
	for _, s := range c.User.Sources {
		text := ""
		if v, there := s.Claims[name]; there {
			text = shown(v)
		}
		out = append(out, text)
	}
	for i := 1; i < len(out); i++ {
		if out[i] != "" && out[i] == out[0] {
			out[i] = "same"
		}
	}
	return out
}

// shown writes a claim's value for people.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return "null"
	case []any:
		var all []string
		for _, x := range v {
			all = append(all, shown(x))
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
