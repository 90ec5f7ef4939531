package xmlsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// pair is a key with its certificate.
type pair struct {
	key  crypto.Signer
	cert *x509.Certificate
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
	return pair{key, cert}
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

// template is a signature without its values.
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
