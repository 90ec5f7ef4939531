package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Assertion makes the JWT by which a client authenticates (RFC 7523 §3), good for a minute. pem is the private key that the secret is in PEM,
// nil when it is a JWK or, for client_secret_jwt, no key at all; kid may be empty.
func Assertion(method, secret string, pem crypto.Signer, clientID, audience, id, kid string, now time.Time) (string, error) {
	key, alg, err := signer(method, secret, pem, &kid)
	if err != nil {
		return "", err
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		return "", errors.New("the key does not fit " + string(alg))
	}
	claims, err := json.Marshal(map[string]any{"iss": clientID, "sub": clientID, "aud": audience, "jti": id, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()})
	if err != nil {
		return "", err
	}
	signed, err := s.Sign(claims)
	if err != nil {
		return "", errors.New("the client's key cannot sign")
	}
	return signed.CompactSerialize()
}

func signer(method, secret string, pem crypto.Signer, kid *string) (any, jose.SignatureAlgorithm, error) {
	if method == "client_secret_jwt" {
		return []byte(secret), jose.HS256, nil
	}
	var jwk jose.JSONWebKey
	if jwk.UnmarshalJSON([]byte(secret)) == nil && jwk.Valid() && !jwk.IsPublic() {
		if *kid == "" {
			*kid = jwk.KeyID
		}
		alg, err := algorithm(jwk.Public().Key)
		return jwk.Key, alg, err
	}
	if pem == nil {
		return nil, "", errors.New("the client's private key is neither PEM nor a JWK")
	}
	alg, err := algorithm(pem.Public())
	return pem, alg, err
}

func algorithm(public crypto.PublicKey) (jose.SignatureAlgorithm, error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return jose.RS256, nil
	case *ecdsa.PublicKey:
		switch k.Curve.Params().BitSize {
		case 256:
			return jose.ES256, nil
		case 384:
			return jose.ES384, nil
		case 521:
			return jose.ES512, nil
		}
	case ed25519.PublicKey:
		return jose.EdDSA, nil
	}
	return "", errors.New("the client's private key is of a kind that is not used for JWTs")
}
