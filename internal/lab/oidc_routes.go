package lab

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
)

// Pages of the OIDC provider, below the issuer's path.
const (
	pageDiscovery  = "/.well-known/openid-configuration"
	pageAuthorize  = "/authorize"
	pageLogin      = "/login"
	pageToken      = "/token"
	pageUserinfo   = "/userinfo"
	pageKeys       = "/jwks"
	pagePAR        = "/par"
	pageDevice     = "/device"
	pageVerify     = "/device/verify"
	pageRevoke     = "/revoke"
	pageRegister   = "/register"
	pageEndSession = "/end_session"
)

// metadataRoot is the RFC 8414 section 3.1 place: in front of the issuer's path.
const metadataRoot = "/.well-known/oauth-authorization-server"

// routes maps paths to handlers. Nothing else exists: every other path is 404.
func (l *Lab) routes() http.Handler {
	pages := map[string]http.HandlerFunc{
		pageDiscovery: l.discovery, pageKeys: l.jwks,
		pageAuthorize: l.authorize, pageLogin: l.login, pagePAR: l.par,
		pageToken: l.token, pageRevoke: l.revoke, pageUserinfo: l.userinfo, pageRegister: l.register,
		pageDevice: l.device, pageVerify: l.verify, pageEndSession: l.endSession,
	}
	maps.Copy(pages, l.samlPages())
	for _, d := range []document{l.b.discovery, l.b.jwks} {
		for alias, page := range d.aliases {
			pages[alias] = pages[page]
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := pages[strings.TrimPrefix(r.URL.Path, l.site.path)]
		switch {
		case r.URL.Path == metadataRoot+l.site.path:
			l.serverMetadata(w, r)
		case h != nil && strings.HasPrefix(r.URL.Path, l.site.path):
			h(w, r)
		default:
			l.page(w, r, refusal{status: http.StatusNotFound, code: "not_found", text: "there is no such page here"})
		}
	})
}

// encode writes JSON that people can read: indented, without escaped ampersands.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err) // maps of strings, numbers and lists always encode
	}
	return b.Bytes()
}

// writeJSON answers with status and v.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(encode(v))
}

// noStore forbids caching, as RFC 6749 section 5.1 asks of answers that carry credentials.
func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
}

// allow refuses other methods with 405 and reports whether the request may go on.
func (l *Lab) allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	for _, m := range methods {
		if r.Method == m {
			return true
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	l.page(w, r, refusal{status: http.StatusMethodNotAllowed, code: "invalid_request", text: "method is not offered here"})
	return false
}

// single reports the first parameter that is there more than once; RFC 6749 section 3.1 and 3.2 forbid it.
func single(r *http.Request) (string, bool) {
	for name, values := range r.Form {
		if len(values) > 1 {
			return name, false
		}
	}
	return "", true
}
