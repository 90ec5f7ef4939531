package real_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// authority is a root with one intermediate, both made for this run: leaves come from the intermediate, as
// they do in public, so that leaving it out is possible.
type authority struct {
	root, middle *x509.Certificate
	key          crypto.Signer // of the intermediate
}

// newAuthority makes root and intermediate, valid for ten years around now, named after org.
func newAuthority(t *testing.T, org string) *authority {
	t.Helper()
	rootKey, middleKey := newKey(t), newKey(t)
	ca := func(name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: serial(t), Subject: pkix.Name{Organization: []string{org}, CommonName: name},
			NotBefore: time.Now().AddDate(-5, 0, 0), NotAfter: time.Now().AddDate(5, 0, 0),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		}
	}
	rootTemplate := ca(org + " Root")
	root := sign(t, rootTemplate, rootTemplate, rootKey.Public(), rootKey)
	middle := sign(t, ca(org+" Issuing 1"), root, middleKey.Public(), rootKey)
	return &authority{root: root, middle: middle, key: middleKey}
}

// pem returns the root as --ca-file wants it.
func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})
}

// leaf issues a server certificate for the names, valid from 1 day before to the given day, with its chain.
func (a *authority) leaf(t *testing.T, until time.Time, names ...string) *tls.Certificate {
	t.Helper()
	key := newKey(t)
	from := time.Now().AddDate(0, 0, -1)
	if until.Before(from) {
		from = until.AddDate(0, 0, -90)
	}
	c := sign(t, &x509.Certificate{
		SerialNumber: serial(t), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: from, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.middle, key.Public(), a.key)
	return &tls.Certificate{Certificate: [][]byte{c.Raw, a.middle.Raw}, PrivateKey: key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func serial(t *testing.T) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sign(t *testing.T, template, parent *x509.Certificate, public any, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
