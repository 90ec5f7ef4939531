package lab

import (
	"net/http"
	"strconv"
)

// saneCache is the Cache-Control of published documents: an hour, less than the overlap of a key rotation.
const saneCache = "public, max-age=3600"

// scopes are what a healthy lab knows.
func scopes() []string { return []string{"openid", "email", "profile", "groups", "offline_access"} }

// describe is the discovery document of a healthy lab: all REQUIRED and RECOMMENDED members of OIDC Discovery 1.0
// section 3, what RFC 8414, 8628, 9126, 9207 and RP-Initiated Logout add, and every default that differs from what
// the lab does.
func (l *Lab) describe() members {
	s := l.site
	auth := list(l.authMethods()...)
	m := members{
		"issuer":                                         s.self(),
		"authorization_endpoint":                         s.url(pageAuthorize),
		"token_endpoint":                                 s.url(pageToken),
		"userinfo_endpoint":                              s.url(pageUserinfo),
		"jwks_uri":                                       s.url(pageKeys),
		"registration_endpoint":                          s.url(pageRegister),
		"revocation_endpoint":                            s.url(pageRevoke),
		"end_session_endpoint":                           s.url(pageEndSession),
		"device_authorization_endpoint":                  s.url(pageDevice),
		"pushed_authorization_request_endpoint":          s.url(pagePAR),
		"require_pushed_authorization_requests":          false,
		"scopes_supported":                               list(scopes()...),
		"response_types_supported":                       list(l.responseTypes()...),
		"response_modes_supported":                       list(l.responseModes()...),
		"grant_types_supported":                          list("authorization_code", "refresh_token", grantDevice),
		"acr_values_supported":                           list(acrPassword),
		"subject_types_supported":                        list("public"),
		"id_token_signing_alg_values_supported":          list("RS256", "ES256"),
		"token_endpoint_auth_methods_supported":          auth,
		"revocation_endpoint_auth_methods_supported":     auth,
		"code_challenge_methods_supported":               list("S256"),
		"display_values_supported":                       list("page"),
		"claim_types_supported":                          list("normal"),
		"claims_supported":                               list("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "email", "email_verified", "name", "given_name", "family_name", "preferred_username", "updated_at", "groups"),
		"ui_locales_supported":                           list("en"),
		"claims_parameter_supported":                     false,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false, // the default of OIDC Discovery is true
		"require_request_uri_registration":               false,
		"frontchannel_logout_supported":                  false,
		"backchannel_logout_supported":                   false,
		"authorization_response_iss_parameter_supported": true,
	}
	if l.opts.Implicit {
		m["grant_types_supported"] = list("authorization_code", "implicit", "refresh_token", grantDevice)
		m["claims_supported"] = append(m["claims_supported"].([]any), "c_hash")
	}
	if l.opts.KeyJWT {
		m["token_endpoint_auth_signing_alg_values_supported"] = list("RS256")
		m["revocation_endpoint_auth_signing_alg_values_supported"] = list("RS256")
	}
	return m
}

// list is a JSON array of strings.
func list(s ...string) []any {
	out := make([]any, len(s))
	for i, v := range s {
		out[i] = v
	}
	return out
}

func (l *Lab) discovery(w http.ResponseWriter, r *http.Request) {
	m := l.describe()
	l.publish(w, r, "discovery", m, l.b.discovery)
}

// serverMetadata serves the same document at the RFC 8414 place.
func (l *Lab) serverMetadata(w http.ResponseWriter, r *http.Request) {
	m := l.describe()
	if l.b.discovery.change != nil {
		l.b.discovery.change(m, l.site)
	}
	if l.b.metadata != nil {
		l.b.metadata(m, l.site)
	}
	l.publish(w, r, "metadata", m, document{})
}

// publish sends a document with its headers and the fault's changes.
func (l *Lab) publish(w http.ResponseWriter, r *http.Request, name string, m members, d document) {
	if !l.allow(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	if d.change != nil {
		d.change(m, l.site)
	}
	if d.nth != nil {
		d.nth(m, l.site, l.fetched.next(name))
	}
	h := w.Header()
	h.Set("Cache-Control", saneCache)
	if d.cache != "" {
		h.Set("Cache-Control", d.cache)
	}
	if !d.noCORS {
		h.Set("Access-Control-Allow-Origin", "*")
	}
	h.Set("Content-Type", "application/json")
	body := encode(m)
	if d.answer != nil {
		d.answer(l, w, r, body)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// jwks publishes the keys.
func (l *Lab) jwks(w http.ResponseWriter, r *http.Request) {
	l.publish(w, r, "jwks", l.keys.published(), l.b.jwks)
}

// register refuses: dynamic registration (RFC 7591 section 3) is protected by an initial access token that nobody has.
func (l *Lab) register(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodPost) {
		return
	}
	noStore(w)
	w.Header().Set("WWW-Authenticate", `Bearer realm="lab", error="invalid_token"`)
	writeJSON(w, http.StatusUnauthorized, members{"error": "invalid_token", "error_description": "an initial access token is needed"})
}
