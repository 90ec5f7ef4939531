package decode

import (
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

var signatureCodes = []string{"SIG001", "SIG002", "SIG003", "SIG004", "SIG005", "SIG006", "SIG007", "SIG008", "SIG009", "SIG010", "SIG011", "SIG012", "SIG013", "SIG014", "SIG015", "SIG016", "SIG017", "ENC007"}

// signatures gives a row for each signature of a message, in document order, then one for that of the address that carried it.
func signatures(c *check.Case, m *check.Message) report.Rows {
	var rows report.Rows
	known := trusted(c, m)
	shown := map[string]bool{}
	for i := range m.Signatures {
		s := &m.Signatures[i]
		what := "document"
		if e := m.Doc.At(s.Path); e != nil && e.Parent != nil {
			what = strings.ToLower(e.Parent.Local)
		}
		row := report.Row{Key: "signature", Value: what + ", " + algorithm(s.Method), Codes: signatureCodes, Path: s.Path}
		become(&row, s, len(known) > 0)
		row.More = append(row.More, sides(s, known, c.Now, shown)...)
		rows = append(rows, row)
	}
	if m.Query != nil {
		row := report.Row{Key: "signature", Value: "of the address, " + algorithm(m.Query.Method), Codes: []string{"REQ012", "REQ013"}}
		become(&row, m.Query, len(known) > 0)
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		codes := signatureCodes
		if m.Request != nil {
			codes = []string{"REQ012", "REQ013", "REQ014"}
		}
		rows = append(rows, report.Row{Key: "signature", Value: "none", Codes: codes})
	}
	return rows
}

// become marks a row with what became of the signature. It is good only by a certificate that is known from elsewhere.
func become(row *report.Row, s *xmlsig.Signature, known bool) {
	switch {
	case s.Problem == evidence.SignatureRemoved:
		row.Text = "taken out when this was made safe to send"
	case s.Trusted() && s.By == xmlsig.ByConfigured:
		row.Outcome, row.Text = report.Passed, "by the configured certificate"
	case s.Trusted():
		row.Outcome, row.Text = report.Passed, "by a certificate of the metadata"
	case s.Intact() && !known:
		row.Text = "whole, signer not checked (-n, --certificate)"
	case s.Intact():
		row.Text = "by a certificate that only the message names"
	case s.Path != "" && s.Digests() == xmlsig.Bad:
		row.Text = "the content was changed after signing"
	case s.State == xmlsig.Bad && !known && len(s.Embedded) == 0:
		row.Text = "signer not checked (-n, --certificate)"
	case s.State == xmlsig.Bad:
		row.Text = "no certificate at hand verifies it"
	default:
		row.Text = "not computed: " + s.Problem
	}
}

// algorithm names a signature method as people write it: RSA-SHA256.
func algorithm(uri string) string {
	if uri == "" {
		return "no algorithm"
	}
	return strings.ToUpper(samldoc.Short(uri))
}

// side is a certificate that signatures are verified with, and where it is from.
type side struct {
	from string
	der  []byte
}

// trusted lists the certificates that the message's signatures are held against: of a request the SP's, else the IdP's.
func trusted(c *check.Case, m *check.Message) []side {
	if m.Request != nil {
		return nil
	}
	var out []side
	configured, metadata := c.Signing()
	for _, f := range configured {
		for _, k := range f.Text.Certs {
			out = append(out, side{"configured", k.DER})
		}
	}
	for _, k := range metadata {
		for _, x := range k.Text.Certs {
			if !slices.ContainsFunc(out, func(s side) bool { return string(s.der) == string(x.DER) }) {
				out = append(out, side{"metadata", x.DER})
			}
		}
	}
	return out
}

// sides sets side by side what the receiver knows and what the message brings, where they are not the same; of a signature that is
// in order it names the certificate, once for a message.
func sides(s *xmlsig.Signature, known []side, now time.Time, shown map[string]bool) []string {
	if s.Trusted() {
		if len(s.Key) == 0 || shown[string(s.Key)] {
			return nil
		}
		shown[string(s.Key)] = true
		return []string{named(s.Key, now)}
	}
	if len(s.Embedded) == 0 || slices.ContainsFunc(known, func(k side) bool { return string(k.der) == string(s.Embedded[0]) }) {
		return nil
	}
	key := "beside " + string(s.Embedded[0])
	if shown[key] {
		return nil
	}
	shown[key] = true
	var out []string
	for i, k := range known {
		if i == 3 {
			break
		}
		out = append(out, pad(k.from)+named(k.der, now))
	}
	return append(out, pad("in message")+named(s.Embedded[0], now))
}

func pad(s string) string { return s + strings.Repeat(" ", len("configured")+2-len(s)) }

// named words a certificate: fingerprint, subject, validity.
func named(der []byte, now time.Time) string {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return cert.Short(der)
	}
	subject := c.Subject.String()
	if c.Subject.CommonName != "" {
		subject = "CN=" + c.Subject.CommonName
	}
	return strings.TrimSpace(cert.Short(der)+"  "+subject) + ", " + validity(c, now)
}

// validity words until when a certificate is good, or since when it is not.
func validity(c *x509.Certificate, now time.Time) string {
	switch {
	case now.After(c.NotAfter):
		return "expired " + c.NotAfter.UTC().Format(time.DateOnly)
	case now.Before(c.NotBefore):
		return "valid from " + c.NotBefore.UTC().Format(time.DateOnly)
	}
	return "valid until " + c.NotAfter.UTC().Format(time.DateOnly)
}
