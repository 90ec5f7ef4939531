package emit_test

import (
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// everything is all that a format says: files, base64 of metadata opened, and notes.
func everything(t *testing.T, out emit.Output) string {
	t.Helper()
	all := strings.Join(out.Left(), "\n")
	for _, f := range out.Files {
		all += "\n" + string(f.Body)
		var body struct{ MetadataXML string }
		if json.Unmarshal(f.Body, &body) == nil && body.MetadataXML != "" {
			xml, err := base64.StdEncoding.DecodeString(body.MetadataXML)
			if err != nil {
				t.Error(err)
			}
			all += "\n" + string(xml)
		}
	}
	return all
}

// TestComplete: what the SP's profile needs of the IdP stands in every format: its addresses and names, the texts that it demands of the
// IdP's settings, and each attribute that it does not call optional.
func TestComplete(t *testing.T) {
	checked := 0
	for name, c := range fixtures(t) {
		for _, f := range emit.For(c, emit.IdP) {
			out, err := f.Write(emit.Input{Connection: c})
			if err != nil {
				t.Errorf("%s %s: %v", name, f.ID, err)
				continue
			}
			all := everything(t, out)
			for what, value := range must(c) {
				checked++
				if !strings.Contains(all, value) && !strings.Contains(all, strings.ReplaceAll(value, "&", "&amp;")) {
					t.Errorf("%s %s: %s %q is missing", name, f.ID, what, value)
				}
			}
			for _, a := range attributes(c) {
				checked++
				there := func(name string) bool { return strings.Contains(all, name) }
				byItself := strings.HasPrefix(f.ID, "entra_") && slices.ContainsFunc(a.Names, func(n string) bool { return strings.HasPrefix(n, "http://schemas.xmlsoap.org/") })
				if !slices.ContainsFunc(a.Names, there) && !byItself {
					t.Errorf("%s %s: the attribute %s (%v) is missing", name, f.ID, a.Name, a.Names)
				}
			}
		}
	}
	if checked < 500 {
		t.Errorf("only %d things looked at", checked)
	}
}

// must are the values without which no login works.
func must(c *connection.Connection) map[string]string {
	if c.Protocol() == config.OIDC {
		return map[string]string{"redirect URI": c.RedirectURI()}
	}
	return map[string]string{"ACS URL": c.ACSURL(), "entity ID": c.SPEntityID()}
}

// attributes are the SAML attributes that are needed or wanted.
func attributes(c *connection.Connection) []knowledge.Claim {
	if c.Protocol() != config.SAML || c.SP.SAML == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.SP.SAML.Attributes), func(a knowledge.Claim) bool { return a.Level == "optional" })
}

// TestScripts sees that a shell can read every script.
func TestScripts(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for name, c := range fixtures(t) {
		for _, f := range emit.For(c, emit.IdP) {
			out, err := f.Write(emit.Input{Connection: c})
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range out.Files {
				if !strings.HasSuffix(file.Name, ".sh") {
					continue
				}
				read++
				cmd := exec.Command(sh, "-n")
				cmd.Stdin = strings.NewReader(string(file.Body))
				if msg, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s: %v %s\n%s", name, err, msg, file.Body)
				}
			}
		}
	}
	if read < 6 {
		t.Errorf("only %d scripts", read)
	}
}

// TestDemands: a switch that the SP demands is written as demanded, although the connection file records the opposite.
func TestDemands(t *testing.T) {
	const text = `version: 1
connections:
  - name: x
    sp: {profile: orq, workspace: acme}
    idp: {profile: %IDP%, settings: {%SETTINGS%}}
    saml: {idp_entity_id: "https://idp.acme.com", sso_url: "https://idp.acme.com/sso"}
`
	for _, x := range []struct{ idp, settings, want, not string }{
		{"keycloak", "client_signature_required: true, sign_assertions: false", `"saml.client.signature": "false"`, `"saml.assertion.signature": "false"`},
		{"keycloak", "force_post_binding: false, idp_initiated_url_name: tile", `"saml.force.post.binding": "false"`, `"saml_idp_initiated_sso_url_name": ""`},
		{"keycloak", "name_id_format: username", `"saml_name_id_format": "email"`, `"saml_name_id_format": "username"`},
		{"okta", "signed_requests: true", "clear Applications › Orq.ai", "tick Applications"},
		{"okta", "hide_in_portal: true", `"web": true`, `"web": false`},
		{"authentik", "sign_assertions: false", "sign_assertion: true", "sign_assertion: false"},
	} {
		c := load(t, knowledge.New(), "x.yaml", []byte(strings.NewReplacer("%IDP%", x.idp, "%SETTINGS%", x.settings).Replace(text)))["x"]
		f, err := emit.Pick(c, emit.IdP, "")
		if err != nil {
			t.Fatal(err)
		}
		out, err := f.Write(emit.Input{Connection: c})
		if err != nil {
			t.Fatal(err)
		}
		if all := everything(t, out); !strings.Contains(all, x.want) || strings.Contains(all, x.not) {
			t.Errorf("%s with %s: %s is not there, or %s is:\n%s", x.idp, x.settings, x.want, x.not, all)
		}
	}
}

// TestRefresh: where the SP asks for offline_access, the client may refresh; nobody else's may.
func TestRefresh(t *testing.T) {
	for _, idp := range []string{"okta", "auth0", "authentik", "authelia", "zitadel"} {
		for _, scopes := range []string{"openid, email", "openid, email, offline_access"} {
			text := "version: 1\nconnections:\n  - name: x\n    sp: {profile: generic, callback_url: \"https://app.acme.com/cb\"}\n    idp: {profile: " + idp +
				"}\n    oidc: {issuer: \"https://idp.acme.com\", client_id: a, client_secret: env:X, scopes: [" + scopes + "]}\n"
			c := load(t, knowledge.New(), "x.yaml", []byte(text))["x"]
			for _, f := range emit.For(c, emit.IdP) {
				if f.ID == "field_sheet" {
					continue
				}
				out, err := f.Write(emit.Input{Connection: c})
				if err != nil {
					t.Fatal(err)
				}
				var files string
				for _, file := range out.Files {
					files += string(file.Body)
				}
				refreshes := strings.Contains(strings.ToLower(files), "refresh_token")
				if refreshes != strings.Contains(scopes, "offline") {
					t.Errorf("%s for %s with scopes %s:\n%s", f.ID, idp, scopes, files)
				}
			}
		}
	}
}

// TestCertificate: an SP that decrypts gets its certificate to the IdP, in the client and in the metadata; without one nothing is encrypted.
func TestCertificate(t *testing.T) {
	const text = `version: 1
connections:
  - name: x
    sp: {profile: generic, acs_url: "https://a.acme.com/acs", entity_id: "https://a.acme.com"}
    idp: {profile: keycloak}
    saml: {idp_entity_id: "https://idp.acme.com/realms/main", sso_url: "https://idp.acme.com/realms/main/protocol/saml", want: {encrypted: true}}
`
	const pem = "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n"
	c := load(t, knowledge.New(), "x.yaml", []byte(text))["x"]
	for _, x := range []struct{ format, with, without string }{
		{"keycloak_client", `"saml.encryption.certificate": "QUJDREVG"`, `"saml.encrypt": "false"`},
		{"sp_metadata", "<ds:X509Certificate>QUJDREVG</ds:X509Certificate>", `WantAssertionsSigned="true"`},
	} {
		f, err := emit.Pick(c, emit.IdP, x.format)
		if err != nil {
			t.Fatal(err)
		}
		for certificate, want := range map[string]string{pem: x.with, "": x.without} {
			out, err := f.Write(emit.Input{Connection: c, SPCertificate: certificate})
			if err != nil {
				t.Fatal(err)
			}
			if all := everything(t, out); !strings.Contains(all, want) || strings.Contains(all, "QUJDREVG") != (certificate != "") {
				t.Errorf("%s with the certificate %q: %s is missing in\n%s", x.format, certificate, want, all)
			}
		}
		if _, err := f.Write(emit.Input{Connection: c, SPCertificate: "no certificate"}); err == nil {
			t.Errorf("%s takes a text that is no certificate", x.format)
		}
	}
}

// TestHostile: names and values with quotes, templates, markup, line ends and control characters break no format.
func TestHostile(t *testing.T) {
	const nasty = `a\"b'c${d}%{e}|f<g>&h\\i\nj: k # l\e[31m!x {{m}}`
	text := strings.ReplaceAll(`version: 1
connections:
  - name: "%N"
    sp: {profile: %SP, callback_url: "https://a.acme.com/%N", acs_url: "https://a.acme.com/%N", entity_id: "urn:%N", workspace: "w%N", base_url: "https://a.acme.com/%N", provider_id: "%N", region: us}
    idp: {profile: %IDP}
    oidc: {issuer: "https://idp.acme.com/%N", client_id: "%N", client_secret: "env:%N", scopes: [openid, "%N"]}
    allowed_domains: ["%N"]
    roles: {default: "%N", rules: [{claim: "%N", value: "%N", role: "%N", template: "%N"}]}
    teams: {template: "%N"}
  - name: "second %N"
    sp: {profile: %SP, acs_url: "https://a.acme.com/%N", entity_id: "urn:%N", workspace: "w%N", base_url: "https://a.acme.com/%N", provider_id: "%N", region: us}
    idp: {profile: %IDP}
    saml: {idp_entity_id: "%N", sso_url: "https://idp.acme.com/%N", sp_entity_id: "urn:%N"}
    roles: {rules: [{claim: "%N", value: "%N", role: "%N"}]}
`, "%N", nasty)
	lib, known, written := knowledge.New(), schemas(t), 0
	for _, sp := range []string{"generic", "orq", "archestra", "torq"} {
		for _, h := range lib.Heads().IdPs {
			for _, c := range load(t, lib, "x.yaml", []byte(strings.NewReplacer("%SP", sp, "%IDP", h.ID).Replace(text))) {
				for _, side := range []emit.Side{emit.IdP, emit.SP} {
					for _, f := range emit.For(c, side) {
						out, err := f.Write(emit.Input{Connection: c})
						if err != nil {
							continue
						}
						for _, file := range out.Files {
							written++
							parses(t, sp+" "+h.ID+" "+f.ID, file, known)
							if strings.Contains(string(file.Body), "\x1b") {
								t.Errorf("%s %s %s: %s commands a terminal", sp, h.ID, f.ID, file.Name)
							}
							if strings.ContainsAny(file.Name, "/\\\x00") || strings.HasPrefix(file.Name, ".") {
								t.Errorf("%s %s: the file name %q leaves its folder", h.ID, f.ID, file.Name)
							}
						}
					}
				}
			}
		}
	}
	if written < 500 {
		t.Errorf("only %d files written", written)
	}
}
