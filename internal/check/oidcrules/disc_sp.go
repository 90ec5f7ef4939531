package oidcrules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the SP of the connection needs of the document.
var discSP = []check.Rule{
	{
		Code: "DISC028", Title: "the response mode that the SP uses is offered", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Uses:    []evidence.Kind{evidence.Config},
		Why:     "The answer of the IdP would come back in a way that the SP does not read.",
		Fix:     "let the IdP offer the response mode",
		Refs:    []string{refMetadata, "OAuth 2.0 Form Post Response Mode 1.0 §2"},
		Applies: func(c *check.Case) bool { return c.Discovery.Member("response_modes_supported") != nil },
		Check:   checkResponseModes,
	},
	{
		Code: "DISC039", Title: "the scopes that the SP asks for are listed", Severity: report.Info, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Config, evidence.Discovery},
		Why:     "Many servers know more scopes than they list, so only a refusal would prove anything; a misspelt scope shows here first.",
		Fix:     "compare the spelling of the scope with the IdP's list",
		Refs:    []string{refMetadata, "OpenID Connect Core 1.0 §5.4"},
		Decides: func(c *check.Case) string { return unlessList(c, "scopes_supported") },
		Check:   checkScopes,
	},
	{
		Code: "DISC041", Title: "the claims that the SP needs are listed", Severity: report.Info, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Config, evidence.Discovery},
		Why:     "Many servers send more claims than they list; a claim that does not come leaves people without account or role.",
		Fix:     "see with a login whether the claim comes: ssoctl test-login",
		Refs:    []string{refMetadata},
		Decides: func(c *check.Case) string { return unlessList(c, "claims_supported") },
		Check:   checkClaims,
	},
	{
		Code: "DISC042", Title: "the SP's way of client authentication is offered", Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.Config, evidence.Discovery},
		Uses:     []evidence.Kind{evidence.Client},
		Why:      "The token endpoint refuses the SP although its secret is right, and everybody sees an error after signing in.",
		Fix:      "let both sides use the same method",
		Refs:     []string{refMetadata, refOAuth},
		Explains: []string{"TOK005", "TOK006"},
		Applies:  func(c *check.Case) bool { return c.Config.Grant() != "implicit" },
		Decides: func(c *check.Case) string {
			if len(c.Config.AuthMethods()) == 0 {
				return "neither the file nor the profile says how the SP authenticates"
			}
			if c.Discovery.Member(authMethods) != nil {
				return unlessList(c, authMethods)
			}
			return ""
		},
		Check: checkAuthMethods,
	},
	{
		Code: "DISC043", Title: "the algorithms of signed client authentication are listed", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Uses:    []evidence.Kind{evidence.Config},
		Why:     "A client that signs an assertion has to guess the algorithm.",
		Fix:     "publish token_endpoint_auth_signing_alg_values_supported",
		Refs:    []string{refOAuth},
		Decides: func(c *check.Case) string { return unlessList(c, authMethods) },
		Check: func(c *check.Case) []report.Finding {
			const member = "token_endpoint_auth_signing_alg_values_supported"
			items, _ := texts(c, authMethods)
			method := overlap([]string{"private_key_jwt", "client_secret_jwt"}, items)
			if method == "" || c.Discovery.Member(member) != nil {
				return nil
			}
			f := finding(c, member, "", "a list of algorithms", "%s lists %s, but %s is missing%s", authMethods, check.Quote(method), member, misspelt(c, member))
			f.Related = []report.Location{at(c, authMethods)}
			if c.Config == nil || c.Config.OIDC == nil || !strings.HasSuffix(c.Config.OIDC.AuthMethod, "_jwt") {
				f.Severity = report.Info // nobody signs one here
			}
			return []report.Finding{f}
		},
	},
	{
		Code: "DISC059", Title: "the authentication context that the connection demands is offered", Severity: report.Warning, Protocol: config.OIDC,
		Explains: []string{"IDT023"},
		Needs:    []evidence.Kind{evidence.Config, evidence.Discovery},
		Why:      "The IdP cannot sign people in the way that is demanded, or ignores the demand; an SP that checks acr refuses the login.",
		Fix:      "demand a value that the IdP lists",
		Refs:     []string{refMetadata, "OpenID Connect Core 1.0 §5.5.1.1"},
		Applies:  func(c *check.Case) bool { return c.Config.OIDC != nil && len(c.Config.OIDC.ACRValues) > 0 },
		Decides:  func(c *check.Case) string { return unlessList(c, "acr_values_supported") },
		Check: func(c *check.Case) []report.Finding {
			items, _ := texts(c, "acr_values_supported")
			if overlap(c.Config.OIDC.ACRValues, items) != "" {
				return nil // acr_values are in order of preference: one that is known is enough
			}
			return []report.Finding{{
				Message: fmt.Sprintf("acr_values is %s in the config, but acr_values_supported lists %s", words(c.Config.OIDC.ACRValues), words(items)),
				Got:     strings.Join(c.Config.OIDC.ACRValues, " "), Want: strings.Join(items, " "), Where: c.Config.Pos("oidc/acr_values/0"), Related: []report.Location{at(c, "acr_values_supported")},
				Fix: []string{"demand one of " + words(items)},
			}}
		},
	},
}

const authMethods = "token_endpoint_auth_methods_supported"

func checkResponseModes(c *check.Case) []report.Finding {
	const member = "response_modes_supported"
	items, ok := c.Discovery.List(member)
	if !ok || len(items) == 0 {
		return nil // DISC061
	}
	if c.Config == nil {
		if overlap([]string{"query", "form_post"}, items) != "" || publishesOnly(c) || implicitOnly(c) {
			return nil
		}
		return []report.Finding{finding(c, member, strings.Join(items, " "), "query", `%s lists %s and neither "query" nor "form_post"`, member, words(items))}
	}
	mode, why := "query", "the default of the code flow"
	if c.Config.Grant() == "implicit" {
		mode, why = "fragment", "the default of the implicit flow"
	}
	if c.SP.OIDC != nil && c.SP.OIDC.ResponseMode.V != "" {
		mode, why = c.SP.OIDC.ResponseMode.V, "what "+c.SP.Name+" asks for"
		if !c.SP.OIDC.ResponseMode.Certain() {
			why = "likely " + why
		}
	}
	if slices.Contains(items, mode) {
		return nil
	}
	return []report.Finding{finding(c, member, strings.Join(items, " "), mode, "%s lists %s and not %s, %s", member, words(items), check.Quote(mode), why)}
}

func checkScopes(c *check.Case) []report.Finding {
	var out []report.Finding
	listed, _ := texts(c, "scopes_supported")
	for i, scope := range c.Config.Scopes() {
		if scope == "openid" || slices.Contains(listed, scope) {
			continue // openid is told by DISC037
		}
		f := finding(c, "scopes_supported", scope, strings.Join(listed, " "), "%s asks for the scope %s, but scopes_supported lists %s", spName(c), check.Quote(scope), words(listed))
		if len(c.Config.OIDC.Scopes) > 0 && !byURL(c) {
			f.Related, f.Where = []report.Location{f.Where}, c.Config.Pos("oidc/scopes/"+strconv.Itoa(i))
		}
		f.Fix = []string{c.AtIdP("see that the client may ask for the scope "+scope, "scopes"), "when the login works, this says nothing: servers may know more scopes than they list"}
		out = append(out, f)
	}
	return out
}

// needed is one claim that the SP cannot do without, under any of its names.
type needed struct {
	names []string
	what  string
	where string // path in the connection file, "" when the profile says it
}

func neededClaims(c *check.Case) []needed {
	var out []needed
	if c.SP.OIDC != nil {
		for _, claim := range c.SP.OIDC.Claims {
			if claim.Level == "required" && !slices.Contains(claim.Names, "sub") {
				out = append(out, needed{claim.Names, c.SP.Name + " requires", ""})
			}
		}
	}
	for i, name := range c.Config.SPParam("required_claims").Strings() {
		if name != "sub" {
			out = append(out, needed{[]string{name}, "the SP requires", "sp/required_claims/" + strconv.Itoa(i)})
		}
	}
	if c.Config.Roles != nil {
		for i, rule := range c.Config.Roles.Rules {
			if rule.Claim != "" {
				out = append(out, needed{[]string{rule.Claim}, "a role rule reads", fmt.Sprintf("roles/rules/%d/claim", i)})
			}
		}
	}
	return out
}

func checkClaims(c *check.Case) []report.Finding {
	var out []report.Finding
	listed, _ := texts(c, "claims_supported")
	told := map[string]bool{}
	for _, n := range neededClaims(c) {
		if overlap(n.names, listed) != "" || told[n.names[0]] {
			continue
		}
		told[n.names[0]] = true
		f := finding(c, "claims_supported", strings.Join(listed, " "), n.names[0], "%s the claim %s, which claims_supported does not list", n.what, check.Quote(n.names[0]))
		if n.where != "" {
			f.Related, f.Where = []report.Location{f.Where}, c.Config.Pos(n.where)
		}
		f.Fix = []string{c.AtIdP("let the client get the claim "+n.names[0], "claims", "scopes"), "ssoctl test-login shows whether it comes; servers may send more claims than they list"}
		out = append(out, f)
	}
	return out
}

func checkAuthMethods(c *check.Case) []report.Finding {
	methods := c.Config.AuthMethods()
	listed, _ := texts(c, authMethods)
	absent := c.Discovery.Member(authMethods) == nil
	if absent {
		listed = []string{"client_secret_basic"}
	}
	if overlap(methods, listed) != "" || !absent && len(listed) == 0 {
		return nil
	}
	proven := slices.ContainsFunc(methods, func(m string) bool {
		tried := c.Client.Get(m)
		return tried != nil && tried.Means == "accepted"
	})
	f := finding(c, authMethods, strings.Join(methods, " "), strings.Join(listed, " "), "%s authenticates by %s, but %s lists %s", spName(c), words(methods), authMethods, words(listed))
	stated := c.Config.OIDC != nil && c.Config.OIDC.AuthMethod != ""
	switch {
	case proven:
		f.Severity = report.Info
		f.Message += ", although the token endpoint has taken it"
	case absent:
		f.Severity = report.Warning
		f.Message = fmt.Sprintf("%s authenticates by %s, but %s is missing, which stands for %s", spName(c), words(methods), authMethods, words(listed))
	case methods[0] == "none":
		f.Severity = report.Info // servers with public clients seldom list it
	case !stated && !c.SP.OIDC.AuthMethods.Certain():
		f.Severity, f.Message = report.Warning, "likely: "+f.Message
	}
	f.Fix = []string{c.AtIdP("let the client authenticate by "+methods[0], "auth_method", "secret")}
	if stated && !byURL(c) {
		f.Related, f.Where = []report.Location{f.Where}, c.Config.Pos("oidc/token_endpoint_auth_method")
		for _, m := range listed {
			if m == "client_secret_basic" || m == "client_secret_post" {
				step, edits := c.InFile("oidc/token_endpoint_auth_method", m)
				f.Fix, f.Edits = append(append(f.Fix, c.IfAtSP("or choose "+m, "token_endpoint_auth_method")...), step), edits
				break
			}
		}
	}
	return []report.Finding{f}
}
