package samlrules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// What metadata says to people, and extensions. Metadata that says nothing about its owner is common and healthy; what is begun should
// be whole.
var mdPeople = []check.Rule{
	onRole(check.Rule{
		Code: "MD044", Title: "attributes that the IdP lists have a NameFormat", Severity: report.Info,
		Why:  "Without it the name is of no known kind, and software that goes by both does not find the attribute.",
		Fix:  "add the NameFormat: uri for names that are URIs, else basic",
		Refs: []string{"SAML 2.0 Core §8.2"},
	}, ofIdP, func(d metadoc) []report.Finding {
		var out []report.Finding
		for _, a := range d.role.All(samldoc.Assertion, "Attribute") {
			if a.Has("NameFormat") {
				continue
			}
			want := attrBasic
			if strings.Contains(a.Attr("Name"), ":") {
				want = attrURI
			}
			f := d.about(a, "", "", want, "the Attribute %s has no NameFormat, such as %q", check.Quote(a.Attr("Name")), want)
			f.Fix = []string{d.step("add the NameFormat", "attributes")}
			out = append(out, f)
		}
		return out
	}),
	onEntity(check.Rule{
		Code: "MD045", Title: "what the metadata says about its organisation is whole", Severity: report.Info,
		Why:  "Federations refuse such metadata, and nobody knows whom to write to when sign-in stops.",
		Fix:  "name the organisation, and a technical or support contact with an e-mail address",
		Refs: []string{"SAML 2.0 Metadata §2.3.2.1", "SAML 2.0 Metadata §2.3.2.2"},
	}, ofEither, mdOrganisation),
	onRole(check.Rule{
		Code: "MD046", Title: "the name and the logo that users are shown are whole", Severity: report.Info,
		Why:  "On pages where users choose, the entry has no name, another than it should, or a broken picture.",
		Fix:  "give one mdui:DisplayName a language, and a logo by https",
		Refs: []string{"SAML V2.0 Metadata Extensions for Login and Discovery User Interface §2.1"},
	}, ofEither, mdShownToUsers),
	onRole(check.Rule{
		Code: "MD052", Title: "the metadata has an errorURL", Severity: report.Info,
		Why:     "An SP that has to turn a user away has no page at the IdP to send them to.",
		Fix:     "name a page for people in errorURL",
		Refs:    []string{mdRefRole},
		Applies: func(c *check.Case) bool { return mdIntroduces(c.Metadata.IdP()) },
	}, ofIdP, func(d metadoc) []report.Finding {
		if strings.TrimSpace(d.role.Attr("errorURL")) != "" {
			return nil
		}
		f := d.about(d.role, "", "", "errorURL", "<%s> has no errorURL, though it has a DisplayName for users", d.role.Name())
		f.Fix = []string{d.step("name a page for people in errorURL")}
		return []report.Finding{f}
	}),
	onEntity(check.Rule{
		Code: "MD053", Title: "the extensions of the metadata are known ones", Severity: report.Info,
		Why:  "Software passes over what it does not know; a misspelt element is as good as none.",
		Fix:  "look whether the element or its namespace is misspelt",
		Refs: []string{"SAML 2.0 Metadata §2.3.2"},
	}, ofEither, mdExtensions),
	onRole(check.Rule{
		Code: "MD055", Title: "scopes are domains", Severity: report.Info,
		Why: "An SP that checks scopes drops every attribute whose scope does not fit.",
		Fix: "list each domain by itself, with regexp=\"false\"",
	}, ofEither, mdScopeDomains),
}

// mdIntroduces reports whether a role introduces itself to users: then it is made for a federation, and the rest belongs to it.
func mdIntroduces(role *xmltree.Element) bool {
	return role.Child(samldoc.Metadata, "Extensions").Child(samldoc.MDUI, "UIInfo") != nil
}

const mdRegistration = "urn:oasis:names:tc:SAML:metadata:rpi"

func mdOrganisation(d metadoc) []report.Finding {
	var out []report.Finding
	add := func(e *xmltree.Element, got, want, format string, args ...any) {
		f := d.about(e, "", got, want, format, args...)
		f.Fix = []string{d.step("complete it")}
		out = append(out, f)
	}
	federated := mdIntroduces(d.role) || d.entity.Child(samldoc.Metadata, "Extensions").Find(mdRegistration, "RegistrationInfo") != nil
	org := d.entity.Child(samldoc.Metadata, "Organization")
	if org == nil && federated {
		add(d.entity, "", "Organization", "the metadata names no organisation, though it is made for a federation")
	}
	for _, name := range []string{"OrganizationName", "OrganizationDisplayName", "OrganizationURL"} {
		all := org.All(samldoc.Metadata, name)
		if org != nil && len(all) == 0 {
			add(org, "", name, "Organization has no %s", name)
		}
		for _, e := range all {
			if lang, there := e.Lookup(mdXmlSpace, "lang"); strings.TrimSpace(lang) == "" {
				what := "no xml:lang"
				if there {
					what = "an empty xml:lang"
				}
				add(e, lang, "en", "%s %s has %s, such as %q", name, check.Quote(e.Value()), what, "en")
			}
		}
	}
	mdContacts(d, federated, add)
	return out
}

const mdXmlSpace = "http://www.w3.org/XML/1998/namespace"

// mdContacts judges whom people may write to. A contact of which nothing is said (AD FS writes such ones) is as good as none, and only
// a federation asks for one.
func mdContacts(d metadoc, federated bool, add func(e *xmltree.Element, got, want, format string, args ...any)) {
	var useful []*xmltree.Element
	for _, p := range d.entity.All(samldoc.Metadata, "ContactPerson") {
		if kind := p.Attr("contactType"); (kind == "technical" || kind == "support") && (federated || len(p.Elements()) > 0) {
			useful = append(useful, p)
		}
	}
	if len(useful) == 0 && federated {
		add(d.entity, "", "ContactPerson", "the metadata names no technical or support contact, though it is made for a federation")
		return
	}
	for _, p := range useful {
		if p.Child(samldoc.Metadata, "EmailAddress").Value() == "" {
			add(p, "", "EmailAddress", "the contact %q has no EmailAddress", p.Attr("contactType"))
		}
	}
}

func mdShownToUsers(d metadoc) []report.Finding {
	ui := d.role.Child(samldoc.Metadata, "Extensions").Child(samldoc.MDUI, "UIInfo")
	if ui == nil {
		return nil
	}
	var out []report.Finding
	add := func(e *xmltree.Element, got, want, format string, args ...any) {
		f := d.about(e, "", got, want, format, args...)
		f.Fix = []string{d.step("correct what users are shown")}
		out = append(out, f)
	}
	if ui.Child(samldoc.MDUI, "DisplayName") == nil {
		add(ui, "", "DisplayName", "mdui:UIInfo has no DisplayName, the name that users choose by")
	}
	seen := map[string]*xmltree.Element{}
	for _, e := range ui.Elements() {
		lang, _ := e.Lookup(mdXmlSpace, "lang")
		if e.Space != samldoc.MDUI || e.Local == "Logo" {
			continue
		}
		if before, again := seen[e.Local+" "+lang]; again {
			add(e, e.Value(), before.Value(), "mdui:%s is there twice in the language %q: %s and %s", e.Local, lang, check.Quote(before.Value()), check.Quote(e.Value()))
		}
		seen[e.Local+" "+lang] = e
	}
	for _, logo := range ui.All(samldoc.MDUI, "Logo") {
		if v := strings.ToLower(logo.Value()); !strings.HasPrefix(v, "https://") && !strings.HasPrefix(v, "data:") {
			add(logo, logo.Value(), "https", "mdui:Logo is %s, which a page of https does not show; %q is needed", excerpt(logo.Value()), "https")
		}
	}
	return out
}

// mdKnownSpaces are the namespaces that metadata may hold, in extensions and elsewhere.
var mdKnownSpaces = []string{
	samldoc.Metadata, samldoc.Assertion, samldoc.Protocol, samldoc.DSig, samldoc.Enc, samldoc.MDUI, samldoc.AlgSup, mdRegistration, mdEnc11,
	"http://www.w3.org/2009/xmldsig11#", "urn:oasis:names:tc:SAML:metadata:attribute", "urn:mace:shibboleth:metadata:1.0", "urn:mace:shibboleth:metadata",
	"urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol", "urn:oasis:names:tc:SAML:profiles:SSO:request-init", mdHolderOfKey,
	"urn:oasis:names:tc:SAML:2.0:protocol:ext:async-slo", "urn:oasis:names:tc:SAML:2.0:protocol:ext:channel-binding", "urn:oasis:names:tc:SAML:protocol:ext:third-party",
	"urn:oasis:names:tc:SAML:protocol:ext:req-attr", "urn:oasis:names:tc:SAML:metadata:ext:query", "urn:oasis:names:tc:SAML:metadata:extension", "urn:oasis:names:tc:SAML:metadata:dynamic-saml",
	"urn:oasis:names:tc:SAML:metadata:profile:v1.0", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key",
	"http://refeds.org/metadata", "http://refeds.org/sirtfi", "http://id.incommon.org/metadata", "http://sdss.ac.uk/2006/06/WAYF", "http://ukfederation.org.uk/2006/11/label", "http://www.edugain.org/metadata",
	"http://docs.oasis-open.org/wsfed/federation/200706", "http://docs.oasis-open.org/wsfed/authorization/200706", "http://www.w3.org/2005/08/addressing",
	"http://schemas.xmlsoap.org/ws/2005/02/trust", "http://docs.oasis-open.org/ws-sx/ws-trust/200512", "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/2001/XMLSchema",
	"http://eidas.europa.eu/saml-extensions", "http://eidas.europa.eu/metadata/servicelist", "https://spid.gov.it/saml-extensions", "https://www.cartaidentita.interno.gov.it/saml-extensions",
	"urn:mace:swamid.se:metadata", "http://www.switch.ch/aai/metadata", "urn:geant:eduid.cz:metadata", "http://eduid.cz/schema/metadata/1.0", "http://simplesamlphp.org/metadata", "https://github.com/simplesamlphp",
}

// mdKnownParts are the elements of namespaces whose names can be misspelt.
var mdKnownParts = map[string][]string{
	samldoc.MDUI:   {"UIInfo", "DisplayName", "Description", "Keywords", "Logo", "InformationURL", "PrivacyStatementURL", "DiscoHints", "IPHint", "DomainHint", "GeolocationHint"},
	samldoc.AlgSup: {"DigestMethod", "SigningMethod"},
	mdRegistration: {"RegistrationInfo", "RegistrationPolicy", "PublicationInfo", "PublicationPath", "Publication", "UsagePolicy"},
}

func mdExtensions(d metadoc) []report.Finding {
	var out []report.Finding
	told := map[string]bool{}
	d.entity.Walk(func(e *xmltree.Element) bool {
		if e.Is(samldoc.Metadata, "RoleDescriptor") || e.Is(samldoc.DSig, "Signature") {
			return false // other protocols, of which nothing is known here
		}
		if e.Space == samldoc.Metadata {
			return true // MD003
		}
		var f report.Finding
		names := mdKnownParts[e.Space]
		switch {
		case !slices.Contains(mdKnownSpaces, e.Space) && !told[e.Space]:
			f = d.about(e, "", e.Space, "", "<%s> is of the namespace %s, which is not known", e.Name(), check.Quote(e.Space))
			if near := source.Nearest(e.Space, mdKnownSpaces); near != "" {
				f.Want = near
				f.Message += fmt.Sprintf(" (did you mean %q?)", near)
			}
			told[e.Space] = true
		case len(names) > 0 && !slices.Contains(names, e.Local):
			f = d.about(e, "", e.Local, "", "<%s> is no element of %s", e.Name(), check.Quote(e.Space))
			if near := source.Nearest(e.Local, names); near != "" {
				f.Want = near
				f.Message += fmt.Sprintf(" (did you mean %q?)", near)
			}
		default:
			return true
		}
		f.Fix = []string{d.step("look whether it is misspelt")}
		out = append(out, f)
		return false
	})
	return out
}

func mdScopeDomains(d metadoc) []report.Finding {
	var out []report.Finding
	d.entity.Walk(func(e *xmltree.Element) bool {
		if e.Local != "Scope" || e.Space != "urn:mace:shibboleth:metadata:1.0" {
			return true
		}
		text := e.Text()
		var f report.Finding
		switch clean := strings.TrimSpace(text); {
		case strings.ContainsFunc(text, unicode.IsSpace):
			f = d.about(e, "", text, clean, "the Scope is %s, with white space in it, where %s is meant", check.Quote(text), check.Quote(strings.Join(strings.Fields(text), "")))
		case truth(e.Attr("regexp")):
			f = d.about(e, "", text, "a domain", "the Scope is the regular expression %s, which many SPs do not evaluate", check.Quote(text))
		case strings.ContainsAny(text, `^$\*[]()|`):
			f = d.about(e, "", text, "a domain", "the Scope is %s, a regular expression that is taken literally (regexp is not %q)", check.Quote(text), "true")
		default:
			return true
		}
		f.Fix = []string{d.step("list the domains one by one")}
		out = append(out, f)
		return true
	})
	return out
}
