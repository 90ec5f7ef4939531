package lab

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"net/http"
	"time"
)

// keySet is a fault that changes the published keys; r and e are the RSA and the EC key in it.
func keySet(change func(r, e members)) func(*behaviour) {
	return keyList(func(set members, _ *keyring) error {
		keys := set["keys"].([]any)
		change(keys[0].(members), keys[1].(members))
		return nil
	})
}

// keyList is a fault that changes the JWK Set as a whole.
func keyList(change func(members, *keyring) error) func(*behaviour) {
	return func(b *behaviour) { b.keys.set = change }
}

// extra publishes one more key.
func extra(make func() (members, error)) func(*behaviour) {
	return keyList(func(set members, _ *keyring) error {
		k, err := make()
		set["keys"] = append(set["keys"].([]any), k)
		return err
	})
}

// jwksAnswerFaults are those of the keys as a file.
func jwksAnswerFaults() []Fault {
	return []Fault{
		{Name: "JWKS001", Title: "the key URL answers 404", set: published(missing(http.StatusNotFound, "not_found"))},
		{Name: "JWKS001-html", Title: "the key URL answers with a page", set: published(htmlPage(http.StatusOK, "Welcome", "Nothing to see here."))},
		{Name: "JWKS021", Title: "the keys may be cached for thirty seconds", set: func(b *behaviour) { b.jwks.cache = "public, max-age=30" }},
		{Name: "JWKS021-long", Title: "the keys may be cached for a month", set: func(b *behaviour) { b.jwks.cache = "public, max-age=2592000" }},
		{Name: "JWKS024", Title: "two nodes publish different keys", Deep: true, set: func(b *behaviour) {
			b.jwks.nth = func(m members, _ site, n int) {
				if n%2 == 1 {
					m["keys"] = m["keys"].([]any)[:1]
				}
			}
		}},
	}
}

// jwksShapeFaults are those of the JSON.
func jwksShapeFaults() []Fault {
	return []Fault{
		{Name: "JWKS002", Title: "the key set is empty", set: keyList(func(set members, _ *keyring) error { set["keys"] = list(); return nil })},
		{Name: "JWKS002-missing", Title: "the key set has no member keys", set: keyList(func(set members, _ *keyring) error { delete(set, "keys"); return nil })},
		{Name: "JWKS003", Title: "the modulus is padded base64", set: keySet(func(r, _ members) { r["n"] = r["n"].(string) + "==" })},
		{Name: "JWKS003-missing", Title: "the RSA key has no exponent", set: keySet(func(r, _ members) { delete(r, "e") })},
		{Name: "JWKS004", Title: "the private exponent is published", set: keyList(func(set members, k *keyring) error {
			m, err := jwk(k.rsa)
			set["keys"].([]any)[0] = m
			return err
		})},
		{Name: "JWKS004-symmetric", Title: "a symmetric key is published", set: extra(func() (members, error) {
			return members{"kty": "oct", "kid": "shared", "use": "sig", "alg": "HS256", "k": token(32)}, nil
		})},
		{Name: "JWKS005", Title: "the EC point is not on its curve", set: keySet(func(_, e members) { e["y"] = e["x"] })},
		{Name: "JWKS006", Title: "a key has an unknown kty", set: extra(func() (members, error) {
			return members{"kty": "LAB", "kid": "lab-kty", "use": "sig", "alg": "LAB256", "pub": token(32)}, nil
		})},
		{Name: "JWKS007", Title: "all keys are for encryption", set: keySet(func(r, e members) { r["use"], e["use"] = "enc", "enc" })},
		{Name: "JWKS008", Title: "two keys have no kid", set: func(b *behaviour) {
			keySet(func(r, e members) { delete(r, "kid"); delete(e, "kid") })(b)
			b.keys.header = func(string) string { return "" }
		}},
		{Name: "JWKS009", Title: "two keys have the same kid", set: func(b *behaviour) {
			b.keys.kid = "lab-key"
			keySet(func(_, e members) { e["kid"] = "lab-key" })(b)
		}},
		{Name: "JWKS015", Title: "use and key_ops contradict each other", set: keySet(func(r, _ members) { r["key_ops"] = list("encrypt", "wrapKey") })},
		{Name: "JWKS016", Title: "the certificate in x5c is for another key", set: x5c(1, nil)},
		{Name: "JWKS016-expired", Title: "the certificate in x5c has expired", set: x5c(0, func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 1, 0) })},
		{Name: "JWKS017", Title: "x5t#S256 is of another certificate than x5c", set: func(b *behaviour) {
			x5c(0, nil)(b)
			honest := b.keys.set
			b.keys.set = func(set members, k *keyring) error {
				err := honest(set, k)
				sum := sha256.Sum256([]byte("another certificate"))
				set["keys"].([]any)[0].(members)["x5t#S256"] = base64.RawURLEncoding.EncodeToString(sum[:])
				return err
			}
		}},
	}
}

// jwksKeyFaults are those of the keys themselves.
func jwksKeyFaults() []Fault {
	return []Fault{
		{Name: "JWKS010", Title: "the RSA key has 1024 bits", set: func(b *behaviour) { b.keys.rsa = shortRSA }},
		{Name: "JWKS011", Title: "the RSA exponent is 3", set: func(b *behaviour) { b.keys.rsa = cubicRSA }},
		{Name: "JWKS012", Title: "a key is on the curve secp256k1", set: extra(koblitz)},
		{Name: "JWKS013", Title: "the RSA key has the ROCA weakness", set: func(b *behaviour) { b.keys.rsa = rocaRSA }},
		{Name: "JWKS014", Title: "RS256 is promised and the only key is for ES256", set: func(b *behaviour) {
			b.keys.signing = "ES256"
			keyList(func(set members, _ *keyring) error { set["keys"] = set["keys"].([]any)[1:]; return nil })(b)
		}},
		{Name: "JWKS018", Title: "the token's key is not published", Login: true, set: func(b *behaviour) { b.keys.header = func(kid string) string { return kid + "-next" } }},
		{Name: "JWKS019", Title: "two RS256 keys are published: a rotation is under way", set: extra(func() (members, error) {
			private, err := secondRSA()
			if err != nil {
				return nil, err
			}
			j, err := webKey(private, "RS256", "")
			if err != nil {
				return nil, err
			}
			return jwk(j.Public())
		})},
		{Name: "JWKS022", Title: "the signing key is listed only for the client that asks", Login: true, set: perClient},
		{Name: "JWKS020", Title: "the key behind a kid changes from one run to the next", Rotate: true, set: func(b *behaviour) { b.keys.kid = "lab-key" }},
	}
}

// perClient publishes another RSA key than the one that signs; the signing key is only in the set of the client, at
// jwks_uri?client_id=….
func perClient(b *behaviour) {
	keyList(func(set members, _ *keyring) error {
		private, err := secondRSA()
		if err != nil {
			return err
		}
		j, err := webKey(private, "RS256", "")
		if err != nil {
			return err
		}
		set["keys"].([]any)[0], err = jwk(j.Public())
		return err
	})(b)
	b.jwks.answer = func(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
		if r.URL.Query().Get("client_id") != l.ClientID {
			w.Write(body)
			return
		}
		private, _ := l.keys.pair()
		m, err := jwk(private.Public())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Write(encode(members{"keys": []any{m}}))
	}
}

// x5c adds a self-signed certificate to the RSA key: made with the published key, or with another when stranger is 1.
func x5c(stranger int, change func(*x509.Certificate)) func(*behaviour) {
	return keyList(func(set members, k *keyring) error {
		key := k.rsa.Key.(*rsa.PrivateKey)
		if stranger == 1 {
			other, err := secondRSA()
			if err != nil {
				return err
			}
			key = other
		}
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		t := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{CommonName: "lab signing"}, NotBefore: from, NotAfter: from.AddDate(20, 0, 0), BasicConstraintsValid: true}
		if change != nil {
			change(t)
		}
		der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(der)
		m := set["keys"].([]any)[0].(members)
		m["x5c"] = list(base64.StdEncoding.EncodeToString(der))
		m["x5t#S256"] = base64.RawURLEncoding.EncodeToString(sum[:])
		return nil
	})
}
