package real_test

import (
	"context"
	"crypto"
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// oracle is xmlsec1, which shares nothing with internal/xmlsig.
type oracle struct {
	program, libraries string
	version            string
	dir                string
}

// newOracle installs xmlsec1 when the system has none.
func newOracle(t testing.TB) *oracle {
	t.Helper()
	xmlsecSuite.require(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "setup/xmlsec1.sh", "prepare")
	cmd.WaitDelay = 10 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("xmlsec1.sh prepare: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(ctx, "bash", "setup/xmlsec1.sh", "env").Output()
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{dir: t.TempDir()}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "program":
			o.program = value
		case "libraries":
			o.libraries = value
		}
	}
	version, ok := o.run(t, "--version")
	if !ok {
		t.Fatalf("xmlsec1 --version: %s", version)
	}
	o.version = regexp.MustCompile(`\d+\.\d+\.\d+`).FindString(version)
	return o
}

// run tells what xmlsec1 wrote and whether it was content.
func (o *oracle) run(t testing.TB, args ...string) (string, bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, o.program, args...)
	if o.libraries != "" {
		cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+o.libraries)
	}
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("xmlsec1 %q does not end", args)
	}
	return string(out), err == nil
}

func (o *oracle) write(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// knownIDs tells xmlsec1 which attributes are IDs: it has no schema of SAML.
var knownIDs = []string{
	"--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:protocol:Response", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion",
	"--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor",
	"--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntitiesDescriptor", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:IDPSSODescriptor",
}

// verify lets xmlsec1 verify the n-th signature of a document, counted from 1: with the key of a certificate and nothing that the
// signature brings itself, or, with an empty name, with what it brings.
func (o *oracle) verify(t testing.TB, doc []byte, n int, key *signer) (string, bool) {
	t.Helper()
	args := []string{"--verify", "--node-xpath", fmt.Sprintf("(//*[local-name()='Signature' and namespace-uri()='%s'])[%d]", xmlsig.DSig, n)}
	if key != nil {
		args = append(append(args, key.public...), "--enabled-key-data", "rsa,dsa,ecdsa")
	} else {
		args = append(args, "--insecure")
	}
	args = append(args, knownIDs...)
	return o.run(t, append(args, o.write(t, "signed.xml", doc))...)
}

// sign lets xmlsec1 fill in the templates of a document: only the first one, so that a second one takes a second call.
func (o *oracle) sign(t testing.TB, key *signer, doc string) []byte {
	t.Helper()
	to := filepath.Join(o.dir, "out.xml")
	args := append([]string{"--sign", "--node-xpath", "(//*[local-name()='SignatureValue' and not(text())]/..)[1]", "--privkey-pem", key.private, "--output", to}, knownIDs...)
	if out, ok := o.run(t, append(args, o.write(t, "in.xml", []byte(doc)))...); !ok {
		t.Fatalf("xmlsec1 does not sign: %s\n%s", out, doc)
	}
	signed, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// signer is a key, also as files that xmlsec1 reads.
type signer struct {
	key     crypto.Signer // nil for DSA, which Go signs with no more
	cert    *x509.Certificate
	trusted xmlsig.Key
	private string   // value of --privkey-pem
	public  []string // option that names the public key
}

func (s *signer) trust() xmlsig.Trust { return xmlsig.Trust{Configured: []xmlsig.Key{s.trusted}} }

// newSigner makes a certificate for a key, and its files.
func (o *oracle) newSigner(t testing.TB, name string, key crypto.Signer) *signer {
	t.Helper()
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, SubjectKeyId: []byte(name), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0)}
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
	private := o.write(t, name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	public := o.write(t, name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return &signer{key, cert, xmlsig.Key{Cert: cert, Public: cert.PublicKey, Raw: der}, private + "," + public, []string{"--pubkey-cert-pem", public}}
}

// bareSigner is a key for which Go makes no certificate.
func (o *oracle) bareSigner(t testing.TB, name, kind string, der []byte, public crypto.PublicKey) *signer {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(public)
	if d, ok := public.(*dsa.PublicKey); ok {
		spki, err = dsaInfo(d)
	}
	if err != nil {
		t.Fatal(err)
	}
	private := o.write(t, name+".key", pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	file := o.write(t, name+".pub", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))
	return &signer{trusted: xmlsig.Key{Public: public}, private: private, public: []string{"--pubkey-pem", file}}
}

// dsaInfo is the SubjectPublicKeyInfo of a DSA key (RFC 3279 §2.3.2).
func dsaInfo(k *dsa.PublicKey) ([]byte, error) {
	y, err := asn1.Marshal(k.Y)
	if err != nil {
		return nil, err
	}
	params, err := asn1.Marshal(struct{ P, Q, G *big.Int }{k.P, k.Q, k.G})
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}, Parameters: asn1.RawValue{FullBytes: params}}, asn1.BitString{Bytes: y, BitLength: 8 * len(y)}})
}

// newDSA makes a DSA key as OpenSSL writes it.
func (o *oracle) newDSA(t testing.TB, name string, size dsa.ParameterSizes) *signer {
	t.Helper()
	var k dsa.PrivateKey
	if err := dsa.GenerateParameters(&k.Parameters, rand.Reader, size); err != nil {
		t.Fatal(err)
	}
	if err := dsa.GenerateKey(&k, rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		Version       int
		P, Q, G, Y, X *big.Int
	}{0, k.P, k.Q, k.G, k.Y, k.X})
	if err != nil {
		t.Fatal(err)
	}
	return o.bareSigner(t, name, "DSA PRIVATE KEY", der, &k.PublicKey)
}

// newShortRSA makes an RSA key that is shorter than Go makes them.
func (o *oracle) newShortRSA(t *testing.T, name string, bits int) *signer {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0") // to make it; verifying has to do without
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GODEBUG", "")
	return o.bareSigner(t, name, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k), &k.PublicKey)
}

func rsaOf(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustECDSA(t testing.TB, k *ecdsa.PrivateKey, err error) *ecdsa.PrivateKey {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return k
}
