package lab

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"
)

// tlsFaults are those of the handshake and its certificates.
func tlsFaults() []Fault {
	return []Fault{
		{Name: "NET003", Title: "the certificate comes from a CA that nobody trusts", set: func(b *behaviour) { b.wire.chain = chainStranger }},
		{Name: "NET003-selfsigned", Title: "the certificate signed itself", set: func(b *behaviour) { b.wire.chain = chainSelfSigned }},
		{Name: "NET003-plain", Title: "the https port speaks plain HTTP", set: func(b *behaviour) { b.wire.listen = listenWrong }},
		{Name: "NET003-alert", Title: "the server ends the handshake with an alert", set: handshake(func(*tls.ClientHelloInfo, *tls.Config) (*tls.Config, error) {
			return nil, errors.New("no such host here")
		})},
		{Name: "NET004", Title: "the certificate names another host", set: leaf(func(c *x509.Certificate, _ time.Time) { c.DNSNames = []string{"other.lab.example"} })},
		{Name: "NET004-wildcard", Title: "the wildcard of the certificate is one level too high", set: leaf(func(c *x509.Certificate, _ time.Time) { c.DNSNames = []string{"*.example"} })},
		{Name: "NET004-cn", Title: "the certificate names the host only in its CN", set: leaf(func(c *x509.Certificate, _ time.Time) { c.DNSNames = nil })},
		{Name: "NET005", Title: "the certificate expired two days ago", set: expires(-48 * time.Hour)},
		{Name: "NET005-5d", Title: "the certificate expires in five days", set: expires(5 * 24 * time.Hour)},
		{Name: "NET005-20d", Title: "the certificate expires in twenty days", set: expires(20 * 24 * time.Hour)},
		{Name: "NET006", Title: "the intermediate certificate is not sent", set: func(b *behaviour) { b.wire.chain = chainLeafOnly }},
		{Name: "NET007", Title: "TLS 1.0 and 1.1 are accepted as well", set: handshake(oldToo)},
		{Name: "NET008", Title: "TLS 1.3 is not offered", set: func(b *behaviour) { b.wire.tls = func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 } }},
		{Name: "NET009", Title: "TLS 1.2 is chosen although both sides have 1.3", set: handshake(preferOlder)},
		{Name: "NET010", Title: "TLS 1.2 is offered with a CBC suite", set: func(b *behaviour) {
			b.wire.tls = func(c *tls.Config) { c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA} }
		}},
		{Name: "NET011", Title: "the certificate was made by a TLS-inspecting proxy", set: func(b *behaviour) { b.wire.chain = chainInspection }},
	}
}

func leaf(change func(*x509.Certificate, time.Time)) func(*behaviour) {
	return func(b *behaviour) { b.wire.leaf = change }
}

// expires makes a certificate that ends d after now, an hour later so that whole days are counted the same all through a run.
func expires(d time.Duration) func(*behaviour) {
	return leaf(func(c *x509.Certificate, now time.Time) {
		c.NotBefore, c.NotAfter = now.AddDate(0, -3, 0), now.Add(d+time.Hour)
	})
}

// handshake lets choose decide on the configuration for each client, from the ordinary one.
func handshake(choose func(*tls.ClientHelloInfo, *tls.Config) (*tls.Config, error)) func(*behaviour) {
	return func(b *behaviour) {
		b.wire.tls = func(c *tls.Config) {
			ordinary := c.Clone()
			c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) { return choose(h, ordinary) }
		}
	}
}

// offers says whether the client can do a version.
func offers(h *tls.ClientHelloInfo, version uint16) bool {
	for _, v := range h.SupportedVersions {
		if v == version {
			return true
		}
	}
	return false
}

// oldToo serves old clients with the suites that they know; clients that can do TLS 1.2 see no difference.
func oldToo(h *tls.ClientHelloInfo, ordinary *tls.Config) (*tls.Config, error) {
	if offers(h, tls.VersionTLS12) || offers(h, tls.VersionTLS13) {
		return ordinary, nil
	}
	old := ordinary.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	old.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}
	return old, nil
}

// preferOlder falls back to TLS 1.2 whenever the client allows it.
func preferOlder(h *tls.ClientHelloInfo, ordinary *tls.Config) (*tls.Config, error) {
	if !offers(h, tls.VersionTLS12) {
		return ordinary, nil
	}
	older := ordinary.Clone()
	older.MaxVersion = tls.VersionTLS12
	return older, nil
}
