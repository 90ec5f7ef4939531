// Package xmlsig computes the XML signatures and decrypts the encrypted parts of SAML documents, and makes both. It judges nothing:
// every signature is computed to its end, digests and signature value each for themselves, with every key that is known, so that
// rules can tell an altered document from a wrong certificate. It does no I/O and has no clock; whether a certificate is still
// valid is not its matter.
package xmlsig

import (
	"crypto"
	"crypto/x509"
)

// Key is one key that signatures may be verified with. Cert is nil for a bare public key; Raw is the certificate's DER form.
type Key struct {
	Cert   *x509.Certificate
	Public crypto.PublicKey
	Raw    []byte
}

// Trust is what the receiver knows about the signer's keys: those that it was configured with, and those of the metadata.
type Trust struct{ Configured, Metadata []Key }

// State is what came of a computation.
type State string

const (
	Good        State = "good"         // the digest is the same; the value verifies with a key that is known or embedded
	Bad         State = "bad"          // the digest differs; no key at hand verifies the value
	NotComputed State = "not_computed" // Problem says why
)

// Where the key came from that verifies a signature value.
const (
	ByConfigured = "configured"
	ByMetadata   = "metadata"
	ByEmbedded   = "embedded" // only by what the signature brings itself: proves that it is whole, not who made it
)

// Signature is what was found out about one signature: a ds:Signature, or that of a query string (SAML 2.0 Bindings §3.4.4.1),
// which has neither a Path nor references.
type Signature struct {
	Path       string      `json:"path,omitempty"` // of the ds:Signature, as xmltree names elements
	Method     string      `json:"method,omitempty"`
	Canonical  string      `json:"canonicalization,omitempty"` // of SignedInfo
	References []Reference `json:"references,omitempty"`
	KeyInfo    []string    `json:"key_info,omitempty"` // names of the parts of ds:KeyInfo, in order: X509Data, KeyValue, KeyName ...
	Embedded   [][]byte    `json:"embedded,omitempty"` // DER of the certificates in ds:KeyInfo
	State      State       `json:"state"`              // of the signature value alone; see Intact
	By         string      `json:"by,omitempty"`       // where the key came from, when State is Good; a configured one is named before one of the metadata
	Key        []byte      `json:"key,omitempty"`      // DER of the certificate with that key; empty for a bare key
	Bits       int         `json:"bits,omitempty"`     // how long that key is; of RSA, DSA and ECDSA alike
	Altered    string      `json:"altered,omitempty"`  // when State is Bad: the one change that makes it verify, for people
	Problem    string      `json:"problem,omitempty"`  // why it was not computed, for people
}

// Reference is what was found out about one ds:Reference.
type Reference struct {
	URI        string   `json:"uri"`
	Target     string   `json:"target,omitempty"`  // path of the element that it names; "/" for the whole document
	Matches    int      `json:"matches,omitempty"` // how many elements carry that ID; more than one lets receivers disagree
	Transforms []string `json:"transforms,omitempty"`
	Digest     string   `json:"digest_method,omitempty"`
	State      State    `json:"state"`
	Altered    string   `json:"altered,omitempty"` // when State is Bad: the one change that makes the digest match, for people
	Problem    string   `json:"problem,omitempty"`
}

// Digests is the state of all references together: Bad when one differs, NotComputed when one was not computed or there is none.
func (s Signature) Digests() State {
	out := Good
	if len(s.References) == 0 {
		out = NotComputed
	}
	for _, r := range s.References {
		switch {
		case r.State == Bad:
			return Bad
		case r.State == NotComputed:
			out = NotComputed
		}
	}
	return out
}

// Intact reports whether the value and, of a ds:Signature, all digests are good, by whatever key.
func (s Signature) Intact() bool {
	return s.State == Good && (s.Path == "" || s.Digests() == Good)
}

// Trusted reports whether the signature is intact by a key that the receiver knows, not only by the one that it brings itself.
func (s Signature) Trusted() bool {
	return s.Intact() && (s.By == ByConfigured || s.By == ByMetadata)
}

// Covers reports whether an intact signature covers the element of that path: the one that a reference names, what is in it, or,
// of a reference to the whole document, everything. What the enveloped transform takes out is the signature itself only.
func (s Signature) Covers(path string) bool {
	if !s.Intact() {
		return false
	}
	for _, r := range s.References {
		if r.Target == "/" || r.Target == path || len(path) > len(r.Target) && path[:len(r.Target)] == r.Target && path[len(r.Target)] == '/' {
			return true
		}
	}
	return false
}
