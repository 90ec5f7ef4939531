package xmlsig

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// The tests of this file ask xmlsec1, which shares nothing with this package, in both directions.

// xmlsec runs xmlsec1 and reports whether it was content. Where it is not installed the test is left out, in CI it fails.
func xmlsec(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	path, err := exec.LookPath("xmlsec1")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("xmlsec1 is not installed")
		}
		t.Skip("xmlsec1 is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	return string(out), err == nil
}

// pair is a key with its certificate, also as files.
type pair struct {
	key  crypto.Signer
	cert *x509.Certificate
	dir  string
}

func (p pair) trusted() Key { return Key{Cert: p.cert, Public: p.cert.PublicKey, Raw: p.cert.Raw} }

func (p pair) trust() Trust { return Trust{Configured: []Key{p.trusted()}} }

func newPair(t testing.TB, key crypto.Signer) pair {
	t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signer"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p := pair{key, cert, t.TempDir()}
	write(t, p.file("key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	write(t, p.file("cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return p
}

func (p pair) file(name string) string { return filepath.Join(p.dir, name) }

func write(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// keys are made once, since RSA takes a while.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey { return mustRSA(2048) })
var otherRSA = sync.OnceValue(func() *rsa.PrivateKey { return mustRSA(2048) })

func mustRSA(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return k
}

func mustEC(c elliptic.Curve) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

func parseDoc(t testing.TB, text []byte) *xmltree.Doc {
	t.Helper()
	d, err := xmltree.Parse("test.xml", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return d
}

const response = `<?xml version="1.0" encoding="UTF-8"?>
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

var idAttrs = []string{"--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:protocol:Response", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"}

func xmlsecVerify(t *testing.T, p pair, doc []byte) (string, bool) {
	t.Helper()
	name := p.file("signed.xml")
	write(t, name, doc)
	args := append([]string{"--verify", "--enabled-key-data", "rsa,ecdsa,x509,key-name,key-value", "--pubkey-cert-pem", p.file("cert.pem")}, idAttrs...)
	return xmlsec(t, append(args, name)...)
}

// TestXmlsecAcceptsOurs signs with every method, digest and canonicalisation; xmlsec1 and Verify have to accept each, and to
// refuse each once the document is changed.
func TestXmlsecAcceptsOurs(t *testing.T) {
	rsaPair, ec256, ec384, ec521 := newPair(t, rsaKey()), newPair(t, mustEC(elliptic.P256())), newPair(t, mustEC(elliptic.P384())), newPair(t, mustEC(elliptic.P521()))
	type c struct {
		p  pair
		id string
		o  SignOptions
	}
	cases := map[string]c{
		"usual": {rsaPair, "_r1", SignOptions{}}, "usual EC": {ec256, "_a1", SignOptions{}}, "whole": {rsaPair, "", SignOptions{}},
		"P-384": {ec384, "_a1", SignOptions{Method: ECDSASHA384}}, "P-521": {ec521, "_a1", SignOptions{Method: ECDSASHA512}},
		"P-256 SHA-1": {ec256, "_a1", SignOptions{Method: ECDSASHA1}}, "P-256 SHA-512": {ec256, "_a1", SignOptions{Method: ECDSASHA512}},
		"prefixes": {rsaPair, "_a1", SignOptions{Prefixes: []string{"xs", "#default", "samlp", "nowhere"}}},
		"two":      {rsaPair, "_r1", SignOptions{Also: []string{"_a1"}}},
		"end":      {rsaPair, "_a1", SignOptions{End: true}},
		"no certs": {rsaPair, "_a1", SignOptions{KeyInfo: "<ds:KeyName>k</ds:KeyName>"}},
	}
	for _, m := range []string{RSASHA1, RSASHA224, RSASHA256, RSASHA384, RSASHA512} {
		cases[m] = c{rsaPair, "_a1", SignOptions{Method: m}}
	}
	for _, d := range []string{SHA1, SHA224, SHA256, SHA384, SHA512} {
		cases["digest "+d] = c{rsaPair, "_r1", SignOptions{Digest: d}}
	}
	for _, a := range []string{C14N, C14NComments, C14N11, C14N11Comments, Exclusive, ExclusiveComments} {
		for _, id := range []string{"_r1", "_a1", ""} {
			cases[id+" "+a] = c{rsaPair, id, SignOptions{Canonical: a}}
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.o.Key, c.o.Certs = c.p.key, [][]byte{c.p.cert.Raw}
			signed, err := Sign([]byte(response), c.id, c.o)
			if err != nil {
				t.Fatal(err)
			}
			if out, ok := xmlsecVerify(t, c.p, signed); !ok {
				t.Errorf("xmlsec1 refuses: %s\n%s", out, signed)
			}
			got := Verify(parseDoc(t, signed), c.p.trust())
			if len(got) != 1 || !got[0].Trusted() || got[0].By != ByConfigured {
				t.Errorf("%+v", got)
			}
			changed := bytes.Replace(signed, []byte("some data"), []byte("same data"), 1)
			if _, ok := xmlsecVerify(t, c.p, changed); ok {
				t.Error("xmlsec1 accepts the changed document")
			}
			if got := Verify(parseDoc(t, changed), c.p.trust()); got[0].Digests() != Bad || got[0].State != Good || got[0].Trusted() {
				t.Errorf("changed: %+v", got)
			}
		})
	}
}

// template is what xmlsec1 fills in.
func template(uri, method, digest, canonical, transforms, keyInfo string) string {
	return `<ds:Signature xmlns:ds="` + DSig + `">
 <ds:SignedInfo><ds:CanonicalizationMethod Algorithm="` + canonical + `"/>
  <ds:SignatureMethod Algorithm="` + method + `"/>
  <ds:Reference URI="` + uri + `"><ds:Transforms>` + transforms + `</ds:Transforms><ds:DigestMethod Algorithm="` + digest + `"/><ds:DigestValue/></ds:Reference>
 </ds:SignedInfo><ds:SignatureValue/>` + keyInfo + `</ds:Signature>`
}

func transform(algorithms ...string) string {
	var out string
	for _, a := range algorithms {
		out += `<ds:Transform Algorithm="` + a + `"/>`
	}
	return out
}

// xmlsecSign lets xmlsec1 fill in the template in a document.
func xmlsecSign(t *testing.T, p pair, text string) []byte {
	t.Helper()
	key := p.file("key.pem")
	if p.cert != nil {
		key += "," + p.file("cert.pem")
	}
	write(t, p.file("in.xml"), []byte(text))
	args := append([]string{"--sign", "--privkey-pem", key, "--output", p.file("out.xml")}, idAttrs...)
	if out, ok := xmlsec(t, append(args, p.file("in.xml"))...); !ok {
		t.Fatalf("xmlsec1 does not sign: %s", out)
	}
	signed, err := os.ReadFile(p.file("out.xml"))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// TestVerifyAcceptsXmlsec lets xmlsec1 sign; Verify has to accept each and to see each change.
func TestVerifyAcceptsXmlsec(t *testing.T) {
	rsaPair, ec := newPair(t, rsaKey()), newPair(t, mustEC(elliptic.P256()))
	x509Info := "<ds:KeyInfo><ds:X509Data/></ds:KeyInfo>"
	type c struct {
		p        pair
		at       string // the element whose Issuer the signature follows
		template string
		edit     func(string) string // of the document before it is signed
	}
	exc := transform(Enveloped, Exclusive)
	inherit := func(s string) string {
		return strings.Replace(s, ` xml:lang="de"`, ` xml:lang="de" xml:id="_x" xml:space="preserve"`, 1)
	}
	cases := map[string]c{
		"exclusive":                 {rsaPair, "_r1", template("#_r1", RSASHA256, SHA256, Exclusive, exc, x509Info), nil},
		"assertion":                 {rsaPair, "_a1", template("#_a1", RSASHA256, SHA256, Exclusive, exc, x509Info), nil},
		"inclusive":                 {rsaPair, "_a1", template("#_a1", RSASHA256, SHA256, C14N, transform(Enveloped, C14N), x509Info), nil},
		"1.1":                       {rsaPair, "_a1", template("#_a1", RSASHA256, SHA256, C14N11, transform(Enveloped, C14N11), x509Info), nil},
		"comments":                  {rsaPair, "_a1", template("#_a1", RSASHA256, SHA256, ExclusiveComments, transform(Enveloped, ExclusiveComments), x509Info), nil},
		"no canonical":              {rsaPair, "_a1", template("#_a1", RSASHA256, SHA256, Exclusive, transform(Enveloped), x509Info), nil},
		"whole":                     {rsaPair, "_r1", template("", RSASHA256, SHA256, Exclusive, exc, x509Info), nil},
		"whole, comments":           {rsaPair, "_r1", template("", RSASHA256, SHA256, C14NComments, transform(Enveloped, C14NComments), x509Info), nil},
		"pointer":                   {rsaPair, "_a1", template("#xpointer(id('_a1'))", RSASHA256, SHA256, Exclusive, exc, x509Info), nil},
		"pointer, comments":         {rsaPair, "_a1", template("#xpointer(id('_a1'))", RSASHA256, SHA256, Exclusive, transform(Enveloped, ExclusiveComments), x509Info), nil},
		"pointer to all":            {rsaPair, "_r1", template("#xpointer(/)", RSASHA256, SHA256, Exclusive, transform(Enveloped, C14NComments), x509Info), nil},
		"key value":                 {rsaPair, "_r1", template("#_r1", RSASHA256, SHA256, Exclusive, exc, "<ds:KeyInfo><ds:KeyValue/></ds:KeyInfo>"), nil},
		"ECDSA":                     {ec, "_r1", template("#_r1", ECDSASHA256, SHA256, Exclusive, exc, x509Info), nil},
		"MD5":                       {rsaPair, "_r1", template("#_r1", RSAMD5, SHA256, Exclusive, exc, x509Info), nil},
		"CRLF":                      {rsaPair, "_r1", template("#_r1", RSASHA256, SHA256, Exclusive, exc, x509Info), func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
		"literal line in attribute": {rsaPair, "_a1", template("#_a1", RSASHA256, SHA256, Exclusive, exc, x509Info), func(s string) string { return strings.Replace(s, `Name="z"`, "Name=\"z\n\ty\"", 1) }},
		"inherited, 1.0":            {rsaPair, "_a1", template("#_a1", RSASHA256, SHA256, C14N, transform(Enveloped, C14N), x509Info), inherit},
		"inherited, 1.1":            {rsaPair, "_a1", template("#_a1", RSASHA256, SHA256, C14N11, transform(Enveloped, C14N11), x509Info), inherit},
		"prefix list":               {rsaPair, "_a1", template("#_a1", RSASHA256, SHA256, Exclusive, transform(Enveloped)+`<ds:Transform Algorithm="`+Exclusive+`"><ec:InclusiveNamespaces xmlns:ec="`+Exclusive+`" PrefixList="xs unused #default"/></ds:Transform>`, x509Info), nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text := response
			if c.edit != nil {
				text = c.edit(text)
			}
			before, after, _ := strings.Cut(text, `ID="`+c.at+`"`)
			issuer, rest, _ := strings.Cut(after, "</saml:Issuer>")
			signed := xmlsecSign(t, c.p, before+`ID="`+c.at+`"`+issuer+"</saml:Issuer>"+c.template+rest)
			got := Verify(parseDoc(t, signed), c.p.trust())
			if len(got) != 1 || !got[0].Trusted() {
				t.Errorf("%+v\n%s", got, signed)
			}
			if got := Verify(parseDoc(t, signed), Trust{}); !got[0].Intact() || got[0].By != ByEmbedded || got[0].Trusted() {
				t.Errorf("with the embedded key: %+v", got)
			}
			changed := strings.Replace(string(signed), "example.com", "example.org", 1)
			if got := Verify(parseDoc(t, []byte(changed)), c.p.trust()); got[0].Digests() != Bad || got[0].Intact() {
				t.Errorf("changed: %+v", got)
			}
		})
	}
}
