package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// certFaults are those of the signing certificate: in the metadata and the connection alike, or in the connection alone.
func certFaults() []Fault {
	made := func(change func(t *x509.Certificate, now time.Time)) func(*behaviour) {
		return func(b *behaviour) { b.saml.keys.cert = change }
	}
	ends := func(d time.Duration) func(*behaviour) {
		return made(func(t *x509.Certificate, now time.Time) {
			t.NotBefore, t.NotAfter = now.AddDate(-3, 0, 0), now.Add(d+time.Hour)
		})
	}
	keyed := func(source func() (crypto.Signer, error)) func(*behaviour) {
		return func(b *behaviour) { b.saml.keys.sign = source }
	}
	// no signature of the lab is by such a key, so none is shown
	foreign := func(spki func() ([]byte, error)) func(*behaviour) {
		return func(b *behaviour) {
			b.saml.keys.shown = spki
			b.saml.mdSign = &seal{none: true}
			b.saml.message.signs = signNothing
			b.saml.request.passiveShown = true
		}
	}
	return []Fault{
		{Name: "CERT002", Title: "the signing certificate expired two days ago", set: ends(-48 * time.Hour)},
		{Name: "CERT003", Title: "the signing certificate becomes valid in two days", set: made(func(t *x509.Certificate, now time.Time) { t.NotBefore = now.Add(48 * time.Hour) })},
		{Name: "CERT004", Title: "the signing certificate expires in twenty days", set: ends(20 * 24 * time.Hour)},
		{Name: "CERT004-60d", Title: "the signing certificate expires in sixty days", set: ends(60 * 24 * time.Hour)},
		{Name: "CERT005", Title: "the signing key is RSA with 1024 bits", set: keyed(signer(shortRSA))},
		{Name: "CERT006", Title: "the signing key is RSA with the exponent 3", set: keyed(signer(cubicRSA))},
		{Name: "CERT007", Title: "the signing key is on the curve P-224", set: keyed(func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P224(), rand.Reader) })},
		{Name: "CERT007-secp256k1", Title: "the signing key is on the curve secp256k1", set: foreign(koblitzSPKI)},
		{Name: "CERT007-dsa", Title: "the signing key is DSA", set: foreign(dsaSPKI)},
		{Name: "CERT008", Title: "the signing certificate is signed with SHA-1", set: made(func(t *x509.Certificate, _ time.Time) { t.SignatureAlgorithm = x509.SHA1WithRSA })},
		{Name: "CERT009", Title: "the signing key is of the kind of CVE-2017-15361", set: keyed(signer(rocaRSA))},
		{Name: "CERT017", Title: "the signing certificate is valid for thirty years", set: made(func(t *x509.Certificate, now time.Time) { t.NotAfter = now.AddDate(30, 0, 0) })},
		{Name: "CERT018", Title: "the key usage of the signing certificate is encryption alone", set: made(func(t *x509.Certificate, _ time.Time) { t.KeyUsage = x509.KeyUsageKeyEncipherment })},
	}
}

// pastedFaults are those of what the admin pasted in place of the certificate.
func pastedFaults() []Fault {
	pasted := func(text func(l *Lab) string) func(*Conn) {
		return func(c *Conn) { c.SAML.Set("certificate", text(c.lab)) }
	}
	changed := func(change func(pem string) string) func(*Conn) {
		return pasted(func(l *Lab) string { return change(l.saml.keys.sign.pem()) })
	}
	print := func(text func(der []byte) string) func(*Conn) {
		return func(c *Conn) {
			c.SAML.Drop("certificate")
			c.SAML.Set("certificate_fingerprint", text(c.lab.saml.keys.sign.der))
		}
	}
	byIssuer := func(b *behaviour) { b.saml.keys.issued = true }
	// by hand and without metadata: the metadata is then found where the entity ID leads
	byHand := func(c *Conn) {
		c.SAML.Drop("idp_metadata")
		c.SAML.Set("sso_url", c.lab.SSOURL)
	}
	return []Fault{
		{Name: "CERT001", Title: "the certificate in the connection ends in the middle", Connection: changed(func(s string) string {
			lines := strings.Split(s, "\n")
			return strings.Join(append(lines[:len(lines)/2:len(lines)/2], lines[len(lines)-2:]...), "\n")
		})},
		{Name: "CERT001-line", Title: "the certificate in the connection stands on one line with its header", Connection: changed(func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\n", " ")) })},
		{Name: "CERT001-stray", Title: "text stands in the certificate of the connection", Connection: changed(func(s string) string {
			lines := strings.Split(s, "\n")
			lines[3] += " (copied from the console)"
			return strings.Join(lines, "\n")
		})},
		{Name: "CERT010", Title: "the connection holds another certificate than the metadata", Connection: func(c *Conn) {
			byHand(c)
			c.SAML.Set("certificate", c.lab.saml.keys.next().pem())
		}},
		{Name: "CERT010-fingerprint", Title: "the connection holds the fingerprint of another certificate", Connection: func(c *Conn) {
			byHand(c)
			c.SAML.Drop("certificate")
			c.SAML.Set("certificate_fingerprint", fmt.Sprintf("%x", sha256.Sum256(c.lab.saml.keys.next().der)))
		}},
		{Name: "CERT011", Title: "the connection holds an older certificate of the same key", Connection: pasted(func(l *Lab) string { return l.saml.keys.renewed().pem() })},
		{Name: "CERT012", Title: "the fingerprint in the connection is SHA-1", Connection: print(func(der []byte) string { return fmt.Sprintf("%x", sha1.Sum(der)) })},
		{Name: "CERT012-length", Title: "the fingerprint in the connection lacks a digit", Connection: print(func(der []byte) string { return fmt.Sprintf("%x", sha256.Sum256(der))[:63] })},
		{Name: "CERT012-colons", Title: "the fingerprint in the connection has colons", Connection: print(func(der []byte) string {
			sum := sha256.Sum256(der)
			return strings.ReplaceAll(strings.TrimSpace(fmt.Sprintf("% X", sum[:])), " ", ":")
		})},
		{Name: "CERT013", Title: "the connection holds the encryption certificate", Connection: pasted(func(l *Lab) string { return l.saml.keys.cipher().pem() })},
		{Name: "CERT013-tls", Title: "the connection holds the certificate of the web server", Connection: pasted(func(l *Lab) string { return keyPair{der: l.leaf}.pem() })},
		{Name: "CERT014", Title: "the connection holds the certificate of the CA", set: byIssuer, Connection: pasted(func(l *Lab) string { return l.saml.keys.ca.pem() })},
		{Name: "CERT014-chain", Title: "the connection holds the whole chain", set: byIssuer, Connection: pasted(func(l *Lab) string { return chain(l.saml.keys.sign, l.saml.keys.ca) })},
		{Name: "CERT015", Title: "a private key stands in the field of the certificate", Connection: pasted(func(l *Lab) string { return l.saml.keys.partner().privatePEM() })},
		{Name: "CERT016", Title: "the SP's private key does not belong to its certificate", Connection: func(c *Conn) {
			c.SAML.Set("sp_private_key", "env:"+SPKeyEnv)
			c.SAML.Set("sp_certificate", c.lab.saml.keys.next().pem())
		}},
	}
}

// disagreementFaults are those of connections that say something else than the metadata that they name.
func disagreementFaults() []Fault {
	return []Fault{
		{Name: "CFG003", Title: "the connection and the metadata name different entity IDs", Connection: func(c *Conn) { c.SAML.Set("idp_entity_id", "https://login.lab.example/lab") }},
		{Name: "CFG003-slash", Title: "the entity ID in the connection ends in a slash", Connection: func(c *Conn) { c.SAML.Set("idp_entity_id", c.lab.EntityID+"/") }},
		{Name: "CFG003-sso", Title: "the connection and the metadata name different SSO URLs", set: func(b *behaviour) {
			b.saml.aliases = map[string]string{"/saml2/sso": pageSSO}
		}, Connection: func(c *Conn) { c.SAML.Set("sso_url", c.lab.site.url("/saml2/sso")) }},
		{Name: "CFG003-certificate", Title: "the connection and the metadata have different certificates", Connection: func(c *Conn) { c.SAML.Set("certificate", c.lab.saml.keys.next().pem()) }},
	}
}
