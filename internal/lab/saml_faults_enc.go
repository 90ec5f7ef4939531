package lab

import (
	"crypto/rsa"
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// encryption is how a message is encrypted: for the SP, with AES-256-GCM and the form of OAEP that everybody reads, unless a fault
// says otherwise.
type encryption struct {
	to    func(k *samlKeys) keyPair                 // nil: the SP's key
	tune  func(o *xmlsig.EncryptOptions)            // what else is unusual
	inner func(text string, m *message) string      // changes to the signed message before it is encrypted
	after func(encrypted string, m *message) string // changes to the encrypted message before the response is signed
}

// Places of what can be encrypted.
const (
	placeAssertion = "/samlp:Response/saml:Assertion"
	placeNameID    = placeAssertion + "/saml:Subject/saml:NameID"
	placeAttribute = placeAssertion + "/saml:AttributeStatement/saml:Attribute"
)

// encrypt replaces one part of a message by its encrypted form.
func (l *Lab) encrypt(text, place string, m *message, how encryption) (string, error) {
	if how.inner != nil {
		text = how.inner(text, m)
	}
	pair := l.saml.keys.partner()
	if how.to != nil {
		pair = how.to(&l.saml.keys)
	}
	public, ok := pair.key.Public().(*rsa.PublicKey)
	if !ok {
		return "", fmt.Errorf("encrypt for a key of the kind %T", pair.key)
	}
	o := xmlsig.EncryptOptions{To: public, Recipient: l.SPEntityID}
	if how.tune != nil {
		how.tune(&o)
	}
	out, err := xmlsig.Encrypt([]byte(text), place, o)
	if err != nil {
		return "", err
	}
	if how.after != nil {
		return how.after(string(out), m), nil
	}
	return string(out), nil
}

// encFaults are those of encryption.
func encFaults() []Fault {
	keyed := func(c *Conn) { c.SAML.Set("sp_private_key", "env:"+SPKeyEnv) }
	encrypted := func(how encryption) func(*behaviour) {
		return func(b *behaviour) { b.saml.message.encrypt = &how }
	}
	tuned := func(change func(o *xmlsig.EncryptOptions)) func(*behaviour) {
		return encrypted(encryption{tune: change})
	}
	after := func(change func(text string) string) func(*behaviour) {
		return encrypted(encryption{after: func(s string, _ *message) string { return change(s) }})
	}
	return []Fault{
		{Name: "ENC001", Title: "the assertion is encrypted and the connection names no key to read it with", set: encrypted(encryption{})},
		{Name: "ENC002", Title: "the SP demands an encrypted assertion and it comes in the clear", Connection: func(c *Conn) {
			keyed(c)
			c.want("encrypted", true)
		}},
		{Name: "ENC002-unwanted", Title: "the SP takes no encrypted assertion and it comes encrypted", set: encrypted(encryption{}), Connection: func(c *Conn) {
			keyed(c)
			c.want("encrypted", false)
		}},
		{Name: "ENC003", Title: "the assertion is encrypted for another key", Connection: keyed, set: encrypted(encryption{to: func(k *samlKeys) keyPair { return k.cipher() }})},
		{Name: "ENC003-algorithm", Title: "the assertion is encrypted with an algorithm that nobody knows", Connection: keyed, set: after(func(s string) string {
			return strings.Replace(s, xmlsig.AES256GCM, "http://lab.example/no-such-cipher", 1)
		})},
		{Name: "ENC003-damaged", Title: "the encrypted assertion is damaged", Connection: keyed, set: after(func(s string) string {
			const start = "<xenc:CipherValue>"
			i := strings.LastIndex(s, start) + len(start) + 64
			return s[:i] + s[i+4:] // one group of three octets less, in the middle
		})},
		{Name: "ENC004", Title: "the key is encrypted with RSA 1.5", Connection: keyed, set: tuned(func(o *xmlsig.EncryptOptions) { o.Transport = xmlsig.RSA15 })},
		{Name: "ENC004-cbc", Title: "the assertion is encrypted with AES in CBC mode", Connection: keyed, set: tuned(func(o *xmlsig.EncryptOptions) { o.Data = xmlsig.AES256CBC })},
		{Name: "ENC005", Title: "NameID is encrypted and the connection names no key to read it with", set: func(b *behaviour) { b.saml.message.cover = placeNameID }},
		{Name: "ENC005-attribute", Title: "an attribute is encrypted and the connection names no key to read it with", set: func(b *behaviour) { b.saml.message.cover = placeAttribute }},
		{Name: "ENC006", Title: "the EncryptedKey is not where EncryptedData says", Connection: keyed, set: tuned(func(o *xmlsig.EncryptOptions) { o.Beside, o.Astray = true, true })},
		{Name: "ENC006-missing", Title: "EncryptedData has no EncryptedKey", Connection: keyed, set: after(func(s string) string {
			before, _, rest := cut(s, "<xenc:EncryptedKey ", "</xenc:EncryptedKey>")
			return strings.Replace(before+rest, `<ds:KeyInfo xmlns:ds="`+nsSignature+`"></ds:KeyInfo>`, "", 1)
		})},
		{Name: "ENC007", Title: "the assertion was changed after it was signed and before it was encrypted", Connection: keyed, set: encrypted(encryption{inner: func(s string, m *message) string {
			return strings.Replace(s, ">"+m.user.Given+"<", ">"+m.user.Given+" M.<", 1)
		}})},
	}
}
