package probe

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Examine makes evidence of a SAML message that was opened: it decrypts what keys can decrypt and notes what becomes of every
// signature. Both must happen before anything is redacted.
func Examine(d unwrap.Document, trust xmlsig.Trust, keys []*rsa.PrivateKey) evidence.Message {
	m := evidence.Message{Wire: wire(d), Name: d.Name, Binding: d.Binding, Method: d.Method, To: d.URL, RelayState: d.RelayState, Layers: d.Layers, Notes: d.Notes,
		Sent: d.Sent, Size: len(d.Data), XML: d.Data}
	if d.Form != nil {
		m.Form = &evidence.Form{Action: d.Form.Action, Method: d.Form.Method, Fields: d.Form.Fields}
	}
	if a := d.Answer; a != nil {
		m.Answer = &evidence.Exchange{Method: d.Method, URL: d.URL, Status: a.Status, Header: map[string][]string{"Location": {a.Location}, "Content-Type": {a.Type}}, Body: []byte(a.Page)}
	}
	if d.Kind == unwrap.KindUndecodable {
		m.XML, m.Problem = nil, "the value is neither base64 nor XML"
		return m
	}
	doc, err := xmltree.Parse("", d.Data)
	if err != nil {
		return m
	}
	if m.Query = xmlsig.VerifyQuery(d.Query, trust); m.Query != nil && strings.Contains(d.Query, "Signature=redacted-") {
		m.Query.State, m.Query.Problem = xmlsig.NotComputed, evidence.SignatureRemoved
	}
	opened, sigs, encs, err := xmlsig.Open(doc, trust, keys)
	m.Signatures, m.Decrypted = sigs, encs
	for i := range m.Signatures {
		s := &m.Signatures[i]
		if e := doc.At(s.Path); e != nil && evidence.Redacted(strings.TrimSpace(e.Child(samldoc.DSig, "SignatureValue").Value())) {
			s.State, s.Problem = xmlsig.NotComputed, evidence.SignatureRemoved
			for n := range s.References {
				s.References[n].State, s.References[n].Altered = xmlsig.NotComputed, ""
			}
		}
	}
	if err == nil && opened != doc {
		m.XML = opened.Raw
	}
	return m
}

// Answer reads the SAML response that an exchange brought: in the form that a browser would post, or in the address of a redirect.
func Answer(ex evidence.Exchange, trust xmlsig.Trust) (evidence.Message, bool) {
	text := []byte(ex.Head("Location"))
	if !bytes.Contains(text, []byte("SAMLResponse=")) {
		text = ex.Body
	}
	if !bytes.Contains(text, []byte("SAMLResponse")) {
		return evidence.Message{}, false
	}
	found, err := unwrap.Open("", text)
	if err != nil {
		return evidence.Message{}, false
	}
	for _, d := range found {
		if d.Name == "SAMLResponse" {
			m := Examine(d, trust, nil)
			m.Sent = ex.At
			return m, true
		}
	}
	return evidence.Message{}, false
}

// wire is the size of the message as it travelled: of the address for the HTTP-Redirect binding, else of the base64 text.
func wire(d unwrap.Document) int {
	if d.Binding == unwrap.Redirect {
		return len(d.URL)
	}
	return base64.StdEncoding.EncodedLen(len(d.Data))
}

// IsMessage reports whether a document is one that Examine is for.
func IsMessage(d unwrap.Document) bool {
	return strings.HasPrefix(d.Kind, "saml.") && d.Kind != unwrap.KindMetadata && d.Kind != unwrap.KindArtifact
}
