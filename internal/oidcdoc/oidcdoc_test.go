package oidcdoc

import "testing"

func TestAnswer(t *testing.T) {
	for address, want := range map[string]Answer{
		"https://app/cb?code=c&state=s&iss=i":                       {Base: "https://app/cb", Code: "c", State: "s", Iss: "i"},
		"https://app/cb?error=login_required&error_description=a+b": {Base: "https://app/cb", Error: "login_required", Description: "a b"},
		"https://app/cb?keep=1#code=c&state=s":                      {Base: "https://app/cb", Code: "c", State: "s", Fragment: true},
		"https://app/cb":                                            {Base: "https://app/cb"},
	} {
		got, err := ParseAnswer(address)
		if err != nil {
			t.Fatal(err)
		}
		got.Params = nil
		if got.Base != want.Base || got.Code != want.Code || got.State != want.State || got.Iss != want.Iss || got.Error != want.Error || got.Description != want.Description || got.Fragment != want.Fragment {
			t.Errorf("%s: %+v", address, got)
		}
	}
}

// TestThumbprint uses the example of RFC 7638 §3.1.
func TestThumbprint(t *testing.T) {
	set, err := ParseJWKS("rfc", []byte(`{"keys":[{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Keys[0].Thumbprint(); got != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Errorf("thumbprint %s", got)
	}
	if set.Keys[0].Public == nil || len(set.Keys[0].Faults) > 0 || len(set.Signing()) != 1 {
		t.Errorf("%+v", set.Keys[0])
	}
}

func FuzzJWKS(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b","x5c":["!"]},{"kty":"OKP"},{"kty":7},null]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := ParseJWKS("f", b)
		if err != nil {
			return
		}
		for _, k := range set.Keys {
			if _ = k.Name(); k.Node.Type != 0 {
				_ = k.Thumbprint()
			}
		}
	})
}

func FuzzDiscovery(f *testing.F) {
	f.Add([]byte(`{"issuer":"a","issuer":null,"x":["a",1]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ParseDiscovery("f", b)
		if err != nil {
			return
		}
		_, _ = d.List("x")
		_ = d.Issuer()
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add("https://a/b?code=x#error=y")
	f.Fuzz(func(t *testing.T, s string) { _, _ = ParseAnswer(s) })
}
