package emit

import (
	"fmt"
	"slices"
	"strings"
)

// oktaUser are Okta's expressions for what an SP reads.
var oktaUser = map[string]string{
	"email": "user.email", "first_name": "user.firstName", "last_name": "user.lastName", "name": `user.firstName + " " + user.lastName`,
}

// oktaServer is the custom authorization server of the issuer (…/oauth2/ID); "" for the organisation's own.
func (a *app) oktaServer() string {
	_, id, ok := strings.Cut(a.conn.Issuer(), "/oauth2/")
	if !ok {
		return ""
	}
	return strings.Trim(id, "/")
}

func (a *app) grants() (grants, responses []string) {
	grants, responses = []string{"authorization_code"}, []string{"code"}
	if a.oidc.implicit {
		grants, responses = []string{"implicit", "authorization_code"}, []string{"id_token", "code"}
	}
	if a.refreshes() {
		grants = append(grants, "refresh_token")
	}
	return grants, responses
}

// refreshes reports whether the SP asks for a refresh token.
func (a *app) refreshes() bool { return slices.Contains(a.oidc.scopes, "offline_access") }

// oktaAPI writes the bodies of POST /api/v1/apps and, for a custom authorization server, of POST /api/v1/authorizationServers/ID/claims.
func oktaAPI(a *app) (Output, error) {
	if a.saml != nil {
		return oktaSAMLAPI(a)
	}
	o := a.oidc
	grants, responses := a.grants()
	client := obj("client_uri", a.login, "redirect_uris", o.redirectURIs, "response_types", responses, "grant_types", grants,
		"application_type", "web", "consent_method", "TRUSTED", "dpop_bound_access_tokens", a.on("dpop", false))
	if o.postLogout != "" {
		client = client.with("post_logout_redirect_uris", []string{o.postLogout})
	}
	if uri := a.set("initiate_login_uri", o.initiate); uri != "" {
		client = client.with("initiate_login_uri", uri, "idp_initiated_login", obj("mode", "SPEC", "default_scope", []string{}))
	}
	app := obj("name", "oidc_client", "label", a.title, "signOnMode", "OPENID_CONNECT",
		"credentials", obj("oauthClient", obj("autoKeyRotation", true, "token_endpoint_auth_method", o.authMethod, "pkce_required", o.pkce)),
		"visibility", obj("hide", a.oktaHidden()), "settings", obj("oauthClient", client))
	send := []string{a.oktaPost(a.slug, "apps")}
	notes := []string{
		a.newID(), a.keep(a.path("secret")), "assign people or groups: nobody is assigned to a new application (" + a.path("users") + ")",
	}
	named := []any{a.slug + ".json", app}
	claims, left := a.oktaClaims()
	server := a.oktaServer()
	for _, c := range claims {
		switch {
		case server != "":
			body := obj("name", c.as, "status", "ACTIVE", "claimType", "IDENTITY", "alwaysIncludeInToken", true, "conditions", obj("scopes", []string{}))
			if c.name == "groups" {
				body = body.with("valueType", "GROUPS", "value", ".*", "group_filter_type", "REGEX")
			} else {
				body = body.with("valueType", "EXPRESSION", "value", oktaUser[c.name])
			}
			name := "claim-" + slug(c.as)
			named = append(named, name+".json", body)
			send = append(send, a.oktaPost(name, "authorizationServers/"+server+"/claims"))
		case c.name == "groups":
			notes = append(notes, fmt.Sprintf("the organisation's own server takes the groups claim in the console only: %s, Filter, %s, Matches regex, .*", a.path("groups"), c.as))
		}
	}
	return jsonOutput(send, append(notes, missing(left)...), named...)
}

// oktaClaims are the claims that the ID token of the issuer does not bring by itself.
func (a *app) oktaClaims() (out, left []claim) {
	for _, c := range a.claims {
		switch {
		case c.name == "groups":
			out = append(out, c)
		case c.name == "email_verified":
		case oktaUser[c.name] == "":
			left = append(left, c)
		case a.oktaServer() != "": // with the code flow the ID token of a custom server carries neither names nor address
			out = append(out, c)
		}
	}
	return out, left
}

func (a *app) oktaHidden() object {
	hide := a.on("hide_in_portal", a.saml != nil && a.saml.noTile)
	return obj("iOS", hide, "web", hide)
}

// host is the host of the issuer; a marked placeholder when it is not known.
func (a *app) host() string {
	_, rest, ok := strings.Cut(a.issuer(), "://")
	if !ok {
		_, rest, ok = strings.Cut(a.ssoURL(), "://")
	}
	if !ok {
		return "HOST"
	}
	host, _, _ := strings.Cut(rest, "/")
	if strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") != "" {
		return "HOST" // it stands in commands to paste
	}
	return host
}

// statementFormat is the NameFormat that goes with an attribute's name.
func statementFormat(name string) string {
	if strings.Contains(name, ":") {
		return "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
	}
	return "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
}

// oktaPost is the command that sends a file to Okta's management API.
func (a *app) oktaPost(file, to string) string {
	return fmt.Sprintf(`curl -H "Authorization: SSWS $OKTA_API_TOKEN" -H "Content-Type: application/json" -d @%s.json https://%s/api/v1/%s`, file, a.host(), to)
}

func oktaSAMLAPI(a *app) (Output, error) {
	s := a.saml
	statements, left := []object{}, []claim(nil)
	for _, c := range a.claims {
		switch {
		case c.name == "groups":
			statements = append(statements, obj("type", "GROUP", "name", c.as, "namespace", statementFormat(c.as), "filterType", "REGEX", "filterValue", ".*"))
		case oktaUser[c.name] != "":
			statements = append(statements, obj("type", "EXPRESSION", "name", c.as, "namespace", statementFormat(c.as), "values", []string{oktaUser[c.name]}))
		default:
			left = append(left, c)
		}
	}
	app := obj("label", a.title, "signOnMode", "SAML_2_0", "visibility", obj("autoSubmitToolbar", false, "hide", a.oktaHidden()),
		"settings", obj("signOn", obj("ssoAcsUrl", s.acs, "recipient", s.acs, "destination", s.acs, "audience", s.audience,
			"allowMultipleAcsEndpoints", false, "idpIssuer", "http://www.okta.com/${org.externalKey}", // Okta's own default, but demanded
			"subjectNameIdTemplate", "${user.email}", "subjectNameIdFormat", s.nameID,
			"responseSigned", a.on("sign_responses", s.signResponse), "assertionSigned", a.on("sign_assertions", s.signAssertion),
			"signatureAlgorithm", "RSA_SHA256", "digestAlgorithm", "SHA256", "honorForceAuthn", true, "requestCompressed", true,
			"authnContextClassRef", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
			"attributeStatements", statements)))
	notes := missing(left)
	// The API's description has no member for signed requests: they are off in a new application.
	at, recorded := a.fillAtIdP(a.conn.IdP.Settings["signed_requests"].Path), a.conn.Setting("signed_requests")
	if a.on("signed_requests", s.signsRequests) {
		notes = append(notes, "upload the SP's certificate and tick "+at)
	} else if recorded != nil && recorded.Str() == "true" {
		notes = append(notes, "clear "+at+" in an application that exists")
	}
	notes = append(notes, "assign people or groups: nobody is assigned to a new application ("+a.path("users")+")")
	return jsonOutput([]string{a.oktaPost(a.slug, "apps")}, append(notes, a.takeBack()...), a.slug+".json", app)
}

// takeBack is the note about the values that the SP needs of a new SAML application.
func (a *app) takeBack() []string {
	if a.ssoURL() != "" && a.idpEntityID() != "" {
		return nil
	}
	return []string{fmt.Sprintf("take the IdP's metadata of the new application to %s, and name it in saml.idp_metadata of the connection %q", a.conn.SP.Name, a.conn.Name)}
}

// oktaTerraform writes okta_app_oauth or okta_app_saml and the claims of a custom authorization server.
func oktaTerraform(a *app) (Output, error) {
	if a.saml != nil {
		return oktaSAMLTerraform(a), nil
	}
	o := a.oidc
	grants, responses := a.grants()
	r := block("resource", "okta_app_oauth", a.resource()).
		attr("label", a.title).attr("type", "web").attr("grant_types", grants).attr("response_types", responses).attr("redirect_uris", o.redirectURIs)
	if o.postLogout != "" {
		r.attr("post_logout_redirect_uris", []string{o.postLogout})
	}
	r.attr("token_endpoint_auth_method", o.authMethod).attr("pkce_required", o.pkce)
	if uri := a.set("initiate_login_uri", o.initiate); uri != "" {
		r.attr("login_mode", "SPEC").attr("login_uri", uri)
	}
	hide := a.on("hide_in_portal", false)
	r.attr("hide_ios", hide).attr("hide_web", hide)
	blocks := []*hclBlock{r}
	claims, left := a.oktaClaims()
	server := a.oktaServer()
	for _, c := range claims {
		switch {
		case server == "":
			r.add(block("groups_claim").attr("type", "FILTER").attr("filter_type", "REGEX").attr("name", c.as).attr("value", ".*"))
		default:
			one := block("resource", "okta_auth_server_claim", a.resource()+"_"+strings.ReplaceAll(slug(c.as), "-", "_")).
				attr("auth_server_id", server).attr("name", c.as).attr("claim_type", "IDENTITY").attr("always_include_in_token", true)
			if c.name == "groups" {
				one.attr("value_type", "GROUPS").attr("group_filter_type", "REGEX").attr("value", ".*")
			} else {
				one.attr("value_type", "EXPRESSION").attr("value", oktaUser[c.name])
			}
			blocks = append(blocks, one)
		}
	}
	at := "okta_app_oauth." + a.resource()
	blocks = append(blocks, block("output", a.resource()+"_client_id").attr("value", raw(at+".client_id")), sensitiveOutput(a.resource()+"_client_secret", at+".client_secret"))
	notes := append(missing(left), a.newID(), fmt.Sprintf("terraform output -raw %s_client_secret gives the secret; Terraform's state holds it too", a.resource()),
		"assign people or groups with okta_app_group_assignment: nobody is assigned to a new application")
	return terraform(a.slug+".tf", "okta", "okta/okta", notes, blocks...), nil
}

func oktaSAMLTerraform(a *app) Output {
	s := a.saml
	hide := a.on("hide_in_portal", s.noTile)
	r := block("resource", "okta_app_saml", a.resource()).
		attr("label", a.title).attr("sso_url", s.acs).attr("recipient", s.acs).attr("destination", s.acs).attr("audience", s.audience).
		attr("subject_name_id_template", "${user.email}").attr("subject_name_id_format", s.nameID).
		attr("response_signed", a.on("sign_responses", s.signResponse)).attr("assertion_signed", a.on("sign_assertions", s.signAssertion)).
		attr("saml_signed_request_enabled", a.on("signed_requests", s.signsRequests)).
		attr("signature_algorithm", "RSA_SHA256").attr("digest_algorithm", "SHA256").attr("honor_force_authn", true).
		attr("authn_context_class_ref", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport").
		attr("hide_ios", hide).attr("hide_web", hide)
	var left []claim
	for _, c := range a.claims {
		st := block("attribute_statements").attr("name", c.as).attr("namespace", statementFormat(c.as))
		switch {
		case c.name == "groups":
			r.add(st.attr("type", "GROUP").attr("filter_type", "REGEX").attr("filter_value", ".*"))
		case oktaUser[c.name] != "":
			r.add(st.attr("type", "EXPRESSION").attr("values", []string{oktaUser[c.name]}))
		default:
			left = append(left, c)
		}
	}
	at := "okta_app_saml." + a.resource()
	notes := append(missing(left), "assign people or groups with okta_app_group_assignment: nobody is assigned to a new application")
	return terraform(a.slug+".tf", "okta", "okta/okta", append(notes, a.takeBack()...), r,
		block("output", a.resource()+"_metadata_url").attr("value", raw(at+".metadata_url")))
}
