package real_test

import (
	"strings"
	"testing"
)

// issuer makes a change of the configured issuer.
func issuer(change func(string) string) func(*connection) {
	return func(c *connection) { c.OIDC.Issuer = change(c.OIDC.Issuer) }
}

// swap makes such a change that replaces a part.
func swap(old, new string) func(*connection) {
	return issuer(func(s string) string { return strings.Replace(s, old, new, 1) })
}

// frontend makes an injection that gives the realm another public address.
func frontend(address func(*front) string) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) { k.editRealm(t, attribute("frontendUrl", address(k.front))) }
}

// issuerFaults: what is configured as issuer is not what the realm says of itself.
func issuerFaults() []fault {
	return []fault{
		{name: "issuer-slash", sp: "orq", conn: issuer(func(s string) string { return s + "/" }), want: expectation{code: "DISC008"}},
		{name: "issuer-realm-case", sp: "orq", conn: swap("/realms/main", "/realms/Main"), want: expectation{code: "DISC015"}},
		{name: "issuer-legacy-path", sp: "archestra", conn: swap("/realms/main", "/auth/realms/main"), want: expectation{code: "DISC015"}},
		{name: "issuer-other-realm", sp: "generic", conn: swap("/realms/main", "/realms/prod"), want: expectation{code: "DISC003"}},
		{
			name: "issuer-http", sp: "orq", conn: swap("https://", "http://"),
			want: expectation{code: "DISC002", entry: "http-issuer-rejected"},
		},
		{
			name: "issuer-is-discovery-url", sp: "generic",
			conn: issuer(func(s string) string { return s + "/.well-known/openid-configuration" }),
			want: expectation{code: "DISC018"},
		},
		{name: "issuer-white-space", sp: "orq", conn: issuer(func(s string) string { return s + " " }), want: expectation{code: "DISC018"}},
		{name: "issuer-host-case", sp: "generic", conn: swap("login.acme-corp", "Login.acme-corp"), want: expectation{code: "DISC009"}},
		{
			name: "issuer-other-host", kept: true, sp: "archestra", inject: frontend(func(f *front) string { return "https://" + f.also + ":" + f.port }),
			seen: seen{at: discovery, want: `"issuer":"https://sso.acme-corp.example:`}, want: expectation{code: "DISC007"},
		},
		{
			name: "issuer-behind-proxy-http", sp: "orq", inject: frontend(func(f *front) string { return "http://" + f.host + ":" + f.port }),
			seen: seen{at: discovery, want: `"issuer":"http://login.acme-corp.example:`}, want: expectation{code: "DISC010"},
		},
		{
			name: "issuer-without-port", sp: "generic", inject: frontend(func(f *front) string { return "https://" + f.host }),
			seen: seen{at: discovery, want: `"issuer":"https://login.acme-corp.example/`}, want: expectation{code: "DISC011"},
		},
	}
}

// keyFaults: the realm's keys and algorithms, and what the connection wants of them.
func keyFaults() []fault {
	return []fault{
		{
			name: "keys-rsa-1024", sp: "generic", inject: func(t *testing.T, k *keycloak) {
				k.addKeys(t, "rsa-generated", map[string]string{"keySize": "1024"})
			},
			seen: seen{at: jwks, want: `"n":"[\w-]{171}"`}, want: expectation{code: "JWKS010"},
		},
		{
			name: "keys-none-for-signing", kept: true, sp: "orq", inject: func(t *testing.T, k *keycloak) {
				k.disableKeys(t, "rsa-generated")
			},
			seen: seen{at: jwks, want: `"use":"enc"`, never: `"use":"sig"`}, want: expectation{code: "JWKS007"},
		},
		{
			name: "alg-not-offered", sp: "generic", conn: func(c *connection) { c.OIDC.IDTokenAlg = "ES256K" },
			seen: seen{at: discovery, want: "id_token_signing_alg_values_supported"}, want: expectation{code: "DISC035"},
		},
		{
			name: "method-not-offered", sp: "generic", conn: func(c *connection) { c.OIDC.Method = "self_signed_tls_client_auth" },
			seen: seen{at: discovery, want: "token_endpoint_auth_methods_supported"}, want: expectation{code: "DISC042"},
		},
	}
}
