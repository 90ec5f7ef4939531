package oidcrules

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
)

// The endpoints that the connection uses beside those that are published.
var discByHand = []check.Rule{
	{
		Code: "DISC064", Title: "endpoints entered by hand are the published ones", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Discovery},
		Why:   "An address entered by hand stays when the IdP moves; logins then fail at that step alone.",
		Fix:   "enter the published address, or let discovery find it",
		Refs:  []string{refMetadata},
		Applies: func(c *check.Case) bool {
			return c.Config.OIDC != nil && c.Config.OIDC.Endpoints != (config.Endpoints{})
		},
		Check: checkByHand,
	},
	{
		Code: "DISC068", Title: "with mutual TLS the endpoints made for it are used", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Discovery},
		Why:   "The ordinary token endpoint does not ask for the client certificate, so the client stays unknown there.",
		Fix:   "send token requests to the address under mtls_endpoint_aliases",
		Refs:  []string{"RFC 8705 §5"},
		Applies: func(c *check.Case) bool {
			return c.Config.OIDC != nil && strings.HasSuffix(c.Config.OIDC.AuthMethod, "tls_client_auth")
		},
		Check: func(c *check.Case) []report.Finding {
			alias := c.Discovery.Member("mtls_endpoint_aliases").Member("token_endpoint").Str()
			used := c.Config.OIDC.Endpoints.Token
			if used == "" {
				used = c.Discovery.Str("token_endpoint")
			}
			if alias == "" || alias == used {
				return nil
			}
			f := finding(c, "mtls_endpoint_aliases", used, alias, "%s goes with the token endpoint %s, the connection uses %s", c.Config.OIDC.AuthMethod, check.Quote(alias), check.Quote(used))
			f.Where = c.Place(evidence.Discovery, c.Discovery.Doc, "/mtls_endpoint_aliases/token_endpoint")
			return []report.Finding{f}
		},
	},
}

func checkByHand(c *check.Case) []report.Finding {
	var out []report.Finding
	hand := c.Config.OIDC.Endpoints
	for _, e := range []struct{ key, entered, member string }{
		{"authorization", hand.Authorization, "authorization_endpoint"}, {"token", hand.Token, "token_endpoint"},
		{"userinfo", hand.Userinfo, "userinfo_endpoint"}, {"jwks", hand.JWKS, "jwks_uri"},
	} {
		published := c.Discovery.Str(e.member)
		alias := c.Discovery.Member("mtls_endpoint_aliases").Member(e.member).Str()
		if e.entered == "" || published == "" || e.entered == alias || exact.Compare(e.entered, published).Equal() {
			continue
		}
		step, edits := c.InFile("oidc/endpoints/"+e.key, published)
		out = append(out, report.Finding{
			Message: fmt.Sprintf("endpoints.%s is %s in the config but %s is %s in the discovery document%s", e.key, check.Quote(e.entered), e.member, check.Quote(published), explainDiff(e.entered, published)),
			Got:     e.entered, Want: published, Where: c.Config.Pos("oidc/endpoints/" + e.key), Related: []report.Location{at(c, e.member)},
			Fix: []string{c.AtSP("paste "+published, e.member), step}, Edits: edits,
		})
	}
	return out
}
