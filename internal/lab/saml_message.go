package lab

import (
	"cmp"
	"net/url"
	"slices"
	"time"
)

// ResponseOptions say what a response answers and whom it is about.
type ResponseOptions struct {
	InResponseTo string    // ID of the request; empty for a login that the identity provider began
	User         string    // name of one of Users; empty means the first
	Now          time.Time // instant of issue; zero means the lab's clock
	Format       string    // NameID format that was asked for; empty means e-mail address
	ACS          string    // where it goes; empty means the registered address
	Class        string    // authentication context class that was asked for; empty means a password over TLS
}

// Response is the XML of a response to a user who signed in, with the fault's changes, as nobody has encoded it yet. An unknown
// user or a lab that speaks no SAML gives nil.
func (l *Lab) Response(in ResponseOptions) []byte {
	i := slices.IndexFunc(l.Users, func(u User) bool { return u.Name == in.User || in.User == "" })
	if i < 0 || l.saml == nil {
		return nil
	}
	return l.finishMessage(l.success(in, session{user: l.Users[i], at: l.instant(in)}))
}

// PassiveResponse is the answer to IsPassive="true" when nobody is signed in: Responder with NoPassive and no assertion (SAML Core
// section 3.4.1.4). It carries those of the fault's changes that are not about the assertion or the status. A lab that speaks no
// SAML gives nil.
func (l *Lab) PassiveResponse(in ResponseOptions) []byte {
	if l.saml == nil {
		return nil
	}
	m := l.message(in)
	m.status("Responder", "NoPassive", "nobody is signed in")
	return l.finishMessage(m)
}

func (l *Lab) instant(in ResponseOptions) time.Time {
	if in.Now.IsZero() {
		return l.now()
	}
	return in.Now
}

// message is a response in the making.
type message struct {
	lab  *Lab
	in   ResponseOptions
	now  time.Time
	user User
	root *elem
}

// messageChange is what can be wrong with a response.
type messageChange struct {
	skew      time.Duration                        // of the clock that all instants are taken from
	shared    func(m *message)                     // changes to any response before it is signed
	change    func(m *message)                     // changes to a response with an assertion before it is signed
	text      func(text string, m *message) string // changes to a response with an assertion after all is signed
	signs     signedParts                          // which parts are signed
	response  seal                                 // how the response is signed
	assertion seal                                 // how the assertion is signed
	encrypt   *encryption                          // nil: in the clear
	cover     string                               // a part of the assertion that is encrypted before all is signed
	deliver   func(d *Delivery)
}

// signedParts is which elements of a response are signed.
type signedParts int

const (
	signBoth signedParts = iota
	signResponse
	signAssertion
	signNothing
)

// part gives the first element of a path below the assertion, and an element of its own when there is none: a fault can be asked
// of a response without an assertion.
func (m *message) part(path string) *elem {
	if a := m.root.at("Assertion"); a != nil {
		if path == "" {
			return a
		}
		if e := a.at(path); e != nil {
			return e
		}
	}
	return el("lab:none")
}

// attribute gives the attribute of a name, or an element of its own.
func (m *message) attribute(name string) *elem {
	for _, a := range m.part("AttributeStatement").all("Attribute") {
		if a.get("Name") == name {
			return a
		}
	}
	return el("lab:none")
}

// message makes a response without status and assertion.
func (l *Lab) message(in ResponseOptions) *message {
	m := &message{lab: l, in: in, now: l.instant(in).Add(l.b.saml.message.skew)}
	m.root = el("samlp:Response", attr{"xmlns:samlp", nsProtocol}, attr{"xmlns:saml", nsAssertion},
		attr{"ID", "_" + token(20)}, attr{"Version", "2.0"}, attr{"IssueInstant", instant(m.now)}, attr{"Destination", cmp.Or(in.ACS, l.saml.acs)})
	if in.InResponseTo != "" {
		m.root.set("InResponseTo", in.InResponseTo)
	}
	m.root.add(el("saml:Issuer", l.saml.entityID))
	return m
}

// status replaces the status; the second code and the message may be empty.
func (m *message) status(code, second, text string) {
	top := el("samlp:StatusCode", attr{"Value", statusPrefix + code})
	if second != "" {
		top.add(el("samlp:StatusCode", attr{"Value", statusPrefix + second}))
	}
	s := el("samlp:Status", top)
	if text != "" {
		s.add(el("samlp:StatusMessage", text))
	}
	m.root.remove("Status")
	m.root.after("Issuer", s)
}

// success makes a response with an assertion (SAML Profiles section 4.1.4.2).
func (l *Lab) success(in ResponseOptions, s session) *message {
	m := l.message(in)
	m.user = s.user
	m.status("Success", "", "")
	data := el("saml:SubjectConfirmationData", attr{"NotOnOrAfter", instant(m.now.Add(assertionLife))}, attr{"Recipient", cmp.Or(in.ACS, l.saml.acs)})
	if in.InResponseTo != "" {
		data.set("InResponseTo", in.InResponseTo)
	}
	m.root.add(el("saml:Assertion", attr{"xmlns:saml", nsAssertion}, attr{"ID", "_" + token(20)}, attr{"Version", "2.0"}, attr{"IssueInstant", instant(m.now)},
		el("saml:Issuer", l.saml.entityID),
		el("saml:Subject", l.nameID(s.user, in.Format), el("saml:SubjectConfirmation", attr{"Method", methodBearer}, data)),
		el("saml:Conditions", attr{"NotBefore", instant(m.now.Add(-assertionSlack))}, attr{"NotOnOrAfter", instant(m.now.Add(assertionLife))},
			el("saml:AudienceRestriction", el("saml:Audience", l.SPEntityID))),
		el("saml:AuthnStatement", attr{"AuthnInstant", instant(s.at)}, attr{"SessionIndex", "_" + token(12)}, attr{"SessionNotOnOrAfter", instant(m.now.Add(sessionLife))},
			el("saml:AuthnContext", el("saml:AuthnContextClassRef", classOr(in.Class)))),
		el("saml:AttributeStatement", attribute("email", s.user.Email), attribute("firstName", s.user.Given), attribute("lastName", s.user.Family),
			attribute("groups", s.user.Groups...))))
	return m
}

// Lifetimes of an assertion. assertionSlack is how far its validity begins before its issue, for clocks that go behind.
const (
	assertionLife  = 5 * time.Minute
	assertionSlack = time.Minute
	sessionLife    = 8 * time.Hour
)

func classOr(class string) string {
	if class == "" {
		return classPassword
	}
	return class
}

// nameID names a user in the format that was asked for.
func (l *Lab) nameID(u User, format string) *elem {
	e := el("saml:NameID", attr{"Format", format})
	switch format {
	case formatPersistent:
		e.set("NameQualifier", l.saml.entityID)
		e.set("SPNameQualifier", l.SPEntityID)
		e.fill("lab-" + u.Sub)
	case formatTransient:
		e.fill("_" + token(20))
	case "", formatUnspecified:
		e.set("Format", formatEmail)
		e.fill(u.Email)
	default:
		e.fill(u.Email)
	}
	return e
}

func attribute(name string, values ...string) *elem {
	a := el("saml:Attribute", attr{"Name", name}, attr{"NameFormat", attrBasic})
	for _, v := range values {
		a.add(el("saml:AttributeValue", v))
	}
	return a
}

// finishMessage applies the fault, signs and encrypts.
func (l *Lab) finishMessage(m *message) []byte {
	c := l.b.saml.message
	granted := m.root.at("Assertion") != nil
	if c.shared != nil {
		c.shared(m)
	}
	if granted && c.change != nil {
		c.change(m)
	}
	text, err := l.sealMessage(m)
	if err != nil {
		panic(err) // the keys are the lab's own, and the metadata was signed with the same code
	}
	if granted && c.text != nil {
		text = c.text(text, m)
	}
	return []byte(text)
}

// Delivery is how the browser carries a message to the SP.
type Delivery struct {
	Method string     // POST or GET
	Action string     // the address that the form is sent to
	Fields url.Values // SAMLResponse and RelayState
}
