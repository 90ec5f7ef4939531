package oidcrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the IdP offers or demands beyond a plain login. Offers are told where the SP uses them, or is not known.
var discOptions = []check.Rule{
	{
		Code: "DISC048", Title: "the iss parameter of answers is announced", Severity: report.Info, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Uses:    []evidence.Kind{evidence.Config},
		Why:     "The parameter lets an SP with several IdPs see which one an answer comes from. Logins work without it.",
		Fix:     "switch it on where the IdP can (RFC 9207)",
		Refs:    []string{"RFC 9207 §3"},
		Applies: unknownSP,
		Check: func(c *check.Case) []report.Finding {
			const member = "authorization_response_iss_parameter_supported"
			if n := c.Discovery.Member(member); n != nil && n.Text != "false" {
				return nil // another type is told by DISC061
			}
			return []report.Finding{finding(c, member, "false", "true", "%s is not true: answers do not name their issuer", member)}
		},
	},
	{
		Code: "DISC049", Title: "the IdP can be asked to end its session", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Uses:  []evidence.Kind{evidence.Config},
		Why:   "Signing out of the SP leaves the session of the IdP open: the next sign-in asks for no password.",
		Fix:   "switch logout by the SP off, or accept that it ends the SP's session only",
		Refs:  []string{"OpenID Connect RP-Initiated Logout 1.0 §2.1"},
		Applies: func(c *check.Case) bool {
			return unknownSP(c) || c.Config != nil && c.SP.OIDC != nil && c.SP.OIDC.Logout.V
		},
		Check: func(c *check.Case) []report.Finding {
			if c.Discovery.Member("end_session_endpoint") != nil {
				return nil
			}
			return []report.Finding{finding(c, "end_session_endpoint", "", "an https URL", "end_session_endpoint is missing from the discovery document: sign-out ends at the SP%s", misspelt(c, "end_session_endpoint"))}
		},
	},
	{
		Code: "DISC053", Title: "a login without a browser is possible where it is asked for", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Uses:  []evidence.Kind{evidence.Config},
		Why:   "A tool on a machine without a browser shows a code that is entered elsewhere; that takes an endpoint of the IdP.",
		Fix:   "switch the device flow on at the IdP, or sign in where a browser is",
		Refs:  []string{"RFC 8628 §4"},
		Applies: func(c *check.Case) bool {
			return unknownSP(c) || c.Config != nil && c.SP.Kind == "cli" || offersDevice(c)
		},
		Check: func(c *check.Case) []report.Finding {
			const member = "device_authorization_endpoint"
			if c.Discovery.Member(member) != nil {
				return nil
			}
			f := finding(c, member, "", "an https URL", "%s is missing from the discovery document%s", member, misspelt(c, member))
			if offersDevice(c) {
				f.Message = fmt.Sprintf("grant_types_supported lists %s, but %s is missing%s", check.Quote(deviceGrant), member, misspelt(c, member))
				f.Related = []report.Location{at(c, "grant_types_supported")}
			}
			return []report.Finding{f}
		},
	},
	demand("DISC054", "the SP can push its authorization request where that is demanded", "require_pushed_authorization_requests", "par_required", "RFC 9126 §5",
		"pushed authorization requests", "par", func(sp *knowledge.SPOIDC) knowledge.Fact[bool] { return sp.PAR }),
	demand("DISC055", "the SP can sign its authorization request where that is demanded", "require_signed_request_object", "request_object_required", "RFC 9101 §10.5",
		"signed request objects", "request_object", func(sp *knowledge.SPOIDC) knowledge.Fact[bool] { return sp.RequestObject }),
	{
		Code: "DISC056", Title: "it is known whether the IdP may demand DPoP", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Uses:  []evidence.Kind{evidence.Config},
		Why:   "Some IdPs let each application demand DPoP proofs; an SP that sends none is then refused at the token endpoint.",
		Fix:   "see that the application at the IdP does not demand DPoP",
		Refs:  []string{"RFC 9449 §5.1"},
		Applies: func(c *check.Case) bool {
			return unknownSP(c) || c.Config != nil && c.SP.OIDC != nil && c.SP.OIDC.DPoP.Known() && !c.SP.OIDC.DPoP.V
		},
		Check: func(c *check.Case) []report.Finding {
			const member = "dpop_signing_alg_values_supported"
			n := c.Discovery.Member(member)
			if n == nil || len(n.Items) == 0 {
				return nil
			}
			f := finding(c, member, strings.Join(n.Strings(), " "), "", "%s is %s: the application at the IdP may demand DPoP", member, words(n.Strings()))
			f.Fix = []string{c.AtIdP("see that DPoP is not demanded of the application", "dpop", "client_id")}
			return []report.Finding{f}
		},
	},
	{
		Code: "DISC058", Title: "request objects can be signed with RS256", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Why:   "It matters to SPs that sign their requests only: RS256 is the algorithm that each of them has.",
		Fix:   "list RS256 under request_object_signing_alg_values_supported",
		Refs:  []string{refMetadata},
		Applies: func(c *check.Case) bool {
			return c.Discovery.True("request_parameter_supported") || c.Discovery.True("require_signed_request_object")
		},
		Check: func(c *check.Case) []report.Finding {
			const member = "request_object_signing_alg_values_supported"
			items, ok := c.Discovery.List(member)
			if !ok || len(items) == 0 || slices.Contains(items, "RS256") {
				return nil
			}
			return []report.Finding{finding(c, member, strings.Join(items, " "), "RS256", `%s lists %s and not "RS256"`, member, words(items))}
		},
	},
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

func offersDevice(c *check.Case) bool {
	grants, _ := c.Discovery.List("grant_types_supported")
	return slices.Contains(grants, deviceGrant)
}

// demand makes the rule about something that the IdP demands of every request and the SP may not be able to do.
func demand(code, title, member, refusal, ref, what, path string, can func(*knowledge.SPOIDC) knowledge.Fact[bool]) check.Rule {
	return check.Rule{
		Code: code, Title: title, Severity: report.Error, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Uses:    []evidence.Kind{evidence.Config, evidence.Authorize},
		Why:     "The IdP refuses the authorization request of an SP that sends it the ordinary way: nobody gets as far as the login page.",
		Fix:     "switch the demand off at the IdP, for this client at least",
		Refs:    []string{ref},
		Applies: func(c *check.Case) bool { return c.Discovery.True(member) || c.Authorize.Means(refusal) != nil },
		Check: func(c *check.Case) []report.Finding {
			fact := knowledge.Fact[bool]{}
			if c.Config != nil && c.SP.OIDC != nil {
				fact = can(c.SP.OIDC)
			}
			f := finding(c, member, "true", "false", "the IdP demands %s (%s is true)", what, member)
			if !c.Discovery.True(member) { // of this client alone
				f = report.Finding{Message: fmt.Sprintf("the IdP demands %s of the client %s", what, check.Quote(c.Config.OIDC.ClientID)), Where: c.Config.Pos("oidc/client_id"),
					Got: c.Config.OIDC.ClientID, Related: []report.Location{{Evidence: c.Authorize.Means(refusal).Exchange.Name()}}}
			}
			switch refused := c.Authorize.Means(refusal); {
			case fact.V:
				return nil
			case refused != nil && !refused.Certain:
				f.Message = "likely: " + f.Message + fmt.Sprintf(" and has refused the request without: %s", check.Quote(refused.Quote()))
				f.Severity = report.Warning
			case refused != nil:
				f.Message += fmt.Sprintf(" and has refused the request without: %s", check.Quote(refused.Quote()))
			case fact.Known() && fact.Certain():
				f.Message += fmt.Sprintf(", which %s does not send", c.SP.Name)
			case fact.Known():
				f.Message += fmt.Sprintf(", which %s likely does not send", c.SP.Name)
				f.Severity = report.Warning
			case c.Config == nil:
				f.Severity = report.Info
			default:
				f.Message += "; whether the SP sends them is not known"
				f.Severity = report.Warning
			}
			f.Fix = []string{c.AtIdP("switch the demand for "+what+" off, for this client at least", path, "client_id", "endpoints")}
			return []report.Finding{f}
		},
	}
}
