package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// chainMode is which certificates the lab serves.
type chainMode int

const (
	chainFull       chainMode = iota // leaf and intermediate; the root is handed out
	chainStranger                    // complete up to its root, but another root is handed out
	chainInspection                  // as chainStranger, made by a TLS-inspecting proxy
	chainSelfSigned                  // one certificate that signed itself
	chainLeafOnly                    // the intermediate is not sent
)

// authority is a CA certificate with its key.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newPKI makes a root, an intermediate and a leaf for hosts, valid around now. It returns what the server presents
// and the PEM of the root that the client is told to trust.
func newPKI(now time.Time, hosts []string, w wire) (tls.Certificate, []byte, error) {
	org := "ssoctl lab"
	rootName, issuingName := "ssoctl lab root CA", "ssoctl lab issuing CA"
	switch w.chain {
	case chainStranger:
		org, rootName, issuingName = "Acme Corp", "Acme Corp internal root CA", "Acme Corp internal issuing CA"
	case chainInspection:
		org, rootName, issuingName = "Zscaler Inc.", "Zscaler Root CA", "Zscaler Intermediate Root CA (zscaler.net)"
	}
	root, err := newAuthority(now, org, rootName, nil)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	issuing, err := newAuthority(now, org, issuingName, root)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	trusted := root
	if w.chain == chainStranger || w.chain == chainInspection || w.chain == chainSelfSigned {
		if trusted, err = newAuthority(now, "ssoctl lab", "ssoctl lab root CA", nil); err != nil {
			return tls.Certificate{}, nil, err
		}
	}
	served, err := newLeaf(now, hosts, w, issuing)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	switch w.chain {
	case chainFull:
		served.Certificate = append(served.Certificate, issuing.cert.Raw)
	case chainStranger, chainInspection:
		served.Certificate = append(served.Certificate, issuing.cert.Raw, root.cert.Raw)
	}
	return served, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: trusted.cert.Raw}), nil
}

// newAuthority makes a CA certificate, signed by parent or by itself.
func newAuthority(now time.Time, org, name string, parent *authority) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key of %s: %w", name, err)
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name, Organization: []string{org}},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(5, 0, 0),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true,
	}
	signer := &authority{t, key}
	if parent != nil {
		signer = parent
		t.MaxPathLenZero = true
	}
	cert, err := issue(t, signer, key)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", name, err)
	}
	return &authority{cert, key}, nil
}

// newLeaf makes the server's certificate with every change that the fault asks for.
func newLeaf(now time.Time, hosts []string, w wire, ca *authority) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the server's key: %w", err)
	}
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: hosts[0]},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(0, 0, 90),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	if w.leaf != nil {
		w.leaf(t, now)
	}
	if w.chain == chainSelfSigned {
		ca = &authority{t, key}
	}
	cert, err := issue(t, ca, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign the server's certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}, nil
}

func issue(t *x509.Certificate, signer *authority, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, signer.cert, &key.PublicKey, signer.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func serial() *big.Int {
	b := make([]byte, 16)
	rand.Read(b)
	b[0] = b[0]&0x7f | 0x40 // positive and always of the same length
	return new(big.Int).SetBytes(b)
}
