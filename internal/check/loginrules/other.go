package loginrules

import (
	"fmt"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Device flow and logout, as far as they show without a login.
var other = []check.Rule{
	{
		// A connection that no device uses is healthy without it, so this is only worth knowing.
		Code: "DEV003", Title: "the device flow is switched on for the client", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Device},
		Why:   "Logins on machines without a browser (test-login --receive device) are not possible; others are not touched.",
		Fix:   "allow the device authorization grant to the client, if it is wanted",
		Refs:  []string{"RFC 8628 §3.2"},
		Decides: func(c *check.Case) string {
			if c.Device.Means("accepted", "grant_off") != nil {
				return ""
			}
			return "the answer of the device authorization endpoint does not decide it: " + check.Quote(orStatus(&c.Device.All[0]))
		},
		Check: func(c *check.Case) []report.Finding {
			a := c.Device.Means("grant_off")
			if a == nil {
				return nil
			}
			f := report.Finding{
				Where:   place(c, "oidc/client_id", "oidc"),
				Message: fmt.Sprintf("the device flow is off for the client %s: the IdP answers %s", check.Quote(c.Config.OIDC.ClientID), check.Quote(orStatus(a))),
				Fix:     []string{c.AtIdP("allow the device authorization grant, if it is wanted", "grant")},
			}
			if c.Login != nil && c.Login.Started != nil && a.Exchange == c.Login.Started.Exchange { // the SP itself may be healthy, but this login ended here
				f.Severity, f.Inconclusive = report.Warning, true
			}
			return verdict(f, a)
		},
	},
	{
		Code: "LGO001", Title: "the address after sign-out is registered at the IdP", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Config},
		Why:     "Sign-out ends on an error page of the IdP.",
		Fix:     "register the address where sign-out leads back to",
		Refs:    []string{"OpenID Connect RP-Initiated Logout 1.0 §2"},
		Applies: func(c *check.Case) bool { return len(c.Requirements("LGO001")) > 0 },
		Decides: func(c *check.Case) string { return c.Unstated("LGO001") },
		Check:   func(c *check.Case) []report.Finding { return c.Required("LGO001") },
	},
}
