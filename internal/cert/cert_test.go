package cert

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// made is a certificate of a key that is made for the test.
func made(t testing.TB, name string, issuer *x509.Certificate, by crypto.Signer) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true}
	if issuer == nil {
		issuer, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

func asPEM(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func wide(s string, bom bool) []byte {
	var b []byte
	if bom {
		b = []byte{0xff, 0xfe}
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// TestReads: every form in which people paste a certificate is read, and what was put right is said.
func TestReads(t *testing.T) {
	c, _ := made(t, "auth.example.com", nil, nil)
	text := asPEM("CERTIFICATE", c.Raw)
	raw := base64.StdEncoding.EncodeToString(c.Raw)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	body := strings.Join(lines[1:len(lines)-1], "\n")
	join := func(l []string, sep string) string { return strings.Join(l, sep) }
	for _, tt := range []struct {
		name, text, shape, repair string
		lax                       bool
		line                      int
	}{
		{"PEM", text, "PEM", "", false, 1},
		{"CRLF", strings.ReplaceAll(text, "\n", "\r\n"), "PEM", "", false, 1},
		{"no final line end", strings.TrimSpace(text), "PEM", "", false, 1},
		{"blank lines around", "\n\n" + text + "\n\n", "PEM", "", false, 3},
		{"one long line of base64", lines[0] + "\n" + raw + "\n" + lines[len(lines)-1], "PEM", "", false, 1},
		{"openssl -text", "Certificate:\n    Data:\n        Version: 3 (0x2)\n    Signature Algorithm: ecdsa-with-SHA256\n" + text, "PEM", "text stands before it", false, 5},
		{"bag attributes", "Bag Attributes\n    friendlyName: auth\n    localKeyID: 01\nsubject=CN = auth\n" + text, "PEM", "text stands before it", false, 5},
		{"text behind", text + "\nthat was it", "PEM", "text stands behind it", false, 1},
		{"byte order mark", "\ufeff" + text, "PEM", "byte order mark", true, 1},
		{"indented", strings.ReplaceAll(text, "\n", "\n    "), "PEM", "indented", true, 1},
		{"one line with blanks", join(lines, " "), "PEM", "line break behind the BEGIN line", true, 1},
		{"one line without anything", join(lines, ""), "PEM", "line break behind the BEGIN line", true, 1},
		{"END glued to the base64", lines[0] + "\n" + raw + lines[len(lines)-1], "PEM", "line break before the END line", true, 1},
		{"END missing", lines[0] + "\n" + body + "\n", "PEM", "the END line is missing", true, 1},
		{"BEGIN missing", body + "\n" + lines[len(lines)-1] + "\n", "PEM", "the BEGIN line is missing", true, 1},
		{"other dashes", strings.ReplaceAll(text, "-----", "—–—"), "PEM", "five hyphens", true, 1},
		{"four dashes", strings.ReplaceAll(text, "-----", "----"), "PEM", "five hyphens", true, 1},
		{"small letters", strings.NewReplacer("BEGIN CERTIFICATE", "Begin Certificate", "END CERTIFICATE", "End Certificate").Replace(text), "PEM", "five hyphens and capitals", true, 1},
		{"no dashes", strings.ReplaceAll(text, "-----", ""), "PEM", "five hyphens", true, 1},
		{"X509 label", strings.ReplaceAll(text, "CERTIFICATE", "X509 CERTIFICATE"), "PEM", "X509 CERTIFICATE", true, 1},
		{"two labels", strings.Replace(text, "END CERTIFICATE", "END PUBLIC KEY", 1), "PEM", "its END line PUBLIC KEY", true, 1},
		{"escaped line ends", strings.ReplaceAll(text, "\n", `\n`), "PEM", `written as \n`, true, 1},
		{"escaped, in quotes", `"` + strings.ReplaceAll(text, "\n", `\r\n`) + `"`, "PEM", "quotation marks", true, 1},
		{"URL-encoded", url.PathEscape(text), "PEM", "URL-encoded", true, 1},
		{"form-encoded", url.QueryEscape(text), "PEM", "URL-encoded", true, 1},
		{"stray text", lines[0] + "\n" + lines[1] + " (copied from the console)\n" + join(lines[2:], "\n"), "PEM", "no base64 stands in line 2", true, 1},
		{"comment inside", lines[0] + "\n# the one of 2026\n" + join(lines[1:], "\n"), "PEM", "no base64 stands in line 2", true, 1},
		{"zero-width blanks", lines[0] + "\n\u200b" + join(lines[1:], "\n\u200b"), "PEM", "", true, 1},
		{"no padding", lines[0] + "\n" + strings.TrimRight(raw, "=") + "\n" + lines[len(lines)-1], "PEM", "", false, 1},
		{"UTF-16", string(wide(text, true)), "PEM", "UTF-16", true, 1},
		{"UTF-16 without a mark", string(wide(text, false)), "PEM", "UTF-16", true, 1},
		{"raw base64", raw, "base64", "", false, 1},
		{"raw base64 in lines", body, "base64", "", false, 1},
		{"raw base64, indented", "\n    " + strings.ReplaceAll(body, "\n", "\n    ") + "\n", "base64", "", false, 2},
		{"base64url", base64.URLEncoding.EncodeToString(c.Raw), "base64", "", false, 1},
		{"base64 of PEM", base64.StdEncoding.EncodeToString([]byte(text)), "base64 of PEM", "once more", true, 1},
		{"element", "<ds:X509Certificate>\n" + body + "\n</ds:X509Certificate>", "base64", "XML around it", true, 2},
		{"DER", string(c.Raw), "DER", "", false, 1},
		{"hexadecimal", hex.EncodeToString(c.Raw), "hexadecimal", "hexadecimal", true, 1},
		{"bytes behind", base64.StdEncoding.EncodeToString(append(slices.Clone(c.Raw), 1, 2, 3)), "base64", "3 bytes stand behind", true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Parse([]byte(tt.text))
			if got.Problem != "" || len(got.Certs) != 1 || got.Certs[0].Cert == nil || !got.Certs[0].Cert.Equal(c) {
				t.Fatalf("not read: %q, %d certificates, repairs %q, beside %q", got.Problem, len(got.Certs), got.Repairs, got.Other)
			}
			said := strings.Join(got.Repairs, "; ")
			if got.Shape != tt.shape || !strings.Contains(said, tt.repair) || tt.repair == "" && tt.lax == false && len(got.Repairs) > 0 && !strings.Contains(said, "base64") {
				t.Errorf("shape %q, repairs %q", got.Shape, got.Repairs)
			}
			if tt.repair != "" && got.Lax != tt.lax {
				t.Errorf("lax is %v: %q", got.Lax, got.Repairs)
			}
			if got.Certs[0].Line != tt.line {
				t.Errorf("line %d, want %d", got.Certs[0].Line, tt.line)
			}
			if n := got.Certs[0].Name(); !strings.Contains(n, "CN=auth.example.com, valid until 2027-03-01") || !strings.HasPrefix(n, "sha256:") {
				t.Errorf("name %q", n)
			}
		})
	}
}

// TestRefuses: what is no certificate is named, and why.
func TestRefuses(t *testing.T) {
	c, key := made(t, "auth", nil, nil)
	text := asPEM("CERTIFICATE", c.Raw)
	raw := base64.StdEncoding.EncodeToString(c.Raw)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "auth"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	p7, err := asn1.Marshal(struct {
		ID   asn1.ObjectIdentifier
		Data []byte `asn1:"explicit,tag:0"`
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	p12, err := asn1.Marshal(struct {
		Version int
		Auth    struct{ ID asn1.ObjectIdentifier }
	}{3, struct{ ID asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	for _, tt := range []struct{ name, text, problem, other string }{
		{"empty", " \n", "it is empty", ""},
		{"nothing between", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "nothing stands between", ""},
		{"cut", text[:len(text)/2], "ends in the middle", ""},
		{"cut base64", raw[:len(raw)/2/4*4], "ends in the middle", ""},
		{"cut to a part of a byte", raw[:len(raw)/8*4+1], "ends in the middle", ""},
		{"a part of a byte", strings.Repeat("QUJD", 20) + "R", "not whole", ""},
		{"two words", "see attachment", "neither PEM nor base64", ""},
		{"words", "(certificate of the lab)", "neither PEM nor base64", ""},
		{"a word", "testtest", "no certificate", ""},
		{"private key", asPEM("PRIVATE KEY", pkcs8), "", "a private key"},
		{"EC private key", asPEM("EC PRIVATE KEY", pkcs8), "", "a private key"},
		{"private key, raw", b64(pkcs8), "", "a private key"},
		{"public key", asPEM("PUBLIC KEY", spki), "", "a public key"},
		{"public key, raw", b64(spki), "", "a public key"},
		{"request", asPEM("CERTIFICATE REQUEST", csr), "", "a certificate request"},
		{"new request", asPEM("NEW CERTIFICATE REQUEST", csr), "", "a certificate request"},
		{"request, raw", b64(csr), "", "a certificate request"},
		{"PKCS 7", asPEM("PKCS7", p7), "", "PKCS #7"},
		{"PKCS 7, raw", b64(p7), "", "PKCS #7"},
		{"PKCS 12", string(p12) + "\x00", "", "PKCS #12"},
		{"URL", "https://idp.example.com/cert.pem", "", "a URL"},
		{"SHA-256 fingerprint", Fingerprint(c.Raw), "", "a fingerprint"},
		{"SHA-1 fingerprint", "4A:9B:" + strings.Repeat("00:", 17) + "FF", "", "a fingerprint"},
		{"SSH key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me@host", "", "an SSH key"},
		{"JWKS", `{"keys": []}`, "", "JSON"},
		{"HTML", "<!DOCTYPE html><html></html>", "", "an HTML page"},
		{"metadata", `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"/>`, "", "SAML metadata"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Parse([]byte(tt.text))
			if len(got.Certs) != 0 || !strings.Contains(got.Problem, tt.problem) || got.Problem == "" {
				t.Errorf("%d certificates, problem %q", len(got.Certs), got.Problem)
			}
			if tt.other != "" && !slices.Contains(got.Other, tt.other) {
				t.Errorf("beside %q, problem %q", got.Other, got.Problem)
			}
		})
	}
	t.Run("key beside the certificate", func(t *testing.T) {
		got := Parse([]byte(asPEM("PRIVATE KEY", pkcs8) + text))
		if got.First() == nil || !slices.Contains(got.Other, "a private key") || got.Certs[0].Line != 6 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("too large", func(t *testing.T) {
		if got := Parse(bytes.Repeat([]byte("A"), maxText+1)); got.Problem == "" {
			t.Error("no problem")
		}
	})
}

// TestChain: the leaf is found wherever it stands.
func TestChain(t *testing.T) {
	root, rootKey := made(t, "root", nil, nil)
	mid, midKey := made(t, "intermediate", root, rootKey)
	leaf, _ := made(t, "signer", mid, midKey)
	other, _ := made(t, "next signer", nil, nil)
	for _, order := range [][]*x509.Certificate{{leaf, mid, root}, {root, mid, leaf}, {mid, leaf, root}} {
		var text string
		var joined []byte
		for _, c := range order {
			text += asPEM("CERTIFICATE", c.Raw)
			joined = append(joined, c.Raw...)
		}
		for _, form := range []string{text, string(joined), base64.StdEncoding.EncodeToString(joined)} {
			got := Parse([]byte(form))
			if c, chain := got.Leaf(); len(got.Certs) != 3 || c == nil || !chain || !c.Cert.Equal(leaf) {
				t.Errorf("%d certificates, %v, %v", len(got.Certs), c, chain)
			}
		}
	}
	if c, chain := Parse([]byte(asPEM("CERTIFICATE", leaf.Raw) + asPEM("CERTIFICATE", other.Raw))).Leaf(); chain || !c.Cert.Equal(leaf) {
		t.Error("two signers are taken for a chain")
	}
	if c, _ := (Text{}).Leaf(); c != nil {
		t.Error("a leaf of nothing")
	}
	two := Parse([]byte(base64.StdEncoding.EncodeToString(leaf.Raw) + "\n" + base64.StdEncoding.EncodeToString(other.Raw)))
	if len(two.Certs) != 2 {
		t.Errorf("two in base64: %+v", two)
	}
}

// Certificates that OpenSSL made: their keys are such that the standard library does not read them.
func TestForeignKeys(t *testing.T) {
	for _, tt := range []struct{ file, key, problem string }{
		{"secp256k1.pem", "EC on secp256k1", "its key is EC on secp256k1, which is not read"},
		{"brainpool.pem", "EC on brainpoolP256r1", "its key is EC on brainpoolP256r1, which is not read"},
		{"dsa.pem", "DSA 2048 bit", ""},
		{"ed448.pem", "Ed448", ""},
		{"pss.pem", "RSA-PSS 2048 bit", ""},
	} {
		t.Run(tt.file, func(t *testing.T) {
			b, err := os.ReadFile("testdata/" + tt.file)
			if err != nil {
				t.Fatal(err)
			}
			got := Parse(b)
			if len(got.Certs) != 1 {
				t.Fatalf("%+v", got)
			}
			c := got.Certs[0]
			if c.Key.String() != tt.key || c.Problem != tt.problem || (c.Cert == nil) != (tt.problem != "") || c.Subject != "CN=lab" || c.Expiry.Year() < 2030 {
				t.Errorf("key %q, problem %q, subject %q, until %v", c.Key, c.Problem, c.Subject, c.Expiry)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	c, key := made(t, "auth", nil, nil)
	again, _ := made(t, "other", nil, nil)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	one, renewed, other := Parse(c.Raw).Certs[0], Parse(der).Certs[0], Parse(again.Raw).Certs[0]
	if !one.Same(renewed) || one.Same(other) || (Cert{}).Same(Cert{}) {
		t.Error("Same does not go by the key")
	}
	// the key of RFC 7515 appendix A.3, whose private half is printed there
	x, _ := base64.RawURLEncoding.DecodeString("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")
	y, _ := base64.RawURLEncoding.DecodeString("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		t.Fatal(err)
	}
	if where, ok := Published(Thumbprint(pub)); !ok || where != "RFC 7515 appendix A.3" {
		t.Errorf("%q %q", Thumbprint(pub), where)
	}
	if Thumbprint("no key") != "" {
		t.Error("a thumbprint of nothing")
	}
}

// FuzzParse: whatever is pasted, nothing panics, and a text is either read or has a problem.
func FuzzParse(f *testing.F) {
	c, _ := made(f, "auth", nil, nil)
	text := asPEM("CERTIFICATE", c.Raw)
	for _, s := range []string{"", "-----BEGIN", text, strings.ReplaceAll(text, "\n", " "), strings.ReplaceAll(text, "\n", `\n`), base64.StdEncoding.EncodeToString(c.Raw), string(c.Raw),
		string(wide(text, true)), url.QueryEscape(text), "<ds:X509Certificate>MIIB</ds:X509Certificate>", hex.EncodeToString(c.Raw), "—BEGIN CERTIFICATE—", "30:82:01"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := Parse(b)
		if (got.Problem == "") != (len(got.Certs) > 0) && got.Problem == "" {
			t.Fatalf("no certificate and no problem: %+v", got)
		}
		for _, c := range got.Certs {
			if c.Line < 1 || c.Line > 1+bytes.Count(b, []byte("\n"))+strings.Count(string(b), "n") || (c.Cert == nil) != (c.Problem != "") {
				t.Fatalf("line %d, problem %q", c.Line, c.Problem)
			}
			_ = c.Name()
			_ = c.Key.String()
		}
		got.Leaf()
	})
}
