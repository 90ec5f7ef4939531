package loginrules

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the token endpoint says once it has accepted the client.
var grant = []check.Rule{
	{
		Code: "TOK008", Title: "the IdP demands no proof of possession (DPoP) of this client", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Client}, Uses: []evidence.Kind{evidence.PAR},
		Why:     "The user signs in and comes back, but the SP gets no tokens, since it sends no proof.",
		Fix:     "switch the demand for DPoP off for this client",
		Refs:    []string{"RFC 9449 §5"},
		Applies: func(c *check.Case) bool { return c.SP.OIDC == nil || !c.SP.OIDC.DPoP.V },
		Decides: func(c *check.Case) string { return notReached(c, "dpop_required") },
		Check: func(c *check.Case) []report.Finding {
			a := c.Client.Means("dpop_required")
			if a == nil {
				return nil
			}
			return verdict(report.Finding{
				Got: "DPoP", Where: place(c, "oidc/client_id", "oidc"),
				Message: fmt.Sprintf("the IdP demands DPoP of the client %s, which %s does not send: it answers %s", check.Quote(c.Config.OIDC.ClientID), c.TheSP(), check.Quote(orStatus(a))),
				Fix:     []string{c.AtIdP("switch the demand for DPoP off", "dpop")},
			}, a)
		},
	},
	{
		Code: "TOK009", Title: "the authorization code grant is switched on for the client", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.Client, evidence.Authorize, evidence.PAR},
		Why:  "The IdP does not exchange the code of this client for tokens.",
		Fix:  "allow the grant authorization_code to this client",
		Refs: []string{"RFC 6749 §5.2"},
		Decides: func(c *check.Case) string {
			if len(c.Required("TOK009")) > 0 {
				return ""
			}
			return notReached(c, "grant_off")
		},
		Check: grantOff,
	},
	{
		Code: "TOK010", Title: "the error of the token endpoint is written as the standard has it", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Client},
		Why:   "Most applications log it anyway; a strict one drops the text.",
		Fix:   "nothing on your side: the IdP writes it so",
		Refs:  []string{"RFC 6749 §5.2"},
		Check: func(c *check.Case) []report.Finding {
			for i := range c.Client.All {
				a := &c.Client.All[i]
				if a.Error != "" && a.Where == "body" && strings.ContainsFunc(a.Text, outsideCharset) {
					return []report.Finding{{Got: a.Text, Where: cite(a),
						Message: fmt.Sprintf("error_description of the token endpoint is %q, with characters that RFC 6749 does not allow there", a.Text)}}
				}
			}
			return nil
		},
	},
}

// notReached says why the token endpoint did not come to what a rule looks at.
func notReached(c *check.Case, word string) string {
	if c.Client == nil {
		if obs := c.Seen[evidence.Client].Obs; obs != nil && obs.Failure != nil {
			return fmt.Sprintf("no %s: %s", evidence.Client, obs.Failure.Text)
		}
		return "no " + string(evidence.Client)
	}
	if c.Client.Means(word, "accepted", "dpop_required", "grant_off") != nil {
		return ""
	}
	return "the token endpoint refuses the client before it looks at that: " + check.Quote(orStatus(&c.Client.All[0]))
}

func grantOff(c *check.Case) []report.Finding {
	if found := c.Required("TOK009"); len(found) > 0 {
		return found
	}
	a := c.Client.Means("grant_off")
	if a == nil || heard(c, "flow_off", "wrong_protocol", "client_disabled", "realm_disabled") != nil {
		return nil
	}
	return verdict(report.Finding{
		Got: a.Error, Want: "authorization_code", Where: place(c, "oidc/client_id", "oidc"),
		Message: fmt.Sprintf("the grant authorization_code is not allowed to the client %s: the token endpoint answers %s", check.Quote(c.Config.OIDC.ClientID), check.Quote(orStatus(a))),
		Fix:     []string{c.AtIdP("allow the grant authorization_code (Authorization Code)", "grant")},
	}, a)
}
