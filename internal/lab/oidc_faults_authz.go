package lab

import (
	"net/http"
	"net/url"
	"strings"
)

// state is a fault in how the client is registered.
func state(s clientState) func(*behaviour) { return func(b *behaviour) { b.authz.state = s } }

// registered is a fault in which redirect URI is registered.
func registered(uri string) func(*behaviour) { return func(b *behaviour) { b.authz.registered = uri } }

// sent is a fault in which redirect URI the SP has, and the lab has it alike.
func sent(uri string) func(*behaviour) { return func(b *behaviour) { b.redirectURI = uri } }

// params is a fault in the parameters of an authorization answer.
func params(change func(url.Values)) func(*behaviour) {
	return func(b *behaviour) { b.authz.params = change }
}

// authzClientFaults are those of the client's registration.
func authzClientFaults() []Fault {
	return []Fault{
		{Name: "AUTHZ021", Title: "scope email is listed and refused to this client", set: func(b *behaviour) { b.authz.refusedScopes = []string{"email"} }},
		{Name: "AUTHZ021-unknown", Title: "the connection asks for a scope that the server does not know", Connection: asked("scopes", []string{"openid", "email", "profile", "roles"})},
		{Name: "AUTHZ031", Title: "the client_id is misspelt", Connection: asked("client_id", "lab-ap")},
		{Name: "AUTHZ032", Title: "the client is disabled", set: state(clientDisabled)},
		{Name: "AUTHZ033", Title: "the tenant is switched off while its documents are still served", set: func(b *behaviour) { b.authz.tenantOff = true }},
		{Name: "AUTHZ034", Title: "the authorization code flow is switched off for the client", set: state(clientNoCode)},
		{Name: "AUTHZ034-bearer", Title: "the client is bearer-only", set: state(clientBearer)},
		{Name: "AUTHZ034-saml", Title: "the client is registered for SAML", set: state(clientForeign)},
		{Name: "CFG012", Title: "PKCE is required and the SP sends none", set: func(b *behaviour) { b.authz.demand = demandPKCE }, Connection: asked("pkce", false)},
	}
}

// authzRedirectFaults are those of the redirect URI.
func authzRedirectFaults() []Fault {
	both := func(uri string) func(*Conn) {
		return func(c *Conn) { c.IdP.Set("settings", Fields{{"redirect_uris", []string{uri}}}) }
	}
	near := "https://app.lab.example/callback/"
	return []Fault{
		{Name: "AUTHZ001", Title: "another redirect URI is registered", set: registered("https://staging.lab.example/oidc/return")},
		{Name: "AUTHZ001-slash", Title: "the registered redirect URI ends in a slash", set: registered(near)},
		{Name: "AUTHZ002", Title: "the connection file knows that the registered redirect URI ends in a slash", set: registered(near), Connection: both(near)},
		{Name: "AUTHZ002-case", Title: "the registered redirect URI has a capital in its path", set: registered("https://app.lab.example/Callback"), Connection: both("https://app.lab.example/Callback")},
		{Name: "AUTHZ003", Title: "the redirect URI has a fragment", set: sent("https://app.lab.example/callback#top"),
			Connection: func(c *Conn) { c.SP.Drop("callback_url") }}, // the profile's own pattern has no fragment
		{Name: "AUTHZ003-wildcard", Title: "the redirect URI is a wildcard", set: sent("https://app.lab.example/*")},
		{Name: "AUTHZ004", Title: "the redirect URI is plain http", set: sent("http://app.lab.example/callback")},
		{Name: "AUTHZ005", Title: "the query of the redirect URI is lost", set: func(b *behaviour) {
			b.redirectURI, b.authz.dropQuery = "https://app.lab.example/callback?tenant=7", true
		}},
		{Name: "AUTHZ029", Title: "unregistered redirect URIs are followed", Deep: true, set: func(b *behaviour) { b.authz.openRedirect = true }},
	}
}

// authzAnswerFaults are those of what comes back to the SP.
func authzAnswerFaults() []Fault {
	return []Fault{
		{Name: "AUTHZ010", Title: "the answer is in the fragment", set: func(b *behaviour) { b.authz.fragment = true }},
		{Name: "AUTHZ011", Title: "state does not come back", set: params(func(q url.Values) { q.Del("state") })},
		{Name: "AUTHZ011-changed", Title: "state comes back changed", set: params(func(q url.Values) { q.Set("state", strings.ToUpper(q.Get("state"))+"0") })},
		{Name: "AUTHZ013", Title: "iss in the answer is another issuer", set: func(b *behaviour) {
			b.authz.iss = func(s string) string { return strings.TrimSuffix(s, "/lab") + "/other" }
		}},
		{Name: "AUTHZ014", Title: "iss is announced and not sent", set: func(b *behaviour) { b.authz.iss = func(string) string { return "" } }},
		{Name: "AUTHZ015", Title: "the authorization code is eight digits long", Login: true, set: func(b *behaviour) { b.authz.shortCode = true }},
		{Name: "AUTHZ016", Title: "error_description has quotation marks and umlauts", set: params(func(q url.Values) {
			if q.Has("error") {
				q.Set("error_description", `niemand ist angemeldet: "prüfen"`)
			}
		})},
		{Name: "AUTHZ017", Title: "an error answer carries a code", set: params(func(q url.Values) {
			if q.Has("error") {
				q.Set("code", token(32))
			}
		})},
	}
}

// tokFaults are those of the token endpoint that show without a login.
func tokFaults() []Fault {
	client := func(change func(*clientChange)) func(*behaviour) { return func(b *behaviour) { change(&b.client) } }
	refuses := func(code, text string) func(*behaviour) {
		return client(func(c *clientChange) { c.grant = bounce(code, text) })
	}
	return []Fault{
		{Name: "TOK005", Title: "the SP holds another client secret", set: client(func(c *clientChange) { c.otherSecret = true })},
		{Name: "TOK005-expired", Title: "the client secret has expired", set: client(func(c *clientChange) { c.expired = true })},
		{Name: "TOK005-basic", Title: "the client is registered for client_secret_post and the SP sends Basic", set: client(func(c *clientChange) { c.methods = []string{"client_secret_post"} }),
			Connection: asked("token_endpoint_auth_method", "client_secret_basic")},
		{Name: "TOK005-post", Title: "the client is registered for client_secret_basic and the SP sends the secret in the body", set: client(func(c *clientChange) { c.methods = []string{"client_secret_basic"} }),
			Connection: asked("token_endpoint_auth_method", "client_secret_post")},
		{Name: "TOK006", Title: "the server does not form-decode the secret in Basic", set: client(func(c *clientChange) {
			c.rawBasic = true
			c.mangle = func(s string) string { return s[:8] + "+/:%" + s[8:] + "~=" }
		})},
		{Name: "TOK008", Title: "the client is bound to DPoP", set: refuses("invalid_dpop_proof", "DPoP proof is missing")},
		{Name: "TOK008-nonce", Title: "the client is bound to DPoP with a nonce", set: client(func(c *clientChange) {
			c.grant = bounce("use_dpop_nonce", "DPoP proof with a nonce is needed")
			c.grantHeader = http.Header{"Dpop-Nonce": {"lab-nonce"}}
		})},
		{Name: "TOK009", Title: "the authorization code grant is not enabled for the client", set: refuses("unauthorized_client", "authorization_code is not enabled for this client")},
		{Name: "TOK009-unsupported", Title: "the authorization code grant is not offered by the token endpoint", set: refuses("unsupported_grant_type", "grant type is not offered here")},
		{Name: "TOK010", Title: "error_description has characters that are not allowed", set: refuses("invalid_grant", "Code \"unbekannt\"\nungültig")},
	}
}
