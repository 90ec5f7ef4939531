package xmlsig

import (
	"crypto"
	_ "crypto/md5"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// Namespaces.
const (
	DSig   = "http://www.w3.org/2000/09/xmldsig#"
	DSig11 = "http://www.w3.org/2009/xmldsig11#"
	Enc    = "http://www.w3.org/2001/04/xmlenc#"
	Enc11  = "http://www.w3.org/2009/xmlenc11#"
	more   = "http://www.w3.org/2001/04/xmldsig-more#"
	more07 = "http://www.w3.org/2007/05/xmldsig-more#"
)

// Canonicalisations and transforms (XML Signature §6.5, §6.6).
const (
	C14N              = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	C14NComments      = C14N + "#WithComments"
	C14N11            = "http://www.w3.org/2006/12/xml-c14n11"
	C14N11Comments    = C14N11 + "#WithComments"
	Exclusive         = "http://www.w3.org/2001/10/xml-exc-c14n#"
	ExclusiveComments = Exclusive + "WithComments"
	Enveloped         = DSig + "enveloped-signature"
)

// Digest methods (RFC 9231 §2.1).
const (
	MD5    = more + "md5"
	SHA1   = DSig + "sha1"
	SHA224 = more + "sha224"
	SHA256 = Enc + "sha256"
	SHA384 = more + "sha384"
	SHA512 = Enc + "sha512"
)

// Old methods that are named and not computed (RFC 9231 §2.1.5, §2.2.3, §2.3.5, §2.3.6).
const (
	RIPEMD160      = Enc + "ripemd160"
	RSARIPEMD160   = more + "rsa-ripemd160"
	ECDSARIPEMD160 = more07 + "ecdsa-ripemd160"
	HMACRIPEMD160  = more + "hmac-ripemd160"
	HMACMD5        = more + "hmac-md5"
)

// Signature methods (RFC 9231 §2.2, §2.3).
const (
	RSAMD5      = more + "rsa-md5"
	RSASHA1     = DSig + "rsa-sha1"
	RSASHA224   = more + "rsa-sha224"
	RSASHA256   = more + "rsa-sha256"
	RSASHA384   = more + "rsa-sha384"
	RSASHA512   = more + "rsa-sha512"
	PSSSHA1     = more07 + "sha1-rsa-MGF1"
	PSSSHA224   = more07 + "sha224-rsa-MGF1"
	PSSSHA256   = more07 + "sha256-rsa-MGF1"
	PSSSHA384   = more07 + "sha384-rsa-MGF1"
	PSSSHA512   = more07 + "sha512-rsa-MGF1"
	PSS         = more07 + "rsa-pss" // with parameters, see parameterised
	ECDSASHA1   = more + "ecdsa-sha1"
	ECDSASHA224 = more + "ecdsa-sha224"
	ECDSASHA256 = more + "ecdsa-sha256"
	ECDSASHA384 = more + "ecdsa-sha384"
	ECDSASHA512 = more + "ecdsa-sha512"
	DSASHA1     = DSig + "dsa-sha1"
	DSASHA256   = DSig11 + "dsa-sha256"
	HMACSHA1    = DSig + "hmac-sha1"
	HMACSHA256  = more + "hmac-sha256"
	HMACSHA384  = more + "hmac-sha384"
	HMACSHA512  = more + "hmac-sha512"
)

// digests are the digest methods that are computed.
var digests = map[string]crypto.Hash{
	MD5: crypto.MD5, SHA1: crypto.SHA1, SHA224: crypto.SHA224, SHA256: crypto.SHA256, SHA384: crypto.SHA384, SHA512: crypto.SHA512,
}

// scheme is a family of signature methods.
type scheme string

const (
	schemeRSA   scheme = "RSA"
	schemePSS   scheme = "RSA-PSS"
	schemeECDSA scheme = "ECDSA"
	schemeDSA   scheme = "DSA"
	schemeHMAC  scheme = "HMAC"
)

// method is one signature method.
type method struct {
	scheme scheme
	hash   crypto.Hash
	salt   int // bytes of RSA-PSS; 0 = as many as the hash has
}

// methods are the signature methods that are known. Those of HMAC are made, for a lab, and never verified: a key that everybody
// may read authenticates nobody.
var methods = map[string]method{
	RSAMD5: {scheme: schemeRSA, hash: crypto.MD5}, RSASHA1: {scheme: schemeRSA, hash: crypto.SHA1}, RSASHA224: {scheme: schemeRSA, hash: crypto.SHA224},
	RSASHA256: {scheme: schemeRSA, hash: crypto.SHA256}, RSASHA384: {scheme: schemeRSA, hash: crypto.SHA384}, RSASHA512: {scheme: schemeRSA, hash: crypto.SHA512},
	PSSSHA1: {scheme: schemePSS, hash: crypto.SHA1}, PSSSHA224: {scheme: schemePSS, hash: crypto.SHA224}, PSSSHA256: {scheme: schemePSS, hash: crypto.SHA256},
	PSSSHA384: {scheme: schemePSS, hash: crypto.SHA384}, PSSSHA512: {scheme: schemePSS, hash: crypto.SHA512},
	ECDSASHA1: {scheme: schemeECDSA, hash: crypto.SHA1}, ECDSASHA224: {scheme: schemeECDSA, hash: crypto.SHA224}, ECDSASHA256: {scheme: schemeECDSA, hash: crypto.SHA256},
	ECDSASHA384: {scheme: schemeECDSA, hash: crypto.SHA384}, ECDSASHA512: {scheme: schemeECDSA, hash: crypto.SHA512},
	DSASHA1: {scheme: schemeDSA, hash: crypto.SHA1}, DSASHA256: {scheme: schemeDSA, hash: crypto.SHA256},
	HMACSHA1: {scheme: schemeHMAC, hash: crypto.SHA1}, HMACSHA256: {scheme: schemeHMAC, hash: crypto.SHA256}, HMACSHA384: {scheme: schemeHMAC, hash: crypto.SHA384}, HMACSHA512: {scheme: schemeHMAC, hash: crypto.SHA512},
}
