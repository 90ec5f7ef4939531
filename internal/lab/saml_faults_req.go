package lab

import (
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// sends is a fault in the request that the lab's SP sends.
func sends(change func(r *elem, l *Lab)) func(*behaviour) {
	return func(b *behaviour) { b.saml.sent.change = change }
}

// reqFaults are those of the SP's request; they show in Request and RequestXML.
func reqFaults() []Fault {
	sent := func(c sentChange) func(*behaviour) { return func(b *behaviour) { b.saml.sent = c } }
	signer := func(c *Conn) { c.SAML.Set("sp_certificate", c.lab.saml.keys.partner().pem()) }
	return []Fault{
		{Name: "REQ001", Title: "the request by HTTP-Redirect is not deflated", set: sent(sentChange{plain: true})},
		{Name: "REQ001-garbage", Title: "SAMLRequest is no base64", set: sent(sentChange{query: func(q string) string { return strings.Replace(q, "SAMLRequest=", "SAMLRequest=%25", 1) }})},
		{Name: "REQ002", Title: "the ID of the request begins with a digit", set: sends(func(r *elem, _ *Lab) { r.set("ID", "7"+r.get("ID")[1:]) })},
		{Name: "REQ002-version", Title: "Version of the request is 1.1", set: sends(func(r *elem, _ *Lab) { r.set("Version", "1.1") })},
		{Name: "REQ002-order", Title: "Issuer of the request stands behind NameIDPolicy", set: sends(func(r *elem, l *Lab) {
			r.remove("Issuer")
			r.add(el("saml:Issuer", l.SPEntityID))
		})},
		{Name: "REQ003", Title: "the request was issued a day ago", set: sends(func(r *elem, l *Lab) { r.set("IssueInstant", instant(l.now().AddDate(0, 0, -1))) })},
		{Name: "REQ003-local", Title: "IssueInstant of the request is in local time", set: sends(func(r *elem, l *Lab) {
			r.set("IssueInstant", l.now().In(time.FixedZone("", 2*3600)).Format("2006-01-02T15:04:05-07:00"))
		})},
		{Name: "REQ004-message", Title: "Destination of the request is another address", set: sends(func(r *elem, l *Lab) { r.set("Destination", l.SSOURL+"/") })},
		{Name: "REQ005", Title: "the Issuer of the request is another SP", set: sends(func(r *elem, _ *Lab) { r.at("Issuer").fill("urn:lab:other") })},
		{Name: "REQ006-message", Title: "the request names another ACS than the SP has", set: sends(func(r *elem, _ *Lab) {
			r.set("AssertionConsumerServiceURL", strings.Replace(spACS, ".example/", ".example:443/", 1))
		})},
		{Name: "REQ007", Title: "the request has an ACS URL and an ACS index", set: sends(func(r *elem, _ *Lab) { r.set("AssertionConsumerServiceIndex", "0") })},
		{Name: "REQ008", Title: "the request asks for the response by HTTP-Redirect", set: sends(func(r *elem, _ *Lab) { r.set("ProtocolBinding", bindingRedirect) })},
		{Name: "REQ009-message", Title: "the request asks for a NameID format that is not offered", set: sends(func(r *elem, _ *Lab) {
			r.at("NameIDPolicy").set("Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos")
		})},
		{Name: "REQ010", Title: "the request demands a password and nothing else", set: sends(func(r *elem, _ *Lab) {
			r.add(el("samlp:RequestedAuthnContext", attr{"Comparison", "exact"}, el("saml:AuthnContextClassRef", classPassword)))
		})},
		{Name: "REQ011", Title: "the request has ForceAuthn and IsPassive", set: sends(func(r *elem, _ *Lab) {
			r.set("ForceAuthn", "true")
			r.set("IsPassive", "true")
		})},
		{Name: "REQ012-altered", Title: "RelayState was changed after the query was signed", Connection: signer, set: sent(sentChange{method: xmlsig.RSASHA256, query: func(q string) string {
			return strings.Replace(q, "&SigAlg=", "0&SigAlg=", 1)
		}})},
		{Name: "REQ012-case", Title: "the percent-encoding of the query was changed after it was signed", Connection: signer, set: sent(sentChange{method: xmlsig.RSASHA256, query: func(q string) string {
			before, after, _ := strings.Cut(q, "&SigAlg=")
			return before + "&SigAlg=" + strings.NewReplacer("%3A", "%3a", "%2F", "%2f").Replace(after)
		}})},
		{Name: "REQ013", Title: "the query is signed with SHA-1", set: sent(sentChange{method: xmlsig.RSASHA1})},
		{Name: "REQ014", Title: "an XML signature stands in a request by HTTP-Redirect", set: sent(sentChange{sealed: true})},
		{Name: "REQ015", Title: "the request has a Subject", set: sends(func(r *elem, l *Lab) {
			r.after("Issuer", el("saml:Subject", el("saml:NameID", attr{"Format", formatEmail}, l.Users[0].Email)))
		})},
		{Name: "REQ016", Title: "RelayState is longer than eighty bytes", set: sent(sentChange{relay: func(s string) string { return s + "?" + strings.Repeat("x", 80) }})},
		{Name: "REQ017", Title: "the request is larger than 8 KB", set: sends(func(r *elem, _ *Lab) {
			r.after("Issuer", el("samlp:Extensions", el("x:Padding", attr{"xmlns:x", "urn:example:unknown"}, token(9<<10)))) // random, so that deflate does not make it small
		})},
	}
}
