package cli

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
)

// issuers are plausible issuers of each IdP, as their admins enter them.
var issuers = map[string][]string{
	"okta":              {"https://acme.okta.com", "https://acme.okta.com/oauth2/default", "https://login.acme.com/oauth2/aus9o8wzkhckw9TLa0h7", "https://acme.oktapreview.com"},
	"entra":             {"https://login.microsoftonline.com/6a0f1b3c-1111-4222-8333-444455556666/v2.0", "https://acme.ciamlogin.com/6a0f1b3c-1111-4222-8333-444455556666/v2.0"},
	"keycloak":          {"https://login.acme.com/realms/main", "https://login.acme.com:8443/realms/Acme%20Corp", "https://acme.com/sso/realms/main"},
	"authentik":         {"https://auth.acme.com/application/o/orq-ai/", "https://acme.com/auth/application/o/x/"},
	"google":            {"https://accounts.google.com"},
	"github":            {"https://github.com"},
	"gitlab":            {"https://gitlab.com", "https://gitlab.acme.com", "https://acme.com/gitlab"},
	"auth0":             {"https://acme.eu.auth0.com/", "https://login.acme.com/"},
	"onelogin":          {"https://acme.onelogin.com/oidc/2"},
	"pingone":           {"https://auth.pingone.com/6a0f1b3c-1111-4222-8333-444455556666/as", "https://auth.pingone.eu/6a0f1b3c-1111-4222-8333-444455556666/as"},
	"pingfederate":      {"https://sso.acme.com", "https://sso.acme.com:9031"},
	"jumpcloud":         {"https://oauth.id.jumpcloud.com/"},
	"duo":               {"https://sso-1a2b3c4d.sso.duosecurity.com/oidc/DI1234567890ABCDEFGH"},
	"authelia":          {"https://auth.acme.com", "https://acme.com/authelia"},
	"zitadel":           {"https://acme-a1b2c3.zitadel.cloud", "https://id.acme.com"},
	"adfs":              {"https://adfs.acme.com/adfs"},
	"aws-cognito":       {"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"},
	"cloudflare-access": {"https://acme.cloudflareaccess.com/cdn-cgi/access/sso/oidc/" + strings.Repeat("0123456789abcdef", 4)},
	"dex":               {"https://dex.acme.com", "https://acme.com/dex"},
	"fusionauth":        {"https://acme.fusionauth.io"},
	"kanidm":            {"https://idm.acme.com/oauth2/openid/orq"},
	"ory-hydra":         {"https://hydra.acme.com/", "https://acme.projects.oryapis.com"},
	"generic":           {"https://idp.acme.com", "https://idp.acme.com:8443/tenant/1/"},
}

// clientIDs are shaped as the IdP makes them, where it makes them.
var clientIDs = map[string]string{
	"okta": "0oa1b2c3d4E5F6G7h8i9", "entra": "6a0f1b3c-7777-4888-9999-000011112222", "google": "1234567890-abcdefghijklmnopqrstuvwxyz123456.apps.googleusercontent.com",
	"github": "Ov23liAbCdEfGhIjKlMn", "gitlab": strings.Repeat("0123456789abcdef", 4), "auth0": "AbCdEfGhIjKlMnOpQrStUvWxYz012345", "duo": "DI1234567890ABCDEFGH",
	"onelogin": "6a0f1b3c-0000-0137-9999-0a1b2c3d4e5f12345", "pingone": "6a0f1b3c-7777-4888-9999-000011112222", "zitadel": "312345678901234567", "aws-cognito": "1a2b3c4d5e6f7g8h9i0j1k2l3m",
	"jumpcloud": "6a0f1b3c-7777-4888-9999-000011112222", "fusionauth": "6a0f1b3c-7777-4888-9999-000011112222", "adfs": "6a0f1b3c-7777-4888-9999-000011112222",
	"cloudflare-access": strings.Repeat("0123456789abcdef", 4),
}

// TestHealthyFiles: a connection of every SP with every IdP, as its profiles describe it, raises no error and no warning offline.
func TestHealthyFiles(t *testing.T) {
	b := newBench(t, lab.Options{})
	noNetwork(t, b)
	lib := knowledge.New()
	for _, head := range lib.Heads().SPs {
		sp, _ := lib.SP(head.ID)
		if sp.OIDC == nil || !slices.Contains(sp.Protocols, "oidc") {
			continue
		}
		var text strings.Builder
		text.WriteString("version: 1\nconnections:\n")
		n := 0
		for _, idp := range slices.Sorted(maps.Keys(issuers)) {
			if idp == "github" && sp.ID != "archestra" { // no OpenID Connect: only an SP with a preset for it can use it
				continue
			}
			for _, issuer := range issuers[idp] {
				n++
				fmt.Fprint(&text, healthyConnection(sp, idp, issuer, n))
			}
		}
		b.write(t, sp.ID+".yaml", text.String())
		r, err := runCheck(b.app, checkOptions{judging: judging{format: "line", failOn: "error", color: "never"}}, []string{filepath.Join(b.dir, sp.ID+".yaml")})
		if err != nil {
			t.Fatal(err)
		}
		broke(t, r)
		for _, c := range r.Connections {
			for _, f := range c.Findings {
				if f.Severity >= report.Warning {
					t.Errorf("%s with %s: %s %s: %s", sp.ID, c.Name, f.Severity, f.Code, f.Message)
				}
			}
		}
	}
}

// noNetwork fails the test when anything is resolved or dialed: check judges files.
func noNetwork(t *testing.T, b *bench) {
	b.app.Lookup = func(_ context.Context, host string) ([]string, error) {
		t.Errorf("check resolves %s", host)
		return nil, errors.New("no network here")
	}
	b.app.Dial = func(_ context.Context, _, addr string) (net.Conn, error) {
		t.Errorf("check dials %s", addr)
		return nil, errors.New("no network here")
	}
}

// healthyConnection is what a careful admin would write down.
func healthyConnection(sp *knowledge.SP, idp, issuer string, n int) string {
	var params strings.Builder
	for _, p := range sp.Params {
		if p.Type == "list" {
			continue
		}
		value := p.Example
		if p.Name == "provider_id" {
			value = fmt.Sprintf("Idp%d", n) // one of its own for each connection of the file
			if note, ok := sp.IdPs[idp]; ok && note.ProviderID != "" && issuer == issuers[idp][0] {
				value = note.ProviderID
			}
		}
		fmt.Fprintf(&params, ", %s: %q", p.Name, value)
	}
	id := clientIDs[idp]
	if id == "" {
		id = "acme-app"
	}
	extra := ""
	if sp.Roles != nil && sp.Roles.NoMatch.V == "locked_out" {
		extra = "    roles: {rules: [{claim: email, value: owner@acme.com, role: owner}]}\n"
	}
	return fmt.Sprintf("  - name: %s-%d\n    sp: {profile: %s%s}\n    idp: {profile: %s}\n    oidc: {issuer: %q, client_id: %q, client_secret: env:SECRET%d, scopes: [openid, email, profile]}\n    allowed_domains: [acme.com]\n%s",
		idp, n, sp.ID, params.String(), idp, issuer, id, n, extra)
}

// samlSides are plausible SAML sides of some IdPs: entity ID and single sign-on URL (Redirect binding).
var samlSides = map[string][2]string{
	"keycloak":    {"https://login.acme.com/realms/main", "https://login.acme.com/realms/main/protocol/saml"},
	"okta":        {"http://www.okta.com/exk1a2b3c4d5E6F7G8h9", "https://acme.okta.com/app/acme_app_1/exk1a2b3c4d5E6F7G8h9/sso/saml"},
	"entra":       {"https://sts.windows.net/6a0f1b3c-1111-4222-8333-444455556666/", "https://login.microsoftonline.com/6a0f1b3c-1111-4222-8333-444455556666/saml2"},
	"authentik":   {"https://auth.acme.com", "https://auth.acme.com/application/saml/orq-ai/sso/binding/redirect/"},
	"onelogin":    {"https://app.onelogin.com/saml/metadata/6a0f1b3c-1111-4222-8333-444455556666", "https://acme.onelogin.com/trust/saml2/http-redirect/sso/6a0f1b3c-1111-4222-8333-444455556666"},
	"jumpcloud":   {"JumpCloud", "https://sso.jumpcloud.com/saml2/acme"},
	"google-saml": {"https://accounts.google.com/o/saml2?idpid=C01abc234", "https://accounts.google.com/o/saml2/idp?idpid=C01abc234"},
	"adfs":        {"http://adfs.acme.com/adfs/services/trust", "https://adfs.acme.com/adfs/ls/"},
	"generic":     {"https://idp.acme.com/metadata", "https://idp.acme.com/sso"},
}

// signingCertificate is one as identity providers make them: self-signed, RSA, for ten years.
func signingCertificate(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestHealthySAMLFiles: the same for SAML connections, as far as a connection file shows them.
func TestHealthySAMLFiles(t *testing.T) {
	b := newBench(t, lab.Options{})
	noNetwork(t, b)
	b.write(t, "idp.pem", signingCertificate(t))
	lib := knowledge.New()
	for _, head := range lib.Heads().SPs {
		sp, _ := lib.SP(head.ID)
		if sp.SAML == nil || !slices.Contains(sp.Protocols, "saml") {
			continue
		}
		var text strings.Builder
		text.WriteString("version: 1\nconnections:\n")
		for n, idp := range slices.Sorted(maps.Keys(samlSides)) {
			var params strings.Builder
			for _, p := range sp.Params {
				if p.Type != "list" {
					value := p.Example
					if p.Name == "provider_id" {
						value = fmt.Sprintf("idp%d", n)
					}
					fmt.Fprintf(&params, ", %s: %q", p.Name, value)
				}
			}
			extra := ""
			if sp.Roles != nil && sp.Roles.NoMatch.V == "locked_out" {
				extra = "    roles: {rules: [{claim: email, value: owner@acme.com, role: owner}]}\n"
			}
			fmt.Fprintf(&text, "  - name: %s\n    sp: {profile: %s%s}\n    idp: {profile: %s}\n    saml: {idp_entity_id: %q, sso_url: %q, certificate: ./idp.pem}\n    allowed_domains: [acme.com]\n%s",
				idp, sp.ID, params.String(), idp, samlSides[idp][0], samlSides[idp][1], extra)
		}
		b.write(t, sp.ID+".yaml", text.String())
		r, err := runCheck(b.app, checkOptions{judging: judging{format: "line", failOn: "error", color: "never"}}, []string{filepath.Join(b.dir, sp.ID+".yaml")})
		if err != nil {
			t.Fatal(err)
		}
		broke(t, r)
		for _, c := range r.Connections {
			for _, f := range c.Findings {
				if f.Severity >= report.Warning {
					t.Errorf("%s with %s: %s %s: %s", sp.ID, c.Name, f.Severity, f.Code, f.Message)
				}
			}
		}
	}
}
