package loginrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the IdP says of the client itself.
var clientKind = []check.Rule{
	aboutClient("AUTHZ031", "the IdP knows the client", "client_unknown",
		"The IdP shows an error page of its own: nobody gets as far as a login.",
		"enter the client ID as the IdP spells it, letter case included, and see that issuer and client belong to the same realm or tenant",
		"RFC 6749 §4.1.2.1", func(c *check.Case, a *check.Attempt) report.Finding {
			if c.Config.Protocol() == config.SAML {
				return unknownSP(c, a)
			}
			id := c.Config.OIDC.ClientID
			if bare := strings.TrimSpace(id); bare != id {
				step, edits := c.InFile("oidc/client_id", bare)
				return report.Finding{
					Got: id, Want: bare, Where: place(c, "oidc/client_id", "oidc"), Edits: edits,
					Message: fmt.Sprintf("the client ID %s has white space around it, and the IdP does not know it so: it answers %s", check.Quote(id), check.Quote(orStatus(a))),
					Fix:     []string{c.AtSP("enter the client ID again, without it", "client_id"), step},
				}
			}
			return report.Finding{
				Got: id, Where: place(c, "oidc/client_id", "oidc"),
				Message: fmt.Sprintf("the IdP does not know the client %s at the issuer %s: it answers %s", check.Quote(id), check.Quote(c.Config.Issuer()), check.Quote(orStatus(a))),
				Fix: []string{
					c.AtSP("enter the client ID that the IdP shows, letter case included", "client_id"),
					c.AtIdP("look up the client ID, and see that this is the realm or tenant of the issuer", "client_id"),
				},
			}
		}),
	aboutClient("AUTHZ032", "the client is switched on at the IdP", "client_disabled",
		"The IdP refuses every login of this application.",
		"switch the client on at the IdP", "", func(c *check.Case, a *check.Attempt) report.Finding {
			id, where := self(c)
			return report.Finding{
				Got: id, Where: where,
				Message: fmt.Sprintf("the client %s is disabled at the IdP, which answers %s", check.Quote(id), check.Quote(orStatus(a))),
				Fix:     []string{c.AtIdP("switch it on", "enable", "client_id")},
			}
		}),
	aboutClient("AUTHZ033", "the realm, tenant or application is switched on", "realm_disabled",
		"The documents still answer, but nobody can log in, at any application of this issuer.",
		"switch the realm or tenant on at the IdP", "", func(c *check.Case, a *check.Attempt) report.Finding {
			issuer, where := c.Config.Issuer(), place(c, "oidc/issuer", "oidc")
			if c.Config.Protocol() == config.SAML {
				issuer, where = said(c).Exchange.Base(), place(c, "saml/sso_url", "saml")
			}
			return report.Finding{
				Got: issuer, Where: where,
				Message: fmt.Sprintf("the realm or tenant of %s is switched off although its documents still answer: the IdP says %s", check.Quote(issuer), check.Quote(orStatus(a))),
				Fix:     []string{c.AtIdP("switch it on", "realm", "enable")},
			}
		}),
	{
		Code: "AUTHZ034", Title: "the client is of the kind that the connection needs", Severity: report.Error,
		Needs: []evidence.Kind{evidence.Config}, Uses: append(asked(), evidence.Discovery), Explains: []string{"TOK009"},
		Why:  "The IdP knows the client, but not for this kind of login.",
		Fix:  "let the client use the authorization code flow of OpenID Connect",
		Refs: []string{"RFC 6749 §4.1.2.1"},
		Decides: func(c *check.Case) string {
			if len(c.Required("AUTHZ034")) > 0 {
				return ""
			}
			if r := unheard(c, kinds()...); r != "" {
				return r
			}
			return ""
		},
		Applies: func(c *check.Case) bool { return c.Config.Protocol() != "" },
		Check:   otherKind,
	},
}

// aboutClient makes a rule about one meaning of an answer.
func aboutClient(code, title, word, why, fix, ref string, tell func(*check.Case, *check.Attempt) report.Finding) check.Rule {
	r := check.Rule{
		Code: code, Title: title, Severity: report.Error, Why: why, Fix: fix,
		Needs: []evidence.Kind{evidence.Config}, Uses: asked(), Explains: []string{"AUTHZ001", "TOK005", "TOK009", "REQ006"},
		Decides: func(c *check.Case) string { return unheard(c, word) },
		Check: func(c *check.Case) []report.Finding {
			a := heard(c, word)
			if a == nil || word == "client_unknown" && c.RefusedDestination() != nil { // REQ004: the SP is known, its request went to another address
				return nil
			}
			return verdict(tell(c, a), a)
		},
	}
	if ref != "" {
		r.Refs = []string{ref}
	}
	return r
}

func kinds() []string {
	return []string{"flow_off", "wrong_protocol", "response_type_refused"}
}

// otherKind tells what the client is made for. What the metadata says already (PAR or a signed request for everybody, no response
// type code) is told there.
func otherKind(c *check.Case) []report.Finding {
	if found := c.Required("AUTHZ034"); len(found) > 0 {
		return found
	}
	if heard(c, "client_unknown", "client_disabled", "realm_disabled") != nil {
		return nil
	}
	a := heard(c, kinds()...)
	if a == nil || announced(c, a.Means) {
		return nil
	}
	if c.Config.Protocol() == config.SAML {
		return verdict(otherProtocolSAML(c, a), a)
	}
	id := check.Quote(c.Config.OIDC.ClientID)
	f := report.Finding{Got: c.Config.OIDC.ClientID, Where: place(c, "oidc/client_id", "oidc")}
	switch a.Means {
	case "flow_off":
		f.Message = fmt.Sprintf("the flow that %s uses (%q) is switched off for the client %s: the IdP answers %s", c.TheSP(), c.Config.Grant(), id, check.Quote(orStatus(a)))
		f.Fix = []string{c.AtIdP("allow the "+flowName(c)+" for this client", "grant", "client_id")}
	case "wrong_protocol":
		f.Message = fmt.Sprintf("the client %s is of another kind at the IdP (another protocol, or one that starts no logins): it answers %s", id, check.Quote(orStatus(a)))
		f.Fix = []string{c.AtSP("enter the client ID of an OpenID Connect client that may start logins", "client_id"), c.AtIdP("register one, if there is none", "client_id")}
	case "response_type_refused":
		f.Message = fmt.Sprintf("the IdP does not allow the response type of the %s to the client %s: it answers %s", flowName(c), id, check.Quote(orStatus(a)))
		f.Fix = []string{c.AtIdP("allow the "+flowName(c)+" for this client", "grant", "client_id")}
	}
	return verdict(f, a)
}

func flowName(c *check.Case) string {
	if c.Config.Grant() == "implicit" {
		return "implicit flow"
	}
	return "authorization code flow"
}

// announced reports whether the metadata already says what the answer says, so that its own rules tell it.
func announced(c *check.Case, means string) bool {
	if means != "response_type_refused" {
		return false
	}
	list, ok := c.Discovery.List("response_types_supported")
	return ok && !slices.Contains(list, "code")
}

// self is the name by which the IdP knows the SP, with the place where the connection file states it.
func self(c *check.Case) (string, report.Location) {
	if c.Config.Protocol() == config.SAML {
		return c.Config.SPEntityID(), place(c, "saml/sp_entity_id", "sp")
	}
	return c.Config.OIDC.ClientID, place(c, "oidc/client_id", "oidc")
}

// unknownSP is AUTHZ031 for SAML: another entity ID is registered at the IdP, or none.
func unknownSP(c *check.Case, a *check.Attempt) report.Finding {
	id, where := self(c)
	return report.Finding{
		Got: id, Where: where,
		Message: fmt.Sprintf("the IdP does not know the SP %s: it answers %s", check.Quote(id), check.Quote(orStatus(a))),
		Fix: []string{
			c.AtIdP("compare the SP's entity ID with "+id+", letter by letter: letter case and a slash at the end count", "entity_id", "client_id"),
			c.AtSP("enter the entity ID that the IdP has for this application", "sp_entity_id"),
		},
	}
}

// otherProtocolSAML is AUTHZ034 for SAML: the application at the IdP is none of SAML.
func otherProtocolSAML(c *check.Case, a *check.Attempt) report.Finding {
	id, where := self(c)
	return report.Finding{
		Got: id, Where: where,
		Message: fmt.Sprintf("the application %s is of another protocol than SAML at the IdP: it answers %s", check.Quote(id), check.Quote(orStatus(a))),
		Fix:     []string{c.AtIdP("register an application of type SAML with the entity ID "+id, "entity_id", "client_id"), c.AtSP("or enter the entity ID of the one that is of SAML", "sp_entity_id")},
	}
}
