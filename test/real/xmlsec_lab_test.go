package real_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// labDocument is one document that a lab makes.
type labDocument struct {
	what string
	doc  []byte
}

// fromLab gives what the lab of a fault publishes and sends; "" is the healthy one.
func fromLab(t *testing.T, fault string, each func(l *lab.Lab, docs []labDocument)) {
	t.Helper()
	l, err := lab.Start(lab.Options{Protocol: "saml", Fault: fault})
	if err != nil {
		t.Fatalf("the lab of %q: %v", fault, err)
	}
	defer l.Close()
	in := lab.ResponseOptions{InResponseTo: "_request"}
	each(l, []labDocument{{"response", l.Response(in)}, {"passive response", l.PassiveResponse(in)}, {"metadata", l.SAMLMetadata()}, {"SP's metadata", l.SPMetadata()}})
}

// labFaults lists the faults of the SAML side, the healthy lab first.
func labFaults() []string {
	out := []string{""}
	for _, f := range lab.Faults() {
		if f.Protocol == "saml" {
			out = append(out, f.Name)
		}
	}
	return out
}

// lab adds the documents of the lab in which there is a signature, for a receiver that holds the key of the metadata: all of a
// fault, but those in which nothing can differ from the healthy lab.
func (m *maker) lab() {
	for _, fault := range labFaults() {
		fromLab(m.t, fault, func(l *lab.Lab, docs []labDocument) {
			key := m.o.labSigner(m.t, l)
			for _, d := range docs {
				if strings.Contains(string(d.doc), "Signature") && concerns(fault, d.what) {
					m.add(variant{group: "lab", name: strings.TrimPrefix(fault+", "+d.what, ", "), doc: d.doc, key: key})
				}
			}
		})
	}
}

// concerns reports whether a fault of that area may show in a kind of document.
func concerns(fault, what string) bool {
	switch strings.TrimRight(strings.SplitN(fault, "-", 2)[0], "0123456789") {
	case "MD":
		return what == "metadata" || what == "SP's metadata"
	case "RSP", "AST", "ENC":
		return what == "response"
	case "REQ", "NET", "AUTHZ":
		return false
	case "CERT", "CFG":
		return what != "passive response"
	}
	return true
}

// labSigner is the certificate that the healthy part of a lab signs with: the first of its metadata that can be read; nil when none can.
func (o *oracle) labSigner(t *testing.T, l *lab.Lab) *signer {
	t.Helper()
	doc, err := xmltree.Parse("", l.SAMLMetadata())
	if err != nil {
		return nil
	}
	var found *signer
	doc.Root.Walk(func(e *xmltree.Element) bool {
		if e.Is(xmlsig.DSig, "Signature") { // the metadata's own
			return false
		}
		if der := decoded(e.Text()); found == nil && e.Is(xmlsig.DSig, "X509Certificate") && der != nil {
			if c, err := x509.ParseCertificate(der); err == nil {
				public := o.write(t, fmt.Sprintf("lab-%x.pem", sha256.Sum256(der)), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
				found = &signer{cert: c, trusted: xmlsig.Key{Cert: c, Public: c.PublicKey, Raw: der}, public: []string{"--pubkey-cert-pem", public}}
			}
		}
		return true
	})
	return found
}

// decoded reads base64 with white space in it, nil for anything else.
func decoded(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return nil
	}
	return b
}
