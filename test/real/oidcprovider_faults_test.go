package real_test

import (
	"net/http"
	"strings"
	"testing"
)

// opClientFaults: the client and what the SP sends do not fit.
func opClientFaults() []fault {
	wrong := func(string) string { return strings.Repeat("another-one-", 4) }
	refused := seen{at: token, want: `^401  \{"error":"invalid_client"`}
	unregistered := seen{at: authorize, want: "^400 .*invalid_redirect_uri"}
	return []fault{
		{
			name: "client-misspelt", kept: true, sp: "orq", conn: func(c *connection) { c.OIDC.ClientID = "orq-ai" },
			seen: seen{at: authorize, want: "^400 .*client is invalid"}, want: expectation{code: "AUTHZ031"},
		},
		{name: "secret-wrong", kept: true, sp: "orq", secret: wrong, seen: refused, want: expectation{code: "TOK005", entry: "invalid-client-secret"}},
		{
			name: "secret-newline", sp: "generic", secret: func(s string) string { return s + "\n" },
			seen: seen{at: token, want: "^400 .*not properly encoded"}, want: expectation{code: "TOK005", says: "white space"},
		},
		{
			name: "redirect-other", sp: "generic", config: clients(map[string]any{"redirect_uris": []string{"https://app.acme-corp.example/login"}}),
			seen: unregistered, want: expectation{code: "AUTHZ001"},
		},
		{
			name: "redirect-slash", kept: true, sp: "orq", config: clients(map[string]any{"redirect_uris": []string{callback["orq"] + "/"}}),
			seen: unregistered, want: expectation{code: "AUTHZ001", entry: "redirect-uri-mismatch"},
		},
		{
			name: "redirect-path-case", sp: "archestra", seen: unregistered,
			config: clients(map[string]any{"redirect_uris": []string{"https://archestra.acme-corp.example/api/auth/sso/callback/keycloak"}}),
			want:   expectation{code: "AUTHZ001", entry: "callback-url-case"},
		},
		{
			name: "method-secret-jwt", sp: "orq", config: clients(map[string]any{"token_endpoint_auth_method": "client_secret_jwt"}),
			seen: refused, want: expectation{code: "TOK005", entry: "invalid-client-secret"},
		},
		{
			name: "scope-not-for-this-client", sp: "orq", config: clients(map[string]any{"scope": "openid profile"}),
			seen: seen{at: authorize, want: "error=invalid_scope"}, want: expectation{code: "AUTHZ021", says: "email"},
		},
		{
			name: "proxy-drops-the-authorization-header", sp: "generic", want: expectation{code: "NET023", says: "Authorization header"},
			front: func(_ *testing.T, f *front) {
				f.change(func() { f.before = func(_ http.ResponseWriter, r *http.Request) { r.Header.Del("Authorization") } })
			},
			seen: seen{at: token, want: "no client authentication mechanism provided"},
		},
		{
			name: "client-without-code-flow", sp: "generic",
			config: clients(map[string]any{"response_types": []string{"id_token"}, "grant_types": []string{"implicit"}}),
			seen:   seen{at: authorize, want: "requested response_type is not allowed for this client"}, want: expectation{code: "AUTHZ034"},
		},
	}
}

// listed is a fault that stands in the discovery document.
func listed(pattern string) seen { return seen{at: discovery, want: pattern} }

// opDemandFaults: the server demands of every request what the SP does not do.
func opDemandFaults() []fault {
	without := func(c *connection) { c.OIDC.PKCE = no() }
	return []fault{
		{
			name: "pkce-required", sp: "orq", conn: without, config: func(c *opConfig) { c.PKCERequired = true },
			seen: seen{at: authorize, want: "policy requires PKCE"}, want: expectation{code: "CFG012"},
		},
		{
			name: "par-required", kept: true, sp: "orq",
			config: feature("pushedAuthorizationRequests", map[string]any{"enabled": true, "requirePushedAuthorizationRequests": true}),
			seen:   listed(`"require_pushed_authorization_requests":true`), want: expectation{code: "DISC054"},
		},
		{
			name: "request-object-required", sp: "generic",
			config: feature("requestObjects", map[string]any{"enabled": true, "requireSignedRequestObject": true}),
			seen:   listed(`"require_signed_request_object":true`), want: expectation{code: "DISC055"},
		},
	}
}

// opDocumentFaults: the server says of itself what does not fit the address or the SP.
func opDocumentFaults() []fault {
	degraded := func(code string) expectation { return expectation{code: code, verdict: "degraded"} }
	noted := func(code string) expectation { return expectation{code: code, verdict: "healthy"} }
	return []fault{
		{
			name: "proxy-not-trusted", kept: true, sp: "orq", config: func(c *opConfig) { c.Proxy = false },
			seen: listed(`"token_endpoint":"http://op\.acme-corp\.example`),
			want: expectation{code: "DISC019", also: []string{"DISC020", "DISC022", "DISC024"}},
		},
		{
			name: "issuer-other-host", sp: "archestra", config: func(c *opConfig) { c.Issuer = strings.Replace(c.Issuer, "//op.", "//id.", 1) },
			seen: listed(`"issuer":"https://id\.acme-corp\.example:`), want: expectation{code: "DISC007"},
		},
		{
			name: "issuer-slash", sp: "generic", config: func(c *opConfig) { c.Issuer += "/" },
			seen: listed(`"issuer":"https://op\.acme-corp\.example:\d+/"`), want: expectation{code: "DISC008"},
		},
		{
			name: "keys-without-rs256", kept: true, sp: "generic",
			config: all(clients(map[string]any{"id_token_signed_response_alg": "ES256"}),
				func(c *opConfig) { c.Keys = []map[string]any{{"kty": "EC", "crv": "P-256"}} }),
			seen: seen{at: discovery, want: `"id_token_signing_alg_values_supported":\[[^]]*"ES256"`, never: `"id_token_signing_alg_values_supported":\[[^]]*"RS256"`},
			want: expectation{code: "DISC032", also: []string{"DISC035"}},
		},
		{
			name: "methods-without-secret", sp: "orq",
			config: all(member("clientAuthMethods", []string{"client_secret_jwt", "private_key_jwt"}),
				clients(map[string]any{"token_endpoint_auth_method": "client_secret_jwt"})),
			seen: listed(`"token_endpoint_auth_methods_supported":\["client_secret_jwt","private_key_jwt"\]`),
			want: expectation{code: "DISC042"},
		},
		{
			name: "response-type-code-off", sp: "orq",
			config: all(member("responseTypes", []string{"id_token"}),
				clients(map[string]any{"response_types": []string{"id_token"}, "grant_types": []string{"implicit"}})),
			seen: listed(`"response_types_supported":\["id_token"\]`),
			want: expectation{code: "DISC027", also: []string{"DISC029"}},
		},
		{
			name: "scope-email-not-offered", sp: "orq",
			// Without offline_access the provider refuses a client that is registered for refresh tokens.
			config: all(clients(map[string]any{"grant_types": []string{"authorization_code"}}), member("scopes", []string{"openid", "profile"}),
				member("claims", map[string]any{"openid": []string{"sub"}, "profile": []string{"name"}})),
			seen: listed(`"scopes_supported":\["openid","profile"\]`), want: noted("DISC039"),
		},
		{
			name: "userinfo-off", sp: "generic", config: feature("userinfo", map[string]any{"enabled": false}),
			seen: seen{at: discovery, want: `"issuer"`, never: `"userinfo_endpoint"`}, want: degraded("DISC021"),
		},
		{
			name: "subjects-pairwise-only", sp: "generic",
			config: all(member("subjectTypes", []string{"pairwise"}), clients(map[string]any{"subject_type": "pairwise"})),
			seen:   listed(`"subject_types_supported":\["pairwise"\]`), want: degraded("DISC031"),
		},
	}
}
