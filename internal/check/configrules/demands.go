package configrules

import (
	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the SP's profile demands of the IdP's console, judged by what the connection file records under idp.settings.
var demands = []check.Rule{
	demand("CFG010", config.Protocol(""), report.Error, "the tile's host name is a bare host name", nil,
		"The tile in the users' portal opens the wrong place.", "enter the host name alone, without https:// and without a path", ""),
	demand("CFG011", config.OIDC, report.Error, "DPoP is not demanded of an SP that does not send it", []string{"TOK008"},
		"The user signs in and comes back, but the SP gets no tokens.", "switch the demand for DPoP off for this client", "RFC 9449 §5"),
}

// demand makes a rule that only reads the requirements of a code. Explains lists what follows from it.
func demand(code string, p config.Protocol, severity report.Severity, title string, explains []string, why, fix, ref string) check.Rule {
	r := check.Rule{
		Code: code, Title: title, Severity: severity, Protocol: p, Why: why, Fix: fix, Explains: explains,
		Needs:   []evidence.Kind{evidence.Config},
		Applies: func(c *check.Case) bool { return len(c.Requirements(code)) > 0 },
		Decides: func(c *check.Case) string { return c.Unstated(code) },
		Check:   func(c *check.Case) []report.Finding { return c.Required(code) },
	}
	if ref != "" {
		r.Refs = []string{ref}
	}
	return r
}
