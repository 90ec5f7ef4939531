package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// letterModel is the content of one element: the children in their order ("|" where any of several may stand; nil: not looked at), and the
// attributes without a namespace.
type letterModel struct{ order, attributes []string }

var (
	headAttributes = []string{"ID", "Version", "IssueInstant", "Destination", "Consent"}
	nameAttributes = []string{"NameQualifier", "SPNameQualifier", "Format", "SPProvidedID"}
	anyStatement   = "saml:Statement|saml:AuthnStatement|saml:AuthzDecisionStatement|saml:AttributeStatement"
	anyName        = "saml:BaseID|saml:NameID|saml:EncryptedID"
)

// letterModels are the elements of the protocol's and the assertion's schema, as far as browser logins use them (SAML 2.0 Core §2, §3).
// What has to be there is not in them: the rules on each part tell that.
var letterModels = map[string]letterModel{
	"samlp:AuthnRequest": {order: []string{"saml:Issuer", "ds:Signature", "samlp:Extensions", "saml:Subject", "samlp:NameIDPolicy", "saml:Conditions", "samlp:RequestedAuthnContext", "samlp:Scoping"},
		attributes: slices.Concat(headAttributes, []string{"ForceAuthn", "IsPassive", "ProtocolBinding", "AssertionConsumerServiceIndex", "AssertionConsumerServiceURL", "AttributeConsumingServiceIndex", "ProviderName"})},
	"samlp:NameIDPolicy":          {attributes: []string{"Format", "SPNameQualifier", "AllowCreate"}, order: []string{}},
	"samlp:RequestedAuthnContext": {order: []string{"saml:AuthnContextClassRef|saml:AuthnContextDeclRef"}, attributes: []string{"Comparison"}},
	"samlp:Response": {order: []string{"saml:Issuer", "ds:Signature", "samlp:Extensions", "samlp:Status", "saml:Assertion|saml:EncryptedAssertion"},
		attributes: append(slices.Clone(headAttributes), "InResponseTo")},
	"samlp:Status":     {order: []string{"samlp:StatusCode", "samlp:StatusMessage", "samlp:StatusDetail"}, attributes: []string{}},
	"samlp:StatusCode": {order: []string{"samlp:StatusCode"}, attributes: []string{"Value"}},
	"saml:Assertion": {order: []string{"saml:Issuer", "ds:Signature", "saml:Subject", "saml:Conditions", "saml:Advice", anyStatement},
		attributes: []string{"ID", "Version", "IssueInstant"}},
	"saml:Issuer":                  {attributes: nameAttributes},
	"saml:NameID":                  {attributes: nameAttributes},
	"saml:Subject":                 {order: []string{anyName, "saml:SubjectConfirmation"}, attributes: []string{}},
	"saml:SubjectConfirmation":     {order: []string{anyName, "saml:SubjectConfirmationData"}, attributes: []string{"Method"}},
	"saml:SubjectConfirmationData": {attributes: []string{"NotBefore", "NotOnOrAfter", "Recipient", "InResponseTo", "Address"}},
	"saml:Conditions":              {order: []string{"saml:Condition|saml:AudienceRestriction|saml:OneTimeUse|saml:ProxyRestriction"}, attributes: []string{"NotBefore", "NotOnOrAfter"}},
	"saml:AuthnContextClassRef":    {},
	"saml:AudienceRestriction":     {order: []string{"saml:Audience"}, attributes: []string{}},
	"saml:AuthnStatement":          {order: []string{"saml:SubjectLocality", "saml:AuthnContext"}, attributes: []string{"AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"}},
	"saml:AuthnContext": {order: []string{"saml:AuthnContextClassRef", "saml:AuthnContextDecl|saml:AuthnContextDeclRef", "saml:AuthenticatingAuthority"},
		attributes: []string{}},
	"saml:AttributeStatement": {order: []string{"saml:Attribute|saml:EncryptedAttribute"}, attributes: []string{}},
	"saml:Attribute":          {order: []string{"saml:AttributeValue"}, attributes: []string{"Name", "NameFormat", "FriendlyName"}},
}

// manyTimes are the places in an order that may be taken more than once.
var manyTimes = []string{"saml:Assertion|saml:EncryptedAssertion", "saml:AuthnContextClassRef|saml:AuthnContextDeclRef", anyStatement, "saml:SubjectConfirmation",
	"saml:Condition|saml:AudienceRestriction|saml:OneTimeUse|saml:ProxyRestriction", "saml:Audience", "saml:AuthenticatingAuthority", "saml:Attribute|saml:EncryptedAttribute",
	"saml:AttributeValue"}

// maxMisbuilt is how many misbuilt parts of one message are told: who has mended those finds the others.
const maxMisbuilt = 50

// misbuilt tells what in a message the schema does not allow: elements out of order or in the wrong place, attributes that do not exist,
// text between elements. fix is the step for who wrote the message.
func (l letter) misbuilt(fix string) []report.Finding {
	var out []report.Finding
	l.head.Element.Walk(func(e *xmltree.Element) bool {
		if len(out) >= maxMisbuilt || e.Is(samldoc.Protocol, "Extensions") || e.Is(samldoc.Assertion, "AttributeValue") || e.Space == samldoc.DSig || e.Space == samldoc.Enc {
			return false
		}
		m, known := letterModels[letterName(e)]
		if known {
			out = append(out, l.children(e, m)...)
			out = append(out, l.unknownAttributes(e, m)...)
			out = append(out, l.incomplete(e)...)
		}
		return true
	})
	out = out[:min(len(out), maxMisbuilt)]
	for i := range out {
		out[i].Fix = []string{fix}
	}
	return out
}

// letterParts are the parts that an element has to have and that no other rule asks for: one of the children, or "@" and an attribute.
var letterParts = map[string][]string{
	"saml:AuthnStatement": {"AuthnContext"}, "saml:AuthnContext": {"AuthnContextClassRef", "AuthnContextDecl", "AuthnContextDeclRef"}, "saml:Attribute": {"@Name"},
}

// incomplete tells of an element that lacks what makes it one, or whose one text is empty.
func (l letter) incomplete(e *xmltree.Element) []report.Finding {
	name := letterName(e)
	if name == "saml:AuthnContextClassRef" && e.Value() == "" && len(e.Elements()) == 0 {
		return []report.Finding{l.about(e, "", "", "", "<%s> is empty: it does not say how the user signed in", e.Name())}
	}
	parts := letterParts[name]
	if len(parts) == 0 || misspelt(e) || len(e.Attrs)+len(e.Elements()) == 0 && name == "saml:AuthnStatement" { // AST030
		return nil
	}
	for _, part := range parts {
		if attr, is := strings.CutPrefix(part, "@"); is && e.Attr(attr) != "" || e.Child(samldoc.Assertion, part) != nil {
			return nil
		}
	}
	return []report.Finding{l.about(e, "", "", parts[0], "<%s> has no %s", e.Name(), strings.TrimPrefix(parts[0], "@"))}
}

// letterName is how letterModels call an element.
func letterName(e *xmltree.Element) string {
	switch e.Space {
	case samldoc.Protocol:
		return "samlp:" + e.Local
	case samldoc.Assertion:
		return "saml:" + e.Local
	case samldoc.DSig:
		return "ds:" + e.Local
	}
	return "{" + e.Space + "}" + e.Local
}

func (l letter) children(e *xmltree.Element, m letterModel) []report.Finding {
	if m.order == nil {
		return nil
	}
	var out []report.Finding
	last, lastName, told, again := -1, "", false, false
	for _, c := range e.Elements() {
		if len(out) >= maxMisbuilt {
			return out
		}
		n := letterName(c)
		at := slices.IndexFunc(m.order, func(o string) bool { return slices.Contains(strings.Split(o, "|"), n) })
		switch {
		case n == "ds:Signature": // SIG013
		case at < 0:
			out = append(out, l.foreign(e, c, m))
		case at < last && told: // one that moved pushes the others aside
		case at < last:
			told = true
			out = append(out, l.about(c, "", n, "before "+lastName, "<%s> stands behind <%s> in <%s>, and its place is before it", c.Name(), lastName, e.Name()))
		case at == last && n != "saml:Conditions" && !slices.Contains(manyTimes, m.order[at]) && !again: // AST019
			again = true
			out = append(out, l.about(c, "", n, "", "<%s> stands behind <%s> in <%s>, which has one of them at most", c.Name(), lastName, e.Name()))
		default:
			last, lastName = at, c.Name()
		}
	}
	for _, n := range e.Children {
		if text := strings.TrimSpace(n.Text); n.Kind == xmltree.Text && text != "" {
			return append(out, l.about(e, "", text, "", "the text %s stands between the elements of <%s>", shortened(text), e.Name()))
		}
	}
	return out
}

// foreign tells of an element that cannot stand where it does.
func (l letter) foreign(e, c *xmltree.Element, m letterModel) report.Finding {
	var names []string
	for _, n := range flattened(m.order) {
		names = append(names, n[strings.IndexByte(n, ':')+1:])
	}
	f := l.about(c, "", c.Name(), "", "<%s> is no element of <%s>", c.Name(), e.Name())
	if near := source.Nearest(c.Local, names); near != "" {
		f.Want = near
		f.Message += fmt.Sprintf(" (did you mean %q?)", near)
		if near == c.Local {
			f.Message = fmt.Sprintf("<%s> in <%s> is in the namespace %s, which is not its own", c.Name(), e.Name(), check.Quote(c.Space))
		}
	}
	return f
}

func (l letter) unknownAttributes(e *xmltree.Element, m letterModel) []report.Finding {
	var out []report.Finding
	for _, a := range e.Attrs {
		if len(out) >= maxMisbuilt || !m.strange(e, a) {
			continue
		}
		name := a.Local
		if a.Prefix != "" {
			name = a.Prefix + ":" + a.Local
		}
		f := l.about(e, a.Local, name, "", "<%s> has the attribute %q, which the schema does not know", e.Name(), name)
		f.Severity = report.Warning
		if near := source.Nearest(a.Local, m.attributes); a.Prefix == "" && near != "" && !e.Has(near) {
			f.Want, f.Severity = near, report.Error // what is meant is not there
			f.Message += fmt.Sprintf(" (did you mean %q?)", near)
		}
		out = append(out, f)
	}
	return out
}

// strange reports whether an attribute is none that the schema gives the element. Those of other namespaces may stand at two elements
// (SAML 2.0 Core §2.4.1.2, §2.7.3.1); what xsi and xml have stands anywhere.
func (m letterModel) strange(e *xmltree.Element, a xmltree.Attr) bool {
	switch {
	case a.Prefix == "":
		return a.Local != "xmlns" && !slices.Contains(m.attributes, a.Local)
	case a.Prefix == "xmlns", a.Prefix == "xml", a.Space == samldoc.XSI:
		return false
	}
	return !e.Is(samldoc.Assertion, "SubjectConfirmationData") && !e.Is(samldoc.Assertion, "Attribute")
}

// misspelt reports whether an attribute or a child of the element, or an attribute of a child, is one that the schema does not know but
// stands for one that it does: what is missed there is meant by it.
func misspelt(e *xmltree.Element) bool {
	if e == nil {
		return false
	}
	m, known := letterModels[letterName(e)]
	if !known {
		return false
	}
	if respelt(e, m) {
		return true
	}
	for _, c := range e.Elements() {
		n := letterName(c)
		if inner, known := letterModels[n]; known && respelt(c, inner) {
			return true
		}
		order := flattened(m.order)
		if slices.Contains(order, n) {
			continue
		}
		for _, name := range order {
			if source.Nearest(c.Local, []string{name[strings.IndexByte(name, ':')+1:]}) != "" {
				return true
			}
		}
	}
	return false
}

func isModelled(e *xmltree.Element) bool {
	_, known := letterModels[letterName(e)]
	return known
}

func respelt(e *xmltree.Element, m letterModel) bool {
	return slices.ContainsFunc(e.Attrs, func(a xmltree.Attr) bool {
		near := source.Nearest(a.Local, m.attributes)
		return a.Prefix == "" && a.Local != "xmlns" && !slices.Contains(m.attributes, a.Local) && near != "" && !e.Has(near)
	})
}

// flattened lists the names of an order one by one.
func flattened(order []string) []string { return strings.Split(strings.Join(order, "|"), "|") }

// byMisspelling says of findings about what is missed in an element that the schema's rule tells why.
func byMisspelling(m *check.Message, code string, all []report.Finding) []report.Finding {
	for i, f := range all {
		if m.Doc == nil || f.CausedBy != "" {
			continue
		}
		e := m.Doc.At(f.Where.Path)
		if misspelt(e) || e != nil && !isModelled(e) && misspelt(e.Parent) {
			all[i].CausedBy = code
		}
	}
	return all
}
