package lab

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
)

// handmade makes an ID token that no library would: with the fault's header, or by its own maker.
func (l *Lab) handmade(claims members) (string, error) {
	r, _ := l.keys.pair()
	header := members{"alg": "RS256", "typ": "JWT", "kid": r.KeyID}
	maps.Copy(header, l.b.login.header)
	maps.DeleteFunc(header, func(_ string, v any) bool { return v == nil })
	if l.b.login.make != nil {
		return l.b.login.make(l, header, claims)
	}
	return l.rs256(header, claims)
}

// jwsInput gives header and claims as the first two parts of a token (RFC 7515 section 3.1), with the dot between them.
func jwsInput(header, claims members) (string, error) {
	h, err := json.Marshal(header)
	if err != nil {
		return "", fmt.Errorf("encode the header: %w", err)
	}
	c, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode the claims: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c), nil
}

// rs256 signs by RS256 with the lab's key, whatever the header says.
func (l *Lab) rs256(header, claims members) (string, error) {
	r, _ := l.keys.pair()
	private, ok := r.Key.(*rsa.PrivateKey)
	if !ok {
		return "", fmt.Errorf("the lab's key is a %T", r.Key)
	}
	text, err := jwsInput(header, claims)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign the ID token: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
