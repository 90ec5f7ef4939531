package real_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// realServer is what a case needs to know of a running server.
type realServer struct {
	front   *front
	issuer  string
	secrets map[string]string // client_id -> client secret, made at run time
	base    map[string]connection
}

// keycloak is the running Keycloak with realm main behind its front.
type keycloak struct {
	realServer
	admin *admin
}

// startKeycloak installs when needed, starts Keycloak and imports the realm of setup/keycloak-realm.json.
func startKeycloak(t *testing.T) *keycloak {
	t.Helper()
	prepare(t, "keycloak.sh")
	f := newFront(t, "login.acme-corp.example", "sso.acme-corp.example")
	addr := ""
	listening := regexp.MustCompile(`Listening on: http://(127\.0\.0\.1:\d+)`)
	env := []string{"KC_HOSTNAME=" + f.origin(), "KC_PORT=0", "KC_RUN=" + t.TempDir()}
	startServer(t, "keycloak.sh", env, 3*time.Minute, func(line string) bool {
		if m := listening.FindStringSubmatch(line); m != nil {
			addr = m[1]
		}
		return strings.Contains(line, "Bootstrap completed") // before that it answers 503
	})
	f.toBackend(addr)
	user, password := administrator(t)
	k := &keycloak{
		realServer: realServer{front: f, issuer: f.origin() + "/realms/main", secrets: map[string]string{}},
		admin:      &admin{base: "http://" + addr, user: user, password: password},
	}
	k.createRealm(t)
	k.base = connections(k.issuer, "keycloak")
	return k
}

// administrator reads who may administer the cached database.
func administrator(t *testing.T) (user, password string) {
	t.Helper()
	out, err := exec.Command("bash", "setup/keycloak.sh", "env").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "user":
			user = value
		case "password_file":
			b, err := os.ReadFile(value)
			if err != nil {
				t.Fatal(err)
			}
			password = string(b)
		}
	}
	return user, password
}

// createRealm imports the realm, each confidential client with a secret of this run.
func (k *keycloak) createRealm(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("setup", "keycloak-realm.json"))
	if err != nil {
		t.Fatal(err)
	}
	var realm rep
	if err := json.Unmarshal(b, &realm); err != nil {
		t.Fatal(err)
	}
	for _, c := range realm["clients"].([]any) {
		client := c.(rep)
		if client["protocol"] == "openid-connect" {
			id := client["clientId"].(string)
			k.secrets[id] = rand.Text()
			client["secret"] = k.secrets[id]
		}
	}
	k.admin.do(t, "POST", "", realm, nil)
	// The first write adds attributes with default values; made now, they are no difference afterwards.
	var imported rep
	k.admin.do(t, "GET", "/main", nil, &imported)
	k.admin.do(t, "PUT", "/main", imported, nil)
}

// editClient changes the representation of a client for the rest of the test and writes the saved one back.
func (k *keycloak) editClient(t *testing.T, clientID string, edit func(rep)) {
	t.Helper()
	saved, path := k.admin.client(t, clientID)
	changed := clone(t, saved)
	edit(changed)
	k.admin.do(t, "PUT", path, changed, nil)
	t.Cleanup(func() { k.writeBack(t, path, saved) })
}

// writeBack puts a saved representation back and compares what the server says then. Keycloak keeps
// attributes that a representation does not mention: those that the fault added are emptied by name.
func (k *keycloak) writeBack(t *testing.T, path string, saved rep) {
	t.Helper()
	var now rep
	k.admin.do(t, "GET", path, nil, &now)
	restore := clone(t, saved)
	if attributes, ok := restore["attributes"].(rep); ok {
		for name := range now["attributes"].(rep) {
			if _, had := attributes[name]; !had {
				attributes[name] = ""
			}
		}
	}
	k.admin.do(t, "PUT", path, restore, nil)
	var after rep
	k.admin.do(t, "GET", path, nil, &after)
	if diff := cmp.Diff(withoutEmpty(t, saved), withoutEmpty(t, after)); diff != "" {
		t.Errorf("keycloak: %s is not as it was before the fault (-before +after):\n%s", path, diff)
	}
}

// withoutEmpty drops empty attributes and what the server writes by itself, and puts the mappers, which come in any order, into one.
func withoutEmpty(t *testing.T, r rep) rep {
	t.Helper()
	c := clone(t, r)
	attributes, _ := c["attributes"].(rep)
	for name, value := range attributes {
		if value == "" || name == "client.secret.creation.time" {
			delete(attributes, name)
		}
	}
	if mappers, ok := c["protocolMappers"].([]any); ok {
		slices.SortFunc(mappers, func(a, b any) int {
			return strings.Compare(fmt.Sprint(a.(rep)["name"]), fmt.Sprint(b.(rep)["name"]))
		})
	}
	return c
}

// editRealm changes the realm for the rest of the test.
func (k *keycloak) editRealm(t *testing.T, edit func(rep)) {
	t.Helper()
	var saved rep
	k.admin.do(t, "GET", "/main", nil, &saved)
	changed := clone(t, saved)
	edit(changed)
	k.admin.do(t, "PUT", "/main", changed, nil)
	t.Cleanup(func() { k.writeBack(t, "/main", saved) })
}

// takeScope removes a client scope from the client's default scopes for the rest of the test.
func (k *keycloak) takeScope(t *testing.T, clientID, scope string) {
	t.Helper()
	_, path := k.admin.client(t, clientID)
	var assigned []struct{ ID, Name string }
	k.admin.do(t, "GET", path+"/default-client-scopes", nil, &assigned)
	for _, s := range assigned {
		if s.Name == scope {
			at := path + "/default-client-scopes/" + s.ID
			k.admin.do(t, "DELETE", at, nil, nil)
			t.Cleanup(func() { k.admin.do(t, "PUT", at, nil, nil) })
			return
		}
	}
	t.Fatalf("keycloak: client %q has no default scope %q", clientID, scope)
}

// addKeys adds a key provider of the realm for the rest of the test; it becomes the first choice.
func (k *keycloak) addKeys(t *testing.T, provider string, config map[string]string) {
	t.Helper()
	var realm rep
	k.admin.do(t, "GET", "/main", nil, &realm)
	lists := rep{"priority": []string{"900"}, "enabled": []string{"true"}, "active": []string{"true"}}
	for name, value := range config {
		lists[name] = []string{value}
	}
	h := k.admin.do(t, "POST", "/main/components", rep{
		"name": "fault", "providerId": provider, "providerType": "org.keycloak.keys.KeyProvider",
		"parentId": realm["id"], "config": lists,
	}, nil)
	at := created(h)
	t.Cleanup(func() { k.admin.do(t, "DELETE", at, nil, nil) })
}

// disableKeys switches the realm's own key providers of one type off for the rest of the test. Keycloak keeps
// settings that a representation does not mention, so taking it back means saying "true".
func (k *keycloak) disableKeys(t *testing.T, provider string) {
	t.Helper()
	var found []rep
	k.admin.do(t, "GET", "/main/components?type=org.keycloak.keys.KeyProvider", nil, &found)
	enable := func(c rep, value string) {
		c["config"].(rep)["enabled"] = []string{value}
		k.admin.do(t, "PUT", "/main/components/"+c["id"].(string), c, nil)
	}
	done := false
	for _, c := range found {
		if c["providerId"] == provider {
			enable(c, "false")
			t.Cleanup(func() { enable(c, "true") })
			done = true
		}
	}
	if !done {
		t.Fatalf("keycloak: the realm has no key provider %q", provider)
	}
}

// TestKeycloak puts every fault into a real Keycloak, one after the other.
func TestKeycloak(t *testing.T) {
	keycloakSuite.require(t)
	k := startKeycloak(t)
	t.Run("oidc", func(t *testing.T) {
		t.Run("healthy", func(t *testing.T) { k.healthy(t, "keycloak") })
		for _, table := range [][]fault{
			redirectFaults(), clientFaults(), secretFaults(), requestFaults(),
			issuerFaults(), keyFaults(), certificateFaults(), answerFaults(t),
		} {
			for _, f := range table {
				t.Run(f.name, func(t *testing.T) {
					if f.inject != nil {
						f.inject(t, k)
					}
					k.run(t, "keycloak", f)
				})
			}
		}
		t.Run("healthy-again", func(t *testing.T) { k.healthy(t, "keycloak") })
	})
	t.Run("saml", k.saml)
}
