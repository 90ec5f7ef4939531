package tokenrules

import (
	"testing"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
)

// TestMistaken tells what is taken for an ID token by what products put into it; an ID token is never told to be something else.
func TestMistaken(t *testing.T) {
	type m = map[string]any
	for name, c := range map[string]struct {
		header, claims m
		traits         []string
		want           string
	}{
		"RFC 9068":                   {m{"typ": "at+jwt"}, m{}, nil, "an access token"},
		"Keycloak":                   {nil, m{"typ": "Bearer", "azp": "c", "aud": "account"}, nil, "an access token"},
		"Okta":                       {nil, m{"cid": "c", "aud": "api://default", "scp": []any{"openid"}}, nil, "an access token"},
		"Entra":                      {nil, m{"appid": "c", "aud": "00000003-0000-0000-c000-000000000000", "scp": "openid"}, nil, "an access token"},
		"DPoP":                       {m{"typ": "dpop+jwt"}, m{}, nil, "a DPoP proof"},
		"assertion":                  {nil, m{"iss": "c", "sub": "redacted-1"}, []string{"sub_is_iss"}, "a client assertion"},
		"logout":                     {m{"typ": "logout+jwt"}, m{}, nil, "a logout token"},
		"ID token":                   {m{"typ": "JWT"}, m{"iss": "https://i", "sub": "1", "aud": "c", "azp": "c"}, nil, ""},
		"with a scope":               {nil, m{"aud": "c", "azp": "c", "scope": "openid"}, nil, ""},
		"for another, with a nonce":  {nil, m{"aud": "x", "azp": "c", "scope": "openid", "nonce": "n"}, nil, ""},
		"self-issued with a nonce":   {nil, m{"iss": "c", "nonce": "n"}, []string{"sub_is_iss"}, ""},
		"of an issuer that signs in": {nil, m{"iss": "https://i"}, []string{"sub_is_iss"}, ""},
	} {
		if got := mistaken(&check.Token{Token: &evidence.Token{Traits: c.traits}, Header: c.header, Claims: c.claims}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
