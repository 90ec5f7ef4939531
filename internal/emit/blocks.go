package emit

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// gitlabApplication writes the body of POST /api/v4/applications.
func gitlabApplication(a *app) (Output, error) {
	o := a.oidc
	var scopes []string
	for _, s := range o.scopes {
		if s == "openid" || s == "profile" || s == "email" {
			scopes = append(scopes, s)
		}
	}
	body := obj("name", a.title, "redirect_uri", strings.Join(o.redirectURIs, "\n"), "scopes", strings.Join(scopes, " "), "confidential", true)
	return jsonOutput([]string{
		fmt.Sprintf(`curl -H "PRIVATE-TOKEN: $GITLAB_TOKEN" -H "Content-Type: application/json" -d @%s.json https://%s/api/v4/applications (an administrator's token; else fill in the same values under %s)`, a.slug, a.host(), a.path("redirect_uri")),
	}, []string{
		a.newID(), a.keep("the answer, which shows it only once"),
		"a scope that the SP asks for and that the application does not have fails the whole login",
	}, a.slug+".json", body)
}

// zitadelAPI writes the body of POST /management/v1/projects/PROJECT/apps/oidc or …/apps/saml.
func zitadelAPI(a *app) (Output, error) {
	post := func(kind string) string {
		return fmt.Sprintf(`curl -H "Authorization: Bearer $ZITADEL_TOKEN" -H "Content-Type: application/json" -d @%s.json https://%s/management/v1/projects/$PROJECT_ID/apps/%s`, a.slug, a.host(), kind)
	}
	if a.saml != nil {
		metadata, err := spMetadataXML(a)
		if err != nil {
			return Output{}, err
		}
		return jsonOutput([]string{post("saml")}, a.takeBack(), a.slug+".json", obj("name", a.title, "metadataXml", base64.StdEncoding.EncodeToString(metadata)))
	}
	o := a.oidc
	grant, response := "OIDC_GRANT_TYPE_AUTHORIZATION_CODE", "OIDC_RESPONSE_TYPE_CODE"
	if o.implicit {
		grant, response = "OIDC_GRANT_TYPE_IMPLICIT", "OIDC_RESPONSE_TYPE_ID_TOKEN"
	}
	grants := []string{grant}
	if a.refreshes() {
		grants = append(grants, "OIDC_GRANT_TYPE_REFRESH_TOKEN")
	}
	method := "OIDC_AUTH_METHOD_TYPE_BASIC"
	if o.authMethod == "client_secret_post" {
		method = "OIDC_AUTH_METHOD_TYPE_POST"
	}
	body := obj("name", a.title, "redirectUris", o.redirectURIs, "responseTypes", []string{response}, "grantTypes", grants,
		"appType", "OIDC_APP_TYPE_WEB", "authMethodType", method, "version", "OIDC_VERSION_1_0", "devMode", false,
		"accessTokenType", "OIDC_TOKEN_TYPE_BEARER", "accessTokenRoleAssertion", false, "idTokenRoleAssertion", true, "idTokenUserinfoAssertion", true)
	if o.postLogout != "" {
		body = body.with("postLogoutRedirectUris", []string{o.postLogout})
	}
	notes := []string{a.newID(), a.keep("the answer, which shows it only once")}
	if c, ok := a.claim("groups"); ok {
		notes = append(notes, fmt.Sprintf("roles come as an object: for %q an Action has to flatten them (%s)", c.as, a.path("claims")))
	}
	return jsonOutput([]string{post("oidc")}, notes, a.slug+".json", body)
}

// autheliaClient writes the client for identity_providers.oidc of Authelia's configuration.
func autheliaClient(a *app) (Output, error) {
	o := a.oidc
	scopes := append([]string{}, o.scopes...)
	var inToken []string
	for _, c := range a.claims {
		if meanings[c.as] != "" {
			inToken = append(inToken, c.as)
		}
		if c.name == "groups" && !strings.Contains(strings.Join(scopes, " "), "groups") {
			scopes = append(scopes, "groups")
		}
	}
	grant, response := "authorization_code", "code"
	if o.implicit {
		grant, response = "implicit", "id_token"
	}
	y := &yamlText{}
	y.line(0, "identity_providers:")
	y.line(1, "oidc:")
	y.line(2, "claims_policies:")
	y.line(3, "%s: # without it these claims are in userinfo only", a.resource())
	y.line(4, "id_token: %s", qs(inToken))
	y.line(2, "clients:")
	y.line(3, "- client_id: %s", q(o.clientID))
	y.line(4, "client_name: %s", q(a.title))
	y.line(4, "# the digest of the secret, which the template filter reads from a file; the SP gets the plain text")
	y.line(4, `client_secret: '{{ secret "/run/secrets/%s_digest" }}'`, strings.ToLower(a.secretVar()))
	y.line(4, "public: false")
	y.line(4, "authorization_policy: two_factor")
	y.line(4, "consent_mode: implicit")
	y.line(4, "require_pkce: %t", o.pkce)
	if o.pkce {
		y.line(4, "pkce_challenge_method: S256")
	}
	y.line(4, "redirect_uris: %s", qs(o.redirectURIs))
	y.line(4, "scopes: %s", qs(scopes))
	grants := []string{grant}
	if a.refreshes() {
		grants = append(grants, "refresh_token")
	}
	y.line(4, "grant_types: %s", qs(grants))
	y.line(4, "response_types: %s", qs([]string{response}))
	y.line(4, "token_endpoint_auth_method: %s", o.authMethod)
	y.line(4, "claims_policy: %s", a.resource())
	return y.output(a.slug+".yaml", []string{
		"authelia crypto hash generate pbkdf2 --variant sha512 --random --random.length 72 --random.charset rfc3986 gives secret and digest",
		fmt.Sprintf("the secret goes to %s and where %s names, the digest into /run/secrets/%s_digest; start Authelia with X_AUTHELIA_CONFIG_FILTERS=template", a.conn.SP.Name, a.secretAt(), strings.ToLower(a.secretVar())),
		"merge the block into configuration.yml and start Authelia anew",
	}), nil
}

// dexClient writes the entry for staticClients of Dex's configuration.
func dexClient(a *app) (Output, error) {
	o := a.oidc
	y := &yamlText{}
	y.line(0, "staticClients:")
	y.line(1, "- id: %s", q(o.clientID))
	y.line(2, "name: %s", q(a.title))
	y.line(2, "secretEnv: %s", a.secretVar())
	y.line(2, "redirectURIs: %s", qs(o.redirectURIs))
	notes := []string{fmt.Sprintf("Dex needs the client secret in its environment as %s, the value that %s names", a.secretVar(), a.secretAt()), "merge the block into config.yaml and start Dex anew"}
	if o.implicit {
		notes = append(notes, "the SP uses the implicit flow: oauth2.responseTypes has to hold id_token")
	}
	if c, ok := a.claim("groups"); ok {
		notes = append(notes, fmt.Sprintf("%q comes with the scope groups and a connector that reads groups", c.as))
	}
	return y.output(a.slug+".yaml", notes), nil
}

// clientRegistration writes client metadata as RFC 7591 §2 and OpenID Connect Registration §2 have it.
func clientRegistration(a *app) (Output, error) {
	o := a.oidc
	grants, responses := []string{"authorization_code"}, []string{"code"}
	if o.implicit {
		grants, responses = []string{"implicit"}, []string{"id_token"}
	}
	if a.refreshes() {
		grants = append(grants, "refresh_token")
	}
	body := obj("client_name", a.title, "application_type", "web", "redirect_uris", o.redirectURIs, "grant_types", grants, "response_types", responses,
		"token_endpoint_auth_method", o.authMethod)
	if idp := a.conn.IdP.OIDC; idp == nil || idp.RegistrationScope.V != "omitted" {
		body = body.with("scope", strings.Join(o.scopes, " "))
	}
	if o.alg != "" {
		body = body.with("id_token_signed_response_alg", o.alg)
	}
	if o.postLogout != "" {
		body = body.with("post_logout_redirect_uris", []string{o.postLogout})
	}
	if strings.HasPrefix(o.initiate, "https://") { // OpenID Connect Registration §2 wants https
		body = body.with("initiate_login_uri", o.initiate)
	}
	if a.login != "" {
		body = body.with("client_uri", a.login)
	}
	return jsonOutput([]string{
		fmt.Sprintf("POST it to the registration_endpoint of %s/.well-known/openid-configuration", strings.TrimSuffix(a.conn.Issuer(), "/")),
		a.newID(), a.keep("client_secret of the answer"),
	}, nil, a.slug+".json", body)
}
