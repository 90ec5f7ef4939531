package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// RSA keys are slow to make, so each kind is made once in a process, at first use.
var (
	firstRSA  = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	secondRSA = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	shortRSA  = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 1024) })
	cubicRSA  = sync.OnceValues(func() (*rsa.PrivateKey, error) {
		return assembleRSA(3, cubicPrime)
	})
	rocaRSA = sync.OnceValues(func() (*rsa.PrivateKey, error) { return assembleRSA(65537, rocaPrime) })
)

// keyring holds the keys of one lab.
type keyring struct {
	mu     sync.Mutex
	change keyChange
	rsa    jose.JSONWebKey
	ec     jose.JSONWebKey
	set    members // as published: made once, so that two fetches are the same
}

func newKeyring(c keyChange) (*keyring, error) {
	source := firstRSA
	if c.rsa != nil {
		source = c.rsa
	}
	private, err := source()
	if err != nil {
		return nil, err
	}
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	k := &keyring{change: c}
	if k.rsa, err = webKey(private, "RS256", c.kid); err != nil {
		return nil, err
	}
	if k.ec, err = webKey(elliptical, "ES256", ""); err != nil {
		return nil, err
	}
	return k, k.publish()
}

// webKey names a private key by its RFC 7638 thumbprint, unless kid is given.
func webKey(key crypto.Signer, alg, kid string) (jose.JSONWebKey, error) {
	j := jose.JSONWebKey{Key: key, Algorithm: alg, Use: "sig", KeyID: kid}
	if kid == "" {
		sum, err := j.Thumbprint(crypto.SHA256)
		if err != nil {
			return j, fmt.Errorf("thumbprint of the %s key: %w", alg, err)
		}
		j.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	}
	return j, nil
}

// Rotate replaces the RSA signing key at once, without an overlap, as a careless admin would do between two runs.
func (l *Lab) Rotate() error {
	private, err := secondRSA()
	if err != nil {
		return fmt.Errorf("make the next signing key: %w", err)
	}
	next, err := webKey(private, "RS256", l.b.keys.kid)
	if err != nil {
		return err
	}
	l.keys.mu.Lock()
	defer l.keys.mu.Unlock()
	l.keys.rsa = next
	return l.keys.publish()
}

// pair is the two signing keys of the moment.
func (k *keyring) pair() (rsaKey, ecKey jose.JSONWebKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rsa, k.ec
}

// published is the JWK Set of the moment; members may be replaced in it, not changed.
func (k *keyring) published() members {
	k.mu.Lock()
	defer k.mu.Unlock()
	return maps.Clone(k.set)
}

// publish makes the JWK Set (RFC 7517 section 5) with the fault's changes. The caller holds the lock, or has k alone.
func (k *keyring) publish() error {
	var keys []any
	for _, j := range []jose.JSONWebKey{k.rsa, k.ec} {
		m, err := jwk(j.Public())
		if err != nil {
			return err
		}
		keys = append(keys, m)
	}
	k.set = members{"keys": keys}
	if k.change.set == nil {
		return nil
	}
	return k.change.set(k.set, k)
}

// jwk is a key as a JSON object.
func jwk(j jose.JSONWebKey) (members, error) {
	raw, err := json.Marshal(j)
	if err != nil {
		return nil, fmt.Errorf("encode the key %s: %w", j.KeyID, err)
	}
	var m members
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("encode the key %s: %w", j.KeyID, err)
	}
	return m, nil
}

// assembleRSA makes a 2048-bit key with the exponent e from primes of 1024 bits.
func assembleRSA(e int64, prime func() (*big.Int, error)) (*rsa.PrivateKey, error) {
	one := big.NewInt(1)
	for {
		p, err := prime()
		if err != nil {
			return nil, err
		}
		q, err := prime()
		if err != nil {
			return nil, err
		}
		n := new(big.Int).Mul(p, q)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(big.NewInt(e), phi)
		if d == nil || n.BitLen() != 2048 || p.Cmp(q) == 0 {
			continue
		}
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e)}, D: d, Primes: []*big.Int{p, q}}
		key.Precompute()
		return key, key.Validate()
	}
}

// cubicPrime makes a 1024-bit prime p for which 3 does not divide p-1, so that 3 can be the exponent.
func cubicPrime() (*big.Int, error) {
	p, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 1022))
	if err != nil {
		return nil, err
	}
	p.Add(p, new(big.Int).Lsh(big.NewInt(3), 1022)) // the two top bits set: two such primes give 2048 bits
	six := big.NewInt(6)
	p.Sub(p, new(big.Int).Mod(p, six)).Sub(p, big.NewInt(1)) // 5 modulo 6: odd, and 2 modulo 3
	for !p.ProbablyPrime(20) {
		p.Add(p, six)
	}
	return p, nil
}

// rocaPrime makes a 1024-bit prime of the form that CVE-2017-15361 is about: k·M + (65537^a mod M), where M is the
// product of the first 126 primes. A modulus of two such primes has the fingerprint, and is weak.
func rocaPrime() (*big.Int, error) {
	m := big.NewInt(1)
	for found, n := 0, int64(2); found < 126; n++ {
		if big.NewInt(n).ProbablyPrime(0) {
			m.Mul(m, big.NewInt(n))
			found++
		}
	}
	floor := new(big.Int).Lsh(big.NewInt(3), 1022) // the two top bits set: two such primes give 2048 bits
	ceiling := new(big.Int).Lsh(big.NewInt(1), 1024)
	span := new(big.Int).Div(new(big.Int).Sub(ceiling, floor), m)
	for {
		a, err := rand.Int(rand.Reader, m)
		if err != nil {
			return nil, err
		}
		k, err := rand.Int(rand.Reader, span)
		if err != nil {
			return nil, err
		}
		k.Add(k, new(big.Int).Div(floor, m))
		p := k.Mul(k, m).Add(k, a.Exp(big.NewInt(65537), a, m))
		if p.BitLen() == 1024 && p.ProbablyPrime(20) {
			return p, nil
		}
	}
}

// koblitz is a random point on secp256k1 as a public JWK; Go's library does not know the curve.
func koblitz() (members, error) {
	p, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f", 16)
	half := new(big.Int).Rsh(new(big.Int).Add(p, big.NewInt(1)), 2) // (p+1)/4: the square root, as p ≡ 3 mod 4
	for {
		x, err := rand.Int(rand.Reader, p)
		if err != nil {
			return nil, err
		}
		want := new(big.Int).Exp(x, big.NewInt(3), p)
		want.Add(want, big.NewInt(7)).Mod(want, p)
		y := new(big.Int).Exp(want, half, p)
		if new(big.Int).Exp(y, big.NewInt(2), p).Cmp(want) != 0 {
			continue
		}
		text := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.FillBytes(make([]byte, 32))) }
		return members{"kty": "EC", "crv": "secp256k1", "alg": "ES256K", "use": "sig", "kid": token(8), "x": text(x), "y": text(y)}, nil
	}
}
