package lab

import (
	"encoding/base64"
	"net/url"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// sentChange is what can be wrong with the request that the lab's SP sends.
type sentChange struct {
	change func(r *elem, l *Lab)     // before it is encoded
	text   func(s string) string     // before it is deflated
	sealed bool                      // an XML signature is put into it
	plain  bool                      // it is not deflated
	method string                    // the query is signed with this method; empty: it is not signed
	relay  func(state string) string // RelayState in place of the one that is asked for
	query  func(query string) string // the whole query, behind the signature's back
}

// Request is the address that the lab's SP sends a browser to: its AuthnRequest by HTTP-Redirect (SAML Bindings section 3.4), with
// the fault's changes, for messages that are judged without a login. relayState may be empty. A lab that speaks no SAML gives "".
func (l *Lab) Request(relayState string) string {
	if l.saml == nil {
		return ""
	}
	c := l.b.saml.sent
	raw := l.RequestXML()
	if !c.plain {
		raw = deflated(raw)
	}
	if c.relay != nil {
		relayState = c.relay(relayState)
	}
	message := base64.StdEncoding.EncodeToString(raw)
	values := url.Values{"SAMLRequest": {message}} // encoded in alphabetical order: the message first
	relay := &relayState
	if relayState == "" {
		relay = nil
	} else {
		values.Set("RelayState", relayState)
	}
	query := values.Encode()
	if c.method != "" {
		var err error
		if query, err = xmlsig.SignQuery("SAMLRequest", message, relay, l.saml.keys.partner().key, c.method); err != nil {
			panic(err) // an RSA key and a method of it
		}
	}
	if c.query != nil {
		query = c.query(query)
	}
	return l.SSOURL + "?" + query
}

// RequestXML is the AuthnRequest of Request before it is encoded (SAML Core section 3.4.1); its IssueInstant is the lab's clock. A
// lab that speaks no SAML gives nil.
func (l *Lab) RequestXML() []byte {
	if l.saml == nil {
		return nil
	}
	c := l.b.saml.sent
	r := el("samlp:AuthnRequest", attr{"xmlns:samlp", nsProtocol}, attr{"xmlns:saml", nsAssertion}, attr{"ID", "_" + token(20)}, attr{"Version", "2.0"},
		attr{"IssueInstant", instant(l.now())}, attr{"Destination", l.SSOURL}, attr{"AssertionConsumerServiceURL", l.ACSURL}, attr{"ProtocolBinding", bindingPost},
		el("saml:Issuer", l.SPEntityID), el("samlp:NameIDPolicy", attr{"AllowCreate", "true"}))
	if c.change != nil {
		c.change(r, l)
	}
	text := r.compact()
	if c.sealed {
		partner := l.saml.keys.partner()
		signed, err := xmlsig.Sign([]byte(text), r.get("ID"), xmlsig.SignOptions{Key: partner.key, Certs: [][]byte{partner.der}})
		if err != nil {
			panic(err) // an element with an ID and an RSA key
		}
		text = string(signed)
	}
	if c.text != nil {
		text = c.text(text)
	}
	return []byte(text)
}
