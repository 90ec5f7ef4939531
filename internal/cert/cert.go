// Package cert reads X.509 certificates from what people put where a certificate belongs: PEM, DER, the raw base64 of metadata,
// base64 of PEM, with stray text, in chains, damaged by mail programs, consoles and configuration files. What it puts right it says,
// and what it cannot read it names.
package cert

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Text is what a certificate field, file or element holds.
type Text struct {
	Certs   []Cert   // in order
	Shape   string   // "PEM", "base64", "base64 of PEM", "DER", "hexadecimal"; "" when nothing was recognised
	Repairs []string // what had to be put right, or was passed over, to read it, for people
	Lax     bool     // one of the repairs is more than a plain reader of PEM (RFC 7468) or of base64 does
	Other   []string // what stands there beside or instead: "a private key", "a public key", "a certificate request", "PKCS #7", "PKCS #12", "a fingerprint", "a URL" ...
	Problem string   // why there is no certificate, "" when there is one
}

// Cert is one certificate. Cert is nil when the standard library cannot read it; Problem says why then.
type Cert struct {
	Cert    *x509.Certificate
	DER     []byte
	Line    int // of the text that it begins in, from 1
	Problem string
	Key     Key // what is known of its key, also when Cert is nil
	// Subject and validity are there also when Cert is nil, as far as the structure could be read.
	Subject           string
	NotBefore, Expiry time.Time
}

// Bounds on what is looked at: bytes of a text, certificates in it.
const (
	maxText  = 1 << 20
	maxCerts = 500
)

// Parse reads a text. It never fails: what is wrong is said in the result.
func Parse(b []byte) Text {
	var t Text
	if len(b) > maxText {
		t.Problem = fmt.Sprintf("it is larger than %d KiB", maxText>>10)
		return t
	}
	text, binary := t.prepare(b)
	switch {
	case binary:
		t.Shape = "DER"
		t.der(b, 1)
	case strings.TrimSpace(text) == "":
		t.Problem = "it is empty"
	default:
		t.text(text)
	}
	if len(t.Certs) == 0 && t.Problem == "" {
		t.Problem = "it holds no certificate"
		if len(t.Other) > 0 {
			t.Problem = "it holds " + strings.Join(t.Other, " and ") + ", and no certificate"
		}
	}
	return t
}

// First gives the first certificate that could be read, or nil.
func (t Text) First() *x509.Certificate {
	for _, c := range t.Certs {
		if c.Cert != nil {
			return c.Cert
		}
	}
	return nil
}

// Leaf gives the certificate that issued none of the others, wherever it stands in a chain, and whether the others lead up from it:
// then it is the one that signs, and the others are authorities. Without a chain it is the first one, and chain is false.
func (t Text) Leaf() (leaf *Cert, chain bool) {
	var leaves []*Cert
	issuers := 0
	for i := range t.Certs {
		if c := t.Certs[i].Cert; c != nil {
			if issued(c, t.Certs) {
				issuers++
			} else {
				leaves = append(leaves, &t.Certs[i])
			}
		}
	}
	if len(leaves) == 1 && issuers > 0 {
		return leaves[0], true
	}
	for i := range t.Certs {
		if t.Certs[i].Cert != nil {
			return &t.Certs[i], false
		}
	}
	return nil, false
}

// issued reports whether a certificate is the issuer of another one in the list, by name.
func issued(c *x509.Certificate, all []Cert) bool {
	for _, o := range all {
		if o.Cert != nil && !o.Cert.Equal(c) && string(o.Cert.RawIssuer) == string(c.RawSubject) && string(o.Cert.RawSubject) != string(o.Cert.RawIssuer) {
			return true
		}
	}
	return false
}

// Fingerprint is the SHA-256 of the DER form, in pairs of hexadecimal digits with colons.
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return pairs(sum[:])
}

// Short is the beginning of the Fingerprint, for sentences: enough to tell two certificates apart by eye.
func Short(der []byte) string {
	sum := sha256.Sum256(der)
	return "sha256:" + pairs(sum[:6]) + "…"
}

func pairs(sum []byte) string {
	text := hex.EncodeToString(sum)
	out := make([]string, 0, len(sum))
	for i := 0; i < len(text); i += 2 {
		out = append(out, text[i:i+2])
	}
	return strings.Join(out, ":")
}

// Name is how a sentence cites the certificate: its short fingerprint, whose it is, until when.
func (c Cert) Name() string {
	about := c.Subject
	if !c.Expiry.IsZero() {
		if about != "" {
			about += ", "
		}
		about += "valid until " + c.Expiry.UTC().Format(time.DateOnly)
	}
	if about == "" {
		return Short(c.DER)
	}
	return Short(c.DER) + " (" + about + ")"
}

func (t *Text) repaired(format string, args ...any) {
	said := fmt.Sprintf(format, args...)
	for _, r := range t.Repairs {
		if r == said {
			return
		}
	}
	t.Repairs = append(t.Repairs, said)
}

// mended is repaired for what a plain reader does not do.
func (t *Text) mended(format string, args ...any) {
	t.Lax = true
	t.repaired(format, args...)
}

func (t *Text) beside(what string) {
	for _, o := range t.Other {
		if o == what {
			return
		}
	}
	t.Other = append(t.Other, what)
}
