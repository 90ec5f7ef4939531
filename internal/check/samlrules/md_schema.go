package samlrules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// The schema of metadata, as far as no other rule names what it forbids: which elements and attributes there are, and in which order.
var mdSchema = []check.Rule{
	onEntity(check.Rule{
		Code: "MD003", Title: "the metadata is built as its schema says", Severity: report.Error,
		Why:  "Software that validates metadata refuses it; other software passes over the part that is in the wrong place.",
		Fix:  "let the product write its metadata itself, or correct it by hand as the message says",
		Refs: []string{"SAML 2.0 Metadata §2"},
	}, ofEither, func(d metadoc) []report.Finding {
		s := mdMisfits{d: d, ids: map[string]*xmltree.Element{}}
		d.entity.Walk(s.element)
		return s.out
	}),
}

// model is the content of one element: the children in their order ("|" where any of several may stand), and the attributes without a
// namespace.
type model struct {
	order      []string
	attributes []string
	required   []string
	parts      []string // children that have to be there and that no other rule asks for
}

var (
	mdRoleAttributes = []string{"ID", "validUntil", "cacheDuration", "protocolSupportEnumeration", "errorURL"}
	mdRoleOrder      = []string{"ds:Signature", "Extensions", "KeyDescriptor", "Organization", "ContactPerson"}
	mdSsoOrder       = slices.Concat(mdRoleOrder, []string{"ArtifactResolutionService", "SingleLogoutService", "ManageNameIDService", "NameIDFormat"})
	mdEndpointModel  = model{attributes: []string{"Binding", "Location", "ResponseLocation"}, required: []string{"Location"}}
	mdIndexedModel   = model{attributes: []string{"Binding", "Location", "ResponseLocation", "index", "isDefault"}, required: []string{"Location"}}
	mdLocalisedModel = model{}
	mdLeafModel      = model{}
)

// mdModels are the elements of the schema (SAML 2.0 Metadata §2.2 to §2.4).
var mdModels = map[string]model{
	"EntityDescriptor": {order: []string{"ds:Signature", "Extensions",
		"RoleDescriptor|IDPSSODescriptor|SPSSODescriptor|AuthnAuthorityDescriptor|AttributeAuthorityDescriptor|PDPDescriptor|AffiliationDescriptor", "Organization", "ContactPerson", "AdditionalMetadataLocation"},
		attributes: []string{"entityID", "validUntil", "cacheDuration", "ID"}},
	"IDPSSODescriptor": {order: slices.Concat(mdSsoOrder, []string{"SingleSignOnService", "NameIDMappingService", "AssertionIDRequestService", "AttributeProfile", "saml:Attribute"}),
		attributes: append(slices.Clone(mdRoleAttributes), "WantAuthnRequestsSigned")},
	"SPSSODescriptor": {order: slices.Concat(mdSsoOrder, []string{"AssertionConsumerService", "AttributeConsumingService"}),
		attributes: append(slices.Clone(mdRoleAttributes), "AuthnRequestsSigned", "WantAssertionsSigned")},
	"AttributeAuthorityDescriptor": {order: slices.Concat(mdRoleOrder, []string{"AttributeService", "AssertionIDRequestService", "NameIDFormat", "AttributeProfile", "saml:Attribute"}), attributes: mdRoleAttributes},
	"AuthnAuthorityDescriptor":     {order: slices.Concat(mdRoleOrder, []string{"AuthnQueryService", "AssertionIDRequestService", "NameIDFormat"}), attributes: mdRoleAttributes},
	"PDPDescriptor":                {order: slices.Concat(mdRoleOrder, []string{"AuthzService", "AssertionIDRequestService", "NameIDFormat"}), attributes: mdRoleAttributes},
	"KeyDescriptor":                {order: []string{"ds:KeyInfo", "EncryptionMethod"}, attributes: []string{"use"}},
	"Organization":                 {order: []string{"Extensions", "OrganizationName", "OrganizationDisplayName", "OrganizationURL"}, attributes: []string{}},
	"ContactPerson":                {order: []string{"Extensions", "Company", "GivenName", "SurName", "EmailAddress", "TelephoneNumber"}, attributes: []string{"contactType"}, required: []string{"contactType"}},
	"AttributeConsumingService": {order: []string{"ServiceName", "ServiceDescription", "RequestedAttribute"}, attributes: []string{"index", "isDefault"}, required: []string{"index"},
		parts: []string{"ServiceName", "RequestedAttribute"}},
	"ArtifactResolutionService": {attributes: mdIndexedModel.attributes, required: []string{"Location", "index"}},
	"AssertionConsumerService":  mdIndexedModel,
	"SingleLogoutService":       mdEndpointModel, "ManageNameIDService": mdEndpointModel, "SingleSignOnService": mdEndpointModel, "NameIDMappingService": mdEndpointModel,
	"AssertionIDRequestService": mdEndpointModel, "AttributeService": mdEndpointModel, "AuthnQueryService": mdEndpointModel, "AuthzService": mdEndpointModel,
	"NameIDFormat": mdLeafModel, "AttributeProfile": mdLeafModel, "Extensions": mdLeafModel, "EncryptionMethod": {required: []string{"Algorithm"}}, "RequestedAttribute": mdLeafModel,
	"OrganizationName": mdLocalisedModel, "OrganizationDisplayName": mdLocalisedModel, "OrganizationURL": mdLocalisedModel, "ServiceName": mdLocalisedModel, "ServiceDescription": mdLocalisedModel,
	"Company": mdLeafModel, "GivenName": mdLeafModel, "SurName": mdLeafModel, "EmailAddress": mdLeafModel, "TelephoneNumber": mdLeafModel, "AdditionalMetadataLocation": mdLeafModel,
	"RoleDescriptor": mdLeafModel, "AffiliationDescriptor": mdLeafModel, "AffiliateMember": mdLeafModel,
}

// mdMisfits collects what does not fit.
type mdMisfits struct {
	d   metadoc
	ids map[string]*xmltree.Element
	out []report.Finding
}

func (s *mdMisfits) add(e *xmltree.Element, attr, got, want, format string, args ...any) *report.Finding {
	f := s.d.about(e, attr, got, want, format, args...)
	f.Fix = []string{s.d.step("correct it in what publishes the metadata")}
	s.out = append(s.out, f)
	return &s.out[len(s.out)-1]
}

// element judges one element; false leaves out what is in it.
func (s *mdMisfits) element(e *xmltree.Element) bool {
	if e.Space != samldoc.Metadata || e.Local == "RoleDescriptor" || e.Local == "AffiliationDescriptor" {
		return false
	}
	m, known := mdModels[e.Local]
	if !known {
		return false // told at its parent
	}
	s.identity(e)
	s.attributes(e, m)
	s.values(e)
	if m.order != nil {
		s.children(e, m)
	}
	if e.Local == "KeyDescriptor" {
		s.keyInfo(e)
	}
	return true
}

// mdKeyParts are the elements of ds:KeyInfo that certificates and keys stand in (XML Signature §4.5).
var mdKeyParts = []string{"KeyInfo", "KeyName", "KeyValue", "RetrievalMethod", "X509Data", "PGPData", "SPKIData", "MgmtData", "X509IssuerSerial", "X509IssuerName", "X509SerialNumber", "X509SKI",
	"X509SubjectName", "X509Certificate", "X509CRL", "X509Digest", "RSAKeyValue", "DSAKeyValue", "ECKeyValue", "Modulus", "Exponent"}

// keyInfo finds misspelt elements around a certificate; without any certificate MD029 speaks.
func (s *mdMisfits) keyInfo(descriptor *xmltree.Element) {
	if descriptor.Find(samldoc.DSig, "X509Certificate") == nil {
		return
	}
	descriptor.Child(samldoc.DSig, "KeyInfo").Walk(func(e *xmltree.Element) bool {
		if near := source.Nearest(e.Local, mdKeyParts); e.Space == samldoc.DSig && near != "" && near != e.Local {
			s.add(e, "", e.Local, near, "<%s> is no element of XML Signature (did you mean %q?)", e.Name(), near)
		}
		return true
	})
}

func (s *mdMisfits) identity(e *xmltree.Element) {
	id, there := e.Lookup("", "ID")
	if !there {
		return
	}
	if before := s.ids[id]; before != nil {
		s.add(e, "ID", id, "", "the ID %s stands at <%s> and at <%s>, and has to name one element", check.Quote(id), before.Name(), e.Name())
	}
	s.ids[id] = e
	if id == "" || strings.ContainsAny(id, " :/") || strings.IndexByte("0123456789-.", id[0]) >= 0 {
		s.add(e, "ID", id, "_"+id, "the ID is %s, and an ID begins with a letter or %q and has no blanks and colons", check.Quote(id), "_").Severity = report.Warning
	}
}

// mdSchemaName is how models call an element: without a prefix in the namespace of metadata.
func mdSchemaName(e *xmltree.Element) string {
	switch e.Space {
	case samldoc.Metadata:
		return e.Local
	case samldoc.DSig:
		return "ds:" + e.Local
	case samldoc.Assertion:
		return "saml:" + e.Local
	}
	return e.Name()
}

func (s *mdMisfits) children(e *xmltree.Element, m model) {
	last, late, lastName := -1, -1, ""
	seen := map[string]int{}
	for _, c := range e.Elements() {
		n := mdSchemaName(c)
		at := slices.IndexFunc(m.order, func(o string) bool { return slices.Contains(strings.Split(o, "|"), n) })
		switch {
		case at < 0:
			s.misplaced(e, c, m)
		case at < last && seen[n] > 0 && last == late:
			// one of many that was told already
		case at < last:
			late = last
			f := s.add(c, "", n, "before "+lastName, "<%s> stands behind <%s> in <%s>, and its place is before it", c.Name(), lastName, e.Name())
			f.Severity = report.Warning
		default:
			last, lastName = at, c.Name()
		}
		if seen[n]++; seen[n] == 2 && slices.Contains([]string{"ds:Signature", "Extensions", "Organization", "ds:KeyInfo"}, n) {
			s.add(c, "", "2", "1", "<%s> is there more than once in <%s>, where %q is allowed", c.Name(), e.Name(), "1")
		}
	}
	for _, part := range m.parts {
		if seen[part] == 0 && e.Child(samldoc.Metadata, part) == nil {
			s.add(e, "", "", part, "<%s> has no <%s>", e.Name(), part)
		}
	}
	for _, n := range e.Children {
		if text := strings.TrimSpace(n.Text); n.Kind == xmltree.Text && text != "" {
			s.add(e, "", text, "", "the text %s stands between the elements of <%s>", excerpt(text), e.Name())
			break
		}
	}
}

// misplaced tells of an element that cannot stand where it does.
func (s *mdMisfits) misplaced(e, c *xmltree.Element, m model) {
	if c.Space != samldoc.Metadata && c.Space != samldoc.DSig && c.Space != samldoc.Assertion {
		s.add(c, "", c.Name(), "Extensions", "<%s> stands in <%s>, and elements of other namespaces belong in %q", c.Name(), e.Name(), "Extensions")
		return
	}
	var names []string
	for _, o := range m.order {
		names = append(names, strings.Split(o, "|")...)
	}
	f := s.add(c, "", c.Name(), "", "<%s> is no element of <%s>", c.Name(), e.Name())
	if _, known := mdModels[c.Local]; known && c.Space == samldoc.Metadata {
		f.Message += "; it belongs elsewhere"
	} else if near := source.Nearest(c.Local, names); near != "" {
		f.Want = near
		f.Message += fmt.Sprintf(" (did you mean %q?)", near)
	}
}

func (s *mdMisfits) attributes(e *xmltree.Element, m model) {
	for _, want := range m.required {
		if _, there := e.Lookup("", want); !there {
			s.add(e, "", "", want, "<%s> has no %s", e.Name(), want)
		}
	}
	if m.attributes == nil {
		return
	}
	for _, a := range e.Attrs {
		if a.Prefix != "" || a.Local == "xmlns" || slices.Contains(m.attributes, a.Local) {
			continue
		}
		f := s.add(e, a.Local, a.Local, "", "<%s> has the attribute %q, which the schema does not know", e.Name(), a.Local)
		f.Severity = report.Warning
		if near := source.Nearest(a.Local, m.attributes); near != "" && !e.Has(near) {
			f.Want = near
			f.Message += fmt.Sprintf(" (did you mean %q?)", near)
		}
	}
}

// values judges attributes that take one of a few values.
func (s *mdMisfits) values(e *xmltree.Element) {
	for _, attr := range []string{"WantAuthnRequestsSigned", "AuthnRequestsSigned", "WantAssertionsSigned", "isDefault", "isRequired"} {
		if v, there := e.Lookup("", attr); there && !slices.Contains([]string{"true", "false", "1", "0"}, strings.TrimSpace(v)) {
			s.add(e, attr, v, "true or false", "%s is %s, and %q or %q is asked for", attr, check.Quote(v), "true", "false")
		}
	}
	if v, there := e.Lookup("", "use"); there && e.Local == "KeyDescriptor" && v != "signing" && v != "encryption" {
		s.add(e, "use", v, "signing", "use of a KeyDescriptor is %s, and %q or %q is asked for", check.Quote(v), "signing", "encryption")
	}
	kinds := []string{"technical", "support", "administrative", "billing", "other"}
	if v, there := e.Lookup("", "contactType"); there && !slices.Contains(kinds, v) {
		s.add(e, "contactType", v, "technical", "contactType is %s, and one of %s is asked for", check.Quote(v), listed(kinds))
	}
	if v, there := e.Lookup("", "index"); there && e.Local != "AssertionConsumerService" { // MD024
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err != nil || n < 0 || n > 65535 {
			s.add(e, "index", v, "a number", "index of %s is %s, and a number from %q to %q is asked for", e.Local, check.Quote(v), "0", "65535")
		}
	}
	if e.Local == "ServiceName" || e.Local == "ServiceDescription" {
		if lang, _ := e.Lookup(mdXmlSpace, "lang"); lang == "" {
			s.add(e, "", "", "xml:lang", "%s %s has no xml:lang, such as %q", e.Local, check.Quote(e.Value()), "en")
		}
	}
}

// mdMissed are the elements that rules miss: where one is there under a misspelt name, MD003 tells why.
var mdMissed = map[string][]string{
	"MD010": {"IDPSSODescriptor"}, "MD011": {"SPSSODescriptor"}, "MD014": {"SingleSignOnService"}, "MD015": {"SingleSignOnService"}, "MD016": {"SingleSignOnService"},
	"MD017": {"SingleSignOnService"}, "MD023": {"AssertionConsumerService"}, "MD028": {"KeyDescriptor"}, "MD033": {"KeyDescriptor"}, "MD038": {"KeyDescriptor"},
	"MD040": {"NameIDFormat"}, "MD042": {"SingleLogoutService"}, "MD045": {"Organization", "ContactPerson"}, "MD054": {"SingleSignOnService"},
}

// byMisspelling says of findings about what is missed in the entity or its role that a misspelt element is meant by it.
func (d metadoc) byMisspelling(code string, all []report.Finding) []report.Finding {
	missed := mdMissed[code]
	if len(all) == 0 || len(missed) == 0 {
		return all
	}
	meant := slices.ContainsFunc(append(d.entity.Elements(), d.role.Elements()...), func(e *xmltree.Element) bool {
		_, known := mdModels[e.Local]
		return e.Space == samldoc.Metadata && !known && source.Nearest(e.Local, missed) != ""
	})
	for i := range all {
		if meant && all[i].CausedBy == "" {
			all[i].CausedBy = "MD003"
		}
	}
	return all
}
