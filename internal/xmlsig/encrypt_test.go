package xmlsig

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const assertionPath = "/samlp:Response/saml:Assertion"

func encrypt(t testing.TB, doc []byte, path string, o EncryptOptions) []byte {
	t.Helper()
	if o.To == nil {
		o.To = &rsaKey().PublicKey
	}
	out, err := Encrypt(doc, path, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sign(t testing.TB, doc []byte, id string, p pair) []byte {
	t.Helper()
	out, err := Sign(doc, id, SignOptions{Key: p.key, Certs: [][]byte{p.cert.Raw}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func decrypt(t testing.TB, doc []byte, keys ...*rsa.PrivateKey) (*xmltree.Doc, Encryption) {
	t.Helper()
	opened, encs, err := Decrypt(parseDoc(t, doc), keys)
	if err != nil || len(encs) != 1 {
		t.Fatalf("%v, %d parts: %+v", err, len(encs), encs)
	}
	return opened, encs[0]
}

// TestEncryptRoundTrip goes through the algorithms. (That xmlsec1 opens what it can read is a test in test/real.)
func TestEncryptRoundTrip(t *testing.T) {
	p := newPair(t, rsaKey())
	cases := map[string]EncryptOptions{"usual": {}, "beside": {Beside: true}, "RSA 1.5": {Transport: RSA15}, "recipient": {Recipient: "urn:sp", Cert: p.cert.Raw}}
	for _, b := range []string{TripleDESCBC, AES128CBC, AES192CBC, AES256CBC, AES128GCM, AES192GCM, AES256GCM} {
		cases[b] = EncryptOptions{Data: b}
	}
	for _, d := range []string{SHA224, SHA256, SHA384, SHA512} {
		cases["digest "+d] = EncryptOptions{Digest: d}
	}
	cases["OAEP 1.1"] = EncryptOptions{Transport: OAEP, Digest: SHA256, Mask: Enc11 + "mgf1sha256"}
	cases["OAEP 1.1, two hashes"] = EncryptOptions{Transport: OAEP, Digest: SHA512, Mask: Enc11 + "mgf1sha1"}
	for name, o := range cases {
		t.Run(name, func(t *testing.T) {
			text := encrypt(t, []byte(response), assertionPath, o)
			if strings.Contains(string(text), "AttributeStatement") {
				t.Fatal("the assertion is still readable")
			}
			opened, enc := decrypt(t, text, otherRSA(), rsaKey())
			if enc.State != Decrypted || enc.Holds != "Assertion" || enc.Path != "/samlp:Response/saml:EncryptedAssertion" || enc.Recipient != o.Recipient || (len(enc.For) == 1) != (o.Cert != nil) {
				t.Fatalf("%+v", enc)
			}
			if e := opened.At(enc.Path + "/saml:Assertion"); e.Find("urn:oasis:names:tc:SAML:2.0:assertion", "NameID").Text() != "ann@example.com" {
				t.Errorf("the assertion is not where it was encrypted:\n%s", opened.Raw)
			}
		})
	}
}

func TestDecryptSaysWhy(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	usual := encrypt(t, []byte(response), assertionPath, EncryptOptions{})
	replace := func(old, with string) []byte { return []byte(strings.Replace(string(usual), old, with, 1)) }
	oaep256 := encrypt(t, []byte(response), assertionPath, EncryptOptions{Transport: OAEP, Digest: SHA256, Mask: Enc11 + "mgf1sha256"})
	flipped := encrypt(t, []byte(response), assertionPath, EncryptOptions{Data: AES256GCM})
	i := strings.LastIndex(string(flipped), "</xenc:CipherValue>") - 40
	flipped[i] = map[bool]byte{true: 'B', false: 'A'}[flipped[i] == 'A']
	for name, c := range map[string]struct {
		doc        []byte
		keys       []*rsa.PrivateKey
		state, say string
	}{
		"no key":             {usual, nil, NoKey, "no private key"},
		"wrong key":          {usual, []*rsa.PrivateKey{otherRSA()}, WrongKey, "made for another one"},
		"other size":         {usual, []*rsa.PrivateKey{small}, WrongKey, "2048 bits, the one at hand has 1024"},
		"wrong key, RSA1.5":  {encrypt(t, []byte(response), assertionPath, EncryptOptions{Transport: RSA15}), []*rsa.PrivateKey{otherRSA()}, WrongKey, "another one"},
		"transport misnamed": {[]byte(strings.Replace(string(oaep256), `Algorithm="`+SHA256+`"`, `Algorithm="`+SHA1+`"`, 1)), []*rsa.PrivateKey{rsaKey()}, WrongAlgorithm, SHA256},
		"block misnamed":     {replace(AES256GCM, AES128GCM), []*rsa.PrivateKey{rsaKey()}, WrongAlgorithm, "256 bits"},
		"block unknown":      {replace(AES256GCM, "urn:x"), []*rsa.PrivateKey{rsaKey()}, Unsupported, `"urn:x"`},
		"transport unknown":  {replace(OAEPMGF1P, "urn:y"), []*rsa.PrivateKey{rsaKey()}, Unsupported, `"urn:y"`},
		"astray":             {encrypt(t, []byte(response), assertionPath, EncryptOptions{Beside: true, Astray: true}), []*rsa.PrivateKey{rsaKey()}, KeyMissing, "RetrievalMethod"},
		"no EncryptedKey":    {replace("EncryptedKey", "Encryptedkey"), nil, KeyMissing, "no EncryptedKey"},
		"changed":            {flipped, []*rsa.PrivateKey{rsaKey()}, Damaged, "was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "no EncryptedKey" {
				c.doc = []byte(strings.ReplaceAll(string(usual), "EncryptedKey", "OtherKey"))
			}
			before := parseDoc(t, c.doc)
			opened, encs, err := Decrypt(before, c.keys)
			if err != nil || len(encs) != 1 || opened != before {
				t.Fatalf("%v %+v", err, encs)
			}
			if encs[0].State != c.state || !strings.Contains(encs[0].Problem, c.say) {
				t.Errorf("%+v", encs[0])
			}
		})
	}
}

// TestDecryptedStaysInPlace encrypts text that would end the elements around it.
func TestDecryptedStaysInPlace(t *testing.T) {
	for name, plain := range map[string]string{
		"ends what is around": `<a/></saml:EncryptedAssertion><saml:Assertion/><saml:EncryptedAssertion>`,
		"two elements":        `<a/><b/>`, "text": `ann`, "nothing": ``, "no XML": "\x00\x01<", "comment first": `<!-- x --><a/>`, "prefix unknown": `<q:a/>`,
	} {
		b := blocks[AES256GCM]
		key := random(b.size)
		data, err := b.encrypt(key, []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := transport{algorithm: RSA15}.wrap(&rsaKey().PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		doc := parseDoc(t, []byte(response))
		e := doc.At(assertionPath)
		from, _, to := e.Span()
		text := response[:from] + EncryptOptions{Transport: RSA15}.xml(e, b64(data), b64(wrapped)) + response[to:]
		if _, enc := decrypt(t, []byte(text), rsaKey()); enc.State != Damaged {
			t.Errorf("%s: %+v", name, enc)
		}
	}
}

// TestOpen signs inside, encrypts, signs outside: both signatures hold, each over the document as its signer had it.
func TestOpen(t *testing.T) {
	p := newPair(t, rsaKey())
	text := sign(t, []byte(response), "_a1", p)
	text = encrypt(t, text, "/samlp:Response/saml:Assertion/saml:Subject/saml:NameID", EncryptOptions{To: &otherRSA().PublicKey})
	inner := Verify(parseDoc(t, text), p.trust())
	if inner[0].Digests() != Bad {
		t.Error("the NameID was encrypted after it was signed, and the digest is the same")
	}
	text = sign(t, []byte(response), "_a1", p)
	text = encrypt(t, text, assertionPath, EncryptOptions{To: &otherRSA().PublicKey})
	text = sign(t, text, "_r1", p)
	doc, sigs, encs, err := Open(parseDoc(t, text), p.trust(), []*rsa.PrivateKey{otherRSA()})
	if err != nil || len(sigs) != 2 || len(encs) != 1 {
		t.Fatalf("%v\n%+v\n%+v", err, sigs, encs)
	}
	for i, want := range []string{"/samlp:Response/ds:Signature", "/samlp:Response/saml:EncryptedAssertion/saml:Assertion/ds:Signature"} {
		if !sigs[i].Trusted() || sigs[i].Path != want || doc.At(want) == nil {
			t.Errorf("%+v", sigs[i])
		}
	}
	if !sigs[1].Covers("/samlp:Response/saml:EncryptedAssertion/saml:Assertion/saml:Subject") || sigs[1].Covers("/samlp:Response/saml:EncryptedAssertion") {
		t.Error("what is covered")
	}
	if _, sigs, encs, err := Open(parseDoc(t, text), p.trust(), nil); err != nil || len(sigs) != 1 || !sigs[0].Trusted() || encs[0].State != NoKey {
		t.Errorf("without a key: %v %+v %+v", err, sigs, encs)
	}
	b, err := json.Marshal(sigs)
	if err != nil {
		t.Fatal(err)
	}
	var back []Signature
	if err := json.Unmarshal(b, &back); err != nil || !back[1].Trusted() || string(back[0].Key) != string(p.cert.Raw) {
		t.Errorf("a recording does not keep it: %v %s", err, b)
	}
}

func TestDecryptNested(t *testing.T) {
	text := encrypt(t, []byte(response), "/samlp:Response/saml:Assertion/saml:Subject/saml:NameID", EncryptOptions{})
	text = encrypt(t, text, assertionPath, EncryptOptions{})
	doc, encs, err := Decrypt(parseDoc(t, text), []*rsa.PrivateKey{rsaKey()})
	if err != nil || len(encs) != 2 || encs[1].Holds != "NameID" || !strings.HasSuffix(encs[1].Path, "/saml:Subject/saml:EncryptedID") {
		t.Fatalf("%v %+v", err, encs)
	}
	if e := doc.At(encs[1].Path + "/saml:NameID"); e.Text() != "ann@example.com" {
		t.Errorf("%s", doc.Raw)
	}
	latin := []byte(strings.Replace(string(encrypt(t, []byte(response), assertionPath, EncryptOptions{})), "UTF-8", "ISO-8859-1", 1))
	if doc, _ := decrypt(t, latin, rsaKey()); !strings.Contains(string(doc.Raw), "日本𝒳") {
		t.Error("the encoding that the declaration names was applied twice")
	}
}

// TestPadding: with CBC the padding is all that tells a changed text.
func TestPadding(t *testing.T) {
	for name, size := range map[string]int{TripleDESCBC: 8, AES128CBC: 16, AES256CBC: 16} {
		b := blocks[name]
		key := random(b.size)
		for _, n := range []int{0, 1, size - 1, size, size + 1, 300} {
			data, err := b.encrypt(key, make([]byte, n))
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := b.decrypt(key, data); err != nil || len(plain) != n {
				t.Errorf("%s, %d bytes: %d, %v", name, n, len(plain), err)
			}
			data[len(data)-size-1] ^= 0x60 // turns over bits of the last byte of the last block
			if _, err := b.decrypt(key, data); err == nil || !strings.Contains(err.Error(), "padding") {
				t.Errorf("%s, %d bytes, changed: %v", name, n, err)
			}
			if _, err := b.decrypt(key, data[:len(data)-1]); err == nil {
				t.Errorf("%s, %d bytes, cut off: accepted", name, n)
			}
		}
	}
}
