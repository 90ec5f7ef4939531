package xmlsig

import (
	"crypto/rsa"
	"testing"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// FuzzVerify: no document brings the package down, and whatever is not computed says why.
func FuzzVerify(f *testing.F) {
	p := newPair(f, rsaKey())
	f.Add([]byte(response))
	f.Add(sign(f, []byte(response), "_a1", p))
	f.Add([]byte(template("#xpointer(id('a'))", ECDSASHA256, SHA1, C14N11, transform(Enveloped, C14N), "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AA==</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>")))
	f.Add([]byte(template("", PSS, RIPEMD160, C14N, transform(C14N, Exclusive, Enveloped), "<ds:KeyInfo><ds:KeyValue><ds:DSAKeyValue><ds:P>AQ==</ds:P><ds:Q>AQ==</ds:Q><ds:G>AQ==</ds:G><ds:Y>AQ==</ds:Y></ds:DSAKeyValue></ds:KeyValue></ds:KeyInfo>")))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := xmltree.Parse("", data)
		if err != nil {
			return
		}
		for _, s := range Verify(doc, p.trust()) {
			if doc.At(s.Path) == nil || s.State == "" || s.State == NotComputed && s.Problem == "" || s.State == Good && (s.By == "" || s.Bits == 0) {
				t.Fatalf("%+v", s)
			}
			for _, r := range s.References {
				if r.State == Good && r.Target == "" || r.State == NotComputed && r.Problem == "" || r.State == "" {
					t.Fatalf("%+v", r)
				}
			}
			SecondOpinion(doc, s, p.trust())
		}
	})
}

// FuzzDecrypt: whatever was encrypted, it is put back in its place or not at all, and no document brings the package down.
func FuzzDecrypt(f *testing.F) {
	for _, plain := range []string{"<a/>", "<a/><b/>", "</saml:EncryptedAssertion><saml:Assertion>", "\xef\xbb\xbf<?xml version='1.0'?><a xmlns:p='u'>x</a>", "<q:a/>", "<a xmlns='" + Enc + "'><EncryptedData/></a>"} {
		f.Add([]byte(plain), "")
	}
	f.Add([]byte("<a/>"), string(encrypt(f, []byte(response), assertionPath, EncryptOptions{Beside: true, Data: AES128CBC, Transport: OAEP})))
	o := EncryptOptions{To: &rsaKey().PublicKey}
	b, key := blocks[AES256GCM], random(32)
	wrapped, err := transport{algorithm: RSA15}.wrap(o.To, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, plain []byte, text string) {
		if text == "" {
			data, err := b.encrypt(key, plain)
			if err != nil {
				t.Fatal(err)
			}
			doc := parseDoc(t, []byte(response))
			e := doc.At(assertionPath)
			from, _, to := e.Span()
			text = response[:from] + EncryptOptions{Transport: RSA15}.xml(e, b64(data), b64(wrapped)) + response[to:]
		}
		doc, err := xmltree.Parse("", []byte(text))
		if err != nil {
			return
		}
		opened, encs, err := Decrypt(doc, []*rsa.PrivateKey{rsaKey()})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, e := range encs {
			if e.State == "" || (e.State == Decrypted) != (e.Problem == "") || e.State == Decrypted && (opened.At(e.Path) == nil || e.Holds == "") {
				t.Fatalf("%+v\n%s", e, opened.Raw)
			}
		}
		if opened.Root.Name() != doc.Root.Name() || len(opened.Root.Elements()) != len(doc.Root.Elements()) && opened != doc && len(doc.Root.All(Enc, "EncryptedData")) == 0 {
			t.Fatalf("what was decrypted left its place:\n%s", opened.Raw)
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
