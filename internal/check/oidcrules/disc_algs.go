package oidcrules

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

const idTokenAlgs = "id_token_signing_alg_values_supported"

// The algorithms of ID tokens and of PKCE. Of the rules about one list the most specific speaks: what the connection demands,
// then a list of secrets only, then the default of the standard.
var discAlgs = []check.Rule{
	{
		Code: "DISC032", Title: "ID tokens can be signed with RS256", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Uses:  []evidence.Kind{evidence.Config},
		Why:   "RS256 is what every client takes when nothing else was agreed; many take nothing else and refuse the token.",
		Fix:   "let the IdP sign ID tokens with RS256, or set the algorithm at the SP",
		Refs:  []string{refMetadata, "OpenID Connect Core 1.0 §3.1.3.7"},
		Check: checkIDTokenAlgs,
	},
	{
		Code: "DISC033", Title: "ID tokens are signed", Severity: report.Warning, Protocol: config.OIDC,
		Explains: []string{"IDT003"},
		Needs:    []evidence.Kind{evidence.Discovery},
		Uses:     []evidence.Kind{evidence.Config},
		Why:      "Anybody can make a token without a signature. It is harmless as long as the SP takes none.",
		Fix:      "let the SP insist on a signature algorithm, and remove none at the IdP",
		Refs:     []string{"OpenID Connect Core 1.0 §2", "RFC 8725 §3.2"},
		Decides:  func(c *check.Case) string { return unlessList(c, idTokenAlgs) },
		Check: func(c *check.Case) []report.Finding {
			items, _ := texts(c, idTokenAlgs)
			i := slices.Index(items, "none")
			asked := c.Config != nil && c.Config.OIDC != nil && c.Config.OIDC.IDTokenAlg == "none"
			if i < 0 || c.Config != nil && !asked {
				return nil // a connection that demands a signature has one
			}
			f := finding(c, idTokenAlgs, "none", "RS256", `%s lists "none"`, idTokenAlgs)
			f.Where, f.Severity = entry(c, idTokenAlgs, i), report.Info
			if asked {
				f.Message += ` and the connection takes ID tokens so (id_token_alg is "none")`
				f.Severity, f.Related = report.Warning, []report.Location{f.Where}
				f.Where = c.Config.Pos("oidc/id_token_alg")
				f.Fix, f.Edits = enter(c, "id_token_alg", "RS256")
			}
			return []report.Finding{f}
		},
	},
	{
		Code: "DISC034", Title: "ID tokens can be signed with a key pair", Severity: report.Warning, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.Discovery},
		Uses:     []evidence.Kind{evidence.Config},
		Why:      "Tokens signed with the client secret can be made by everybody who holds it, and most SPs refuse them.",
		Fix:      "give the application at the IdP a signing key (RSA)",
		Refs:     []string{"RFC 8725 §3.5"},
		Explains: []string{"JWKS002", "JWKS014", "IDT004"},
		Decides:  func(c *check.Case) string { return unlessList(c, idTokenAlgs) },
		Check: func(c *check.Case) []report.Finding {
			items, _ := texts(c, idTokenAlgs)
			if !secretsOnly(items) {
				return nil
			}
			if algs, _ := acceptedAlgs(c); len(algs) > 0 {
				return nil // DISC035 compares with what the connection demands
			}
			f := finding(c, idTokenAlgs, strings.Join(items, " "), "RS256", "%s lists %s: ID tokens are signed with the client secret", idTokenAlgs, words(items))
			f.Fix = []string{c.AtIdP("choose an RSA signing key for the application, so that "+idTokenAlgs+" lists RS256", "signing", "keys", "endpoints")}
			return []report.Finding{f}
		},
	},
	{
		Code: "DISC035", Title: "the algorithm that the SP takes is offered", Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.Config, evidence.Discovery},
		Why:      "The SP refuses an ID token that is signed with another algorithm: everybody sees an error after signing in.",
		Fix:      "let both sides use the same algorithm",
		Refs:     []string{"OpenID Connect Core 1.0 §3.1.3.7"},
		Explains: []string{"JWKS002", "JWKS014", "IDT003"},
		Decides: func(c *check.Case) string {
			if algs, _ := acceptedAlgs(c); len(algs) == 0 {
				return "neither the file nor the profile says which algorithms the SP takes"
			}
			return unlessList(c, idTokenAlgs)
		},
		Check: checkAcceptedAlgs,
	},
	{
		Code: "DISC044", Title: "the PKCE methods are a list", Severity: report.Error, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Why:     "A client that reads the member as a list fails on anything else before the login begins.",
		Fix:     `publish ["S256"]`,
		Refs:    []string{refOAuth},
		Applies: func(c *check.Case) bool { return c.Discovery.Member(pkceMethods) != nil },
		Check: func(c *check.Case) []report.Finding {
			if _, fault := texts(c, pkceMethods); fault != nil {
				return []report.Finding{*fault}
			}
			return nil
		},
	},
	{
		Code: "DISC045", Title: "PKCE with S256 is announced", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Uses:    []evidence.Kind{evidence.Config},
		Why:     "PKCE protects the code on its way. A client that switches it on only where it is announced goes without.",
		Fix:     "announce S256 under code_challenge_methods_supported when the IdP takes it",
		Refs:    []string{"RFC 9700 §2.1.1", refOAuth},
		Applies: func(c *check.Case) bool { return !publishesOnly(c) },
		Check:   checkS256,
	},
	{
		Code: "DISC046", Title: "PKCE is not limited to plain", Severity: report.Error, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Uses:    []evidence.Kind{evidence.Config},
		Why:     "With plain the verifier travels in the address bar, so PKCE protects nothing; SPs send S256 and are refused.",
		Fix:     "switch S256 on at the IdP",
		Refs:    []string{"RFC 7636 §4.2", "RFC 9700 §2.1.1"},
		Applies: func(c *check.Case) bool { return c.Discovery.Member(pkceMethods) != nil },
		Check: func(c *check.Case) []report.Finding {
			items, _ := texts(c, pkceMethods)
			if !slices.Equal(slices.Compact(items), []string{"plain"}) {
				return nil
			}
			f := finding(c, pkceMethods, "plain", "S256", `%s lists "plain" and not "S256"`, pkceMethods)
			f.Fix = []string{c.AtIdP("allow S256 as PKCE method", "pkce", "endpoints")}
			if c.Config != nil {
				if sends, known := c.Config.PKCE(); known && !sends {
					f.Severity = report.Info // the connection uses no PKCE
				}
			}
			return []report.Finding{f}
		},
	},
}

const pkceMethods = "code_challenge_methods_supported"

// secretsOnly reports whether every algorithm is a symmetric one.
func secretsOnly(algs []string) bool {
	return len(algs) > 0 && !slices.ContainsFunc(algs, func(a string) bool { return !strings.HasPrefix(a, "HS") })
}

// acceptedAlgs are the algorithms that the SP takes, by the file or by its profile; empty when nobody says.
func acceptedAlgs(c *check.Case) (algs []string, certain bool) {
	switch {
	case c.Config == nil || c.Config.OIDC == nil:
		return nil, false
	case c.Config.OIDC.IDTokenAlg != "":
		return []string{c.Config.OIDC.IDTokenAlg}, true
	case c.SP.OIDC != nil:
		return c.SP.OIDC.IDTokenAlgs.V, c.SP.OIDC.IDTokenAlgs.Certain()
	}
	return nil, false
}

// overlap gives the first algorithm that is in both lists.
func overlap(a, b []string) string {
	for _, x := range a {
		if slices.Contains(b, x) {
			return x
		}
	}
	return ""
}

func checkIDTokenAlgs(c *check.Case) []report.Finding {
	if c.Discovery.Member(idTokenAlgs) == nil {
		return missingList(c, idTokenAlgs, "a list that holds RS256")
	}
	items, fault := texts(c, idTokenAlgs)
	if fault != nil {
		return []report.Finding{*fault}
	}
	accepted, _ := acceptedAlgs(c)
	if slices.Contains(items, "RS256") || secretsOnly(items) || len(accepted) > 0 && len(items) > 0 {
		return nil // the more specific rules judge what the connection demands, and a list of secrets
	}
	f := finding(c, idTokenAlgs, strings.Join(items, " "), "RS256", `%s lists %s and not "RS256"`, idTokenAlgs, words(items))
	f.Fix = []string{c.AtIdP("let it sign ID tokens with RS256", "signing", "keys", "endpoints")}
	return []report.Finding{f}
}

func checkAcceptedAlgs(c *check.Case) []report.Finding {
	accepted, certain := acceptedAlgs(c)
	items, _ := texts(c, idTokenAlgs)
	if len(items) == 0 || overlap(accepted, items) != "" {
		return nil
	}
	f := finding(c, idTokenAlgs, strings.Join(items, " "), strings.Join(accepted, " "), "%s takes ID tokens signed with %s, but %s lists %s", spName(c), words(accepted), idTokenAlgs, words(items))
	f.Fix = []string{c.AtIdP("let it sign ID tokens with "+accepted[0], "signing", "keys", "endpoints")}
	if c.Config.OIDC.IDTokenAlg != "" {
		f.Related, f.Where = []report.Location{f.Where}, c.Config.Pos("oidc/id_token_alg")
		f.Got, f.Want = accepted[0], strings.Join(items, " ")
		fix, edits := enter(c, "id_token_alg", items[0])
		f.Fix, f.Edits = append(fix, f.Fix...), edits
	}
	if !certain {
		f.Severity, f.Message = report.Warning, "likely: "+f.Message
	}
	return []report.Finding{f}
}

func checkS256(c *check.Case) []report.Finding {
	n := c.Discovery.Member(pkceMethods)
	items, fault := texts(c, pkceMethods)
	if fault != nil || n != nil && (len(items) == 0 || slices.Contains(items, "S256") || slices.Equal(slices.Compact(items), []string{"plain"})) {
		return nil // its type, an empty list and plain alone are told by other rules
	}
	if n != nil {
		return []report.Finding{finding(c, pkceMethods, strings.Join(items, " "), "S256", `%s lists %s and not "S256"`, pkceMethods, words(items))}
	}
	f := finding(c, pkceMethods, "", "S256", "%s is missing from the discovery document: whether the IdP takes PKCE cannot be told from it%s", pkceMethods, misspelt(c, pkceMethods))
	f.Severity = report.Info
	if c.Config != nil && (c.IdP.OIDC == nil || !slices.Contains(c.IdP.OIDC.PKCE.V, "S256")) {
		if sends, known := c.Config.PKCE(); known && sends {
			f.Severity = report.Warning
		}
	}
	return []report.Finding{f}
}
