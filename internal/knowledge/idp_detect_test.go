package knowledge

import (
	"slices"
	"strings"
	"testing"
)

// idpLibrary recognises by the files of the folder, not by the generated index.
func idpLibrary(t *testing.T) (*Library, map[string]*IdP) {
	t.Helper()
	profiles := idpFiles(t)
	var heads []Head
	for id, idp := range profiles {
		heads = append(heads, Head{ID: id, Name: idp.Name, Detect: &idp.Detect})
	}
	slices.SortFunc(heads, func(a, b Head) int { return strings.Compare(a.ID, b.ID) })
	l := New()
	l.index = func() Index { return Index{IdPs: heads} }
	return l, profiles
}

const tenant = "8f0c3b1a-52d7-4c1e-9a40-6b1f0f5d7e21"

func TestIdPDetectByIssuer(t *testing.T) {
	l, _ := idpLibrary(t)
	for id, issuers := range map[string]string{
		"keycloak": `https://login.acme.com/realms/main https://login.acme.com:8443/realms/main https://acme.com/auth/realms/main https://kc.acme.com/iam/realms/Main
			http://localhost:8080/realms/master https://login.acme.com/realms/main/ https://login.acme.com/realms/main/.well-known/openid-configuration`,
		"okta": `https://acme.okta.com https://acme.okta.com/ https://acme.okta.com/oauth2/default https://acme.oktapreview.com/oauth2/aus9o8wzkhckw9TLa0h7z
			https://acme.okta-emea.com https://acme-admin.okta.com acme.okta.com`,
		"entra": `https://login.microsoftonline.com/` + tenant + `/v2.0 https://login.microsoftonline.com/` + tenant + ` https://sts.windows.net/` + tenant + `/
			https://login.microsoftonline.com/common/v2.0 https://login.microsoftonline.com/acme.onmicrosoft.com/v2.0 https://login.microsoftonline.com/{tenantid}/v2.0
			https://login.microsoftonline.us/` + tenant + `/v2.0 https://acme.ciamlogin.com/` + tenant + `/v2.0`,
		"authentik": `https://auth.acme.com/application/o/orq/ https://auth.acme.com/application/o/orq https://acme.com/sso/application/o/orq-ai/ http://localhost:9000/application/o/x/`,
		"auth0":     `https://acme.eu.auth0.com/ https://acme.auth0.com https://acme.us.auth0.com/.well-known/openid-configuration`,
		"google":    `https://accounts.google.com https://accounts.google.com/ accounts.google.com`,
		"github":    `https://github.com https://github.com/login/oauth https://git.acme.com/login/oauth https://acme.ghe.com`,
		"gitlab":    `https://gitlab.com https://gitlab.com/`,
		"onelogin":  `https://acme.onelogin.com/oidc/2 https://openid-connect.onelogin.com/oidc https://openid-connect-eu.onelogin.com/oidc`,
		"pingone":   `https://auth.pingone.com/` + tenant + `/as https://auth.pingone.eu/` + tenant + `/as`,
		"jumpcloud": `https://oauth.id.jumpcloud.com/ https://oauth.id.eu.jumpcloud.com/ https://oauth.id.in.jumpcloud.com`,
		"duo":       `https://sso-abcd1234.sso.duosecurity.com/oidc/DIABCDEFGHIJKLMNOPQR`,
		"zitadel":   `https://acme-x1y2z3.zitadel.cloud https://acme.us1.zitadel.cloud`,
		"adfs":      `https://fs.acme.com/adfs https://fs.acme.com/adfs/ http://fs.acme.com/adfs/services/trust`,
		"aws-cognito": `https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI
			https://acme.auth.eu-west-1.amazoncognito.com`,
		"cloudflare-access": `https://acme.cloudflareaccess.com/cdn-cgi/access/sso/oidc/0123abcd`,
		"kanidm":            `https://idm.acme.com/oauth2/openid/orq`,
		"ory-hydra":         `https://slug-abc123.projects.oryapis.com`,
		"cyberark":          `https://aab1234.id.cyberark.cloud/orq/ https://aab1234.my.idaptive.app/orq/`,
		"rippling":          `https://app.rippling.com/abc/idp.xml`,
		"lab":               `https://login.lab.example:40123/lab https://login.lab.example/lab`,
		// no product can be told by these
		"generic": `https://login.acme.com https://login.acme.com/ https://dex.acme.com/dex https://auth.acme.com https://hydra.acme.com/ https://sso.acme.com:9031
			https://acme.com/realms https://okta.com.acme.com https://accounts.google.com.evil.example https://notgithub.com https://gitlab.com.acme.com
			https://example.com/application/o/ https://login.acme.com/oauth2/default https://login.acme.com/adfsx https://acme.com/lab/x https://auth0.com.acme.com/`,
	} {
		for _, issuer := range strings.Fields(issuers) {
			if got, how := l.Detect(Clues{Issuer: issuer}); got != id {
				t.Errorf("%s is taken for %s (%s), want %s", issuer, got, how, id)
			}
		}
	}
}

// idpDocuments are members of discovery documents, each on a host that says nothing.
var idpDocuments = map[string]string{
	"keycloak": `issuer=https://sso.acme.com/realms/main authorization_endpoint=https://sso.acme.com/realms/main/protocol/openid-connect/auth
		token_endpoint=https://sso.acme.com/realms/main/protocol/openid-connect/token jwks_uri=https://sso.acme.com/realms/main/protocol/openid-connect/certs`,
	"okta": `issuer=https://login.acme.com authorization_endpoint=https://login.acme.com/oauth2/v1/authorize token_endpoint=https://login.acme.com/oauth2/v1/token
		jwks_uri=https://login.acme.com/oauth2/v1/keys`,
	"okta custom server": `issuer=https://login.acme.com/oauth2/default authorization_endpoint=https://login.acme.com/oauth2/default/v1/authorize
		token_endpoint=https://login.acme.com/oauth2/default/v1/token jwks_uri=https://login.acme.com/oauth2/default/v1/keys`,
	"entra": `issuer=https://login.acme.com/` + tenant + `/v2.0 token_endpoint=https://login.acme.com/` + tenant + `/oauth2/v2.0/token
		jwks_uri=https://login.acme.com/` + tenant + `/discovery/v2.0/keys cloud_instance_name=microsoftonline.com msgraph_host=graph.microsoft.com`,
	"auth0": `issuer=https://login.acme.com/ authorization_endpoint=https://login.acme.com/authorize token_endpoint=https://login.acme.com/oauth/token
		device_authorization_endpoint=https://login.acme.com/oauth/device/code mfa_challenge_endpoint=https://login.acme.com/mfa/challenge jwks_uri=https://login.acme.com/.well-known/jwks.json`,
	"authentik": `issuer=https://login.acme.com/ authorization_endpoint=https://login.acme.com/application/o/authorize/ token_endpoint=https://login.acme.com/application/o/token/
		jwks_uri=https://login.acme.com/application/o/orq/jwks/`,
	"authelia": `issuer=https://login.acme.com authorization_endpoint=https://login.acme.com/api/oidc/authorization token_endpoint=https://login.acme.com/api/oidc/token
		jwks_uri=https://login.acme.com/jwks.json`,
	"zitadel": `issuer=https://login.acme.com authorization_endpoint=https://login.acme.com/oauth/v2/authorize token_endpoint=https://login.acme.com/oauth/v2/token
		end_session_endpoint=https://login.acme.com/oidc/v1/end_session jwks_uri=https://login.acme.com/oauth/v2/keys device_authorization_endpoint=https://login.acme.com/oauth/v2/device_authorization`,
	"dex": `issuer=https://login.acme.com/dex authorization_endpoint=https://login.acme.com/dex/auth token_endpoint=https://login.acme.com/dex/token
		jwks_uri=https://login.acme.com/dex/keys device_authorization_endpoint=https://login.acme.com/dex/device/code userinfo_endpoint=https://login.acme.com/dex/userinfo`,
	"kanidm": `issuer=https://idm.acme.com/oauth2/openid/orq authorization_endpoint=https://idm.acme.com/ui/oauth2 token_endpoint=https://idm.acme.com/oauth2/token`,
	"ory-hydra": `issuer=https://login.acme.com/ authorization_endpoint=https://login.acme.com/oauth2/auth token_endpoint=https://login.acme.com/oauth2/token
		end_session_endpoint=https://login.acme.com/oauth2/sessions/logout jwks_uri=https://login.acme.com/.well-known/jwks.json`,
	"jumpcloud": `issuer=https://oauth.id.jumpcloud.com/ authorization_endpoint=https://oauth.id.jumpcloud.com/oauth2/auth token_endpoint=https://oauth.id.jumpcloud.com/oauth2/token
		end_session_endpoint=https://oauth.id.jumpcloud.com/oauth2/sessions/logout`,
	"gitlab": `issuer=https://git.acme.com authorization_endpoint=https://git.acme.com/oauth/authorize token_endpoint=https://git.acme.com/oauth/token
		jwks_uri=https://git.acme.com/oauth/discovery/keys userinfo_endpoint=https://git.acme.com/oauth/userinfo`,
	"onelogin": `issuer=https://login.acme.com/oidc/2 authorization_endpoint=https://login.acme.com/oidc/2/auth token_endpoint=https://login.acme.com/oidc/2/token
		jwks_uri=https://login.acme.com/oidc/2/certs userinfo_endpoint=https://login.acme.com/oidc/2/me`,
	"pingone": `issuer=https://login.acme.com/as authorization_endpoint=https://login.acme.com/as/authorize token_endpoint=https://login.acme.com/as/token jwks_uri=https://login.acme.com/as/jwks`,
	"pingfederate": `issuer=https://login.acme.com authorization_endpoint=https://login.acme.com/as/authorization.oauth2 token_endpoint=https://login.acme.com/as/token.oauth2
		jwks_uri=https://login.acme.com/pf/JWKS`,
	"fusionauth": `issuer=acme.com authorization_endpoint=https://login.acme.com/oauth2/authorize token_endpoint=https://login.acme.com/oauth2/token
		device_authorization_endpoint=https://login.acme.com/oauth2/device_authorize jwks_uri=https://login.acme.com/.well-known/jwks.json`,
	"aws-cognito": `issuer=https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI authorization_endpoint=https://login.acme.com/oauth2/authorize
		token_endpoint=https://login.acme.com/oauth2/token`,
	"adfs": `issuer=https://fs.acme.com/adfs authorization_endpoint=https://fs.acme.com/adfs/oauth2/authorize/ token_endpoint=https://fs.acme.com/adfs/oauth2/token/
		jwks_uri=https://fs.acme.com/adfs/discovery/keys`,
	"duo": `issuer=https://login.acme.com/oidc/DIABCDEFGHIJKLMNOPQR authorization_endpoint=https://login.acme.com/oidc/DIABCDEFGHIJKLMNOPQR/authorize
		token_endpoint=https://login.acme.com/oidc/DIABCDEFGHIJKLMNOPQR/token jwks_uri=https://login.acme.com/oidc/DIABCDEFGHIJKLMNOPQR/jwks`,
	"cloudflare-access": `issuer=https://login.acme.com/cdn-cgi/access/sso/oidc/0a1b token_endpoint=https://login.acme.com/cdn-cgi/access/sso/oidc/0a1b/token`,
	"google": `issuer=https://accounts.google.com authorization_endpoint=https://accounts.google.com/o/oauth2/v2/auth token_endpoint=https://oauth2.googleapis.com/token
		device_authorization_endpoint=https://oauth2.googleapis.com/device/code jwks_uri=https://www.googleapis.com/oauth2/v3/certs`,
	"oidc-provider": `issuer=https://login.acme.com authorization_endpoint=https://login.acme.com/auth token_endpoint=https://login.acme.com/token
		jwks_uri=https://login.acme.com/jwks userinfo_endpoint=https://login.acme.com/me device_authorization_endpoint=https://login.acme.com/device/auth`,
	"lab": `issuer=https://login.lab.example:40123/lab authorization_endpoint=https://login.lab.example:40123/lab/authorize
		token_endpoint=https://login.lab.example:40123/lab/token jwks_uri=https://login.lab.example:40123/lab/jwks`,
	"generic": `issuer=https://login.acme.com authorization_endpoint=https://login.acme.com/connect/authorize token_endpoint=https://login.acme.com/connect/token
		jwks_uri=https://login.acme.com/.well-known/openid-configuration/jwks`,
}

func TestIdPDetectByDocument(t *testing.T) {
	l, profiles := idpLibrary(t)
	for name, text := range idpDocuments {
		want, _, _ := strings.Cut(name, " ")
		members := map[string]string{}
		for _, m := range strings.Fields(text) {
			key, value, _ := strings.Cut(m, "=")
			members[key] = value
		}
		member := func(name string) string { return members[name] }
		if got, how := l.Detect(Clues{Discovery: member}); got != want {
			t.Errorf("the document of %s is taken for %s (%s)", name, got, how)
		}
		if got, _ := l.Detect(Clues{Discovery: member, Issuer: "https://login.acme.com/realms/main"}); want != "generic" && got != want {
			t.Errorf("the document of %s counts less than the issuer", name)
		}
		for id, idp := range profiles { // the order of the profiles must not decide
			if id != want && (id != "ory-hydra" || want != "jumpcloud") && l.byDocument(&idp.Detect, member) {
				t.Errorf("the document of %s fits %s too", name, id)
			}
		}
	}
	if len(idpDocuments) < 20 {
		t.Errorf("only %d documents", len(idpDocuments))
	}
}

func TestIdPDetectBySAML(t *testing.T) {
	l, _ := idpLibrary(t)
	for value, want := range map[string]string{
		"https://login.acme.com/realms/main":       "keycloak",
		"http://www.okta.com/exk1fxp8cq1XcW3Iv0h8": "okta",
		"https://sts.windows.net/" + tenant + "/":  "entra",
		"authentik":             "authentik",
		"urn:acme.eu.auth0.com": "auth0",
		"https://accounts.google.com/o/saml2?idpid=C01abc234":                    "google-saml",
		"https://app.onelogin.com/saml/metadata/" + tenant:                       "onelogin",
		"https://auth.pingone.eu/" + tenant:                                      "pingone",
		"http://fs.acme.com/adfs/services/trust":                                 "adfs",
		"JumpCloud":                                                              "jumpcloud",
		"https://portal.sso.eu-west-1.amazonaws.com/saml/assertion/MTIzNDU2Nzg5": "aws-iam-ic",
		"https://app.rippling.com/abc/idp.xml":                                   "rippling",
		"https://login.acme.com/saml/v2/metadata":                                "zitadel",
		"https://idp.acme.com/shibboleth":                                        "generic",
		"urn:acme:idp":                                                           "generic",
	} {
		if got, how := l.Detect(Clues{EntityID: value}); got != want {
			t.Errorf("entity ID %s is taken for %s (%s), want %s", value, got, how, want)
		}
	}
	for value, want := range map[string]string{
		"https://login.acme.com/realms/main/protocol/saml":                     "keycloak",
		"https://acme.okta.com/app/acme_orq_1/exk1fxp8cq1XcW3Iv0h8/sso/saml":   "okta",
		"https://login.microsoftonline.com/" + tenant + "/saml2":               "entra",
		"https://auth.acme.com/application/saml/orq/sso/binding/redirect/":     "authentik",
		"https://login.acme.com/samlp/4ZtB8yQWXxJvT0lN5rKc2mPe7dHgUaSf":        "auth0",
		"https://accounts.google.com/o/saml2/idp?idpid=C01abc234":              "google-saml",
		"https://acme.onelogin.com/trust/saml2/http-redirect/sso/123":          "onelogin",
		"https://auth.pingone.eu/" + tenant + "/saml20/idp/sso":                "pingone",
		"https://sso.acme.com:9031/idp/SSO.saml2":                              "pingfederate",
		"https://fs.acme.com/adfs/ls/":                                         "adfs",
		"https://sso.jumpcloud.com/saml2/orq":                                  "jumpcloud",
		"https://sso-abcd1234.sso.duosecurity.com/saml2/sp/DIABCDEFGHIJKL/sso": "duo",
		"https://idp.acme.com/profile/SAML2/Redirect/SSO":                      "generic",
	} {
		if got, how := l.Detect(Clues{SSOURL: value}); got != want {
			t.Errorf("SSO URL %s is taken for %s (%s), want %s", value, got, how, want)
		}
	}
}
