package real_test

import (
	"crypto/rand"
	"testing"
)

// opLogins are logins through the pages that oidc-provider has for development: any password will do there.
func opLogins() []loginCase {
	wrong := func(code, entry, decision string) loginWant {
		return loginWant{expectation: expectation{code: code, entry: entry}, decision: decision}
	}
	onlyUserinfo := member("conformIdTokenClaims", true)
	return []loginCase{
		{name: "healthy-orq", sp: "orq", want: loginWant{decision: "allowed", claims: map[string]string{"id_token.email": "ann@acme-corp.example", "userinfo.given_name": "Ann"}}},
		{name: "healthy-archestra", sp: "archestra", want: loginWant{decision: "allowed member", claims: map[string]string{"userinfo.email": "ann@acme-corp.example"}}},
		{name: "healthy-torq", sp: "torq", want: loginWant{decision: "allowed Owner"}},
		{name: "healthy-generic", sp: "generic", want: loginWant{}},
		{name: "groups-scope", sp: "archestra", conn: each(scopes("openid", "email", "profile", "groups"), rules(`{{#includes groups "admins"}}true{{/includes}}:admin`)),
			want: loginWant{decision: "allowed admin", claims: map[string]string{"id_token.groups": "[admins]"}}},
		{name: "claims-only-in-userinfo", sp: "orq", config: onlyUserinfo, want: loginWant{decision: "allowed", claims: map[string]string{"id_token.email": "-", "userinfo.email": "ann@acme-corp.example"}}},
		{name: "lockout-email-claim", sp: "torq", config: onlyUserinfo, args: []string{"--as-admin"},
			want: loginWant{expectation: expectation{code: "CLM013", root: "IDT029", entry: "lockout-email-claim"}, decision: "denied required_claim"}},
		{name: "no-userinfo", sp: "archestra", config: feature("userinfo", map[string]any{"enabled": false}), want: loginWant{
			expectation: expectation{code: "DISC021", verdict: "degraded"}, decision: "allowed member", claims: map[string]string{"id_token.email": "ann@acme-corp.example", "userinfo.email": "-"}}},
		{name: "missing-email-claim", sp: "orq", user: "nil", want: wrong("IDT028", "missing-email-claim", "denied required_claim")},
		{name: "missing-user-info", sp: "archestra", user: "nil", want: wrong("IDT028", "missing-user-info", "denied required_claim")},
		{name: "email-in-another-claim", sp: "orq", user: "pia", want: wrong("IDT030", "missing-email-claim", "denied required_claim")},
		{name: "account-not-linked", sp: "archestra", user: "bob", conn: domains(), want: loginWant{
			expectation: expectation{code: "CLM016", entry: "account-not-linked", verdict: "degraded"}, decision: "allowed member"}},
		{name: "email-domain-not-allowed", sp: "orq", conn: domains("acme.example"), want: wrong("IDT032", "email-domain-not-allowed", "denied domain")},
		{name: "pkce-demanded", sp: "archestra", conn: func(c *connection) { c.OIDC.PKCE = no() }, config: func(c *opConfig) { c.PKCERequired = true }, want: wrong("CFG012", "", "")},
		{name: "signed-by-ec", sp: "archestra", config: clients(map[string]any{"id_token_signed_response_alg": "ES256"}), want: loginWant{decision: "allowed member"}},
		{name: "pushed-request-demanded", sp: "generic", config: all(feature("pushedAuthorizationRequests", map[string]any{"enabled": true}), clients(map[string]any{"require_pushed_authorization_requests": true})),
			want: loginWant{expectation: expectation{code: "DISC054"}}},
		{name: "dpop-demanded", sp: "archestra", config: all(feature("dPoP", map[string]any{"enabled": true}), clients(map[string]any{"dpop_bound_access_tokens": true})), want: wrong("TOK007", "", "")},
		{name: "secret-wrong", sp: "orq", secret: func(s string) string { return s + "x" }, want: wrong("TOK005", "invalid-client-secret", "")},
	}
}

// TestOIDCProviderLogin makes real logins at a real oidc-provider.
func TestOIDCProviderLogin(t *testing.T) {
	oidcSuite.require(t)
	if *wireOnly {
		t.Skip("what ssoctl says is needed")
	}
	o := startOP(t)
	o.addTorq()
	passwords := map[string]string{}
	for _, name := range []string{"ann", "bob", "nil", "pia"} {
		passwords[name] = rand.Text()
	}
	for _, x := range opLogins() {
		t.Run(x.name, func(t *testing.T) {
			if x.config != nil {
				o.with(t, x.config)
			}
			o.runLogin(t, x, passwords)
		})
	}
}

// addTorq makes a connection of Torq, as which the client of the generic one is used.
func (o *op) addTorq() {
	c := o.base["generic"].copy()
	c.Name, c.SP = "torq-real", map[string]string{"profile": "torq", "region": "us"}
	c.OIDC.ClientID = "torq"
	rules("email=ann@acme-corp.example:Owner")(&c)
	o.base["torq"] = c
}
