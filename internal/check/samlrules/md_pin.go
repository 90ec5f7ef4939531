package samlrules

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// pin is the certificate that the SP holds, beside those that the IdP publishes.
type pin struct {
	c         *check.Case
	text      cert.Text // of saml.certificate
	where     report.Location
	print     string // a fingerprint in place of the certificate: hexadecimal digits
	published []samldoc.Key
	other     []samldoc.Key // keys of the metadata that are for encryption alone
}

func mdNewPin(c *check.Case) pin {
	p := pin{c: c, where: c.Config.Pos("saml/certificate")}
	for _, f := range c.Certs {
		if f.Path == "saml/certificate" {
			p.text, p.where = f.Text, certPlace(c, f, nil)
		}
	}
	if c.Config.SAML.Certificate == "" {
		p.print, p.where = mdFingerprintDigits(c.Config.SAML.CertificateFingerprint), c.Config.Pos("saml/certificate_fingerprint")
	}
	for _, k := range mdKeys(roleOf(c.Metadata, idpRole), "") {
		if len(k.Text.Certs) == 0 {
			continue
		}
		if k.Use == "encryption" {
			p.other = append(p.other, k)
		} else {
			p.published = append(p.published, k)
		}
	}
	return p
}

func (p pin) readable() bool { return len(p.text.Certs) > 0 && p.text.Certs[0].Key.SPKI != nil }

// leaf is the certificate of the connection that is meant: of a chain the signer's.
func (p pin) leaf() cert.Cert {
	if l, _ := p.text.Leaf(); l != nil {
		return *l
	}
	return p.text.Certs[0]
}

// holds reports whether the SP holds this very certificate.
func (p pin) holds(k cert.Cert) bool {
	if p.print != "" {
		return p.print == mdHexOf(k.DER, len(p.print))
	}
	return slices.ContainsFunc(p.text.Certs, func(c cert.Cert) bool { return string(c.DER) == string(k.DER) })
}

func mdHexOf(der []byte, n int) string {
	if n == 40 {
		sum := sha1.Sum(der)
		return hex.EncodeToString(sum[:])
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// mdFingerprintDigits leaves the hexadecimal digits of a fingerprint, in small letters; "" when it is none.
func mdFingerprintDigits(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, prefix := range []string{"sha1", "sha-1", "sha256", "sha-256", "sha-256 fingerprint", "sha256 fingerprint", "sha1 fingerprint"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			s = strings.TrimLeft(rest, " :=")
		}
	}
	s = strings.NewReplacer(":", "", " ", "", "-", "").Replace(s)
	if _, err := hex.DecodeString(s); err != nil || len(s) != 40 && len(s) != 64 {
		return ""
	}
	return s
}

// sharesKey reports whether one of the SP's certificates has the key.
func (p pin) sharesKey(k cert.Cert) bool {
	return slices.ContainsFunc(p.text.Certs, func(c cert.Cert) bool { return c.Same(k) })
}

// codes names what is to be told of the comparison: at most one mismatch with what is published, and what the certificate shows by itself.
func (p pin) codes() []string {
	if p.print == "" && !p.readable() {
		return nil
	}
	var exactly, byKey bool
	for _, k := range p.published {
		exactly = exactly || p.holds(k.Text.Certs[0])
		byKey = byKey || p.sharesKey(k.Text.Certs[0])
	}
	switch {
	case p.print == "" && !exactly && !byKey && p.misplaced() != "":
		return []string{"CERT013"}
	case p.print == "" && p.authority() != "":
		return []string{"CERT014"}
	case len(p.published) == 0:
		return nil
	case exactly && len(p.unheld()) > 0:
		return []string{"MD051"}
	case exactly:
		return nil
	case byKey:
		return []string{"CERT011"}
	case mdGuessed(p.c):
		return []string{"CERT010"}
	}
	return []string{"CFG003"}
}

// unheld gives the published certificates that are still to be used and that the SP does not hold.
func (p pin) unheld() []samldoc.Key {
	var out []samldoc.Key
	for _, k := range p.published {
		if c := k.Text.Certs[0]; !p.holds(c) && !p.sharesKey(c) && mdNow(p.c).Before(c.Expiry) && !slices.ContainsFunc(out, func(o samldoc.Key) bool { return o.Text.Certs[0].Same(c) }) {
			out = append(out, k)
		}
	}
	return out
}

// misplaced says what the certificate is in place of the signing one; "" when that cannot be told.
func (p pin) misplaced() string {
	c, leaf := p.c, p.leaf()
	for _, k := range p.other {
		if p.sharesKey(k.Text.Certs[0]) {
			return "the IdP's certificate for encryption"
		}
	}
	if len(c.Chain) > 0 && leaf.Cert != nil && leaf.Cert.Equal(c.Chain[0]) {
		return "the certificate of the IdP's web server"
	}
	for _, f := range c.Certs {
		if f.Path == "saml/sp_certificate" && slices.ContainsFunc(f.Text.Certs, leaf.Same) {
			return "the SP's own certificate"
		}
	}
	return p.looks(leaf)
}

// looks judges by the certificate alone: it is made for TLS, or for the SP.
func (p pin) looks(leaf cert.Cert) string {
	if leaf.Cert == nil {
		return ""
	}
	id := p.c.Config.SPEntityID()
	if cn := leaf.Cert.Subject.CommonName; id != "" && cn == id && cn != p.c.Config.SAML.IdPEntityID {
		return "likely the SP's own certificate, since it bears the SP's name"
	}
	if mdServes(leaf.Cert) {
		return "likely the certificate of a web server"
	}
	return ""
}

// authority says why the certificate is not the signer's; "" when it is.
func (p pin) authority() string {
	leaf, chain := p.text.Leaf()
	if leaf == nil {
		return ""
	}
	if chain {
		return "chain"
	}
	c := leaf.Cert
	for _, k := range p.published {
		if signer := k.Text.Certs[0].Cert; signer != nil && !signer.Equal(c) && string(signer.RawIssuer) == string(c.RawSubject) && string(signer.RawSubject) != string(signer.RawIssuer) {
			return "issuer"
		}
	}
	if c.IsCA && mdOnlySigns(c) {
		return "usage"
	}
	return ""
}
