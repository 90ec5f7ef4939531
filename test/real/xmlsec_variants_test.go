package real_test

import (
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// variant is one signed document about which xmlsec1 and internal/xmlsig have to say the same.
type variant struct {
	group, name string
	doc         []byte
	key         *signer // that the receiver holds; nil: only what the signature brings itself counts
}

func (v variant) String() string { return v.group + "/" + v.name }

// keyring is the keys of one run.
type keyring struct {
	rsa, other, ec256, ec384, ec521, rsa1024, rsa768, dsa1024, dsa2048 *signer
}

func newXMLKeys(t *testing.T, o *oracle) keyring {
	t.Helper()
	ec := func(name string, c elliptic.Curve) *signer {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		return o.newSigner(t, name, mustECDSA(t, k, err))
	}
	return keyring{
		rsa: o.newSigner(t, "rsa", rsaOf(t, 2048)), other: o.newSigner(t, "other", rsaOf(t, 2048)), rsa1024: o.newSigner(t, "rsa1024", rsaOf(t, 1024)), rsa768: o.newShortRSA(t, "rsa768", 768),
		ec256: ec("ec256", elliptic.P256()), ec384: ec("ec384", elliptic.P384()), ec521: ec("ec521", elliptic.P521()),
		dsa1024: o.newDSA(t, "dsa1024", dsa.L1024N160), dsa2048: o.newDSA(t, "dsa2048", dsa.L2048N256),
	}
}

// message is what is signed: something of all that canonical XML has rules about.
const xmlsecMessage = `<?xml version="1.0" encoding="UTF-8"?>
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:unused="urn:u" xml:lang="de" ID="_r1" Version="2.0">
  <saml:Issuer>https://idp.example/saml</saml:Issuer>
  <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
  <saml:Assertion xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID="_a1" Version="2.0">
    <saml:Issuer>https://idp.example/saml</saml:Issuer>
    <saml:Subject><saml:NameID>ann@<!-- c -->example.com</saml:NameID></saml:Subject>
    <saml:AttributeStatement><saml:Attribute Name="z" FriendlyName="a&#9;b&#10;&quot;&lt;"><saml:AttributeValue xsi:type="xs:string">日本𝒳 &amp; &lt; &gt; " ' &#13;<![CDATA[<x> & y]]></saml:AttributeValue></saml:Attribute>
    <other xmlns="urn:other" b="2" a="1"><inner xmlns="">x</inner><?target some data?></other></saml:AttributeStatement>
  </saml:Assertion>
</samlp:Response>
<!-- behind -->
`

// template is what xmlsec1 fills in. What is empty is as most products have it.
type template struct {
	at         string   // ID of the element that takes the signature, behind its Issuer
	uri        []string // of the references
	method     string
	params     string // inside SignatureMethod
	digest     string
	canonical  string // of SignedInfo
	inside     string // inside CanonicalizationMethod
	transforms string // XML
	info       string // XML inside ds:KeyInfo; "none" leaves it out
	text       string // of the message
}

const certificateWanted = "<ds:X509Data><ds:X509Certificate/></ds:X509Data>"

func or(s, usual string) string {
	if s == "" {
		return usual
	}
	return s
}

func transforms(algorithms ...string) string {
	var out string
	for _, a := range algorithms {
		out += `<ds:Transform Algorithm="` + a + `"/>`
	}
	return out
}

// prefixed is an exclusive canonicalisation with a PrefixList, as the element of a name.
func prefixed(element, list string) string {
	return `<ds:` + element + ` Algorithm="` + xmlsig.Exclusive + `"><ec:InclusiveNamespaces xmlns:ec="` + xmlsig.Exclusive + `" PrefixList="` + list + `"/></ds:` + element + `>`
}

// String is the document with the template in it.
func (p template) String() string {
	at, text := or(p.at, "_r1"), or(p.text, xmlsecMessage)
	uris := p.uri
	if uris == nil {
		uris = []string{"#" + at}
	}
	var b strings.Builder
	b.WriteString(`<ds:Signature xmlns:ds="` + xmlsig.DSig + `">` + "\n <ds:SignedInfo>" + `<ds:CanonicalizationMethod Algorithm="` + or(p.canonical, xmlsig.Exclusive) + `">` + p.inside +
		`</ds:CanonicalizationMethod><!-- in SignedInfo -->` + "\n" + `<ds:SignatureMethod Algorithm="` + or(p.method, xmlsig.RSASHA256) + `">` + p.params + "</ds:SignatureMethod>\n")
	for _, uri := range uris {
		b.WriteString(`<ds:Reference URI="` + uri + `"><ds:Transforms>` + or(p.transforms, transforms(xmlsig.Enveloped, xmlsig.Exclusive)) + `</ds:Transforms>` +
			`<ds:DigestMethod Algorithm="` + or(p.digest, xmlsig.SHA256) + `"/><ds:DigestValue/></ds:Reference>`)
	}
	b.WriteString(` </ds:SignedInfo><ds:SignatureValue/>`)
	if p.info != "none" {
		b.WriteString("<ds:KeyInfo>" + or(p.info, certificateWanted) + "</ds:KeyInfo>")
	}
	b.WriteString("</ds:Signature>")
	before, after, found := strings.Cut(text, `ID="`+at+`"`)
	issuer, rest, _ := strings.Cut(after, "</saml:Issuer>")
	if !found {
		panic("no element has the ID " + at)
	}
	out := before + `ID="` + at + `"` + issuer + "</saml:Issuer>" + b.String() + rest
	if strings.Contains(p.transforms, "REC-xpath") || strings.Contains(p.transforms, "xpath-filter2") {
		return out
	}
	return strings.ReplaceAll(out, "<ds:Transforms></ds:Transforms>", "")
}

// last is the part of an algorithm's name that tells it from others.
func last(algorithm string) string {
	s := strings.TrimPrefix(algorithm, "http://www.w3.org/")
	return strings.NewReplacer("2000/09/xmldsig#", "", "2001/04/xmldsig-more#", "", "2007/05/xmldsig-more#", "", "2001/04/xmlenc#", "", "2009/xmldsig11#", "", "TR/2001/REC-xml-c14n-20010315", "c14n", "2006/12/xml-", "", "2001/10/xml-", "", "#WithComments", "-comments", "#", "-", "WithComments", "comments").Replace(s)
}

// maker makes variants.
type maker struct {
	t    *testing.T
	o    *oracle
	keys keyring
	out  []variant
}

func (m *maker) add(v variant) { m.out = append(m.out, v) }

// theirs adds what xmlsec1 signs.
func (m *maker) theirs(group, name string, key *signer, p template) {
	m.t.Helper()
	m.add(variant{group: group, name: name, doc: m.o.sign(m.t, key, p.String()), key: key})
}

// ours adds what internal/xmlsig signs.
func (m *maker) ours(group, name string, key *signer, id string, o xmlsig.SignOptions) {
	m.t.Helper()
	o.Key = key.key
	if o.KeyInfo == "" && o.Certs == nil {
		o.Certs = [][]byte{key.cert.Raw}
	}
	doc, err := xmlsig.Sign([]byte(xmlsecMessage), id, o)
	if err != nil {
		m.t.Fatalf("%s/%s: %v", group, name, err)
	}
	m.add(variant{group: group, name: name, doc: doc, key: key})
}

// algorithms: signature and digest methods.
func (m *maker) algorithms() {
	k := m.keys
	for _, a := range []string{xmlsig.RSAMD5, xmlsig.RSASHA1, xmlsig.RSASHA224, xmlsig.RSASHA256, xmlsig.RSASHA384, xmlsig.RSASHA512} {
		m.theirs("method", last(a), k.rsa, template{method: a})
		m.ours("method", last(a)+", ours", k.rsa, "_r1", xmlsig.SignOptions{Method: a})
	}
	for _, a := range []string{xmlsig.ECDSASHA1, xmlsig.ECDSASHA224, xmlsig.ECDSASHA256, xmlsig.ECDSASHA384, xmlsig.ECDSASHA512} {
		for name, key := range map[string]*signer{"P-256": k.ec256, "P-384": k.ec384, "P-521": k.ec521} {
			m.theirs("method", last(a)+" on "+name, key, template{method: a})
			m.ours("method", last(a)+" on "+name+", ours", key, "_a1", xmlsig.SignOptions{Method: a})
		}
	}
	value := "<ds:KeyValue/>"
	for name, key := range map[string]*signer{"1024": k.dsa1024, "2048": k.dsa2048} {
		for _, a := range []string{xmlsig.DSASHA1, xmlsig.DSASHA256} {
			if a == xmlsig.DSASHA1 || key == k.dsa2048 {
				m.theirs("method", last(a)+" of "+name+" bits", key, template{method: a, info: value})
			}
		}
	}
	for _, a := range []string{xmlsig.RSAMD5, xmlsig.RSASHA1, xmlsig.RSASHA224, xmlsig.RSASHA256, xmlsig.RSASHA384} {
		m.theirs("method", last(a)+" of 768 bits", k.rsa768, template{method: a, info: value})
	}
	m.theirs("method", "rsa-sha256 of 1024 bits", k.rsa1024, template{})
	for _, a := range []string{xmlsig.PSSSHA1, xmlsig.PSSSHA224, xmlsig.PSSSHA256, xmlsig.PSSSHA384, xmlsig.PSSSHA512, xmlsig.PSS} {
		m.ours("method", last(a)+", ours", k.rsa, "_r1", xmlsig.SignOptions{Method: a})
	}
	for _, d := range []string{xmlsig.SHA1, xmlsig.SHA224, xmlsig.SHA256, xmlsig.SHA384, xmlsig.SHA512, xmlsig.MD5, xmlsig.RIPEMD160} {
		m.theirs("digest", last(d), k.rsa, template{digest: d})
		if d != xmlsig.RIPEMD160 {
			m.ours("digest", last(d)+", ours", k.rsa, "_r1", xmlsig.SignOptions{Digest: d})
		}
	}
}

var sixForms = []string{xmlsig.C14N, xmlsig.C14NComments, xmlsig.C14N11, xmlsig.C14N11Comments, xmlsig.Exclusive, xmlsig.ExclusiveComments}

// forms: canonicalisation of what is signed and of SignedInfo, prefix lists, inheritance.
func (m *maker) forms() {
	k := m.keys.rsa
	for _, a := range sixForms {
		for where, p := range map[string]template{
			"response": {}, "assertion": {at: "_a1"}, "whole": {uri: []string{""}}, "whole from the assertion": {at: "_a1", uri: []string{""}},
			"pointer": {at: "_a1", uri: []string{"#xpointer(id('_a1'))"}}, "pointer to all": {uri: []string{"#xpointer(/)"}},
		} {
			p.transforms = transforms(xmlsig.Enveloped, a)
			m.theirs("canonical form", last(a)+", "+where, k, p)
		}
		for where, id := range map[string]string{"response": "_r1", "assertion": "_a1", "whole": ""} {
			m.ours("canonical form", last(a)+", "+where+", ours", k, id, xmlsig.SignOptions{Canonical: a})
		}
		m.theirs("SignedInfo", last(a), k, template{at: "_a1", canonical: a})
		m.theirs("SignedInfo", last(a)+", both", k, template{at: "_a1", canonical: a, transforms: transforms(xmlsig.Enveloped, a)})
	}
	for _, list := range []string{"", "xs", "#default", "xs unused #default", "saml samlp xs xsi", "nowhere", "xs xs", "xml", "  xs\n samlp "} {
		inside := prefixed("CanonicalizationMethod", list)
		inside = inside[strings.IndexByte(inside, '>')+1 : strings.LastIndex(inside, "</")]
		name := `"` + strings.ReplaceAll(list, "\n", "⏎") + `"`
		m.theirs("prefix list", name, k, template{at: "_a1", transforms: transforms(xmlsig.Enveloped) + prefixed("Transform", list)})
		m.theirs("prefix list", name+" of SignedInfo", k, template{at: "_a1", inside: inside})
		if list == "xs unused #default" || list == "nowhere" {
			m.ours("prefix list", name+", ours", k, "_a1", xmlsig.SignOptions{Prefixes: strings.Fields(list)})
		}
	}
	from := ` xml:lang="de"`
	for name, with := range map[string]string{
		"xml:space": ` xml:lang="de" xml:space="preserve"`, "xml:id": ` xml:id="_x"`, "xml:lang empty": ` xml:lang=""`,
		"xml:base": ` xml:base="https://a.example/b/c"`, "xml:base relative": ` xml:base="b/c/"`, "default namespace": ` xmlns="urn:d"`,
	} {
		for _, a := range []string{xmlsig.C14N, xmlsig.C14N11, xmlsig.Exclusive} {
			m.theirs("inherited", name+", "+last(a), k, template{at: "_a1", text: strings.Replace(xmlsecMessage, from, with, 1), transforms: transforms(xmlsig.Enveloped, a)})
		}
	}
	for _, a := range []string{xmlsig.C14N, xmlsig.Exclusive} {
		m.relativeNamespace("inherited", "relative namespace, "+last(a)+", ours", a)
	}
	m.bases()
}

// relativeNamespace adds what xmlsec1 does not sign.
func (m *maker) relativeNamespace(group, name, form string) {
	doc, err := xmlsig.Sign([]byte(strings.Replace(xmlsecMessage, ` xmlns:unused="urn:u"`, ` xmlns:unused="relative/name"`, 1)), "_r1", xmlsig.SignOptions{Key: m.keys.rsa.key, Canonical: form})
	if err != nil {
		m.t.Fatal(err)
	}
	m.add(variant{group: group, name: name, doc: doc, key: m.keys.rsa})
}

// bases: xml:base of what is signed, put together with that of what is around it (Canonical XML 1.1 §2.4).
func (m *maker) bases() {
	for _, c := range [][2]string{
		{"https://a.example/b/c", "d"}, {"https://a.example/b/c", "../d"}, {"https://a.example/b/", "../../../d"}, {"https://a.example/b/c", "/d"}, {"https://a.example/b/c", "//x.example/d"},
		{"https://a.example/b/c", "http://x.example/d"}, {"b/c", "d"}, {"b/c/", "../d"}, {"b/", "../d"}, {"https://a.example", "d"}, {"https://a.example/b/c", "./d/./e"}, {"https://a.example/b/c", "d?q#f"},
		{"https://a.example/b/c?x=1", "d"}, {"https://a.example/b/c", ""}, {"https://a.example/b/c?x=1", ""}, {"https://a.example/b/c", "."}, {"https://a.example/b/c", ".."}, {"..", "d"}, {"../..", "d"}, {"../b", "../../d"}, {"", "d"}, {"", ""}, {"urn:x:y", "d"},
	} {
		text := strings.Replace(xmlsecMessage, ` xml:lang="de"`, ` xml:base="`+c[0]+`"`, 1)
		text = strings.Replace(text, `ID="_a1"`, `xml:base="`+c[1]+`" ID="_a1"`, 1)
		m.theirs("xml:base", `"`+c[0]+`" and "`+c[1]+`"`, m.keys.rsa, template{at: "_a1", text: text, transforms: transforms(xmlsig.Enveloped, xmlsig.C14N11)})
	}
	text := strings.Replace(xmlsecMessage, ` xml:lang="de"`, ` xml:base="https://a.example/b/c"`, 1)
	text = strings.Replace(text, "<saml:Subject>", `<saml:Subject xml:base="e">`, 1)
	m.theirs("xml:base", "outside and inside", m.keys.rsa, template{at: "_a1", text: text, transforms: transforms(xmlsig.Enveloped, xmlsig.C14N11)})
}
