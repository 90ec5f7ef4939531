package lab

import (
	"crypto/rand"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
)

// publicKeyInfo is SubjectPublicKeyInfo of RFC 5280 section 4.1.2.7.
type publicKeyInfo struct {
	Algorithm struct {
		Algorithm  asn1.ObjectIdentifier
		Parameters asn1.RawValue
	}
	Key asn1.BitString
}

func spki(algorithm asn1.ObjectIdentifier, parameters any, key []byte) ([]byte, error) {
	p, err := asn1.Marshal(parameters)
	if err != nil {
		return nil, fmt.Errorf("encode key parameters: %w", err)
	}
	info := publicKeyInfo{Key: asn1.BitString{Bytes: key, BitLength: 8 * len(key)}}
	info.Algorithm.Algorithm, info.Algorithm.Parameters = algorithm, asn1.RawValue{FullBytes: p}
	return asn1.Marshal(info)
}

// koblitzSPKI is a public key on secp256k1 (RFC 5480 section 2.1.1), which Go's library does not read.
func koblitzSPKI() ([]byte, error) {
	k, err := koblitz()
	if err != nil {
		return nil, err
	}
	point := []byte{4}
	for _, name := range []string{"x", "y"} {
		b, err := base64.RawURLEncoding.DecodeString(k[name].(string))
		if err != nil {
			return nil, err
		}
		point = append(point, b...)
	}
	return spki(asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, asn1.ObjectIdentifier{1, 3, 132, 0, 10}, point)
}

// dsaSPKI is a public DSA key (RFC 3279 section 2.3.2). Its numbers have the right sizes and are otherwise random: nothing is ever
// signed with it.
func dsaSPKI() ([]byte, error) {
	number := func(bits int) *big.Int {
		n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits-1)))
		if err != nil {
			panic(err) // crypto/rand does not return errors
		}
		return n.SetBit(n, bits-1, 1).SetBit(n, 0, 1)
	}
	y, err := asn1.Marshal(number(1023))
	if err != nil {
		return nil, err
	}
	return spki(asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}, struct{ P, Q, G *big.Int }{number(1024), number(160), number(1023)}, y)
}

// withKey replaces the public key of a certificate. The signature of the certificate is then wrong, as that of many certificates
// that were made by hand.
func withKey(der, key []byte) ([]byte, error) {
	var cert struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &cert); err != nil {
		return nil, fmt.Errorf("open a certificate: %w", err)
	}
	var fields []asn1.RawValue
	if _, err := asn1.Unmarshal(cert.TBS.FullBytes, &fields); err != nil {
		return nil, fmt.Errorf("open a certificate: %w", err)
	}
	const subjectPublicKeyInfo = 6 // RFC 5280 section 4.1: behind version, serial number, signature, issuer, validity, subject
	fields[subjectPublicKeyInfo] = asn1.RawValue{FullBytes: key}
	tbs, err := asn1.Marshal(fields)
	if err != nil {
		return nil, err
	}
	cert.TBS = asn1.RawValue{FullBytes: tbs}
	return asn1.Marshal(cert)
}
