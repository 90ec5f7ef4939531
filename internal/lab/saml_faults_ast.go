package lab

import (
	"strings"
	"time"
)

// within is a fault in one element of the assertion.
func within(path string, change func(e *elem, m *message)) func(*behaviour) {
	return granted(func(m *message) { change(m.part(path), m) })
}

// both puts two changes into one fault.
func both(first, second func(*behaviour)) func(*behaviour) {
	return func(b *behaviour) { first(b); second(b) }
}

const (
	pathConfirmation = "Subject/SubjectConfirmation"
	pathData         = "Subject/SubjectConfirmation/SubjectConfirmationData"
	pathAudience     = "Conditions/AudienceRestriction/Audience"
)

// late is a fault in an instant of the assertion.
func late(path, name string, d time.Duration) func(*behaviour) {
	return within(path, func(e *elem, m *message) { e.set(name, instant(m.now.Add(d))) })
}

// astHeadFaults are those of the assertion's own element and its subject.
func astHeadFaults() []Fault {
	head := func(change func(a *elem, m *message)) func(*behaviour) { return within("", change) }
	nameID := func(format string, value func(m *message) string) func(*behaviour) {
		return within("Subject/NameID", func(e *elem, m *message) {
			e.set("Format", format)
			e.fill(value(m))
		})
	}
	said := func(s string) func(*message) string { return func(*message) string { return s } }
	email := func(c *Conn) { c.SAML.Set("name_id_format", formatEmail) }
	return []Fault{
		{Name: "AST001", Title: "the assertion has no ID", set: func(b *behaviour) {
			head(func(a *elem, _ *message) { a.unset("ID") })(b)
			b.saml.message.signs = signResponse
		}},
		{Name: "AST001-version", Title: "Version of the assertion is 1.1", set: head(func(a *elem, _ *message) { a.set("Version", "1.1") })},
		{Name: "AST001-instant", Title: "the assertion has no IssueInstant", set: head(func(a *elem, _ *message) { a.unset("IssueInstant") })},
		{Name: "AST001-local", Title: "IssueInstant of the assertion is in local time", set: head(func(a *elem, m *message) {
			a.set("IssueInstant", m.now.In(time.FixedZone("", 2*3600)).Format("2006-01-02T15:04:05.000-07:00"))
		})},
		{Name: "AST002", Title: "the assertion has no Issuer", set: head(func(a *elem, _ *message) { a.remove("Issuer") })},
		{Name: "AST002-other", Title: "the Issuer of the assertion is another entity", set: within("Issuer", func(e *elem, _ *message) { e.fill("https://other.lab.example/idp") })},
		{Name: "AST002-format", Title: "the Issuer of the assertion has a Format that is not for entities", set: within("Issuer", func(e *elem, _ *message) { e.set("Format", formatUnspecified) })},
		{Name: "AST003", Title: "response and assertion have different Issuers", Connection: func(c *Conn) {
			c.SAML.Drop("idp_metadata")
			c.SAML.Drop("idp_entity_id")
			c.SAML.Set("sso_url", c.lab.SSOURL)
		}, set: within("Issuer", func(e *elem, m *message) { e.fill(m.lab.EntityID + "/assertions") })},
		{Name: "AST004", Title: "the assertion has no Subject", set: head(func(a *elem, _ *message) { a.remove("Subject") })},
		{Name: "AST005", Title: "the subject has no NameID", set: within("Subject", func(e *elem, _ *message) { e.remove("NameID") })},
		{Name: "AST005-empty", Title: "NameID is empty", set: within("Subject/NameID", func(e *elem, _ *message) { e.fill() })},
		{Name: "AST006", Title: "NameID comes in another format than the SP asks for", Connection: email,
			set: nameID(formatPersistent, func(m *message) string { return "lab-" + m.user.Sub })},
		{Name: "AST007", Title: "the format of NameID is e-mail address and its value is none", set: nameID(formatEmail, func(m *message) string { return strings.ToLower(m.user.Given) })},
		{Name: "AST008", Title: "NameID is transient", set: nameID(formatTransient, func(*message) string { return "_" + token(20) })},
		{Name: "AST009", Title: "a persistent NameID is longer than 256 characters", set: nameID(formatPersistent, said(strings.Repeat("a", 257)))},
		{Name: "AST009-qualifier", Title: "SPNameQualifier of a persistent NameID names another SP", set: within("Subject/NameID", func(e *elem, m *message) {
			e.set("Format", formatPersistent)
			e.set("SPNameQualifier", "urn:lab:other")
			e.fill("lab-" + m.user.Sub)
		})},
		{Name: "AST010", Title: "NameID and the attribute email are different addresses", set: nameID(formatEmail, func(m *message) string { return "a." + m.user.Email })},
		{Name: "AST010-case", Title: "NameID and the attribute email differ in letter case", set: nameID(formatEmail, func(m *message) string { return m.user.Given[:1] + m.user.Email[1:] })},
		{Name: "AST011", Title: "the user's e-mail domain is none of the allowed ones", set: granted(func(m *message) {
			m.part("Subject/NameID").fill("ann@elsewhere.example")
			m.attribute("email").at("AttributeValue").fill("ann@elsewhere.example")
		})},
	}
}

// astIdentityFaults are those of whom the assertion is about, and how often.
func astIdentityFaults() []Fault {
	return []Fault{
		{Name: "AST042", Title: "a comment stands inside NameID", set: within("Subject/NameID", func(e *elem, m *message) {
			e.fill(m.user.Email, markup("<!-- -->"), ".evil.example")
			m.attribute("email").at("AttributeValue").fill(m.user.Email + ".evil.example")
		})},
		{Name: "AST042-attribute", Title: "a comment stands inside an attribute", set: granted(func(m *message) {
			m.attribute("lastName").at("AttributeValue").fill(m.user.Family[:2], markup("<!-- -->"), m.user.Family[2:])
		})},
		{Name: "AST043", Title: "the response carries assertions about two users", set: granted(func(m *message) {
			a := m.another()
			a.at("Subject/NameID").fill("bob@lab.example")
			m.root.add(a)
		})},
		{Name: "AST045", Title: "every assertion has the same ID", set: within("", func(a *elem, _ *message) { a.set("ID", "_lab-always-the-same") })},
	}
}

// astSubjectFaults are those of SubjectConfirmation.
func astSubjectFaults() []Fault {
	faults := []Fault{
		{Name: "AST012", Title: "there is no SubjectConfirmation", set: within("Subject", func(e *elem, _ *message) { e.remove("SubjectConfirmation") })},
		{Name: "AST012-key", Title: "SubjectConfirmation is holder-of-key", set: within(pathConfirmation, func(e *elem, _ *message) { e.set("Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key") })},
		{Name: "AST013", Title: "there is no SubjectConfirmationData", set: within(pathConfirmation, func(e *elem, _ *message) { e.fill() })},
		{Name: "AST014", Title: "SubjectConfirmationData has no Recipient", set: within(pathData, func(e *elem, _ *message) { e.unset("Recipient") })},
		{Name: "AST014-other", Title: "Recipient is another address", set: within(pathData, func(e *elem, _ *message) { e.set("Recipient", "https://staging.lab.example/saml/acs") })},
		{Name: "AST015", Title: "SubjectConfirmationData has no NotOnOrAfter", set: within(pathData, func(e *elem, _ *message) { e.unset("NotOnOrAfter") })},
		{Name: "AST015-past", Title: "NotOnOrAfter of SubjectConfirmationData was an hour ago", set: late(pathData, "NotOnOrAfter", -time.Hour)},
		{Name: "AST015-1m", Title: "NotOnOrAfter of SubjectConfirmationData was a minute ago", set: late(pathData, "NotOnOrAfter", -time.Minute)},
		{Name: "AST016", Title: "SubjectConfirmationData has NotBefore", set: late(pathData, "NotBefore", -assertionSlack)},
		{Name: "AST017", Title: "SubjectConfirmationData answers another request than the response", set: within(pathData, func(e *elem, _ *message) { e.set("InResponseTo", "_another-request") })},
		{Name: "AST017-missing", Title: "SubjectConfirmationData does not say which request it answers", set: within(pathData, func(e *elem, _ *message) { e.unset("InResponseTo") })},
		{Name: "AST018", Title: "SubjectConfirmationData has the address of a client", set: within(pathData, func(e *elem, _ *message) { e.set("Address", "203.0.113.7") })},
	}
	for name, to := range nearACS() {
		faults = append(faults, Fault{Name: "AST014-" + name, Title: "Recipient differs from the ACS in its " + name, set: within(pathData, func(e *elem, _ *message) { e.set("Recipient", to) })})
	}
	return faults
}

// astConditionFaults are those of Conditions.
func astConditionFaults() []Fault {
	window := func(from, to time.Duration) func(*behaviour) {
		return within("Conditions", func(e *elem, m *message) {
			e.set("NotBefore", instant(m.now.Add(from)))
			e.set("NotOnOrAfter", instant(m.now.Add(to)))
			m.part(pathData).set("NotOnOrAfter", instant(m.now.Add(to)))
		})
	}
	more := func(kids ...*elem) func(*behaviour) {
		return within("Conditions", func(e *elem, _ *message) {
			for _, k := range kids {
				e.add(k.clone())
			}
		})
	}
	audience := func(values ...string) func(*behaviour) {
		return within("Conditions/AudienceRestriction", func(e *elem, _ *message) {
			e.fill()
			for _, v := range values {
				e.add(el("saml:Audience", v))
			}
		})
	}
	return []Fault{
		{Name: "AST019", Title: "the assertion has no Conditions", set: within("", func(e *elem, _ *message) { e.remove("Conditions") })},
		{Name: "AST020", Title: "the assertion becomes valid in ten minutes", set: window(10*time.Minute, 15*time.Minute)},
		{Name: "AST020-1m", Title: "the assertion becomes valid in a minute", set: window(time.Minute, 6*time.Minute)},
		{Name: "AST021", Title: "the validity of the assertion ended an hour ago", set: func(b *behaviour) {
			within("Conditions", func(e *elem, m *message) {
				e.set("NotBefore", instant(m.now.Add(-65*time.Minute)))
				e.set("NotOnOrAfter", instant(m.now.Add(-time.Hour)))
			})(b)
		}},
		{Name: "AST021-1m", Title: "the validity of the assertion ended a minute ago", set: within("Conditions", func(e *elem, m *message) {
			e.set("NotBefore", instant(m.now.Add(-6*time.Minute)))
			e.set("NotOnOrAfter", instant(m.now.Add(-time.Minute)))
		})},
		{Name: "AST022", Title: "NotBefore is later than NotOnOrAfter", set: within("Conditions", func(e *elem, m *message) {
			e.set("NotBefore", instant(m.now.Add(60*time.Second)))
			e.set("NotOnOrAfter", instant(m.now.Add(30*time.Second)))
		})},
		{Name: "AST023", Title: "the assertion becomes valid in the millisecond of its issue", set: late("Conditions", "NotBefore", 0)},
		{Name: "AST024", Title: "the assertion is valid for a day", set: window(-assertionSlack, 24*time.Hour)},
		{Name: "AST024-short", Title: "the assertion is valid for half a minute", set: window(-5*time.Second, 25*time.Second)},
		{Name: "AST025", Title: "there is no AudienceRestriction", set: within("Conditions", func(e *elem, _ *message) { e.remove("AudienceRestriction") })},
		{Name: "AST025-empty", Title: "AudienceRestriction names nobody", set: audience()},
		{Name: "AST026", Title: "the audience is another SP", set: audience("urn:lab:other")},
		{Name: "AST026-and", Title: "a second AudienceRestriction leaves the SP out", set: more(el("saml:AudienceRestriction", el("saml:Audience", "urn:lab:other")))},
		{Name: "AST027", Title: "the audience ends in a slash", set: audience(spEntity + "/")},
		{Name: "AST027-case", Title: "the audience differs in letter case", set: audience("urn:lab:App")},
		{Name: "AST027-spn", Title: "the audience begins with spn:", set: audience("spn:" + spEntity)},
		{Name: "AST027-scheme", Title: "the audience has another scheme than the SP's entity ID", set: func(b *behaviour) {
			b.saml.spEntity = "https://app.lab.example/saml"
			audience("http://app.lab.example/saml")(b)
		}},
		{Name: "AST028", Title: "OneTimeUse is there twice", set: more(el("saml:OneTimeUse"), el("saml:OneTimeUse"))},
		{Name: "AST028-proxy", Title: "ProxyRestriction is there twice", set: more(el("saml:ProxyRestriction", attr{"Count", "0"}), el("saml:ProxyRestriction", attr{"Count", "0"}))},
		{Name: "AST028-unknown", Title: "there is a condition of an unknown type", set: more(el("saml:Condition", attr{"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"},
			attr{"xmlns:x", "urn:example:unknown"}, attr{"xsi:type", "x:WeekdaysType"}))},
	}
}
