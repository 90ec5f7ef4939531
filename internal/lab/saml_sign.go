package lab

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// seal is how an element is signed. The zero value is as healthy: with the identity provider's key, its certificate beside it.
type seal struct {
	none bool
	by   func(k *samlKeys) keyPair                // whose key; nil: the identity provider's
	part string                                   // what is signed in place of the element that takes the signature: an ID, or a name of targets
	also string                                   // what a second reference is to
	more bool                                     // a second signature is put over the first
	tune func(o *xmlsig.SignOptions, k *samlKeys) // what else is unusual
}

// The keys that a seal may be made with.
func byNext(k *samlKeys) keyPair     { return k.next() }
func byIntruder(k *samlKeys) keyPair { return k.intruder() }

// tuned is a seal with other options.
func tuned(change func(o *xmlsig.SignOptions, k *samlKeys)) seal { return seal{tune: change} }

// signXML puts a signature into the element with an ID.
func (l *Lab) signXML(text, id string, how seal) (string, error) {
	if how.none {
		return text, nil
	}
	k := &l.saml.keys
	pair := k.sign
	if how.by != nil {
		pair = how.by(k)
	}
	o := xmlsig.SignOptions{Key: pair.key, Certs: [][]byte{pair.der}}
	signed := id
	switch how.part {
	case "":
	case partWhole:
		signed, o.In = "", id
	default:
		signed, o.In = how.part, id
	}
	if how.also != "" {
		o.Also = []string{how.also}
	}
	if how.tune != nil {
		how.tune(&o, k)
	}
	out, err := xmlsig.Sign([]byte(text), signed, o)
	if err == nil && how.more {
		out, err = xmlsig.Sign(out, signed, o)
	}
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", id, err)
	}
	return string(out), nil
}

// sealMessage signs the parts of a message that are to be signed, and encrypts. The assertion comes first: the signature of the response
// covers that of the assertion.
func (l *Lab) sealMessage(m *message) (string, error) {
	c := l.b.saml.message
	text := m.root.compact()
	var err error
	if c.cover != "" && m.root.at("Assertion") != nil {
		if text, err = l.encrypt(text, c.cover, m, encryption{}); err != nil {
			return "", err
		}
	}
	for _, a := range m.root.all("Assertion") {
		if c.signs == signBoth || c.signs == signAssertion {
			if text, err = l.signXML(text, a.get("ID"), m.targets(c.assertion)); err != nil {
				return "", err
			}
		}
	}
	if c.encrypt != nil && strings.Contains(text, assertionStart) {
		if text, err = l.encrypt(text, placeAssertion, m, *c.encrypt); err != nil {
			return "", err
		}
	}
	// an error answer has no assertion, so it is the response that is signed
	if c.signs == signBoth || c.signs == signResponse || c.signs == signAssertion && m.root.at("Assertion") == nil && m.root.get("ID") != "" {
		return l.signXML(text, m.root.get("ID"), m.targets(c.response))
	}
	return text, nil
}

// What stands in a seal for IDs that are new in each message.
const (
	partAssertion = "the assertion"
	partResponse  = "the response"
	partWhole     = "the whole document" // not by its ID
)

// targets puts the IDs of the message into a seal.
func (m *message) targets(how seal) seal {
	for _, name := range []*string{&how.part, &how.also} {
		switch *name {
		case partAssertion:
			*name = m.part("").get("ID")
		case partResponse:
			*name = m.root.get("ID")
		}
	}
	return how
}

// Where the parts of a message begin and end.
const (
	assertionStart = "<saml:Assertion "
	assertionEnd   = "</saml:Assertion>"
	signatureStart = "<ds:Signature "
	signatureEnd   = "</ds:Signature>"
)

// cut takes the first stretch of a text from start to end out, both included.
func cut(text, start, end string) (before, part, after string) {
	i := strings.Index(text, start)
	if i < 0 {
		return text, "", ""
	}
	n := strings.Index(text[i:], end)
	if n < 0 {
		return text, "", ""
	}
	return text[:i], text[i : i+n+len(end)], text[i+n+len(end):]
}
