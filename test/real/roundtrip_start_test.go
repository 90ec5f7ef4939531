package real_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// startTravel starts the identity providers and better-auth behind a front of its own, by whose name it goes.
func startTravel(t *testing.T) *travel {
	t.Helper()
	w := &travel{sp: newFront(t, "archestra.acme-corp.example", "www.acme-corp.example"), op: startOP(t), ssp: startSSP(t), backends: map[string]string{}, secrets: map[string]string{"user": rand.Text()}}
	w.base = w.sp.origin()
	for kind, change := range map[string]func(*opConfig){
		"op": func(*opConfig) {}, "op-lean": member("conformIdTokenClaims", true), "op-without": feature("userinfo", map[string]any{"enabled": false}),
	} {
		c := w.op.config()
		change(c)
		w.clients(c)
		w.backends[kind] = w.op.start(t, c)
	}
	w.ssp.pair(t, "sp", -10, 700)
	key, err := os.ReadFile(filepath.Join(w.ssp.dir, "cert", "sp.key"))
	if err != nil {
		t.Fatal(err)
	}
	w.spKey = string(key)
	authorities := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authorities, append(w.op.front.ca.pem(), w.ssp.front.ca.pem()...), 0o600); err != nil {
		t.Fatal(err)
	}
	w.b = startBetterAuth(t, "BASE="+w.base, "TRUST="+w.op.front.origin()+" "+w.ssp.front.origin(), "NODE_EXTRA_CA_CERTS="+authorities)
	w.sp.toBackend(strings.TrimPrefix(w.b.origin, "http://"))
	return w
}

// clients registers what the trips use; the redirect URIs are those of all of them.
func (w *travel) clients(c *opConfig) {
	uris := []string{w.base + "/api/auth/sso/callback/emitted"}
	for n := range trips() {
		uris = append(uris, fmt.Sprintf("%s/api/auth/sso/callback/trip-%d", w.base, n))
	}
	features := c.Configuration["features"].(map[string]any)
	features["dPoP"], features["pushedAuthorizationRequests"] = map[string]any{"enabled": true}, map[string]any{"enabled": true}
	if features["userinfo"] == nil {
		features["jwtUserinfo"] = map[string]any{"enabled": true}
	}
	c.Configuration["enabledJWA"] = map[string]any{"idTokenSigningAlgValues": []string{"RS256", "PS256", "ES256", "HS256"}}
	for name, differs := range map[string]map[string]any{
		"trip": nil, "trip-post": {"token_endpoint_auth_method": "client_secret_post"}, "trip-es256": {"id_token_signed_response_alg": "ES256"},
		"trip-ps256": {"id_token_signed_response_alg": "PS256"}, "trip-hs256": {"id_token_signed_response_alg": "HS256"}, "trip-dpop": {"dpop_bound_access_tokens": true},
		"trip-par": {"require_pushed_authorization_requests": true}, "trip-elsewhere": {"redirect_uris": []string{w.base + "/callback"}},
		"trip-signed-userinfo": {"userinfo_signed_response_alg": "RS256"},
	} {
		if name == "trip-signed-userinfo" && features["userinfo"] != nil {
			continue
		}
		if w.secrets[name] == "" {
			w.secrets[name] = rand.Text() + rand.Text()
		}
		one := map[string]any{"client_id": name, "client_secret": w.secrets[name], "redirect_uris": uris, "grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"}}
		maps.Copy(one, differs)
		c.Configuration["clients"] = append(c.Configuration["clients"].([]any), one)
	}
	if c.Keys[0]["kty"] == "RSA" {
		c.Keys = append(c.Keys, map[string]any{"kty": "RSA", "bits": 2048, "alg": "PS256"})
	}
}
