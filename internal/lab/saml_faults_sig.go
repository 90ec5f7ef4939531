package lab

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// sealed is a fault in both signatures of a message.
func sealed(how seal) func(*behaviour) {
	return func(b *behaviour) { b.saml.message.response, b.saml.message.assertion = how, how }
}

// parts is a fault in which parts of a message are signed.
func parts(p signedParts) func(*behaviour) {
	return func(b *behaviour) { b.saml.message.signs = p }
}

// onlyResponse is a fault in the signature of a response whose assertion is not signed by itself.
func onlyResponse(how seal) func(*behaviour) {
	return func(b *behaviour) { b.saml.message.signs, b.saml.message.response = signResponse, how }
}

// onlyAssertion is a fault in the signature of the assertion of a response that is not signed itself.
func onlyAssertion(how seal) func(*behaviour) {
	return func(b *behaviour) { b.saml.message.signs, b.saml.message.assertion = signAssertion, how }
}

// onlyAssertionReworded is a fault in the text of the assertion's signature. The response is not signed: its digest would differ too.
func onlyAssertionReworded(change func(string) string) func(*behaviour) {
	return func(b *behaviour) {
		b.saml.message.signs = signAssertion
		b.saml.message.text = func(s string, _ *message) string { return change(s) }
	}
}

// sigTrustFaults are those of what is signed and by whom.
func sigTrustFaults() []Fault {
	wants := func(key string) func(*Conn) { return func(c *Conn) { c.want(key, true) } }
	bare := func(o *xmlsig.SignOptions, _ *samlKeys) { o.Certs = nil }
	return []Fault{
		{Name: "SIG001", Title: "nothing is signed", set: parts(signNothing)},
		{Name: "SIG002", Title: "the SP demands a signed assertion and the response alone is signed", set: parts(signResponse), Connection: wants("assertion_signed")},
		{Name: "SIG002-response", Title: "the SP demands a signed response and the assertion alone is signed", set: parts(signAssertion), Connection: wants("response_signed")},
		{Name: "SIG003", Title: "the signature method is one that nobody can compute", set: onlyAssertionReworded(func(s string) string {
			return strings.ReplaceAll(s, `SignatureMethod Algorithm="`+xmlsig.RSASHA256, `SignatureMethod Algorithm="http://lab.example/no-such-method`)
		})},
		{Name: "SIG004", Title: "the message is signed with a certificate that it brings itself and nobody else has", set: sealed(seal{by: byIntruder})},
		{Name: "SIG005", Title: "the message is signed with another certificate of the metadata than the SP holds", set: func(b *behaviour) {
			sealed(seal{by: byNext})(b)
			b.saml.tree = func(md *elem, l *Lab) {
				md.at("IDPSSODescriptor").after("KeyDescriptor", keyDescriptor("signing", l.saml.keys.next()))
			}
		}},
		{Name: "SIG006", Title: "the message was changed after it was signed", set: reworded(func(s string, m *message) string {
			return strings.Replace(s, ">"+m.user.Given+"<", ">"+m.user.Given+" M.<", 1)
		})},
		{Name: "SIG006-indented", Title: "the message was indented after it was signed", set: reworded(func(s string, _ *message) string { return strings.ReplaceAll(s, "><", ">\n<") })},
		{Name: "SIG006-encoding", Title: "the message was recoded after it was signed", set: func(b *behaviour) {
			granted(func(m *message) { m.attribute("firstName").at("AttributeValue").fill("Änn") })(b)
			b.saml.message.text = func(s string, _ *message) string { return strings.Replace(s, "Änn", "Ã„nn", 1) }
		}},
		{Name: "SIG017", Title: "the signature value is damaged", set: onlyAssertionReworded(damaged)},
		{Name: "SIG017-stranger", Title: "the message is signed with an unknown key and brings no certificate", set: sealed(seal{by: byNext, tune: bare})},
		{Name: "SIG015", Title: "KeyInfo holds another certificate than that of the key", set: sealed(tuned(func(o *xmlsig.SignOptions, k *samlKeys) { o.Certs = [][]byte{k.intruder().der} }))},
		{Name: "SIG015-namespace", Title: "KeyInfo holds an element of another namespace", set: sealed(tuned(func(o *xmlsig.SignOptions, _ *samlKeys) {
			o.Certs, o.KeyInfo = nil, `<x:Hint xmlns:x="urn:example:unknown">lab</x:Hint>`
		}))},
		{Name: "SIG016", Title: "the signature is an HMAC with the public key", set: sealed(tuned(func(o *xmlsig.SignOptions, k *samlKeys) {
			public, err := x509.MarshalPKIXPublicKey(k.sign.key.Public())
			if err != nil {
				panic(err) // an RSA key always encodes
			}
			o.Method, o.Secret = xmlsig.HMACSHA256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
		}))},
	}
}

// damaged changes a byte in the middle of the signature value.
func damaged(s string) string {
	const start, end = "<ds:SignatureValue>", "</ds:SignatureValue>"
	before, part, after := cut(s, start, end)
	value, err := base64.StdEncoding.DecodeString(part[len(start) : len(part)-len(end)])
	if err != nil {
		panic(err) // the lab's own signature
	}
	value[len(value)/2] ^= 0x40
	return before + start + base64.StdEncoding.EncodeToString(value) + end + after
}

// sigFormFaults are those of the signature's own structure.
func sigFormFaults() []Fault {
	const xpath = `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>true()</ds:XPath></ds:Transform>`
	const xslt = `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>`
	extra := func(text string) seal {
		return tuned(func(o *xmlsig.SignOptions, _ *samlKeys) { o.Extra = text })
	}
	return []Fault{
		{Name: "SIG007", Title: "the signature of the response refers to the assertion", set: onlyResponse(seal{part: partAssertion})},
		{Name: "SIG007-two", Title: "the signature has two references", set: onlyAssertion(seal{also: partResponse})},
		{Name: "SIG007-whole", Title: "the signature of the assertion refers to the whole document", set: onlyAssertion(seal{part: partWhole})},
		{Name: "SIG010", Title: "the signature has an XPath transform", set: sealed(extra(xpath))},
		{Name: "SIG010-xslt", Title: "the signature has an XSLT transform", set: sealed(extra(xslt))},
		{Name: "SIG010-inclusive", Title: "the signature is made over inclusive canonical XML", set: sealed(tuned(func(o *xmlsig.SignOptions, _ *samlKeys) { o.Canonical = xmlsig.C14N }))},
		{Name: "SIG011", Title: "the signature method is RSA with SHA-1", set: sealed(tuned(func(o *xmlsig.SignOptions, _ *samlKeys) { o.Method = xmlsig.RSASHA1 }))},
		{Name: "SIG011-md5", Title: "the signature method is RSA with MD5", set: sealed(tuned(func(o *xmlsig.SignOptions, _ *samlKeys) { o.Method = xmlsig.RSAMD5 }))},
		{Name: "SIG012", Title: "the digest method is SHA-1", set: sealed(tuned(func(o *xmlsig.SignOptions, _ *samlKeys) { o.Digest = xmlsig.SHA1 }))},
		{Name: "SIG013", Title: "the signature stands at the end of its element", set: sealed(tuned(func(o *xmlsig.SignOptions, _ *samlKeys) { o.End = true }))},
		{Name: "SIG014", Title: "the assertion has two signatures", set: onlyAssertion(seal{more: true})},
	}
}
