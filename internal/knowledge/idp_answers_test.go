package knowledge

import (
	"slices"
	"strings"
	"testing"
)

// seenAnswer is one answer of a live IdP and what it proves.
type seenAnswer struct {
	idp, probe  string
	status      int
	where       string
	error, text string
	means       string
}

// classify applies a profile's answers in their order, then the generic ones, as the kernel does.
func classify(l *Library, profiles map[string]*IdP, a seenAnswer) string {
	for _, id := range []string{a.idp, "generic"} {
		for _, k := range profiles[id].Answers {
			if k.Probe == a.probe && (len(k.Status) == 0 || slices.Contains(k.Status, a.status)) && (k.Where == "" || k.Where == a.where) &&
				(k.Error == "" || l.Matches(k.Error, a.error)) && (k.Text == "" || l.Contains(k.Text, a.text)) {
				return k.Means
			}
		}
	}
	return "unknown"
}

func TestIdPClassifiesAnswers(t *testing.T) {
	l, profiles := idpLibrary(t)
	for _, a := range []seenAnswer{
		{"keycloak", "token", 400, "body", "invalid_grant", "Code not valid", "accepted"},
		{"keycloak", "token", 401, "body", "unauthorized_client", "Invalid client or Invalid client credentials", "secret_rejected"},
		{"keycloak", "token", 401, "body", "invalid_client", "Invalid client or Invalid client credentials", "client_or_secret"},
		{"keycloak", "token", 400, "body", "invalid_request", "DPoP proof is missing", "dpop_required"},
		{"keycloak", "token", 400, "body", "invalid_client", "Parameter client_assertion_type is missing", "method_rejected"},
		{"keycloak", "token", 400, "body", "invalid_client", "Bearer-only not allowed", "wrong_protocol"},
		{"keycloak", "token", 400, "body", "unsupported_grant_type", "", "unknown"},
		{"keycloak", "authorize", 302, "callback", "login_required", "", "login_required"},
		{"keycloak", "authorize", 400, "body", "", "We are sorry... Invalid parameter: redirect_uri", "redirect_unregistered"},
		{"keycloak", "authorize", 400, "body", "", "We are sorry... Client not found.", "client_unknown"},
		{"keycloak", "authorize", 400, "body", "", "We are sorry... Client disabled.", "client_disabled"},
		{"keycloak", "authorize", 400, "body", "", "We are sorry... Wrong client protocol.", "wrong_protocol"},
		{"keycloak", "authorize", 403, "body", "", "Bearer-only applications are not allowed to initiate browser login", "wrong_protocol"},
		{"keycloak", "authorize", 400, "body", "", "We are sorry... Realm not enabled", "realm_disabled"},
		{"keycloak", "authorize", 302, "callback", "unauthorized_client", "Client is not allowed to initiate browser login with given response_type. Standard flow is disabled for the client.", "flow_off"},
		{"keycloak", "authorize", 302, "callback", "invalid_request", "Missing parameter: code_challenge_method", "pkce_required"},
		{"keycloak", "authorize", 302, "callback", "invalid_request", "Pushed Authorization Request is only allowed.", "par_required"},
		{"keycloak", "authorize", 302, "callback", "invalid_scope", "Invalid scopes: openid groups", "scope_refused"},
		{"keycloak", "authorize", 200, "body", "", "Sign in to your account", "login_page"},
		{"keycloak", "par", 201, "body", "", "", "accepted"},
		{"keycloak", "par", 401, "body", "invalid_request", "Authentication failed.", "client_or_secret"},
		{"keycloak", "par", 400, "body", "invalid_request", "Invalid parameter: redirect_uri", "redirect_unregistered"},
		{"keycloak", "par", 400, "body", "invalid_request", "Invalid scopes: openid nope", "scope_refused"},
		{"keycloak", "device", 400, "body", "unauthorized_client", "Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client.", "grant_off"},
		{"keycloak", "saml", 400, "body", "", "We are sorry... Invalid requester", "signature_required"},
		{"keycloak", "saml", 400, "body", "", "We are sorry... Invalid redirect uri", "redirect_unregistered"},
		{"keycloak", "saml", 400, "body", "", "We are sorry... Invalid Request", "client_unknown"},
		{"keycloak", "saml", 400, "body", "", "We are sorry... Wrong client protocol.", "wrong_protocol"},
		{"oidc-provider", "token", 400, "body", "invalid_grant", "grant request is invalid", "accepted"},
		{"oidc-provider", "token", 401, "body", "invalid_client", "client authentication failed", "client_or_secret"},
		{"oidc-provider", "authorize", 400, "body", "invalid_redirect_uri", "redirect_uri did not match any of the client's registered redirect_uris", "redirect_unregistered"},
		{"oidc-provider", "authorize", 400, "body", "invalid_client", "client is invalid", "client_unknown"},
		{"oidc-provider", "authorize", 303, "callback", "invalid_request", "Authorization Server policy requires PKCE to be used for this request", "pkce_required"},
		{"oidc-provider", "authorize", 303, "callback", "invalid_request", "Pushed Authorization Request must be used", "par_required"},
		{"oidc-provider", "par", 400, "body", "invalid_request", "redirect_uri did not match any of the client's registered redirect_uris", "redirect_unregistered"},
		{"dex", "token", 400, "body", "invalid_grant", "Invalid or expired code parameter.", "accepted"},
		{"dex", "token", 401, "body", "invalid_client", "Invalid client credentials.", "client_or_secret"},
		{"dex", "authorize", 200, "body", "", "Log in to dex", "unknown"},
		{"dex", "authorize", 400, "body", "", "Bad Request Unregistered redirect_uri.", "redirect_unregistered"},
		{"authentik", "token", 400, "body", "invalid_client", "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method)", "client_or_secret"},
		{"authentik", "authorize", 400, "body", "", "Redirect URI Error The request fails due to a missing, invalid, or mismatching redirection URI (redirect_uri).", "redirect_unregistered"},
		{"authentik", "saml", 302, "idp", "", "https://auth.acme.com/if/flow/default/", "unknown"},
		{"authelia", "token", 401, "body", "invalid_client", "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).", "client_or_secret"},
		{"authelia", "authorize", 302, "idp", "invalid_client", "The requested OAuth 2.0 Client does not exist.", "client_unknown"},
		{"authelia", "authorize", 302, "idp", "invalid_request", "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered 'redirect_uris'.", "redirect_unregistered"},
		{"ory-hydra", "token", 401, "body", "invalid_client", "The OAuth 2.0 Client supports client authentication method 'client_secret_basic', but method 'client_secret_post' was requested.", "method_rejected"},
		{"zitadel", "token", 400, "body", "invalid_request", "Errors.User.Code.Invalid", "accepted"},
		{"zitadel", "token", 400, "body", "invalid_client", "invalid secret", "secret_rejected"},
		{"zitadel", "token", 400, "body", "invalid_client", "no active client not found", "client_unknown"},
		{"okta", "token", 400, "body", "invalid_dpop_proof", "The DPoP proof JWT header is missing.", "dpop_required"},
		{"okta", "token", 401, "body", "invalid_client", "The client secret supplied for a confidential client is invalid.", "secret_rejected"},
		{"okta", "token", 401, "body", "invalid_client", "Invalid value for 'client_id' parameter.", "client_unknown"},
		{"okta", "authorize", 400, "body", "invalid_request", "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings: https://acme-admin.okta.com", "redirect_unregistered"},
		{"entra", "token", 400, "body", "invalid_grant", "AADSTS9002313: Invalid request. Request is malformed or invalid.", "unknown"},
		{"entra", "token", 401, "body", "invalid_client", "AADSTS7000215: Invalid client secret provided.", "secret_rejected"},
		{"entra", "token", 401, "body", "invalid_client", "AADSTS7000222: The provided client secret keys are expired.", "secret_rejected"},
		{"entra", "token", 400, "body", "unauthorized_client", "AADSTS700016: Application was not found in the directory.", "client_unknown"},
		{"entra", "token", 400, "body", "invalid_request", "AADSTS90002: Tenant not found.", "realm_disabled"},
		{"entra", "authorize", 200, "body", "", "AADSTS50011: The redirect URI specified in the request does not match", "redirect_unregistered"},
		{"entra", "authorize", 200, "body", "", "Sign in to your account", "unknown"},
		{"google", "token", 400, "body", "invalid_grant", "Malformed auth code.", "accepted"},
		{"google", "authorize", 302, "idp", "", "https://accounts.google.com/signin/oauth/error?authError=ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2gSGg", "redirect_unregistered"},
		{"google", "authorize", 302, "idp", "", "https://accounts.google.com/signin/oauth/error?authError=Cg5pbnZhbGlkX2NsaWVudBI", "client_unknown"},
		{"auth0", "token", 401, "body", "access_denied", "Unauthorized", "client_or_secret"},
		{"auth0", "token", 403, "body", "invalid_grant", "Invalid authorization code", "accepted"},
		{"auth0", "authorize", 403, "body", "", "Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.", "redirect_unregistered"},
		{"github", "token", 200, "body", "bad_verification_code", "The code passed is incorrect or expired.", "accepted"},
		{"github", "token", 200, "body", "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.", "client_or_secret"},
		{"github", "token", 200, "body", "redirect_uri_mismatch", "", "redirect_unregistered"},
		{"github", "authorize", 302, "idp", "", "https://github.com/login?client_id=x", "unknown"},
		{"gitlab", "authorize", 302, "callback", "login_required", "", "login_required"},
		{"gitlab", "authorize", 302, "idp", "", "https://gitlab.com/users/sign_in", "unknown"},
		{"fusionauth", "token", 400, "body", "invalid_request", "Invalid Authorization Code", "accepted"},
		{"lab", "token", 400, "body", "invalid_grant", "Code \"unbekannt\"\ncut", "accepted"},
		{"lab", "token", 401, "body", "invalid_client", "client is registered for client_secret_post, not for client_secret_basic", "method_rejected"},
		{"lab", "token", 400, "body", "unsupported_grant_type", "grant type is not offered here", "grant_off"},
		{"lab", "authorize", 303, "callback", "login_required", "nobody is signed in", "login_required"},
		{"lab", "authorize", 400, "body", "invalid_request", "redirect_uri is not registered for this client", "redirect_unregistered"},
		{"lab", "authorize", 403, "body", "access_denied", "this tenant is switched off", "realm_disabled"},
		{"lab", "authorize", 303, "callback", "invalid_request", "a signed request object is required", "request_object_required"},
		{"generic", "token", 400, "body", "invalid_grant", "", "accepted"},
		{"generic", "token", 400, "body", "invalid_dpop_proof", "", "dpop_required"},
		{"generic", "token", 400, "body", "invalid_code", "", "unknown"},
		{"generic", "token", 403, "body", "", "forbidden", "unknown"},
		{"generic", "authorize", 200, "body", "", "Sign in", "unknown"},
		{"generic", "authorize", 400, "body", "invalid_request", "redirect_uri is not registered", "unknown"},
		{"generic", "authorize", 302, "callback", "interaction_required", "", "login_required"},
		{"generic", "authorize", 302, "callback", "invalid_request", "PKCE is required", "pkce_required"},
		{"generic", "saml", 200, "body", "", "Sign in", "unknown"},
	} {
		if got := classify(l, profiles, a); got != a.means {
			t.Errorf("%s: %s %d %s %q %q means %s, want %s", a.idp, a.probe, a.status, a.where, a.error, a.text, got, a.means)
		}
	}
}

func TestIdPIssuerShapes(t *testing.T) {
	l, profiles := idpLibrary(t)
	right := map[string]string{
		"keycloak": `https://login.acme.com/realms/main https://login.acme.com:8443/auth/realms/main http://localhost:8080/realms/master https://acme.com/sso/realms/Main%20Office`,
		"okta":     `https://acme.okta.com https://acme.okta.com/oauth2/default https://login.acme.com https://login.acme.com/oauth2/aus9o8wzkhckw9TLa0h7z`,
		"entra": `https://login.microsoftonline.com/` + tenant + `/v2.0 https://sts.windows.net/` + tenant + `/ https://login.microsoftonline.us/` + tenant + `/v2.0
			https://` + tenant + `.ciamlogin.com/` + tenant + `/v2.0 https://acme.b2clogin.com/` + tenant + `/v2.0/ https://acme.b2clogin.com/tfp/` + tenant + `/b2c_1_signin/v2.0/`,
		"authentik": `https://auth.acme.com/application/o/orq/ https://auth.acme.com/ http://auth.acme.com:9000/application/o/orq/ https://acme.com/authentik/application/o/orq/`,
		"auth0":     `https://acme.eu.auth0.com/ https://login.acme.com/`,
		"google":    `https://accounts.google.com`,
		"onelogin":  `https://acme.onelogin.com/oidc/2 https://openid-connect.onelogin.com/oidc https://sso.acme.com/oidc/2`,
		"pingone":   `https://auth.pingone.eu/` + tenant + `/as https://auth.acme.com/as`,
		"jumpcloud": `https://oauth.id.jumpcloud.com/ https://oauth.id.in.jumpcloud.com/`,
		"adfs":      `https://fs.acme.com/adfs https://fs.acme.com:8443/adfs`,
		"kanidm":    `https://idm.acme.com/oauth2/openid/orq https://idm.acme.com:8443/oauth2/openid/my-app_2`,
		"duo":       `https://sso-abcd1234.sso.duosecurity.com/oidc/DIABCDEFGHIJKLMNOPQR`,
	}
	wrong := map[string]string{
		"keycloak":  `https://login.acme.com https://login.acme.com/realms https://login.acme.com/realms/main/protocol/openid-connect/token`,
		"okta":      `https://acme.okta.com/oauth2 https://acme.okta.com/app/orq/exk1/sso/saml https://acme.okta.com/oauth2/default/v1/token`,
		"entra":     `https://login.microsoftonline.com https://sts.windows.net/`,
		"authentik": `https://auth.acme.com https://auth.acme.com/application/orq`,
		"auth0":     `https://acme.eu.auth0.com/oauth/token https://acme.eu.auth0.com/authorize`,
		"google":    `https://accounts.google.com/o/oauth2/v2/auth https://google.com`,
		"onelogin":  `https://acme.onelogin.com https://acme.onelogin.com/oidc`,
		"pingone":   `https://auth.pingone.eu/` + tenant + ` https://auth.pingone.eu/` + tenant + `/as/authorize`,
		"jumpcloud": `https://sso.jumpcloud.com/ https://oauth.id.us.jumpcloud.com/`,
		"adfs":      `https://fs.acme.com https://fs.acme.com/adfs/ls`,
		"kanidm":    `https://idm.acme.com https://idm.acme.com/oauth2/openid/`,
		"duo":       `https://sso-abcd1234.sso.duosecurity.com https://sso-abcd1234.sso.duosecurity.com/saml2/sp/DIABC/sso`,
	}
	for id, idp := range profiles {
		if idp.Issuer.Shape.V == "" {
			continue
		}
		if right[id] == "" && id != "cloudflare-access" {
			t.Errorf("%s: no example of a legal issuer", id)
		}
		for _, issuer := range strings.Fields(right[id]) {
			if !l.Matches(idp.Issuer.Shape.V, issuer) {
				t.Errorf("%s: the legal issuer %s does not fit its shape", id, issuer)
			}
		}
		for _, issuer := range strings.Fields(wrong[id]) {
			if l.Matches(idp.Issuer.Shape.V, issuer) {
				t.Errorf("%s: %s fits the shape", id, issuer)
			}
		}
	}
}

func TestIdPIssuerKindsOfExamples(t *testing.T) {
	l, profiles := idpLibrary(t)
	for _, k := range [][3]string{
		{"keycloak", "https://acme.com/auth/realms/main", "legacy https://acme.com/realms/main"},
		{"keycloak", "https://acme.com/realms/main", "plain https://acme.com/auth/realms/main"},
		{"okta", "https://acme.okta.com", "org "},
		{"okta", "https://acme.okta.com/oauth2/default", "server "},
		{"okta", "https://acme-admin.okta.com", "admin https://acme.okta.com"},
		{"okta", "https://login.acme.com/oauth2/default", "custom_domain "},
		{"entra", "https://login.microsoftonline.com/" + tenant + "/v2.0", "v2 "},
		{"entra", "https://sts.windows.net/" + tenant + "/", "v1 https://login.microsoftonline.com/" + tenant + "/v2.0"},
		{"entra", "https://login.microsoftonline.com/" + tenant, "no_version https://login.microsoftonline.com/" + tenant + "/v2.0"},
		{"entra", "https://login.microsoftonline.com/{tenantid}/v2.0", "template https://login.microsoftonline.com/{tenant}/v2.0"},
		{"entra", "https://login.microsoftonline.com/<tenant-id>/v2.0", "template https://login.microsoftonline.com/{tenant}/v2.0"},
		{"entra", "https://login.microsoftonline.com/common/v2.0", "multi_tenant https://login.microsoftonline.com/{tenant}/v2.0"},
		{"entra", "https://login.microsoftonline.com/acme.com/v2.0", "domain https://login.microsoftonline.com/{tenant}/v2.0"},
		{"auth0", "https://acme.eu.auth0.com/", "tenant "},
		{"auth0", "https://login.acme.com/", "custom_domain "},
		{"onelogin", "https://openid-connect.onelogin.com/oidc", "v1 "},
		{"onelogin", "https://acme.onelogin.com/oidc/2", "v2 "},
		{"pingone", "https://auth.acme.com/as", "custom_domain "},
	} {
		got := ""
		for _, kind := range profiles[k[0]].Issuer.Kinds {
			if groups := l.Find(kind.Match, k[1]); groups != nil {
				fix, _ := Expand(kind.Fix, groups)
				got = kind.ID + " " + fix
				break
			}
		}
		if got != k[2] {
			t.Errorf("%s: %s is %q, want %q", k[0], k[1], got, k[2])
		}
	}
}
