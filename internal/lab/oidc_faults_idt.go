package lab

import (
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// claimed is a fault in the claims of the ID token; value nil takes the claim out.
func claimed(name string, value any) func(*behaviour) {
	return claims(func(m members) { put1(m, name, value) })
}

// claims is a fault that changes the claims of the ID token.
func claims(change func(members)) func(*behaviour) {
	return func(b *behaviour) { b.login.claims = change }
}

// headed is a fault in the header of the ID token; value nil takes the member out.
func headed(name string, value any) func(*behaviour) {
	return func(b *behaviour) { b.login.header = members{name: value} }
}

func put1(m members, name string, value any) {
	m[name] = value
	if value == nil {
		delete(m, name)
	}
}

// idtFormFaults are those of what kind of thing the ID token is.
func idtFormFaults() []Fault {
	made := func(change func(l *Lab, header, claims members) (string, error)) func(*behaviour) {
		return func(b *behaviour) { b.login.make = change }
	}
	return []Fault{
		{Name: "IDT001", Title: "the ID token has two parts", set: made(func(_ *Lab, h, c members) (string, error) { return jwsInput(h, c) })},
		{Name: "IDT001-encrypted", Title: "the ID token is encrypted for a key that the connection does not have", set: made(encrypted)},
		{Name: "IDT007", Title: "the header names an address for the key", set: headed("jku", "https://keys.lab.example/jwks")},
		{Name: "IDT007-jwk", Title: "the header carries a key", set: headed("jwk", members{"kty": "oct"})},
		{Name: "IDT008", Title: "the header demands an extension to be understood", set: headed("crit", list("urn:lab.example:must"))},
		{Name: "IDT009", Title: "the ID token is typed as an access token", set: headed("typ", "at+jwt")},
		{Name: "IDT009-logout", Title: "the ID token is a logout token", set: claimed("events", members{"http://schemas.openid.net/event/backchannel-logout": members{}})},
		{Name: "IDT035", Title: "the ID token is larger than 8 KiB", set: claimed("sid", strings.Repeat("0123456789abcdef", 640))},
	}
}

// encrypted encrypts a signed token for a key that nobody else has.
func encrypted(l *Lab, header, claims members) (string, error) {
	text, err := l.rs256(header, claims)
	if err != nil {
		return "", err
	}
	private, err := secondRSA()
	if err != nil {
		return "", fmt.Errorf("make a key to encrypt for: %w", err)
	}
	e, err := jose.NewEncrypter(jose.A128GCM, jose.Recipient{Algorithm: jose.RSA_OAEP_256, Key: private.Public(), KeyID: "lab-recipient"}, (&jose.EncrypterOptions{}).WithContentType("JWT"))
	if err != nil {
		return "", fmt.Errorf("encrypt the ID token: %w", err)
	}
	out, err := e.Encrypt([]byte(text))
	if err != nil {
		return "", fmt.Errorf("encrypt the ID token: %w", err)
	}
	return out.CompactSerialize()
}

// idtSignatureFaults are those of who signed the ID token, and how.
func idtSignatureFaults() []Fault {
	return []Fault{
		{Name: "IDT002", Title: "the ID token is not signed", set: func(b *behaviour) {
			b.login.header = members{"alg": "none", "kid": nil}
			b.login.make = func(_ *Lab, h, c members) (string, error) { text, err := jwsInput(h, c); return text + ".", err }
		}},
		{Name: "IDT002-missing", Title: "the header has no alg", set: headed("alg", nil)},
		{Name: "IDT003", Title: "the connection takes RS256 and the ID token is signed by ES256", set: func(b *behaviour) { b.keys.signing = "ES256" }, Connection: asked("id_token_alg", "RS256")},
		{Name: "IDT004", Title: "the ID token is signed with the client secret", set: func(b *behaviour) {
			b.discovery.change = func(m members, _ site) { m["id_token_signing_alg_values_supported"] = list("RS256", "ES256", "HS256") }
			b.keys.signing = "HS256"
		}},
		{Name: "IDT005", Title: "two keys fit and the header has no kid", set: func(b *behaviour) {
			extra(func() (members, error) {
				private, err := secondRSA()
				if err != nil {
					return nil, err
				}
				j, err := webKey(private, "", "")
				if err != nil {
					return nil, err
				}
				return jwk(j.Public())
			})(b)
			headed("kid", nil)(b)
		}},
		{Name: "IDT006", Title: "the ID token was changed after it was signed", set: func(b *behaviour) {
			b.login.make = func(l *Lab, h, c members) (string, error) {
				text, err := l.rs256(h, c)
				if err != nil {
					return "", err
				}
				c["jti"] = token(12)
				changed, err := jwsInput(h, c)
				return changed + text[strings.LastIndex(text, "."):], err
			}
		}},
	}
}

// idtPartyFaults are those of who made the ID token, for whom, and about whom.
func idtPartyFaults() []Fault {
	ofOrganisation := func(c *Conn) { c.OIDC.Set("hd", "lab.example") }
	return []Fault{
		{Name: "IDT010", Title: "iss is missing", set: claimed("iss", nil)},
		{Name: "IDT011", Title: "iss is another issuer", set: claims(func(m members) { m["iss"] = fmt.Sprint(m["iss"], "/other") })},
		{Name: "IDT011-slash", Title: "iss ends in a slash", set: claims(func(m members) { m["iss"] = fmt.Sprint(m["iss"], "/") })},
		{Name: "IDT012", Title: "sub is missing", set: claimed("sub", nil)},
		{Name: "IDT012-long", Title: "sub has more than 255 characters", set: func(b *behaviour) { b.login.both = func(m members) { m["sub"] = strings.Repeat("1001-", 60) } }},
		{Name: "IDT013", Title: "aud is another client", set: claimed("aud", "another-app")},
		{Name: "IDT014", Title: "aud holds another client as well", set: claims(func(m members) { m["aud"], m["azp"] = list("lab-app", "another-app"), "lab-app" })},
		{Name: "IDT015", Title: "azp is another client", set: claimed("azp", "another-app")},
		{Name: "IDT036", Title: "hd is another organisation", set: about(func(m members) { m["hd"] = "elsewhere.example" }), Connection: ofOrganisation},
		{Name: "IDT036-none", Title: "the account is of no organisation", Connection: ofOrganisation},
	}
}

// idtTimeFaults are those of the times in the ID token.
func idtTimeFaults() []Fault {
	later := func(name string, seconds int64) func(members) {
		return func(m members) { m[name] = m["iat"].(int64) + seconds }
	}
	return []Fault{
		{Name: "IDT016", Title: "the ID token has expired when it comes", set: claims(later("exp", -600))},
		{Name: "IDT016-missing", Title: "exp is missing", set: claimed("exp", nil)},
		{Name: "IDT017", Title: "exp is in milliseconds", set: claims(func(m members) { m["exp"] = m["exp"].(int64) * 1000 })},
		{Name: "IDT018", Title: "iat is missing", set: claimed("iat", nil)},
		{Name: "IDT018-future", Title: "iat is two days ahead", set: claims(func(m members) { m["iat"], m["exp"] = m["iat"].(int64)+2*86400, m["exp"].(int64)+2*86400 })},
		{Name: "IDT019", Title: "the ID token is good only from an hour on", set: claims(func(m members) { later("nbf", 3600)(m); later("exp", 7200)(m) })},
		{Name: "IDT020", Title: "the ID token is good for a week", set: claims(later("exp", 7*86400))},
	}
}

// idtRequestFaults are those of what binds the ID token to its request.
func idtRequestFaults() []Fault {
	return []Fault{
		{Name: "IDT021", Title: "nonce is another one", set: claimed("nonce", "nonce-of-another-login")},
		{Name: "IDT021-missing", Title: "nonce is missing", set: claimed("nonce", nil)},
		{Name: "IDT022", Title: "auth_time is an hour ahead", set: claims(func(m members) { m["auth_time"] = m["iat"].(int64) + 3600 })},
		{Name: "IDT022-old", Title: "auth_time is years ago", set: claims(func(m members) { m["auth_time"] = m["iat"].(int64) - 3*365*86400 })},
		{Name: "IDT023", Title: "acr is another context than was asked for", set: claimed("acr", "urn:lab.example:acr:none"), Connection: asked("acr_values", []string{acrPassword})},
		{Name: "IDT023-empty", Title: "acr is empty", set: claimed("acr", "")},
		{Name: "IDT024", Title: "amr is a text", set: claimed("amr", "pwd")},
		{Name: "IDT025", Title: "at_hash is of another access token", set: claimed("at_hash", "bm90IHRoZSBoYXNoIG9mIGl0IQ")},
	}
}
