package lab

import (
	"net/http"
	"net/url"
)

// PostLogoutURI is the one post_logout_redirect_uri that is registered.
const PostLogoutURI = "https://app.lab.example/signed-out"

// endSession is OIDC RP-Initiated Logout 1.0 section 2. The lab asks nobody whether to sign out.
func (l *Lab) endSession(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodGet, http.MethodPost) {
		return
	}
	if l.b.login.signOut != nil {
		l.page(w, r, *l.b.login.signOut)
		return
	}
	uri := r.Form.Get("post_logout_redirect_uri")
	switch {
	case uri != "" && uri != PostLogoutURI:
		l.page(w, r, *onPage(http.StatusBadRequest, "invalid_request", "post_logout_redirect_uri is not registered for this client"))
		return
	case uri != "" && r.Form.Get("id_token_hint") == "" && r.Form.Get("client_id") != l.ClientID:
		l.page(w, r, *onPage(http.StatusBadRequest, "invalid_request", "neither id_token_hint nor client_id says whose post_logout_redirect_uri it is"))
		return
	}
	if c, err := r.Cookie(sessionCookie); err == nil {
		l.store.dropSession(c.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: l.site.path, MaxAge: -1, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode})
	if uri == "" {
		l.render(w, http.StatusOK, "message.html", pageData{Title: "Signed out", Text: "This browser is signed out."})
		return
	}
	if state := r.Form.Get("state"); state != "" {
		uri += "?" + url.Values{"state": {state}}.Encode()
	}
	w.Header().Set("Location", uri)
	w.WriteHeader(http.StatusSeeOther)
}
