package real_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const (
	assertionPath = "/samlp:Response/saml:Assertion"
	samlAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
)

// decrypt lets xmlsec1 open the first EncryptedData of a document. It reads only what it is shown the attribute of.
func (o *oracle) decrypt(t *testing.T, doc []byte, key string) (string, bool) {
	t.Helper()
	to := filepath.Join(o.dir, "opened.xml")
	if err := os.WriteFile(to, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	said, ok := o.run(t, "--decrypt", "--privkey-pem", key, "--id-attr:Id", xmlsig.Enc+":EncryptedKey", "--output", to, o.write(t, "encrypted.xml", doc))
	if !ok {
		return said, false
	}
	text, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), true
}

// opens reports whether internal/xmlsig opens all that is encrypted in a document.
func opens(t *testing.T, doc []byte, key *rsa.PrivateKey) (*xmltree.Doc, []xmlsig.Encryption, bool) {
	t.Helper()
	tree, err := xmltree.Parse("", doc)
	if err != nil {
		t.Fatal(err)
	}
	opened, encs, err := xmlsig.Decrypt(tree, []*rsa.PrivateKey{key})
	if err != nil || len(encs) == 0 {
		t.Fatalf("%v, %d encrypted parts", err, len(encs))
	}
	for _, e := range encs {
		if e.State != xmlsig.Decrypted {
			return opened, encs, false
		}
	}
	return opened, encs, true
}

// TestXmlsecOpensOurs: xmlsec1 opens what internal/xmlsig encrypts, with all that it knows (1.2: OAEP with SHA-1 only), and the text is the same.
func TestXmlsecOpensOurs(t *testing.T) {
	o := newOracle(t)
	k := o.newSigner(t, "rsa", rsaOf(t, 2048))
	cases := map[string]xmlsig.EncryptOptions{"usual": {}, "beside": {Beside: true}, "recipient": {Recipient: "urn:sp", Cert: k.cert.Raw}}
	for _, data := range []string{xmlsig.TripleDESCBC, xmlsig.AES128CBC, xmlsig.AES192CBC, xmlsig.AES256CBC, xmlsig.AES128GCM, xmlsig.AES192GCM, xmlsig.AES256GCM} {
		for _, transport := range []string{xmlsig.RSA15, xmlsig.OAEPMGF1P} {
			cases[last(data)+" with "+last(transport)] = xmlsig.EncryptOptions{Data: data, Transport: transport}
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.To = k.key.Public().(*rsa.PublicKey)
			doc, err := xmlsig.Encrypt([]byte(xmlsecMessage), assertionPath, c)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(doc), "AttributeStatement") {
				t.Fatal("the assertion is still there to read")
			}
			theirs, ok := o.decrypt(t, doc, k.private)
			if !ok {
				t.Fatalf("xmlsec1 does not open it: %s", theirs)
			}
			ours, encs, ok := opens(t, doc, k.key.(*rsa.PrivateKey))
			if !ok {
				t.Fatalf("%+v", encs)
			}
			tree, err := xmltree.Parse("", []byte(theirs))
			if err != nil {
				t.Fatal(err)
			}
			a, b := ours.Root.Find(samlAssertion, "Assertion"), tree.Root.Find(samlAssertion, "Assertion")
			if a == nil || b == nil || a.Find(samlAssertion, "NameID").Text() != "ann@example.com" || a.Find(samlAssertion, "AttributeValue").Text() != b.Find(samlAssertion, "AttributeValue").Text() {
				t.Errorf("what came out differs:\n%s\n%s", ours.Raw, theirs)
			}
			changed := []byte(strings.Replace(string(doc), "</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>", "AAAA</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>", 1))
			_, theirOpinion := o.decrypt(t, changed, k.private)
			if _, encs, ok := opens(t, changed, k.key.(*rsa.PrivateKey)); ok || theirOpinion {
				t.Errorf("changed, xmlsec1 opens it: %v, internal/xmlsig: %+v", theirOpinion, encs)
			}
		})
	}
}

// TestXmlsecEncrypts: internal/xmlsig opens what xmlsec1 encrypts.
func TestXmlsecEncrypts(t *testing.T) {
	o := newOracle(t)
	k, other := o.newSigner(t, "rsa", rsaOf(t, 2048)), rsaOf(t, 2048)
	plain := o.write(t, "plain.xml", []byte(strings.NewReplacer("<saml:Assertion", "<saml:EncryptedAssertion><saml:Assertion", "</saml:Assertion>", "</saml:Assertion></saml:EncryptedAssertion>").Replace(xmlsecMessage)))
	session := map[string]string{xmlsig.TripleDESCBC: "des-192", xmlsig.AES128CBC: "aes-128", xmlsig.AES192CBC: "aes-192", xmlsig.AES256CBC: "aes-256", xmlsig.AES128GCM: "aes-128", xmlsig.AES192GCM: "aes-192", xmlsig.AES256GCM: "aes-256"}
	for data, kind := range session {
		for name, transport := range map[string]string{
			"rsa-1_5": `"` + xmlsig.RSA15 + `"/>`, "rsa-oaep-mgf1p": `"` + xmlsig.OAEPMGF1P + `"/>`,
			"rsa-oaep-mgf1p with a label": `"` + xmlsig.OAEPMGF1P + `"><xenc:OAEPparams>bGFiZWw=</xenc:OAEPparams></xenc:EncryptionMethod>`,
		} {
			t.Run(last(data)+" with "+name, func(t *testing.T) {
				text := fmt.Sprintf(`<xenc:EncryptedData xmlns:xenc="%s" Type="%sElement"><xenc:EncryptionMethod Algorithm="%s"/><ds:KeyInfo xmlns:ds="%s"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm=%s`+
					`<ds:KeyInfo><ds:KeyName/></ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>`,
					xmlsig.Enc, xmlsig.Enc, data, xmlsig.DSig, transport)
				to := filepath.Join(o.dir, "out.xml")
				said, ok := o.run(t, append(append([]string{"--encrypt"}, k.public...), "--session-key", kind, "--xml-data", plain, "--node-name", samlAssertion+":Assertion", "--output", to, o.write(t, "template.xml", []byte(text)))...)
				if !ok {
					t.Fatalf("xmlsec1 does not encrypt: %s", said)
				}
				doc, err := os.ReadFile(to)
				if err != nil {
					t.Fatal(err)
				}
				opened, encs, ok := opens(t, doc, k.key.(*rsa.PrivateKey))
				if !ok || encs[0].Holds != "Assertion" || opened.Root.Find(samlAssertion, "NameID").Text() != "ann@example.com" {
					t.Errorf("%+v", encs)
				}
				if _, encs, ok := opens(t, doc, other); ok || encs[0].State != xmlsig.WrongKey {
					t.Errorf("with another key: %+v", encs)
				}
			})
		}
	}
}

// TestXmlsecLabEncryption: what the lab encrypts, with each of its faults, both open or neither does.
func TestXmlsecLabEncryption(t *testing.T) {
	o := newOracle(t)
	tried := 0
	for _, fault := range labFaults() {
		fromLab(t, fault, func(l *lab.Lab, docs []labDocument) {
			doc := docs[0].doc
			if !strings.Contains(string(doc), "EncryptedData") {
				return
			}
			tried++
			private, _ := l.SPKeys()
			block, _ := pem.Decode([]byte(private))
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			said, theirs := o.decrypt(t, doc, o.write(t, "sp.key", []byte(private)))
			_, encs, ours := opens(t, doc, key.(*rsa.PrivateKey))
			if theirs != ours {
				t.Errorf("%s: xmlsec1 opens it: %v, internal/xmlsig: %v\n%s\n%+v", fault, theirs, ours, said, encs)
			}
		})
	}
	if tried < 8 {
		t.Errorf("only %d faults encrypt", tried)
	}
}
