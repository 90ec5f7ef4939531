package real_test

import (
	"crypto/rand"
	"encoding/base64"
	"html"
	"strings"
	"testing"
)

const samlClient = "urn:orq.ai:acme-corp"

// prepareSAML registers the SAML clients of the other products beside that of Orq.ai, gives ann a password, and makes the
// connections. It returns the password.
func (k *keycloak) prepareSAML(t *testing.T) string {
	t.Helper()
	model, _ := k.admin.client(t, samlClient)
	for _, sp := range []string{"archestra", "torq", "generic"} {
		c := clone(t, model)
		delete(c, "id")
		c["clientId"], c["name"], c["redirectUris"], c["adminUrl"] = entity[sp], sp+" (SAML)", []string{acs[sp]}, acs[sp]
		for _, m := range c["protocolMappers"].([]any) {
			mapper := m.(rep)
			delete(mapper, "id")
			if sp == "torq" {
				name := map[string]string{"firstName": "first_name", "lastName": "last_name"}[mapper["name"].(string)]
				if name != "" {
					mapper["config"].(rep)["attribute.name"] = name
				}
			}
		}
		k.admin.do(t, "POST", "/main/clients", c, nil)
	}
	password := rand.Text()
	var users []rep
	k.admin.do(t, "GET", "/main/users?username=ann", nil, &users)
	k.admin.do(t, "PUT", "/main/users/"+users[0]["id"].(string)+"/reset-password", rep{"type": "password", "value": password, "temporary": false}, nil)
	descriptor := k.issuer + "/protocol/saml/descriptor"
	for name, c := range samlConnections("keycloak", descriptor, k.issuer, k.issuer+"/protocol/saml", k.certificateOf(t, descriptor)) {
		k.base[name] = c
	}
	return password
}

// mapper is an edit that changes one protocol mapper of a client; nil takes it away.
func mapper(name string, edit func(config rep)) func(rep) {
	return func(r rep) {
		kept := []any{} // null would leave them as they are
		for _, m := range r["protocolMappers"].([]any) {
			if m.(rep)["name"] != name {
				kept = append(kept, m)
			} else if edit != nil {
				edit(m.(rep)["config"].(rep))
				kept = append(kept, m)
			}
		}
		r["protocolMappers"] = kept
	}
}

// asks is a change of the SAML side of the connection.
func asks(change func(*samlSide)) func(*connection) { return func(c *connection) { change(c.SAML) } }

// samlFaults is what doctor sees without a login.
func samlFaults(t *testing.T) []fault {
	page := func(text string) seen { return seen{at: passive, want: `^400 .*` + text} }
	answered := seen{at: passive, want: `^200 .*name="SAMLResponse"`}
	other, expired := selfSigned(t, -10, 3000), selfSigned(t, -800, -20)
	return []fault{
		{name: "client-signature-required", kept: true, sp: "saml-orq", inject: client(samlClient, attribute("saml.client.signature", "true")),
			seen: page("Invalid requester"), want: expectation{code: "REQ012", entry: "client-signature-required"}},
		{name: "client-signature-required-archestra", sp: "saml-archestra", inject: client(entity["archestra"], attribute("saml.client.signature", "true")),
			seen: page("Invalid requester"), want: expectation{code: "REQ012"}},
		{name: "entity-id-case", kept: true, sp: "saml-orq", conn: asks(func(s *samlSide) { s.SPEntityID = "urn:orq.ai:Acme-Corp" }),
			seen: page("Invalid Request"), want: expectation{code: "AUTHZ031", entry: "entity-id-mismatch"}},
		{name: "entity-id-other-at-idp", kept: true, sp: "saml-orq", inject: client(samlClient, set("clientId", "urn:orq.ai:acme")),
			seen: page("Invalid Request"), want: expectation{code: "AUTHZ031", entry: "entity-id-mismatch"}},
		{name: "entity-id-slash-at-idp", sp: "saml-archestra", inject: client(entity["archestra"], set("clientId", entity["archestra"]+"/")),
			seen: page("Invalid Request"), want: expectation{code: "AUTHZ031"}},
		{name: "acs-slash-registered", kept: true, sp: "saml-orq", inject: client(samlClient, func(r rep) { redirects(acs["orq"] + "/")(r); r["adminUrl"] = "" }),
			seen: page("Invalid redirect uri"), want: expectation{code: "REQ006", entry: "redirect-uri-mismatch"}},
		{name: "acs-none-registered", sp: "saml-orq", inject: client(samlClient, func(r rep) { redirects()(r); r["adminUrl"] = "" }),
			seen: page("Invalid redirect uri"), want: expectation{code: "REQ006", entry: "redirect-uri-mismatch"}},
		{name: "acs-case-registered", sp: "saml-archestra", inject: client(entity["archestra"], func(r rep) {
			redirects(strings.Replace(acs["archestra"], "/Keycloak", "/keycloak", 1))(r)
			r["adminUrl"] = ""
		}), seen: page("Invalid redirect uri"), want: expectation{code: "REQ006"}},
		{name: "acs-in-file", sp: "saml-orq", conn: asks(func(s *samlSide) { s.ACSURL = acs["orq"] + "/" }),
			seen: page("Invalid redirect uri"), want: expectation{code: "CFG004", entry: "redirect-uri-mismatch"}},
		{name: "client-disabled", sp: "saml-orq", inject: client(samlClient, set("enabled", false)),
			seen: page("Login requester not enabled"), want: expectation{code: "AUTHZ032"}},
		{name: "client-is-oidc", sp: "saml-generic", conn: asks(func(s *samlSide) { s.SPEntityID = "orq" }),
			seen: page("Wrong client protocol."), want: expectation{code: "AUTHZ034", also: []string{"AST026"}}},
		{name: "realm-disabled", sp: "saml-orq", inject: func(t *testing.T, k *keycloak) { k.editRealm(t, set("enabled", false)) },
			seen: page("Realm not enabled"), want: expectation{code: "AUTHZ033"}},
		{name: "certificate-of-another-key", kept: true, sp: "saml-orq", conn: asks(func(s *samlSide) { s.Certificate = other }), seen: answered,
			want: expectation{code: "CFG003", also: []string{"SIG005"}}},
		{name: "certificate-of-another-key-without-metadata", kept: true, sp: "saml-orq", seen: answered,
			conn: asks(func(s *samlSide) { s.Certificate, s.Metadata = other, "" }), want: expectation{code: "CERT010", entry: "certificate-expired", also: []string{"SIG004", "SIG005"}}},
		{name: "certificate-expired", kept: true, sp: "saml-orq", seen: answered,
			conn: asks(func(s *samlSide) { s.Certificate, s.Metadata = expired, "" }), want: expectation{code: "CERT002", entry: "certificate-expired", also: []string{"CERT010", "SIG004", "SIG005"}}},
		{name: "signature-validation-failed", sp: "saml-archestra", seen: answered,
			conn: asks(func(s *samlSide) { s.Certificate, s.Metadata = other, "" }), want: expectation{code: "CERT010", entry: "signature-validation-failed", also: []string{"SIG004", "SIG005"}}},
		{name: "sso-url-is-metadata", sp: "saml-orq", conn: asks(func(s *samlSide) { s.SSOURL += "/descriptor" }), want: expectation{code: "MD057"}},
		{name: "sso-url-of-another-realm", sp: "saml-orq", conn: asks(func(s *samlSide) { s.SSOURL = strings.Replace(s.SSOURL, "/main/", "/master/", 1) }),
			want: expectation{code: "CFG003", also: []string{"AUTHZ031"}}},
		{name: "idp-entity-id-slash", kept: true, sp: "saml-orq", conn: asks(func(s *samlSide) { s.IdPEntityID += "/" }), want: expectation{code: "CFG003"}},
		{name: "idp-entity-id-case-without-metadata", sp: "saml-orq", conn: asks(func(s *samlSide) {
			s.IdPEntityID, s.Metadata = strings.Replace(s.IdPEntityID, "/realms/main", "/realms/Main", 1), ""
		}), want: expectation{code: "MD007"}},
		{name: "metadata-of-an-unknown-realm", sp: "saml-orq", conn: asks(func(s *samlSide) { s.Metadata = strings.Replace(s.Metadata, "/main/", "/mian/", 1) }),
			want: expectation{code: "MD049"}},
		{name: "signature-sha1", sp: "saml-orq", inject: client(samlClient, attribute("saml.signature.algorithm", "RSA_SHA1")), seen: answered,
			want: expectation{code: "SIG011", verdict: "degraded"}},
		{name: "answer-without-signature", sp: "saml-orq", inject: client(samlClient, attribute("saml.server.signature", "false")), seen: answered,
			want: expectation{verdict: "healthy"}}, // Orq.ai demands a signed assertion; a signed response is only recommended
	}
}

// loginFaults is what only a login shows: the response is kept before it reaches the SP, and decoded.
func loginFaults() []struct {
	fault
	page func(string) string // what became of the page on its way
	args []string
} {
	type login = struct {
		fault
		page func(string) string
		args []string
	}
	on := func(name, sp string, want expectation, edits ...func(rep)) login {
		l := login{fault: fault{name: name, sp: sp, want: want}}
		if len(edits) > 0 {
			l.inject = client(entity[strings.TrimPrefix(sp, "saml-")], func(r rep) {
				for _, e := range edits {
					e(r)
				}
			})
		}
		return l
	}
	altered := func(old, with string) func(string) string {
		return func(page string) string {
			return edited(page, func(xml string) string { return strings.ReplaceAll(xml, old, with) })
		}
	}
	tampered := on("altered-on-the-way", "saml-orq", expectation{code: "SIG006"})
	tampered.page = altered("ann@acme-corp.example", "bob@acme-corp.example")
	cut := on("cut-off", "saml-orq", expectation{code: "RSP002"})
	cut.page = func(page string) string { return edited(page, func(xml string) string { return xml[:len(xml)-200] }) }
	return []login{
		on("healthy-orq", "saml-orq", expectation{verdict: "healthy"}),
		on("healthy-archestra", "saml-archestra", expectation{verdict: "healthy"}),
		on("healthy-torq", "saml-torq", expectation{verdict: "healthy"}),
		on("healthy-generic", "saml-generic", expectation{verdict: "healthy"}),
		on("missing-name", "saml-orq", expectation{code: "AST034", entry: "missing-name-or-email"}, mapper("lastName", nil)),
		on("missing-email", "saml-orq", expectation{code: "AST034", entry: "missing-name-or-email"}, mapper("email", nil)),
		on("name-under-another-name", "saml-orq", expectation{code: "AST035", entry: "missing-name-or-email"}, mapper("firstName", func(c rep) { c["attribute.name"] = "givenName" })),
		on("name-as-friendly-name", "saml-orq", expectation{code: "AST035", entry: "missing-name-or-email"}, mapper("firstName", func(c rep) {
			c["attribute.name"], c["friendly.name"] = "urn:example:first", "firstName"
		})),
		on("no-attributes", "saml-orq", expectation{code: "AST034", entry: "missing-name-or-email"}, mapper("email", nil), mapper("firstName", nil), mapper("lastName", nil)),
		on("assertion-not-signed", "saml-orq", expectation{code: "SIG002"}, attribute("saml.assertion.signature", "false")),
		on("nothing-signed", "saml-archestra", expectation{code: "SIG001", entry: "signature-validation-failed"}, attribute("saml.assertion.signature", "false"), attribute("saml.server.signature", "false")),
		on("account-not-found", "saml-archestra", expectation{code: "AST034", entry: "account-not-found", also: []string{"AST006"}}, mapper("email", nil), attribute("saml_name_id_format", "username")),
		on("name-id-is-user-name", "saml-orq", expectation{code: "AST006"}, attribute("saml_name_id_format", "username")),
		on("name-id-transient", "saml-archestra", expectation{code: "AST008", verdict: "degraded"}, attribute("saml_name_id_format", "transient")),
		on("sha1-for-assertions", "saml-orq", expectation{code: "SIG011", verdict: "degraded"}, attribute("saml.signature.algorithm", "RSA_SHA1")),
		tampered, cut,
	}
}

// edited changes the XML of the response in a page.
func edited(page string, change func(string) string) string {
	from := strings.Index(page, `name="SAMLResponse"`)
	start := from + strings.Index(page[from:], `value="`) + len(`value="`)
	end := start + strings.Index(page[start:], `"`)
	xml, err := base64.StdEncoding.DecodeString(html.UnescapeString(page[start:end]))
	if err != nil {
		return "not base64: " + err.Error()
	}
	return page[:start] + base64.StdEncoding.EncodeToString([]byte(change(string(xml)))) + page[end:]
}

// saml runs both tables on the running Keycloak.
func (k *keycloak) saml(t *testing.T) {
	password := k.prepareSAML(t)
	healthy := func(t *testing.T) {
		for _, sp := range []string{"orq", "archestra", "torq", "generic"} {
			k.run(t, "keycloak", fault{name: "saml-healthy-" + sp, kept: sp == "orq", sp: "saml-" + sp,
				seen: seen{at: passive, want: `^200 .*name="SAMLResponse"`}, want: expectation{verdict: "healthy"}})
		}
	}
	t.Run("healthy", healthy)
	for _, f := range samlFaults(t) {
		t.Run(f.name, func(t *testing.T) {
			if f.inject != nil {
				f.inject(t, k)
			}
			f.name = "saml-" + f.name
			k.run(t, "keycloak", f)
		})
	}
	for _, f := range loginFaults() {
		t.Run("login-"+f.name, func(t *testing.T) {
			if f.inject != nil {
				f.inject(t, k)
			}
			c := k.base[f.sp].copy()
			page := k.login(t, c, "ann", password)
			if f.page != nil {
				page = f.page(page)
			}
			if !*wireOnly {
				k.decode(t, c, page, f.args...).compare(t, f.want)
			}
		})
	}
	t.Run("more", func(t *testing.T) { k.samlMore(t, password) })
	t.Run("healthy-again", healthy)
}
