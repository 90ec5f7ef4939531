package lab

import (
	"net/http"
	"net/url"
	"strings"
)

// refusal is an answer that says no.
type refusal struct {
	status     int
	code, text string // error and error_description
	page       bool   // shown to the user instead of being sent to the SP: RFC 6749 section 4.1.2.1
	challenge  bool   // with WWW-Authenticate: Basic
}

// onPage is a refusal that must not be redirected.
func onPage(status int, code, text string) *refusal {
	return &refusal{status: status, code: code, text: text, page: true}
}

// bounce is a refusal that goes back to the SP.
func bounce(code, text string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, text: text}
}

// unauthenticated is the answer of RFC 6749 section 5.2 to a client that was not recognised.
func unauthenticated(text string) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: "invalid_client", text: text, challenge: true}
}

// deny writes a refusal as JSON, for back channels.
func (l *Lab) deny(w http.ResponseWriter, f *refusal) {
	noStore(w)
	if f.challenge {
		w.Header().Set("WWW-Authenticate", `Basic realm="lab"`)
	}
	writeJSON(w, f.status, members{"error": f.code, "error_description": f.text})
}

// page writes a refusal for a person, or as JSON when that is what the client prefers.
func (l *Lab) page(w http.ResponseWriter, r *http.Request, f refusal) {
	noStore(w)
	w.Header().Add("Vary", "Accept")
	if prefersJSON(r.Header.Values("Accept")) {
		writeJSON(w, f.status, members{"error": f.code, "error_description": f.text})
		return
	}
	l.render(w, f.status, "message.html", pageData{Title: "This did not work", Text: f.text, Code: f.code})
}

// prefersJSON says whether application/json comes before text/html in Accept.
func prefersJSON(accept []string) bool {
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "application/json":
			return true
		case "text/html":
			return false
		}
	}
	return false
}

// back sends params to the redirect URI of req, with state and iss (RFC 9207 section 2).
func (l *Lab) back(w http.ResponseWriter, r *http.Request, req authRequest, params url.Values) {
	if req.state != "" {
		params.Set("state", req.state)
	}
	iss := l.site.self()
	if l.b.authz.iss != nil {
		iss = l.b.authz.iss(iss)
	}
	if iss != "" {
		params.Set("iss", iss)
	}
	if l.b.authz.params != nil {
		l.b.authz.params(params)
	}
	noStore(w)
	if req.responseMode == "form_post" || l.b.login.posted && params.Has("code") {
		l.render(w, http.StatusOK, "form_post.html", pageData{Title: "Back to the application", Action: req.redirectURI, Fields: params})
		return
	}
	u, err := url.Parse(req.redirectURI)
	if err != nil { // it equals a registered one, so this is a fault's doing
		l.page(w, r, *onPage(http.StatusBadRequest, "invalid_request", "redirect_uri does not parse"))
		return
	}
	q := u.Query()
	if l.b.authz.dropQuery {
		q = url.Values{}
	}
	for name := range params {
		q.Set(name, params.Get(name))
	}
	if l.b.authz.fragment || l.inFragment(req) {
		u.RawQuery, u.Fragment, u.RawFragment = "", "", ""
		w.Header().Set("Location", u.String()+"#"+params.Encode())
	} else {
		u.RawQuery = q.Encode()
		w.Header().Set("Location", u.String())
	}
	w.WriteHeader(http.StatusSeeOther) // RFC 9700 section 4.12: a form's POST must not be repeated at the SP
}

// backWith sends a refusal to the SP.
func (l *Lab) backWith(w http.ResponseWriter, r *http.Request, req authRequest, f *refusal) {
	params := url.Values{"error": {f.code}}
	if f.text != "" {
		params.Set("error_description", f.text)
	}
	l.back(w, r, req, params)
}
