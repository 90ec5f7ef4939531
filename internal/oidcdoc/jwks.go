package oidcdoc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// JWKS is a key set (RFC 7517 §5).
type JWKS struct {
	Doc  *source.Doc
	Keys []Key // in order; empty when the keys member is missing or no list
}

// Key is one JWK (RFC 7517 §4). Faults of its shape are listed, not hidden.
type Key struct {
	Path   string // JSON pointer, "/keys/0"
	Node   *source.Node
	Kty    string
	Kid    string
	Use    string
	Alg    string
	Crv    string
	Ops    []string
	Public crypto.PublicKey // nil when it cannot be built
	// Unsupported says why a well-formed key cannot be used here (unknown kty or crv); Public is nil then.
	Unsupported string
	Faults      []KeyFault
	Chain       []*x509.Certificate // of x5c, as far as it parses
}

// KeyFault is one thing wrong with a key's members.
type KeyFault struct {
	Path string
	Text string
	Kind FaultKind
}

// FaultKind tells apart what a fault of a key is about.
type FaultKind int

const (
	Shape       FaultKind = iota // a member is missing, of the wrong type or wrongly encoded
	Value                        // the members are well formed and make no key
	Certificate                  // x5c cannot be read
)

// ParseJWKS parses a key set. The error is a *source.Error when the text is no JSON value.
func ParseJWKS(name string, b []byte) (*JWKS, error) {
	doc, err := source.ParseJSON(name, b)
	if err != nil {
		return nil, err
	}
	set := &JWKS{Doc: doc}
	if keys := doc.Root.Member("keys"); keys != nil && keys.Type == source.List {
		for i, n := range keys.Items {
			set.Keys = append(set.Keys, parseKey("/keys/"+strconv.Itoa(i), n))
		}
	}
	return set, nil
}

// Object reports whether the document is a JSON object.
func (s *JWKS) Object() bool { return s != nil && s.Doc.Root.Type == source.Map }

// Signing lists the keys that can verify signatures: use is sig or absent, key_ops contain verify or are absent, and the
// key is not symmetric.
func (s *JWKS) Signing() []Key {
	var out []Key
	for _, k := range s.Keys {
		if k.ForSignature() {
			out = append(out, k)
		}
	}
	return out
}

// ForSignature reports whether the key may verify signatures (RFC 7517 §4.2, §4.3).
func (k Key) ForSignature() bool {
	if k.Use != "" && k.Use != "sig" || k.Kty == "oct" {
		return false
	}
	if k.Node.Member("key_ops") == nil {
		return true
	}
	for _, op := range k.Ops {
		if op == "verify" {
			return true
		}
	}
	return false
}

// Thumbprint is the RFC 7638 SHA-256 thumbprint, base64url; "" for a key that cannot be used.
func (k Key) Thumbprint() string {
	var text string
	m := func(name string) string { return k.Node.Member(name).Str() }
	switch k.Kty {
	case "RSA":
		text = fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, m("e"), m("n"))
	case "EC":
		text = fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, k.Crv, m("x"), m("y"))
	case "OKP":
		text = fmt.Sprintf(`{"crv":%q,"kty":"OKP","x":%q}`, k.Crv, m("x"))
	default:
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Name is how a key is called in messages: its kid, or its place in the set.
func (k Key) Name() string {
	if k.Kid != "" {
		return strconv.Quote(k.Kid)
	}
	return "number " + k.Path[strings.LastIndexByte(k.Path, '/')+1:]
}

func parseKey(path string, n *source.Node) Key {
	k := Key{Path: path, Node: n}
	if n.Type != source.Map {
		k.fault("", "is no object")
		return k
	}
	k.Kty, k.Kid, k.Use, k.Alg, k.Crv = k.text("kty"), k.text("kid"), k.text("use"), k.text("alg"), k.text("crv")
	if n.Member("kty") == nil {
		k.fault("", "has no kty")
	} else if v := n.Member("kty"); v.Type == source.String && v.Text == "" {
		k.fault("kty", "has an empty kty")
	}
	k.ops()
	switch k.Kty {
	case "RSA":
		k.rsa()
	case "EC":
		if n.Member("crv") == nil && n.Member("x") == nil && n.Member("n") != nil {
			k.fault("kty", "kty is EC, but the members are those of an RSA key")
			break
		}
		k.ec()
	case "OKP":
		k.okp()
	case "oct":
		k.Unsupported = "kty oct is a symmetric key"
	case "":
	default:
		k.Unsupported = fmt.Sprintf("kty %q is not known", k.Kty)
	}
	k.chain()
	return k
}

func (k *Key) fault(member, format string, args ...any) { k.add(Shape, member, format, args...) }

func (k *Key) add(kind FaultKind, member, format string, args ...any) {
	path := k.Path
	if member != "" {
		path += "/" + member
	}
	k.Faults = append(k.Faults, KeyFault{Path: path, Text: fmt.Sprintf(format, args...), Kind: kind})
}

func (k *Key) text(name string) string {
	n := k.Node.Member(name)
	switch {
	case n == nil:
		return ""
	case n.Type != source.String:
		k.fault(name, "%s is %s, not a text", name, n.Type)
		return ""
	}
	return n.Text
}

func (k *Key) ops() {
	n := k.Node.Member("key_ops")
	if n == nil {
		return
	}
	if n.Type != source.List {
		k.fault("key_ops", "key_ops is %s, not a list", n.Type)
		return
	}
	for _, item := range n.Items {
		k.Ops = append(k.Ops, item.Str())
	}
}

// bytes decodes a base64url member without padding (RFC 7515 §2); nil after a fault.
func (k *Key) bytes(name string) []byte {
	n := k.Node.Member(name)
	if n == nil {
		k.fault("", "kty %s without %s", k.Kty, name)
		return nil
	}
	if n.Type != source.String {
		return nil // text has reported it, or will
	}
	b, err := base64.RawURLEncoding.DecodeString(n.Text)
	switch {
	case strings.ContainsAny(n.Text, "\r\n"): // which the decoder passes over
		k.fault(name, "%s holds a line break", name)
		return nil
	case name == "n" && len(n.Text) >= 256 && strings.Trim(n.Text, "0123456789abcdef") == "":
		k.fault(name, "%s is hexadecimal, not base64url", name)
		return nil
	case err == nil && len(b) == 0:
		k.fault(name, "%s is empty", name)
		return nil
	case err == nil:
		return b
	case strings.Contains(n.Text, "="):
		k.fault(name, "%s is padded with =, base64url goes without", name)
	case strings.ContainsAny(n.Text, "+/"):
		k.fault(name, "%s is base64, not base64url (it holds + or /)", name)
	default:
		k.fault(name, "%s is no base64url", name)
	}
	return nil
}

func (k *Key) rsa() {
	for _, name := range []string{"n", "e"} {
		k.text(name)
	}
	n, e := k.bytes("n"), k.bytes("e")
	if n == nil || e == nil {
		return
	}
	if len(e) > 8 {
		k.Unsupported = fmt.Sprintf("the exponent is %d bytes long", len(e))
		return
	}
	exponent := new(big.Int).SetBytes(e)
	if !exponent.IsInt64() || exponent.Int64() > 1<<31-1 {
		k.Unsupported = "the exponent is larger than 2^31"
		return
	}
	k.Public = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}
}

func (k *Key) ec() {
	k.text("x")
	k.text("y")
	if k.Node.Member("crv") == nil {
		k.fault("", "kty EC without crv")
	}
	x, y := k.bytes("x"), k.bytes("y")
	var curve elliptic.Curve
	switch k.Crv {
	case "P-256":
		curve = elliptic.P256()
	case "P-384":
		curve = elliptic.P384()
	case "P-521":
		curve = elliptic.P521()
	case "":
		return
	default:
		k.Unsupported = fmt.Sprintf("curve %q", k.Crv)
		return
	}
	if x == nil || y == nil {
		return
	}
	size := (curve.Params().BitSize + 7) / 8
	if len(x) != size || len(y) != size {
		k.add(Value, "x", "coordinates of %s take %d bytes, here %d and %d (RFC 7518 §6.2.1.2)", k.Crv, size, len(x), len(y))
		return
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
	if err != nil {
		k.add(Value, "x", "the point is not on %s", k.Crv)
		return
	}
	k.Public = public
}

func (k *Key) okp() {
	k.text("x")
	x := k.bytes("x")
	switch {
	case x == nil:
	case k.Crv != "Ed25519":
		k.Unsupported = fmt.Sprintf("curve %q", k.Crv)
	case len(x) != ed25519.PublicKeySize:
		k.add(Value, "x", "a key of Ed25519 takes %d bytes, here %d", ed25519.PublicKeySize, len(x))
	default:
		k.Public = ed25519.PublicKey(x)
	}
}

func (k *Key) chain() {
	n := k.Node.Member("x5c")
	if n == nil {
		return
	}
	if n.Type != source.List {
		k.add(Certificate, "x5c", "x5c is %s, not a list", n.Type)
		return
	}
	for i, item := range n.Items {
		der, err := base64.StdEncoding.DecodeString(item.Str())
		if err != nil {
			k.add(Certificate, "x5c/"+strconv.Itoa(i), "x5c holds no base64 (RFC 7517 §4.7 asks for the standard alphabet)")
			return
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			k.add(Certificate, "x5c/"+strconv.Itoa(i), "x5c holds no certificate: %v", err)
			return
		}
		k.Chain = append(k.Chain, cert)
	}
}
