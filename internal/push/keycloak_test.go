package push_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ssoctl/ssoctl/internal/push"
)

// realm stands in for the part of Keycloak's Admin REST API that a push uses. Like Keycloak, a PUT keeps attributes that it does not
// mention, replaces the mappers, and passes over client scopes. test/real holds the same against Keycloak itself.
type realm struct {
	*httptest.Server
	password string

	mu     sync.Mutex
	client map[string]any // nil: none
	writes int
	breaks int    // this write is done and its answer lost; 0: none
	status int    // every write is answered so, and not done; 0: none
	token  string // the one that is good
}

func newRealm(t *testing.T) *realm {
	t.Helper()
	r := &realm{password: rand.Text()}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func (k *realm) serve(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.URL.Path == "/realms/master/protocol/openid-connect/token" {
		if r.PostFormValue("password") != k.password {
			w.WriteHeader(401)
			fmt.Fprint(w, `{"error":"invalid_grant","error_description":"Invalid user credentials"}`)
			return
		}
		k.token = rand.Text()
		fmt.Fprintf(w, `{"access_token":%q}`, k.token)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+k.token || k.token == "" {
		w.WriteHeader(401)
		return
	}
	path, _ := strings.CutPrefix(r.URL.Path, "/admin/realms/main")
	if r.Method == "GET" {
		switch {
		case path == "/clients" && k.client == nil:
			fmt.Fprint(w, "[]")
		case path == "/clients":
			_ = json.NewEncoder(w).Encode([]any{k.client})
		case path == "/client-scopes":
			fmt.Fprint(w, `[{"id":"s1","name":"role_list"},{"id":"s2","name":"saml_organization"}]`)
		}
		return
	}
	if k.status != 0 {
		w.WriteHeader(k.status)
		fmt.Fprint(w, `{"errorMessage":"as configured"}`)
		return
	}
	k.writes++
	k.write(r, path)
	if k.breaks > 0 && k.writes == k.breaks {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	}
}

func (k *realm) write(r *http.Request, path string) {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	scope := map[string]string{"s1": "role_list", "s2": "saml_organization"}[path[strings.LastIndexByte(path, '/')+1:]]
	switch {
	case r.Method == "POST" && path == "/clients":
		body["id"], body["secret"] = "c1", "canary-of-the-realm"
		k.client = body
	case scope != "":
		have := slices.DeleteFunc(slices.Clone(k.client["defaultClientScopes"].([]any)), func(s any) bool { return s == scope })
		if r.Method == "PUT" {
			have = append(have, scope)
		}
		k.client["defaultClientScopes"] = have
	case r.Method == "DELETE":
		k.client = nil
	case r.Method == "PUT":
		if body["secret"] != nil {
			k.client["secret"] = "sent with the rest"
			return
		}
		attributes := maps.Clone(k.client["attributes"].(map[string]any))
		for name, v := range body["attributes"].(map[string]any) {
			attributes[name] = v
			if v == "" {
				delete(attributes, name)
			}
		}
		for name, v := range body {
			if name != "defaultClientScopes" && name != "optionalClientScopes" {
				k.client[name] = v
			}
		}
		k.client["attributes"] = attributes
	}
}

const keycloakFile = `version: 1
connections:
  - name: orq
    sp: {profile: orq, workspace: acme}
    idp: {profile: keycloak}
    saml: {idp_entity_id: "%[1]s/realms/main", sso_url: "%[1]s/realms/main/protocol/saml"}
`

func (k *realm) bench(t *testing.T) *bench {
	t.Helper()
	return newBench(t, fmt.Sprintf(keycloakFile, k.URL), map[string]string{"SSOCTL_KEYCLOAK_USER": "admin", "SSOCTL_KEYCLOAK_PASSWORD": k.password})
}

// byHand puts a client into the realm that somebody made with the console.
func (k *realm) byHand() map[string]any {
	k.client = map[string]any{"id": "c1", "clientId": "urn:orq.ai:acme", "protocol": "saml", "enabled": true, "secret": "canary-of-the-realm", "description": "by hand",
		"attributes": map[string]any{"mine": "stays", "saml.client.signature": "true", "saml.signing.private.key": "canary-of-the-realm"}, "redirectUris": []any{"https://mine.test/cb"},
		"protocolMappers": []any{map[string]any{"id": "m1", "name": "mine", "protocolMapper": "x", "config": map[string]any{}}}, "defaultClientScopes": []any{"role_list", "saml_organization"}}
	return k.copy()
}

func (k *realm) copy() map[string]any {
	b, _ := json.Marshal(k.client)
	var c map[string]any
	_ = json.Unmarshal(b, &c)
	return c
}

// TestKeycloakUpdate: only what the plan says is changed, what is not ours stays, and --undo brings back what was.
func TestKeycloakUpdate(t *testing.T) {
	k := newRealm(t)
	before := k.byHand()
	b := k.bench(t)
	b.hides(b.plan("keycloak"), "canary-of-the-realm")
	b.apply("keycloak", nil)
	if a := k.client["attributes"].(map[string]any); a["mine"] != "stays" || a["saml.client.signature"] != "false" || k.client["description"] != "by hand" || k.client["secret"] != "canary-of-the-realm" {
		t.Errorf("after the push: %v", k.client)
	}
	if got := k.client["defaultClientScopes"].([]any); len(got) != 0 {
		t.Errorf("scopes left: %v", got)
	}
	mine := slices.ContainsFunc(k.client["protocolMappers"].([]any), func(m any) bool { return m.(map[string]any)["name"] == "mine" })
	if !mine || len(k.client["protocolMappers"].([]any)) < 4 || len(k.client["redirectUris"].([]any)) != 2 {
		t.Errorf("what stood there beside is gone: %v", k.client)
	}
	if p := b.plan("keycloak"); p.Action != push.None {
		t.Errorf("a second push would do: %+v", p.Changes)
	}
	b.hides(b.stateText("keycloak"), "canary-of-the-realm")
	b.undo("keycloak")
	k.sameAs(t, before)
	if b.stateText("keycloak") != "" {
		t.Error("the state is still there")
	}
}

// sameAs compares with a former client, without regard to members that are empty and to the order of scopes.
func (k *realm) sameAs(t *testing.T, before map[string]any) {
	t.Helper()
	now := k.copy()
	for _, c := range []map[string]any{now, before} {
		slices.SortFunc(c["defaultClientScopes"].([]any), func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
	for name, want := range before {
		if !reflect.DeepEqual(want, now[name]) {
			t.Errorf("%s is %v, was %v", name, now[name], want)
		}
	}
}

// TestKeycloakInterrupted loses the answer of each write in turn: the next push goes on, and --undo still knows the state before the first.
func TestKeycloakInterrupted(t *testing.T) {
	for lost := 1; lost <= 3; lost++ { // the client, two scopes
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			k := newRealm(t)
			before := k.byHand()
			b := k.bench(t)
			k.breaks = lost
			b.fails("keycloak")
			if k.writes != lost {
				t.Fatalf("%d writes after the answer to write %d was lost", k.writes, lost)
			}
			b.apply("keycloak", nil)
			if p := b.plan("keycloak"); p.Action != push.None {
				t.Fatalf("not done: %+v", p.Changes)
			}
			b.undo("keycloak")
			k.sameAs(t, before)
		})
	}
	t.Run("undo at once", func(t *testing.T) {
		k := newRealm(t)
		before := k.byHand()
		b := k.bench(t)
		k.breaks = 2
		b.fails("keycloak")
		b.undo("keycloak")
		k.sameAs(t, before)
	})
	t.Run("cancelled", func(t *testing.T) {
		k := newRealm(t)
		b := k.bench(t)
		ctx, cancel := context.WithCancel(t.Context())
		j := b.job(ctx, "keycloak")
		p, err := j.Plan(ctx)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := j.Apply(ctx, p); err == nil || k.writes != 0 {
			t.Errorf("%v after %d writes", err, k.writes)
		}
	})
}

// TestKeycloakConflict: what somebody else changes meanwhile is not overwritten, neither by a push nor by taking one back.
func TestKeycloakConflict(t *testing.T) {
	k := newRealm(t)
	k.byHand()
	b := k.bench(t)
	j := b.job(t.Context(), "keycloak")
	p, err := j.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k.client["description"] = "somebody else"
	if _, err := j.Apply(t.Context(), p); err == nil || !strings.Contains(err.Error(), "changed by somebody else") || k.writes != 0 {
		t.Errorf("%v after %d writes", err, k.writes)
	}
	b.apply("keycloak", nil)
	k.client["description"] = "somebody else again"
	if _, err := b.job(t.Context(), "keycloak").PlanUndo(t.Context()); err == nil || !strings.Contains(err.Error(), "changed after the push") {
		t.Errorf("undo: %v", err)
	}
}

// TestKeycloakRefused: each refusal in an administrator's words.
func TestKeycloakRefused(t *testing.T) {
	for status, want := range map[int]string{403: `lacks the role "manage-clients" of realm "main"`, 409: "of that name already", 404: "admin API is not reachable", 400: "answered 400: as configured"} {
		k := newRealm(t)
		k.status = status
		if got := k.bench(t).fails("keycloak"); !strings.Contains(got, want) {
			t.Errorf("%d: want %q in %q", status, want, got)
		}
	}
	k := newRealm(t)
	b := k.bench(t)
	b.env["SSOCTL_KEYCLOAK_PASSWORD"] = "canary-wrong"
	if got := b.fails("keycloak"); !strings.Contains(got, "Invalid user credentials") || strings.Contains(got, "canary-wrong") {
		t.Errorf("wrong password: %q", got)
	}
	b = newBench(t, fmt.Sprintf(keycloakFile, "http://login.acme.test"), b.env)
	if got := b.fails("keycloak"); !strings.Contains(got, "is not https") {
		t.Errorf("plain http: %q", got)
	}
}

// TestKeycloakExpired: a token that ends between plan and apply is renewed once.
func TestKeycloakExpired(t *testing.T) {
	k := newRealm(t)
	b := k.bench(t)
	b.apply("keycloak", func() { k.token = "another" })
	b.undo("keycloak")
	if k.client != nil {
		t.Error("--undo of a creation left the client")
	}
}
