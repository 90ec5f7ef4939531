package samldoc

import (
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Head is what all protocol messages have (SAML 2.0 Core §3.2.1, §3.2.2). Element is the message itself.
type Head struct {
	Element                                              *xmltree.Element
	ID, Version, IssueInstant, Destination, InResponseTo string
	Issuer                                               *xmltree.Element // nil when there is none
}

func head(e *xmltree.Element) Head {
	return Head{e, e.Attr("ID"), e.Attr("Version"), e.Attr("IssueInstant"), e.Attr("Destination"), e.Attr("InResponseTo"), e.Child(Assertion, "Issuer")}
}

// Response is a samlp:Response.
type Response struct {
	Head
	StatusCode, SubCode string // top-level and second-level code; "" when not there
	StatusMessage       string
	// Assertions are those that an SP reads: direct children of the response, in order, decrypted ones included.
	Assertions []*AssertionDoc
	// Encrypted are the EncryptedAssertion elements, decrypted or not.
	Encrypted []*xmltree.Element
}

// AssertionDoc is one saml:Assertion.
type AssertionDoc struct {
	Element                   *xmltree.Element
	ID, Version, IssueInstant string
	Issuer                    *xmltree.Element
	Subject                   *xmltree.Element
	NameID                    *xmltree.Element
	Confirmations             []Confirmation
	Conditions                []*xmltree.Element
	Audiences                 [][]*xmltree.Element // per AudienceRestriction
	AuthnStatements           []*xmltree.Element
	Attributes                []Attribute
}

// Confirmation is one SubjectConfirmation.
type Confirmation struct {
	Element *xmltree.Element
	Method  string
	Data    *xmltree.Element // SubjectConfirmationData, or nil
}

// Attribute is one attribute of an assertion.
type Attribute struct {
	Element                        *xmltree.Element
	Name, NameFormat, FriendlyName string
	Values                         []string // text of each AttributeValue, white space around it left out
}

// Request is a samlp:AuthnRequest.
type Request struct {
	Head
	ACSURL, ACSIndex, ProtocolBinding string
	NameIDFormat                      string
	Policy                            *xmltree.Element // NameIDPolicy
	Context                           *xmltree.Element // RequestedAuthnContext
	ForceAuthn, IsPassive             bool
}

// Logout is a LogoutRequest or a LogoutResponse.
type Logout struct {
	Head
	Answer     bool // a LogoutResponse
	NameID     *xmltree.Element
	Sessions   []*xmltree.Element
	StatusCode string
}

// ParseResponse reads the response of a document; nil when the root is none. A bare Assertion is read as a response without a head.
func ParseResponse(doc *xmltree.Doc) *Response {
	root := doc.Root
	if root.Is(Assertion, "Assertion") {
		return &Response{Assertions: []*AssertionDoc{ParseAssertion(root)}}
	}
	if !root.Is(Protocol, "Response") {
		return nil
	}
	r := &Response{Head: head(root)}
	if status := root.Child(Protocol, "Status"); status != nil {
		code := status.Child(Protocol, "StatusCode")
		r.StatusCode, r.SubCode = code.Attr("Value"), code.Child(Protocol, "StatusCode").Attr("Value")
		r.StatusMessage = status.Child(Protocol, "StatusMessage").Value()
	}
	for _, e := range root.Elements() {
		switch {
		case e.Is(Assertion, "Assertion"):
			r.Assertions = append(r.Assertions, ParseAssertion(e))
		case e.Is(Assertion, "EncryptedAssertion"):
			r.Encrypted = append(r.Encrypted, e)
			if inner := e.Child(Assertion, "Assertion"); inner != nil { // decrypted: it stands where the cipher text stood
				r.Assertions = append(r.Assertions, ParseAssertion(inner))
			}
		}
	}
	return r
}

// ParseAssertion reads an assertion.
func ParseAssertion(e *xmltree.Element) *AssertionDoc {
	a := &AssertionDoc{Element: e, ID: e.Attr("ID"), Version: e.Attr("Version"), IssueInstant: e.Attr("IssueInstant"), Issuer: e.Child(Assertion, "Issuer"),
		Subject: e.Child(Assertion, "Subject"), Conditions: e.All(Assertion, "Conditions"), AuthnStatements: e.All(Assertion, "AuthnStatement")}
	a.NameID = a.Subject.Child(Assertion, "NameID")
	for _, c := range a.Subject.All(Assertion, "SubjectConfirmation") {
		a.Confirmations = append(a.Confirmations, Confirmation{c, c.Attr("Method"), c.Child(Assertion, "SubjectConfirmationData")})
	}
	for _, c := range a.Conditions {
		for _, r := range c.All(Assertion, "AudienceRestriction") {
			a.Audiences = append(a.Audiences, r.All(Assertion, "Audience"))
		}
	}
	for _, s := range e.All(Assertion, "AttributeStatement") {
		for _, at := range s.All(Assertion, "Attribute") {
			a.Attributes = append(a.Attributes, attribute(at))
		}
	}
	return a
}

func attribute(e *xmltree.Element) Attribute {
	at := Attribute{Element: e, Name: e.Attr("Name"), NameFormat: e.Attr("NameFormat"), FriendlyName: e.Attr("FriendlyName")}
	for _, v := range e.All(Assertion, "AttributeValue") {
		at.Values = append(at.Values, v.Value())
	}
	return at
}

// ParseRequest reads the AuthnRequest of a document; nil when the root is none.
func ParseRequest(doc *xmltree.Doc) *Request {
	e := doc.Root
	if !e.Is(Protocol, "AuthnRequest") {
		return nil
	}
	policy := e.Child(Protocol, "NameIDPolicy")
	return &Request{Head: head(e), ACSURL: e.Attr("AssertionConsumerServiceURL"), ACSIndex: e.Attr("AssertionConsumerServiceIndex"), ProtocolBinding: e.Attr("ProtocolBinding"),
		NameIDFormat: policy.Attr("Format"), Policy: policy, Context: e.Child(Protocol, "RequestedAuthnContext"), ForceAuthn: yes(e.Attr("ForceAuthn")), IsPassive: yes(e.Attr("IsPassive"))}
}

// ParseLogout reads a logout message; nil when the root is none.
func ParseLogout(doc *xmltree.Doc) *Logout {
	e := doc.Root
	if !e.Is(Protocol, "LogoutRequest") && !e.Is(Protocol, "LogoutResponse") {
		return nil
	}
	return &Logout{Head: head(e), Answer: e.Local == "LogoutResponse", NameID: e.Child(Assertion, "NameID"), Sessions: e.All(Protocol, "SessionIndex"),
		StatusCode: e.Child(Protocol, "Status").Child(Protocol, "StatusCode").Attr("Value")}
}

func yes(s string) bool { return s == "true" || s == "1" }

// Time reads an xs:dateTime. utc is false when it carries an offset other than Z, or none; ok is false when it is no time at all.
func Time(s string) (t time.Time, utc, ok bool) {
	s = strings.TrimSpace(s)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err == nil {
		return t, strings.HasSuffix(s, "Z"), true
	}
	t, err = time.Parse("2006-01-02T15:04:05.999999999", s) // without an offset it is UTC (SAML 2.0 Core §1.3.3)
	return t, false, err == nil
}
