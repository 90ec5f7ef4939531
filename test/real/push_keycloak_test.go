package real_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pusher runs push and diff on one connection; its folder keeps file and state.
type pusher struct {
	server *realServer
	dir    string
	env    []string
	hidden []string // must not come out
}

func (s *realServer) pusher(t *testing.T, c connection, env ...string) *pusher {
	t.Helper()
	p := &pusher{server: s, dir: t.TempDir(), env: env}
	p.write(t, c)
	return p
}

func (p *pusher) write(t *testing.T, c connection) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "ssoctl.yaml"), c.file(t), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command and gives its streams; it has to end with the exit code.
func (p *pusher) run(t *testing.T, exit int, args ...string) (stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args = append(args, "--ca-file", p.server.front.file)
	for _, host := range []string{p.server.front.host, p.server.front.also} {
		args = append(args, "--resolve", host+":"+p.server.front.port+":127.0.0.1")
	}
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir = p.dir
	cmd.Env = append([]string{"HOME=" + p.dir, "PATH=" + os.Getenv("PATH"), "NO_COLOR=1"}, p.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exited *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exited) {
		t.Fatalf("run %s: %v", cmd, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != exit {
		t.Fatalf("ssoctl %s ended with %d, want %d\n%s%s", strings.Join(args, " "), got, exit, &out, &errs)
	}
	for _, secret := range p.hidden {
		if strings.Contains(out.String()+errs.String(), secret) {
			t.Errorf("a secret is in the output of ssoctl %s", strings.Join(args, " "))
		}
	}
	return out.String(), errs.String()
}

// secret reads what --secret-to wrote; nobody else may read it.
func (p *pusher) secret(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(p.dir, name)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v (%v)", name, info.Mode(), err)
	}
	secret := strings.TrimSpace(string(b))
	if len(secret) < 16 {
		t.Fatalf("%s holds %d characters", name, len(secret))
	}
	p.hidden = append(p.hidden, secret)
	return secret
}

// TestKeycloakPush pushes into empty realms of a real Keycloak by its Admin REST API: doctor finds the result healthy and a login brings
// what the SP reads; then what push promises about drift, repetition and going back.
func TestKeycloakPush(t *testing.T) {
	keycloakSuite.require(t)
	if *wireOnly {
		t.Skip("what ssoctl writes is needed")
	}
	k := startKeycloak(t)
	for _, x := range emitCases() {
		t.Run(x.name, func(t *testing.T) {
			password, issuer := k.emptyRealm(t, "empty")
			c := k.inRealm(t, x.sp, issuer)
			if x.conn != nil {
				x.conn(&c)
			}
			p := k.adminPusher(t, c)
			args := []string{"push", "--to", "keycloak"}
			if x.as != "" {
				args = append(args, "--as", x.as)
			}
			secret := ""
			if c.OIDC != nil {
				p.run(t, 0, append(args, "--secret-to", "secret.txt")...)
				secret = p.secret(t, "secret.txt")
			} else {
				p.run(t, 0, args...)
			}
			if out, _ := p.run(t, 0, append(args, "--dry-run")...); !strings.Contains(out, "as it should be") {
				t.Errorf("a second push would change something:\n%s", out)
			}
			k.doctor(t, c, secret).compare(t, expectation{verdict: "healthy"})
			k.testLogin(t, c, secret, account{"ann", password}).compareLogin(t, x.want)
		})
	}
	t.Run("drift", k.pushesDrift)
	t.Run("scopes", k.pushesScopes)
	t.Run("refused", k.pushRefused)
	t.Run("registration", k.pushRegisters)
}

func (k *keycloak) adminPusher(t *testing.T, c connection) *pusher {
	t.Helper()
	p := k.pusher(t, c, "SSOCTL_KEYCLOAK_USER="+k.admin.user, "SSOCTL_KEYCLOAK_PASSWORD="+k.admin.password)
	p.hidden = append(p.hidden, k.admin.password)
	return p
}

// pushesDrift changes a client by hand: diff shows it, push mends just that, undo brings the hand's work back.
func (k *keycloak) pushesDrift(t *testing.T) {
	_, issuer := k.emptyRealm(t, "empty")
	c := k.inRealm(t, "archestra", issuer)
	rules(`{{#includes groups "platform-admins"}}true{{/includes}}:admin`)(&c)
	p := k.adminPusher(t, c)
	p.run(t, 0, "push", "--to", "keycloak", "--secret-to", "secret.txt")
	first := p.secret(t, "secret.txt")
	p.env = append(p.env, secretName+"="+first)
	if out, _ := p.run(t, 0, "diff"); !strings.Contains(out, "as it should be") {
		t.Errorf("diff after push:\n%s", out)
	}

	at := k.clientIn(t, "empty", "archestra")
	var client rep
	k.admin.do(t, "GET", at, nil, &client)
	client["redirectUris"] = []any{"https://archestra.acme-corp.example/wrong", "https://kept.acme-corp.example/cb"}
	client["attributes"].(rep)["custom.by.hand"] = "stays"
	client["description"] = "by hand"
	mapper := client["protocolMappers"].([]any)[0].(rep)
	mapper["config"].(rep)["full.path"] = "true"
	k.admin.do(t, "PUT", at, client, nil)
	var before rep
	k.admin.do(t, "GET", at, nil, &before)

	out, _ := p.run(t, 1, "diff")
	for _, want := range []string{`~ protocolMappers/groups/config/full.path: "true" -> "false"`, `+ redirectUris: "https://archestra.acme-corp.example/api/auth/sso/callback/Keycloak"`, "kept.acme-corp.example"} {
		if !strings.Contains(out, want) {
			t.Errorf("diff lacks %q:\n%s", want, out)
		}
	}
	p.run(t, 0, "push", "--to", "keycloak", "--dry-run")
	var untouched rep
	k.admin.do(t, "GET", at, nil, &untouched)
	if d := cmp.Diff(withoutEmpty(t, before), withoutEmpty(t, untouched)); d != "" {
		t.Errorf("--dry-run wrote:\n%s", d)
	}
	p.run(t, 0, "push", "--to", "keycloak")
	var after rep
	k.admin.do(t, "GET", at, nil, &after)
	want := withoutEmpty(t, before)
	want["redirectUris"] = append(want["redirectUris"].([]any), callback["archestra"])
	want["protocolMappers"].([]any)[0].(rep)["config"].(rep)["full.path"] = "false"
	got := withoutEmpty(t, after)
	for _, r := range []rep{want, got} {
		slices.SortFunc(r["redirectUris"].([]any), func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("push changed something else than it planned (-want +got):\n%s", d)
	}

	p.run(t, 0, "push", "--to", "keycloak", "--rotate-secret", "--secret-to", "second.txt")
	if second := p.secret(t, "second.txt"); second == first {
		t.Error("the secret was not rotated")
	}
	if out, _ := p.run(t, 1, "diff"); !strings.Contains(out, "[another secret]") {
		t.Errorf("diff does not see that the secret is another one:\n%s", out)
	}

	p.run(t, 0, "push", "--to", "keycloak", "--undo")
	var undone rep
	k.admin.do(t, "GET", at, nil, &undone)
	a, b := withoutEmpty(t, before), withoutEmpty(t, undone)
	for _, r := range []rep{a, b} {
		delete(r, "secret")
		slices.SortFunc(r["redirectUris"].([]any), func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("--undo did not bring the former state back (-before +after):\n%s", d)
	}
	if _, errs := p.run(t, 2, "push", "--to", "keycloak", "--undo"); !strings.Contains(errs, "nothing was pushed") {
		t.Errorf("a second --undo says %q", errs)
	}
}

// pushesScopes: the scope that spoils SAML attributes is taken from a client that was made by hand, and comes back with --undo.
func (k *keycloak) pushesScopes(t *testing.T) {
	_, issuer := k.emptyRealm(t, "empty")
	c := k.inRealm(t, "saml-orq", issuer)
	k.admin.do(t, "POST", "/empty/clients", rep{"clientId": entity["orq"], "protocol": "saml", "enabled": true}, nil)
	p := k.adminPusher(t, c)
	if out, _ := p.run(t, 1, "diff"); !strings.Contains(out, `- defaultClientScopes: "role_list"`) {
		t.Errorf("diff does not show the scope:\n%s", out)
	}
	p.run(t, 0, "push", "--to", "keycloak")
	p.run(t, 0, "diff")
	k.doctor(t, c, "").compare(t, expectation{verdict: "healthy"})
	p.run(t, 0, "push", "--to", "keycloak", "--undo")
	var client rep
	k.admin.do(t, "GET", k.clientIn(t, "empty", entity["orq"]), nil, &client)
	if !slices.Contains(client["defaultClientScopes"].([]any), any("role_list")) {
		t.Errorf("--undo left the scopes %v", client["defaultClientScopes"])
	}
}

// pushRefused: wrong passwords, missing rights and a missing realm are explained, and nothing is written.
func (k *keycloak) pushRefused(t *testing.T) {
	_, issuer := k.emptyRealm(t, "empty")
	c := k.inRealm(t, "orq", issuer)
	p := k.pusher(t, c)
	says := func(exit int, words string, args ...string) {
		t.Helper()
		if out, errs := p.run(t, exit, append([]string{"push", "--to", "keycloak"}, args...)...); !strings.Contains(out+errs, words) {
			t.Errorf("want %q in\n%s%s", words, out, errs)
		}
	}
	says(2, "no credentials")
	wrong := rand.Text()
	p.hidden = []string{wrong}
	p.env = []string{"SSOCTL_KEYCLOAK_USER=" + k.admin.user, "SSOCTL_KEYCLOAK_PASSWORD=" + wrong}
	says(2, "does not let user")
	says(2, `has no realm "nowhere"`, "--admin-realm", "nowhere")
	// A user of the realm without any role of realm-management, then one that may only look.
	ann := rand.Text()
	k.admin.do(t, "POST", "/empty/users", rep{"username": "bob", "enabled": true, "email": "bob@acme-corp.example", "emailVerified": true, "firstName": "Bob", "lastName": "Reader",
		"credentials": []rep{{"type": "password", "value": ann}}}, nil)
	p.hidden, p.env = []string{ann}, []string{"SSOCTL_KEYCLOAK_USER=bob", "SSOCTL_KEYCLOAK_PASSWORD=" + ann}
	says(2, `lacks the role "view-clients"`, "--admin-realm", "empty")
	var users []rep
	k.admin.do(t, "GET", "/empty/users?username=bob", nil, &users)
	management := k.clientIn(t, "empty", "realm-management")
	var role rep
	k.admin.do(t, "GET", management+"/roles/view-clients", nil, &role)
	k.admin.do(t, "POST", "/empty/users/"+users[0]["id"].(string)+"/role-mappings/clients/"+strings.TrimPrefix(management, "/empty/clients/"), []rep{role}, nil)
	says(0, "to be created", "--admin-realm", "empty", "--dry-run")
	says(2, `lacks the role "manage-clients"`, "--admin-realm", "empty")
	var found []rep
	k.admin.do(t, "GET", "/empty/clients?clientId=orq", nil, &found)
	if len(found) != 0 {
		t.Error("a refused push made a client")
	}
}

// pushRegisters registers at Keycloak's registration endpoint, mends drift by RFC 7592, and takes the client away again.
func (k *keycloak) pushRegisters(t *testing.T) {
	password, issuer := k.emptyRealm(t, "empty")
	c := k.inRealm(t, "orq", issuer)
	var access struct{ Token string }
	k.admin.do(t, "POST", "/empty/clients-initial-access", rep{"count": 1, "expiration": 60}, &access)
	p := k.pusher(t, c)
	if _, errs := p.run(t, 2, "push", "--to", "registration", "--secret-to", "s"); !strings.Contains(errs, "SSOCTL_REGISTRATION_TOKEN") {
		t.Errorf("without an initial access token it says %q", errs)
	}
	p.env = append(p.env, "SSOCTL_REGISTRATION_TOKEN="+access.Token)
	p.hidden = []string{access.Token}
	_, errs := p.run(t, 0, "push", "--to", "registration", "--secret-to", "secret.txt")
	secret := p.secret(t, "secret.txt")
	_, id, ok := strings.Cut(errs, "client_id: ")
	if !ok {
		t.Fatalf("no client_id in %q", errs)
	}
	c.OIDC.ClientID = strings.Fields(id)[0]
	p.write(t, c)
	k.doctor(t, c, secret).compare(t, expectation{verdict: "healthy"})
	k.testLogin(t, c, secret, account{"ann", password}).compareLogin(t, loginWant{claims: map[string]string{"id_token.email": "ann@acme-corp.example"}})
	p.env = append(p.env, secretName+"="+secret)
	p.run(t, 0, "diff", "--to", "registration")

	at := k.clientIn(t, "empty", c.OIDC.ClientID)
	var client rep
	k.admin.do(t, "GET", at, nil, &client)
	client["redirectUris"] = []any{"https://elsewhere.acme-corp.example/cb"}
	k.admin.do(t, "PUT", at, client, nil)
	p.run(t, 1, "diff", "--to", "registration")
	p.run(t, 0, "push", "--to", "registration")
	p.run(t, 0, "diff", "--to", "registration")
	k.doctor(t, c, secret).compare(t, expectation{verdict: "healthy"})
}

// clientIn is the path of a client in a realm.
func (k *keycloak) clientIn(t *testing.T, realm, clientID string) string {
	t.Helper()
	var found []json.RawMessage
	k.admin.do(t, "GET", "/"+realm+"/clients?clientId="+strings.ReplaceAll(clientID, ":", "%3A"), nil, &found)
	var one struct{ ID string }
	if len(found) != 1 || json.Unmarshal(found[0], &one) != nil {
		t.Fatalf("realm %s has %d clients %q", realm, len(found), clientID)
	}
	return "/" + realm + "/clients/" + one.ID
}
