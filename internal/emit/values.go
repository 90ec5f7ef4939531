package emit

import (
	"cmp"
	"maps"
	"strings"

	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// path is a place in the IdP's console, filled in as far as it is known.
func (a *app) path(key string) string {
	p, ok := a.conn.IdP.Paths[key]
	if !ok {
		return "the application's page"
	}
	s, _ := knowledge.Expand(p.V, a.vars())
	return s
}

// idpEntityID, ssoURL and certificate are the IdP's SAML values: the connection's, else those of its metadata.
func (a *app) idpEntityID() string {
	if a.conn.SAML == nil {
		return ""
	}
	return cmp.Or(a.conn.SAML.IdPEntityID, a.in.EntityID)
}

func (a *app) ssoURL() string {
	if a.conn.SAML == nil {
		return ""
	}
	return cmp.Or(a.conn.SAML.SSOURL, a.in.SSOURL)
}

// vars are the placeholders of consoles and forms.
func (a *app) vars() map[string]string {
	v := maps.Clone(a.conn.Vars)
	v["app_name"], v["app"], v["login_url"], v["issuer"] = a.title, a.title, a.login, a.issuer()
	if o := a.oidc; o != nil {
		v["client_id"], v["logout_url"] = o.clientID, o.postLogout
		v["client_secret"] = "(the secret that " + a.secretAt() + " names)"
		if len(o.redirectURIs) > 0 {
			v["callback_url"] = o.redirectURIs[0]
		}
	}
	if s := a.saml; s != nil {
		v["sp_entity_id"], v["acs_url"], v["audience"] = s.entityID, s.acs, s.audience
		v["client_id"] = s.entityID
		v["idp_entity_id"], v["sso_url"] = a.idpEntityID(), a.ssoURL()
	}
	return v
}

// fill expands a template of the SP; what has no value becomes a marked placeholder.
func (a *app) fill(template string) string { return filled(template, a.vars()) }

// fillAtIdP expands a text of the IdP's console. What the SP's parameters set means something else there: {host} is the IdP's own.
func (a *app) fillAtIdP(template string) string {
	v := a.vars()
	for _, p := range a.conn.SP.Params {
		for _, value := range p.Values {
			for name := range value.Sets {
				delete(v, name)
			}
		}
	}
	return filled(template, v)
}

func filled(template string, values map[string]string) string {
	s, missing := knowledge.Expand(template, values)
	for _, name := range missing {
		s = strings.ReplaceAll(s, "{"+name+"}", "‹"+strings.ReplaceAll(name, "_", " ")+"›")
	}
	return s
}

// endpoint is an address entered by hand, else the one that the SP knows for this IdP.
func (a *app) endpoint(given, key string) string {
	if given != "" {
		return given
	}
	m, _ := a.idpFact("endpoints").(map[string]any)
	s, _ := m[key].(string)
	return s
}

// discovery is the discovery document's address; "" where the IdP has none.
func (a *app) discovery() string {
	if a.conn.PlainOAuth() {
		return ""
	}
	return cmp.Or(a.conn.OIDC.DiscoveryURL, connection.DiscoveryURL(a.conn.Issuer()))
}

func (a *app) subject() string {
	s, _ := a.idpFact("subject").(string)
	return cmp.Or(s, "sub")
}

// emailClaim is the claim that the SP reads the address from, which the strategy of token exchange may change.
func (a *app) emailClaim() string {
	for _, c := range a.conn.SP.OIDC.Claims {
		if names := c.ByExchange[a.exchange()]; c.Name == "email" && len(names) > 0 {
			return names[0]
		}
	}
	c, _ := a.claim("email")
	return cmp.Or(c.as, "email")
}

// exchange is the strategy of token exchange: the one that is set, else by the host of the issuer; "" without a token_exchange section.
func (a *app) exchange() string {
	x := a.conn.TokenExchange
	if x == nil {
		return ""
	}
	if x.Strategy != "" && x.Strategy != "auto" {
		return x.Strategy
	}
	if a.conn.SP.Roles != nil {
		for _, h := range a.conn.SP.Roles.Exchange.V {
			suffix, wild := strings.CutPrefix(h.Host, "*")
			if h.Host == a.host() || wild && strings.HasSuffix(a.host(), suffix) {
				return h.Strategy
			}
		}
	}
	return "rfc8693"
}
