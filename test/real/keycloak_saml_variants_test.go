package real_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// samlCase is a set-up that doctor looks at and, after a login, decode.
type samlCase struct {
	name, sp string
	inject   func(*testing.T, *keycloak)              // taken back by t.Cleanup
	front    func(*testing.T, *front)                 // a fault of transport
	conn     func(*connection)                        // what is configured otherwise
	adapt    func(*testing.T, *keycloak, *connection) // what the SP was told of the changed server
	doctor   *expectation                             // nil: not asked
	login    *expectation                             // of decode; nil: nobody signs in
	user     string                                   // empty: ann
	start    string                                   // below the realm's SAML address: the login begins at the identity provider
	args     []string                                 // more flags of decode
}

// fine is a set-up that may look odd and has nothing wrong, neither for doctor nor after a login.
func fine(name, sp string, inject func(*testing.T, *keycloak)) samlCase {
	return samlCase{name: "healthy-" + name, sp: sp, inject: inject, doctor: &expectation{verdict: "healthy"}, login: &expectation{verdict: "healthy"}}
}

// attributes is an injection that gives a SAML client attributes: name, value, name, value.
func attributes(sp string, pairs ...string) func(*testing.T, *keycloak) {
	return edits(sp, func(r rep) {
		for i := 0; i < len(pairs); i += 2 {
			attribute(pairs[i], pairs[i+1])(r)
		}
	})
}

// edits is an injection that edits the SAML client of an SP.
func edits(sp string, all ...func(rep)) func(*testing.T, *keycloak) {
	return client(entity[sp], func(r rep) {
		for _, edit := range all {
			edit(r)
		}
	})
}

// mapped adds a protocol mapper to a client.
func mapped(name, kind string, pairs ...string) func(rep) {
	return func(r rep) {
		config := rep{}
		for i := 0; i < len(pairs); i += 2 {
			config[pairs[i]] = pairs[i+1]
		}
		r["protocolMappers"] = append(r["protocolMappers"].([]any), rep{"name": name, "protocol": "saml", "protocolMapper": kind, "config": config})
	}
}

// sends is a mapper that puts a fixed value into an attribute.
func sends(name, value string) func(rep) {
	return mapped(name+" by hand", "saml-hardcode-attribute-mapper", "attribute.name", name, "attribute.nameformat", "Basic", "attribute.value", value)
}

// rotated gives the realm a second key, which signs when it is active.
func rotated(active string) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) { k.addKeys(t, "rsa-generated", map[string]string{"active": active}) }
}

// activeCertificate is the one that the realm signs with.
func (k *keycloak) activeCertificate(t *testing.T) string {
	t.Helper()
	var found struct {
		Active map[string]string
		Keys   []struct{ Kid, Certificate string }
	}
	k.admin.do(t, "GET", "/main/keys", nil, &found)
	for _, key := range found.Keys {
		if key.Kid == found.Active["RS256"] {
			return key.Certificate
		}
	}
	t.Fatal("keycloak: the realm has no active RS256 key")
	return ""
}

// toldNewCertificate gives the SP the certificate that the realm signs with now.
func toldNewCertificate(t *testing.T, k *keycloak, c *connection) {
	c.SAML.Certificate = k.activeCertificate(t)
}

// renamed gives the realm another name.
func renamed(name string) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) {
		k.admin.do(t, "PUT", "/main", rep{"realm": name}, nil)
		t.Cleanup(func() { k.admin.do(t, "PUT", "/"+url.PathEscape(name), rep{"realm": "main"}, nil) })
	}
}

// toldNewRealm gives the SP what the metadata of the renamed realm says.
func toldNewRealm(name string) func(*testing.T, *keycloak, *connection) {
	return func(t *testing.T, k *keycloak, c *connection) {
		c.SAML.Metadata = strings.Replace(c.SAML.Metadata, "/main/", "/"+url.PathEscape(name)+"/", 1)
		text := k.exchange(t, "GET", c.SAML.Metadata, nil, "")
		for what, pattern := range map[*string]string{&c.SAML.IdPEntityID: `entityID="([^"]*)"`, &c.SAML.SSOURL: `SingleSignOnService[^>]*Location="([^"]*)"`} {
			m := regexp.MustCompile(pattern).FindStringSubmatch(text)
			if m == nil {
				t.Fatalf("no %s in %.500q", pattern, text)
			}
			*what = m[1]
		}
	}
}

// person adds a user for the rest of the test.
func person(password, name, email, first, last string, groups ...string) func(*testing.T, *keycloak) {
	return func(t *testing.T, k *keycloak) {
		user := rep{"username": name, "enabled": true, "lastName": last, "groups": groups, "credentials": []rep{{"type": "password", "value": password, "temporary": false}}}
		for field, value := range map[string]string{"email": email, "firstName": first} {
			if value != "" {
				user[field] = value
			}
		}
		at := created(k.admin.do(t, "POST", "/main/users", user, nil))
		t.Cleanup(func() { k.admin.do(t, "DELETE", at, nil, nil) })
	}
}

// variants are healthy set-ups of the client, the realm and its users.
func variants(t *testing.T, password string) []samlCase {
	const (
		alg, c14n, keyName = "saml.signature.algorithm", "saml_signature_canonicalization_method", "saml.server.signature.keyinfo.xmlSigKeyInfoKeyNameTransformer"
		user, uri          = "saml-user-property-mapper", "URI Reference"
	)
	then := func(c samlCase, change func(*samlCase)) samlCase { change(&c); return c }
	format := func(name, format string) samlCase {
		return then(fine("nameid-"+name, "generic", attributes("generic", "saml_name_id_format", name)), func(c *samlCase) {
			c.conn = asks(func(s *samlSide) { s.NameIDFormat = format })
		})
	}
	begun := func(sp string) samlCase {
		return then(fine("idp-initiated-"+sp, sp, attributes(sp, "saml_idp_initiated_sso_url_name", sp)), func(c *samlCase) { c.start = "/clients/" + sp })
	}
	all := []samlCase{
		fine("sha512", "orq", attributes("orq", alg, "RSA_SHA512")),
		fine("pss", "archestra", attributes("archestra", alg, "RSA_SHA256_MGF1")),
		fine("pss-sha512", "generic", attributes("generic", alg, "RSA_SHA512_MGF1")),
		fine("ec-keys-too", "orq", func(t *testing.T, k *keycloak) {
			k.addKeys(t, "ecdsa-generated", map[string]string{"ecdsaEllipticCurveKey": "P-256"})
		}),
		fine("ed25519-keys-too", "generic", func(t *testing.T, k *keycloak) { k.addKeys(t, "eddsa-generated", nil) }),
		fine("exclusive-with-comments", "orq", attributes("orq", c14n, "http://www.w3.org/2001/10/xml-exc-c14n#WithComments")),
		fine("key-name-id", "orq", attributes("orq", keyName, "KEY_ID")),
		fine("key-name-subject", "generic", attributes("generic", keyName, "CERT_SUBJECT")),
		fine("key-name-none", "archestra", attributes("archestra", keyName, "NONE")),
		fine("redirect-key-lookup", "archestra", attributes("archestra", "saml.server.signature.keyinfo.ext", "true")),
		fine("documents-only-archestra", "archestra", attributes("archestra", "saml.assertion.signature", "false")),
		fine("documents-only-torq", "torq", attributes("torq", "saml.assertion.signature", "false")),
		fine("assertions-only-archestra", "archestra", attributes("archestra", "saml.server.signature", "false")),
		fine("assertions-only-orq", "orq", attributes("orq", "saml.server.signature", "false")),
		fine("force-post-off", "orq", attributes("orq", "saml.force.post.binding", "false")),
		format("persistent", "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
		format("transient", "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
		format("username", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"),
		fine("x500-names", "orq", edits("orq", mapper("email", nil), mapper("firstName", nil), mapper("lastName", nil),
			mapped("X500 email", user, "user.attribute", "email", "friendly.name", "email", "attribute.name", "urn:oid:1.2.840.113549.1.9.1", "attribute.nameformat", uri),
			mapped("X500 givenName", user, "user.attribute", "firstName", "friendly.name", "givenName", "attribute.name", "urn:oid:2.5.4.42", "attribute.nameformat", uri),
			mapped("X500 surname", user, "user.attribute", "lastName", "friendly.name", "surname", "attribute.name", "urn:oid:2.5.4.4", "attribute.nameformat", uri))),
		fine("role-list-off", "orq", func(t *testing.T, k *keycloak) { k.takeScope(t, entity["orq"], "role_list") }),
		fine("groups-with-path", "orq", edits("orq", mapped("groups", "saml-group-membership-mapper", "attribute.name", "groups", "attribute.nameformat", "Basic", "single", "true", "full.path", "true"))),
		fine("groups-one-element-each", "archestra", edits("archestra", mapped("groups", "saml-group-membership-mapper", "attribute.name", "groups", "attribute.nameformat", "Basic", "single", "false", "full.path", "false"))),
		then(fine("old-key-still-published", "orq", rotated("true")), func(c *samlCase) { c.adapt = toldNewCertificate }),
		fine("lifespan-of-a-day", "orq", attributes("orq", "saml.assertion.lifespan", "86400")),
		fine("lifespan-of-10s", "orq", attributes("orq", "saml.assertion.lifespan", "10")),
		begun("archestra"), begun("generic"),
		fine("one-time-use", "archestra", attributes("archestra", "saml.onetimeuse.condition", "true")),
		fine("consent-asked", "orq", edits("orq", set("consentRequired", true))),
		fine("acs-by-wildcard", "orq", edits("orq", redirects("https://my.orq.ai/*"), set("adminUrl", ""))),
		fine("acs-among-several", "orq", edits("orq", redirects("https://localhost/x", acs["orq"], "https://old.orq.ai/*"))),
		fine("second-audience", "orq", edits("orq", mapped("more", "saml-audience-mapper", "included.custom.audience", "urn:extra:audience"))),
		fine("names-of-realm-and-client", "orq", func(t *testing.T, k *keycloak) {
			k.editRealm(t, set("displayName", "Acme & Söhne <AG>"))
			k.editClient(t, entity["orq"], set("name", "Orq.ai – Prüfung"))
		}),
		fine("german-pages", "orq", func(t *testing.T, k *keycloak) { k.editRealm(t, set("internationalizationEnabled", true)) }),
		then(fine("realm-with-dot", "orq", renamed("acme.corp_1")), func(c *samlCase) { c.adapt = toldNewRealm("acme.corp_1") }),
		then(fine("realm-with-blank-and-umlaut", "archestra", renamed("Acme Süd")), func(c *samlCase) {
			c.adapt, c.login = toldNewRealm("Acme Süd"), nil // the cookie jar here does not match the path of the realm's cookies
		}),
		then(fine("other-public-host", "orq", frontend(func(f *front) string { return "https://" + f.also + ":" + f.port })), func(c *samlCase) {
			c.adapt = func(_ *testing.T, k *keycloak, c *connection) {
				for _, s := range []*string{&c.SAML.Metadata, &c.SAML.IdPEntityID, &c.SAML.SSOURL} {
					*s = strings.Replace(*s, "//"+k.front.host, "//"+k.front.also, 1)
				}
			}
		}),
		then(fine("name-not-ascii", "orq", person(password, "jürgen", "juergen@acme-corp.example", "Jürgen", "O'Müller-Łukasz 山")), func(c *samlCase) { c.user = "jürgen" }),
		then(fine("address-in-capitals", "archestra", person(password, "cleo", "Cleo@Acme-Corp.example", "Cleo", "Mo", "/engineering", "/platform-admins")), func(c *samlCase) { c.user = "cleo" }),
		then(fine("metadata-alone", "orq", nil), func(c *samlCase) { c.conn = asks(func(s *samlSide) { s.IdPEntityID, s.Certificate = "", "" }) }),
		then(fine("fields-alone", "orq", nil), func(c *samlCase) { c.conn = asks(func(s *samlSide) { s.Metadata = "" }) }),
	}
	return append(all, encrypted(t)...)
}
