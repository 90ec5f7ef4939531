package samlrules

import (
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// held is one certificate that is judged, wherever it stands.
type held struct {
	cert.Cert
	c       *check.Case
	what    string // how a sentence calls it: "the certificate", "the encryption certificate of the metadata"
	where   report.Location
	related []report.Location // where else the same one stands
	vital   bool              // the SP verifies logins with it
	spare   bool              // another one that is valid now stands beside it
	key     string            // of the connection that takes it; "" for one in metadata
}

// certificates gives every certificate once: those that the connection names or holds, then those of metadata.
func certificates(c *check.Case) []held {
	var out []held
	add := func(h held) {
		if i := slices.IndexFunc(out, func(o held) bool { return string(o.DER) == string(h.DER) }); i >= 0 {
			out[i].related = append(out[i].related, h.where)
			out[i].vital = out[i].vital || h.vital
			return
		}
		h.c = c
		out = append(out, h)
	}
	for _, f := range c.Certs {
		for _, k := range mdSigners(f.Text) {
			add(held{Cert: k, what: mdCalled(f.Path), where: certPlace(c, f, &k), vital: f.Path == "" || f.Path == "saml/certificate", key: f.Path})
		}
	}
	for _, d := range metadocs(c, ofEither) {
		for _, k := range mdKeys(d.role, "") {
			for _, one := range k.Text.Certs[:min(1, len(k.Text.Certs))] {
				what := "the signing certificate of the metadata"
				if k.Use == "encryption" {
					what = "the encryption certificate of the metadata"
				}
				add(held{Cert: one, what: what, where: c.InXML(d.kind, k.Element, ""), vital: k.Use != "encryption" && d.isIdP()})
			}
		}
	}
	for i := range out {
		out[i].spare = out[i].key == "" && slices.ContainsFunc(out, func(o held) bool {
			return o.vital && o.key == "" && string(o.DER) != string(out[i].DER) && !mdNow(c).Before(o.NotBefore) && !mdNow(c).After(o.Expiry)
		})
	}
	return out
}

// mdSigners leaves out the authorities of a chain.
func mdSigners(t cert.Text) []cert.Cert {
	if leaf, chain := t.Leaf(); chain {
		return []cert.Cert{*leaf}
	}
	return t.Certs
}

func mdCalled(path string) string {
	switch path {
	case "saml/sp_certificate":
		return "the SP's certificate"
	case "saml/metadata_signing_certificate":
		return "the certificate of the metadata's signer"
	}
	return "the certificate"
}

// certPlace is where a certificate stands: its line in its file, else the key of the connection.
func certPlace(c *check.Case, f check.Cert, k *cert.Cert) report.Location {
	if f.Inline && c.Config != nil {
		return c.Config.Pos(f.Path)
	}
	line := 1
	if k == nil && len(f.Text.Certs) > 0 {
		k = &f.Text.Certs[0]
	}
	if k != nil {
		line = k.Line
	}
	return report.Location{File: f.Name, Line: line, Col: 1}
}

// onCerts makes a rule that judges certificates one by one.
func onCerts(r check.Rule, judge func(held) *report.Finding) check.Rule {
	r.Protocol = config.SAML
	r.AnyOf = []evidence.Kind{evidence.SAMLCerts, evidence.SAMLMetadata, evidence.SPMetadata}
	r.Uses = append(r.Uses, []evidence.Kind{evidence.Config}...)
	r.Decides = func(c *check.Case) string {
		if len(certificates(c)) == 0 {
			return "no certificate that can be read"
		}
		return ""
	}
	r.Check = func(c *check.Case) []report.Finding {
		var out []report.Finding
		for _, h := range certificates(c) {
			if f := judge(h); f != nil {
				f.Where, f.Related = h.where, append(f.Related, h.related...)
				if len(f.Fix) == 0 {
					f.Fix = h.renew("make a new one")
				}
				out = append(out, *f)
			}
		}
		return out
	}
	return r
}

// renew gives the steps that put another certificate in this one's place.
func (h held) renew(do string) []string {
	switch h.key {
	case "saml/sp_certificate":
		return append(h.c.IfAtSP(do+" and its key", "sp_private_key"), h.c.AtIdP("upload the SP's new certificate", "encryption", "signature"))
	case "saml/metadata_signing_certificate":
		return []string{"take the certificate that the metadata's publisher signs with now"}
	}
	if h.c.Config == nil && h.c.SPEntity != nil {
		return []string{h.c.AtSP(do+" and publish it in the metadata", "sp_metadata")}
	}
	steps := []string{h.c.AtIdP(do, "certificate")}
	if h.c.Config != nil && h.vital {
		steps = append(steps, h.c.IfAtSP("paste the new certificate, when the IdP changes over", "certificate")...)
	}
	return steps
}

// say begins a finding about the certificate.
func (h held) say(got, want, format string, args ...any) *report.Finding {
	return &report.Finding{Got: got, Want: want, Message: fmt.Sprintf("%s %q %s", h.what, h.Name(), fmt.Sprintf(format, args...))}
}

// lesser lowers a finding about a certificate that logins do not depend on.
func (h held) lesser(f *report.Finding) *report.Finding {
	if !h.vital || h.spare {
		f.Severity = report.Warning
	}
	return f
}

// mdSelfSigned goes by the names; nobody verifies that signature.
func mdSelfSigned(c *x509.Certificate) bool { return string(c.RawIssuer) == string(c.RawSubject) }

// mdOnlySigns reports whether the key may sign certificates and lists, and nothing else.
func mdOnlySigns(c *x509.Certificate) bool {
	const authority = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return c.KeyUsage&authority != 0 && c.KeyUsage&^authority == 0
}

// mdServes reports whether a certificate is made for a web server: it says so, and an authority issued it.
func mdServes(c *x509.Certificate) bool {
	return !mdSelfSigned(c) && len(c.DNSNames) > 0 && slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
}
