package lab

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// samlTime is the UTC form of SAML Core section 1.3.3.
const samlTime = "2006-01-02T15:04:05.000Z"

func instant(t time.Time) string { return t.UTC().Format(samlTime) }

// describeSAML is the metadata of a healthy lab (SAML Metadata section 2.4.3): all that a careful identity provider publishes.
func (l *Lab) describeSAML() *elem {
	s := l.saml
	return el("md:EntityDescriptor",
		attr{"xmlns:md", nsMetadata}, attr{"xmlns:ds", nsSignature}, attr{"xmlns:alg", "urn:oasis:names:tc:SAML:metadata:algsupport"},
		attr{"xmlns:mdui", "urn:oasis:names:tc:SAML:metadata:ui"}, attr{"xmlns:shibmd", "urn:mace:shibboleth:metadata:1.0"},
		attr{"xmlns:saml", nsAssertion},
		attr{"ID", "_lab-metadata"}, attr{"entityID", s.entityID},
		attr{"validUntil", l.now().AddDate(1, 0, 0).UTC().Format("2006-01-02T15:04:05Z")}, attr{"cacheDuration", "PT24H"},
		el("md:Extensions", el("alg:DigestMethod", attr{"Algorithm", xmlsig.SHA256}), el("alg:SigningMethod", attr{"Algorithm", xmlsig.RSASHA256})),
		el("md:IDPSSODescriptor",
			attr{"WantAuthnRequestsSigned", "false"}, attr{"protocolSupportEnumeration", nsProtocol}, attr{"errorURL", l.site.url(pageSAMLHelp)},
			el("md:Extensions", el("shibmd:Scope", attr{"regexp", "false"}, "lab.example"), el("mdui:UIInfo",
				el("mdui:DisplayName", lang, "ssoctl lab"), el("mdui:Description", lang, "An identity provider for tests"),
				el("mdui:Logo", attr{"height", "64"}, attr{"width", "64"}, l.site.url(pageSAMLLogo)))),
			keyDescriptor("signing", s.keys.sign), encryptionKey(s.keys.cipher()),
			service("SingleLogoutService", bindingRedirect, l.site.url(pageSLO)), service("SingleLogoutService", bindingPost, l.site.url(pageSLO)),
			el("md:NameIDFormat", formatEmail), el("md:NameIDFormat", formatPersistent), el("md:NameIDFormat", formatTransient),
			service("SingleSignOnService", bindingRedirect, s.ssoURL), service("SingleSignOnService", bindingPost, s.ssoURL),
			el("saml:Attribute", attr{"Name", "email"}, attr{"NameFormat", attrBasic}), el("saml:Attribute", attr{"Name", "firstName"}, attr{"NameFormat", attrBasic}),
			el("saml:Attribute", attr{"Name", "lastName"}, attr{"NameFormat", attrBasic}), el("saml:Attribute", attr{"Name", "groups"}, attr{"NameFormat", attrBasic})),
		el("md:Organization", el("md:OrganizationName", lang, "ssoctl lab"), el("md:OrganizationDisplayName", lang, "ssoctl lab"), el("md:OrganizationURL", lang, "https://lab.example/")),
		contact("technical", "Technical"), contact("support", "Support"))
}

// lang is the language of the lab's texts.
var lang = attr{"xml:lang", "en"}

func contact(kind, name string) *elem {
	return el("md:ContactPerson", attr{"contactType", kind}, el("md:GivenName", name), el("md:EmailAddress", "mailto:"+kind+"@lab.example"))
}

func service(name, binding, location string) *elem {
	return el("md:"+name, attr{"Binding", binding}, attr{"Location", location})
}

func keyDescriptor(use string, k keyPair) *elem {
	return el("md:KeyDescriptor", attr{"use", use}, el("ds:KeyInfo", el("ds:X509Data", el("ds:X509Certificate", k.base64()))))
}

func encryptionKey(k keyPair) *elem {
	d := keyDescriptor("encryption", k)
	d.add(el("md:EncryptionMethod", attr{"Algorithm", xmlsig.AES256GCM}), el("md:EncryptionMethod", attr{"Algorithm", xmlsig.AES128GCM}), el("md:EncryptionMethod", attr{"Algorithm", xmlsig.OAEP}))
	return d
}

// makeMetadata writes and signs the metadata with the fault's changes.
func (l *Lab) makeMetadata() ([]byte, error) {
	c := l.b.saml
	md := l.describeSAML()
	if c.tree != nil {
		c.tree(md, l)
	}
	text := xmlHead + md.pretty()
	how := seal{}
	if c.mdSign != nil {
		how = *c.mdSign
	}
	text, err := l.signXML(text, "_lab-metadata", how)
	if err != nil {
		return nil, err
	}
	if c.text != nil {
		text = c.text(text, l)
	}
	return []byte(text), nil
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// makeSPMetadata writes the metadata of the lab's SP (SAML Metadata section 2.4.4) with the fault's changes.
func (l *Lab) makeSPMetadata() []byte {
	partner := l.saml.keys.partner()
	acs := service("AssertionConsumerService", bindingPost, l.ACSURL)
	acs.attrs = append(acs.attrs, attr{"index", "0"}, attr{"isDefault", "true"})
	md := el("md:EntityDescriptor", attr{"xmlns:md", nsMetadata}, attr{"xmlns:ds", nsSignature}, attr{"entityID", l.SPEntityID},
		el("md:SPSSODescriptor", attr{"AuthnRequestsSigned", "false"}, attr{"WantAssertionsSigned", "false"}, attr{"protocolSupportEnumeration", nsProtocol},
			keyDescriptor("signing", partner), encryptionKey(partner),
			service("SingleLogoutService", bindingPost, spLogout), el("md:NameIDFormat", formatEmail), acs,
			el("md:AttributeConsumingService", attr{"index", "0"}, el("md:ServiceName", lang, "Lab application"),
				requested("email", "true"), requested("firstName", "true"), requested("lastName", "true"), requested("groups", "false"))),
		el("md:Organization", el("md:OrganizationName", lang, "Lab application"), el("md:OrganizationDisplayName", lang, "Lab application"), el("md:OrganizationURL", lang, "https://app.lab.example/")),
		contact("technical", "Technical"), contact("support", "Support"))
	if l.b.saml.sp != nil {
		l.b.saml.sp(md, l)
	}
	return []byte(xmlHead + md.pretty())
}

func requested(name, needed string) *elem {
	return el("md:RequestedAttribute", attr{"Name", name}, attr{"NameFormat", attrBasic}, attr{"isRequired", needed})
}

// metadataXML serves the metadata.
func (l *Lab) metadataXML(w http.ResponseWriter, r *http.Request) {
	if !l.allow(w, r, http.MethodGet, http.MethodHead) {
		return
	}
	h := w.Header()
	h.Set("Cache-Control", saneCache)
	h.Set("Content-Type", "application/samlmetadata+xml") // SAML Metadata Appendix A
	if a := l.b.saml.answer; a != nil {
		a(l, w, r, l.saml.metadata)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(l.saml.metadata)))
	w.Write(l.saml.metadata)
}
