package xmlsig

import (
	"crypto"
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"
	"strconv"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// readMethod reads a ds:SignatureMethod; problem says why signatures of that method are not computed.
func readMethod(e *xmltree.Element) (m method, problem string) {
	name := e.Attr("Algorithm")
	switch m, known := methods[name]; {
	case name == "":
		return m, "it names no signature method"
	case name == PSS:
		return parameterised(e.Child(more07, "RSAPSSParams"))
	default:
		return m, unusable(name, m, known)
	}
}

// unusable says why signatures of a method are not computed, "" when they are.
func unusable(name string, m method, known bool) string {
	switch {
	case name == RSARIPEMD160 || name == ECDSARIPEMD160:
		return fmt.Sprintf("the signature method %q is made with RIPEMD-160, which is not computed", name)
	case m.scheme == schemeHMAC || name == HMACRIPEMD160 || name == HMACMD5:
		return "a method of HMAC needs a shared secret, and a public key is none"
	case !known:
		return fmt.Sprintf("the signature method %q is not known", name)
	}
	return ""
}

// parameterised reads the parameters of RSA-PSS (RFC 9231 §2.3.9): what is left out is SHA-256, the mask made with the same hash, a
// salt as long as the hash, and the trailer 1.
func parameterised(e *xmltree.Element) (method, string) {
	m := method{scheme: schemePSS, hash: crypto.SHA256}
	var known bool
	if d := e.Child(DSig, "DigestMethod"); d != nil {
		if m.hash, known = digests[d.Attr("Algorithm")]; !known {
			return m, unknownDigest(d.Attr("Algorithm"))
		}
	}
	if mask := e.Child(more07, "MaskGenerationFunction"); mask != nil {
		h := m.hash
		if d := mask.Child(DSig, "DigestMethod"); d != nil {
			h = digests[d.Attr("Algorithm")]
		}
		if name := mask.Attr("Algorithm"); name != more07+"MGF1" || h != m.hash {
			return m, fmt.Sprintf("the mask generation %q of RSA-PSS with another hash than that of the digest is not computed", name)
		}
	}
	if s := e.Child(more07, "SaltLength"); s != nil {
		n, err := strconv.Atoi(s.Value())
		if err != nil || n < 1 || n > 1024 {
			return m, fmt.Sprintf("the salt length %q of RSA-PSS is not computed", s.Value())
		}
		m.salt = n
	}
	if t := e.Child(more07, "TrailerField"); t != nil && t.Value() != "1" {
		return m, fmt.Sprintf("the trailer %q of RSA-PSS is not known", t.Value())
	}
	return m, ""
}

func unknownDigest(name string) string {
	if name == RIPEMD160 {
		return fmt.Sprintf("the digest method %q is RIPEMD-160, which is not computed", name)
	}
	return fmt.Sprintf("the digest method %q is not known", name)
}

// bits is the length of a public key, 0 for one of another kind.
func bits(key crypto.PublicKey) int {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen()
	case *ecdsa.PublicKey:
		return k.Curve.Params().BitSize
	case *dsa.PublicKey:
		return k.P.BitLen()
	}
	return 0
}
