package lab

import (
	"cmp"
	"crypto"
	"crypto/x509"
	"fmt"
	"sync"
	"time"
)

// Identifiers of SAML 2.0 (Core section 8, Bindings section 3, Authentication Context section 3.4).
const (
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"

	bindingRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	bindingPost     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"

	formatEmail       = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	formatUnspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
	formatPersistent  = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	formatTransient   = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	formatEntity      = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"

	statusPrefix  = "urn:oasis:names:tc:SAML:2.0:status:"
	attrBasic     = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
	methodBearer  = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
	classPassword = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
)

// The SP of a SAML lab: what Connection writes and what is registered.
const (
	spEntity = "urn:lab:app"
	spACS    = "https://app.lab.example/saml/acs"
	spLogout = "https://app.lab.example/saml/slo"
)

// SPKeyEnv is the environment variable that the connection file of Connection names for the SP's private key, where a fault
// needs one.
const SPKeyEnv = "SSOCTL_LAB_SP_KEY"

// samlSide is what a lab has beside OpenID Connect when it speaks SAML.
type samlSide struct {
	entityID, metadataURL, ssoURL string // as an admin would enter them
	acs                           string // the ACS that is registered
	keys                          samlKeys
	metadata                      []byte
	spMetadata                    func() []byte
}

// samlChange is all that a fault can change of the SAML side.
type samlChange struct {
	entity func(string) string // how the identity provider calls itself, everywhere alike
	keys   samlKeyChange
	// Of the metadata: its tree before it is signed, its text afterwards, its answer, its signature.
	tree    func(md *elem, l *Lab)
	text    func(text string, l *Lab) string
	answer  answer
	mdSign  *seal // nil: as healthy
	aliases map[string]string
	sp      func(md *elem, l *Lab) // of the SP's metadata

	spEntity string // the SP's entity ID, in place of the usual one
	spACS    string // the SP's ACS, in place of the usual one
	request  requestChange
	message  messageChange
	sent     sentChange
}

// samlKeyChange is what can be wrong with the signing key and its certificate.
type samlKeyChange struct {
	sign   func() (crypto.Signer, error)
	cert   func(*x509.Certificate, time.Time)
	issued bool                   // by a CA
	shown  func() ([]byte, error) // public key (SubjectPublicKeyInfo) that the certificate has in place of the real one
}

// requestChange is what can be wrong at the single sign-on endpoint.
type requestChange struct {
	registered   string // ACS that is registered in place of the SP's
	signed       bool   // requests without a signature are refused
	silent       bool   // another ACS than the registered one is no reason to refuse: the answer goes to the registered one
	noPost       bool
	noRedirect   bool
	formats      []string // NameID formats that are given, in place of all
	passiveShown bool     // IsPassive is not looked at: the login page is shown
}

// prepareSAML makes all that a SAML lab publishes. The lab's address is known by then.
func (l *Lab) prepareSAML() error {
	c := l.b.saml
	l.SPEntityID, l.ACSURL = cmp.Or(c.spEntity, spEntity), cmp.Or(c.spACS, spACS)
	s := &samlSide{entityID: l.site.url(pageSAMLMetadata), metadataURL: l.site.url(pageSAMLMetadata), ssoURL: l.site.url(pageSSO), acs: l.ACSURL}
	if c.entity != nil {
		s.entityID = c.entity(s.entityID)
	}
	if c.request.registered != "" || c.request.silent {
		s.acs = c.request.registered
	}
	var err error
	if s.keys, err = newSAMLKeys(l.now(), c.keys); err != nil {
		return fmt.Errorf("make the keys of the SAML side: %w", err)
	}
	l.saml = s
	l.EntityID, l.MetadataURL, l.SSOURL = s.entityID, s.metadataURL, s.ssoURL
	if s.metadata, err = l.makeMetadata(); err != nil {
		return fmt.Errorf("make the SAML metadata: %w", err)
	}
	s.spMetadata = sync.OnceValue(l.makeSPMetadata)
	return nil
}

// SAMLMetadata is the identity provider's metadata as it is served, nil when the lab speaks no SAML.
func (l *Lab) SAMLMetadata() []byte {
	if l.saml == nil {
		return nil
	}
	return append([]byte(nil), l.saml.metadata...)
}

// SPMetadata is the metadata of the lab's SP, unsigned; nil when the lab speaks no SAML.
func (l *Lab) SPMetadata() []byte {
	if l.saml == nil {
		return nil
	}
	return append([]byte(nil), l.saml.spMetadata()...)
}

// SPKeys is the SP's key pair, PEM: it signs requests and reads encrypted assertions with it. Empty when the lab speaks no SAML.
func (l *Lab) SPKeys() (private, certificate string) {
	if l.saml == nil {
		return "", ""
	}
	pair := l.saml.keys.partner()
	return pair.privatePEM(), pair.pem()
}
