package netrules

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Versions and ciphers of TLS, as three handshakes showed them.
var handshakes = []check.Rule{
	{
		Code: "NET007", Title: "the IdP's host accepts no TLS version below 1.2", Severity: report.Error,
		Needs: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config},
		Why:     "TLS 1.0 and 1.1 are deprecated; audits refuse them, and a client that still uses them can be attacked.",
		Fix:     "allow only TLS 1.2 and 1.3 at the IdP, or at the proxy before it",
		Refs:    []string{"RFC 9325 §3.1.1"},
		Applies: hasTLS,
		Check: func(c *check.Case) []report.Finding {
			h := host(c)
			switch {
			case older(h.TLS.Version):
				return tls(c, h.TLS.Version, fmt.Sprintf("%q speaks %q, and nothing newer", h.Host, h.TLS.Version))
			case h.TLS.Only11 == "ok":
				return tls(c, "TLS 1.1", fmt.Sprintf("%q negotiates %q with everybody else but still accepts TLS 1.1 or 1.0", h.Host, h.TLS.Version))
			}
			return nil
		},
	},
	{
		Code: "NET008", Title: "the IdP's host offers TLS 1.3", Severity: report.Info,
		Needs: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config},
		Why:     "TLS 1.2 is still fine; 1.3 is quicker and drops what is weak in it.",
		Fix:     "switch TLS 1.3 on at the IdP, or at the proxy before it",
		Refs:    []string{"RFC 9325 §3.1.1"},
		Applies: hasTLS,
		Decides: func(c *check.Case) string {
			if host(c).TLS.Only13 == "" {
				return "no handshake with TLS 1.3 alone was made"
			}
			return ""
		},
		Check: func(c *check.Case) []report.Finding {
			if h := host(c); h.TLS.Only13 != "ok" && h.TLS.Version != "TLS 1.3" {
				return tls(c, h.TLS.Version, fmt.Sprintf("%q offers %q at most", h.Host, h.TLS.Version))
			}
			return nil
		},
	},
	{
		Code: "NET009", Title: "TLS 1.3 is chosen where both sides have it", Severity: report.Warning,
		Needs: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config},
		Why:     "The server knows TLS 1.3 and does not prefer it: every connection is weaker than it need be.",
		Fix:     "let the IdP, or the proxy before it, prefer TLS 1.3",
		Refs:    []string{"RFC 9325 §3.1.1"},
		Applies: hasTLS,
		Check: func(c *check.Case) []report.Finding {
			if h := host(c); h.TLS.Version == "TLS 1.2" && h.TLS.Only13 == "ok" {
				return tls(c, h.TLS.Version, fmt.Sprintf("%q chooses %q although it can do \"TLS 1.3\"", h.Host, h.TLS.Version))
			}
			return nil
		},
	},
	{
		Code: "NET010", Title: "the cipher suite is one that is recommended for TLS 1.2", Severity: report.Info,
		Needs: []evidence.Kind{evidence.Network}, Uses: []evidence.Kind{evidence.Config},
		Why:     "Suites without forward secrecy or without authenticated encryption are on their way out.",
		Fix:     "prefer ECDHE with AES-GCM at the IdP, or at the proxy before it",
		Refs:    []string{"RFC 9325 §4.2"},
		Applies: hasTLS,
		Check: func(c *check.Case) []report.Finding {
			h, suite := host(c), host(c).TLS.Cipher12
			if h.TLS.Version == "TLS 1.2" {
				suite = h.TLS.Cipher
			}
			if suite == "" || strings.HasPrefix(suite, "TLS_ECDHE_") && (strings.Contains(suite, "_GCM_") || strings.Contains(suite, "CHACHA20")) {
				return nil
			}
			return tls(c, suite, fmt.Sprintf("%q negotiates %q with TLS 1.2", h.Host, suite))
		},
	},
}

func hasTLS(c *check.Case) bool { h := host(c); return h != nil && h.TLS != nil }

func older(version string) bool {
	return version == "TLS 1.0" || version == "TLS 1.1" || version == "SSLv3"
}

func tls(c *check.Case, got, message string) []report.Finding {
	return []report.Finding{{Message: message, Got: got, Where: entered(c)}}
}
