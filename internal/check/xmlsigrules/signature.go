package xmlsigrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// References that several rules share.
const (
	refProfile   = "SAML 2.0 Profiles §4.1.4.5"
	refSignature = "SAML 2.0 Core §5.4"
	refReference = "SAML 2.0 Core §5.4.2"
)

// signature is one ds:Signature of a response, and what became of it.
type signature struct {
	c *check.Case
	m *check.Message
	s *xmlsig.Signature
	e *xmltree.Element // the ds:Signature; never nil
}

// responses lists the responses that were pasted, recorded or probed. Requests are signed by the SP, whose key nobody compares here.
func responses(c *check.Case) []*check.Message {
	return slices.DeleteFunc(slices.Concat(c.Messages, c.Probed), func(m *check.Message) bool { return m.Response == nil })
}

// signatures lists those of all responses, in document order.
func signatures(c *check.Case) []signature {
	var out []signature
	for _, m := range responses(c) {
		for i := range m.Signatures {
			s := &m.Signatures[i]
			if e := m.Doc.At(s.Path); e.Is(samldoc.DSig, "Signature") {
				out = append(out, signature{c, m, s, e})
			}
		}
	}
	return out
}

// finding is one about the signature, or an element or attribute in it.
func (x signature) finding(e *xmltree.Element, attr, format string, args ...any) report.Finding {
	return report.Finding{Where: x.m.In(e, attr), Message: fmt.Sprintf(format, args...)}
}

// signs names what the signature is put on, for sentences: "assertion", "response".
func (x signature) signs() string {
	if x.e.Parent == nil {
		return "document"
	}
	return strings.ToLower(x.e.Parent.Local)
}

// info is SignedInfo; reference the n-th ds:Reference in it.
func (x signature) info() *xmltree.Element { return x.e.Child(samldoc.DSig, "SignedInfo") }

func (x signature) reference(n int) *xmltree.Element {
	if all := x.info().All(samldoc.DSig, "Reference"); n < len(all) {
		return all[n]
	}
	return x.e
}

// onSignature makes a rule that judges each signature of a response. Findings that differ in their place only are told once a message.
func onSignature(r check.Rule, lacks func(signature) string, judge func(signature) []report.Finding) check.Rule {
	if r.Severity == report.Error { // what the SP then answers follows from it
		r.Explains = append(slices.Clip(r.Explains), "RSP021")
	}
	find := func(c *check.Case) []report.Finding {
		var out []report.Finding
		told := map[string]int{}
		for _, x := range signatures(c) {
			for _, f := range judge(x) {
				key := fmt.Sprintf("%p %s %s", x.m, f.Message, f.Got)
				if at, again := told[key]; again {
					out[at].Related = append(out[at].Related, f.Where)
					continue
				}
				told[key] = len(out)
				out = append(out, f)
			}
		}
		return out
	}
	applies := r.Applies
	r.Applies = func(c *check.Case) bool { // an assertion without a signature is SIG001's
		return (len(carriers(c)) == 0 || len(signatures(c)) > 0) && (applies == nil || applies(c))
	}
	return ofMessages(r, func(c *check.Case) string {
		all := signatures(c)
		if len(all) == 0 {
			return "no message carries a signature"
		}
		if lacks == nil || len(find(c)) > 0 {
			return ""
		}
		reason := ""
		for _, x := range all {
			if reason = lacks(x); reason == "" {
				return ""
			}
		}
		return reason
	}, find)
}

// ofMessages completes a rule that reads messages.
func ofMessages(r check.Rule, decides func(*check.Case) string, find func(*check.Case) []report.Finding) check.Rule {
	r.Protocol = config.SAML
	r.AnyOf = []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}
	r.Uses = append(r.Uses, []evidence.Kind{evidence.Config}...)
	if r.Severity == report.Error {
		r.Explains = append(r.Explains, "RSP021") // what the SP answers follows from it
	}
	r.Decides, r.Check = decides, find
	return r
}

// keys are the certificates that the SP knows: those of its own field, and those of the IdP's metadata.
type keys struct {
	field, metadata []cert.Cert
	fieldPath       string // where the connection file states the certificate; "" when it does not
}

// known collects the certificates that signatures are compared with.
func known(c *check.Case) keys {
	var k keys
	if c.Certs == nil && c.Metadata == nil {
		return k
	}
	configured, metadata := c.Signing()
	for _, f := range configured {
		k.field = append(k.field, f.Text.Certs...)
	}
	for _, m := range metadata {
		k.metadata = append(k.metadata, m.Text.Certs...)
	}
	if c.Config != nil && c.Config.Stated("saml/certificate") {
		k.fieldPath = "saml/certificate"
	}
	return k
}

func (k keys) none() bool { return len(k.field)+len(k.metadata) == 0 }

// held gives the certificates that count at the SP: the field's, else the metadata's. Where the product lets stored metadata win, the
// metadata's.
func (k keys) held(c *check.Case) []cert.Cert {
	if len(k.field) == 0 || k.metadataCounts(c) {
		return k.metadata
	}
	return k.field
}

// metadataCounts reports whether the SP goes by the stored metadata although a certificate was entered too.
func (k keys) metadataCounts(c *check.Case) bool {
	return c.Config != nil && c.SP.SAML != nil && c.SP.SAML.MetadataWins.V && c.SP.SAML.MetadataWins.Certain() && c.Config.Stated("saml/idp_metadata") && len(k.metadata) > 0
}

// among finds a certificate by its DER form.
func among(all []cert.Cert, der []byte) *cert.Cert {
	for i := range all {
		if string(all[i].DER) == string(der) {
			return &all[i]
		}
	}
	return nil
}

// named cites a certificate; what was not parsed elsewhere is parsed here.
func named(der []byte) cert.Cert {
	if t := cert.Parse(der); len(t.Certs) > 0 {
		return t.Certs[0]
	}
	return cert.Cert{DER: der}
}

// paste is the step that brings a certificate to the SP.
func paste(c *check.Case, k cert.Cert) []string {
	return []string{
		c.AtIdP("copy the signing certificate, and see that its SHA-256 fingerprint is "+cert.Fingerprint(k.DER), "certificate", "metadata"),
		c.AtSP("paste it", "certificate"),
	}
}
