package real_test

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// opConfig is what setup/oidc-provider/op.mjs reads.
type opConfig struct {
	Issuer        string           `json:"issuer"`
	Proxy         bool             `json:"proxy"`
	PKCERequired  bool             `json:"pkceRequired"`
	Keys          []map[string]any `json:"keys"`
	Configuration map[string]any   `json:"configuration"`
}

// op is oidc-provider behind its front: one healthy process, and another for each fault of configuration.
type op struct{ realServer }

// startOP installs when needed and starts the healthy process.
func startOP(t *testing.T) *op {
	t.Helper()
	prepare(t, "oidc-provider.sh")
	f := newFront(t, "op.acme-corp.example", "id.acme-corp.example")
	o := &op{realServer{front: f, issuer: f.origin(), base: connections(f.origin(), ""), secrets: map[string]string{}}}
	for _, client := range []string{"orq", "archestra", "app", "torq"} {
		o.secrets[client] = rand.Text() + rand.Text()
	}
	f.toBackend(o.start(t, o.config()))
	return o
}

// config is the healthy configuration, new at each call.
func (o *op) config() *opConfig {
	client := func(id, redirect string) any {
		return map[string]any{
			"client_id": id, "client_secret": o.secrets[id], "redirect_uris": []string{redirect},
			"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
		}
	}
	return &opConfig{
		Issuer: o.issuer, Proxy: true,
		Keys: []map[string]any{{"kty": "RSA", "bits": 2048}, {"kty": "EC", "crv": "P-256"}},
		Configuration: map[string]any{
			"clients": []any{
				client("orq", callback["orq"]), client("archestra", callback["archestra"]), client("app", callback["generic"]), client("torq", acs["torq"]),
			},
			"scopes": []string{"openid", "offline_access", "email", "profile", "groups"},
			"claims": map[string]any{
				"openid": []string{"sub"}, "email": []string{"email", "email_verified"}, "groups": []string{"groups"},
				"profile": []string{"name", "given_name", "family_name", "preferred_username"},
			},
			"conformIdTokenClaims": false, // the claims of the scopes are in the ID token too
			"features":             map[string]any{},
		},
	}
}

// start runs one process with the configuration until the test ends and returns its address.
func (o *op) start(t *testing.T, c *opConfig) string {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "op.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	addr := ""
	startServer(t, "oidc-provider.sh", []string{"OP_CONFIG=" + file}, 20*time.Second, func(line string) bool {
		var found bool
		addr, found = strings.CutPrefix(line, "listening on ")
		return found
	})
	return addr
}

// with puts a process with another configuration behind the front for the rest of the test.
func (o *op) with(t *testing.T, change func(*opConfig)) {
	t.Helper()
	c := o.config()
	change(c)
	healthy := o.front.backend.Host
	t.Cleanup(func() { o.front.toBackend(healthy) })
	o.front.toBackend(o.start(t, c))
}

// member makes a change of one member of the provider's configuration.
func member(name string, value any) func(*opConfig) {
	return func(c *opConfig) { c.Configuration[name] = value }
}

// feature makes a change that switches a feature on or off, with its settings.
func feature(name string, settings map[string]any) func(*opConfig) {
	return func(c *opConfig) { c.Configuration["features"].(map[string]any)[name] = settings }
}

// clients makes a change of every client.
func clients(changes map[string]any) func(*opConfig) {
	return func(c *opConfig) {
		for _, one := range c.Configuration["clients"].([]any) {
			for name, value := range changes {
				one.(map[string]any)[name] = value
			}
		}
	}
}

// all makes one change of several.
func all(changes ...func(*opConfig)) func(*opConfig) {
	return func(c *opConfig) {
		for _, change := range changes {
			change(c)
		}
	}
}

// TestOIDCProvider puts every fault into a real oidc-provider, one after the other.
func TestOIDCProvider(t *testing.T) {
	oidcSuite.require(t)
	o := startOP(t)
	t.Run("healthy", func(t *testing.T) { o.healthy(t, "oidc-provider") })
	for _, table := range [][]fault{opClientFaults(), opDemandFaults(), opDocumentFaults()} {
		for _, f := range table {
			t.Run(f.name, func(t *testing.T) {
				if f.config != nil {
					o.with(t, f.config)
				}
				o.run(t, "oidc-provider", f)
			})
		}
	}
	t.Run("healthy-again", func(t *testing.T) { o.healthy(t, "oidc-provider") })
}
