package real_test

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// change is something that happens to a signed document. The signature may outlive it or not: xmlsec1 says which.
type change struct {
	name  string
	apply func(string) string
}

func replaced(name, old, with string) change {
	return change{name, func(s string) string { return strings.Replace(s, old, with, 1) }}
}

func everywhere(name, old, with string) change {
	return change{name, func(s string) string { return strings.ReplaceAll(s, old, with) }}
}

func matched(name, pattern, with string) change {
	return change{name, func(s string) string {
		re := regexp.MustCompile(pattern)
		at := re.FindStringIndex(s)
		if at == nil {
			return s
		}
		return s[:at[0]] + re.ReplaceAllString(s[at[0]:at[1]], with) + s[at[1]:]
	}}
}

// changes are made to each of several signed documents.
func changes() []change { return slices.Concat(rewritings(), signatureChanges(), contentChanges()) }

// rewritings are other ways to write the same, and some that come close to it.
func rewritings() []change {
	return []change{
		{"nothing", func(s string) string { return s }},
		replaced("other quotes", `Version="2.0"`, `Version='2.0'`),
		replaced("attributes in other order", `b="2" a="1"`, `a="1"  b="2"`),
		replaced("empty element written out", `Success"/>`, `Success"></samlp:StatusCode>`),
		replaced("character reference", "<saml:NameID>ann", "<saml:NameID>&#97;nn"),
		replaced("CDATA", "<saml:NameID>ann", "<saml:NameID><![CDATA[ann]]>"),
		replaced("CDATA in parts", "<saml:NameID>ann", "<saml:NameID><![CDATA[a]]>n<![CDATA[n]]>"),
		replaced("CDATA taken off", "<![CDATA[<x> & y]]>", "&lt;x&gt; &amp; y"),
		replaced("end tag with blank", "</saml:NameID>", "</saml:NameID\n >"),
		replaced("blanks in the start tag", "<saml:NameID>", "<saml:NameID\n\t>"),
		replaced("declared once more", "<saml:NameID>", `<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">`),
		replaced("unused namespace added", "<saml:NameID>", `<saml:NameID xmlns:nobody="urn:nobody">`),
		replaced("unused namespace gone", ` xmlns:unused="urn:u"`, ""),
		replaced("default namespace taken off twice", `<inner xmlns="">x</inner>`, `<inner xmlns="">x<!-- --></inner>`),
		replaced("namespace undone and made again", `<inner xmlns="">x</inner>`, `<inner xmlns="" xmlns:q="urn:q">x</inner>`),
		replaced("comment changed", "<!-- c -->", "<!-- other -->"),
		replaced("comment gone", "<!-- c -->", ""),
		replaced("comment added", "<saml:NameID>ann", "<saml:NameID>an<!-- -->n"),
		replaced("comment behind the root", "<!-- behind -->", "<!-- x -->"),
		replaced("instruction behind the root", "<!-- behind -->", "<?x y?>"),
		replaced("tab as reference", "&#9;", "&#x9;"), replaced("tab as itself", "&#9;", "\t"),
		replaced("quote as itself", " \" ' ", " &quot; &apos; "), replaced("line end as reference", "ann@", "&#10;ann@"),
		replaced("carriage return as itself", "&#13;", "\r"), everywhere("CRLF", "\n", "\r\n"), everywhere("CR", "\n", "\r"),
	}
}

// signatureChanges are made to the signature's own text.
func signatureChanges() []change {
	return []change{
		replaced("white space in SignatureValue", "<ds:SignatureValue>", "<ds:SignatureValue>\n  \t"),
		replaced("comment in SignatureValue", "<ds:SignatureValue>", "<ds:SignatureValue><!-- x -->"),
		replaced("white space in DigestValue", "<ds:DigestValue>", "<ds:DigestValue>\n"),
		replaced("comment in SignedInfo gone", "<!-- in SignedInfo -->", ""),
		replaced("blank in SignedInfo", "<ds:Reference", " <ds:Reference"),
		replaced("SignedInfo with an Id", "<ds:SignedInfo>", `<ds:SignedInfo Id="x">`),
		replaced("signature with an Id", "<ds:Signature ", `<ds:Signature Id="x" `),
		matched("SignatureValue cut off", `(<ds:SignatureValue>[^<]{60})[^<]*`, "$1"),
		matched("SignatureValue empty", `(<ds:SignatureValue>)[^<]*`, "$1"),
		matched("SignatureValue no base64", `(<ds:SignatureValue>)`, "$1**"),
		matched("SignatureValue with its first letter turned", `<ds:SignatureValue>\s*[A-Za-z0-9+/]{4}`, "<ds:SignatureValue>AAAA"),
		matched("SignatureValue longer", `(<ds:SignatureValue>)`, "${1}AAAA"),
		matched("DigestValue changed", `<ds:DigestValue>\s*[A-Za-z0-9+/]{4}`, "<ds:DigestValue>AAAA"),
		matched("DigestValue empty", `(<ds:DigestValue>)[^<]*`, "$1"),
		replaced("digest method swapped", `DigestMethod Algorithm="`+xmlsig.SHA256, `DigestMethod Algorithm="`+xmlsig.SHA512),
		{"signature method swapped", func(s string) string {
			return strings.NewReplacer(`SignatureMethod Algorithm="`+xmlsig.RSASHA256, `SignatureMethod Algorithm="`+xmlsig.RSASHA512, `SignatureMethod Algorithm="`+xmlsig.ECDSASHA256, `SignatureMethod Algorithm="`+xmlsig.ECDSASHA512).Replace(s)
		}},
		matched("transform taken out", `<ds:Transform Algorithm="`+regexp.QuoteMeta(xmlsig.Enveloped)+`"(/>|></ds:Transform>)`, ""),
		matched("reference to nowhere", `URI="#_[ra]1"`, `URI="#_gone"`), matched("reference to another element", `URI="#_[ra]1"`, `URI="#_s1"`),
		replaced("an Object in front of KeyInfo", "</ds:SignatureValue>", "</ds:SignatureValue><ds:Object>x</ds:Object>"),
		replaced("an Object at the end", "</ds:Signature>", "<ds:Object>x</ds:Object></ds:Signature>"),
	}
}

// contentChanges are made to what was signed.
func contentChanges() []change {
	return []change{
		replaced("letter case", "<saml:NameID>ann", "<saml:NameID>Ann"), replaced("blank in text", "<saml:NameID>ann", "<saml:NameID> ann"), replaced("blank between elements", "<saml:AttributeStatement>", " <saml:AttributeStatement>"),
		replaced("attribute added", `b="2"`, `b="2" c="3"`), replaced("attribute gone", ` b="2"`, ""), replaced("attribute value", `b="2"`, `b="3"`),
		{"prefix renamed", func(s string) string {
			return strings.NewReplacer("xsi:", "xsj:", ":xsi=", ":xsj=").Replace(s)
		}},
		replaced("namespace swapped", `xmlns="urn:other"`, `xmlns="urn:another"`),
		{"namespace moved outwards", func(s string) string {
			s = strings.Replace(s, ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`, "", 1)
			return strings.Replace(s, "<samlp:Response ", `<samlp:Response xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" `, 1)
		}},
		{"namespace moved inwards", func(s string) string {
			s = strings.Replace(s, ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`, "", 1)
			return strings.Replace(s, "<saml:AttributeValue ", `<saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" `, 1)
		}},
		replaced("instruction changed", "some data", "same data"), replaced("instruction gone", "<?target some data?>", ""),
		matched("element gone", `<inner xmlns="">x</inner>`, ""), replaced("element doubled", `<inner xmlns="">x</inner>`, `<inner xmlns="">x</inner><inner xmlns="">x</inner>`),
		replaced("xml:lang", ` xml:lang="de"`, ` xml:lang="en"`), replaced("xml:lang gone", ` xml:lang="de"`, ""),
		everywhere("indented", "><", ">\n  <"), matched("white space taken out", `>\s+<saml:Subject`, "><saml:Subject"),
		replaced("UTF-8 taken for Latin-1", "日本", "æ\u0097¥æ\u009c¬"), replaced("characters lost", "日本𝒳", "???"),
		replaced("composed otherwise", "ann@", "a\u0301nn@"),
		{"cut off", func(s string) string { return s[:len(s)*2/3] }},
		replaced("entity", "ann@", "&ann;@"),
		replaced("entity declared", "<samlp:Response", `<!DOCTYPE samlp:Response [<!ENTITY ann "ann">]><samlp:Response`),
		{"entity declared and used", func(s string) string {
			s = strings.Replace(s, "<saml:NameID>ann", "<saml:NameID>&ann;", 1)
			return strings.Replace(s, "<samlp:Response", `<!DOCTYPE samlp:Response [<!ENTITY ann "ann">]><samlp:Response`, 1)
		}},
		replaced("attribute by default", "<samlp:Response", `<!DOCTYPE samlp:Response [<!ATTLIST saml:NameID Format CDATA "x">]><samlp:Response`),
		replaced("ID twice", "<samlp:Status ", `<saml:Assertion ID="_a1"><saml:Issuer>x</saml:Issuer></saml:Assertion><samlp:Status `),
		replaced("ID of the response twice", "<samlp:Status ", `<saml:Assertion ID="_r1"><saml:Issuer>x</saml:Issuer></saml:Assertion><samlp:Status `),
		replaced("forged assertion in front", "<samlp:Status ", `<saml:Assertion ID="_evil"><saml:Issuer>x</saml:Issuer></saml:Assertion><samlp:Status `),
	}
}

// encodings write the same document in other bytes.
func encodings() []change {
	declared := func(s, encoding string) string {
		return strings.Replace(s, `encoding="UTF-8"`, `encoding="`+encoding+`"`, 1)
	}
	wide := func(s string, big bool) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune("\ufeff" + declared(s, "UTF-16"))) {
			if big {
				b.Write([]byte{byte(u >> 8), byte(u)})
			} else {
				b.Write([]byte{byte(u), byte(u >> 8)})
			}
		}
		return b.String()
	}
	narrow := func(s, encoding string, bytes map[rune]byte) string {
		var b []byte
		for _, c := range declared(s, encoding) {
			if to, ok := bytes[c]; ok {
				b = append(b, to)
			} else if c < 0x100 {
				b = append(b, byte(c))
			} else {
				b = append(b, "&#"+itoa(c)+";"...)
			}
		}
		return string(b)
	}
	return []change{
		{"byte order mark", func(s string) string { return "\xef\xbb\xbf" + s }},
		{"UTF-16, little end first", func(s string) string { return wide(s, false) }}, {"UTF-16, big end first", func(s string) string { return wide(s, true) }},
		{"ISO-8859-1", func(s string) string { return narrow(s, "ISO-8859-1", nil) }}, {"windows-1252", func(s string) string { return narrow(s, "windows-1252", map[rune]byte{'€': 0x80}) }},
		{"US-ASCII", func(s string) string {
			return narrow(strings.ReplaceAll(strings.ReplaceAll(s, "ä", "&#228;"), "€", "&#8364;"), "US-ASCII", nil)
		}},
		{"no declaration", func(s string) string { return s[strings.Index(s, "?>")+3:] }}, {"XML 1.1", func(s string) string { return strings.Replace(s, `version="1.0"`, `version="1.1"`, 1) }},
		{"standalone", func(s string) string { return strings.Replace(s, `"UTF-8"?>`, `"UTF-8" standalone="yes"?>`, 1) }},
		{"declares another encoding than it has", func(s string) string { return declared(s, "ISO-8859-1") }}, {"an encoding that is not known", func(s string) string { return declared(s, "x-none") }},
		{"white space in front", func(s string) string { return s[strings.Index(s, "?>")+2:] }},
	}
}

func itoa(c rune) string {
	var b []byte
	for ; c > 0; c /= 10 {
		b = append([]byte{byte('0' + c%10)}, b...)
	}
	return string(b)
}

// tampering applies every change to documents that were signed in different ways.
func (m *maker) tampering() {
	k := m.keys
	second := []byte(strings.Replace(xmlsecMessage, "<samlp:Status>", `<samlp:Status ID="_s1">`, 1))
	bases := []variant{
		{group: "exclusive, response", doc: m.o.sign(m.t, k.rsa, template{text: string(second)}.String()), key: k.rsa},
		{group: "inclusive, assertion", doc: m.o.sign(m.t, k.ec256, template{at: "_a1", method: xmlsig.ECDSASHA256, canonical: xmlsig.C14N, transforms: transforms(xmlsig.Enveloped, xmlsig.C14N), text: string(second)}.String()), key: k.ec256},
		{group: "exclusive with comments, whole", doc: m.o.sign(m.t, k.rsa, template{uri: []string{""}, canonical: xmlsig.ExclusiveComments, transforms: transforms(xmlsig.Enveloped, xmlsig.ExclusiveComments), text: string(second)}.String()), key: k.rsa},
	}
	made := map[string]bool{}
	for _, base := range bases {
		for _, c := range changes() {
			v := base
			v.name, v.doc = c.name, []byte(c.apply(string(base.doc)))
			if c.name == "nothing" || !bytes.Equal(v.doc, base.doc) {
				m.add(v)
				made[c.name] = true
			}
		}
	}
	for _, c := range changes() {
		if !made[c.name] {
			m.t.Errorf("the change %q changes nothing", c.name)
		}
	}
	western := m.o.sign(m.t, k.rsa, template{text: strings.Replace(xmlsecMessage, "ann@", "ännä€@", 1)}.String())
	for _, c := range encodings() {
		m.add(variant{"encoding", c.name, []byte(c.apply(string(western))), k.rsa})
	}
	m.add(variant{group: "key", name: "another one than the receiver holds", doc: bases[0].doc, key: k.other})
	m.add(variant{group: "key", name: "of another kind than the receiver holds", doc: bases[0].doc, key: k.ec256})
	m.add(variant{group: "key", name: "of another curve", doc: bases[1].doc, key: k.ec384})
	m.twoSignatures()
}

// twoSignatures: the assertion signed, then the response around it, as many products do.
func (m *maker) twoSignatures() {
	k := m.keys
	inner := m.o.sign(m.t, k.rsa, template{at: "_a1"}.String())
	both := string(m.o.sign(m.t, k.ec256, template{text: string(inner), method: xmlsig.ECDSASHA256}.String()))
	for _, c := range []change{
		{"nothing", func(s string) string { return s }}, replaced("assertion changed", "<saml:NameID>ann", "<saml:NameID>eve"), replaced("response changed", "status:Success", "status:Requester"),
		replaced("assertion's certificate changed", "<ds:X509Certificate>", "<ds:X509Certificate>\n"), everywhere("indented", "><", ">\n<"),
	} {
		m.add(variant{"both signed", c.name + ", key of the assertion", []byte(c.apply(both)), k.rsa})
		m.add(variant{"both signed", c.name + ", key of the response", []byte(c.apply(both)), k.ec256})
		m.add(variant{"both signed", c.name + ", embedded only", []byte(c.apply(both)), nil})
	}
}

// asn1Wrapped turns the value of an ECDSA signature into what TLS has.
func asn1Wrapped(s string) string {
	const start, end = "<ds:SignatureValue>", "</ds:SignatureValue>"
	i, j := strings.Index(s, start)+len(start), strings.Index(s, end)
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s[i:j]), ""))
	if err != nil {
		panic(err) // what xmlsec1 wrote
	}
	number := func(b []byte) []byte {
		if b = bytes.TrimLeft(b, "\x00"); b[0] >= 0x80 {
			b = append([]byte{0}, b...)
		}
		return append([]byte{2, byte(len(b))}, b...)
	}
	pair := append(number(raw[:len(raw)/2]), number(raw[len(raw)/2:])...)
	return s[:i] + base64.StdEncoding.EncodeToString(append([]byte{0x30, byte(len(pair))}, pair...)) + s[j:]
}
