package lab

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// methodKeyJWT is how a client proves itself by a key of its own (OIDC Core section 9).
const methodKeyJWT = "private_key_jwt"

// assertionType is that of RFC 7523 section 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authMethods are the ways of client authentication on offer.
func (l *Lab) authMethods() []string {
	if l.opts.KeyJWT {
		return []string{methodKeyJWT}
	}
	return []string{"client_secret_basic", "client_secret_post"}
}

// makeClientKey gives the client a key in place of its secret, as a private JWK: that names the key.
func (l *Lab) makeClientKey() error {
	private, err := secondRSA()
	if err != nil {
		return fmt.Errorf("make the client's key: %w", err)
	}
	j, err := webKey(private, "RS256", "")
	if err != nil {
		return fmt.Errorf("name the client's key: %w", err)
	}
	text, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("write the client's key: %w", err)
	}
	l.clientKey, l.ClientSecret = private, string(text)
	return nil
}

// checkAssertion recognises the client by its key: RFC 7523 section 3.
func (l *Lab) checkAssertion(r *http.Request) *refusal {
	if l.clientKey == nil || r.PostForm.Get("client_assertion_type") != assertionType {
		return unauthenticated("client is registered for client_secret_basic, client_secret_post, not for " + methodKeyJWT)
	}
	signed, err := jose.ParseSigned(r.PostForm.Get("client_assertion"), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return unauthenticated("client assertion cannot be read")
	}
	payload, err := signed.Verify(l.clientKey.Public().(*rsa.PublicKey))
	if err != nil {
		return unauthenticated("client assertion is signed by another key")
	}
	var claims struct {
		Iss, Sub, Aud, Jti string
		Exp                int64
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return unauthenticated("client assertion cannot be read")
	}
	switch left := time.Unix(claims.Exp, 0).Sub(l.now()); {
	case claims.Iss != l.ClientID || claims.Sub != l.ClientID:
		return unauthenticated("client is not known here")
	case !slices.Contains([]string{l.site.url(pageToken), l.site.self()}, claims.Aud):
		return unauthenticated("client assertion is for another server")
	case left <= 0 || left > time.Hour:
		return unauthenticated("client assertion has expired or lives too long")
	case claims.Jti == "" || l.fetched.next("assertion "+claims.Jti) > 0:
		return unauthenticated("client assertion was used before")
	}
	return nil
}
