package lab

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// grantDevice is the grant type of RFC 8628 section 3.4.
const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// token is the token endpoint: RFC 6749 section 4.1.3, 5 and 6, RFC 8628 section 3.4.
func (l *Lab) token(w http.ResponseWriter, r *http.Request) {
	if !l.backChannel(w, r) {
		return
	}
	kind := r.PostForm.Get("grant_type")
	if f := l.b.client.grant; f != nil && kind == "authorization_code" {
		for name, values := range l.b.client.grantHeader {
			w.Header()[name] = values
		}
		l.deny(w, f)
		return
	}
	var g *grant
	var f *refusal
	switch kind {
	case "authorization_code":
		g, f = l.byCode(r)
	case "refresh_token":
		g, f = l.byRefresh(r)
	case grantDevice:
		g, f = l.byDevice(r)
	case "":
		f = bounce("invalid_request", "grant_type is missing")
	default:
		f = bounce("unsupported_grant_type", "grant type is not offered here")
	}
	if f != nil {
		l.deny(w, f)
		return
	}
	l.issueTokens(w, g, kind != "refresh_token")
}

func (l *Lab) byCode(r *http.Request) (*grant, *refusal) {
	if r.PostForm.Get("code") == "" {
		return nil, bounce("invalid_request", "code is missing")
	}
	c, ok := l.store.redeem(r.PostForm.Get("code"), l.now())
	if ok && l.b.login.exchange != nil {
		return nil, l.b.login.exchange
	}
	if !ok {
		return nil, bounce("invalid_grant", "code is unknown, used or expired")
	}
	if r.PostForm.Get("redirect_uri") != c.req.redirectURI {
		return nil, bounce("invalid_grant", "redirect_uri differs from that of the authorization request")
	}
	verifier := r.PostForm.Get("code_verifier")
	switch {
	case c.req.challenge == "" && verifier != "": // RFC 9700 section 4.8.2: a stripped challenge must be seen
		return nil, bounce("invalid_grant", "code_verifier came, but the authorization request had no code_challenge")
	case c.req.challenge != "" && verifier == "":
		return nil, bounce("invalid_grant", "code_verifier is missing")
	case c.req.challenge != "":
		sum := sha256.Sum256([]byte(verifier))
		if !same(base64.RawURLEncoding.EncodeToString(sum[:]), c.req.challenge) {
			return nil, bounce("invalid_grant", "code_verifier does not match the code_challenge")
		}
	}
	return c.grant, nil
}

func (l *Lab) byRefresh(r *http.Request) (*grant, *refusal) {
	g, ok := l.store.exchange(r.PostForm.Get("refresh_token"), l.now())
	if !ok {
		return nil, bounce("invalid_grant", "refresh token is unknown, used, revoked or expired")
	}
	narrowed := strings.Fields(r.PostForm.Get("scope"))
	for _, s := range narrowed {
		if !slices.Contains(g.scope, s) {
			return nil, bounce("invalid_scope", "scope was not granted at the login")
		}
	}
	return g, nil
}

// issueTokens answers with the tokens of a grant. A nonce belongs to the first ID token alone (OIDC Core section 12.2).
func (l *Lab) issueTokens(w http.ResponseWriter, g *grant, first bool) {
	access := l.accessToken(g)
	out := members{"access_token": access, "token_type": "Bearer", "expires_in": int(tokenLife.Seconds()), "scope": strings.Join(g.scope, " ")}
	if slices.Contains(g.scope, "offline_access") {
		out["refresh_token"] = l.store.addRefresh(tokenEntry{grant: g, expires: l.now().Add(refreshLife)})
	}
	if slices.Contains(g.scope, "openid") {
		idToken, err := l.idToken(g, access, "", first)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		out["id_token"] = idToken
	}
	noStore(w)
	if l.b.login.response != nil {
		l.b.login.response(out)
	}
	if l.b.login.answer != nil && first {
		w.Header().Set("Content-Type", "application/json")
		l.b.login.answer(l, w, nil, encode(out))
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// accessToken makes one for a grant.
func (l *Lab) accessToken(g *grant) string {
	t := token(32)
	if l.b.login.access != nil {
		t = l.b.login.access(t)
	}
	return put(l.store, l.store.access, t, &tokenEntry{grant: g, expires: l.now().Add(tokenLife)})
}

// revoke is RFC 7009: it says 200 whether the token was known or not.
func (l *Lab) revoke(w http.ResponseWriter, r *http.Request) {
	if !l.backChannel(w, r) {
		return
	}
	if r.PostForm.Get("token") == "" {
		l.deny(w, bounce("invalid_request", "token is missing"))
		return
	}
	l.store.revoke(r.PostForm.Get("token"))
	noStore(w)
	w.WriteHeader(http.StatusOK)
}
