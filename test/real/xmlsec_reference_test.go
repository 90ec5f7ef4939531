package real_test

import (
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

const (
	xpathTransform = "http://www.w3.org/TR/1999/REC-xpath-19991116"
	xsltTransform  = "http://www.w3.org/TR/1999/REC-xslt-19991116"
	base64Decode   = xmlsig.DSig + "base64"
)

// references: what a signature is over, and by which transforms.
func (m *maker) references() {
	k := m.keys.rsa
	xpath := `<ds:Transform Algorithm="` + xpathTransform + `"><ds:XPath>`
	for name, p := range map[string]template{
		"no canonicalisation":             {transforms: transforms(xmlsig.Enveloped)},
		"no canonicalisation, assertion":  {at: "_a1", transforms: transforms(xmlsig.Enveloped)},
		"enveloped twice":                 {transforms: transforms(xmlsig.Enveloped, xmlsig.Enveloped, xmlsig.Exclusive)},
		"two canonicalisations":           {transforms: transforms(xmlsig.Enveloped, xmlsig.Exclusive, xmlsig.C14N)},
		"two canonicalisations, widening": {at: "_a1", transforms: transforms(xmlsig.Enveloped, xmlsig.C14N, xmlsig.Exclusive)},
		"comments lost on the way":        {at: "_a1", uri: []string{"#xpointer(id('_a1'))"}, transforms: transforms(xmlsig.Enveloped, xmlsig.Exclusive, xmlsig.C14NComments)},
		"two references":                  {uri: []string{"#_r1", "#_a1"}},
		"two references to one":           {uri: []string{"#_r1", "#_r1"}},
		"of the assertion to the whole":   {at: "_a1", uri: []string{"#_r1"}},
		"of the response to a part":       {uri: []string{"#_a1"}},
		"pointer in other quotes":         {uri: []string{"#xpointer(id(&quot;_a1&quot;))"}},
		"pointer by a path":               {uri: []string{"#xpointer(//*[@ID='_a1'])"}},
		"XPath that keeps all":            {transforms: xpath + `true()</ds:XPath></ds:Transform>` + transforms(xmlsig.Enveloped, xmlsig.Exclusive)},
		"XPath that leaves out":           {transforms: xpath + `not(ancestor-or-self::saml:Subject)</ds:XPath></ds:Transform>` + transforms(xmlsig.Enveloped, xmlsig.Exclusive)},
		"XPath for enveloped":             {transforms: xpath + `not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>` + transforms(xmlsig.Exclusive)},
	} {
		m.theirs("reference", name, k, p)
	}
	m.ours("reference", "canonicalisation before the enveloped transform, ours", m.keys.rsa, "_r1", xmlsig.SignOptions{Extra: transforms(xmlsig.Exclusive)})
	two := string(m.o.sign(m.t, k, template{uri: []string{"#_a1", "#_r1"}}.String()))
	m.add(variant{group: "reference", name: "two references, the second broken", doc: []byte(strings.Replace(two, "status:Success", "status:Requester", 1)), key: k})
	signed := string(m.o.sign(m.t, k, template{at: "_a1"}.String()))
	for _, c := range []change{
		replaced("no URI", ` URI="#_a1"`, ""), replaced("to another host", `URI="#_a1"`, `URI="http://127.0.0.1:9/x"`), replaced("to a file", `URI="#_a1"`, `URI="file:///dev/null"`),
		replaced("to a name that nobody has", `URI="#_a1"`, `URI="#_a2"`), replaced("empty name", `URI="#_a1"`, `URI="#"`), replaced("XSLT put in", "<ds:Transforms>", `<ds:Transforms><ds:Transform Algorithm="`+xsltTransform+`"/>`),
		replaced("base64 put in", "<ds:Transforms>", `<ds:Transforms><ds:Transform Algorithm="`+base64Decode+`"/>`), replaced("a transform that is not known", "<ds:Transforms>", `<ds:Transforms><ds:Transform Algorithm="urn:x"/>`),
		replaced("no Transforms", "<ds:Transforms>", "<ds:Transforms><!-- "), replaced("method that is not known", xmlsig.RSASHA256, "urn:x"), replaced("HMAC with the public key", xmlsig.RSASHA256, xmlsig.HMACSHA256),
		replaced("canonicalisation that is not known", `CanonicalizationMethod Algorithm="`+xmlsig.Exclusive, `CanonicalizationMethod Algorithm="urn:x`), replaced("digest that is not known", xmlsig.SHA256, "urn:x"),
		matched("no reference", `(?s)<ds:Reference.*</ds:Reference>`, ""), matched("no SignatureMethod", `<ds:SignatureMethod[^>]*(/>|></ds:SignatureMethod>)`, ""), matched("no SignatureValue", `(?s)<ds:SignatureValue>.*</ds:SignatureValue>`, ""),
		matched("no SignedInfo", `(?s)<ds:SignedInfo>.*</ds:SignedInfo>`, ""), replaced("two SignedInfo", "<ds:SignedInfo>", `<ds:SignedInfo/><ds:SignedInfo>`), everywhere("another namespace", xmlsig.DSig, "urn:d"),
	} {
		m.add(variant{group: "reference", name: c.name, doc: []byte(c.apply(signed)), key: k})
	}
	ec := string(m.o.sign(m.t, m.keys.ec256, template{method: xmlsig.ECDSASHA256}.String()))
	m.add(variant{group: "reference", name: "value of ECDSA in ASN.1", doc: []byte(asn1Wrapped(ec)), key: m.keys.ec256})
}

// wrappings are the published attacks on a signed response or assertion, put together here from what xmlsec1 signed (those of the
// lab, with its own signatures, come beside). The signature stays good in some of them: what it covers is not what is read.
func (m *maker) wrappings() {
	k := m.keys.rsa
	text := strings.Replace(xmlsecMessage, `<?xml version="1.0" encoding="UTF-8"?>`+"\n", "", 1)
	response := string(m.o.sign(m.t, k, template{text: text}.String()))
	assertion := string(m.o.sign(m.t, k, template{at: "_a1", text: text}.String()))
	part := func(s, start, end string) string { return s[strings.Index(s, start) : strings.Index(s, end)+len(end)] }
	signature := func(s string) string { return part(s, "<ds:Signature ", "</ds:Signature>") }
	forged := func(s string) string {
		return strings.NewReplacer("<saml:NameID>ann", "<saml:NameID>eve", `ID="_r1"`, `ID="_r2"`, `ID="_a1"`, `ID="_a2"`).Replace(s)
	}
	root := part(response, "<samlp:Response", "</samlp:Response>")
	bare := strings.Replace(root, signature(root), "", 1)
	signed := part(assertion, "<saml:Assertion", "</saml:Assertion>")
	unsigned := strings.Replace(signed, signature(signed), "", 1)
	whole := part(assertion, "<samlp:Response", "</samlp:Response>")
	within := func(with string) string { return strings.Replace(whole, signed, with, 1) }
	holding := func(sig, inside string) string {
		return strings.Replace(sig, "</ds:Signature>", inside+"</ds:Signature>", 1)
	}
	moved := func(sig string) string {
		return strings.Replace(forged(unsigned), "</saml:Issuer>", "</saml:Issuer>"+sig, 1)
	}
	for name, doc := range map[string]string{
		"XSW1":                            strings.Replace(forged(bare), "</saml:Issuer>", "</saml:Issuer>"+holding(signature(root), bare), 1),
		"XSW2":                            strings.Replace(forged(bare), "</saml:Issuer>", "</saml:Issuer>"+bare+signature(root), 1),
		"XSW3":                            within(forged(unsigned) + signed),
		"XSW4":                            within(strings.Replace(forged(unsigned), "</saml:Assertion>", signed+"</saml:Assertion>", 1)),
		"XSW5":                            within(moved(signature(signed)) + unsigned),
		"XSW6":                            within(moved(holding(signature(signed), unsigned))),
		"XSW7":                            strings.Replace(whole, "</saml:Issuer>", "</saml:Issuer><samlp:Extensions>"+forged(unsigned)+"</samlp:Extensions>", 1),
		"XSW8":                            within(moved(holding(signature(signed), "<ds:Object>"+unsigned+"</ds:Object>"))),
		"XSW7 with the same ID":           strings.Replace(whole, "</saml:Issuer>", "</saml:Issuer><samlp:Extensions>"+strings.Replace(forged(unsigned), "_a2", "_a1", 1)+"</samlp:Extensions>", 1),
		"the signed one inside a comment": within(forged(unsigned) + "<!-- " + strings.ReplaceAll(signed, "--", "- -") + " -->"),
		"the same ID under another name":  strings.Replace(whole, "<samlp:Status>", `<samlp:Status Id="_a1">`, 1),
		"the same ID as xml:id":           strings.Replace(whole, "<samlp:Status>", `<samlp:Status xml:id="_a1">`, 1),
	} {
		m.add(variant{group: "wrapping", name: name, doc: []byte(doc), key: k})
	}
}
