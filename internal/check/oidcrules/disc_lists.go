package oidcrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the document lists as supported, judged by itself; what the SP needs of it stands in disc_sp.go.
var discLists = []check.Rule{
	{
		Code: "DISC027", Title: "response type code is offered", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Uses:  []evidence.Kind{evidence.Config},
		Why:   "The SP asks for a code; an IdP that does not offer it refuses the login, and a client that reads the list does not even ask.",
		Fix:   "let the IdP offer the authorization code flow and list it",
		Refs:  []string{refMetadata, "OpenID Connect Core 1.0 §3"},
		Check: checkResponseTypes,
	},
	{
		Code: "DISC029", Title: "the authorization code grant is offered", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Uses:  []evidence.Kind{evidence.Config},
		Why:   "The code that the login brings cannot be exchanged for tokens.",
		Fix:   "switch the grant authorization_code on at the IdP",
		Refs:  []string{refMetadata},
		Applies: func(c *check.Case) bool {
			return c.Discovery.Member("grant_types_supported") != nil && !publishesOnly(c)
		},
		Check: func(c *check.Case) []report.Finding {
			want := "authorization_code"
			if c.Config != nil && c.Config.Grant() == "implicit" {
				want = "implicit"
			}
			return holds(c, "grant_types_supported", want, "grant")
		},
	},
	{
		Code: "DISC030", Title: "the kinds of subject identifiers are listed", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Why:   "The list is required, and libraries that check the document refuse it without.",
		Fix:   `publish "public", "pairwise" or both as subject_types_supported`,
		Refs:  []string{refMetadata},
		Check: checkSubjectTypes,
	},
	{
		Code: "DISC031", Title: "the subject identifier is the same for every client", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Why:     "With pairwise subjects alone the same person has another sub at each client: accounts are not found again after the client is replaced, and cannot be matched between applications.",
		Fix:     "let the SP link accounts by e-mail address or another claim, or keep the client for good",
		Refs:    []string{"OpenID Connect Core 1.0 §8"},
		Decides: func(c *check.Case) string { return unlessList(c, "subject_types_supported") },
		Check: func(c *check.Case) []report.Finding {
			if items, _ := texts(c, "subject_types_supported"); slices.Contains(items, "public") || !slices.Contains(items, "pairwise") {
				return nil
			}
			f := finding(c, "subject_types_supported", "pairwise", "public", `subject_types_supported holds "pairwise" and not "public": sub differs from client to client`)
			if c.IdP.OIDC != nil && slices.Equal(c.IdP.OIDC.SubjectTypes.V, []string{"pairwise"}) {
				f.Severity = report.Info // the product knows no other
			}
			return []report.Finding{f}
		},
	},
	{
		Code: "DISC036", Title: "the algorithms of signed userinfo answers are known ones", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Why:     "A client that registers for a signed answer picks from this list.",
		Fix:     "list names of the JOSE registry, such as RS256",
		Refs:    []string{refMetadata},
		Applies: func(c *check.Case) bool { return c.Discovery.Member("userinfo_signing_alg_values_supported") != nil },
		Check: func(c *check.Case) []report.Finding {
			const member = "userinfo_signing_alg_values_supported"
			items, fault := texts(c, member)
			if fault != nil {
				return []report.Finding{*fault}
			}
			for i, alg := range items {
				if !knownAlg(alg) {
					f := finding(c, member, alg, "RS256", "%s holds %s, which is no signature algorithm of JOSE", member, check.Quote(alg))
					f.Where = entry(c, member, i)
					return []report.Finding{f}
				}
			}
			return nil
		},
	},
	{
		Code: "DISC037", Title: "scope openid is listed", Severity: report.Error, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Why:     "Without the scope openid there is no ID token, so no login; a client that reads the list stops.",
		Fix:     "add openid to scopes_supported",
		Refs:    []string{refMetadata},
		Applies: func(c *check.Case) bool { return c.Discovery.Member("scopes_supported") != nil },
		Check: func(c *check.Case) []report.Finding {
			return holds(c, "scopes_supported", "openid", "scope")
		},
	},
	{
		Code: "DISC038", Title: "listed scopes are legal", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Why:     "Scopes are separated by spaces in the request: one that holds a space, a quote or a letter outside ASCII cannot be asked for.",
		Fix:     "rename the scope",
		Refs:    []string{"RFC 6749 §3.3"},
		Decides: func(c *check.Case) string { return unlessList(c, "scopes_supported") },
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			items, _ := texts(c, "scopes_supported")
			for i, scope := range items {
				illegal := func(r rune) bool { return r < '!' || r > '~' || r == '"' || r == '\\' }
				if scope != "" && !strings.ContainsFunc(scope, illegal) {
					continue
				}
				f := finding(c, "scopes_supported", scope, "a word", "scopes_supported holds %s, which is no scope", check.Quote(scope))
				f.Where = entry(c, "scopes_supported", i)
				out = append(out, f)
			}
			return out
		},
	},
	{
		Code: "DISC040", Title: "the claims are listed", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Why:   "Nothing fails without the list; it only cannot be told beforehand which claims can come.",
		Fix:   "publish claims_supported",
		Refs:  []string{refMetadata},
		Check: func(c *check.Case) []report.Finding {
			if c.Discovery.Member("claims_supported") != nil {
				return nil
			}
			return []report.Finding{finding(c, "claims_supported", "", "a list of claims", "claims_supported is missing from the discovery document%s", misspelt(c, "claims_supported"))}
		},
	},
}

// signatureAlgs are the JOSE signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1, RFC 8812 §3.2, RFC 9864 and none).
var signatureAlgs = strings.Fields("none HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA Ed25519 Ed448 ML-DSA-44 ML-DSA-65 ML-DSA-87")

func knownAlg(alg string) bool { return slices.Contains(signatureAlgs, alg) }

// unlessList is why nothing can be said of a list: it is not there, or is none, which another rule tells.
func unlessList(c *check.Case, member string) string {
	if _, ok := c.Discovery.List(member); !ok {
		return "the document has no list " + member
	}
	return ""
}

// holds demands one entry of a list member.
func holds(c *check.Case, member, want, what string) []report.Finding {
	items, fault := texts(c, member)
	switch {
	case fault != nil:
		return []report.Finding{*fault}
	case slices.Contains(items, want):
		return nil
	}
	f := finding(c, member, strings.Join(items, " "), want, "%s lists %s and not the %s %s", member, words(items), what, check.Quote(want))
	f.Fix = []string{c.AtIdP(fmt.Sprintf("offer %s, so that %s lists it", want, member), "endpoints", "grant", "issuer")}
	return []report.Finding{f}
}

// missingList is the finding about a required list that is not there.
func missingList(c *check.Case, member, want string) []report.Finding {
	f := finding(c, member, "", want, "%s is missing from the discovery document%s", member, misspelt(c, member))
	f.Fix = []string{c.AtIdP("publish "+member, "endpoints", "issuer")}
	return []report.Finding{f}
}

func checkResponseTypes(c *check.Case) []report.Finding {
	const member = "response_types_supported"
	if c.Discovery.Member(member) == nil {
		return missingList(c, member, "a list that holds code")
	}
	items, fault := texts(c, member)
	switch {
	case fault != nil:
		return []report.Finding{*fault}
	case publishesOnly(c) && len(items) > 0:
		return nil
	case c.Config != nil && c.Config.Grant() == "implicit":
		for _, t := range items {
			if parts := strings.Fields(t); slices.Contains(parts, "id_token") && !slices.Contains(parts, "code") {
				return nil
			}
		}
		return holds(c, member, "id_token", "response type")
	}
	return holds(c, member, "code", "response type")
}

func checkSubjectTypes(c *check.Case) []report.Finding {
	const member = "subject_types_supported"
	if c.Discovery.Member(member) == nil {
		return missingList(c, member, "public, pairwise")
	}
	items, fault := texts(c, member)
	if fault != nil {
		return []report.Finding{*fault}
	}
	if len(items) == 0 {
		return []report.Finding{finding(c, member, "", "public, pairwise", `%s is empty; it holds "public", "pairwise" or both`, member)}
	}
	for i, t := range items {
		if t != "public" && t != "pairwise" {
			f := finding(c, member, t, "public, pairwise", `%s holds %s, known are "public" and "pairwise"`, member, check.Quote(t))
			f.Where = entry(c, member, i)
			return []report.Finding{f}
		}
	}
	return nil
}
