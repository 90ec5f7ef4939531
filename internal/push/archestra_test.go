package push_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// archestra stands in for Archestra's API: it enforces the documented schema, wants the key, keeps secrets to itself, and replaces the
// parts of a provider whole.
type archestra struct {
	*httptest.Server
	key string

	mu        sync.Mutex
	providers []map[string]any
	writes    []string
	old       bool   // a release that shows secrets
	deny      string // method that is refused with 403
	rejects   bool   // any body is refused with 400
}

func newArchestra(t *testing.T) *archestra {
	t.Helper()
	a := &archestra{key: rand.Text()}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	return a
}

func (a *archestra) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	fail := func(status int, text string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"message": text}})
	}
	id, ok := strings.CutPrefix(r.URL.Path, "/api/identity-providers")
	id = strings.TrimPrefix(id, "/")
	at := slices.IndexFunc(a.providers, func(p map[string]any) bool { return p["id"] == id })
	var body map[string]any
	switch {
	case !ok:
		fail(404, "Not found")
		return
	case r.Header.Get("Authorization") != a.key:
		fail(401, "Unauthenticated")
		return
	case r.Method == a.deny:
		fail(403, "Forbidden")
		return
	case id != "" && at < 0:
		fail(404, "Identity provider not found")
		return
	}
	if r.Method == "POST" || r.Method == "PUT" {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			fail(400, "no JSON")
			return
		}
		if problem := valid(body, r.Method == "POST"); problem != "" || a.rejects {
			oidc, _ := body["oidcConfig"].(map[string]any)
			fail(400, fmt.Sprint(problem, " in ", oidc["clientSecret"], " by ", a.key))
			return
		}
		a.writes = append(a.writes, r.Method)
	}
	switch r.Method {
	case "GET":
		if id == "" {
			list := []any{}
			for _, p := range a.providers {
				list = append(list, a.shown(p))
			}
			_ = json.NewEncoder(w).Encode(list)
			return
		}
		_ = json.NewEncoder(w).Encode(a.shown(a.providers[at]))
	case "POST":
		if slices.ContainsFunc(a.providers, func(p map[string]any) bool { return p["providerId"] == body["providerId"] }) {
			fail(422, "SSO provider with this providerId already exists")
			return
		}
		body["id"], body["domainVerified"] = fmt.Sprintf("p%d", len(a.providers)+1), true
		a.providers = append(a.providers, body)
		_ = json.NewEncoder(w).Encode(a.shown(body))
	case "PUT":
		stored := a.providers[at]
		if now, ok := body["oidcConfig"].(map[string]any); ok && now["clientSecret"] == "" && !a.old {
			was, _ := stored["oidcConfig"].(map[string]any)
			now["clientSecret"] = was["clientSecret"]
		}
		for name, value := range body {
			stored[name] = value
		}
		_ = json.NewEncoder(w).Encode(a.shown(stored))
	case "DELETE":
		a.writes = append(a.writes, "DELETE")
		a.providers = slices.Delete(a.providers, at, at+1)
	}
}

// shown is a provider as GET gives it: without secrets, and with the paths of those that are set.
func (a *archestra) shown(p map[string]any) map[string]any {
	b, _ := json.Marshal(p)
	var c map[string]any
	_ = json.Unmarshal(b, &c)
	for _, name := range []string{"oidcConfig", "samlConfig", "roleMapping", "teamSyncConfig"} {
		if c[name] == nil {
			c[name] = nil // there, and null
		}
	}
	if o, ok := c["oidcConfig"].(map[string]any); ok && !a.old {
		o["clientSecret"] = ""
		c["configuredSecretPaths"] = []string{"oidcConfig.clientSecret"}
	}
	return c
}

// valid gives the first thing that the documented schema does not take; "" when there is none.
func valid(body map[string]any, create bool) string {
	want := func(o map[string]any, at string, types map[string]string, required ...string) string {
		for _, name := range required {
			if _, ok := o[name]; !ok {
				return fmt.Sprintf("[%s.%s] Required", at, name)
			}
		}
		for name, v := range o {
			kind := ""
			switch v.(type) {
			case string:
				kind = "string"
			case bool:
				kind = "bool"
			case []any:
				kind = "list"
			case map[string]any:
				kind = "object"
			}
			if types[name] == "" {
				return fmt.Sprintf("[%s.%s] Unrecognized key", at, name)
			}
			if kind != types[name] {
				return fmt.Sprintf("[%s.%s] expected %s", at, name, types[name])
			}
		}
		return ""
	}
	required := []string{}
	if create {
		required = []string{"providerId", "issuer", "domain"}
	}
	top := map[string]string{"providerId": "string", "issuer": "string", "domain": "string", "domainVerified": "bool", "ssoLoginEnabled": "bool", "oidcConfig": "object", "samlConfig": "object", "roleMapping": "object", "teamSyncConfig": "object"}
	problems := []string{want(body, "body", top, required...)}
	oidc, isOIDC := body["oidcConfig"].(map[string]any)
	saml, isSAML := body["samlConfig"].(map[string]any)
	if create && isOIDC == isSAML {
		return "[body.oidcConfig] Configuration is required for the selected provider type"
	}
	if isOIDC {
		problems = append(problems, want(oidc, "body.oidcConfig", map[string]string{"issuer": "string", "clientId": "string", "clientSecret": "string", "discoveryEndpoint": "string", "pkce": "bool", "skipDiscovery": "bool",
			"enableRpInitiatedLogout": "bool", "hd": "string", "authorizationEndpoint": "string", "tokenEndpoint": "string", "userInfoEndpoint": "string", "jwksEndpoint": "string", "scopes": "list", "overrideUserInfo": "bool",
			"tokenEndpointAuthentication": "string", "mapping": "object", "enterpriseManagedCredentials": "object"}, "issuer", "clientId", "clientSecret", "discoveryEndpoint", "pkce"))
	}
	if isSAML {
		problems = append(problems, want(saml, "body.samlConfig", map[string]string{"issuer": "string", "entryPoint": "string", "cert": "string", "callbackUrl": "string", "spMetadata": "object", "audience": "string", "idpMetadata": "object",
			"wantAssertionsSigned": "bool", "signatureAlgorithm": "string", "digestAlgorithm": "string", "identifierFormat": "string", "mapping": "object"}, "issuer", "entryPoint", "cert", "callbackUrl", "spMetadata"))
	}
	if roles, ok := body["roleMapping"].(map[string]any); ok {
		problems = append(problems, want(roles, "body.roleMapping", map[string]string{"rules": "list", "defaultRole": "string", "strictMode": "bool", "skipRoleSync": "bool"}))
	}
	for _, p := range problems {
		if p != "" {
			return p
		}
	}
	return ""
}

const archestraFile = `version: 1
connections:
  - name: arch
    sp: {profile: archestra, base_url: "%s", provider_id: Keycloak}
    idp: {profile: keycloak}
    oidc: {issuer: "https://login.acme.test/realms/main", client_id: archestra, client_secret: env:ARCH_SECRET}
    roles: {default: member, rules: [{template: "{{#includes groups \"a\"}}true{{/includes}}", role: %s}]}
`

// TestArchestra creates a provider, sees that a second push does nothing, mends drift without touching what is not ours, and goes back.
func TestArchestra(t *testing.T) {
	a := newArchestra(t)
	b := newBench(t, fmt.Sprintf(archestraFile, a.URL, "admin"), map[string]string{"ARCHESTRA_API_KEY": a.key, "ARCH_SECRET": "canary-" + rand.Text()})
	p := b.plan("archestra")
	if p.Action != "create" || len(a.writes) != 0 {
		t.Fatalf("plan %+v, writes %v", p, a.writes)
	}
	b.hides(p, b.env["ARCH_SECRET"])
	b.apply("archestra", nil)
	oidc := func() map[string]any { return a.providers[0]["oidcConfig"].(map[string]any) }
	if got := oidc()["clientSecret"]; got != b.env["ARCH_SECRET"] {
		t.Fatalf("the secret there is not the one of the connection (%d characters)", len(fmt.Sprint(got)))
	}
	if p := b.plan("archestra"); p.Action != "none" {
		t.Fatalf("a second push would do: %+v", p)
	}
	oidc()["pkce"], oidc()["hd"], a.providers[0]["domain"] = false, "acme.test", "wrong.test"
	p = b.plan("archestra")
	if len(p.Changes) != 2 {
		t.Fatalf("drift: %+v", p.Changes)
	}
	b.apply("archestra", nil)
	if oidc()["hd"] != "acme.test" || oidc()["pkce"] != true || oidc()["clientSecret"] != b.env["ARCH_SECRET"] {
		t.Errorf("after the push: pkce %v, hd %v", oidc()["pkce"], oidc()["hd"])
	}
	b.undo("archestra")
	if oidc()["pkce"] != false || a.providers[0]["domain"] != "wrong.test" || oidc()["clientSecret"] != b.env["ARCH_SECRET"] {
		t.Errorf("after --undo: pkce %v, domain %v", oidc()["pkce"], a.providers[0]["domain"])
	}
	b.hides(b.stateText("archestra"), b.env["ARCH_SECRET"])
}

// TestArchestraOld: a release that shows secrets on GET and takes an empty one for empty does not lose it.
func TestArchestraOld(t *testing.T) {
	a := newArchestra(t)
	a.old = true
	b := newBench(t, fmt.Sprintf(archestraFile, a.URL, "admin"), map[string]string{"ARCHESTRA_API_KEY": a.key, "ARCH_SECRET": "canary-" + rand.Text()})
	b.apply("archestra", nil)
	a.providers[0]["domain"] = "wrong.test"
	p := b.plan("archestra")
	b.hides(p, b.env["ARCH_SECRET"])
	b.apply("archestra", nil)
	b.undo("archestra")
	if got := a.providers[0]["oidcConfig"].(map[string]any)["clientSecret"]; got != b.env["ARCH_SECRET"] {
		t.Errorf("the secret is lost (%d characters left)", len(fmt.Sprint(got)))
	}
	b.hides(b.stateText("archestra"), b.env["ARCH_SECRET"])
}

// TestArchestraRefused: what stands in the way is said, with both values, and nothing is written.
func TestArchestraRefused(t *testing.T) {
	a := newArchestra(t)
	for _, x := range []struct {
		name, want string
		env        map[string]string
		deny       string
	}{
		{"no key", "set ARCHESTRA_API_KEY", map[string]string{"ARCH_SECRET": "x"}, ""},
		{"wrong key", "does not take the key", map[string]string{"ARCH_SECRET": "x", "ARCHESTRA_API_KEY": "wrong-key-canary"}, ""},
		{"no secret", "the client secret (env:ARCH_SECRET)", map[string]string{"ARCHESTRA_API_KEY": a.key}, ""},
		{"no right", "may not manage identity providers", map[string]string{"ARCH_SECRET": "x", "ARCHESTRA_API_KEY": a.key}, "POST"},
	} {
		t.Run(x.name, func(t *testing.T) {
			a.deny = x.deny
			b := newBench(t, fmt.Sprintf(archestraFile, a.URL, "admin"), x.env)
			err := b.fails("archestra")
			if !strings.Contains(err, x.want) || strings.Contains(err, "wrong-key-canary") {
				t.Errorf("want %q in %q", x.want, err)
			}
			if len(a.writes) != 0 {
				t.Errorf("written: %v", a.writes)
			}
		})
	}
}

// TestArchestraRepeats: a server that repeats secrets in its error text does not get them shown.
func TestArchestraRepeats(t *testing.T) {
	a := newArchestra(t)
	a.rejects = true
	b := newBench(t, fmt.Sprintf(archestraFile, a.URL, "admin"), map[string]string{"ARCHESTRA_API_KEY": a.key, "ARCH_SECRET": "canary-" + rand.Text()})
	got := b.fails("archestra")
	if !strings.Contains(got, "answered 400: in [secret] by [secret]") {
		t.Errorf("%q", got)
	}
	b.hides(got, b.env["ARCH_SECRET"])
	b.hides(got, a.key)
}

// TestArchestraSAML: the emitted SAML provider fits the schema, and what the connection does not say is not sent as a placeholder.
func TestArchestraSAML(t *testing.T) {
	a := newArchestra(t)
	file := fmt.Sprintf("version: 1\nconnections:\n  - name: arch\n    sp: {profile: archestra, base_url: %q, provider_id: Okta}\n    idp: {profile: okta}\n"+
		"    saml: {idp_entity_id: \"http://www.okta.com/exk1\", sso_url: \"https://acme.okta.com/app/exk1/sso/saml\"}\n", a.URL)
	b := newBench(t, file, map[string]string{"ARCHESTRA_API_KEY": a.key})
	if got := b.fails("archestra"); !strings.Contains(got, "does not say what belongs into samlConfig/cert") {
		t.Errorf("without a certificate: %q", got)
	}
	b.cert = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
	b.apply("archestra", nil)
	if p := b.plan("archestra"); p.Action != "none" {
		t.Errorf("a second push would do: %+v", p.Changes)
	}
	b.undo("archestra")
	if len(a.providers) != 0 {
		t.Errorf("--undo of a creation left %v", a.providers)
	}
}
