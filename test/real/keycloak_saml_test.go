package real_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	samlACS    = "https://my.orq.ai/v2/auth/sso/saml/callback"
	samlClient = "urn:orq.ai:acme-corp"
)

// samlConnection is the healthy SAML connection of Orq.ai to the realm, with the realm's own certificate
// pinned as Orq.ai's form demands.
func (k *keycloak) samlConnection(t *testing.T) connection {
	t.Helper()
	descriptor := k.exchange(t, "GET", k.issuer+"/protocol/saml/descriptor", nil, "")
	m := regexp.MustCompile(`<ds:X509Certificate>([^<]+)<`).FindStringSubmatch(descriptor)
	if m == nil {
		t.Fatalf("no certificate in %.500q", descriptor)
	}
	return connection{
		Name: "orq-real-saml", SP: map[string]string{"profile": "orq", "workspace": "acme-corp"},
		IdP: map[string]any{"profile": "keycloak"}, Domains: []string{"acme-corp.example"},
		SAML: &samlSide{
			Metadata: k.issuer + "/protocol/saml/descriptor", IdPEntityID: k.issuer, SSOURL: k.issuer + "/protocol/saml",
			Certificate: m[1], SPEntityID: samlClient,
		},
	}
}

// selfSigned makes a signing certificate in raw base64 that no identity provider has, valid for the given
// days around now.
func selfSigned(t *testing.T, fromDays, toDays int) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(t), Subject: pkix.Name{CommonName: "main"},
		NotBefore: time.Now().AddDate(0, 0, fromDays), NotAfter: time.Now().AddDate(0, 0, toDays),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// samlFaults: Orq.ai over SAML.
func samlFaults(t *testing.T) []fault {
	page := func(text string) seen { return seen{at: passive, want: `^400 .*` + text} }
	asks := func(change func(*samlSide)) func(*connection) { return func(c *connection) { change(c.SAML) } }
	other, expired := selfSigned(t, -10, 3000), selfSigned(t, -800, -20)
	return []fault{
		{
			name: "saml-client-signature-required", kept: true, inject: client(samlClient, attribute("saml.client.signature", "true")),
			seen: page("Invalid requester"), want: expectation{code: "REQ012", entry: "client-signature-required"},
		},
		{
			name: "saml-entity-id-case", kept: true, conn: asks(func(s *samlSide) { s.SPEntityID = "urn:orq.ai:Acme-Corp" }),
			seen: page("Invalid Request"), want: expectation{code: "AUTHZ031", entry: "entity-id-mismatch"},
		},
		{
			name: "saml-acs-not-registered", inject: client(samlClient, func(r rep) {
				redirects(samlACS + "/")(r)
				r["adminUrl"] = ""
			}),
			seen: page("Invalid redirect uri"), want: expectation{code: "AUTHZ001", entry: "redirect-uri-mismatch"},
		},
		{
			name: "saml-client-disabled", inject: client(samlClient, set("enabled", false)),
			seen: page("Login requester not enabled"), want: expectation{code: "AUTHZ032"},
		},
		{
			name: "saml-client-is-oidc", conn: asks(func(s *samlSide) { s.SPEntityID = "orq" }),
			seen: page("Wrong client protocol."), want: expectation{code: "AUTHZ034"},
		},
		{
			name: "saml-certificate-of-another-key", kept: true, conn: asks(func(s *samlSide) { s.Certificate = other }),
			want: expectation{code: "CERT010", entry: "certificate-expired"},
		},
		{
			name: "saml-certificate-expired", conn: asks(func(s *samlSide) { s.Certificate = expired }),
			want: expectation{code: "CERT002", entry: "certificate-expired", also: []string{"CERT010"}},
		},
		{
			name: "saml-sso-url-is-metadata", conn: asks(func(s *samlSide) { s.SSOURL += "/descriptor" }),
			want: expectation{code: "MD057"},
		},
		{
			name: "saml-idp-entity-id-slash", conn: asks(func(s *samlSide) { s.IdPEntityID += "/" }),
			want: expectation{code: "MD007"},
		},
		{
			name: "saml-realm-disabled", inject: func(t *testing.T, k *keycloak) { k.editRealm(t, set("enabled", false)) },
			seen: page("Realm not enabled"), want: expectation{code: "AUTHZ033"},
		},
	}
}

// saml runs the SAML table on the running Keycloak.
func (k *keycloak) saml(t *testing.T) {
	k.base["saml"] = k.samlConnection(t)
	healthy := fault{name: "healthy-saml", kept: true, sp: "saml", seen: seen{at: passive, want: `^200 .*name="SAMLResponse"`}, want: expectation{verdict: "healthy"}}
	table := append([]fault{healthy}, samlFaults(t)...)
	for _, f := range append(table, fault{name: "healthy-saml-again", sp: "saml", seen: healthy.seen, want: healthy.want}) {
		t.Run(strings.TrimPrefix(f.name, "saml-"), func(t *testing.T) {
			f.sp = "saml"
			if f.inject != nil {
				f.inject(t, k)
			}
			k.run(t, "keycloak", f)
		})
	}
}
