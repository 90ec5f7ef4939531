package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

// provider stands in for an API that holds one identity provider; package push tests the API itself.
type provider struct {
	*httptest.Server
	stored map[string]any
	writes int
	during func() // happens while a write is answered; nil: nothing
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "canary-key":
			w.WriteHeader(http.StatusUnauthorized)
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "s") && p.stored == nil:
			fmt.Fprint(w, "[]")
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "s"):
			_ = json.NewEncoder(w).Encode([]any{p.stored})
		case r.Method == http.MethodGet:
			_ = json.NewEncoder(w).Encode(p.stored)
		case r.Method == http.MethodDelete:
			p.writes, p.stored = p.writes+1, nil
		default:
			p.writes++
			if err := json.NewDecoder(r.Body).Decode(&p.stored); err != nil {
				t.Error(err)
			}
			p.stored["id"] = "p1"
			if p.during != nil {
				p.during()
			}
			_ = json.NewEncoder(w).Encode(p.stored)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// TestPushAsks: on a terminal nothing is written before the person agrees; with --yes, and without a terminal, it is not asked. No secret
// is in any stream or in the state.
func TestPushAsks(t *testing.T) {
	p := newProvider(t)
	dir := t.TempDir()
	file := fmt.Sprintf("version: 1\nconnections:\n  - name: arch\n    sp: {profile: archestra, base_url: %q, provider_id: Keycloak}\n    idp: {profile: keycloak}\n"+
		"    oidc: {issuer: https://login.acme.test/realms/main, client_id: a, client_secret: file:secret}\n", p.URL)
	for name, text := range map[string]string{"ssoctl.yaml": file, "secret": "canary-secret\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var interrupt func() (context.Context, context.CancelFunc)
	run := func(code, writes int, answer string, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		app := System()
		app.In, app.Out, app.Err, app.Dir, app.InTTY = strings.NewReader(answer), &out, &errs, dir, answer != ""
		app.Getenv = func(name string) string {
			return map[string]string{"ARCHESTRA_API_KEY": "canary-key", "HOME": dir}[name]
		}
		app.Context = func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) }
		if interrupt != nil {
			app.Context = interrupt
		}
		if got := Main(args, app); got != code || p.writes != writes {
			t.Errorf("%v: exit %d after %d writes, want %d and %d\n%s%s", args, got, p.writes, code, writes, &out, &errs)
		}
		if strings.Contains(out.String()+errs.String(), "canary") {
			t.Errorf("%v: a secret shows:\n%s%s", args, &out, &errs)
		}
		return out.String() + errs.String()
	}
	to := []string{"push", "--to", "archestra"}
	if s := run(1, 0, "n\n", to...); !strings.Contains(s, "to be created") || !strings.Contains(s, "nothing was written") {
		t.Error(s)
	}
	run(1, 0, "", "diff")
	run(0, 0, "", append(to, "--dry-run")...)
	run(0, 1, "y\n", to...)
	run(0, 1, "n\n", to...) // nothing to do, nothing to ask
	s := run(0, 1, "", "diff", "--format", "json")
	if start := strings.IndexByte(s, '{'); start != 0 || !strings.Contains(s, `"action": "none"`) || !strings.Contains(s, "secret is not compared") {
		t.Errorf("no JSON: %s", s)
	}
	p.stored["domain"] = "acme.test"
	if s := run(1, 1, "", "diff"); !strings.Contains(s, `~ domain: "acme.test" -> ""`) {
		t.Error(s)
	}
	run(0, 2, "n\n", append(to, "--yes")...)
	run(0, 3, "", append(to, "--resend-secrets")...)
	p.stored["domain"] = "acme.test"
	ctx, cancel := context.WithCancel(t.Context())
	p.during, interrupt = cancel, func() (context.Context, context.CancelFunc) { return ctx, cancel }
	if s := run(130, 4, "", to...); !strings.Contains(s, "the same push goes on") {
		t.Error(s)
	}
	p.during, interrupt = nil, nil
	run(0, 4, "", to...)
	states, err := filepath.Glob(filepath.Join(dir, ".local/state/ssoctl/push/arch-archestra-*.json"))
	if err != nil || len(states) != 1 {
		t.Fatalf("states: %v %v", states, err)
	}
	b, err := os.ReadFile(states[0])
	if err != nil || bytes.Contains(b, []byte("canary")) {
		t.Errorf("the state holds a secret (%v): %s", err, b)
	}
}

// TestSecretPlace: the place of a secret is opened before there is one, and takes it: a keyring, a file for its owner alone, a folder that is
// not there.
func TestSecretPlace(t *testing.T) {
	keyring.MockInit()
	app := System()
	app.Dir = t.TempDir()
	put, err := app.secretPlace("keyring:orq")
	if err != nil {
		t.Fatal(err)
	}
	if err := put("canary"); err != nil {
		t.Fatal(err)
	}
	if got, err := keyring.Get("ssoctl", "orq"); err != nil || got != "canary" {
		t.Errorf("%q %v", got, err)
	}
	if put, err = app.secretPlace("s.txt"); err != nil {
		t.Fatal(err)
	}
	if err := put("canary"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(app.Dir, "s.txt"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if _, err := app.secretPlace("gone/s.txt"); err == nil {
		t.Error("a folder that is not there was taken")
	}
	keyring.MockInitWithError(errors.New("locked"))
	if _, err := app.secretPlace("keyring:orq"); err == nil {
		t.Error("a locked keyring was taken")
	}
}
