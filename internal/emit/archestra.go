package emit

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
)

// archestraParts are the values that API and Terraform share.
type archestraParts struct {
	providerID, issuer, domain string
	rules                      []config.Rule
	defaultRole                string
	strict, skipSync           bool
	teams                      *config.Teams
}

func (a *app) archestra() (archestraParts, []string, error) {
	c := a.conn
	p := archestraParts{providerID: c.Vars["provider_id"], issuer: a.issuer(), domain: strings.Join(c.AllowedDomains, ", "), teams: c.Teams}
	if p.providerID == "" {
		return p, nil, fmt.Errorf("connection %q has no provider ID: state sp.provider_id", c.Name)
	}
	if u, err := url.Parse(p.issuer); err != nil || u.Host == "" { // refused when it is no URL, for SAML too
		p.issuer = c.Vars["base_url"]
	}
	if c.Roles != nil {
		p.rules, p.defaultRole, p.strict, p.skipSync = c.Roles.Rules, c.Roles.Default, c.Roles.Strict, c.Roles.SkipSync
	}
	var notes []string
	if c.Teams != nil && len(c.Teams.Links) > 0 {
		notes = append(notes, "links between teams and groups are made at each team, not here")
	}
	return p, notes, nil
}

// archestraAPI writes the body of POST /api/identity-providers. Secrets are ${VARIABLES} for envsubst.
func archestraAPI(a *app) (Output, error) {
	p, notes, err := a.archestra()
	if err != nil {
		return Output{}, err
	}
	body := obj("providerId", p.providerID, "issuer", p.issuer, "domain", p.domain, "ssoLoginEnabled", true)
	vars := []string{}
	if a.oidc != nil {
		body = body.with("oidcConfig", a.archestraOIDC(&vars))
	} else {
		part, more, err := a.archestraSAML()
		if err != nil {
			return Output{}, err
		}
		body, notes = body.with("samlConfig", part), append(notes, more...)
	}
	if a.conn.Roles != nil {
		rules := []object{}
		for _, r := range p.rules {
			rules = append(rules, obj("expression", r.Template, "role", r.Role))
		}
		body = body.with("roleMapping", obj("rules", rules, "defaultRole", cmp.Or(p.defaultRole, "member"), "strictMode", p.strict, "skipRoleSync", p.skipSync))
	}
	if p.teams != nil {
		sync := obj("enabled", p.teams.Enabled == nil || *p.teams.Enabled)
		if p.teams.Template != "" {
			sync = sync.with("groupsExpression", p.teams.Template)
		}
		body = body.with("teamSyncConfig", sync)
	}
	send := fmt.Sprintf(`curl -H "Authorization: $ARCHESTRA_API_KEY" -H "Content-Type: application/json" --data-binary @%s.json %s/api/identity-providers`, a.slug, cmp.Or(a.conn.Vars["base_url"], "$ARCHESTRA_BASE_URL"))
	if len(vars) > 0 {
		send = fmt.Sprintf(`envsubst '%s' < %s.json | curl -H "Authorization: $ARCHESTRA_API_KEY" -H "Content-Type: application/json" --data-binary @- %s/api/identity-providers`,
			strings.Join(vars, " "), a.slug, cmp.Or(a.conn.Vars["base_url"], "$ARCHESTRA_BASE_URL"))
	}
	return jsonOutput([]string{send, "the API may listen elsewhere than the pages; a PUT on an existing provider replaces everything"}, notes, a.slug+".json", body)
}

func (a *app) archestraOIDC(vars *[]string) object {
	c := a.conn
	pkce, _ := a.sendsPKCE()
	secret := "${" + a.secretVar() + "}"
	*vars = append(*vars, secret)
	o := obj("issuer", c.Issuer(), "clientId", c.OIDC.ClientID, "clientSecret", secret, "discoveryEndpoint", a.discovery(), "pkce", pkce, "scopes", a.oidc.scopes)
	for _, e := range []struct{ member, given, key string }{
		{"authorizationEndpoint", c.OIDC.Endpoints.Authorization, "authorization"}, {"tokenEndpoint", c.OIDC.Endpoints.Token, "token"},
		{"userInfoEndpoint", c.OIDC.Endpoints.Userinfo, "userinfo"}, {"jwksEndpoint", c.OIDC.Endpoints.JWKS, "jwks"},
	} {
		if at := a.endpoint(e.given, e.key); at != "" {
			o = o.with(e.member, at)
		}
	}
	if c.OIDC.AuthMethod != "" {
		o = o.with("tokenEndpointAuthentication", c.OIDC.AuthMethod)
	}
	if c.OIDC.HD != "" {
		o = o.with("hd", c.OIDC.HD)
	}
	o = o.with("overrideUserInfo", true, "enableRpInitiatedLogout", !c.PlainOAuth(), "mapping", obj("id", a.subject(), "email", a.emailClaim(), "name", "name"))
	x := c.TokenExchange
	if x == nil {
		return o
	}
	m := obj("exchangeStrategy", a.exchange(), "clientId", c.OIDC.ClientID)
	if x.Endpoint != "" {
		m = m.with("tokenEndpoint", x.Endpoint)
	}
	if x.ClientAuth != "" {
		m = m.with("tokenEndpointAuthentication", x.ClientAuth)
	}
	if x.ClientAuth == "private_key_jwt" {
		key := "${" + strings.ToUpper(a.resource()) + "_PRIVATE_KEY_PEM}"
		*vars = append(*vars, key)
		m = m.with("privateKeyPem", key, "privateKeyId", x.KeyID)
	} else {
		m = m.with("clientSecret", secret)
	}
	return o.with("enterpriseManagedCredentials", m)
}

// archestraSAML is samlConfig. Its issuer is the name of the SP, whatever the form's label says; the IdP's name stands in idpMetadata.
func (a *app) archestraSAML() (object, []string, error) {
	s := a.saml
	cert, notes := strings.TrimSpace(a.in.Certificate), []string(nil)
	if cert == "" {
		cert, notes = "‹certificate›", append(notes, "the connection holds no IdP certificate: put it where ‹certificate› stands")
	}
	idp := obj("entityID", cmp.Or(a.idpEntityID(), "‹idp entity id›"))
	if at := a.ssoURL(); at != "" {
		idp = idp.with("singleSignOnService", []object{obj("Binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", "Location", at)})
	} else {
		notes = append(notes, "the connection holds no SSO URL: put it where ‹sso url› stands")
	}
	// An aggregate, or what is larger than the SP takes, stays outside.
	if m := a.in.Metadata; m != "" && len(m) <= cmp.Or(a.conn.SP.SAML.MaxMetadata.V, len(m)) && !strings.Contains(m, "EntitiesDescriptor") {
		idp = idp.with("metadata", m)
	}
	sp := obj("entityID", s.entityID)
	if usual := a.conn.ACSURLs(); !slices.Contains(usual, s.acs) { // an ACS of its own is only taken from SP metadata
		metadata, err := spMetadataXML(a)
		if err != nil {
			return nil, nil, err
		}
		sp = sp.with("metadata", string(metadata))
	}
	o := obj("issuer", s.entityID, "entryPoint", cmp.Or(a.ssoURL(), "‹sso url›"), "cert", cert, "callbackUrl", s.acs, "audience", s.audience,
		"identifierFormat", s.nameID, "wantAssertionsSigned", true, "idpMetadata", idp, "spMetadata", sp)
	mapping := obj("id", "nameID")
	for _, m := range []struct{ member, name string }{{"email", "email"}, {"name", "name"}, {"firstName", "first_name"}, {"lastName", "last_name"}} {
		if c, ok := a.claim(m.name); ok {
			mapping = mapping.with(m.member, c.as)
		}
	}
	return o.with("mapping", mapping), notes, nil
}

// archestraTerraform writes archestra_identity_provider. Secrets are sensitive variables.
func archestraTerraform(a *app) (Output, error) {
	p, notes, err := a.archestra()
	if err != nil {
		return Output{}, err
	}
	r := block("resource", "archestra_identity_provider", a.resource()).attr("provider_id", p.providerID).attr("issuer", p.issuer).attr("domain", p.domain)
	blocks := []*hclBlock{r}
	if a.oidc != nil {
		more := a.archestraOIDCBlock(r)
		for _, v := range more {
			blocks = append([]*hclBlock{sensitiveVariable(v)}, blocks...)
			notes = append(notes, fmt.Sprintf("export TF_VAR_%s with the secret before terraform apply", v))
		}
	} else {
		a.archestraSAMLBlock(r)
		blocks = append([]*hclBlock{block("variable", a.resource()+"_cert").attr("type", raw("string")).attr("description", "signing certificate of the IdP, PEM")}, blocks...)
		notes = append(notes, fmt.Sprintf("export TF_VAR_%s_cert with the IdP's certificate before terraform apply", a.resource()))
	}
	if a.conn.Roles != nil {
		m := block("role_mapping").attr("default_role", cmp.Or(p.defaultRole, "member")).attr("strict_mode", p.strict).attr("skip_role_sync", p.skipSync)
		var rules []string
		for _, rule := range p.rules {
			rules = append(rules, fmt.Sprintf("{ expression = %s, role = %s }", hclString(rule.Template), hclString(rule.Role)))
		}
		if len(rules) > 0 {
			m.attr("rules", raw("["+strings.Join(rules, ", ")+"]"))
		}
		r.add(m)
	}
	if p.teams != nil {
		m := block("team_sync_config").attr("enabled", p.teams.Enabled == nil || *p.teams.Enabled)
		if p.teams.Template != "" {
			m.attr("groups_expression", p.teams.Template)
		}
		r.add(m)
	}
	return terraform(a.slug+".tf", "archestra", "archestra-ai/archestra", notes, blocks...), nil
}

func (a *app) archestraOIDCBlock(r *hclBlock) (variables []string) {
	c := a.conn
	pkce, _ := a.sendsPKCE()
	secret := strings.ToLower(a.secretVar())
	variables = []string{secret}
	o := block("oidc_config").attr("issuer", c.Issuer()).attr("discovery_endpoint", a.discovery()).attr("client_id", c.OIDC.ClientID).
		attr("client_secret", raw("var."+secret)).attr("scopes", a.oidc.scopes).attr("pkce", pkce).
		attr("override_user_info", true).attr("enable_rp_initiated_logout", !c.PlainOAuth())
	for _, e := range []struct{ name, given, key string }{
		{"authorization_endpoint", c.OIDC.Endpoints.Authorization, "authorization"}, {"token_endpoint", c.OIDC.Endpoints.Token, "token"},
		{"user_info_endpoint", c.OIDC.Endpoints.Userinfo, "userinfo"}, {"jwks_endpoint", c.OIDC.Endpoints.JWKS, "jwks"},
	} {
		if at := a.endpoint(e.given, e.key); at != "" {
			o.attr(e.name, at)
		}
	}
	if c.OIDC.AuthMethod != "" {
		o.attr("token_endpoint_authentication", c.OIDC.AuthMethod)
	}
	if c.OIDC.HD != "" {
		o.attr("hd", c.OIDC.HD)
	}
	o.add(block("mapping").attr("id", a.subject()).attr("email", a.emailClaim()).attr("name", "name"))
	if x := c.TokenExchange; x != nil {
		m := block("enterprise_managed_credentials").attr("exchange_strategy", a.exchange()).attr("client_id", c.OIDC.ClientID)
		if x.Endpoint != "" {
			m.attr("token_endpoint", x.Endpoint)
		}
		if x.ClientAuth != "" {
			m.attr("token_endpoint_authentication", x.ClientAuth)
		}
		if x.ClientAuth == "private_key_jwt" {
			key := a.resource() + "_private_key_pem"
			variables = append(variables, key)
			m.attr("private_key_pem", raw("var."+key)).attr("private_key_id", x.KeyID)
		} else {
			m.attr("client_secret", raw("var."+secret))
		}
		o.add(m)
	}
	r.add(o)
	return variables
}

func (a *app) archestraSAMLBlock(r *hclBlock) {
	s := a.saml
	o := block("saml_config").attr("issuer", s.entityID).attr("entry_point", cmp.Or(a.ssoURL(), "‹sso url›")).attr("callback_url", s.acs).
		attr("cert", raw("var."+a.resource()+"_cert")).attr("audience", s.audience).attr("identifier_format", s.nameID).attr("want_assertions_signed", true)
	idp := block("idp_metadata").attr("entity_id", cmp.Or(a.idpEntityID(), "‹idp entity id›"))
	if at := a.ssoURL(); at != "" {
		idp.add(block("single_sign_on_service").attr("binding", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect").attr("location", at))
	}
	mapping := block("mapping").attr("id", "nameID") // the provider's own default, sub, is no SAML name
	for _, m := range []struct{ member, name string }{{"email", "email"}, {"name", "name"}, {"first_name", "first_name"}, {"last_name", "last_name"}} {
		if c, ok := a.claim(m.name); ok {
			mapping.attr(m.member, c.as)
		}
	}
	r.add(o.add(idp).add(block("sp_metadata").attr("entity_id", s.entityID)).add(mapping))
}
