package push_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/push"
)

// registrar stands in for a server that registers clients. test/real does the same with Keycloak and oidc-provider.
type registrar struct {
	*httptest.Server
	client  map[string]any
	token   string // changes with every answer
	manages string // address of the registration; "": its own, "-": none
	initial string
	asked   int
}

func newRegistrar(t *testing.T) *registrar {
	t.Helper()
	r := &registrar{initial: rand.Text()}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func (s *registrar) serve(w http.ResponseWriter, r *http.Request) {
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case r.URL.Path == "/.well-known/openid-configuration":
		fmt.Fprintf(w, `{"issuer":%q,"registration_endpoint":%q}`, s.URL, s.URL+"/reg")
		return
	case r.URL.Path == "/reg" && bearer != s.initial, r.URL.Path == "/reg/c1" && (bearer != s.token || s.client == nil):
		w.WriteHeader(401)
		fmt.Fprintf(w, `{"error":"invalid_token","error_description":"not %s"}`, bearer) // repeats the token
		return
	}
	s.asked++
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	switch r.Method {
	case "DELETE":
		s.client = nil
		w.WriteHeader(204)
		return
	case "PUT":
		if body["client_id"] != "c1" || body["client_secret"] != "canary-registered" || body["registration_access_token"] != nil {
			w.WriteHeader(400)
			fmt.Fprint(w, `{"error":"invalid_client_metadata"}`)
			return
		}
		s.client = body
	case "POST":
		s.client = body
		body["client_id"], body["client_secret"] = "c1", "canary-registered"
		w.WriteHeader(201)
	}
	s.token = rand.Text()
	out := map[string]any{"registration_client_uri": s.URL + "/reg/c1", "registration_access_token": s.token}
	if s.manages != "" {
		out["registration_client_uri"] = s.manages
	}
	if s.manages == "-" {
		out = map[string]any{}
	}
	for k, v := range s.client {
		if k != "application_type" { // not every server gives back what is usual
			out[k] = v
		}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (s *registrar) bench(t *testing.T) *bench {
	t.Helper()
	return newBench(t, fmt.Sprintf("version: 1\nconnections:\n  - name: app\n    sp: {profile: orq, workspace: acme}\n    oidc: {issuer: %q, client_id: c1, client_secret: env:APP_SECRET}\n", s.URL),
		map[string]string{"SSOCTL_REGISTRATION_TOKEN": s.initial, "APP_SECRET": "canary-other"})
}

// TestRegistration: register, change, take back, with a token that is new after every answer.
func TestRegistration(t *testing.T) {
	s := newRegistrar(t)
	b := s.bench(t)
	b.apply("registration", nil)
	b.hides(b.stateText("registration"), "canary-registered")
	if p := b.plan("registration"); p.Action != push.None {
		t.Errorf("a second push would do: %+v", p.Changes)
	}
	j := b.job(t.Context(), "registration")
	if secret, err := j.Secret(t.Context(), false); err != nil || secret != "canary-registered" || j.Registered() != "c1" {
		t.Errorf("secret of %d characters, client %q, %v", len(secret), j.Registered(), err)
	}
	c, err := j.SecretDrift(t.Context())
	if err != nil || c == nil {
		t.Fatalf("drift of the secret: %v %v", c, err)
	}
	b.hides(c, "canary")
	s.client["redirect_uris"] = []any{"https://elsewhere.test/cb"}
	b.apply("registration", nil)
	if got := fmt.Sprint(s.client["redirect_uris"]); !strings.Contains(got, "orq.ai") || !strings.Contains(got, "elsewhere") {
		t.Errorf("redirect URIs: %s", got)
	}
	b.undo("registration")
	if got := fmt.Sprint(s.client["redirect_uris"]); got != "[https://elsewhere.test/cb]" {
		t.Errorf("redirect URIs after --undo: %s", got)
	}
	s.client = nil
	if got := b.fails("registration"); !strings.Contains(got, "may have been removed there") || strings.Contains(got, s.token) {
		t.Errorf("a client that is gone: %q", got)
	}
}

// TestRegistrationUndone: taking the registration back removes the client, and the next push registers anew.
func TestRegistrationUndone(t *testing.T) {
	s := newRegistrar(t)
	b := s.bench(t)
	b.apply("registration", nil)
	b.undo("registration")
	if s.client != nil || b.stateText("registration") != "" {
		t.Errorf("left: %v %s", s.client, b.stateText("registration"))
	}
	if p := b.plan("registration"); p.Action != push.Create {
		t.Errorf("then: %s", p.Action)
	}
}

// TestRegistrationRefused: no token, an address of somebody else's for the token, and a server that only registers.
func TestRegistrationRefused(t *testing.T) {
	s := newRegistrar(t)
	b := s.bench(t)
	b.env["SSOCTL_REGISTRATION_TOKEN"] = "canary-initial"
	if got := b.fails("registration"); !strings.Contains(got, "SSOCTL_REGISTRATION_TOKEN") || strings.Contains(got, "canary-initial") {
		t.Errorf("wrong initial token: %q", got)
	}
	for _, address := range []string{"-", "https://attacker.test/take"} {
		s.manages = address
		b = s.bench(t)
		b.apply("registration", nil)
		if got := b.fails("registration"); !strings.Contains(got, "change it there by hand") || strings.Contains(b.stateText("registration"), s.token) {
			t.Errorf("%s: %q", address, got)
		}
	}
}
