package cert

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"
	"time"
)

// der reads DER certificates, one behind the other.
func (t *Text) der(b []byte, line int) {
	for len(b) > 0 && len(t.Certs) < maxCerts {
		size, ok := length(b)
		switch {
		case !ok:
			t.fail("what it encodes is no certificate")
			return
		case size > len(b):
			t.fail(fmt.Sprintf("it ends in the middle: %d of %d bytes are there", len(b), size))
			return
		}
		t.one(b[:size], line)
		b = b[size:]
		if more, ok := length(b); len(b) > 0 && (!ok || more > len(b)) {
			t.mended("%d bytes stand behind its end", len(b))
			return
		}
	}
}

// length gives the size of the ASN.1 sequence at the beginning of b, header included; ok is false when there is none.
func length(b []byte) (size int, ok bool) {
	if len(b) < 2 || b[0] != 0x30 {
		return 0, false
	}
	n := int(b[1])
	if n < 0x80 {
		return 2 + n, true
	}
	count := n & 0x7f
	if count == 0 || count > 3 || len(b) < 2+count {
		return 0, false
	}
	n = 0
	for _, c := range b[2 : 2+count] {
		n = n<<8 | int(c)
	}
	return 2 + count + n, true
}

func (t *Text) one(der []byte, line int) {
	parsed, err := x509.ParseCertificate(der)
	if err == nil {
		c := Cert{Cert: parsed, DER: der, Line: line, Subject: subject(parsed.Subject), NotBefore: parsed.NotBefore, Expiry: parsed.NotAfter}
		c.Key = keyOf(parsed)
		t.Certs = append(t.Certs, c)
		return
	}
	if what := otherwise(der); what != "" {
		t.beside(what)
		return
	}
	c := loosely(der)
	c.Line, c.Problem = line, "it cannot be read: "+strings.TrimPrefix(strings.TrimPrefix(err.Error(), "x509: "), "asn1: ")
	if c.Key.Kind != "" && strings.Contains(err.Error(), "elliptic curve") {
		c.Problem = "its key is " + c.Key.String() + ", which is not read"
	}
	if c.Subject == "" && c.Expiry.IsZero() && c.Key.Kind == "" {
		t.fail("what it encodes is no certificate")
		return
	}
	t.Certs = append(t.Certs, c)
}

// maxKey bounds what is tried as a key, in bytes; RSA with 16384 bits takes 9 KiB.
const maxKey = 16 << 10

// otherwise says what DER is that is no certificate; "" when it may be a damaged one.
func otherwise(der []byte) string {
	if len(der) > maxKey { // to test the numbers of a huge key would take long
		return container(der)
	}
	if _, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return "a private key"
	}
	if _, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return "a private key"
	}
	if _, err := x509.ParseECPrivateKey(der); err == nil {
		return "a private key"
	}
	if _, err := x509.ParsePKIXPublicKey(der); err == nil {
		return "a public key"
	}
	if _, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return "a public key"
	}
	if _, err := x509.ParseCertificateRequest(der); err == nil {
		return "a certificate request"
	}
	if _, err := x509.ParseRevocationList(der); err == nil {
		return "a revocation list"
	}
	return container(der)
}

// container recognises PKCS #7, PKCS #12 and an encrypted private key by their outermost parts.
func container(der []byte) string {
	var outer struct {
		First  asn1.RawValue
		Second asn1.RawValue `asn1:"optional"`
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return ""
	}
	var oid asn1.ObjectIdentifier
	var version int
	if _, err := asn1.Unmarshal(outer.First.FullBytes, &oid); err == nil && strings.HasPrefix(oid.String(), "1.2.840.113549.1.7.") {
		return "PKCS #7"
	}
	if _, err := asn1.Unmarshal(outer.First.FullBytes, &version); err == nil && version == 3 && outer.Second.Tag == asn1.TagSequence {
		return "PKCS #12"
	}
	var alg pkix.AlgorithmIdentifier
	if _, err := asn1.Unmarshal(outer.First.FullBytes, &alg); err == nil && strings.HasPrefix(alg.Algorithm.String(), "1.2.840.113549.1.5.") && outer.Second.Tag == asn1.TagOctetString {
		return "a private key"
	}
	return ""
}

// loose is a certificate (RFC 5280 §4.1) of which only the frame is read.
type loose struct {
	TBS struct {
		Version  int `asn1:"optional,explicit,default:0,tag:0"`
		Serial   asn1.RawValue
		Alg      asn1.RawValue
		Issuer   asn1.RawValue
		Validity struct{ NotBefore, NotAfter time.Time }
		Subject  asn1.RawValue
		Key      asn1.RawValue
	}
	Alg       asn1.RawValue
	Signature asn1.BitString
}

// loosely reads what it can of a certificate that the standard library refuses.
func loosely(der []byte) Cert {
	c := Cert{DER: der}
	var l loose
	if _, err := asn1.Unmarshal(der, &l); err != nil {
		return c
	}
	c.NotBefore, c.Expiry = l.TBS.Validity.NotBefore, l.TBS.Validity.NotAfter
	c.Key = readKey(l.TBS.Key.FullBytes)
	var rdn pkix.RDNSequence
	if _, err := asn1.Unmarshal(l.TBS.Subject.FullBytes, &rdn); err == nil {
		var name pkix.Name
		name.FillFromRDNSequence(&rdn)
		c.Subject = subject(name)
	}
	return c
}

// subject is how people know a certificate: its common name, else the whole name.
func subject(n pkix.Name) string {
	if n.CommonName != "" {
		return shorten("CN=" + n.CommonName)
	}
	return shorten(n.String())
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:77]) + "…"
	}
	return s
}
