package token

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// signed makes a token of claims.
func signed(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	t.Helper()
	o := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		o = o.WithHeader("kid", kid)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := s.Sign(b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := sig.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func keySet(t *testing.T, keys ...jose.JSONWebKey) *oidcdoc.JWKS {
	t.Helper()
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	set, err := oidcdoc.ParseJWKS("", b)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// altered is the token with an empty payload under the old signature.
func altered(raw string) string {
	parts := strings.Split(raw, ".")
	return parts[0] + ".e30." + parts[2]
}

func TestVerify(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := keySet(t, jose.JSONWebKey{Key: rsaKey.Public(), KeyID: "r1"}, jose.JSONWebKey{Key: ecKey.Public(), KeyID: "e1"})
	claims := map[string]any{"iss": "https://idp.example", "aud": "app", "sub": "1", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix()}
	secret := strings.Repeat("s", 32)
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1"}`)) + "."
	good := signed(t, jose.RS256, rsaKey, "r1", claims)
	for name, c := range map[string]struct {
		raw     string
		against Against
		state   string
		text    string
	}{
		"rsa":                   {good, Against{Keys: set}, evidence.SigVerified, ""},
		"no kid, every key":     {signed(t, jose.ES256, ecKey, "", claims), Against{Keys: set}, evidence.SigVerified, ""},
		"kid of another key":    {signed(t, jose.RS256, rsaKey, "e1", claims), Against{Keys: set}, evidence.SigRefused, `the key "e1" of the set does not verify it`},
		"kid of no key":         {signed(t, jose.RS256, rsaKey, "old", claims), Against{Keys: set}, evidence.SigNoKey, `no key "old"`},
		"empty set":             {good, Against{Keys: keySet(t)}, evidence.SigNoKey, "empty"},
		"no keys at hand":       {good, Against{}, evidence.SigNotComputed, "no keys"},
		"none":                  {none, Against{Keys: set}, evidence.SigNone, "nothing is signed"},
		"secret":                {signed(t, jose.HS256, []byte(secret), "", claims), Against{Secret: secret}, evidence.SigVerified, ""},
		"another secret":        {signed(t, jose.HS256, []byte(secret), "", claims), Against{Secret: strings.Repeat("x", 32)}, evidence.SigRefused, "client secret"},
		"no secret at hand":     {signed(t, jose.HS256, []byte(secret), "", claims), Against{Keys: set}, evidence.SigNotComputed, "client secret"},
		"public key as secret":  {signed(t, jose.HS256, []byte(rsaKey.N.String()), "", claims), Against{Keys: set, Secret: secret}, evidence.SigRefused, ""},
		"altered payload":       {altered(good), Against{Keys: set}, evidence.SigRefused, ""},
		"not a token":           {"opaque-value", Against{Keys: set}, evidence.SigNotComputed, "opaque"},
		"signature is cut away": {good[:strings.LastIndexByte(good, '.')+1], Against{Keys: set}, evidence.SigNone, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := Verify(c.raw, c.against)
			if v.State != c.state || !strings.Contains(v.Text, c.text) {
				t.Errorf("%+v, want %s %q", v, c.state, c.text)
			}
		})
	}
}

func TestExamine(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	half := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	claims := map[string]any{"iss": "https://idp.example", "aud": "app", "sub": strings.Repeat("ü", 200), "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "at_hash": half("access"), "c_hash": half("other")}
	a := Against{Issuer: "https://idp.example", ClientID: "app", Keys: keySet(t, jose.JSONWebKey{Key: key.Public(), KeyID: "k"}), AccessToken: "access", Code: "code", Now: now}
	got := Examine(signed(t, jose.RS256, key, "k", claims), "id_token", evidence.LoginToken, a)
	if got.AtHash != "same" || got.CHash != "different" || !got.Judged || got.Opinion != "" {
		t.Errorf("hashes %s %s, opinion %q (%v)", got.AtHash, got.CHash, got.Opinion, got.Judged)
	}
	for _, trait := range []string{"sub_long", "sub_not_ascii"} {
		if !slices.Contains(got.Traits, trait) {
			t.Errorf("traits %v, want %s", got.Traits, trait)
		}
	}
	a.ClientID = "another"
	if got = Examine(signed(t, jose.RS256, key, "k", claims), "id_token", "", a); !strings.Contains(got.Opinion, "audience") {
		t.Errorf("go-oidc says %q of a token for somebody else", got.Opinion)
	}
	doubled := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1","sub":"2"}`)) + ".AAAA"
	if got = Examine(doubled, "id_token", "", Against{}); !slices.Contains(got.Traits, "doubled:sub") {
		t.Errorf("traits %v", got.Traits)
	}
}

func TestAssertion(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := json.Marshal(jose.JSONWebKey{Key: key, KeyID: "mine"})
	if err != nil {
		t.Fatal(err)
	}
	public := keySet(t, jose.JSONWebKey{Key: key.Public(), KeyID: "mine"})
	for name, raw := range map[string]func() (string, error){
		"jwk": func() (string, error) {
			return Assertion("private_key_jwt", string(jwk), nil, "app", "https://idp.example/token", "id", "", now)
		},
		"pem": func() (string, error) {
			return Assertion("private_key_jwt", "", key, "app", "https://idp.example/token", "id", "mine", now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := raw()
			if err != nil {
				t.Fatal(err)
			}
			if v := Verify(made, Against{Keys: public}); v.State != evidence.SigVerified || v.Alg != "ES384" {
				t.Errorf("%+v", v)
			}
			p := Parse(made)
			if p.Claims["iss"] != "app" || p.Claims["sub"] != "app" || p.Claims["aud"] != "https://idp.example/token" || p.Claims["jti"] != "id" {
				t.Errorf("claims %v", p.Claims)
			}
		})
	}
	if _, err := Assertion("private_key_jwt", "a secret, not a key", nil, "app", "x", "id", "", now); err == nil || strings.Contains(err.Error(), "a secret") {
		t.Errorf("a secret in place of a key: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("a.b.c.d.e")
	f.Add("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOjF9.AAAA")
	f.Fuzz(func(t *testing.T, raw string) {
		p := Parse(raw)
		if p.Claims == nil && p.Parts == 3 && p.Problem == "" {
			t.Errorf("no claims and no problem: %q", raw)
		}
		Examine(raw, "id_token", "", Against{Issuer: "i", ClientID: "c", Keys: &oidcdoc.JWKS{}, Now: now})
	})
}
