package real_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

// secretName is the environment variable that the connection files name.
const secretName = "ACME_SSO_SECRET"

// connection is one connection of a connection file, as far as the cases use it.
type connection struct {
	Name    string            `yaml:"name"`
	SP      map[string]string `yaml:"sp"`
	IdP     map[string]any    `yaml:"idp,omitempty"`
	OIDC    *oidcSide         `yaml:"oidc,omitempty"`
	SAML    *samlSide         `yaml:"saml,omitempty"`
	Domains []string          `yaml:"allowed_domains,omitempty"`
	Roles   *roleRules        `yaml:"roles,omitempty"`
	// Exchange names the key of signed client assertions.
	Exchange map[string]string `yaml:"token_exchange,omitempty"`
}

// roleRules are the SP's rules that give roles.
type roleRules struct {
	Strict bool                `yaml:"strict,omitempty"`
	Rules  []map[string]string `yaml:"rules"`
}

type oidcSide struct {
	Issuer       string            `yaml:"issuer"`
	ClientID     string            `yaml:"client_id"`
	ClientSecret string            `yaml:"client_secret"`
	Scopes       []string          `yaml:"scopes,omitempty,flow"`
	RedirectURI  string            `yaml:"redirect_uri,omitempty"`
	PKCE         *bool             `yaml:"pkce,omitempty"`
	Method       string            `yaml:"token_endpoint_auth_method,omitempty"`
	Grant        string            `yaml:"grant,omitempty"`
	IDTokenAlg   string            `yaml:"id_token_alg,omitempty"`
	Endpoints    map[string]string `yaml:"endpoints,omitempty"`
}

type samlSide struct {
	Metadata     string `yaml:"idp_metadata,omitempty"`
	IdPEntityID  string `yaml:"idp_entity_id,omitempty"`
	SSOURL       string `yaml:"sso_url,omitempty"`
	Certificate  string `yaml:"certificate,omitempty"`
	SPEntityID   string `yaml:"sp_entity_id,omitempty"`
	ACSURL       string `yaml:"acs_url,omitempty"`
	NameIDFormat string `yaml:"name_id_format,omitempty"`
	SPPrivateKey string `yaml:"sp_private_key,omitempty"`
}

// callback is the redirect URI that each profile gives for the connections below.
var callback = map[string]string{
	"orq":       "https://my.orq.ai/v2/auth/sso/oidc/callback",
	"archestra": "https://archestra.acme-corp.example/api/auth/sso/callback/Keycloak",
	"generic":   "https://app.acme-corp.example/callback",
}

// connections are the healthy connections of the three products to an issuer; idp is the profile that two of
// them name, the third one leaves it to detection. Empty: none names it.
func connections(issuer, idp string) map[string]connection {
	oidc := func(client string) *oidcSide {
		return &oidcSide{
			Issuer: issuer, ClientID: client, ClientSecret: "env:" + secretName,
			Scopes: []string{"openid", "email", "profile"},
		}
	}
	var named map[string]any
	if idp != "" {
		named = map[string]any{"profile": idp}
	}
	domains := []string{"acme-corp.example"}
	return map[string]connection{
		"orq": {
			Name: "orq-real", SP: map[string]string{"profile": "orq", "workspace": "acme-corp"},
			IdP: named, OIDC: oidc("orq"), Domains: domains,
		},
		"archestra": {
			Name: "archestra-real", IdP: named, OIDC: oidc("archestra"), Domains: domains,
			SP: map[string]string{"profile": "archestra", "base_url": "https://archestra.acme-corp.example", "provider_id": "Keycloak"},
		},
		"generic": {
			Name: "app-real", OIDC: oidc("app"), Domains: domains,
			SP: map[string]string{"profile": "generic", "callback_url": callback["generic"]},
		},
	}
}

// copy returns a connection whose parts a case may change.
func (c connection) copy() connection {
	c.SP, c.IdP = maps.Clone(c.SP), maps.Clone(c.IdP)
	if c.OIDC != nil {
		oidc := *c.OIDC
		oidc.Scopes = slices.Clone(oidc.Scopes)
		c.OIDC = &oidc
	}
	if c.SAML != nil {
		saml := *c.SAML
		c.SAML = &saml
	}
	if c.Roles != nil {
		roles := *c.Roles
		c.Roles = &roles
	}
	return c
}

// redirect is the redirect URI that the SP sends with this connection.
func (c connection) redirect() string {
	if c.OIDC.RedirectURI != "" {
		return c.OIDC.RedirectURI
	}
	switch c.SP["profile"] {
	case "archestra":
		return c.SP["base_url"] + "/api/auth/sso/callback/" + c.SP["provider_id"]
	case "generic":
		return c.SP["callback_url"]
	}
	return callback[c.SP["profile"]]
}

// file is the connection file with this one connection.
func (c connection) file(t *testing.T) []byte {
	t.Helper()
	b, err := yaml.Marshal(map[string]any{"version": 1, "connections": []connection{c}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
