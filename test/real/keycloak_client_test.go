package real_test

import (
	"slices"
	"testing"
)

// client makes an injection that edits one client.
func client(id string, edit func(rep)) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) { k.editClient(t, id, edit) }
}

// set makes an edit that gives one member a value.
func set(name string, value any) func(rep) { return func(r rep) { r[name] = value } }

// attribute makes an edit of the attributes of a client or realm.
func attribute(name, value string) func(rep) {
	return func(r rep) {
		if r["attributes"] == nil {
			r["attributes"] = rep{}
		}
		r["attributes"].(rep)[name] = value
	}
}

// redirects makes an edit that registers exactly these redirect URIs.
func redirects(uris ...string) func(rep) {
	return set("redirectUris", append([]string{}, uris...)) // null would leave them as they are
}

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

const badRedirect = `^400  \{"error":"Invalid parameter: redirect_uri"`

// redirectFaults: what is registered at the client is not what the SP sends.
func redirectFaults() []fault {
	mismatch := expectation{code: "AUTHZ001", entry: "redirect-uri-mismatch"}
	shows := seen{at: authorize, want: badRedirect}
	return []fault{
		{name: "redirect-other", kept: true, sp: "orq", inject: client("orq", redirects("https://my.orq.ai/callback")), seen: shows, want: mismatch},
		{name: "redirect-none", sp: "orq", inject: client("orq", redirects()), seen: shows, want: mismatch},
		{name: "redirect-slash", sp: "orq", inject: client("orq", redirects(callback["orq"]+"/")), seen: shows, want: mismatch},
		{name: "redirect-http", sp: "orq", inject: client("orq", redirects("http"+callback["orq"][5:])), seen: shows, want: mismatch},
		{name: "redirect-host-case", sp: "orq", inject: client("orq", redirects("https://My.Orq.ai"+callback["orq"][17:])), seen: shows, want: mismatch},
		{
			name: "redirect-port", sp: "generic", inject: client("app", redirects("https://app.acme-corp.example:443/callback")),
			seen: shows, want: expectation{code: "AUTHZ001"},
		},
		{
			name: "redirect-path-case", sp: "archestra",
			inject: client("archestra", redirects("https://archestra.acme-corp.example/api/auth/sso/callback/keycloak")),
			seen:   shows, want: expectation{code: "AUTHZ001", entry: "callback-url-case"},
		},
		{
			name: "redirect-path-case-in-file", sp: "archestra", seen: shows,
			conn: func(c *connection) {
				c.OIDC.RedirectURI = "https://archestra.acme-corp.example/api/auth/sso/callback/keycloak"
			},
			want: expectation{code: "CFG004", entry: "callback-url-case"},
		},
		{
			name: "redirect-provider-id", sp: "archestra", seen: shows,
			conn: func(c *connection) { c.SP["provider_id"] = "KeyCloak" },
			want: expectation{code: "AUTHZ001", entry: "callback-url-case"},
		},
	}
}

// clientFaults: the client is not there, not awake, or of another kind.
func clientFaults() []fault {
	named := func(id string) func(*connection) { return func(c *connection) { c.OIDC.ClientID = id } }
	return []fault{
		{
			name: "client-misspelt", kept: true, sp: "orq", conn: named("orq-ai"),
			seen: seen{at: authorize, want: "Client not found."}, want: expectation{code: "AUTHZ031"},
		},
		{
			name: "client-case", sp: "archestra", conn: named("Archestra"),
			seen: seen{at: authorize, want: "Client not found."}, want: expectation{code: "AUTHZ031"},
		},
		{
			name: "client-disabled", kept: true, sp: "orq", inject: client("orq", set("enabled", false)),
			seen: seen{at: authorize, want: "Client disabled."}, want: expectation{code: "AUTHZ032"},
		},
		{
			name: "client-disabled-in-german", sp: "orq", inject: func(t *testing.T, k *keycloak) {
				k.editRealm(t, set("internationalizationEnabled", true)) // the realm's default locale is German
				k.editClient(t, "orq", set("enabled", false))
			},
			want: expectation{code: "AUTHZ032"},
		},
		{
			name: "realm-disabled", kept: true, sp: "generic", inject: func(t *testing.T, k *keycloak) { k.editRealm(t, set("enabled", false)) },
			seen: seen{at: authorize, want: "Realm not enabled"}, want: expectation{code: "AUTHZ033"},
		},
		{
			name: "client-bearer-only", sp: "orq", inject: client("orq", set("bearerOnly", true)),
			seen: seen{at: authorize, want: "Bearer-only"}, want: expectation{code: "AUTHZ034"},
		},
		{
			name: "client-is-saml", sp: "orq", conn: named("urn:orq.ai:acme-corp"),
			seen: seen{at: authorize, want: "Wrong client protocol."}, want: expectation{code: "AUTHZ034"},
		},
		{
			name: "client-standard-flow-off", kept: true, sp: "archestra", inject: client("archestra", set("standardFlowEnabled", false)),
			seen: seen{at: authorize, want: "error=unauthorized_client"}, want: expectation{code: "AUTHZ034"},
		},
	}
}

// secretFaults: the token endpoint does not take what the SP sends.
func secretFaults() []fault {
	refused := seen{at: token, want: `^401  \{"error":"unauthorized_client"`}
	secret := func(more string) func(string) string { return func(s string) string { return s + more } }
	orq := expectation{code: "TOK005", entry: "invalid-client-secret"}
	spaced := orq
	spaced.says = "white space"
	return []fault{
		{name: "secret-wrong", kept: true, sp: "orq", secret: func(string) string { return "another-one" }, seen: refused, want: orq},
		{name: "secret-newline", sp: "orq", secret: secret("\n"), seen: refused, want: spaced},
		{name: "secret-space", sp: "orq", secret: secret(" "), seen: refused, want: spaced},
		{
			name: "secret-regenerated", sp: "archestra", inject: client("archestra", set("secret", "made-anew-at-the-server")),
			seen: refused, want: expectation{code: "TOK005"},
		},
		{
			name: "secret-unset", sp: "generic", conn: func(c *connection) { c.OIDC.ClientSecret = "env:ACME_SECRET_NOT_SET" },
			want: expectation{code: "CFG023"},
		},
		{
			name: "method-none", sp: "generic", conn: func(c *connection) { c.OIDC.Method = "none" },
			want: expectation{code: "TOK005", says: "without a secret"},
		},
		{
			name: "method-secret-jwt", kept: true, sp: "orq", inject: client("orq", set("clientAuthenticatorType", "client-secret-jwt")),
			seen: seen{at: token, want: "client_assertion_type"}, want: expectation{code: "TOK005"},
		},
		{
			name: "method-x509", sp: "generic", inject: client("app", func(r rep) {
				r["clientAuthenticatorType"] = "client-x509"
				attribute("x509.subjectdn", "CN=app")(r)
			}),
			seen: seen{at: token, want: "invalid_client"}, want: expectation{code: "TOK005"},
		},
		{
			name: "dpop-bound", kept: true, sp: "archestra", inject: client("archestra", attribute("dpop.bound.access.tokens", "true")),
			seen: seen{at: token, want: "DPoP proof is missing"}, want: expectation{code: "TOK008", entry: "invalid-dpop-proof"},
		},
		{
			name: "dpop-bound-orq", sp: "orq", inject: client("orq", attribute("dpop.bound.access.tokens", "true")),
			seen: seen{at: token, want: "DPoP proof is missing"}, want: expectation{code: "TOK008"},
		},
	}
}

// requestFaults: the realm demands something of the request that the SP does not do.
func requestFaults() []fault {
	asks := func(scope string) func(*connection) {
		return func(c *connection) { c.OIDC.Scopes = append(slices.Clone(c.OIDC.Scopes), scope) }
	}
	takes := func(id, scope string) func(*testing.T, *keycloak) {
		return func(t *testing.T, k *keycloak) { k.takeScope(t, id, scope) }
	}
	without := func(c *connection) { c.OIDC.PKCE = no() }
	return []fault{
		{
			name: "pkce-required", kept: true, sp: "orq", conn: without, inject: client("orq", attribute("pkce.code.challenge.method", "S256")),
			seen: seen{at: authorize, want: "Missing parameter: code_challenge_method"}, want: expectation{code: "CFG012"},
		},
		{
			name: "pkce-plain-only", sp: "archestra", inject: client("archestra", attribute("pkce.code.challenge.method", "plain")),
			conn: func(c *connection) { c.OIDC.PKCE = yes() },
			seen: seen{at: authPKCE, want: "code challenge method is not matching"}, want: expectation{code: "CFG012"},
		},
		{
			name: "par-required", kept: true, sp: "orq", inject: client("orq", attribute("require.pushed.authorization.requests", "true")),
			seen: seen{at: authorize, want: "Pushed Authorization Request is only allowed."}, want: expectation{code: "DISC054"},
		},
		{
			name: "scope-email-gone", sp: "orq", inject: takes("orq", "email"),
			seen: seen{at: authorize, want: "Invalid scopes: openid email profile"}, want: expectation{code: "AUTHZ021"},
		},
		{
			name: "scope-profile-gone", sp: "archestra", inject: takes("archestra", "profile"),
			seen: seen{at: authorize, want: "Invalid scopes: openid email profile"}, want: expectation{code: "AUTHZ021"},
		},
		{
			name: "scope-groups-unassigned", kept: true, sp: "archestra", conn: asks("groups"),
			seen: seen{at: authorize, want: "Invalid scopes: openid email profile groups"}, want: expectation{code: "AUTHZ021", says: "groups"},
		},
	}
}
