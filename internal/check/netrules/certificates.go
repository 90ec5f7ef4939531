package netrules

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

const day = 24 * time.Hour

// The certificate chain of the IdP's host. NET004, 005, 006 and 011 name the fault; NET003 is what remains.
var certificates = []check.Rule{
	{
		Code: "NET003", Title: "the TLS handshake succeeds and the chain leads to a trusted root", Severity: report.Error, Explains: []string{"AUTHZ035"},
		Tries: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config, evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO},
		Why:     "The SP refuses to talk to the IdP, so no login can be finished.",
		Fix:     "serve a certificate of a public CA; for a private CA give its root with --ca-file, and to the SP as well",
		Refs:    []string{"OpenID Connect Core 1.0 §16.17"},
		Applies: func(c *check.Case) bool { return speaksTLS(c) || len(of(c, "NET003")) > 0 },
		Check:   func(c *check.Case) []report.Finding { return each(c, "NET003", untrusted) },
	},
	{
		Code: "NET004", Title: "the certificate is for the IdP's host", Severity: report.Error, Explains: []string{"AUTHZ035"},
		Tries: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config, evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO},
		Why:     "The SP and every browser refuse the connection.",
		Fix:     "serve a certificate whose subject alternative names hold the host, or enter the host that the certificate names",
		Refs:    []string{"RFC 9525 §6"},
		Applies: func(c *check.Case) bool { return speaksTLS(c) || len(of(c, "NET004")) > 0 },
		Check:   func(c *check.Case) []report.Finding { return each(c, "NET004", otherName) },
	},
	{
		Code: "NET005", Title: "the certificate of the IdP's host is valid for another 30 days", Severity: report.Warning,
		Tries: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config, evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO},
		Why:     "From that moment on every login stops, at all applications at once.",
		Fix:     "renew the certificate of the IdP's host, and see why it is not renewed by itself",
		Applies: speaksTLS,
		Check:   expiry,
	},
	{
		Code: "NET006", Title: "the server sends its intermediate certificates", Severity: report.Error, Explains: []string{"AUTHZ035"},
		Tries: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config, evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO},
		Why:     "Browsers fetch what is missing by themselves, servers do not: the login page opens and the SP still fails.",
		Fix:     "configure the full chain (leaf, then intermediates) at the IdP or at the proxy before it",
		Refs:    []string{"RFC 8446 §4.4.2"},
		Applies: func(c *check.Case) bool { return speaksTLS(c) || len(of(c, "NET006")) > 0 },
		Check:   func(c *check.Case) []report.Finding { return each(c, "NET006", incomplete) },
	},
	{
		Code: "NET011", Title: "no TLS-inspecting proxy stands between here and the IdP", Severity: report.Warning,
		Tries: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config, evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata, evidence.SAMLSSO},
		Why:     "What is seen here is the proxy's certificate, not the IdP's; the SP, elsewhere, may see another one.",
		Fix:     "export the proxy's root certificate and give it with --ca-file (or SSL_CERT_FILE), or let the proxy pass this host untouched",
		Applies: speaksTLS,
		Check:   inspected,
	},
}

// speaksTLS excludes hosts that were reached in plain HTTP.
func speaksTLS(c *check.Case) bool {
	h := host(c)
	return h == nil || h.TLS != nil || h.Failure != nil
}

func untrusted(c *check.Case, t trouble) report.Finding {
	f := report.Finding{Message: fmt.Sprintf("TLS with %q does not come about: %s", t.host, t.fail.Text)}
	switch t.fail.Code {
	case "plain":
		f.Message = fmt.Sprintf("%q answers in plain HTTP where TLS is expected: %s", t.host, t.fail.Text)
		f.Fix = []string{"check the port: https needs one that speaks TLS"}
	case "client_certificate":
		f.Fix = []string{"ask for client certificates (mutual TLS) at a host of its own: SPs present none when they fetch the documents, the keys and the tokens"}
	case "alert", "version", "handshake":
		f.Fix = []string{"look into the log of the server or of the proxy before it: it ended the handshake; likely it does not serve this host name or no TLS version in common is left"}
	case "unknown_authority":
		if len(c.Chain) > 0 {
			top := c.Chain[len(c.Chain)-1]
			f.Got = issuerName(top)
			f.Message = fmt.Sprintf("the certificate of %q comes from %q, which no trusted root vouches for", t.host, f.Got)
			if selfIssued(c.Chain[0]) {
				f.Message = fmt.Sprintf("the certificate of %q signed itself (%q), so no trusted root vouches for it", t.host, f.Got)
			}
		}
		f.Fix = []string{"serve a certificate of a public CA", "or, for a private CA, trust its root on both sides: --ca-file here, and the trust store of the SP"}
	}
	return f
}

func otherName(c *check.Case, t trouble) report.Finding {
	f := report.Finding{Message: fmt.Sprintf("asked for %q: %s", t.host, t.fail.Text), Want: t.host}
	if len(c.Chain) > 0 && t.whole != nil {
		leaf := c.Chain[0]
		names := slices.Clone(leaf.DNSNames)
		for _, ip := range leaf.IPAddresses {
			names = append(names, ip.String())
		}
		f.Got = strings.Join(names, ", ")
		if len(leaf.DNSNames)+len(leaf.IPAddresses) == 0 {
			f.Fix = []string{"make the certificate anew with " + t.host + " as subject alternative name: the common name is no longer looked at"}
		} else {
			f.Fix = []string{"serve a certificate that names " + t.host + " (it names " + f.Got + ")", "or enter the host that it names"}
		}
	}
	return f
}

// expiry judges the chain by the time of the case, so that --at works.
func expiry(c *check.Case) []report.Finding {
	for _, t := range of(c, "NET005") {
		if cert := outside(c); cert == nil || t.whole == nil {
			return []report.Finding{{Severity: report.Error, Where: t.where, Message: fmt.Sprintf("%q: %s", t.host, t.fail.Text)}}
		}
	}
	if len(c.Chain) == 0 {
		return nil
	}
	h, leaf := host(c), c.Chain[0]
	f := report.Finding{Where: entered(c), Got: date(leaf.NotAfter)}
	left := leaf.NotAfter.Sub(c.Now)
	switch bad := outside(c); {
	case bad != nil && c.Now.Before(bad.NotBefore):
		f.Severity, f.Got = report.Error, date(bad.NotBefore)
		f.Message = fmt.Sprintf("the certificate %q of %q is valid only from %q on, and it is %q now", subject(bad), h.Host, date(bad.NotBefore), date(c.Now))
		f.Fix = []string{"set the clock of the machine right, or serve a certificate that is valid already"}
	case bad != nil:
		f.Severity, f.Got = report.Error, date(bad.NotAfter)
		f.Message = fmt.Sprintf("the certificate %q of %q ran out on %q, and it is %q now", subject(bad), h.Host, date(bad.NotAfter), date(c.Now))
	case left < 7*day && lifetime(leaf) > 14*day:
		f.Severity = report.Error
		f.Message = fmt.Sprintf("the certificate of %q runs out on %q, in %s", h.Host, date(leaf.NotAfter), days(left))
	case left < 30*day && lifetime(leaf) > 14*day:
		f.Message = fmt.Sprintf("the certificate of %q runs out on %q, in %s", h.Host, date(leaf.NotAfter), days(left))
	default:
		return nil
	}
	return []report.Finding{f}
}

// lifetime tells certificates that are renewed every few days by design, which are always short before their end.
func lifetime(cert *x509.Certificate) time.Duration { return cert.NotAfter.Sub(cert.NotBefore) }

// outside is the first certificate of the chain that is not valid at the time of the case, or nil. A root that is sent along does
// not count: the trust store has its own copy.
func outside(c *check.Case) *x509.Certificate {
	for i, cert := range c.Chain {
		if i > 0 && selfIssued(cert) {
			continue
		}
		if c.Now.After(cert.NotAfter) || c.Now.Before(cert.NotBefore) {
			return cert
		}
	}
	return nil
}

// authority tells why a chain leads to no trusted root: an inspecting proxy made it, an intermediate is missing, or the root is
// simply unknown.
func authority(c *check.Case, t trouble) string {
	if t.whole == nil || len(c.Chain) == 0 {
		return "NET003"
	}
	if proxy(c) != "" {
		return "NET011"
	}
	leaf := c.Chain[0]
	if selfIssued(leaf) {
		return "NET003"
	}
	for _, cert := range c.Chain[1:] {
		if bytes.Equal(cert.RawSubject, leaf.RawIssuer) {
			return "NET003"
		}
	}
	return "NET006"
}

func incomplete(c *check.Case, t trouble) report.Finding {
	leaf := c.Chain[0]
	f := report.Finding{
		Got:     fmt.Sprintf("%d certificate(s)", len(c.Chain)),
		Message: fmt.Sprintf("%q sends %d certificate(s), but not that of %q which issued its own", t.host, len(c.Chain), issuerName(leaf)),
	}
	if len(leaf.IssuingCertificateURL) > 0 {
		f.Fix = []string{"add the intermediate certificate to what the server sends; it is at " + leaf.IssuingCertificateURL[0]}
	} else {
		f.Fix = []string{"add the certificate of " + issuerName(leaf) + " to what the server sends", "if that is a private CA's root, trust it on both sides instead: --ca-file here, and the trust store of the SP"}
	}
	return f
}

// proxy names the inspecting proxy that made the certificate, by the names that the generic profile lists.
func proxy(c *check.Case) string {
	generic, ok := c.Lib.IdP("generic")
	if !ok || len(c.Chain) == 0 {
		return ""
	}
	issuer := c.Chain[0].Issuer.String()
	for _, p := range generic.Interception {
		if c.Lib.Contains(p.Match, issuer) {
			return p.Say
		}
	}
	return ""
}

func inspected(c *check.Case) []report.Finding {
	h := host(c)
	if h == nil || h.TLS == nil || h.TLS.CAFile || len(c.Chain) == 0 {
		return nil
	}
	name := proxy(c)
	if name == "" || !h.TLS.Verified && len(of(c, "NET011")) == 0 {
		return nil
	}
	trust := "and it is not trusted here"
	if h.TLS.Verified {
		trust = "which this machine trusts and the SP need not"
	}
	return []report.Finding{{
		Where: entered(c), Got: issuerName(c.Chain[0]),
		Message: fmt.Sprintf("likely: the certificate of %q was made by a TLS-inspecting proxy (issuer %q, %s), %s", h.Host, issuerName(c.Chain[0]), name, trust),
	}}
}

func selfIssued(cert *x509.Certificate) bool { return bytes.Equal(cert.RawIssuer, cert.RawSubject) }

func subject(cert *x509.Certificate) string {
	if cert.Subject.CommonName != "" {
		return cert.Subject.CommonName
	}
	return strings.Join(cert.DNSNames, ", ")
}

func issuerName(cert *x509.Certificate) string {
	if cert.Issuer.CommonName != "" {
		return cert.Issuer.CommonName
	}
	return cert.Issuer.String()
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func days(d time.Duration) string {
	n := int(d / day)
	switch n {
	case 0:
		return "less than a day"
	case 1:
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
