package oidcrules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// The shape of the members that no other rule names: types, empty lists, unknown names, locale tags.
var discSchema = []check.Rule{
	booleans("DISC051", "front-channel logout is announced by true or false", "OpenID Connect Front-Channel Logout 1.0 §2", "frontchannel_logout_supported", "frontchannel_logout_session_supported"),
	booleans("DISC052", "back-channel logout is announced by true or false", "OpenID Connect Back-Channel Logout 1.0 §2.1", "backchannel_logout_supported", "backchannel_logout_session_supported"),
	booleans("DISC057", "options of the request are announced by true or false", refMetadata, "claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"),
	{
		Code: "DISC060", Title: "locales are written as language tags", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Why:   "A client compares its own language with the list and finds none.",
		Fix:   "write language tags with a hyphen: en-US",
		Refs:  []string{refOAuth, "RFC 5646 §2.1"},
		Check: checkLocales,
	},
	{
		Code: "DISC061", Title: "members of the document have the types of the standard", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Why:   "Clients that read the document into fixed types fail on the whole of it. A list without entries has to be left out.",
		Fix:   "publish the member with its type, or leave it out",
		Refs:  []string{refOAuth},
		Check: checkTypes,
	},
	{
		Code: "DISC062", Title: "no member of the document is misspelt", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Why:   "A misspelt member counts as absent: clients take its default.",
		Fix:   "correct the name of the member",
		Refs:  []string{refOAuth},
		Check: checkSpelling,
	},
}

// booleans makes the rule that some members, if present, are true or false.
func booleans(code, title, ref string, members ...string) check.Rule {
	return check.Rule{
		Code: code, Title: title, Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Why:   "A text is true to some clients and false to others.", Fix: "publish true or false, without quotes", Refs: []string{ref},
		Applies: func(c *check.Case) bool {
			return slices.ContainsFunc(members, func(m string) bool { return c.Discovery.Member(m) != nil })
		},
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			for _, m := range members {
				if n := c.Discovery.Member(m); n != nil && n.Type != source.Bool {
					out = append(out, finding(c, m, n.Str(), "true or false", "%s is %s, not true or false", m, describe(n)))
				}
			}
			return out
		},
	}
}

// Members that other rules judge, whatever is wrong with them.
var judged = strings.Fields(`issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint check_session_iframe
	response_types_supported grant_types_supported subject_types_supported id_token_signing_alg_values_supported
	userinfo_signing_alg_values_supported scopes_supported code_challenge_methods_supported claims_parameter_supported request_parameter_supported
	request_uri_parameter_supported frontchannel_logout_supported frontchannel_logout_session_supported backchannel_logout_supported
	backchannel_logout_session_supported`)

// Of these, what a document has to have: absent and null are told alike.
var required = strings.Fields(`issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri response_types_supported subject_types_supported
	id_token_signing_alg_values_supported`)

// The other members of the registry (OAuth Authorization Server Metadata) by type.
var (
	textMembers = strings.Fields(`service_documentation op_policy_uri op_tos_uri revocation_endpoint introspection_endpoint end_session_endpoint
		device_authorization_endpoint pushed_authorization_request_endpoint backchannel_authentication_endpoint signed_metadata`)
	boolMembers = strings.Fields(`require_request_uri_registration require_pushed_authorization_requests require_signed_request_object
		authorization_response_iss_parameter_supported tls_client_certificate_bound_access_tokens backchannel_user_code_parameter_supported`)
	listMembers = strings.Fields(`response_modes_supported acr_values_supported id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported
		userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported request_object_signing_alg_values_supported
		request_object_encryption_alg_values_supported request_object_encryption_enc_values_supported token_endpoint_auth_methods_supported
		token_endpoint_auth_signing_alg_values_supported display_values_supported claim_types_supported claims_supported claims_locales_supported ui_locales_supported
		revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint_auth_methods_supported
		introspection_endpoint_auth_signing_alg_values_supported authorization_signing_alg_values_supported authorization_encryption_alg_values_supported
		authorization_encryption_enc_values_supported dpop_signing_alg_values_supported backchannel_token_delivery_modes_supported
		backchannel_authentication_request_signing_alg_values_supported prompt_values_supported authorization_details_types_supported`)
	objectMembers = []string{"mtls_endpoint_aliases"}
)

func checkTypes(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, group := range []struct {
		members []string
		want    source.Type
	}{{textMembers, source.String}, {boolMembers, source.Bool}, {listMembers, source.List}, {objectMembers, source.Map}} {
		for _, m := range group.members {
			if n := c.Discovery.Doc.Root.Member(m); n != nil {
				out = append(out, typeFault(c, m, n, group.want)...)
			}
		}
	}
	// Of the members that other rules judge, being null is left for here, which they take as absent, and for two being empty.
	for _, m := range judged {
		if n := c.Discovery.Doc.Root.Member(m); n != nil && n.Type == source.Null && !slices.Contains(required, m) {
			out = append(out, typeFault(c, m, n, source.Null)...)
		}
	}
	for _, m := range []string{"userinfo_signing_alg_values_supported", pkceMethods} {
		if n := c.Discovery.Member(m); n != nil && n.Type == source.List && len(n.Items) == 0 {
			out = append(out, emptyList(c, m))
		}
	}
	return out
}

func typeFault(c *check.Case, m string, n *source.Node, want source.Type) []report.Finding {
	switch {
	case n.Type == source.Null:
		f := finding(c, m, "null", "", "%s is null, expected a value or no such member", m)
		f.Severity = report.Warning // clients take it as absent
		return []report.Finding{f}
	case n.Type != want:
		return []report.Finding{finding(c, m, n.Str(), typeName(want), "%s is %s, expected %s", m, describe(n), typeName(want))}
	case want == source.List && len(n.Items) == 0:
		return []report.Finding{emptyList(c, m)}
	case want == source.List:
		if _, fault := texts(c, m); fault != nil {
			return []report.Finding{*fault}
		}
	}
	return nil
}

// typeName names a type as JSON people do.
func typeName(t source.Type) string {
	switch t {
	case source.Map:
		return "an object"
	case source.Bool:
		return "true or false"
	case source.List:
		return "a list of texts"
	}
	return t.String()
}

func emptyList(c *check.Case, m string) report.Finding {
	return finding(c, m, "[]", "at least one entry, or no such member", "%s is an empty list, which has to be left out", m)
}

// known lists every member that a rule or the registry knows.
func known() []string {
	return slices.Concat(judged, textMembers, boolMembers, listMembers, objectMembers)
}

// near gives the known member that an unknown one probably stands for; "" when there is none, or when it is there itself.
func near(c *check.Case, member string) string {
	meant := source.Nearest(member, known())
	if meant == "" || c.Discovery.Member(meant) != nil || edits(member, meant) > max(1, min(3, len(member)/6)) {
		return "" // a word more or less is a name of its own, as products have them
	}
	return meant
}

// edits counts the letters by which two names differ (Levenshtein); letter case and separators do not count.
func edits(a, b string) int {
	fold := strings.NewReplacer("_", "", "-", "", " ", "")
	a, b = fold.Replace(strings.ToLower(a)), fold.Replace(strings.ToLower(b))
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// misspelt is a clause that names the member that was probably meant to be this absent one; "" when there is none.
func misspelt(c *check.Case, absent string) string {
	for _, m := range c.Discovery.Doc.Root.Members {
		if !slices.Contains(known(), m.Key) && near(c, m.Key) == absent {
			return fmt.Sprintf(" (it has %s, likely misspelt)", check.Quote(m.Key))
		}
	}
	return ""
}

func checkSpelling(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, m := range c.Discovery.Doc.Root.Members {
		if slices.Contains(known(), m.Key) {
			continue
		}
		meant := near(c, m.Key)
		if meant == "" {
			continue
		}
		out = append(out, report.Finding{Message: fmt.Sprintf("unknown member %s (likely meant: %s)", check.Quote(m.Key), check.Quote(meant)), Got: m.Key, Want: meant,
			Where: c.PlaceKey(evidence.Discovery, c.Discovery.Doc, "/"+source.Escape(m.Key), m.KeyPos, len([]rune(m.Key))+2)})
	}
	return out
}

// languageTag is the form of RFC 5646 §2.1 in the case of §2.1.1: language, script, region, then variants and extensions.
var languageTag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([a-z]{2,3}(-[a-z]{3}){0,3}|[a-z]{4,8})(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-[0-9A-Za-z]{4,8})*(-[0-9a-wy-z](-[0-9A-Za-z]{2,8})+)*(-x(-[0-9A-Za-z]{1,8})+)?$`)
})

func checkLocales(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, member := range []string{"ui_locales_supported", "claims_locales_supported"} {
		items, _ := texts(c, member)
		i := slices.IndexFunc(items, func(tag string) bool { return !languageTag().MatchString(tag) })
		if i < 0 {
			continue
		}
		f := finding(c, member, items[i], canonical(items[i]), "%s holds %s, which is no language tag in its usual spelling", member, check.Quote(items[i]))
		f.Where = entry(c, member, i)
		out = append(out, f)
	}
	return out
}

// canonical writes a language tag as it was probably meant: hyphens, and letter case by the place of each part.
func canonical(tag string) string {
	parts := strings.Split(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	for i, p := range parts[1:] {
		switch len(p) {
		case 2:
			parts[i+1] = strings.ToUpper(p)
		case 4:
			parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "-")
}
