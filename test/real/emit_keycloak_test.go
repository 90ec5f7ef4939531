package real_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// emitted runs `ssoctl emit` on a connection and gives what stands on standard output.
func emitted(t *testing.T, c connection, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssoctl.yaml"), c.file(t), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{"emit", "-c", "ssoctl.yaml"}, args...)...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	return stdout.Bytes()
}

// emptyRealm makes a realm with one user in one group and without a client of anybody's. It gives the user's password and the issuer.
func (k *keycloak) emptyRealm(t *testing.T, name string) (password, issuer string) {
	t.Helper()
	password = rand.Text()
	k.admin.do(t, "POST", "", rep{
		"realm": name, "enabled": true, "groups": []rep{{"name": "platform-admins"}},
		"users": []rep{{"username": "ann", "enabled": true, "email": "ann@acme-corp.example", "emailVerified": true, "firstName": "Ann", "lastName": "Admin",
			"groups": []string{"/platform-admins"}, "credentials": []rep{{"type": "password", "value": password, "temporary": false}}}},
	}, nil)
	t.Cleanup(func() { k.admin.do(t, "DELETE", "/"+name, nil, nil) })
	return password, k.front.origin() + "/realms/" + name
}

// emitCase is one SP and protocol: what is emitted goes into the empty realm, and then everything has to work.
type emitCase struct {
	name, sp, as string
	conn         func(*connection)
	want         loginWant
}

func emitCases() []emitCase {
	// no rule on the address fits, so that the role comes by the group
	admin := rules("email=owner@acme-corp.example:Owner", "groups=platform-admins:Admin")
	return []emitCase{
		{name: "orq-oidc", sp: "orq", want: loginWant{decision: "allowed", claims: map[string]string{
			"id_token.email": "ann@acme-corp.example", "id_token.given_name": "Ann", "id_token.family_name": "Admin", "id_token.email_verified": "true", "userinfo.email": "ann@acme-corp.example"}}},
		{name: "archestra-oidc", sp: "archestra", conn: rules(`{{#includes groups "platform-admins"}}true{{/includes}}:admin`), want: loginWant{decision: "allowed admin", claims: map[string]string{
			"id_token.groups": "[platform-admins]", "userinfo.email": "ann@acme-corp.example"}}},
		{name: "torq-oidc", sp: "torq", conn: rules("email=ann@acme-corp.example:Owner", "groups=platform-admins:Admin"), want: loginWant{decision: "allowed Owner", claims: map[string]string{"id_token.groups": "[platform-admins]"}}},
		{name: "generic-oidc", sp: "generic", want: loginWant{claims: map[string]string{"id_token.email": "ann@acme-corp.example"}}},
		{name: "orq-saml", sp: "saml-orq", want: loginWant{decision: "allowed", claims: map[string]string{
			"assertion.email": "ann@acme-corp.example", "assertion.firstName": "Ann", "assertion.lastName": "Admin", "assertion.nameID": "ann@acme-corp.example", "assertion.Role": "-"}}},
		{name: "orq-saml-x500", sp: "saml-orq", as: "keycloak_client_x500", want: loginWant{decision: "allowed", claims: map[string]string{
			"assertion.urn:oid:1.2.840.113549.1.9.1": "ann@acme-corp.example", "assertion.urn:oid:2.5.4.42": "Ann", "assertion.urn:oid:2.5.4.4": "Admin"}}},
		{name: "archestra-saml", sp: "saml-archestra", want: loginWant{decision: "allowed member", claims: map[string]string{
			"assertion.email": "ann@acme-corp.example", "assertion.firstName": "Ann", "assertion.lastName": "Admin"}}},
		{name: "torq-saml", sp: "saml-torq", conn: admin, want: loginWant{decision: "allowed Admin", claims: map[string]string{
			"assertion.email": "ann@acme-corp.example", "assertion.first_name": "Ann", "assertion.last_name": "Admin", "assertion.groups": "platform-admins"}}},
		{name: "generic-saml", sp: "saml-generic", want: loginWant{claims: map[string]string{"assertion.email": "ann@acme-corp.example"}}},
	}
}

// TestKeycloakEmit imports what emit writes into an empty realm by the Admin REST API; doctor has to find it healthy, and a login has to
// bring what the SP reads.
func TestKeycloakEmit(t *testing.T) {
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
			args := []string{"--for", "idp"}
			if x.as != "" {
				args = append(args, "--as", x.as)
			}
			secret := k.importClient(t, "empty", emitted(t, c, args...))
			k.doctor(t, c, secret).compare(t, expectation{verdict: "healthy"})
			k.testLogin(t, c, secret, account{"ann", password}).compareLogin(t, x.want)
		})
	}
	t.Run("sp-metadata", k.convertsMetadata)
	t.Run("registration", k.registersClient)
	t.Run("emit-fix", k.emitsFix)
}

// inRealm is the connection of an SP to another realm.
func (k *keycloak) inRealm(t *testing.T, sp, issuer string) connection {
	t.Helper()
	if name, ok := strings.CutPrefix(sp, "saml-"); ok {
		descriptor := issuer + "/protocol/saml/descriptor"
		return samlConnections("keycloak", descriptor, issuer, issuer+"/protocol/saml", k.certificateOf(t, descriptor))["saml-"+name]
	}
	if sp == "torq" {
		c := connections(issuer, "keycloak")["orq"]
		c.Name, c.SP, c.OIDC.ClientID = "torq-real", map[string]string{"profile": "torq", "region": "us"}, "torq"
		return c
	}
	c := connections(issuer, "keycloak")[sp]
	c.IdP = map[string]any{"profile": "keycloak"}
	return c
}

// importClient sends a client to the Admin REST API as it was written, and gives the secret that Keycloak made for it.
func (k *keycloak) importClient(t *testing.T, realm string, file []byte) (secret string) {
	t.Helper()
	at := created(k.admin.do(t, "POST", "/"+realm+"/clients", json.RawMessage(file), nil))
	var client rep
	k.admin.do(t, "GET", at, nil, &client)
	if client["protocol"] == "saml" {
		return ""
	}
	var answer struct{ Value string }
	k.admin.do(t, "GET", at+"/client-secret", nil, &answer)
	if answer.Value == "" {
		t.Fatal("keycloak made no secret")
	}
	return answer.Value
}

// convertsMetadata gives the emitted SP metadata to Keycloak's converter and registers what comes out.
func (k *keycloak) convertsMetadata(t *testing.T) {
	_, issuer := k.emptyRealm(t, "empty")
	for _, sp := range []string{"orq", "archestra", "torq", "generic"} {
		c := k.inRealm(t, "saml-"+sp, issuer)
		metadata := emitted(t, c, "--for", "idp", "--as", "sp_metadata")
		req, err := http.NewRequest("POST", k.admin.base+"/admin/realms/empty/client-description-converter", bytes.NewReader(metadata))
		if err != nil {
			t.Fatal(err)
		}
		k.admin.do(t, "GET", "/empty", nil, nil) // renews the token
		req.Header.Set("Authorization", "Bearer "+k.admin.token)
		req.Header.Set("Content-Type", "application/xml")
		var client rep
		k.admin.send(t, req, &client)
		attributes, _ := client["attributes"].(rep)
		redirects, _ := client["redirectUris"].([]any)
		if client["clientId"] != entity[sp] || !slices.Contains(redirects, any(acs[sp])) || attributes["saml_name_id_format"] != "email" {
			t.Errorf("%s: keycloak reads the metadata as %v", sp, client)
		}
		// The converter passes over AuthnRequestsSigned, so the switch is on as in every new client: the notes of emit say so.
		attributes["saml.client.signature"] = "false"
		k.admin.do(t, "POST", "/empty/clients", client, nil)
		k.doctor(t, c, "").compare(t, expectation{verdict: "healthy"})
	}
}

// registersClient registers the emitted client metadata at Keycloak's own registration endpoint.
func (k *keycloak) registersClient(t *testing.T) {
	password, issuer := k.emptyRealm(t, "empty")
	for _, sp := range []string{"orq", "torq"} {
		c := k.inRealm(t, sp, issuer)
		if sp == "torq" {
			rules("email=ann@acme-corp.example:Owner")(&c)
		}
		var access struct{ Token string }
		k.admin.do(t, "POST", "/empty/clients-initial-access", rep{"count": 1, "expiration": 60}, &access)
		req, err := http.NewRequest("POST", k.admin.base+"/realms/empty/clients-registrations/openid-connect", bytes.NewReader(emitted(t, c, "--for", "idp", "--as", "client_registration")))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+access.Token)
		req.Header.Set("Content-Type", "application/json")
		var answer struct {
			ID     string `json:"client_id"`
			Secret string `json:"client_secret"`
		}
		k.admin.send(t, req, &answer)
		c.OIDC.ClientID = answer.ID
		k.doctor(t, c, answer.Secret).compare(t, expectation{verdict: "healthy"})
		k.testLogin(t, c, answer.Secret, account{"ann", password}).compareLogin(t, loginWant{claims: map[string]string{"id_token.email": "ann@acme-corp.example"}})
	}
}

// emitsFix breaks a client, lets doctor write the configuration that mends it, and imports that.
func (k *keycloak) emitsFix(t *testing.T) {
	_, issuer := k.emptyRealm(t, "empty")
	c := k.inRealm(t, "saml-orq", issuer)
	var broken rep
	if err := json.Unmarshal(emitted(t, c, "--for", "idp"), &broken); err != nil {
		t.Fatal(err)
	}
	broken["attributes"].(rep)["saml.client.signature"] = "true"
	at := created(k.admin.do(t, "POST", "/empty/clients", broken, nil))
	fix := t.TempDir()
	k.doctor(t, c, "", "--emit-fix", fix).compare(t, expectation{code: "REQ012", entry: "client-signature-required"})
	b, err := os.ReadFile(filepath.Join(fix, c.Name, "idp", c.Name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	k.admin.do(t, "DELETE", at, nil, nil)
	k.importClient(t, "empty", b)
	k.doctor(t, c, "").compare(t, expectation{verdict: "healthy"})
}
