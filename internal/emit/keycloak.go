package emit

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strconv"
	"strings"
)

// keycloakClient writes the ClientRepresentation of Keycloak's Admin REST API, which "Import client", kcadm and realm files take as well.
func keycloakClient(a *app) (Output, error) {
	if a.saml != nil {
		return keycloakSAML(a, func(c claim) string { return c.as })
	}
	o := a.oidc
	attributes := obj("post.logout.redirect.uris", o.postLogout)
	method := a.set("pkce_method", "")
	if o.pkce {
		method = "S256"
	}
	if method != "" && method != "none" {
		attributes = attributes.with("pkce.code.challenge.method", method)
	}
	attributes = attributes.with(
		"dpop.bound.access.tokens", strconv.FormatBool(a.on("dpop", false)),
		"require.pushed.authorization.requests", strconv.FormatBool(a.on("require_par", false)))
	mappers, left := keycloakOIDCMappers(a)
	client := obj("clientId", o.clientID, "name", a.title, "enabled", true, "protocol", "openid-connect",
		"baseUrl", a.login, "publicClient", false, "clientAuthenticatorType", "client-secret",
		"standardFlowEnabled", !o.implicit || a.on("standard_flow", false), "implicitFlowEnabled", o.implicit,
		"directAccessGrantsEnabled", false, "serviceAccountsEnabled", false, "frontchannelLogout", false,
		"redirectUris", o.redirectURIs, "webOrigins", []string{}, "attributes", attributes, "protocolMappers", mappers)
	return jsonOutput(keycloakImport(a), append(missing(left), a.keep(a.path("secret"))), a.slug+".json", client)
}

// keycloakOIDCMappers are the mappers that the default client scopes of a realm do not have: groups, without the leading path.
func keycloakOIDCMappers(a *app) (mappers []object, left []claim) {
	mappers = []object{}
	usual := map[string]bool{"email": true, "email_verified": true, "first_name": true, "last_name": true, "name": true}
	for _, c := range a.claims {
		kind, config := "", obj("claim.name", c.as)
		switch {
		case usual[c.name] && meanings[c.as] == c.name:
			continue
		case c.name == "groups":
			kind, config = "oidc-group-membership-mapper", config.with("full.path", "false")
		case c.name == "roles":
			kind, config = "oidc-usermodel-realm-role-mapper", config.with("multivalued", "true", "jsonType.label", "String")
		case c.name == "email", c.name == "first_name", c.name == "last_name":
			kind, config = "oidc-usermodel-attribute-mapper", config.with("user.attribute", keycloakProperty[c.name], "jsonType.label", "String")
		default:
			left = append(left, c)
			continue
		}
		config = config.with("id.token.claim", "true", "access.token.claim", "true", "userinfo.token.claim", "true")
		mappers = append(mappers, obj("name", c.as, "protocol", "openid-connect", "protocolMapper", kind, "config", config))
	}
	return mappers, left
}

var keycloakProperty = map[string]string{"email": "email", "first_name": "firstName", "last_name": "lastName"}

// keycloakX500 writes the client with the names that Keycloak's predefined X500 mappers send, where the SP accepts them.
func keycloakX500(a *app) (Output, error) {
	return keycloakSAML(a, func(c claim) string {
		for _, name := range c.names {
			if strings.HasPrefix(name, "urn:oid:") {
				return name
			}
		}
		return c.as
	})
}

// x500 are the friendly names of Keycloak's predefined mappers.
var x500 = map[string]string{"email": "email", "first_name": "givenName", "last_name": "surname"}

func keycloakSAML(a *app, named func(claim) string) (Output, error) {
	s := a.saml
	mappers, left := []object{}, []claim(nil)
	for _, c := range a.claims {
		name := named(c)
		format, friendly := "Basic", ""
		if strings.HasPrefix(name, "urn:") || strings.Contains(name, "://") {
			format = "URI Reference"
		}
		config := obj("attribute.name", name, "attribute.nameformat", format)
		label := c.as
		if strings.HasPrefix(name, "urn:oid:") {
			friendly = x500[c.name]
			label = "X500 " + friendly
			config = config.with("friendly.name", friendly)
		}
		switch property := keycloakProperty[c.name]; {
		case property != "":
			mappers = append(mappers, obj("name", label, "protocol", "saml", "protocolMapper", "saml-user-property-mapper", "config", config.with("user.attribute", property)))
		case c.name == "groups":
			mappers = append(mappers, obj("name", label, "protocol", "saml", "protocolMapper", "saml-group-membership-mapper", "config", config.with("single", "true", "full.path", "false")))
		default:
			left = append(left, c)
		}
	}
	attributes, err := keycloakSAMLAttributes(a)
	if err != nil {
		return Output{}, err
	}
	client := obj("clientId", s.entityID, "name", a.title, "enabled", true, "protocol", "saml", "baseUrl", a.login,
		"adminUrl", s.acs, "redirectUris", []string{s.acs}, "frontchannelLogout", true, "fullScopeAllowed", true,
		"attributes", attributes, "protocolMappers", mappers,
		// none: the realm's default role_list would send one Role attribute per role
		"defaultClientScopes", []string{}, "optionalClientScopes", []string{})
	notes := append(missing(left), fmt.Sprintf("give %s the realm's own signing certificate (%s), not the one of the client's tab Keys", a.conn.SP.Name, a.path("certificate")))
	if s.audience != "" && s.audience != s.entityID {
		notes = append(notes, fmt.Sprintf("the assertion names %q as audience; the SP expects %q", s.entityID, s.audience))
	}
	return jsonOutput(keycloakImport(a), notes, a.slug+".json", client)
}

func keycloakSAMLAttributes(a *app) (object, error) {
	s := a.saml
	flag := strconv.FormatBool
	attributes := obj(
		"saml.assertion.signature", flag(a.on("sign_assertions", s.signAssertion)),
		"saml.server.signature", flag(a.on("sign_documents", s.signResponse)),
		"saml.signature.algorithm", "RSA_SHA256",
		"saml.client.signature", flag(a.on("client_signature_required", s.signsRequests)),
		"saml.encrypt", flag(a.on("encrypt_assertions", s.encrypt)),
		"saml.authnstatement", "true",
		"saml.force.post.binding", flag(a.on("force_post_binding", true)),
		"saml_name_id_format", a.set("name_id_format", keycloakNameID(s.nameID)),
		"saml_force_name_id_format", flag(a.on("force_name_id_format", true)),
		"saml_assertion_consumer_url_post", s.acs)
	if name := a.set("idp_initiated_url_name", ""); name != "" {
		attributes = attributes.with("saml_idp_initiated_sso_url_name", name)
	}
	for _, use := range []struct {
		on  bool
		key string
	}{{s.signsRequests, "saml.signing.certificate"}, {s.encrypt, "saml.encryption.certificate"}} {
		if !use.on {
			continue
		}
		bare, err := bareCertificate(a.in.SPCertificate)
		if err != nil {
			return nil, err
		}
		attributes = attributes.with(use.key, bare)
	}
	return attributes, nil
}

func keycloakNameID(urn string) string {
	switch {
	case strings.HasSuffix(urn, ":emailAddress"):
		return "email"
	case strings.HasSuffix(urn, ":persistent"):
		return "persistent"
	case strings.HasSuffix(urn, ":transient"):
		return "transient"
	}
	return "username"
}

func keycloakImport(a *app) []string {
	realm := "REALM"
	if _, name, ok := strings.Cut(a.issuer(), "/realms/"); ok {
		realm, _, _ = strings.Cut(name, "/")
	}
	return []string{fmt.Sprintf("import: kcadm.sh create clients -r %s -f %s.json, or Clients › Import client", realm, a.slug)}
}

// issuer is the IdP's name: the OIDC issuer or the SAML entity ID; "" when nobody says.
func (a *app) issuer() string {
	if a.oidc != nil {
		return a.conn.Issuer()
	}
	return a.idpEntityID()
}

// bareCertificate is the first certificate of a PEM text as one line of base64.
func bareCertificate(text string) (string, error) {
	p, _ := pem.Decode([]byte(text))
	if p == nil {
		return "", fmt.Errorf("saml.sp_certificate holds no PEM certificate")
	}
	return base64.StdEncoding.EncodeToString(p.Bytes), nil
}
