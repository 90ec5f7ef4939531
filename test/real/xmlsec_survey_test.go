package real_test

import (
	"regexp"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// survey is the sixty documents on which libraries were compared before this one was written, under the names that they had.
func (m *maker) survey() {
	k := m.keys
	exc, inc, c11 := transforms(xmlsig.Enveloped, xmlsig.Exclusive), transforms(xmlsig.Enveloped, xmlsig.C14N), transforms(xmlsig.Enveloped, xmlsig.C14N11)
	text := func(old, with string) string { return strings.Replace(xmlsecMessage, old, with, 1) }
	list := prefixed("CanonicalizationMethod", "xs")
	list = list[strings.IndexByte(list, '>')+1 : strings.LastIndex(list, "</")]
	for name, p := range map[string]template{
		"resp_exc": {}, "asrt_exc": {at: "_a1"}, "resp_inc": {transforms: inc, canonical: xmlsig.C14N}, "resp_c11": {transforms: c11, canonical: xmlsig.C14N11},
		"resp_excWC": {transforms: transforms(xmlsig.Enveloped, xmlsig.ExclusiveComments), canonical: xmlsig.ExclusiveComments},
		"asrt_inc":   {at: "_a1", transforms: inc, canonical: xmlsig.C14N}, "asrt_c11": {at: "_a1", transforms: c11, canonical: xmlsig.C14N11},
		"asrt_exc_pl": {at: "_a1", transforms: transforms(xmlsig.Enveloped) + prefixed("Transform", "xs")}, "asrt_exc_cpl_signedinfo": {at: "_a1", inside: list},
		"resp_nodefaulttransform": {transforms: transforms(xmlsig.Enveloped)}, "alg_rsa-sha1": {method: xmlsig.RSASHA1}, "alg_rsa-sha384": {method: xmlsig.RSASHA384},
		"alg_rsa-sha512": {method: xmlsig.RSASHA512}, "alg_rsa-md5": {method: xmlsig.RSAMD5}, "dig_sha1": {digest: xmlsig.SHA1}, "dig_sha512": {digest: xmlsig.SHA512},
		"dig_sha384": {digest: xmlsig.SHA384}, "dig_sha224": {digest: xmlsig.SHA224}, "uri_empty": {uri: []string{""}}, "uri_xpointer_id": {uri: []string{"#xpointer(id('_r1'))"}},
		"asrt_uri_empty": {at: "_a1", uri: []string{""}}, "two_refs": {uri: []string{"#_r1", "#_a1"}},
		"xpath_tr":     {transforms: exc + `<ds:Transform Algorithm="` + xpathTransform + `"><ds:XPath>true()</ds:XPath></ds:Transform>`},
		"keyinfo_none": {info: "none"}, "keyinfo_keyvalue": {info: "<ds:KeyValue/>"}, "keyinfo_keyname": {info: "<ds:KeyName>k</ds:KeyName>"},
		"attr_newline": {text: text(`Name="z"`, "Name=\"z\n\ty\"")}, "attr_charref": {text: text(`Name="z"`, `Name="z&#10;&#9;y"`)}, "cr_ref": {text: text("ann@", "ann&#13;@")},
		"cdata": {text: text("ann@", "<![CDATA[ann&co]]>@")}, "comment_nameid": {text: text("ann@<!-- c -->example.com", "admin@x.com<!-- x -->.evil.com")}, "pi": {text: text("ann@", "ann<?x y?>@")},
		"doctype_defattr": {text: text("<samlp:Response", "<!DOCTYPE samlp:Response [<!ATTLIST saml:NameID Format CDATA \"x\">]>\n<samlp:Response")},
		"xmllang":         {at: "_a1", transforms: inc, canonical: xmlsig.C14N},
		"quot_gt":         {text: text("ann@", "a > b \"q\" 'z' &amp;@")}, "nonascii_supp": {text: text("ann@", "日本𝒳@")}, "ns_unused_order": {text: text(` xmlns:unused="urn:u"`, ` xmlns:z="urn:z" xmlns:a="urn:a"`)},
		"crlf": {text: strings.ReplaceAll(xmlsecMessage, "\n", "\r\n")},
	} {
		m.theirs("survey", name, k.rsa, p)
	}
	m.relativeNamespace("survey", "relns", xmlsig.Exclusive)
	m.theirs("survey", "ecdsa256", k.ec256, template{method: xmlsig.ECDSASHA256})
	m.theirs("survey", "ecdsa384", k.ec384, template{method: xmlsig.ECDSASHA384})
	m.theirs("survey", "dsa", k.dsa2048, template{method: xmlsig.DSASHA256, info: "<ds:KeyValue/>"})
	m.theirs("survey", "rsa1024", k.rsa1024, template{})
	m.theirs("survey", "rsa512", k.rsa768, template{info: "<ds:KeyValue/>"}) // 512 bits then; OpenSSL makes them no more
	m.surveyChanged()
}

// surveyChanged is those that were changed after they were signed, or put together anew.
func (m *maker) surveyChanged() {
	k := m.keys
	base := string(m.o.sign(m.t, k.rsa, template{}.String()))
	asrt := string(m.o.sign(m.t, k.rsa, template{at: "_a1"}.String()))
	two := string(m.o.sign(m.t, k.rsa, template{uri: []string{"#_r1", "#_a1"}}.String()))
	add := func(name, doc string, key *signer) {
		m.add(variant{group: "survey", name: name, doc: []byte(doc), key: key})
	}
	add("two_refs_second_broken", matched("", `(?s)(<ds:DigestValue>.*<ds:DigestValue>)....`, "${1}AAAA").apply(two), k.rsa)
	add("sigval_indented", replaced("", "<ds:SignatureValue>", "<ds:SignatureValue>\n      ").apply(base), k.rsa)
	add("sigval_indent_in_signedinfo_digest", replaced("", "<ds:DigestValue>", "<ds:DigestValue>\n      ").apply(base), k.rsa)
	add("attr_newline_literal", replaced("", `FriendlyName="a&#9;b`, "FriendlyName=\"a\tb").apply(base), k.rsa)
	for _, c := range encodings() {
		if name, ok := map[string]string{"ISO-8859-1": "latin1", "UTF-16, little end first": "utf16", "byte order mark": "bom", "XML 1.1": "xml11"}[c.name]; ok {
			add(name, c.apply(base), k.rsa)
		}
	}
	add("neg_tamper", replaced("", "<saml:NameID>ann", "<saml:NameID>eve").apply(base), k.rsa)
	add("neg_wrongkey", base, k.other)
	add("neg_nosig", xmlsecMessage, k.rsa)
	add("expired_cert", base, k.rsa) // a certificate's dates are no matter of either
	evil := `<saml:Assertion ID="_evil"><saml:Issuer>https://idp.example/saml</saml:Issuer><saml:Subject><saml:NameID>eve</saml:NameID></saml:Subject></saml:Assertion>`
	open, end := regexp.MustCompile(`<saml:Assertion [^>]*>`).FindString(asrt), "</saml:Assertion>"
	signed := asrt[strings.Index(asrt, open) : strings.Index(asrt, end)+len(end)]
	add("xsw3_evil_before", strings.Replace(asrt, signed, evil+signed, 1), k.rsa)
	add("xsw4_evil_wraps", strings.Replace(asrt, signed, strings.Replace(evil, end, signed+end, 1), 1), k.rsa)
	add("xsw_dupid", strings.Replace(asrt, signed, strings.Replace(evil, "_evil", "_a1", 1)+signed, 1), k.rsa)
	add("xsw7_ext", strings.Replace(asrt, "<samlp:Status>", "<samlp:Extensions>"+strings.Replace(evil, "_evil", "_a1", 1)+"</samlp:Extensions><samlp:Status>", 1), k.rsa)
	sig := asrt[strings.Index(asrt, "<ds:Signature "):strings.Index(asrt, "</ds:Signature>")]
	bare := strings.Replace(signed, sig+"</ds:Signature>", "", 1)
	add("xsw_sig_in_evil_obj", strings.Replace(asrt, signed, strings.Replace(evil, end, sig+"<ds:Object>"+bare+"</ds:Object></ds:Signature>"+end, 1), 1), k.rsa)
}
