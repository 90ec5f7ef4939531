package xmlsig

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// typical is a response as products send them, with enough attributes to come to some 11 KB once it is signed.
func typical() []byte {
	var b strings.Builder
	b.WriteString(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r1" Version="2.0" IssueInstant="2026-01-01T00:00:00Z" Destination="https://app.example/acs">` +
		`<saml:Issuer>https://idp.example/saml</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
		`<saml:Assertion xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID="_a1" Version="2.0" IssueInstant="2026-01-01T00:00:00Z"><saml:Issuer>https://idp.example/saml</saml:Issuer>` +
		`<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">ann@example.com</saml:NameID></saml:Subject><saml:AttributeStatement>`)
	for i := 0; b.Len() < 8_800; i++ {
		fmt.Fprintf(&b, `<saml:Attribute Name="attribute-%d" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue xsi:type="xs:string">value %d of the user</saml:AttributeValue></saml:Attribute>`, i, i)
	}
	b.WriteString(`</saml:AttributeStatement></saml:Assertion></samlp:Response>`)
	return []byte(b.String())
}

// TestTypical: what the benchmarks measure is as large as they say, and whole. With SSOCTL_BENCH_DIR, scripts/bench.sh gets it as files.
func TestTypical(t *testing.T) {
	p := newPair(t, rsaKey())
	text := sign(t, typical(), "_r1", p)
	if s := Verify(parseDoc(t, text), p.trust())[0]; !s.Trusted() || len(text) < 10_500 || len(text) > 11_500 {
		t.Errorf("%d bytes: %+v", len(text), s)
	}
	dir := os.Getenv("SSOCTL_BENCH_DIR")
	if dir == "" {
		return
	}
	for name, b := range map[string][]byte{"response.xml": text, "certificate.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.cert.Raw})} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkResponse reads one signed response of some 11 KB and computes its signature, and reports how often longer that takes than
// what no implementation can leave out: SHA-256 of the response and one RSA-2048 verification.
func BenchmarkResponse(b *testing.B) {
	p := newPair(b, rsaKey())
	text := sign(b, typical(), "_r1", p)
	digest := sha256.Sum256(text)
	value, err := rsaKey().Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		b.Fatal(err)
	}
	trust := p.trust()
	var ours, floor time.Duration
	for b.Loop() { // alternating, so that a busy machine slows both
		start := time.Now()
		doc, err := xmltree.Parse("response.xml", text)
		if err != nil || !Verify(doc, trust)[0].Trusted() {
			b.Fatal("not trusted", err)
		}
		middle := time.Now()
		digest := sha256.Sum256(text)
		if err := rsa.VerifyPKCS1v15(&rsaKey().PublicKey, crypto.SHA256, digest[:], value); err != nil {
			b.Fatal(err)
		}
		ours, floor = ours+middle.Sub(start), floor+time.Since(middle)
	}
	b.ReportMetric(float64(len(text)), "bytes")
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N)/1000, "µs/response")
	b.ReportMetric(float64(floor.Nanoseconds())/float64(b.N)/1000, "µs/floor")
	b.ReportMetric(float64(ours)/float64(floor), "ratio")
}
