package lab

import (
	"encoding/base64"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// mdKeyFaults are those of the keys in the metadata.
func mdKeyFaults() []Fault {
	keyInfo := func(change func(info *elem, l *Lab)) func(*behaviour) {
		return idp(func(d *elem, l *Lab) { change(d.at("KeyDescriptor/KeyInfo"), l) })
	}
	certificate := func(change func(text string) []any) func(*behaviour) {
		return keyInfo(func(info *elem, l *Lab) {
			info.at("X509Data/X509Certificate").fill(change(l.saml.keys.sign.base64())...)
		})
	}
	encryption := func(algorithms ...*elem) func(*behaviour) {
		return idp(func(d *elem, _ *Lab) {
			k := d.all("KeyDescriptor")[1]
			k.remove("EncryptionMethod")
			for _, a := range algorithms {
				k.add(a.clone())
			}
		})
	}
	second := idp(func(d *elem, l *Lab) { d.after("KeyDescriptor", keyDescriptor("signing", l.saml.keys.next())) })
	return []Fault{
		{Name: "MD028", Title: "there is no signing key", set: idp(func(d *elem, l *Lab) {
			d.remove("KeyDescriptor")
			d.after("Extensions", encryptionKey(l.saml.keys.cipher()))
		})},
		{Name: "MD029", Title: "the signing key is a name alone", set: keyInfo(func(info *elem, _ *Lab) { info.fill(el("ds:KeyName", "lab")) })},
		{Name: "MD030", Title: "the KeyDescriptor has two certificates", set: keyInfo(func(info *elem, l *Lab) {
			info.at("X509Data").add(el("ds:X509Certificate", l.saml.keys.next().base64()))
		})},
		{Name: "MD031", Title: "the certificate in the metadata has PEM header lines", set: certificate(func(s string) []any {
			return []any{"-----BEGIN CERTIFICATE-----\n" + s + "\n-----END CERTIFICATE-----"}
		})},
		{Name: "MD031-comment", Title: "a comment stands in the certificate of the metadata", set: certificate(func(s string) []any {
			return []any{s[:65], markup("<!-- of 2026 -->"), s[65:]}
		})},
		{Name: "MD031-garbage", Title: "the certificate in the metadata is no base64", set: certificate(func(s string) []any { return []any{"(certificate of the lab)"} })},
		{Name: "MD031-cut", Title: "the certificate in the metadata ends in the middle", set: certificate(func(s string) []any { return []any{s[:len(s)/2/65*65]} })},
		{Name: "MD032", Title: "the metadata has two signing certificates", set: second, Connection: func(c *Conn) { c.SAML.Drop("certificate") }},
		{Name: "MD051", Title: "the metadata has a second signing certificate that the SP does not hold", set: second},
		{Name: "MD034", Title: "EncryptionMethod stands at the signing key", set: idp(func(d *elem, _ *Lab) {
			d.at("KeyDescriptor").add(el("md:EncryptionMethod", attr{"Algorithm", xmlsig.AES256GCM}))
		})},
		{Name: "MD035", Title: "EncryptionMethod lists CBC alone", set: encryption(method(xmlsig.AES256CBC), method(xmlsig.AES128CBC), method(xmlsig.OAEP))},
		{Name: "MD035-rsa15", Title: "EncryptionMethod lists RSA 1.5", set: encryption(method(xmlsig.AES256GCM), method(xmlsig.RSA15))},
		{Name: "MD035-sha1", Title: "EncryptionMethod lists OAEP with SHA-1", set: encryption(method(xmlsig.AES256GCM), func() *elem {
			m := method(xmlsig.OAEPMGF1P)
			m.add(el("ds:DigestMethod", attr{"Algorithm", xmlsig.SHA1}))
			return m
		}())},
		{Name: "MD036", Title: "alg:SigningMethod lists RSA with SHA-1", set: announced("SigningMethod", xmlsig.RSASHA1)},
		{Name: "MD036-digest", Title: "alg:DigestMethod lists SHA-1", set: announced("DigestMethod", xmlsig.SHA1)},
		{Name: "MD036-unknown", Title: "alg:SigningMethod lists an algorithm that does not exist", set: announced("SigningMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha257")},
	}
}

func method(algorithm string) *elem { return el("md:EncryptionMethod", attr{"Algorithm", algorithm}) }

// announced is a fault in the algorithms of the metadata's extension for them.
func announced(name, algorithm string) func(*behaviour) {
	return tree(func(md *elem, _ *Lab) {
		x := md.at("Extensions")
		x.after(name, el("alg:"+name, attr{"Algorithm", algorithm}))
	})
}

// mdInfoFaults are those of what the metadata says about the organisation, its name and its formats.
func mdInfoFaults() []Fault {
	ui := func(change func(u *elem, l *Lab)) func(*behaviour) {
		return idp(func(d *elem, l *Lab) { change(d.at("Extensions/UIInfo"), l) })
	}
	scope := func(change func(s *elem)) func(*behaviour) {
		return idp(func(d *elem, _ *Lab) { change(d.at("Extensions/Scope")) })
	}
	asks := func(c *Conn) { c.SAML.Set("name_id_format", formatEmail) }
	return []Fault{
		{Name: "MD037", Title: "WantAuthnRequestsSigned is true, requests without a signature are refused and the SP signs none", set: func(b *behaviour) {
			idp(func(d *elem, _ *Lab) { d.set("WantAuthnRequestsSigned", "true") })(b)
			b.saml.request.signed = true
		}},
		{Name: "MD040", Title: "the NameID format that the SP asks for is not listed", Connection: asks, set: idp(func(d *elem, _ *Lab) { d.fill(withoutFormat(d, formatEmail)...) })},
		{Name: "MD041", Title: "a NameID format is misspelt", set: idp(func(d *elem, _ *Lab) {
			d.after("NameIDFormat", el("md:NameIDFormat", "urn:oasis:names:tc:SAML:2.0:nameid-format:email"))
		})},
		{Name: "MD044", Title: "an Attribute has no NameFormat", set: idp(func(d *elem, _ *Lab) { d.at("Attribute").unset("NameFormat") })},
		{Name: "MD045", Title: "there is no Organization", set: tree(func(md *elem, _ *Lab) { md.remove("Organization") })},
		{Name: "MD045-contact", Title: "there is no ContactPerson", set: tree(func(md *elem, _ *Lab) { md.remove("ContactPerson") })},
		{Name: "MD045-email", Title: "the technical contact has no EmailAddress", set: tree(func(md *elem, _ *Lab) { md.at("ContactPerson").remove("EmailAddress") })},
		{Name: "MD045-lang", Title: "OrganizationName has no language", set: tree(func(md *elem, _ *Lab) { md.at("Organization/OrganizationName").unset("xml:lang") })},
		{Name: "MD046", Title: "mdui:DisplayName is missing", set: ui(func(u *elem, _ *Lab) { u.remove("DisplayName") })},
		{Name: "MD046-logo", Title: "mdui:Logo is plain http", set: ui(func(u *elem, l *Lab) { u.at("Logo").fill(l.site.over("http", "", pageSAMLLogo)) })},
		{Name: "MD046-twice", Title: "mdui:DisplayName is there twice in one language", set: ui(func(u *elem, _ *Lab) { u.after("DisplayName", el("mdui:DisplayName", lang, "another lab")) })},
		{Name: "MD052", Title: "errorURL is missing", set: idp(func(d *elem, _ *Lab) { d.unset("errorURL") })},
		{Name: "MD053", Title: "the extensions have an element of an unknown namespace", set: tree(func(md *elem, _ *Lab) {
			md.at("Extensions").add(el("x:Tier", attr{"xmlns:x", "urn:example:unknown"}, "gold"))
		})},
		{Name: "MD053-misspelt", Title: "an element of mdui is misspelt", set: ui(func(u *elem, _ *Lab) { u.at("Description").name = "mdui:Descripton" })},
		{Name: "MD055", Title: "a Scope is a regular expression", set: scope(func(s *elem) {
			s.set("regexp", "true")
			s.fill(`^.+\.lab\.example$`)
		})},
		{Name: "MD055-space", Title: "a Scope has white space around it", set: scope(func(s *elem) { s.fill("\n    lab.example\n    ") })},
	}
}

func withoutFormat(d *elem, format string) []any {
	var kept []any
	for _, k := range d.kids {
		if e := k.(*elem); len(e.kids) != 1 || e.kids[0] != any(format) {
			kept = append(kept, k)
		}
	}
	return kept
}

// spFaults are those of the SP's metadata; they show in SPMetadata alone, some together with the connection or a response.
func spFaults() []Fault {
	sp := func(change func(d, md *elem, l *Lab)) func(*behaviour) {
		return func(b *behaviour) {
			b.saml.sp = func(md *elem, l *Lab) { change(md.at("SPSSODescriptor"), md, l) }
		}
	}
	second := func(index, isDefault string) *elem {
		s := service("AssertionConsumerService", bindingPost, spACS+"/2")
		s.attrs = append(s.attrs, attr{"index", index}, attr{"isDefault", isDefault})
		return s
	}
	more := func(index, isDefault string) func(*behaviour) {
		return sp(func(d, _ *elem, _ *Lab) { d.after("AssertionConsumerService", second(index, isDefault)) })
	}
	acs := func(change func(s *elem)) func(*behaviour) {
		return sp(func(d, _ *elem, _ *Lab) { change(d.at("AssertionConsumerService")) })
	}
	faults := []Fault{
		{Name: "MD011", Title: "the SP's metadata is that of an identity provider", set: sp(func(d, _ *elem, l *Lab) {
			d.become(l.describeSAML().at("IDPSSODescriptor"))
			d.remove("Extensions")
			d.remove("Attribute")
		})},
		{Name: "MD023", Title: "the SP's metadata has no AssertionConsumerService", set: sp(func(d, _ *elem, _ *Lab) { d.remove("AssertionConsumerService") })},
		{Name: "MD023-post", Title: "the SP's metadata has no AssertionConsumerService by HTTP-POST", set: acs(func(s *elem) { s.set("Binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact") })},
		{Name: "MD024", Title: "two AssertionConsumerServices have one index", set: more("0", "false")},
		{Name: "MD024-negative", Title: "an AssertionConsumerService has a negative index", set: more("-1", "false")},
		{Name: "MD025", Title: "two AssertionConsumerServices are the default", set: more("1", "true")},
		{Name: "MD026", Title: "an AssertionConsumerService is by HTTP-Redirect", set: sp(func(d, _ *elem, _ *Lab) {
			s := second("1", "false")
			s.set("Binding", bindingRedirect)
			d.after("AssertionConsumerService", s)
		})},
		{Name: "MD027", Title: "the ACS in the SP's metadata is not the connection's", set: acs(func(s *elem) { s.set("Location", spACS+"/") })},
		{Name: "MD033", Title: "the SP wants encrypted assertions and its metadata has no encryption key", set: sp(func(d, _ *elem, l *Lab) {
			d.remove("KeyDescriptor")
			d.first(keyDescriptor("signing", l.saml.keys.partner()))
		}), Connection: func(c *Conn) { c.want("encrypted", true) }},
		{Name: "MD038", Title: "AuthnRequestsSigned is true and the SP's metadata has no signing key", set: sp(func(d, _ *elem, l *Lab) {
			d.set("AuthnRequestsSigned", "true")
			d.remove("KeyDescriptor")
			d.first(encryptionKey(l.saml.keys.partner()))
		})},
		{Name: "MD039", Title: "WantAssertionsSigned is true and the response alone is signed", Login: true, set: func(b *behaviour) {
			sp(func(d, _ *elem, _ *Lab) { d.set("WantAssertionsSigned", "true") })(b)
			b.saml.message.signs = signResponse
		}},
		{Name: "MD043", Title: "the SP's metadata requires an attribute that is not released", Login: true, set: sp(func(d, _ *elem, _ *Lab) {
			d.at("AttributeConsumingService").add(requested("costCenter", "true"))
		})},
		{Name: "MD043-format", Title: "a RequestedAttribute has a NameFormat that does not exist", set: sp(func(d, _ *elem, _ *Lab) {
			d.at("AttributeConsumingService/RequestedAttribute").set("NameFormat", "urn:oasis:names:tc:SAML:2.0:attrname-format:simple")
		})},
		{Name: "MD056", Title: "the SP's metadata has another entity ID than the connection", set: sp(func(_, md *elem, _ *Lab) { md.set("entityID", "urn:lab:application") })},
	}
	for i := range faults {
		faults[i].SP = true
	}
	return faults
}

// want states what the SP demands of responses.
func (c *Conn) want(key string, value bool) { c.SAML.Set("want", Fields{{key, value}}) }

// raw is a certificate as one line of base64.
func (k keyPair) raw() string { return base64.StdEncoding.EncodeToString(k.der) }

// chain is several certificates as PEM, one behind the other.
func chain(keys ...keyPair) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(k.pem())
	}
	return b.String()
}
