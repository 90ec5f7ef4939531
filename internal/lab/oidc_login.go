package lab

import (
	"io"
	"net/http"
	"net/url"
	"time"
)

// pageData is what the pages show.
type pageData struct {
	Title, Text, Code, Action, Transaction, Username, UserCode, Nonce string
	Fields                                                            url.Values
}

// User can sign in to the lab with the password Lab.Password.
type User struct {
	Name, Sub, Email, Given, Family string
	Groups                          []string
	Verified                        bool
}

// users are the same in every lab: two that an SP of lab.example lets in and one that it does not.
func users() []User {
	return []User{
		{"ann@lab.example", "1001", "ann@lab.example", "Ann", "Archer", []string{"admins", "staff"}, true},
		{"bob@lab.example", "1002", "bob@lab.example", "Bob", "Baker", []string{"staff"}, true},
		{"eve@elsewhere.example", "1003", "eve@elsewhere.example", "Eve", "Eager", []string{"guests"}, false},
	}
}

// sessionCookie holds a signed-in browser.
const sessionCookie = "ssoctl_lab"

func (l *Lab) session(r *http.Request) (session, bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return session{}, false
	}
	return l.store.session(c.Value)
}

// ask shows the login form for a request.
func (l *Lab) ask(w http.ResponseWriter, req authRequest, problem string) {
	l.askWith(w, pending{req: req}, problem)
}

// askWith is ask for a request of either protocol.
func (l *Lab) askWith(w http.ResponseWriter, p pending, problem string) {
	p.expires = l.now().Add(pendingLife)
	l.render(w, http.StatusOK, "login.html", pageData{Title: "Sign in", Text: problem, Action: l.site.path + pageLogin, Transaction: l.store.addPending(p), Username: p.req.loginHint})
}

// login takes the form of ask.
func (l *Lab) login(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodPost) {
		return
	}
	p, ok := l.store.takePending(r.PostForm.Get("transaction"))
	if !ok || !l.now().Before(p.expires) {
		l.page(w, r, *onPage(http.StatusBadRequest, "invalid_request", "this login form was used already or is too old"))
		return
	}
	u, ok := l.verifyUser(r)
	if !ok {
		p.req.loginHint = r.PostForm.Get("username")
		l.askWith(w, p, "user name or password does not match")
		return
	}
	if p.saml != nil {
		l.admit(w, *p.saml, l.signIn(w, r, u))
		return
	}
	l.finish(w, r, p.req, l.signIn(w, r, u))
}

// signIn starts a session in the browser.
func (l *Lab) signIn(w http.ResponseWriter, r *http.Request, u User) session {
	s := session{user: u, at: l.now().Truncate(time.Second)}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: l.store.addSession(s), Path: l.site.path, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode})
	return s
}

func (l *Lab) verifyUser(r *http.Request) (User, bool) {
	for _, u := range l.Users {
		if u.Name == r.PostForm.Get("username") && same(l.Password, r.PostForm.Get("password")) {
			return u, true
		}
	}
	return User{}, false
}

// render writes a page. Nothing is loaded from elsewhere, and only the script that carries the nonce runs.
func (l *Lab) render(w http.ResponseWriter, status int, name string, data pageData) {
	data.Nonce = token(12)
	noStore(w)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+data.Nonce+"'; script-src 'nonce-"+data.Nonce+"'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	io.WriteString(w, page(name, data)) // an error means that the browser went away
}
