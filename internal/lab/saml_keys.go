package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Further RSA keys, each made once in a process at first use.
var (
	cipherRSA  = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	partnerRSA = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
)

// keyPair is a private key with its certificate.
type keyPair struct {
	key crypto.Signer
	der []byte
}

// pem is the certificate as people paste it.
func (k keyPair) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.der}))
}

// base64 is the certificate as XML carries it: lines of 64 characters (XML Signature section 4.5.4).
func (k keyPair) base64() string {
	s := base64.StdEncoding.EncodeToString(k.der)
	var lines []string
	for ; len(s) > 64; s = s[64:] {
		lines = append(lines, s[:64])
	}
	return strings.Join(append(lines, s), "\n")
}

// privatePEM is the private key in PKCS #8.
func (k keyPair) privatePEM() string {
	der, err := x509.MarshalPKCS8PrivateKey(k.key)
	if err != nil {
		panic(err) // RSA and ECDSA keys always encode
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// certTemplate is a certificate for XML signatures that is valid for three years around now.
func certTemplate(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name, Organization: []string{"ssoctl lab"}},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(3, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
}

// selfSigned makes a certificate for key that key signs, as most identity providers do; change comes before the signature.
func selfSigned(name string, key crypto.Signer, now time.Time, change func(*x509.Certificate, time.Time)) (keyPair, error) {
	t := certTemplate(name, now)
	if change != nil {
		change(t, now)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return keyPair{}, fmt.Errorf("sign the certificate %s: %w", name, err)
	}
	return keyPair{key, der}, nil
}

// issued makes a certificate for key that a CA signs, and gives the CA's certificate too.
func issued(name string, key crypto.Signer, now time.Time) (own keyPair, ca keyPair, err error) {
	issuer, err := newAuthority(now, "ssoctl lab", "ssoctl lab signing CA", nil)
	if err != nil {
		return own, ca, err
	}
	der, err := x509.CreateCertificate(rand.Reader, certTemplate(name, now), issuer.cert, key.Public(), issuer.key)
	if err != nil {
		return own, ca, fmt.Errorf("sign the certificate %s: %w", name, err)
	}
	return keyPair{key, der}, keyPair{issuer.key, issuer.cert.Raw}, nil
}

// samlKeys are the keys of one SAML lab with their certificates. What few faults need is made when it is asked for.
type samlKeys struct {
	sign     keyPair        // what the identity provider signs with
	ca       keyPair        // of whoever issued sign, when it is not self-signed
	cipher   func() keyPair // what others encrypt with for the identity provider
	partner  func() keyPair // of the SP: it signs requests and reads encrypted assertions with it
	next     func() keyPair // of the signing key that comes after sign; strangers use it too
	renewed  func() keyPair // another certificate of the same key as sign
	intruder func() keyPair // a key that stands nowhere
}

func newSAMLKeys(now time.Time, c samlKeyChange) (k samlKeys, err error) {
	source := signer(firstRSA)
	if c.sign != nil {
		source = c.sign
	}
	key, err := source()
	if err != nil {
		return k, err
	}
	const name = "ssoctl lab identity provider"
	if c.issued {
		k.sign, k.ca, err = issued(name, key, now)
	} else {
		k.sign, err = selfSigned(name, key, now, c.cert)
	}
	if err != nil {
		return k, err
	}
	if c.shown != nil {
		public, err := c.shown()
		if err != nil {
			return k, err
		}
		if k.sign.der, err = withKey(k.sign.der, public); err != nil {
			return k, err
		}
	}
	k.cipher = later(name+" (encryption)", signer(cipherRSA), now, func(t *x509.Certificate, _ time.Time) { t.KeyUsage = x509.KeyUsageKeyEncipherment })
	k.partner = later("app.lab.example", signer(partnerRSA), now, func(t *x509.Certificate, _ time.Time) {
		t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	})
	k.next = later(name+" 2", signer(secondRSA), now, nil)
	k.renewed = later(name, func() (crypto.Signer, error) { return key, nil }, now, func(t *x509.Certificate, now time.Time) { t.NotBefore = now.AddDate(-1, 0, 0) })
	k.intruder = later("another identity provider", func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }, now, nil)
	return k, nil
}

// signer makes a source of keys out of one of keys of some kind.
func signer[K crypto.Signer](source func() (K, error)) func() (crypto.Signer, error) {
	return func() (crypto.Signer, error) { return source() }
}

// later makes a key and its certificate at the first call. It panics when there is no randomness to be had.
func later(name string, source func() (crypto.Signer, error), now time.Time, change func(*x509.Certificate, time.Time)) func() keyPair {
	return sync.OnceValue(func() keyPair {
		key, err := source()
		if err != nil {
			panic(err)
		}
		pair, err := selfSigned(name, key, now, change)
		if err != nil {
			panic(err)
		}
		return pair
	})
}
