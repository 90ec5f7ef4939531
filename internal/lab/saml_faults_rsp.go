package lab

import (
	"encoding/base64"
	"net/url"
	"strings"
	"time"
)

// response is a fault in the response's own element; it shows in the answer to IsPassive too.
func response(change func(r *elem, m *message)) func(*behaviour) {
	return func(b *behaviour) { b.saml.message.shared = func(m *message) { change(m.root, m) } }
}

// granted is a fault in a response with an assertion.
func granted(change func(m *message)) func(*behaviour) {
	return func(b *behaviour) { b.saml.message.change = change }
}

// reworded is a fault in the text of a response with an assertion, behind the signature's back.
func reworded(change func(text string, m *message) string) func(*behaviour) {
	return func(b *behaviour) { b.saml.message.text = change }
}

// carried is a fault in how the browser carries a response.
func carried(change func(d *Delivery)) func(*behaviour) {
	return func(b *behaviour) { b.saml.message.deliver = change }
}

// encoded is a fault in how SAMLResponse is encoded.
func encoded(change func(value string) string) func(*behaviour) {
	return carried(func(d *Delivery) { d.Fields.Set("SAMLResponse", change(d.Fields.Get("SAMLResponse"))) })
}

// login marks faults that show in a login alone.
func login(faults []Fault) []Fault {
	for i := range faults {
		faults[i].Login = true
	}
	return faults
}

// nearACS are addresses that are not the ACS and look like it.
func nearACS() map[string]string {
	return map[string]string{
		"slash":  spACS + "/",
		"case":   strings.Replace(spACS, "/saml/", "/SAML/", 1),
		"host":   strings.Replace(spACS, "app.", "App.", 1),
		"port":   strings.Replace(spACS, ".example/", ".example:443/", 1),
		"scheme": strings.Replace(spACS, "https:", "http:", 1),
	}
}

// rspFormFaults are those of the response as a document and of how it is carried.
func rspFormFaults() []Fault {
	return []Fault{
		{Name: "RSP001", Title: "SAMLResponse is no base64", set: encoded(func(s string) string { return "<!-- " + s[:40] + " -->" })},
		{Name: "RSP001-urlencoded", Title: "SAMLResponse is URL-encoded once more", set: encoded(func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") })},
		{Name: "RSP001-twice", Title: "SAMLResponse is base64 of base64", set: encoded(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
		{Name: "RSP001-blanks", Title: "SAMLResponse has blanks in place of plus signs", set: encoded(func(s string) string { return strings.ReplaceAll(s, "+", " ") })},
		{Name: "RSP002", Title: "the response ends before its last end tag", set: reworded(func(s string, _ *message) string { return strings.TrimSuffix(s, "</samlp:Response>") })},
		{Name: "RSP002-dtd", Title: "the response has a document type declaration", set: reworded(func(s string, _ *message) string { return "<!DOCTYPE samlp:Response>" + s })},
		{Name: "RSP018", Title: "RelayState comes back changed", set: carried(func(d *Delivery) {
			if d.Fields.Has("RelayState") {
				d.Fields.Set("RelayState", strings.ToUpper(d.Fields.Get("RelayState"))+"0")
			}
		})},
		{Name: "RSP018-missing", Title: "RelayState does not come back", set: carried(func(d *Delivery) { d.Fields.Del("RelayState") })},
		{Name: "RSP018-long", Title: "RelayState comes back longer than eighty bytes", set: carried(func(d *Delivery) {
			d.Fields.Set("RelayState", d.Fields.Get("RelayState")+"&"+strings.Repeat("x", 80))
		})},
		{Name: "RSP019", Title: "the form field is spelt SamlResponse", set: carried(func(d *Delivery) {
			d.Fields["SamlResponse"] = d.Fields["SAMLResponse"]
			d.Fields.Del("SAMLResponse")
		})},
		{Name: "RSP019-action", Title: "the form is sent to another address", set: carried(func(d *Delivery) { d.Action = "https://staging.lab.example/saml/acs" })},
		{Name: "RSP020", Title: "the response is delivered by HTTP-Redirect", set: carried(func(d *Delivery) { d.redirect() })},
	}
}

// rspFaults are those of the response's own element.
func rspFaults() []Fault {
	faults := []Fault{
		{Name: "RSP003", Title: "an element of the response is at the wrong place", set: granted(func(m *message) {
			a := m.part("")
			conditions := a.at("Conditions")
			a.remove("Conditions")
			a.add(conditions)
		})},
		{Name: "RSP004", Title: "Version of the response is 1.1", set: response(func(r *elem, _ *message) { r.set("Version", "1.1") })},
		{Name: "RSP005", Title: "the response has no ID", set: func(b *behaviour) {
			response(func(r *elem, _ *message) { r.unset("ID") })(b)
			b.saml.message.signs = signAssertion
		}},
		{Name: "RSP005-empty", Title: "the ID of the response is empty", set: func(b *behaviour) {
			response(func(r *elem, _ *message) { r.set("ID", "") })(b)
			b.saml.message.signs = signAssertion
		}},
		{Name: "RSP005-digit", Title: "the ID of the response begins with a digit", set: response(func(r *elem, _ *message) { r.set("ID", "7"+r.get("ID")[1:]) })},
		{Name: "RSP006", Title: "the response has no IssueInstant", set: response(func(r *elem, _ *message) { r.unset("IssueInstant") })},
		{Name: "RSP006-local", Title: "IssueInstant of the response is in local time", set: response(func(r *elem, m *message) {
			r.set("IssueInstant", m.now.In(time.FixedZone("", 2*3600)).Format("2006-01-02T15:04:05.000-07:00"))
		})},
		{Name: "RSP006-shape", Title: "IssueInstant of the response is no date", set: response(func(r *elem, m *message) { r.set("IssueInstant", m.now.UTC().Format("02.01.2006 15:04:05")) })},
		{Name: "RSP006-future", Title: "IssueInstant of the response is an hour ahead", set: response(func(r *elem, m *message) { r.set("IssueInstant", instant(m.now.Add(time.Hour))) })},
		{Name: "RSP006-past", Title: "IssueInstant of the response is an hour before the request", set: response(func(r *elem, m *message) { r.set("IssueInstant", instant(m.now.Add(-time.Hour))) })},
		{Name: "RSP007", Title: "the response answers another request", set: answering("_another-request")},
		{Name: "RSP007-empty", Title: "InResponseTo is empty", set: answering("")},
		{Name: "RSP008", Title: "the response does not say which request it answers", set: response(func(r *elem, m *message) {
			r.unset("InResponseTo")
			m.part("Subject/SubjectConfirmation/SubjectConfirmationData").unset("InResponseTo")
		})},
		{Name: "RSP009", Title: "a response that nobody asked for says that it answers a request", set: granted(func(m *message) {
			if m.in.InResponseTo == "" {
				m.root.set("InResponseTo", "_nobody-asked")
				m.part("Subject/SubjectConfirmation/SubjectConfirmationData").set("InResponseTo", "_nobody-asked")
			}
		})},
		{Name: "RSP010", Title: "the response has no Destination", set: response(func(r *elem, _ *message) { r.unset("Destination") })},
		{Name: "RSP010-empty", Title: "Destination is empty", set: response(func(r *elem, _ *message) { r.set("Destination", "") })},
		{Name: "RSP010-other", Title: "Destination is another address", set: response(func(r *elem, _ *message) { r.set("Destination", "https://staging.lab.example/saml/acs") })},
		{Name: "RSP014", Title: "a response that says no carries an assertion", set: granted(func(m *message) { m.status("Responder", "AuthnFailed", "password has expired") })},
		{Name: "RSP015", Title: "a response that says yes carries no assertion", set: granted(func(m *message) { m.root.remove("Assertion") })},
		{Name: "RSP015-two", Title: "the response carries two assertions", set: granted(func(m *message) { m.root.add(m.another()) })},
		{Name: "RSP016", Title: "the response has no Issuer", set: response(func(r *elem, _ *message) { r.remove("Issuer") })},
		{Name: "RSP016-other", Title: "the Issuer of the response is another entity", set: response(func(r *elem, _ *message) { r.at("Issuer").fill("https://other.lab.example/idp") })},
		{Name: "RSP016-slash", Title: "the Issuer of the response ends in a slash", set: response(func(r *elem, m *message) { r.at("Issuer").fill(m.lab.EntityID + "/") })},
		{Name: "RSP016-format", Title: "the Issuer of the response has a Format that is not for entities", set: response(func(r *elem, _ *message) { r.at("Issuer").set("Format", formatUnspecified) })},
		{Name: "RSP017", Title: "Consent is no URI", set: response(func(r *elem, _ *message) { r.set("Consent", "obtained") })},
		{Name: "RSP017-extensions", Title: "Extensions holds an element of SAML's own namespace", set: response(func(r *elem, _ *message) {
			r.after("Issuer", el("samlp:Extensions", el("samlp:GetComplete", "https://login.lab.example/")))
		})},
	}
	for name, to := range nearACS() {
		faults = append(faults, Fault{Name: "RSP011-" + name, Title: "Destination differs from the ACS in its " + name, set: response(func(r *elem, _ *message) { r.set("Destination", to) })})
	}
	return faults
}

// answering is a fault in the ID of the request that is answered, everywhere alike.
func answering(id string) func(*behaviour) {
	return response(func(r *elem, m *message) {
		r.set("InResponseTo", id)
		m.part("Subject/SubjectConfirmation/SubjectConfirmationData").set("InResponseTo", id)
	})
}

// another is the assertion once more, with an ID of its own.
func (m *message) another() *elem {
	a := m.part("").clone()
	a.set("ID", "_"+token(20))
	return a
}

// statusFaults are responses that say no, without an assertion.
func statusFaults() []Fault {
	no := func(code, second, text string) func(*behaviour) {
		return granted(func(m *message) {
			m.root.remove("Assertion")
			m.status(code, second, text)
		})
	}
	status := func(change func(s *elem)) func(*behaviour) {
		return granted(func(m *message) { change(m.root.at("Status")) })
	}
	return []Fault{
		{Name: "RSP012", Title: "the response has no Status", set: granted(func(m *message) { m.root.remove("Status") })},
		{Name: "RSP012-code", Title: "Status has no StatusCode", set: status(func(s *elem) { s.fill(el("samlp:StatusMessage", "signed in")) })},
		{Name: "RSP012-value", Title: "StatusCode has no Value", set: status(func(s *elem) { s.at("StatusCode").unset("Value") })},
		{Name: "RSP012-unknown", Title: "the top-level status code is none that is permitted", set: status(func(s *elem) { s.at("StatusCode").set("Value", statusPrefix+"Succes") })},
		{Name: "RSP013", Title: "the response says AuthnFailed", set: no("Responder", "AuthnFailed", "password has expired")},
		{Name: "RSP013-bare", Title: "the response says Responder and nothing more", set: no("Responder", "", "")},
		{Name: "RSP013-context", Title: "the response says NoAuthnContext", set: no("Responder", "NoAuthnContext", "no such authentication context is possible")},
		{Name: "RSP013-denied", Title: "the response says RequestDenied", set: no("Responder", "RequestDenied", "the user is not assigned to this application")},
		{Name: "RSP013-nameid", Title: "the response says InvalidNameIDPolicy", set: no("Requester", "InvalidNameIDPolicy", "the user has no e-mail address")},
		{Name: "RSP013-passive", Title: "the response says NoPassive", set: no("Responder", "NoPassive", "nobody is signed in")},
		{Name: "RSP013-principal", Title: "the response says UnknownPrincipal", set: no("Responder", "UnknownPrincipal", "the user is not known")},
		{Name: "RSP013-unsupported", Title: "the response says RequestUnsupported", set: no("Requester", "RequestUnsupported", "the request is of a kind that is not offered")},
		{Name: "RSP013-version", Title: "the response says VersionMismatch", set: no("VersionMismatch", "", "")},
	}
}
