package cert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
)

// Key is what is known of a certificate's key, whether or not the standard library can use it.
type Key struct {
	Kind     string   // "RSA", "RSA-PSS", "EC", "DSA", "Ed25519", "Ed448", "X25519" ..., or an object identifier; "" when not known
	Curve    string   // of EC: "P-256", "secp256k1" ..., or an object identifier
	Bits     int      // of RSA and DSA: of the modulus
	Modulus  *big.Int // of RSA
	Exponent *big.Int // of RSA
	SPKI     []byte   // SubjectPublicKeyInfo, DER: two certificates with the same one have the same key
}

// String names the key: "RSA 2048 bit", "EC on secp256k1", "Ed25519".
func (k Key) String() string {
	switch {
	case k.Bits > 0:
		return fmt.Sprintf("%s %d bit", k.Kind, k.Bits)
	case k.Curve != "":
		return k.Kind + " on " + k.Curve
	case k.Kind == "":
		return "of an unknown kind"
	}
	return k.Kind
}

// Same reports whether two certificates hold one and the same key.
func (c Cert) Same(o Cert) bool {
	return len(c.Key.SPKI) > 0 && string(c.Key.SPKI) == string(o.Key.SPKI)
}

func keyOf(c *x509.Certificate) Key { return readKey(c.RawSubjectPublicKeyInfo) }

// Kinds of keys (RFC 3279, RFC 4055, RFC 8410, RFC 9881).
var kinds = map[string]string{
	"1.2.840.113549.1.1.1": "RSA", "1.2.840.113549.1.1.10": "RSA-PSS", "1.2.840.113549.1.1.7": "RSA-OAEP", "1.2.840.10045.2.1": "EC", "1.2.840.10040.4.1": "DSA",
	"1.3.101.110": "X25519", "1.3.101.111": "X448", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448", "1.2.840.10046.2.1": "DH",
	"1.2.643.7.1.1.1.1": "GOST 2012", "1.2.643.7.1.1.1.2": "GOST 2012",
	"2.16.840.1.101.3.4.3.17": "ML-DSA-44", "2.16.840.1.101.3.4.3.18": "ML-DSA-65", "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}

// Named curves (RFC 5480 §2.1.1.1, SEC 2, RFC 5639).
var curves = map[string]string{
	"1.2.840.10045.3.1.1": "P-192", "1.3.132.0.33": "P-224", "1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.3.132.0.35": "P-521",
	"1.3.132.0.10": "secp256k1", "1.3.132.0.31": "secp192k1", "1.3.132.0.32": "secp224k1", "1.3.132.0.8": "secp160r1",
	"1.3.36.3.3.2.8.1.1.5": "brainpoolP224r1", "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.9": "brainpoolP320r1",
	"1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1", "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1", "1.2.156.10197.1.301": "SM2",
}

// readKey reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
func readKey(spki []byte) Key {
	var info struct {
		Alg pkix.AlgorithmIdentifier
		Key asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		return Key{}
	}
	id := info.Alg.Algorithm.String()
	k := Key{Kind: kinds[id], SPKI: spki}
	if k.Kind == "" {
		k.Kind = id
	}
	switch k.Kind {
	case "RSA", "RSA-PSS", "RSA-OAEP":
		var pub struct{ N, E *big.Int }
		if _, err := asn1.Unmarshal(info.Key.Bytes, &pub); err == nil {
			k.Modulus, k.Exponent, k.Bits = pub.N, pub.E, pub.N.BitLen()
		}
	case "DSA":
		var params struct{ P, Q, G *big.Int }
		if _, err := asn1.Unmarshal(info.Alg.Parameters.FullBytes, &params); err == nil {
			k.Bits = params.P.BitLen()
		}
	case "EC":
		var curve asn1.ObjectIdentifier
		if _, err := asn1.Unmarshal(info.Alg.Parameters.FullBytes, &curve); err != nil {
			k.Curve = "a curve of its own parameters"
		} else if k.Curve = curves[curve.String()]; k.Curve == "" {
			k.Curve = curve.String()
		}
	}
	return k
}

// ROCA reports whether a modulus was made by the faulty generator of CVE-2017-15361: its primes are powers of 65537 modulo
// the product of small primes, so the modulus is one modulo each of them. For any other modulus the chance to be so for all
// of them is below one in 2^27.
func ROCA(n *big.Int) bool {
	var rest big.Int
	for p := int64(3); p <= 167; p += 2 {
		if !big.NewInt(p).ProbablyPrime(0) {
			continue
		}
		if r := rest.Mod(n, big.NewInt(p)).Int64(); !isPower(r, 65537%p, p) {
			return false
		}
	}
	return true
}

// isPower reports whether r is a power of g modulo p.
func isPower(r, g, p int64) bool {
	for x := int64(1); ; {
		if x == r {
			return true
		}
		if x = x * g % p; x == 1 {
			return false
		}
	}
}

// examples are the thumbprints (RFC 7638) of keys that are printed with their private half.
var examples = map[string]string{
	"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs": "RFC 7517 appendix A",
	"cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s": "RFC 7517 appendix A",
	"IsUn6_e04MaShXFIISMp4kG62LWzMIPy_MvSA5pJgX8": "RFC 7515 appendix A.2",
	"oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U": "RFC 7515 appendix A.3",
	"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k": "RFC 8037 appendix A",
}

// Published says where a key is printed or shipped together with its private half, by its thumbprint (RFC 7638); ok is false for a
// key of which that is not known.
func Published(thumbprint string) (where string, ok bool) {
	where, ok = examples[thumbprint]
	return where, ok
}

// Thumbprint is that of RFC 7638 for RSA, P-256 to P-521 and Ed25519 keys; "" for any other.
func Thumbprint(public crypto.PublicKey) string {
	enc := base64.RawURLEncoding.EncodeToString
	var members map[string]string // json.Marshal writes them in the order that RFC 7638 §3.3 asks for
	switch k := public.(type) {
	case *rsa.PublicKey:
		members = map[string]string{"e": enc(big.NewInt(int64(k.E)).Bytes()), "kty": "RSA", "n": enc(k.N.Bytes())}
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return ""
		}
		half := (len(point) - 1) / 2
		members = map[string]string{"crv": k.Params().Name, "kty": "EC", "x": enc(point[1 : 1+half]), "y": enc(point[1+half:])}
	case ed25519.PublicKey:
		members = map[string]string{"crv": "Ed25519", "kty": "OKP", "x": enc(k)}
	}
	if members == nil {
		return ""
	}
	b, err := json.Marshal(members)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return enc(sum[:])
}
