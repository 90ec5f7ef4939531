package samlrules

import (
	"crypto/x509"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What kind of key a certificate has, and what it says about itself.
var certKey = []check.Rule{
	onCerts(check.Rule{
		Code: "CERT005", Title: "RSA keys have 2048 bits", Severity: report.Error,
		Why:  "Shorter keys can be broken, and current libraries refuse them.",
		Fix:  "make a key of 2048 bits or more",
		Refs: []string{"NIST SP 800-131A"},
	}, func(h held) *report.Finding {
		if h.Key.Modulus == nil || h.Key.Bits >= 2048 {
			return nil
		}
		return h.lesser(h.say(fmt.Sprint(h.Key.Bits), "2048", "has an RSA key of %q bits, at least %q are asked for", fmt.Sprint(h.Key.Bits), "2048"))
	}),
	onCerts(check.Rule{
		Code: "CERT006", Title: "RSA exponents are odd and at least 65537", Severity: report.Warning,
		Why:  "A small exponent makes forgery easier where a library checks padding carelessly; 1 or an even one is no RSA key at all.",
		Fix:  "make a key with the exponent 65537",
		Refs: []string{"NIST SP 800-56B"},
	}, func(h held) *report.Finding {
		e := h.Key.Exponent
		if e == nil || e.Cmp(big.NewInt(65537)) >= 0 && e.Bit(0) == 1 {
			return nil
		}
		f := h.say(e.String(), "65537", "has the RSA exponent %q, usual is %q", e.String(), "65537")
		if e.Cmp(big.NewInt(3)) < 0 || e.Bit(0) == 0 {
			f.Severity = report.Error
			f.Message = fmt.Sprintf("%s %q has the RSA exponent %q, with which RSA does not work", h.what, h.Name(), e.String())
		}
		return f
	}),
	onCerts(check.Rule{
		Code: "CERT007", Title: "the key is of a kind that the other side verifies with", Severity: report.Error, Explains: []string{"SIG011", "SIG003", "SIG001"},
		Why:  "The SP cannot verify what such a key has signed.",
		Fix:  "sign with an RSA key of 2048 bits or more",
		Refs: []string{"NIST SP 800-131A"},
	}, mdKeyKind),
	onCerts(check.Rule{
		Code: "CERT008", Title: "the certificate is signed with SHA-256 or better", Severity: report.Warning,
		Why:  "Software that checks the certificate's own signature, and every scanner, complains.",
		Fix:  "make a new certificate; SHA-256 is what current software signs with",
		Refs: []string{"NIST SP 800-131A"},
	}, func(h held) *report.Finding {
		old := []x509.SignatureAlgorithm{x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1}
		if h.Cert.Cert == nil || !slices.Contains(old, h.Cert.Cert.SignatureAlgorithm) {
			return nil
		}
		f := h.say(h.Cert.Cert.SignatureAlgorithm.String(), "SHA-256", "is itself signed with %q, where %q is usual", h.Cert.Cert.SignatureAlgorithm, "SHA-256")
		if mdSelfSigned(h.Cert.Cert) {
			f.Severity = report.Info
			f.Message += "; it is self-signed, so that nothing depends on it"
		}
		return f
	}),
	onCerts(check.Rule{
		Code: "CERT009", Title: "the key is not one that others know or can compute", Severity: report.Error,
		Why:  "Others can have or compute the private key, and with it sign in as anybody.",
		Fix:  "make a new key with current software and withdraw this one",
		Refs: []string{"CVE-2017-15361"},
	}, func(h held) *report.Finding {
		if h.Cert.Cert != nil {
			if where, ok := cert.Published(cert.Thumbprint(h.Cert.Cert.PublicKey)); ok {
				return h.say("", "a key of its own", "has the key that is the example of %q, where its private half is printed", where)
			}
		}
		if h.Key.Modulus != nil && cert.ROCA(h.Key.Modulus) {
			return h.say("", "a key of its own", "has a key with the fingerprint of those that can be factored (%q)", "ROCA")
		}
		return nil
	}),
	onCerts(check.Rule{
		Code: "CERT018", Title: "the certificate's key usage allows signatures", Severity: report.Info,
		Why:  "Hardly an SP looks at it; one that does refuses the certificate.",
		Fix:  "make a certificate whose key usage has digitalSignature, or none",
		Refs: []string{"RFC 5280 §4.2.1.3"},
	}, func(h held) *report.Finding {
		const signs = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
		if h.Cert.Cert == nil || !h.vital || h.Cert.Cert.KeyUsage == 0 || h.Cert.Cert.KeyUsage&signs != 0 || h.Cert.Cert.IsCA && mdOnlySigns(h.Cert.Cert) {
			return nil
		}
		got := strings.Join(mdKeyUsages(h.Cert.Cert.KeyUsage), ", ")
		return h.say(got, "digitalSignature", "has the key usage %q and not %q", got, "digitalSignature")
	}),
}

// mdKeyUsages names the bits of a key usage as RFC 5280 §4.2.1.3 does.
func mdKeyUsages(u x509.KeyUsage) []string {
	names := []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"}
	var out []string
	for i, n := range names {
		if u&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// mdKeyKind judges the kind of key: by what SPs in general verify with, then by what this one does.
func mdKeyKind(h held) *report.Finding {
	var f *report.Finding
	switch k := h.Key; {
	case k.Kind == "RSA", k.Kind == "":
		return nil
	case k.Kind == "EC" && slices.Contains([]string{"P-256", "P-384", "P-521"}, k.Curve):
		return h.onlyRSA()
	case k.Kind == "EC" && strings.HasPrefix(k.Curve, "brainpool"):
		f = h.say(k.String(), "P-256", "has a key on the curve %q, which only some software reads; %q is common", k.Curve, "P-256")
		f.Severity = report.Warning
	case k.Kind == "EC":
		f = h.say(k.String(), "P-256", "has a key on the curve %q, where %q, %q or %q is asked for", k.Curve, "P-256", "P-384", "P-521")
	case k.Kind == "DSA":
		f = h.say(k.String(), "RSA", "has a %q key, by which signatures are no longer taken; %q is common", "DSA", "RSA")
	case k.Kind == "RSA-PSS":
		f = h.say(k.String(), "RSA", "has a key for %q alone, which only some software reads; %q is common", "RSA-PSS", "RSA")
		f.Severity = report.Warning
	default:
		f = h.say(k.String(), "RSA", "has a key of the kind %q, by which hardly an SP verifies; %q is common", k.String(), "RSA")
		f.Severity = report.Warning
	}
	if f.Severity == report.Default {
		f = h.lesser(f)
	}
	return f
}

// onlyRSA tells that the SP of the connection verifies no signatures of elliptic curves.
func (h held) onlyRSA() *report.Finding {
	if h.c.Config == nil || h.c.SP.SAML == nil || !h.vital {
		return nil
	}
	algs := h.c.SP.SAML.SignatureAlgs
	if !algs.Known() || len(algs.V) == 0 || slices.ContainsFunc(algs.V, func(a string) bool { return strings.Contains(a, "ecdsa") }) {
		return nil
	}
	f := h.say(h.Key.String(), "RSA", "has a key of the kind %q, but %s verifies only %q signatures", h.Key.String(), h.c.TheSP(), "RSA")
	if !algs.Certain() {
		f.Severity, f.Message = report.Warning, "likely: "+f.Message
	}
	f.Fix = h.renew("sign with an RSA certificate")
	return f
}
