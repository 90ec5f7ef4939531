package check

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// summaryAreas groups the areas of codes into the lines of the summary, in the order of a login.
var summaryAreas = []struct {
	name  string
	areas []string
	text  func(*Case) string // what was seen when nothing is wrong; "" leaves the line out
}{
	{"file", []string{"CFG", "CLM"}, func(*Case) string { return "" }},
	{"reach", []string{"NET"}, reached},
	{"discovery", []string{"DISC"}, discovered},
	{"keys", []string{"JWKS"}, keys},
	{"metadata", []string{"MD"}, metadataSeen},
	{"certificate", []string{"CERT"}, certificateSeen},
	{"client", []string{"AUTHZ", "TOK", "REQ"}, client},
	{"answer", []string{"RSP", "AST", "SIG", "ENC", "LGO"}, answerSeen},
	{"login", []string{"IDT", "UI", "DEV"}, func(*Case) string { return "" }},
}

// Summarise gives one line an area: its leading finding, or what was seen there.
func Summarise(c *Case, findings []report.Finding) []report.Line {
	var out []report.Line
	for _, a := range summaryAreas {
		line := report.Line{Area: a.name}
		for _, f := range findings {
			if slices.Contains(a.areas, Area(f.Code)) && f.Severity > max(line.Worst, report.Info) && f.CausedBy == "" {
				line.Worst, line.Code, line.Outcome, line.Text = f.Severity, f.Code, report.Failed, f.Message
			}
		}
		if line.Outcome != report.Failed {
			if line.Text = a.text(c); line.Text == "" {
				continue
			}
			line.Outcome = report.Passed
		}
		out = append(out, line)
	}
	return out
}

func reached(c *Case) string {
	if c.Network == nil || len(c.Network.Hosts) == 0 || c.Network.Failure != nil {
		return ""
	}
	h := c.Network.Hosts[0]
	text := h.Host + " answers"
	if h.TLS != nil {
		text += ", " + h.TLS.Version
		if len(c.Chain) > 0 {
			text += ", certificate valid until " + c.Chain[0].NotAfter.UTC().Format("2006-01-02")
		}
	}
	if h.Proxy != "" {
		text += ", through the proxy " + h.Proxy
	}
	return text
}

func discovered(c *Case) string {
	if c.Discovery == nil {
		return ""
	}
	if c.Config != nil && c.Config.Issuer() == c.Discovery.Issuer() {
		return "the document is there and its issuer is the configured one"
	}
	return "the document is there"
}

func keys(c *Case) string {
	if c.JWKS == nil {
		return ""
	}
	var kinds []string
	signing := c.JWKS.Signing()
	for _, k := range signing {
		kind := ""
		switch p := k.Public.(type) {
		case *rsa.PublicKey:
			kind = fmt.Sprintf("RSA %d bit", p.N.BitLen())
		case *ecdsa.PublicKey:
			kind = p.Params().Name
		case ed25519.PublicKey:
			kind = "Ed25519"
		default:
			continue
		}
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	word := "keys"
	if len(signing) == 1 {
		word = "key"
	}
	return fmt.Sprintf("%d signing %s, %s", len(signing), word, strings.Join(kinds, ", "))
}

func client(c *Case) string {
	var parts []string
	switch {
	case c.SSO.Means("login_required") != nil:
		parts = append(parts, "the SP is known and its ACS URL is registered")
	case c.SSO.Means("login_page") != nil:
		parts = append(parts, "the IdP takes the request of the SP and shows its login page")
	}
	if c.Authorize.Means("login_required") != nil {
		parts = append(parts, "the client is known and its redirect URI is registered")
	}
	if a := c.Client.Means("accepted"); a != nil {
		if a.Label == "none" {
			parts = append(parts, "it needs no secret")
		} else {
			parts = append(parts, "the secret is accepted ("+a.Label+")")
		}
	}
	return strings.Join(parts, ", ")
}

func metadataSeen(c *Case) string {
	role := c.Metadata.IdP()
	if role == nil || c.Config == nil {
		return ""
	}
	n := len(samldoc.Keys(role, "signing"))
	word := "signing certificates"
	if n == 1 {
		word = "signing certificate"
	}
	return fmt.Sprintf("%s, %d %s", c.Metadata.EntityID(), n, word)
}

func certificateSeen(c *Case) string {
	if c.Config == nil {
		return ""
	}
	configured, _ := c.Signing()
	for _, f := range configured {
		if cert := f.Text.First(); cert != nil {
			return fmt.Sprintf("%s, valid until %s", cert.Subject, cert.NotAfter.UTC().Format("2006-01-02"))
		}
	}
	return ""
}

// answerSeen tells of the signature of the answer to the request with IsPassive.
func answerSeen(c *Case) string {
	for _, m := range c.Probed {
		for i := range m.Signatures {
			if s := &m.Signatures[i]; s.Trusted() {
				return fmt.Sprintf("signed, and it verifies with the certificate %s", map[string]string{xmlsig.ByConfigured: "of the connection", xmlsig.ByMetadata: "in the metadata"}[s.By])
			}
		}
	}
	return ""
}

// Undecided gives the texts about what cannot be seen without a login: the SP's troubleshooting entries that need one.
func (c *Case) Undecided() []string {
	if c.Config == nil || c.Seen[evidence.Discovery].Obs == nil && c.Seen[evidence.Authorize].Obs == nil && c.Seen[evidence.SAMLSSO].Obs == nil {
		return nil
	}
	var entries []string
	for _, e := range c.SP.Entries {
		if e.NeedsLogin && c.concerns(e.IdPs, e.Protocol) {
			entries = append(entries, e.ID)
		}
	}
	return entries
}
