package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// hidden stands in a Request where a secret was.
const hidden = "[hidden]"

// Request is one HTTP request that reached the lab. Secrets are left out; that they were there is visible.
type Request struct {
	Method, Scheme, Host, Path string
	Query, Form                url.Values // values of secret parameters are "[hidden]"
	Accept, UserAgent          string
	Auth                       string // scheme of the Authorization header ("Basic", "Bearer"), without its value
}

// requestLog collects Requests.
type requestLog struct {
	mu      sync.Mutex
	list    []Request
	secrets []string
}

func (g *requestLog) add(r *http.Request) {
	q := Request{Method: r.Method, Scheme: "http", Host: r.Host, Path: r.URL.Path, Query: conceal(r.URL.Query()), Form: conceal(r.PostForm),
		Accept: strings.Join(r.Header.Values("Accept"), ", "), UserAgent: r.UserAgent()}
	if r.TLS != nil {
		q.Scheme = "https"
	}
	q.Auth, _, _ = strings.Cut(r.Header.Get("Authorization"), " ")
	g.mu.Lock()
	defer g.mu.Unlock()
	g.list = append(g.list, q)
	for _, name := range []string{"password", "code", "code_verifier", "client_secret", "client_assertion", "device_code", "token", "refresh_token", "id_token_hint", "state", "nonce"} {
		g.secrets = append(append(g.secrets, r.PostForm[name]...), r.URL.Query()[name]...)
	}
	for _, c := range r.Cookies() {
		g.secrets = append(g.secrets, c.Value)
	}
}

// keep notes a secret that was handed out.
func (g *requestLog) keep(secret string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.secrets = append(g.secrets, secret)
	return secret
}

// Secrets lists what went over the wire in either direction and is nobody else's business: passwords, codes, tokens, cookies,
// messages, and what binds an answer to its request. Tests look for them in what must not hold them.
func (l *Lab) Secrets() []string {
	l.log.mu.Lock()
	out := slices.Clone(l.log.secrets)
	l.log.mu.Unlock()
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	for code := range l.store.codes {
		out = append(out, code)
	}
	for id := range l.store.sessions {
		out = append(out, id)
	}
	for _, tokens := range []map[string]*tokenEntry{l.store.access, l.store.refresh} {
		for t := range tokens {
			out = append(out, t)
		}
	}
	for id := range l.store.devices {
		out = append(out, id)
	}
	return out
}

// conceal replaces what must not be kept; state and nonce stay, tests compare them.
func conceal(v url.Values) url.Values {
	out := url.Values{}
	for name, values := range v {
		for _, value := range values {
			switch {
			case value == "":
			case slices.Contains([]string{"client_secret", "password", "code", "code_verifier", "device_code", "assertion", "client_assertion"}, name),
				strings.HasSuffix(name, "token"), strings.HasSuffix(name, "token_hint"):
				value = hidden
			}
			out.Add(name, value)
		}
	}
	return out
}

// Requests lists what arrived so far, in the order of arrival. Connections that never became an HTTP request are not in it.
func (l *Lab) Requests() []Request {
	l.log.mu.Lock()
	defer l.log.mu.Unlock()
	return slices.Clone(l.log.list)
}
