package decode

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// rest summarises the kinds that have little to show.
func rest(d unwrap.Document, r evidence.Redactor) (report.Rows, any) {
	switch d.Kind {
	case unwrap.KindCSR:
		if csr, err := x509.ParseCertificateRequest(der(d.Data)); err == nil {
			rows := add(nil, "subject", csr.Subject.String())
			rows = add(rows, "key", strength(csr.PublicKey))
			return add(rows, "note", "it is no certificate: the authority that it is sent to makes one of it"), string(d.Data)
		}
	case unwrap.KindPublicKey:
		raw := der(d.Data)
		rows := add(nil, "key", publicKey(raw))
		sum := sha256.Sum256(raw)
		return add(rows, "sha256", hex.EncodeToString(sum[:])), string(d.Data)
	case unwrap.KindPKCS12:
		rows := add(nil, "content", "not opened: it is protected by a password, and may hold a private key")
		return add(rows, "certificate", "take it out with: openssl pkcs12 -in FILE -nokeys -out cert.pem"), "[not shown]"
	case unwrap.KindPKCS7:
		if inside := signedCertificates(der(d.Data)); len(inside) > 0 {
			return certificate(inside)
		}
	case unwrap.KindXML, unwrap.KindSAML1:
		return nil, r.XML(d.Data)
	case unwrap.KindArtifact:
		return add(nil, "content", "a reference to a message, which only the SP can fetch from the IdP"), r.Text(string(d.Data))
	}
	return nil, string(r.Body(d.Data))
}

// der gives the bytes inside PEM, or the data itself.
func der(data []byte) []byte {
	if block, _ := pem.Decode(data); block != nil {
		return block.Bytes
	}
	return data
}

// privateKey tells of a private key what is no secret: its kind, and the fingerprint of its public part.
func privateKey(data []byte) report.Rows {
	rows := report.Rows{{Key: "key", Value: "not shown: it is secret"}}
	raw := der(data)
	var key any
	if k, err := x509.ParsePKCS8PrivateKey(raw); err == nil {
		key = k
	} else if k, err := x509.ParsePKCS1PrivateKey(raw); err == nil {
		key = k
	} else if k, err := x509.ParseECPrivateKey(raw); err == nil {
		key = k
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return rows
	}
	rows = add(rows, "kind", strength(signer.Public()))
	if spki, err := x509.MarshalPKIXPublicKey(signer.Public()); err == nil {
		sum := sha256.Sum256(spki)
		rows = add(rows, "public part", "sha256 "+hex.EncodeToString(sum[:]))
	}
	return rows
}

func publicKey(raw []byte) string {
	if key, err := x509.ParsePKIXPublicKey(raw); err == nil {
		return strength(key)
	}
	if key, err := x509.ParsePKCS1PublicKey(raw); err == nil {
		return strength(key)
	}
	return "it does not parse"
}

// strength names a public key: kind and size.
func strength(key any) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA, %d bit", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA, " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "of a kind that is not known here"
}

// signedCertificates takes the certificates out of PKCS #7 SignedData (RFC 2315 §9.1), as PEM; nil when there are none.
func signedCertificates(raw []byte) []byte {
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue // explicit [0]
	}
	if _, err := asn1.Unmarshal(raw, &outer); err != nil {
		return nil
	}
	var signed struct {
		Version      int
		Digests      asn1.RawValue
		Inner        asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
	}
	if _, err := asn1.Unmarshal(outer.Content.Bytes, &signed); err != nil {
		return nil
	}
	certs, err := x509.ParseCertificates(signed.Certificates.Bytes)
	if err != nil {
		return nil
	}
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}
