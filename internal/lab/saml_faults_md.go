package lab

import (
	"net/http"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// tree is a fault in the metadata that is signed with it.
func tree(change func(md *elem, l *Lab)) func(*behaviour) {
	return func(b *behaviour) { b.saml.tree = change }
}

// idp is tree for the IDPSSODescriptor.
func idp(change func(d *elem, l *Lab)) func(*behaviour) {
	return tree(func(md *elem, l *Lab) { change(md.at("IDPSSODescriptor"), l) })
}

// sso is tree for the SingleSignOnService of a binding.
func sso(binding string, change func(s *elem, l *Lab)) func(*behaviour) {
	return idp(func(d *elem, l *Lab) {
		for _, s := range d.all("SingleSignOnService") {
			if s.get("Binding") == binding {
				change(s, l)
			}
		}
	})
}

// retold is a fault in the metadata's text, behind the signature's back.
func retold(change func(text string, l *Lab) string) func(*behaviour) {
	return func(b *behaviour) { b.saml.text = change }
}

// calls is a fault in how the identity provider calls itself everywhere.
func calls(change func(string) string) func(*behaviour) {
	return func(b *behaviour) { b.saml.entity = change }
}

// noSSO leaves the SSO service of a binding out.
func noSSO(d *elem, binding string) {
	var kept []any
	for _, k := range d.kids {
		if e := k.(*elem); e.local() != "SingleSignOnService" || e.get("Binding") != binding {
			kept = append(kept, k)
		}
	}
	d.kids = kept
}

// become turns an element into another one, keeping the namespaces that are declared on it and its ID.
func (e *elem) become(other *elem) {
	var kept []attr
	for _, a := range e.attrs {
		if strings.HasPrefix(a.name, "xmlns:") || a.name == "ID" {
			kept = append(kept, a)
		}
	}
	e.name, e.attrs, e.kids = other.name, append(kept, other.attrs...), other.kids
}

// mdDocumentFaults are those of the metadata as a document.
func mdDocumentFaults() []Fault {
	doctype := func(text string) func(*behaviour) {
		return retold(func(s string, _ *Lab) string { return strings.Replace(s, xmlHead, xmlHead+text+"\n", 1) })
	}
	return []Fault{
		{Name: "MD001", Title: "the metadata ends before its last end tag", set: retold(func(s string, _ *Lab) string { return strings.TrimSuffix(s, "</md:EntityDescriptor>\n") })},
		{Name: "MD001-ampersand", Title: "the metadata has an ampersand that is not escaped", set: retold(func(s string, _ *Lab) string { return strings.Replace(s, "for tests", "for tests & demos", 1) })},
		{Name: "MD001-dtd", Title: "the metadata has a document type declaration", set: doctype("<!DOCTYPE md:EntityDescriptor>")},
		{Name: "MD001-entity", Title: "the metadata declares an external entity", set: doctype(`<!DOCTYPE md:EntityDescriptor [<!ENTITY host SYSTEM "file:///etc/hostname">]>`)},
		{Name: "MD001-latin1", Title: "the metadata is encoded in ISO-8859-1", set: func(b *behaviour) {
			b.saml.tree = func(md *elem, _ *Lab) { md.at("ContactPerson/GivenName").fill("Jürgen") }
			b.saml.text = func(s string, _ *Lab) string {
				return strings.Replace(strings.Replace(s, "UTF-8", "ISO-8859-1", 1), "ü", "\xfc", 1)
			}
		}},
		{Name: "MD002", Title: "the metadata holds two entities", set: tree(func(md *elem, l *Lab) {
			own := md.clone()
			own.unset("ID")
			other := own.clone()
			other.set("entityID", "https://other.lab.example/idp")
			md.become(el("md:EntitiesDescriptor", attr{"Name", "https://lab.example/federation"}, own, other))
		})},
		{Name: "MD002-root", Title: "the root of the metadata is an IDPSSODescriptor", set: tree(func(md *elem, _ *Lab) { md.become(md.at("IDPSSODescriptor")) })},
		{Name: "MD003", Title: "NameIDFormat stands behind SingleSignOnService", set: idp(func(d *elem, _ *Lab) {
			formats := d.all("NameIDFormat")
			d.remove("NameIDFormat")
			for _, f := range formats {
				d.after("SingleSignOnService", f)
			}
		})},
		{Name: "MD003-boolean", Title: "WantAuthnRequestsSigned is neither true nor false", set: idp(func(d *elem, _ *Lab) { d.set("WantAuthnRequestsSigned", "no") })},
		{Name: "MD008", Title: "validUntil passed yesterday", set: tree(func(md *elem, l *Lab) { md.set("validUntil", instant(l.now().AddDate(0, 0, -1))) })},
		{Name: "MD008-3d", Title: "validUntil is in three days", set: tree(func(md *elem, l *Lab) { md.set("validUntil", instant(l.now().Add(73*time.Hour))) })},
		{Name: "MD009", Title: "cacheDuration is no ISO 8601 duration", set: tree(func(md *elem, _ *Lab) { md.set("cacheDuration", "24h") })},
		{Name: "MD010", Title: "the metadata is that of an SP", set: tree(func(md *elem, l *Lab) {
			acs := service("AssertionConsumerService", bindingPost, spACS)
			acs.set("index", "0")
			md.remove("Extensions")
			md.at("IDPSSODescriptor").become(el("md:SPSSODescriptor", attr{"protocolSupportEnumeration", nsProtocol}, keyDescriptor("signing", l.saml.keys.sign), acs))
		})},
	}
}

// mdSealFaults are those of the metadata's signature and of how it is fetched.
func mdSealFaults() []Fault {
	return []Fault{
		{Name: "MD047", Title: "the metadata was changed after it was signed", set: retold(func(s string, _ *Lab) string {
			return strings.Replace(s, "An identity provider for tests", "An identity provider", 1)
		})},
		{Name: "MD047-stranger", Title: "the metadata is signed with another key than the connection names", set: func(b *behaviour) {
			b.saml.mdSign = &seal{by: byNext}
		}, Connection: func(c *Conn) { c.SAML.Set("metadata_signing_certificate", c.lab.saml.keys.sign.pem()) }},
		{Name: "MD047-part", Title: "the signature of the metadata covers a part of it", set: func(b *behaviour) {
			b.saml.tree = func(md *elem, _ *Lab) { md.at("IDPSSODescriptor").set("ID", "_lab-part") }
			b.saml.mdSign = &seal{part: "_lab-part"}
		}},
		{Name: "MD048", Title: "the metadata is signed with SHA-1", set: func(b *behaviour) {
			b.saml.mdSign = &seal{tune: func(o *xmlsig.SignOptions, _ *samlKeys) { o.Method, o.Digest = xmlsig.RSASHA1, xmlsig.SHA1 }}
		}},
		{Name: "MD049", Title: "the metadata URL answers 404", set: served(missing(http.StatusNotFound, "not_found"))},
		{Name: "MD049-http", Title: "the metadata URL is plain http", set: func(b *behaviour) { b.wire.listen = listenBoth },
			Connection: func(c *Conn) {
				c.SAML.Set("idp_metadata", strings.Replace(c.SAML.Text("idp_metadata"), "https://", "http://", 1))
			}},
		{Name: "MD049-json", Title: "the metadata URL answers with JSON", set: served(func(_ *Lab, w http.ResponseWriter, _ *http.Request, _ []byte) {
			writeJSON(w, http.StatusOK, members{"error": "not_found"})
		})},
	}
}

// served is a fault that replaces the answer of the metadata address.
func served(a answer) func(*behaviour) { return func(b *behaviour) { b.saml.answer = a } }

// mdNameFaults are those of the entity ID.
func mdNameFaults() []Fault {
	differs := func(change func(string) string) func(*behaviour) {
		return tree(func(md *elem, _ *Lab) { md.set("entityID", change(md.get("entityID"))) })
	}
	// by name alone: the metadata is then found where the entity ID leads (SAML Metadata section 4.1)
	byHand := func(c *Conn) {
		c.SAML.Drop("idp_metadata")
		c.SAML.Set("sso_url", c.lab.SSOURL)
	}
	return []Fault{
		{Name: "MD004", Title: "entityID is missing", set: tree(func(md *elem, _ *Lab) { md.unset("entityID") })},
		{Name: "MD004-empty", Title: "entityID is empty", set: differs(func(string) string { return "" })},
		{Name: "MD004-relative", Title: "entityID is no absolute URI", set: calls(func(string) string { return "lab-idp" })},
		{Name: "MD005", Title: "entityID is longer than 1024 characters", set: calls(func(s string) string { return s + "?tenant=" + strings.Repeat("a", 1024) })},
		{Name: "MD006", Title: "entityID has a blank at its end", set: calls(func(s string) string { return s + " " })},
		{Name: "MD007", Title: "the metadata at the entity ID names another entity", set: differs(func(s string) string { return strings.Replace(s, "/saml/", "/saml2/", 1) }), Connection: byHand},
		{Name: "MD007-slash", Title: "entityID in the metadata ends in a slash", set: differs(func(s string) string { return s + "/" }), Connection: byHand},
		{Name: "MD007-case", Title: "entityID in the metadata has a capital", set: differs(func(s string) string { return strings.Replace(s, "/saml/", "/SAML/", 1) }), Connection: byHand},
		{Name: "MD007-http", Title: "entityID in the metadata begins with http", set: differs(func(s string) string { return strings.Replace(s, "https:", "http:", 1) }), Connection: byHand},
	}
}

// mdServiceFaults are those of protocols, bindings and addresses.
func mdServiceFaults() []Fault {
	logout := func(change func(s *elem, l *Lab)) func(*behaviour) {
		return idp(func(d *elem, l *Lab) { change(d.all("SingleLogoutService")[1], l) })
	}
	more := func(s *elem) func(*behaviour) {
		return idp(func(d *elem, _ *Lab) { d.after("SingleSignOnService", s.clone()) })
	}
	elsewhere := "https://login.lab.example/lab/saml/elsewhere"
	return []Fault{
		{Name: "MD012", Title: "protocolSupportEnumeration lists SAML 1.1 alone", set: idp(func(d *elem, _ *Lab) { d.set("protocolSupportEnumeration", "urn:oasis:names:tc:SAML:1.1:protocol") })},
		{Name: "MD013", Title: "protocolSupportEnumeration lists SAML 1.1 too", set: idp(func(d *elem, _ *Lab) {
			d.set("protocolSupportEnumeration", nsProtocol+" urn:oasis:names:tc:SAML:1.1:protocol")
		})},
		{Name: "MD014", Title: "there is no SingleSignOnService", set: idp(func(d *elem, _ *Lab) { d.remove("SingleSignOnService") })},
		{Name: "MD015", Title: "single sign-on takes HTTP-POST alone", set: func(b *behaviour) {
			idp(func(d *elem, _ *Lab) { noSSO(d, bindingRedirect) })(b)
			b.saml.request.noRedirect = true
		}},
		{Name: "MD016", Title: "single sign-on takes HTTP-Redirect alone", set: func(b *behaviour) {
			idp(func(d *elem, _ *Lab) { noSSO(d, bindingPost) })(b)
			b.saml.request.noPost = true
		}},
		{Name: "MD017", Title: "the SP sends requests by HTTP-Redirect and single sign-on takes HTTP-POST alone", set: func(b *behaviour) {
			idp(func(d *elem, _ *Lab) { noSSO(d, bindingRedirect) })(b)
			b.saml.request.noRedirect = true
			b.saml.spEntity, b.saml.spACS = "urn:orq.ai:lab", "https://my.orq.ai/v2/auth/sso/saml/callback"
		}, Connection: func(c *Conn) { c.SP = Fields{{"profile", "orq"}, {"workspace", "lab"}} }},
		{Name: "MD018", Title: "HTTP-Redirect is listed twice", set: more(service("SingleSignOnService", bindingRedirect, elsewhere))},
		{Name: "MD019", Title: "an address of SingleLogoutService is plain http", set: logout(func(s *elem, l *Lab) { s.set("Location", l.site.over("http", "", pageSLO)) })},
		{Name: "MD019-response", Title: "a ResponseLocation is plain http", set: logout(func(s *elem, l *Lab) { s.set("ResponseLocation", l.site.over("http", "", pageSLO)) })},
		{Name: "MD020", Title: "the address of an SSO service has a blank at its end", set: sso(bindingPost, func(s *elem, l *Lab) { s.set("Location", l.SSOURL+" ") })},
		{Name: "MD020-relative", Title: "the address of an SSO service is relative", set: sso(bindingPost, func(s *elem, l *Lab) { s.set("Location", "/lab"+pageSSO) })},
		{Name: "MD020-encoded", Title: "the address of an SSO service is URL-encoded", set: sso(bindingPost, func(s *elem, l *Lab) {
			s.set("Location", strings.NewReplacer(":", "%3A", "/", "%2F").Replace(l.SSOURL))
		})},
		{Name: "MD021", Title: "an SSO service has a ResponseLocation", set: sso(bindingPost, func(s *elem, l *Lab) { s.set("ResponseLocation", l.SSOURL) })},
		{Name: "MD022", Title: "a Binding is misspelt", set: more(service("SingleSignOnService", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Post-SimpleSign", elsewhere))},
		{Name: "MD022-space", Title: "a Binding has a blank at its end", set: logout(func(s *elem, _ *Lab) { s.set("Binding", bindingPost+" ") })},
		{Name: "MD050", Title: "the metadata is the tenant's, not the application's", set: func(b *behaviour) {
			b.saml.aliases = map[string]string{"/federationmetadata/2007-06/federationmetadata.xml": pageSAMLMetadata}
		}, Connection: func(c *Conn) {
			c.SAML.Set("idp_metadata", strings.Replace(c.SAML.Text("idp_metadata"), pageSAMLMetadata, "/federationmetadata/2007-06/federationmetadata.xml", 1))
		}},
		{Name: "MD054", Title: "holder-of-key single sign-on is listed too", set: idp(func(d *elem, l *Lab) {
			s := service("SingleSignOnService", "urn:oasis:names:tc:SAML:2.0:profiles:holder-of-key:SSO:browser", l.SSOURL)
			s.attrs = append(s.attrs, attr{"xmlns:hoksso", "urn:oasis:names:tc:SAML:2.0:profiles:holder-of-key:SSO:browser"}, attr{"hoksso:ProtocolBinding", bindingRedirect})
			d.after("SingleSignOnService", s)
		})},
		{Name: "MD057", Title: "the SSO URL is the metadata URL", Connection: ssoAt(pageSAMLMetadata)},
		{Name: "MD057-oidc", Title: "the SSO URL is an OpenID Connect endpoint", Connection: ssoAt(pageAuthorize)},
		{Name: "MD057-page", Title: "the SSO URL is a page for people", Connection: ssoAt(pageSAMLHelp)},
	}
}

// ssoAt enters another page as SSO URL, by hand and without metadata.
func ssoAt(page string) func(*Conn) {
	return func(c *Conn) {
		c.SAML.Drop("idp_metadata")
		c.SAML.Set("sso_url", c.lab.site.url(page))
	}
}
