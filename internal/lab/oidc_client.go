package lab

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// backChannel checks what token, PAR, device and revocation endpoints have in common: POST, a form without doubled
// parameters, and a client that proves itself. It answers itself when it returns false.
func (l *Lab) backChannel(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		l.deny(w, &refusal{status: http.StatusMethodNotAllowed, code: "invalid_request", text: "method is not POST"})
		return false
	}
	if f := l.checkForm(r); f != nil {
		l.deny(w, f)
		return false
	}
	if f := l.authenticate(r); f != nil {
		l.deny(w, f)
		return false
	}
	return true
}

func (l *Lab) checkForm(r *http.Request) *refusal {
	if l.b.authz.tenantOff {
		return tenantOff()
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return bounce("invalid_request", "content type is not application/x-www-form-urlencoded")
	}
	if name, ok := single(r); !ok {
		return bounce("invalid_request", name+" is there more than once")
	}
	return nil
}

// authenticate recognises the client by client_secret_basic or client_secret_post: RFC 6749 section 2.3.1.
func (l *Lab) authenticate(r *http.Request) *refusal {
	id, secret, method := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret"), "client_secret_post"
	scheme, encoded, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case r.PostForm.Has("client_assertion"):
		return l.checkAssertion(r)
	case strings.EqualFold(scheme, "Basic") && r.PostForm.Has("client_secret"):
		return bounce("invalid_request", "the client proves itself in two ways at once")
	case strings.EqualFold(scheme, "Basic"):
		method = "client_secret_basic"
		bodyID := id
		if id, secret = l.basic(encoded); bodyID != "" && bodyID != id {
			return bounce("invalid_request", "client_id in the body differs from that of the Authorization header")
		}
	case !r.PostForm.Has("client_secret"):
		return unauthenticated("the request carries no client authentication")
	}
	c := l.b.client
	if l.opts.KeyJWT {
		c.methods = l.authMethods()
	}
	switch {
	case id != l.ClientID:
		return unauthenticated("client is not known here")
	case l.b.authz.state == clientDisabled:
		return unauthenticated("client is disabled")
	case c.methods != nil && !slices.Contains(c.methods, method):
		return unauthenticated("client is registered for " + strings.Join(c.methods, ", ") + ", not for " + method)
	case !same(l.secret, secret):
		return unauthenticated("client secret does not match")
	case c.expired:
		return unauthenticated("client secret has expired")
	}
	return nil
}

// basic reads the value of a Basic header; both halves are form-encoded.
func (l *Lab) basic(encoded string) (id, secret string) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", ""
	}
	id, secret, _ = strings.Cut(string(raw), ":")
	if l.b.client.rawBasic {
		return id, secret
	}
	if id, err = url.QueryUnescape(id); err != nil {
		return "", ""
	}
	if secret, err = url.QueryUnescape(secret); err != nil {
		return id, ""
	}
	return id, secret
}
