package xmlsig

import (
	"bytes"
	"crypto"
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// sum hashes a text.
func sum(h crypto.Hash, text []byte) []byte {
	w := h.New()
	w.Write(text) // a hash takes everything
	return w.Sum(nil)
}

// fits reports whether a key is of the kind that a method takes.
func (m method) fits(key crypto.PublicKey) bool {
	switch key.(type) {
	case *rsa.PublicKey:
		return m.scheme == schemeRSA || m.scheme == schemePSS
	case *ecdsa.PublicKey:
		return m.scheme == schemeECDSA
	case *dsa.PublicKey:
		return m.scheme == schemeDSA
	}
	return false
}

// verifies reports whether a key verifies a signature value over a text.
func (m method) verifies(key crypto.PublicKey, text, value []byte) bool {
	if !m.fits(key) {
		return false
	}
	digest := sum(m.hash, text)
	switch k := key.(type) {
	case *rsa.PublicKey:
		if m.scheme == schemePSS { // RFC 9231 §2.3.10: the salt is as long as the digest
			return rsa.VerifyPSS(k, m.hash, digest, value, m.pss()) == nil
		}
		if k.N.BitLen() < 1024 {
			return verifiesShort(k, m.hash, digest, value)
		}
		return rsa.VerifyPKCS1v15(k, m.hash, digest, value) == nil
	case *ecdsa.PublicKey:
		r, s, ok := halves(value, (k.Curve.Params().N.BitLen()+7)/8)
		return ok && ecdsa.Verify(k, digest, r, s)
	case *dsa.PublicKey:
		n := (k.Q.BitLen() + 7) / 8
		r, s, ok := halves(value, n)
		return ok && dsa.Verify(k, digest[:min(n, len(digest))], r, s)
	}
	return false
}

func (m method) pss() *rsa.PSSOptions {
	if m.salt > 0 {
		return &rsa.PSSOptions{SaltLength: m.salt, Hash: m.hash}
	}
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: m.hash}
}

// halves takes the two numbers of an ECDSA or DSA value apart: both of n bytes (XML Signature §6.4.2, §6.4.3).
func halves(value []byte, n int) (r, s *big.Int, ok bool) {
	if len(value) != 2*n {
		return nil, nil, false
	}
	return new(big.Int).SetBytes(value[:n]), new(big.Int).SetBytes(value[n:]), true
}

// wrapped reports whether the value verifies once the ASN.1 around its two numbers is taken off, as TLS has it and XML does not.
func (m method) wrapped(key crypto.PublicKey, text, value []byte) bool {
	k, ok := key.(*ecdsa.PublicKey)
	return ok && m.scheme == schemeECDSA && ecdsa.VerifyASN1(k, sum(m.hash, text), value)
}

// verifiesShort verifies with RSA keys that the standard library refuses for their length. That they are too short is another
// finding than that they do not fit. (RFC 8017 §8.2.2)
func verifiesShort(k *rsa.PublicKey, h crypto.Hash, digest, value []byte) bool {
	n := (k.N.BitLen() + 7) / 8
	info, err := asn1.Marshal(struct {
		Algorithm struct {
			ID   asn1.ObjectIdentifier
			Null asn1.RawValue
		}
		Digest []byte
	}{struct {
		ID   asn1.ObjectIdentifier
		Null asn1.RawValue
	}{hashID(h), asn1.NullRawValue}, digest})
	if err != nil || len(value) != n || n < len(info)+11 || k.E < 2 {
		return false
	}
	want := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, n-len(info)-3)...)
	want = append(append(want, 0), info...)
	s := new(big.Int).SetBytes(value)
	if s.Cmp(k.N) >= 0 {
		return false
	}
	got := s.Exp(s, big.NewInt(int64(k.E)), k.N).FillBytes(make([]byte, n))
	return bytes.Equal(got, want)
}

// hashID is the object identifier of a hash (RFC 8017 appendix B.1).
func hashID(h crypto.Hash) asn1.ObjectIdentifier {
	nist := asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2}
	switch h {
	case crypto.MD5:
		return asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5}
	case crypto.SHA1:
		return asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	case crypto.SHA224:
		return append(nist, 4)
	case crypto.SHA384:
		return append(nist, 2)
	case crypto.SHA512:
		return append(nist, 3)
	}
	return append(nist, 1)
}

// sign makes a signature value over a text. HMAC takes the secret, everything else the key.
func (m method) sign(key crypto.Signer, secret, text []byte) ([]byte, error) {
	if m.scheme == schemeHMAC {
		if len(secret) == 0 {
			return nil, errors.New("an HMAC needs a secret")
		}
		mac := hmac.New(m.hash.New, secret)
		mac.Write(text)
		return mac.Sum(nil), nil
	}
	if key == nil || !m.fits(key.Public()) {
		return nil, fmt.Errorf("a signature of %s needs a private key of that kind, not %T", m.scheme, key)
	}
	digest := sum(m.hash, text)
	if m.scheme == schemePSS {
		return key.Sign(rand.Reader, digest, m.pss())
	}
	value, err := key.Sign(rand.Reader, digest, m.hash)
	public, ok := key.Public().(*ecdsa.PublicKey)
	if err != nil || !ok {
		return value, err
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(value, &pair); err != nil {
		return nil, fmt.Errorf("read the numbers of the ECDSA signature: %w", err)
	}
	n := (public.Curve.Params().N.BitLen() + 7) / 8
	return append(pair.R.FillBytes(make([]byte, n)), pair.S.FillBytes(make([]byte, n))...), nil
}

// usual is the method for a key: the one that all products know.
func usual(key crypto.Signer) string {
	if key != nil {
		if _, ok := key.Public().(*ecdsa.PublicKey); ok {
			return ECDSASHA256
		}
	}
	return RSASHA256
}
