package tokenrules

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// The shape of claims (OpenID Connect Core §5.1).
var claims = []check.Rule{
	onIDToken(check.Rule{
		Code: "IDT024", Title: "amr is a list of texts", Severity: report.Info,
		Why:  "An SP that looks for a second factor in amr does not find it.",
		Fix:  "let the IdP send amr as a list",
		Refs: []string{"OpenID Connect Core 1.0 §2", "RFC 8176 §1"},
	}, nil, func(_ *check.Case, t *check.Token) *report.Finding {
		list, isList := t.Claims["amr"].([]any)
		if t.Claims["amr"] == nil || isList && len(check.Strings(list)) == len(list) {
			return nil
		}
		f := &report.Finding{Got: typeOf(t.Claims["amr"]), Want: "list", Where: t.In("amr"), Message: fmt.Sprintf("amr of the %s is a %s where a list of texts is due", t.In("").Evidence, typeOf(t.Claims["amr"]))}
		if isList {
			f.Message = fmt.Sprintf("amr of the %s is a list of which only %d of %d items are texts", t.In("").Evidence, len(check.Strings(list)), len(list))
		}
		return f
	}),
	ofSources("IDT026", "standard claims have the types of the standard", report.Warning,
		"A typed reader drops the claim, or refuses the whole token: \"true\" as a text is not true everywhere.",
		"let the IdP send the claim in the type of the standard", otherType),
	ofSources("IDT027", "claims are spelt as the standard spells them", report.Info,
		"The SP looks for the name of the standard and finds nothing.",
		"name the claim at the IdP as the standard does, or map it at the SP", misspelt),
	ofSources("IDT033", "the login brings a name of the user", report.Info,
		"The account shows an address, or nothing, where a name should be.",
		"ask for the scope profile, or let the IdP send name, given_name and family_name", nameless),
}

// ofSources makes a rule that judges the ID token and userinfo, whichever came.
func ofSources(code, title string, severity report.Severity, why, fix string, judge func(*check.Case, []source) []report.Finding) check.Rule {
	return check.Rule{
		Code: code, Title: title, Severity: severity, Protocol: config.OIDC, Why: why, Fix: fix, Refs: []string{"OpenID Connect Core 1.0 §5.1"},
		AnyOf: []evidence.Kind{evidence.Tokens, evidence.Claims}, Uses: []evidence.Kind{evidence.Config},
		Decides: func(c *check.Case) string {
			if len(sources(c)) == 0 {
				return "no claims about the user"
			}
			return ""
		},
		Check: func(c *check.Case) []report.Finding { return judge(c, sources(c)) },
	}
}

// source is one place with claims about the user.
type source struct {
	where  func(claim string) report.Location
	claims map[string]any
}

// sources gives the first ID token and userinfo. What userinfo of a product without OpenID Connect holds has other names, and is left out.
func sources(c *check.Case) []source {
	var out []source
	if ids := idTokens(c); len(ids) > 0 {
		out = append(out, source{ids[0].In, ids[0].Claims})
	}
	if got := c.User.Source("userinfo"); got != nil && !(c.Config != nil && c.Config.PlainOAuth()) {
		out = append(out, source{func(claim string) report.Location { return report.Location{Evidence: "userinfo", Path: "/" + claim} }, got})
	}
	return out
}

// standard are the claims of OpenID Connect Core §5.1, with their JSON types.
func standard() map[string]string {
	out := map[string]string{"email_verified": truth, "phone_number_verified": truth, "updated_at": "number", "address": "object"}
	for _, name := range []string{"sub", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email", "gender", "birthdate", "zoneinfo", "locale", "phone_number"} {
		out[name] = "text"
	}
	return out
}

// truth is what the type boolean is called.
const truth = "true or false"

// oneOf puts the article before the name of a type.
func oneOf(typ string) string {
	switch typ {
	case truth, "null":
		return typ
	case "object":
		return "an object"
	}
	return "a " + typ
}

// the is how a sentence calls a place with claims.
func the(where report.Location) string {
	if where.Evidence == "userinfo" {
		return where.Evidence
	}
	return "the " + where.Evidence
}

func typeOf(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case bool:
		return truth
	case json.Number, float64:
		return "number"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	}
	return "null"
}

func otherType(_ *check.Case, all []source) []report.Finding {
	types := standard()
	for _, s := range all {
		for _, name := range sorted(s.claims) {
			v := s.claims[name]
			want, known := types[name]
			if !known || v == nil || name == "sub" || typeOf(v) == want { // IDT012 speaks of sub
				continue
			}
			where := s.where(name)
			f := report.Finding{Got: typeOf(v), Want: want, Where: where, Message: fmt.Sprintf("%s in %s is %s where %s is due", name, the(where), oneOf(typeOf(v)), oneOf(want))}
			if t, isText := v.(string); isText && want == truth && (t == "true" || t == "false") {
				f.Got, f.Message = t, fmt.Sprintf("%s in %s is the text %q, not the word %s of JSON", name, the(where), t, t)
			}
			if name == "updated_at" { // products in wide use write a date there, and hardly anybody reads it
				f.Severity = report.Info
			}
			return []report.Finding{f}
		}
	}
	return nil
}

func sorted(m map[string]any) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// folded is a name without what spellings differ in.
func folded(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(strings.ToLower(name))
}

// misspelt looks for names that differ from one of the standard in letter case and separators alone; whatever differs more may be a
// claim of the product's own.
func misspelt(_ *check.Case, all []source) []report.Finding {
	meant := map[string]string{}
	for name := range standard() {
		meant[folded(name)] = name
	}
	for _, s := range all {
		var found, wanted []string
		for _, name := range sorted(s.claims) {
			want := meant[folded(name)]
			if want == "" || want == name || slices.ContainsFunc(all, func(o source) bool { return o.claims[want] != nil }) {
				continue
			}
			found, wanted = append(found, name), append(wanted, want)
		}
		if len(found) > 0 {
			where := s.where(found[0])
			return []report.Finding{{Got: strings.Join(found, " "), Want: strings.Join(wanted, " "), Where: where,
				Message: fmt.Sprintf("%s has %s where the standard has %s", the(where), quoted(found), quoted(wanted))}}
		}
	}
	return nil
}

func nameless(c *check.Case, all []source) []report.Finding {
	for _, s := range all {
		if hasAny(s.claims, "name", "given_name", "family_name") {
			return nil
		}
	}
	f := report.Finding{Want: "name", Where: all[0].where("name"), Message: "neither name nor given_name nor family_name came"}
	f.Fix = []string{c.AtIdP("send name, given_name and family_name to this client", "claims", "scopes")}
	if c.Config != nil && !slices.Contains(c.Config.Scopes(), "profile") {
		f.Message += fmt.Sprintf("; the SP asks for %s, without %q", check.Quote(strings.Join(c.Config.Scopes(), " ")), "profile")
		f.Fix = append(c.IfAtSP("ask for the scope profile as well", "scopes"), f.Fix...)
	}
	return []report.Finding{f}
}
