package lab

import "strings"

// attribute names that identity providers use in place of the short ones.
const (
	claimEmail = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
	oidMail    = "urn:oid:0.9.2342.19200300.100.1.3"
	attrURI    = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
)

// astStatementFaults are those of AuthnStatement.
func astStatementFaults() []Fault {
	statement := func(change func(e *elem, m *message)) func(*behaviour) { return within("AuthnStatement", change) }
	return []Fault{
		{Name: "AST029", Title: "there is no AuthnStatement", set: within("", func(e *elem, _ *message) { e.remove("AuthnStatement") })},
		{Name: "AST029-two", Title: "there are two AuthnStatements", set: within("", func(e *elem, _ *message) { e.after("AuthnStatement", e.at("AuthnStatement").clone()) })},
		{Name: "AST030", Title: "the session at the identity provider ended an hour ago", set: statement(func(e *elem, m *message) { e.set("SessionNotOnOrAfter", instant(m.now.Add(-assertionLife*12))) })},
		{Name: "AST030-instant", Title: "the user signed in a month ago", set: statement(func(e *elem, m *message) { e.set("AuthnInstant", instant(m.now.AddDate(0, -1, 0))) })},
		{Name: "AST031", Title: "there is no SessionIndex", set: statement(func(e *elem, _ *message) { e.unset("SessionIndex") })},
		{Name: "AST032", Title: "the authentication context is another than the one that was asked for", set: both(
			within("AuthnStatement/AuthnContext/AuthnContextClassRef", func(e *elem, _ *message) {
				e.fill("urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified")
			}),
			func(b *behaviour) {
				b.saml.sent.change = func(r *elem, _ *Lab) {
					r.add(el("samlp:RequestedAuthnContext", attr{"Comparison", "exact"}, el("saml:AuthnContextClassRef", "urn:oasis:names:tc:SAML:2.0:ac:classes:X509")))
				}
			})},
	}
}

// astAttributeFaults are those of attributes.
func astAttributeFaults() []Fault {
	attributeNamed := func(name string, change func(a *elem, m *message)) func(*behaviour) {
		return granted(func(m *message) { change(m.attribute(name), m) })
	}
	value := func(name string, values ...string) func(*behaviour) {
		return attributeNamed(name, func(a *elem, _ *message) { a.fill(attributeValues(values)...) })
	}
	// the SP reads groups only where the connection says so
	reads := func(c *Conn) { c.SP.Set("required_claims", []string{"email", "firstName", "lastName", "groups"}) }
	return []Fault{
		{Name: "AST033", Title: "there is no AttributeStatement", set: within("", func(e *elem, _ *message) { e.remove("AttributeStatement") })},
		{Name: "AST033-empty", Title: "AttributeStatement is empty", set: within("AttributeStatement", func(e *elem, _ *message) { e.fill() })},
		{Name: "AST034", Title: "the attribute lastName is missing", set: within("AttributeStatement", func(e *elem, m *message) {
			var kept []any
			for _, a := range e.all("Attribute") {
				if a.get("Name") != "lastName" {
					kept = append(kept, a)
				}
			}
			e.fill(kept...)
		})},
		{Name: "AST035", Title: "the e-mail address comes under a URI of WS-Federation", set: attributeNamed("email", func(a *elem, _ *message) {
			a.set("Name", claimEmail)
			a.set("NameFormat", attrURI)
		})},
		{Name: "AST035-oid", Title: "the e-mail address comes under an object identifier", set: attributeNamed("email", func(a *elem, _ *message) {
			a.set("Name", oidMail)
			a.set("NameFormat", attrURI)
			a.set("FriendlyName", "email")
		})},
		{Name: "AST035-case", Title: "the e-mail address comes under the name Email", set: attributeNamed("email", func(a *elem, _ *message) { a.set("Name", "Email") })},
		{Name: "AST036", Title: "each group comes in an Attribute of its own", Connection: reads, set: within("AttributeStatement", func(e *elem, m *message) {
			for _, g := range m.user.Groups[1:] {
				e.add(attribute("groups", g))
			}
			m.attribute("groups").fill(el("saml:AttributeValue", m.user.Groups[0]))
		})},
		{Name: "AST037", Title: "the attribute lastName is empty", set: value("lastName", "")},
		{Name: "AST037-nil", Title: "the attribute lastName is nil", set: attributeNamed("lastName", func(a *elem, _ *message) {
			a.fill(el("saml:AttributeValue", attr{"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"}, attr{"xsi:nil", "true"}))
		})},
		{Name: "AST038", Title: "the attribute firstName has two values", set: value("firstName", "Ann", "Anna")},
		{Name: "AST039", Title: "the attributes have no NameFormat", set: within("AttributeStatement", func(e *elem, _ *message) {
			for _, a := range e.all("Attribute") {
				a.unset("NameFormat")
			}
		})},
		{Name: "AST040", Title: "the attribute firstName is a placeholder that was never filled", set: value("firstName", "${user.firstName}")},
		{Name: "AST040-entra", Title: "the attribute firstName is the name of a source attribute", set: value("firstName", "user.givenname")},
		{Name: "AST041", Title: "the groups are object identifiers", Connection: reads, set: value("groups", "9f1c7b1e-5a0d-4c37-9a38-1f7a52f0c001", "0b6f9a52-93a1-4f0e-8c8e-7d2d1a7be002")},
		{Name: "AST041-dn", Title: "the groups are distinguished names", Connection: reads, set: value("groups", "CN=admins,OU=Groups,DC=lab,DC=example", "CN=staff,OU=Groups,DC=lab,DC=example")},
		{Name: "AST041-link", Title: "a link stands in place of the groups", Connection: reads, set: attributeNamed("groups", func(a *elem, _ *message) {
			a.set("Name", "http://schemas.microsoft.com/claims/groups.link")
			a.fill(el("saml:AttributeValue", "https://graph.lab.example/users/1001/getMemberObjects"))
		})},
		{Name: "AST044", Title: "an umlaut of the attribute firstName was recoded twice", set: value("firstName", "JÃ¼rgen")},
		{Name: "AST044-long", Title: "the attribute lastName is longer than 256 characters", set: value("lastName", strings.Repeat("Archer-", 40))},
	}
}

func attributeValues(values []string) []any {
	var out []any
	for _, v := range values {
		out = append(out, el("saml:AttributeValue", v))
	}
	return out
}
