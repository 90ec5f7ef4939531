package oidcrules

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// The issuer of the discovery document and the configured one, compared byte for byte. One mismatch is told once, by the
// rule that names it best: classify decides which.
var discIssuer = []check.Rule{
	{
		Code: "DISC006", Title: "the discovery document names its issuer", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Why:   "Every relying party compares this member with the issuer that it was given and with the iss of each token.",
		Fix:   "make the IdP publish its issuer as a text; a document without it is not a provider's",
		Refs:  []string{"OpenID Connect Discovery 1.0 §3"},
		Check: func(c *check.Case) []report.Finding {
			n := c.Discovery.Member("issuer")
			if n != nil && n.Str() == c.Discovery.Issuer() && n.Text != "" {
				return nil
			}
			f := report.Finding{Message: "the discovery document has no issuer", Want: "a URL", Where: c.Place(evidence.Discovery, c.Discovery.Doc, "/issuer")}
			if n != nil {
				f.Message, f.Got = fmt.Sprintf("issuer in the discovery document is %s (%q), not a URL", n.Type, n.Text), n.Text
			}
			return []report.Finding{f}
		},
	},
	mismatch("DISC007", "the configured issuer equals the discovered one"),
	mismatch("DISC008", "the configured issuer equals the discovered one to the last slash"),
	mismatch("DISC009", "the configured issuer equals the discovered one in letter case"),
	mismatch("DISC010", "the configured issuer equals the discovered one in its scheme"),
	mismatch("DISC011", "the configured issuer equals the discovered one in its port"),
	mismatch("DISC012", "no tenant placeholder stands in the issuer"),
	mismatch("DISC013", "both sides use the same version of the issuer"),
	mismatch("DISC014", "both sides use the same authorization server"),
	mismatch("DISC015", "the path prefix of the issuer is the server's own"),
	mismatch("DISC016", "both sides use the same domain of the tenant"),
	mismatch("DISC069", "the issuer is that of the configured tenant, realm or application"),
}

// mismatch makes the rule that speaks when classify picks its code.
func mismatch(code, title string) check.Rule {
	return check.Rule{
		Code: code, Title: title, Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.Config, evidence.Discovery},
		Uses:     []evidence.Kind{evidence.Alternatives},
		Why:      "Relying parties compare the two byte for byte, and so does the iss of every ID token: no login can succeed.",
		Fix:      "enter the issuer exactly as the discovery document has it",
		Refs:     []string{"OpenID Connect Discovery 1.0 §4.3", "RFC 8414 §3.3"},
		Explains: []string{"IDT011", "AUTHZ013"},
		Applies:  func(c *check.Case) bool { return c.Discovery.Issuer() != "" && c.Config.Issuer() != "" },
		Check: func(c *check.Case) []report.Finding {
			got, want := c.Config.Issuer(), c.Discovery.Issuer()
			diff := exact.Compare(got, want)
			if diff.Equal() || classify(c, diff) != code {
				return nil
			}
			return []report.Finding{issuerFinding(c, diff)}
		},
	}
}

// classify picks the one code for a difference of issuers: what the IdP's profile knows first, then the single differences.
func classify(c *check.Case, diff exact.Diff) string {
	got, want := c.Config.Issuer(), c.Discovery.Issuer()
	a, b := kindOf(c, got), kindOf(c, want)
	switch {
	case a != nil && a.Never:
		return a.Code
	case b != nil && b.Never:
		return b.Code
	case exact.HasPlaceholder(got) || exact.HasPlaceholder(want):
		return "DISC012"
	}
	if diff.Only {
		if code, ok := singles[diff.Kind]; ok {
			return code
		}
	}
	if a != nil && b != nil && a.ID != b.ID {
		return a.Code
	}
	if diff.Kind == exact.Path && diff.Only {
		return "DISC069"
	}
	return "DISC007"
}

var singles = map[exact.Kind]string{exact.Slash: "DISC008", exact.Case: "DISC009", exact.Scheme: "DISC010", exact.Port: "DISC011"}

func kindOf(c *check.Case, issuer string) *knowledge.IssuerKind {
	for i := range c.IdP.Issuer.Kinds {
		if k := &c.IdP.Issuer.Kinds[i]; c.Lib.Matches(k.Match, issuer) {
			return k
		}
	}
	return nil
}

func issuerFinding(c *check.Case, diff exact.Diff) report.Finding {
	got, want := c.Config.Issuer(), c.Discovery.Issuer()
	f := report.Finding{
		Message: fmt.Sprintf("issuer is %q in the config but %q in the discovery document (%s)", got, want, diff),
		Got:     got, Want: want, Where: c.Config.Pos("oidc/issuer"),
		Related: []report.Location{c.Place(evidence.Discovery, c.Discovery.Doc, "/issuer")},
	}
	f.Where.Mark = caret(diff)
	if c.SP.OIDC != nil && diff.Only && diff.Kind == exact.Slash && c.SP.OIDC.IssuerCompare.V == "slash_ignored" {
		f.Severity = report.Warning
		f.Effect = c.SP.Name + " ignores one trailing slash when it reads the document, but the iss of an ID token still differs."
	}
	if ours := idpSide(c, got, want); ours != "" { // the document is wrong, not what was entered
		f.Fix = []string{ours}
		return f
	}
	step, edits := c.InFile("oidc/issuer", want)
	f.Fix = []string{c.AtSP("paste "+want, "issuer"), step}
	f.Edits = edits
	return f
}

// caret is the note under the underlined issuer.
func caret(diff exact.Diff) string {
	if !diff.Only {
		return ""
	}
	return diff.String()
}

// idpSide gives the fix at the IdP when its document cannot be right: http behind https, a placeholder, a host that is not
// reachable by that name. Entering such an issuer would be no cure.
func idpSide(c *check.Case, got, want string) string {
	u, err := url.Parse(want)
	if err != nil || u.Host == "" {
		return c.AtIdP("publish an absolute URL as issuer", "issuer", "endpoints")
	}
	if k := kindOf(c, want); k != nil && k.Never {
		if k.Fix != "" {
			return c.AtSP(k.Fix, "issuer")
		}
		return c.AtSP("enter the issuer of your own tenant instead of "+got, "issuer")
	}
	if strings.HasPrefix(got, "https:") && u.Scheme == "http" {
		return c.AtIdP("let it know that TLS ends before it (public URL, X-Forwarded-Proto), so that it publishes "+got, "issuer", "endpoints")
	}
	if exact.LocalName(u.Hostname()) && !exact.Loopback(u.Hostname()) {
		return c.AtIdP("set its public host name, so that it publishes "+got, "issuer", "endpoints")
	}
	return ""
}
