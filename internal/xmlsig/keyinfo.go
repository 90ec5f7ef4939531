package xmlsig

import (
	"crypto"
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"math/big"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// embedded notes what ds:KeyInfo holds and gives its keys (XML Signature §4.5).
func (s *Signature) embedded(info *xmltree.Element) []Key {
	var keys []Key
	for _, e := range info.Elements() {
		s.KeyInfo = append(s.KeyInfo, e.Local)
		switch {
		case e.Is(DSig, "X509Data"):
			for _, der := range certificates(e) {
				s.Embedded = append(s.Embedded, der)
				if c, err := x509.ParseCertificate(der); err == nil {
					keys = append(keys, Key{Cert: c, Public: c.PublicKey, Raw: der})
				}
			}
		case e.Is(DSig, "KeyValue"):
			if k := keyValue(e); k != nil {
				keys = append(keys, Key{Public: k})
			}
		}
	}
	return keys
}

// certificates gives the DER of the X509Certificate elements; what is not base64 is left out.
func certificates(e *xmltree.Element) [][]byte {
	var out [][]byte
	for _, c := range e.All(DSig, "X509Certificate") {
		if der, err := decode(c.Text()); err == nil && len(der) > 0 {
			out = append(out, der)
		}
	}
	return out
}

// keyValue reads an RSAKeyValue, a DSAKeyValue or an ECKeyValue of a named curve; nil for anything else.
func keyValue(e *xmltree.Element) crypto.PublicKey {
	if r := e.Child(DSig, "RSAKeyValue"); r != nil {
		n, err1 := decode(r.Child(DSig, "Modulus").Text())
		exp, err2 := decode(r.Child(DSig, "Exponent").Text())
		if err1 != nil || err2 != nil || len(n) == 0 || len(n) > 2048 || len(exp) == 0 || len(exp) > 3 {
			return nil
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(exp).Int64())}
	}
	if d := e.Child(DSig, "DSAKeyValue"); d != nil {
		return dsaValue(d)
	}
	ec := e.Child(DSig11, "ECKeyValue")
	point, err := decode(ec.Child(DSig11, "PublicKey").Text())
	curve := curves[ec.Child(DSig11, "NamedCurve").Attr("URI")]
	if ec == nil || err != nil || curve == nil {
		return nil
	}
	k, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil
	}
	return k
}

// dsaValue reads a DSAKeyValue; nil when its numbers make no key, or one so large that computing with it would take too long.
func dsaValue(e *xmltree.Element) crypto.PublicKey {
	var n [4]*big.Int
	for i, name := range []string{"P", "Q", "G", "Y"} {
		b, err := decode(e.Child(DSig, name).Text())
		if err != nil || len(b) == 0 || len(b) > 512 {
			return nil
		}
		if n[i] = new(big.Int).SetBytes(b); n[i].Sign() == 0 {
			return nil
		}
	}
	return &dsa.PublicKey{Parameters: dsa.Parameters{P: n[0], Q: n[1], G: n[2]}, Y: n[3]}
}

// curves are the named curves of RFC 5480 that the standard library has.
var curves = map[string]elliptic.Curve{
	"urn:oid:1.2.840.10045.3.1.7": elliptic.P256(), "urn:oid:1.3.132.0.34": elliptic.P384(), "urn:oid:1.3.132.0.35": elliptic.P521(), "urn:oid:1.3.132.0.33": elliptic.P224(),
}
