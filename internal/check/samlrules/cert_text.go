package samlrules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// What stands where a certificate belongs.
var certText = []check.Rule{
	{
		Code: "CERT001", Title: "the certificate can be read as it is", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.SAMLCerts}, Uses: []evidence.Kind{evidence.Config},
		Explains: []string{"CERT010", "CFG003", "SIG003"},
		Why:      "The SP refuses what is pasted, or stores something that no signature verifies with.",
		Fix:      "download the certificate anew and paste all of it, from the BEGIN line to the END line",
		Refs:     []string{"RFC 7468 §5"},
		Decides: func(c *check.Case) string {
			for _, f := range c.Certs {
				if f.State == "ok" {
					return ""
				}
			}
			return "no file of a certificate was read"
		},
		Check: mdReadableCerts,
	},
	{
		Code: "CERT012", Title: "the fingerprint is SHA-256, whole and without separators", Severity: report.Warning, Protocol: config.SAML,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "The SP compares texts: a fingerprint of another length or form never fits, and SHA-1 can be forged with effort.",
		Fix:     "enter the SHA-256 fingerprint of the signing certificate, or better the certificate itself",
		Applies: func(c *check.Case) bool { return c.Config.SAML.CertificateFingerprint != "" },
		Check:   mdFingerprintForm,
	},
	{
		Code: "CERT015", Title: "no private key stands where a certificate belongs", Severity: report.Error, Protocol: config.SAML,
		AnyOf: []evidence.Kind{evidence.SAMLCerts, evidence.SAMLMetadata, evidence.SPMetadata}, Uses: []evidence.Kind{evidence.Config},
		Explains: []string{"CERT001", "MD031"},
		Why:      "Whoever reads the file, its history or the SP's form can sign in as anybody.",
		Fix:      "take the key out everywhere, make a new key and certificate, and paste the certificate alone",
		Check:    mdPrivateKeys,
	},
	{
		Code: "CERT016", Title: "the SP's private key belongs to its certificate", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config, evidence.Refs, evidence.SAMLCerts},
		Why:   "The IdP encrypts for, or verifies with, a certificate whose key the SP does not have.",
		Fix:   "put the certificate and the key of one pair in place",
		Applies: func(c *check.Case) bool {
			return c.Config.SAML.SPPrivateKey != "" && c.Config.SAML.SPCertificate != ""
		},
		Decides: func(c *check.Case) string {
			switch ref := mdSpKey(c); {
			case ref.State != "ok":
				return "the SP's private key was not looked at: " + ref.Text
			case ref.Public == "":
				return "the SP's private key could not be read as PEM without a password"
			case mdSpCertificate(c).First() == nil:
				return "the SP's certificate cannot be read"
			}
			return ""
		},
		Check: mdKeyPair,
	},
}

func mdReadableCerts(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, f := range c.Certs {
		if f.State != "ok" || slices.Contains(f.Text.Other, "a private key") && len(f.Text.Certs) == 0 {
			continue // CFG023, CERT015
		}
		t := f.Text
		finding := report.Finding{Where: certPlace(c, f, nil)}
		what := mdCalled(f.Path)
		switch {
		case len(t.Certs) == 0:
			finding.Got, finding.Want = excerpt(string(f.Body)), "a certificate"
			finding.Message = fmt.Sprintf("%s (%s) cannot be read: %s", what, excerpt(string(f.Body)), t.Problem)
			if t.Problem == "it is empty" {
				finding.Message = what + " is empty"
			}
		case t.First() == nil && t.Certs[0].Key.Kind == "":
			finding.Message = fmt.Sprintf("%s cannot be read: %s", what, t.Certs[0].Problem)
		case len(t.Certs) > 1 && f.Path == "saml/certificate" && c.SP.SAML != nil && c.SP.SAML.OneCertificate.V:
			finding.Got, finding.Want = fmt.Sprintf("%d certificates", len(t.Certs)), "1 certificate"
			finding.Message = fmt.Sprintf("%s holds %d certificates, of which the first is %q, but %s takes one", what, len(t.Certs), t.Certs[0].Name(), c.TheSP())
		case t.Lax:
			finding.Severity = report.Warning
			finding.Message = fmt.Sprintf("%s %q reads only with repairs: %s", what, t.Certs[0].Name(), strings.Join(t.Repairs, "; "))
		case mdUnwanted(c, f) != "":
			finding.Severity = report.Info // the file holds it in one form, what was pasted may be another
			finding.Got, finding.Want = t.Shape, mdUnwanted(c, f)
			finding.Message = fmt.Sprintf("%s is given as %q but %s takes %q", what, t.Shape, c.TheSP(), mdUnwanted(c, f))
			if !c.SP.SAML.CertFormats.Certain() {
				finding.Message = "likely: " + finding.Message
			}
		case len(t.Repairs) > 0:
			finding.Severity = report.Info
			finding.Message = fmt.Sprintf("%s %q has more around it than itself: %s", what, t.Certs[0].Name(), strings.Join(t.Repairs, "; "))
		default:
			continue
		}
		if f.Path == "saml/certificate" {
			finding.Fix = append([]string{c.AtIdP("download the certificate anew", "certificate", "metadata")}, c.IfAtSP("paste it whole, from the BEGIN line to the END line", "certificate")...)
		}
		out = append(out, finding)
	}
	return out
}

// mdUnwanted gives the form that the SP's field takes when it does not take the one that is given.
func mdUnwanted(c *check.Case, f check.Cert) string {
	if f.Path != "saml/certificate" || c.SP.SAML == nil || !c.SP.SAML.CertFormats.Known() {
		return ""
	}
	formats := c.SP.SAML.CertFormats.V
	if f.Text.Shape == "base64" && !slices.Contains(formats, "raw_base64") && slices.Contains(formats, "pem") {
		return "PEM"
	}
	if f.Text.Shape == "PEM" && !slices.Contains(formats, "pem") && slices.Contains(formats, "raw_base64") {
		return "base64 without header lines"
	}
	return ""
}

func mdFingerprintForm(c *check.Case) []report.Finding {
	text := c.Config.SAML.CertificateFingerprint
	f := report.Finding{Got: text, Where: c.Config.Pos("saml/certificate_fingerprint"), Want: "64 hexadecimal digits"}
	hexa := mdFingerprintDigits(text)
	switch {
	case hexa == "":
		n := len(strings.NewReplacer(":", "", " ", "").Replace(strings.TrimSpace(text)))
		f.Severity = report.Error
		f.Message = fmt.Sprintf("certificate_fingerprint is %s, of %q characters, and a SHA-256 fingerprint has %q hexadecimal digits", check.Quote(text), fmt.Sprint(n), "64")
	case len(hexa) == 40:
		f.Message = fmt.Sprintf("certificate_fingerprint is %s, a %q fingerprint; %q is what cannot be forged", check.Quote(text), "SHA-1", "SHA-256")
	case hexa != text:
		f.Severity, f.Want = report.Info, hexa
		f.Message = fmt.Sprintf("certificate_fingerprint is %s, written otherwise than %q: some SPs compare the text", check.Quote(text), hexa)
	default:
		return nil
	}
	f.Fix = append([]string{c.AtIdP("copy the SHA-256 fingerprint of the signing certificate", "certificate", "metadata")}, c.IfAtSP("enter it", "certificate_fingerprint")...)
	return []report.Finding{f}
}

func mdPrivateKeys(c *check.Case) []report.Finding {
	var out []report.Finding
	add := func(what string, where report.Location, t cert.Text) {
		if slices.Contains(t.Other, "a private key") {
			out = append(out, report.Finding{Got: "a private key", Want: "a certificate", Where: where, Message: fmt.Sprintf("a private key stands in %s, where only a certificate belongs", what)})
		}
	}
	for _, f := range c.Certs {
		what := "the file"
		if f.Path != "" {
			what = fmt.Sprintf("%q", strings.TrimPrefix(f.Path, "saml/"))
		}
		where := certPlace(c, f, nil)
		if at := strings.Index(string(f.Body), "PRIVATE KEY"); !f.Inline && at >= 0 {
			where.Line = 1 + strings.Count(string(f.Body[:at]), "\n")
		}
		add(what, where, f.Text)
	}
	for _, d := range metadocs(c, ofEither) {
		for _, k := range samldoc.Keys(d.role, "") {
			add("the metadata", c.InXML(d.kind, k.Element, ""), k.Text)
		}
	}
	return out
}

func mdSpKey(c *check.Case) evidence.Ref {
	for _, r := range c.Refs {
		if r.Path == "saml/sp_private_key" {
			return r
		}
	}
	return evidence.Ref{State: "missing", Text: "no reference"}
}

func mdSpCertificate(c *check.Case) cert.Text {
	for _, f := range c.Certs {
		if f.Path == "saml/sp_certificate" {
			return f.Text
		}
	}
	return cert.Text{}
}

func mdKeyPair(c *check.Case) []report.Finding {
	ref, t := mdSpKey(c), mdSpCertificate(c)
	leaf, _ := t.Leaf()
	sum := sha256.Sum256(leaf.Key.SPKI)
	if got := hex.EncodeToString(sum[:]); got != ref.Public {
		f := report.Finding{Got: got, Want: ref.Public, Where: c.Config.Pos("saml/sp_certificate"), Related: []report.Location{c.Config.Pos("saml/sp_private_key")},
			Message: fmt.Sprintf("the key of the SP's certificate %q has the SHA-256 %q but the private key at %q is the half of %q", leaf.Name(), got[:16]+"…", ref.Ref, ref.Public[:min(16, len(ref.Public))]+"…")}
		f.Fix = append([]string{"put the certificate and the key of one pair in place"}, c.IfAtSP("enter the key of that certificate", "sp_private_key")...)
		return []report.Finding{f}
	}
	return nil
}
