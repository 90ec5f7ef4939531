package token

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
)

// Against is what a token is held against. Empty fields are not looked at.
type Against struct {
	Issuer, ClientID string
	Keys             *oidcdoc.JWKS // nil: signatures by private keys are not computed
	Secret           string        // for HMAC (HS256 …); never kept
	Algs             []string      // that the strict library takes; empty: RS256
	AccessToken      string        // for at_hash
	Code             string        // for c_hash
	Now              time.Time
}

// asymmetric are the algorithms of RFC 7518 §3.1 that are made with a private key, and Ed25519 (RFC 8037).
var asymmetric = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA}

var symmetric = []jose.SignatureAlgorithm{jose.HS256, jose.HS384, jose.HS512}

// Verify tells what becomes of a token's signature with the keys at hand.
func Verify(raw string, a Against) evidence.Verified {
	p := Parse(raw)
	if p.Parts != 3 || p.Header == nil {
		return evidence.Verified{State: evidence.SigNotComputed, Text: p.Problem}
	}
	return a.verify(p)
}

func (a Against) verify(p Parsed) evidence.Verified {
	v := evidence.Verified{State: evidence.SigRefused, Alg: p.Text("alg"), Kid: p.Text("kid")}
	hmac := strings.HasPrefix(v.Alg, "HS")
	switch {
	case strings.EqualFold(v.Alg, "none") || v.Alg == "" || strings.HasSuffix(p.Raw, "."):
		v.State, v.Text = evidence.SigNone, "nothing is signed"
		return v
	case hmac && a.Secret == "":
		v.State, v.Text = evidence.SigNotComputed, "it is made with the client secret, which is not at hand"
		return v
	case !hmac && a.Keys == nil:
		v.State, v.Text = evidence.SigNotComputed, "no keys at hand"
		return v
	}
	algs := asymmetric
	if hmac {
		algs = symmetric
	}
	parsed, err := jose.ParseSigned(p.Raw, algs)
	if err != nil {
		v.State, v.Text = evidence.SigNotComputed, "it cannot be read: "+strings.TrimPrefix(err.Error(), "go-jose/go-jose: ")
		return v
	}
	if hmac {
		return symmetrically(v, parsed, a.Secret)
	}
	return a.byKeys(v, parsed)
}

func symmetrically(v evidence.Verified, parsed *jose.JSONWebSignature, secret string) evidence.Verified {
	if _, err := parsed.Verify([]byte(secret)); err != nil {
		v.Text = "it is not made with the client secret"
		return v
	}
	v.State, v.By = evidence.SigVerified, "the client secret"
	return v
}

// byKeys tries the keys that the header can mean: that of its kid, else all of them.
func (a Against) byKeys(v evidence.Verified, parsed *jose.JSONWebSignature) evidence.Verified {
	var names []string
	tried := 0
	for _, key := range a.Keys.Keys {
		names = append(names, key.Name())
		if v.Kid != "" && key.Kid != v.Kid {
			continue
		}
		tried++
		if key.Public == nil {
			continue
		}
		if _, err := parsed.Verify(key.Public); err == nil {
			v.State, v.By = evidence.SigVerified, key.Name()
			return v
		}
	}
	switch {
	case len(names) == 0:
		v.State, v.Text = evidence.SigNoKey, "the key set is empty"
	case tried == 0:
		v.State, v.Text = evidence.SigNoKey, fmt.Sprintf("the key set has no key %q, it has: %s", v.Kid, strings.Join(names, ", "))
	case v.Kid != "":
		v.Text = fmt.Sprintf("the key %q of the set does not verify it", v.Kid)
	default:
		v.Text = "no key of the set verifies it"
	}
	return v
}

// hashOf compares at_hash or c_hash (OpenID Connect Core §3.1.3.6, §3.3.2.11) with the value that it is of.
func hashOf(p Parsed, name, value string) string {
	have, there := p.Claims[name].(string)
	switch {
	case !there:
		return "absent"
	case value == "":
		return "unknown"
	}
	var sum []byte
	switch alg := p.Text("alg"); {
	case strings.HasSuffix(alg, "256"):
		s := sha256.Sum256([]byte(value))
		sum = s[:]
	case strings.HasSuffix(alg, "384"):
		s := sha512.Sum384([]byte(value))
		sum = s[:]
	case strings.HasSuffix(alg, "512"), alg == "EdDSA": // Ed25519 hashes with SHA-512 inside
		s := sha512.Sum512([]byte(value))
		sum = s[:]
	default:
		return "unknown"
	}
	if base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]) == strings.TrimRight(have, "=") {
		return "same"
	}
	return "different"
}

// opinion is what go-oidc says of an ID token with the keys already held; asked is false when there is nothing to ask it with.
func (a Against) opinion(raw string) (text string, asked bool) {
	if a.Issuer == "" || a.ClientID == "" || a.Keys == nil {
		return "", false
	}
	var keys []crypto.PublicKey
	for _, k := range a.Keys.Keys {
		if k.Public != nil && k.ForSignature() {
			keys = append(keys, k.Public)
		}
	}
	v := oidc.NewVerifier(a.Issuer, &oidc.StaticKeySet{PublicKeys: keys}, &oidc.Config{ClientID: a.ClientID, SupportedSigningAlgs: a.Algs, Now: func() time.Time { return a.Now }})
	if _, err := v.Verify(context.Background(), raw); err != nil {
		return err.Error(), true
	}
	return "", true
}
