package xmlsig

import (
	"crypto/dsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
)

// TestOldKeys verifies what xmlsec1 signs with keys for which Go makes neither certificates nor signatures any more: DSA, and RSA
// that is too short. The keys are right, so that no other finding may hide that they are old.
func TestOldKeys(t *testing.T) {
	var d dsa.PrivateKey
	if err := dsa.GenerateParameters(&d.Parameters, rand.Reader, dsa.L1024N160); err != nil {
		t.Fatal(err)
	}
	if err := dsa.GenerateKey(&d, rand.Reader); err != nil {
		t.Fatal(err)
	}
	dsaDER, err := asn1.Marshal(struct {
		Version       int
		P, Q, G, Y, X *big.Int
	}{0, d.P, d.Q, d.G, d.Y, d.X})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GODEBUG", "rsa1024min=0") // to make such a key; verifying has to do without
	short, err := rsa.GenerateKey(rand.Reader, 768)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GODEBUG", "")
	for name, c := range map[string]struct {
		method string
		block  *pem.Block
		key    Key
	}{
		"DSA":         {DSASHA1, &pem.Block{Type: "DSA PRIVATE KEY", Bytes: dsaDER}, Key{Public: &d.PublicKey}},
		"DSA SHA-256": {DSASHA256, &pem.Block{Type: "DSA PRIVATE KEY", Bytes: dsaDER}, Key{Public: &d.PublicKey}},
		"RSA SHA-1":   {RSASHA1, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(short)}, Key{Public: &short.PublicKey}},
		"RSA MD5":     {RSAMD5, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(short)}, Key{Public: &short.PublicKey}},
		"RSA SHA-224": {RSASHA224, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(short)}, Key{Public: &short.PublicKey}},
		"RSA SHA-256": {RSASHA256, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(short)}, Key{Public: &short.PublicKey}},
		"RSA SHA-384": {RSASHA384, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(short)}, Key{Public: &short.PublicKey}},
	} {
		t.Run(name, func(t *testing.T) {
			p := pair{dir: t.TempDir()}
			write(t, p.file("key.pem"), pem.EncodeToMemory(c.block))
			tmpl := template("#_r1", c.method, SHA256, Exclusive, transform(Enveloped, Exclusive), "")
			text := xmlsecSign(t, p, strings.Replace(response, "</saml:Issuer>", "</saml:Issuer>"+tmpl, 1))
			trust := Trust{Metadata: []Key{c.key}}
			if s := Verify(parseDoc(t, text), trust)[0]; !s.Trusted() || s.By != ByMetadata || s.Key != nil {
				t.Errorf("%+v", s)
			}
			other := strings.Replace(string(text), `"`+SHA256+`"`, `"`+SHA512+`"`, 1) // SignedInfo is another now
			if s := Verify(parseDoc(t, []byte(other)), trust)[0]; s.State != Bad || s.Trusted() {
				t.Errorf("changed: %+v", s)
			}
		})
	}
}
