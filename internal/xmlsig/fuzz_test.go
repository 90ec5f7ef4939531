package xmlsig

import (
	"crypto/rsa"
	"testing"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// FuzzOpen: no document brings the package down, and whatever is not computed says why.
func FuzzOpen(f *testing.F) {
	p := newPair(f, rsaKey())
	signed := sign(f, []byte(response), "_a1", p)
	f.Add([]byte(response))
	f.Add(signed)
	f.Add(sign(f, encrypt(f, signed, assertionPath, EncryptOptions{}), "_r1", p))
	f.Add(encrypt(f, []byte(response), assertionPath, EncryptOptions{Beside: true, Data: AES128CBC, Transport: OAEP}))
	f.Add([]byte(template("#xpointer(id('a'))", ECDSASHA256, SHA1, C14N11, transform(Enveloped, C14N), "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AA==</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>")))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := xmltree.Parse("", data)
		if err != nil {
			return
		}
		opened, sigs, encs, err := Open(doc, p.trust(), []*rsa.PrivateKey{rsaKey()})
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		for _, s := range sigs {
			if opened.At(s.Path) == nil && doc.At(s.Path) == nil || s.State == "" {
				t.Fatalf("%+v", s)
			}
			for _, r := range s.References {
				if r.State == Good && r.Target == "" || r.State == NotComputed && r.Problem == "" || r.State == "" {
					t.Fatalf("%+v", r)
				}
			}
			if s.State == NotComputed && s.Problem == "" || s.State == Good && s.By == "" {
				t.Fatalf("%+v", s)
			}
		}
		for _, e := range encs {
			if e.State == "" || (e.State == Decrypted) != (e.Problem == "") {
				t.Fatalf("%+v", e)
			}
		}
	})
}

// FuzzVerifyQuery: no query brings the package down.
func FuzzVerifyQuery(f *testing.F) {
	p := newPair(f, rsaKey())
	q, err := SignQuery("SAMLRequest", "x+/=", nil, p.key, "")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(q)
	f.Add("SAMLResponse=%zz&RelayState=&SigAlg=%&Signature=AA==")
	f.Fuzz(func(t *testing.T, query string) {
		if s := VerifyQuery(query, p.trust()); s != nil && (s.State == "" || s.State == NotComputed && s.Problem == "") {
			t.Fatalf("%+v", s)
		}
	})
}

// BenchmarkVerify computes one signature of an assertion.
func BenchmarkVerify(b *testing.B) {
	p := newPair(b, rsaKey())
	doc := parseDoc(b, sign(b, []byte(response), "_a1", p))
	for b.Loop() {
		if !Verify(doc, p.trust())[0].Trusted() {
			b.Fatal("not trusted")
		}
	}
}
