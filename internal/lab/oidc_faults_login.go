package lab

import "net/http"

// endFaults are those of how a login ends, once the user name and password were taken.
func endFaults() []Fault {
	ends := func(code, text string) func(*behaviour) {
		return func(b *behaviour) {
			b.login.instead = func(l *Lab, w http.ResponseWriter, r *http.Request, req authRequest) bool {
				l.backWith(w, r, req, bounce(code, text))
				return true
			}
		}
	}
	asks := func(page string) func(*behaviour) {
		return func(b *behaviour) {
			b.login.instead = func(l *Lab, w http.ResponseWriter, _ *http.Request, _ authRequest) bool {
				l.render(w, http.StatusOK, page, pageData{Title: map[string]string{"otp.html": "One more step", "consent.html": "Grant access"}[page], Action: l.site.path + pageLogin})
				return true
			}
		}
	}
	return []Fault{
		{Name: "AUTHZ008", Title: "the answer is posted although nobody asked for that", set: func(b *behaviour) { b.login.posted = true }},
		{Name: "AUTHZ018", Title: "the login ends in server_error", set: ends("server_error", "the session could not be made")},
		{Name: "AUTHZ018-page", Title: "the login ends on an error page", set: func(b *behaviour) {
			b.login.instead = func(l *Lab, w http.ResponseWriter, r *http.Request, _ authRequest) bool {
				l.page(w, r, *onPage(http.StatusForbidden, "account_locked", "this account is locked"))
				return true
			}
		}},
		{Name: "AUTHZ019", Title: "the user is not assigned to the application", set: ends("access_denied", "user is not assigned to this application")},
		{Name: "AUTHZ020", Title: "nobody has consented", set: ends("consent_required", "an administrator has to consent")},
		{Name: "AUTHZ020-interaction", Title: "the IdP wants something of the user", set: ends("interaction_required", "the user has to do something first")},
		{Name: "AUTHZ020-otp", Title: "a one-time code is asked for after the password", set: asks("otp.html")},
		{Name: "AUTHZ020-consent", Title: "the user is asked for consent", set: asks("consent.html")},
	}
}

// grantFaults are those of the token endpoint's answer to a code.
func grantFaults() []Fault {
	says := func(change func(members)) func(*behaviour) { return func(b *behaviour) { b.login.response = change } }
	without := func(name string) func(*behaviour) { return says(func(m members) { delete(m, name) }) }
	offline := asked("scopes", []string{"openid", "email", "profile", "offline_access"})
	return []Fault{
		{Name: "TOK001", Title: "the tokens come as a page", set: func(b *behaviour) { b.login.answer = htmlPage(http.StatusOK, "Welcome", "Here are your tokens.") }},
		{Name: "TOK001-type", Title: "the tokens come as text/plain", set: func(b *behaviour) { b.login.answer = retyped("text/plain") }},
		{Name: "TOK001-status", Title: "the tokens come with 201", set: func(b *behaviour) {
			b.login.answer = func(_ *Lab, w http.ResponseWriter, _ *http.Request, body []byte) {
				w.WriteHeader(http.StatusCreated)
				w.Write(body)
			}
		}},
		{Name: "TOK002", Title: "no ID token comes", set: without("id_token")},
		{Name: "TOK002-type", Title: "token_type is missing", set: without("token_type")},
		{Name: "TOK002-dpop", Title: "token_type is mac", set: says(func(m members) { m["token_type"] = "mac" })},
		{Name: "TOK003", Title: "the answer with tokens may be stored", set: func(b *behaviour) {
			b.login.answer = func(_ *Lab, w http.ResponseWriter, _ *http.Request, body []byte) {
				w.Header().Del("Pragma")
				w.Header().Set("Cache-Control", "private, max-age=60")
				w.Write(body)
			}
		}},
		{Name: "TOK004", Title: "expires_in is a text", set: says(func(m members) { m["expires_in"] = "300" })},
		{Name: "TOK004-negative", Title: "expires_in is below zero", set: says(func(m members) { m["expires_in"] = -1 })},
		{Name: "TOK007", Title: "the code is refused", set: func(b *behaviour) { b.login.exchange = bounce("invalid_grant", "code is unknown, used or expired") }},
		{Name: "TOK007-pkce", Title: "the verifier is refused", set: func(b *behaviour) {
			b.login.exchange = bounce("invalid_grant", "code_verifier does not match the code_challenge")
		}},
		{Name: "TOK011", Title: "the access token has an umlaut", set: func(b *behaviour) { b.login.access = func(t string) string { return t + "ü" } }},
		{Name: "TOK012", Title: "offline_access is granted and no refresh token comes", set: without("refresh_token"), Connection: offline},
		{Name: "TOK013", Title: "the refreshed ID token is about another user", set: func(b *behaviour) {
			b.login.refreshed = func(m members) { m["sub"] = "2002" }
		}, Connection: offline},
		{Name: "TOK013-time", Title: "the refreshed ID token has a new auth_time", set: func(b *behaviour) {
			b.login.refreshed = func(m members) { m["auth_time"] = m["auth_time"].(int64) - 120 }
		}, Connection: offline},
	}
}

// devFaults are those of the device flow.
func devFaults() []Fault {
	lacks := func(name string) func(*behaviour) {
		return func(b *behaviour) { b.login.device = func(m members) { delete(m, name) } }
	}
	all := []Fault{
		{Name: "DEV001", Title: "the device endpoint names no address for the user", set: lacks("verification_uri")},
		{Name: "DEV001-life", Title: "the device endpoint does not say how long the code is good", set: lacks("expires_in")},
		{Name: "DEV004", Title: "the device flow demands PKCE by a way of its own", set: func(b *behaviour) {
			b.login.started = bounce("invalid_request", "PKCE is required for this client")
		}},
		{Name: "DEV002", Title: "the device is turned down", set: func(b *behaviour) { b.login.poll = bounce("access_denied", "the user said no") }},
		{Name: "DEV002-expired", Title: "the code expires before it is used", set: func(b *behaviour) { b.login.poll = bounce("expired_token", "device code has expired") }},
	}
	for i := range all {
		all[i].Device = true
	}
	return all
}

// lgoFaults are those of the sign-out.
func lgoFaults() []Fault {
	return []Fault{
		{Name: "LGO002", Title: "sign-out with an ID token is refused", SignOut: true, set: func(b *behaviour) {
			b.login.signOut = onPage(http.StatusBadRequest, "invalid_request", "id_token_hint is not taken")
		}},
	}
}
