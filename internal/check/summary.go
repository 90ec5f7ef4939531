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
	{"client", []string{"AUTHZ", "TOK"}, client},
	{"saml", []string{"MD", "CERT", "REQ", "RSP", "AST", "SIG", "ENC"}, func(*Case) string { return "" }},
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

// Undecided gives the texts about what cannot be seen without a login: the SP's troubleshooting entries that need one.
func (c *Case) Undecided() []string {
	if c.Config == nil || c.Seen[evidence.Discovery].Obs == nil && c.Seen[evidence.Authorize].Obs == nil {
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
