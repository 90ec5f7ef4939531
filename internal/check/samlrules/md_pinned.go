package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// What was entered by hand, against the IdP's metadata. A mismatch is told once: pinnedCode decides by which rule.
var mdPinned = []check.Rule{
	{
		Code: "CFG003", Title: "what is entered by hand and the metadata agree", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config, evidence.SAMLMetadata}, Uses: []evidence.Kind{evidence.SAMLCerts, evidence.Network},
		Explains: []string{"RSP016", "AST002", "SIG003", "SIG004", "SIG005", "SIG017", "AUTHZ031", "REQ004", "AUTHZ018"},
		Why:      "One of the two is out of date or of another IdP, and which of them the SP goes by is not said.",
		Fix:      "enter what the metadata has, or leave the fields out and let the metadata speak",
		Applies: func(c *check.Case) bool {
			s := c.Config.SAML
			return !mdGuessed(c) && (s.IdPEntityID != "" || s.SSOURL != "" || s.Certificate != "" || s.CertificateFingerprint != "")
		},
		Decides: mdNoIdPRole,
		Check: func(c *check.Case) []report.Finding {
			out := append(mdIdpMisnamed(c), mdSignOnURL(c)...)
			return append(out, pinFindings(c, "CFG003")...)
		},
	},
	mdComparison("CERT010", "the SP holds the certificate that the IdP publishes", report.Error,
		"The SP verifies responses with another certificate than the IdP signs with, and refuses them all.",
		"paste the certificate from the IdP's metadata at the SP", []string{"SIG003", "SIG004", "SIG005", "SIG017"}),
	mdComparison("CERT011", "the SP holds the IdP's certificate itself and not an older one of the same key", report.Warning,
		"The key is the same, so signatures verify; an SP that compares certificates or their fingerprints refuses the login.",
		"paste the current certificate at the SP", []string{"SIG015"}),
	mdComparison("CERT013", "the certificate is the one that the IdP signs with", report.Error,
		"The certificate belongs to another key of the IdP, or to somebody else: no response verifies with it.",
		"paste the signing certificate", []string{"SIG003", "SIG004", "SIG005", "SIG017", "CERT018", "CERT002", "CERT004"}),
	mdComparison("CERT014", "the certificate is the signer's and not an authority's", report.Error,
		"The SP takes the first certificate, or looks for the authority's signature in place of the IdP's.",
		"paste the signing certificate alone, without the certificates that issued it", []string{"SIG003", "SIG004", "SIG005", "SIG017", "CERT018"}),
	mdComparison("MD051", "the SP holds every certificate that the IdP publishes", report.Warning,
		"The IdP is about to sign with a certificate that the SP does not hold, or does so already: from that moment every login stops.",
		"paste the new certificate at the SP as well, before the IdP changes over", []string{"SIG005"}),
	onRole(check.Rule{
		Code: "MD032", Title: "the SP tries every signing certificate of the metadata", Severity: report.Info,
		Why:  "While the IdP changes its certificate, an SP that takes one only fails as soon as the other one signs.",
		Fix:  "see which certificate the IdP signs with, and that the SP holds that one",
		Refs: []string{mdRefKeys},
		Applies: func(c *check.Case) bool {
			return c.Config != nil && c.Config.SAML.Certificate == "" && c.Config.SAML.CertificateFingerprint == ""
		},
	}, ofIdP, mdSeveralKeys),
}

func mdNoIdPRole(c *check.Case) string {
	switch {
	case c.Metadata.Entity == nil:
		return "nothing says which entity of the metadata counts"
	case c.Metadata.IdP() == nil:
		return "the metadata has no " + idpRole
	}
	return ""
}

// mdComparison makes a rule that speaks when pinnedCode picks its code.
func mdComparison(code, title string, severity report.Severity, why, fix string, explains []string) check.Rule {
	return check.Rule{
		Code: code, Title: title, Severity: severity, Protocol: config.SAML, Why: why, Fix: fix, Explains: explains,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLCerts, evidence.SAMLMetadata, evidence.SAMLSSO, evidence.Network},
		Applies: func(c *check.Case) bool {
			return c.Config.SAML.Certificate != "" || c.Config.SAML.CertificateFingerprint != ""
		},
		Decides: func(c *check.Case) string {
			p := mdNewPin(c)
			alone := code == "CERT013" || code == "CERT014" // some of it the certificate shows by itself
			switch {
			case p.print == "" && !p.readable():
				return "no certificate of the connection can be read"
			case len(p.codes()) > 0 && slices.Contains(p.codes(), code):
				return ""
			case len(p.published) == 0 && !(alone && p.readable()):
				return "no certificate of the IdP's metadata to compare with"
			}
			return ""
		},
		Check: func(c *check.Case) []report.Finding { return pinFindings(c, code) },
	}
}

// pinFindings gives the finding of a code, when it is the one to be told.
func pinFindings(c *check.Case, code string) []report.Finding {
	p := mdNewPin(c)
	if !slices.Contains(p.codes(), code) {
		return nil
	}
	f := report.Finding{Where: p.where}
	switch code {
	case "CERT013":
		f = p.misplacedFinding()
	case "CERT014":
		f = p.authorityFinding()
	case "CERT011":
		f = p.renewed()
	case "MD051":
		f = p.rotation()
	default:
		f = p.another()
	}
	if len(f.Fix) == 0 {
		f.Fix = append([]string{c.AtIdP("download the signing certificate", "certificate", "metadata")}, c.IfAtSP("paste it", p.field())...)
	}
	return []report.Finding{f}
}

func (p pin) field() string {
	if p.print != "" {
		return "certificate_fingerprint"
	}
	return "certificate"
}

// names cites the published certificates.
func (p pin) names(keys []samldoc.Key) string {
	var out []string
	for _, k := range keys {
		if n := k.Text.Certs[0].Name(); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return listed(out)
}

func (p pin) related(keys []samldoc.Key) []report.Location {
	var out []report.Location
	for _, k := range keys {
		out = append(out, p.c.InXML(evidence.SAMLMetadata, k.Element, ""))
	}
	return out
}

func (p pin) misplacedFinding() report.Finding {
	leaf, what := p.leaf(), p.misplaced()
	f := report.Finding{Where: p.where, Got: cert.Fingerprint(leaf.DER), Related: p.related(p.published)}
	f.Message = fmt.Sprintf("the certificate is %q, %s", leaf.Name(), what)
	if rest, likely := strings.CutPrefix(what, "likely "); likely && len(p.published) == 0 {
		f.Severity, f.Message = report.Warning, fmt.Sprintf("likely: the certificate is %q, %s", leaf.Name(), rest)
	} else if what == "the certificate of the IdP's web server" {
		f.Severity = report.Warning // some products sign with it
	}
	if len(p.published) > 0 {
		f.Severity, f.Want = report.Default, cert.Fingerprint(p.published[0].Text.Certs[0].DER)
		f.Message += ", and not the one that the IdP signs with, " + p.names(p.published)
	}
	return f
}

func (p pin) authorityFinding() report.Finding {
	leaf := p.leaf()
	f := report.Finding{Where: p.where, Got: cert.Fingerprint(p.text.Certs[0].DER), Want: cert.Fingerprint(leaf.DER)}
	switch p.authority() {
	case "chain":
		f.Message = fmt.Sprintf("%q certificates are given, a chain: the signer's is %q, and the first is %q", fmt.Sprint(len(p.text.Certs)), leaf.Name(), p.text.Certs[0].Name())
		if string(p.text.Certs[0].DER) == string(leaf.DER) {
			f.Severity = report.Warning // what takes the first only takes the right one
			f.Message = fmt.Sprintf("%q certificates are given, a chain of which only the first is the signer's, %q", fmt.Sprint(len(p.text.Certs)), leaf.Name())
		}
		f.Fix = append(f.Fix, p.c.IfAtSP("paste the one certificate "+leaf.Name(), "certificate")...)
	case "issuer":
		f.Message = fmt.Sprintf("the certificate is %q, the authority that issued the one that the IdP signs with, %s", leaf.Name(), p.names(p.published))
		f.Want = cert.Fingerprint(p.published[0].Text.Certs[0].DER)
	default:
		f.Want = "a certificate whose key usage allows signatures"
		f.Message = fmt.Sprintf("the certificate is %q, whose key usage is %q alone: an authority's, not a signer's", leaf.Name(), "certificate signing")
	}
	return f
}

func (p pin) renewed() report.Finding {
	leaf := p.leaf()
	now := p.published[slices.IndexFunc(p.published, func(k samldoc.Key) bool { return p.sharesKey(k.Text.Certs[0]) })]
	f := report.Finding{Where: p.where, Got: cert.Fingerprint(leaf.DER), Want: cert.Fingerprint(now.Text.Certs[0].DER), Related: p.related([]samldoc.Key{now})}
	f.Message = fmt.Sprintf("the certificate is %q but the IdP publishes %q, of the same key", leaf.Name(), now.Text.Certs[0].Name())
	if s := p.c.SP.SAML; s != nil && s.EmbeddedMustMatch.V {
		f.Message += fmt.Sprintf("; %s compares the certificate inside the response byte for byte", p.c.TheSP())
		if s.EmbeddedMustMatch.Certain() {
			f.Severity = report.Error
		}
	}
	return f
}

func (p pin) rotation() report.Finding {
	next := p.unheld()
	f := report.Finding{Where: p.where, Want: cert.Fingerprint(next[0].Text.Certs[0].DER), Related: p.related(next)}
	f.Got = p.print
	held := p.c.Config.SAML.CertificateFingerprint
	if p.print == "" {
		held, f.Got = p.leaf().Name(), cert.Fingerprint(p.leaf().DER)
		if !mdNow(p.c).Before(p.leaf().Expiry) {
			f.Severity = report.Error // the one that is held has run out: the other one is in use
		}
	}
	f.Message = fmt.Sprintf("the IdP publishes the certificate %s beside the one that the SP holds, %q", p.names(next), held)
	if p.retired(next) {
		f.Severity = report.Info
		f.Message += "; it is the older one, and the IdP signs with the one that the SP holds"
	}
	f.Fix = append([]string{p.c.AtIdP("see which certificate signs, and when the other takes over", "certificate", "metadata")}, p.c.IfAtSP("hold both for the time between, or change over together with the IdP", p.field())...)
	return f
}

// retired reports whether the certificates are all older than the one that the SP holds and with which the IdP answered: they are what
// is left of a change that is over.
func (p pin) retired(keys []samldoc.Key) bool {
	if p.print != "" || slices.ContainsFunc(keys, func(k samldoc.Key) bool { return !k.Text.Certs[0].NotBefore.Before(p.leaf().NotBefore) }) {
		return false
	}
	for _, m := range p.c.Probed {
		for i := range m.Signatures {
			if s := &m.Signatures[i]; s.Trusted() && s.By == xmlsig.ByConfigured {
				return true
			}
		}
	}
	return false
}

func (p pin) another() report.Finding {
	f := report.Finding{Where: p.where, Want: cert.Fingerprint(p.published[0].Text.Certs[0].DER), Related: p.related(p.published)}
	if p.print != "" {
		f.Got = p.c.Config.SAML.CertificateFingerprint
		f.Message = fmt.Sprintf("certificate_fingerprint is %q but the IdP's metadata has %s", f.Got, p.names(p.published))
		f.Fix = append(f.Fix, p.c.IfAtSP("enter "+mdHexOf(p.published[0].Text.Certs[0].DER, len(p.print)), "certificate_fingerprint")...)
		return f
	}
	f.Got = cert.Fingerprint(p.leaf().DER)
	f.Message = fmt.Sprintf("the certificate is %q but the IdP's metadata has %s", p.leaf().Name(), p.names(p.published))
	return f
}

// mdSignOnURL compares the address of single sign-on with those of the metadata.
func mdSignOnURL(c *check.Case) []report.Finding {
	got := c.Config.SAML.SSOURL
	all := samldoc.Endpoints(roleOf(c.Metadata, idpRole), "SingleSignOnService")
	if got == "" || len(all) == 0 {
		return nil
	}
	binding, _ := requestBinding(c)
	var addresses []string
	want := ""
	for _, s := range all {
		if !mdUsable(s.Binding) {
			continue
		}
		addresses = append(addresses, s.Location)
		if want == "" && (binding == "" || s.Binding == binding) {
			want = s.Location
		}
	}
	if slices.Contains(addresses, got) || len(addresses) == 0 {
		return nil // the wrong binding's is MD017
	}
	if near, _ := check.Closest(addresses, got); near != "" || want == "" {
		if want = near; want == "" {
			want = addresses[0]
		}
	}
	f := report.Finding{Got: got, Want: want, Where: c.Config.Pos("saml/sso_url"), Related: []report.Location{c.InXML(evidence.SAMLMetadata, all[0].Element, "Location")},
		Message: fmt.Sprintf("sso_url is %s but the IdP's metadata has %s (%s)", check.Quote(got), check.Quote(want), check.Difference(got, exact.Compare(got, want)))}
	step, edits := c.InFile("saml/sso_url", want)
	f.Fix, f.Edits = append(c.IfAtSP("enter "+want, "sso_url"), step), edits
	if !exact.Compare(got, want).Only {
		f = mdEitherSide(c, f, "sso_url")
	}
	return []report.Finding{f}
}

// mdEitherSide takes back the edit of a field that differs from the metadata in more than a slip of the pen: the metadata may as well be
// that of another IdP, and the field right.
func mdEitherSide(c *check.Case, f report.Finding, field string) report.Finding {
	f.Edits = nil
	f.Fix = append(c.IfAtSP("enter "+f.Want+", if the metadata is the right one", field), c.AtIdP("else take the metadata that belongs to "+f.Got, "metadata"))
	return f
}

// mdSeveralKeys tells that an SP has to hold more than one certificate; one that takes the first only is named with what it takes.
func mdSeveralKeys(d metadoc) []report.Finding {
	var keys []samldoc.Key
	for _, k := range mdKeys(d.role, "signing") {
		if len(k.Text.Certs) > 0 && !slices.ContainsFunc(keys, func(o samldoc.Key) bool { return o.Text.Certs[0].Same(k.Text.Certs[0]) }) {
			keys = append(keys, k)
		}
	}
	if len(keys) < 2 {
		return nil
	}
	var names []string
	for _, k := range keys {
		names = append(names, k.Text.Certs[0].Name())
	}
	f := d.about(keys[1].Element, "", fmt.Sprint(len(keys)), "", "the metadata has %q signing certificates (%s): the SP has to try each", fmt.Sprint(len(keys)), listed(names))
	if s := d.c.SP.SAML; s != nil && s.FirstCertificateOnly.V {
		f.Message = fmt.Sprintf("the metadata has %q signing certificates (%s), of which %s tries the first only where the response brings none", fmt.Sprint(len(keys)), listed(names), d.c.TheSP())
		f.Severity = report.Warning
	}
	f.Fix = []string{d.c.AtIdP("see which certificate signs, and let it stand first", "certificate", "metadata")}
	return []report.Finding{f}
}
