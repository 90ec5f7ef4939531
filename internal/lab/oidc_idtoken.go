package lab

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// acrPassword is the authentication context of a login with a password.
const acrPassword = "urn:lab.example:acr:password"

// idToken signs an ID token: OIDC Core section 2 and 3.1.3.6. Without an access token or a code it has no hash of one.
func (l *Lab) idToken(g *grant, access, code string, first bool) (string, error) {
	now := l.now()
	m := members{
		"iss": l.site.self(), "aud": l.ClientID, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "auth_time": g.authTime.Unix(),
		"acr": acrPassword, "amr": list("pwd"),
	}
	for name, value := range map[string]string{"at_hash": access, "c_hash": code} {
		if value != "" {
			sum := sha256.Sum256([]byte(value))
			m[name] = base64.RawURLEncoding.EncodeToString(sum[:16])
		}
	}
	if first && g.nonce != "" {
		m["nonce"] = g.nonce
	}
	for name, value := range l.claims(g) {
		m[name] = value
	}
	if l.b.login.claims != nil {
		l.b.login.claims(m)
	}
	if l.b.login.refreshed != nil && !first {
		l.b.login.refreshed(m)
	}
	signed, err := l.sign(m)
	return l.log.keep(signed), err
}

// claims are those of the granted scopes (OIDC Core section 5.4), the same in the ID token and at userinfo.
func (g *grant) claims() members {
	m := members{"sub": g.user.Sub}
	if slices.Contains(g.scope, "email") {
		m["email"], m["email_verified"] = g.user.Email, g.user.Verified
	}
	if slices.Contains(g.scope, "profile") {
		m["name"], m["given_name"], m["family_name"] = g.user.Given+" "+g.user.Family, g.user.Given, g.user.Family
		m["preferred_username"] = g.user.Name
		m["updated_at"] = 1767225600 // 2026-01-01T00:00:00Z
	}
	if slices.Contains(g.scope, "groups") {
		m["groups"] = list(g.user.Groups...)
	}
	return m
}

// claims are those of a grant, with the fault's changes.
func (l *Lab) claims(g *grant) members {
	m := g.claims()
	if l.b.login.both != nil {
		l.b.login.both(m)
	}
	return m
}

func (l *Lab) sign(claims members) (string, error) {
	if l.b.login.make != nil || l.b.login.header != nil {
		return l.handmade(claims)
	}
	r, e := l.keys.pair()
	change := l.b.keys
	key := jose.SigningKey{Algorithm: jose.RS256, Key: r}
	switch change.signing {
	case "ES256":
		key = jose.SigningKey{Algorithm: jose.ES256, Key: e}
	case "HS256": // OIDC Core section 10.1: the octets of the client secret are the key
		key = jose.SigningKey{Algorithm: jose.HS256, Key: []byte(l.secret)}
	}
	if j, ok := key.Key.(jose.JSONWebKey); ok && change.header != nil {
		j.KeyID = change.header(j.KeyID)
		key.Key = j
	}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("sign the ID token: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode the ID token: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign the ID token: %w", err)
	}
	return signed.CompactSerialize()
}

// userinfo is OIDC Core section 5.3; a missing or unknown token gets the answers of RFC 6750 section 3.
func (l *Lab) userinfo(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodGet, http.MethodPost) {
		return
	}
	noStore(w)
	if l.b.authz.tenantOff {
		l.deny(w, tenantOff())
		return
	}
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		bearer = r.PostForm.Get("access_token")
	}
	if bearer == "" { // RFC 6750 section 3.1: no error code when the request carries no token
		w.Header().Set("WWW-Authenticate", `Bearer realm="lab"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	g, ok := l.store.bearer(bearer, l.now())
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="lab", error="invalid_token", error_description="access token is unknown, revoked or expired"`)
		writeJSON(w, http.StatusUnauthorized, members{"error": "invalid_token", "error_description": "access token is unknown, revoked or expired"})
		return
	}
	if !slices.Contains(g.scope, "openid") {
		w.Header().Set("WWW-Authenticate", `Bearer realm="lab", error="insufficient_scope", scope="openid"`)
		writeJSON(w, http.StatusForbidden, members{"error": "insufficient_scope", "error_description": "the access token has no scope openid"})
		return
	}
	m := l.claims(g)
	if l.b.login.userinfo != nil {
		l.b.login.userinfo(m)
	}
	if l.b.login.info != nil {
		l.b.login.info(l, w, r, encode(m))
		return
	}
	writeJSON(w, http.StatusOK, m)
}
