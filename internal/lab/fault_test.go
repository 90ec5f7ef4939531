package lab_test

import (
	"encoding/base64"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// TestFaultsShow compares what each faulty lab answers with what a healthy one does: something must differ, and
// nothing on the sides that the fault is not about.
func TestFaultsShow(t *testing.T) {
	healthy := survey(t, "")
	if again := survey(t, ""); !maps.Equal(healthy, again) {
		t.Fatalf("two healthy labs differ: %v", differences(healthy, again))
	}
	for _, f := range lab.Faults() {
		if f.Protocol != "oidc" {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			got := differences(healthy, survey(t, f.Name))
			if len(got) == 0 {
				t.Fatal("nothing differs from a healthy lab")
			}
			for _, side := range untouched(f) {
				if slices.Contains(got, side) {
					t.Errorf("%s differs too: %v", side, got)
				}
			}
		})
	}
}

// untouched lists the parts of a survey that a fault must leave alone.
func untouched(f lab.Fault) []string {
	switch strings.TrimRight(f.Code, "0123456789") {
	case "DISC":
		if f.Code == "DISC002" { // everything is plain http
			return []string{"jwks"}
		}
		return []string{"tls", "jwks", "token"}
	case "JWKS":
		if f.Code == "JWKS023" {
			return []string{"jwks", "token", "callback"}
		}
		return []string{"tls", "discovery", "metadata", "token", "callback"}
	case "AUTHZ", "CFG":
		return []string{"tls", "discovery", "metadata", "jwks"}
	case "TOK":
		return []string{"tls", "discovery", "metadata", "jwks", "callback"}
	}
	return nil // below HTTP everything goes
}

func differences(a, b map[string]string) []string {
	var out []string
	for k := range a {
		if a[k] != b[k] {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// TestKeysAreWhatTheySay checks the keys that the faults take care to make.
func TestKeysAreWhatTheySay(t *testing.T) {
	for fault, want := range map[string]struct {
		bits int
		e    string
	}{"": {2048, "AQAB"}, "JWKS010": {1024, "AQAB"}, "JWKS011": {2048, "Aw"}, "JWKS013": {2048, "AQAB"}} {
		c := newClock()
		l := start(t, lab.Options{Fault: fault, Now: c.now})
		b := newBrowser(t, l, c.now)
		key := b.get(t, l.Issuer+"/jwks").object(t)["keys"].([]any)[0].(map[string]any)
		n, err := base64.RawURLEncoding.DecodeString(key["n"].(string))
		if err != nil || len(n)*8 != want.bits || key["e"] != want.e {
			t.Errorf("%q: modulus of %d bits, exponent %v", fault, len(n)*8, key["e"])
		}
		if got := roca(n); got != (fault == "JWKS013") {
			t.Errorf("%q: ROCA fingerprint is %v", fault, got)
		}
		tokens := b.back(t, "/token", exchange(b, signIn(t, b, request(l)).Get("code"))).object(t)
		verify(t, b, tokens["id_token"].(string))
	}
}

// roca is the published fingerprint of CVE-2017-15361: modulo each small prime the modulus is a power of 65537.
func roca(modulus []byte) bool {
	n := new(big.Int).SetBytes(modulus)
	for p := int64(3); p <= 167; p++ {
		if !big.NewInt(p).ProbablyPrime(0) {
			continue
		}
		rest, power, member := new(big.Int).Mod(n, big.NewInt(p)).Int64(), int64(1), false
		for range p {
			member = member || power == rest
			power = power * 65537 % p
		}
		if !member {
			return false
		}
	}
	return true
}
