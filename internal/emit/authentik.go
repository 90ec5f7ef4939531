package emit

import (
	"fmt"
	"strings"
)

// authentikBlueprint writes a blueprint: the provider, its application, and the mappings that Authentik's own do not cover.
func authentikBlueprint(a *app) (Output, error) {
	y := &yamlText{}
	y.line(0, "version: 1")
	y.line(0, "metadata:")
	y.line(1, "name: %s", q(a.title+" single sign-on"))
	y.line(0, "entries:")
	var notes []string
	if a.oidc != nil {
		notes = authentikOIDC(a, y)
	} else {
		notes = authentikSAML(a, y)
	}
	y.line(1, "- model: authentik_core.application")
	y.line(2, "identifiers: {slug: %s}", q(a.authentikSlug()))
	y.line(2, "attrs:")
	y.line(3, "name: %s", q(a.title))
	y.line(3, "provider: !KeyOf provider")
	if a.login != "" { // a tile that leads to the SP, where the login starts
		y.line(3, "meta_launch_url: %s", q(a.login))
	} else if a.saml != nil && a.saml.noTile {
		y.line(3, "meta_launch_url: \"blank://blank\" # no tile: the login starts at the SP")
	}
	out := y.output(a.slug+".yaml", append(notes, "without a binding every user may enter: "+a.path("users")))
	out.Send = []string{"put the file into the blueprints folder of the worker, or Customization › Blueprints › Create › Internal"}
	return out, nil
}

// authentikSlug is the slug that the issuer or the single sign-on URL names, else one made of the connection's name.
func (a *app) authentikSlug() string {
	for _, at := range []struct{ url, before string }{{a.conn.Issuer(), "/application/o/"}, {a.ssoURL(), "/application/saml/"}} {
		if _, rest, ok := strings.Cut(at.url, at.before); ok {
			if s, _, _ := strings.Cut(rest, "/"); s != "" {
				return s
			}
		}
	}
	return a.slug
}

func authentikProvider(a *app, y *yamlText, model string) {
	y.line(1, "- model: %s", model)
	y.line(2, "id: provider")
	y.line(2, "identifiers: {name: %s}", q(a.title))
	y.line(2, "attrs:")
	y.line(3, "authorization_flow: !Find [authentik_flows.flow, [slug, default-provider-authorization-implicit-consent]]")
	y.line(3, "invalidation_flow: !Find [authentik_flows.flow, [slug, default-provider-invalidation-flow]]")
}

func authentikOIDC(a *app, y *yamlText) []string {
	o := a.oidc
	own := authentikScopes(a, y)
	authentikProvider(a, y, "authentik_providers_oauth2.oauth2provider")
	y.line(3, "client_type: confidential")
	y.line(3, "client_id: %s", q(o.clientID))
	y.line(3, "client_secret: !Env %s", a.secretVar())
	grants, _ := a.grants()
	y.line(3, "grant_types: [%s] # releases before 2026 do not know it and pass it over", strings.Join(grants, ", "))
	y.line(3, "redirect_uris:")
	for _, uri := range o.redirectURIs {
		y.line(4, "- {matching_mode: strict, url: %s}", q(uri))
	}
	y.line(3, "# without a signing key tokens are signed with the client secret (HS256), which few SPs take")
	y.line(3, "signing_key: !Find [authentik_crypto.certificatekeypair, [name, authentik Self-signed Certificate]]")
	y.line(3, "include_claims_in_id_token: true")
	y.line(3, "issuer_mode: per_provider")
	y.line(3, "sub_mode: hashed_user_id")
	y.line(3, "property_mappings:")
	for _, scope := range o.scopes {
		if scope == "groups" { // the scope profile brings them
			continue
		}
		if scope == "email" && own["email"] {
			y.line(4, "- !KeyOf mapping-email")
			continue
		}
		y.line(4, "- !Find [authentik_providers_oauth2.scopemapping, [managed, %s]]", q("goauthentik.io/providers/oauth2/scope-"+scope))
		if scope == "profile" && own["profile"] {
			y.line(4, "- !KeyOf mapping-names")
		}
	}
	notes := []string{fmt.Sprintf("the worker needs the client secret in its environment as %s, the value that %s names", a.secretVar(), a.secretAt())}
	if own["email"] {
		notes = append(notes, "the blueprint says email_verified true of everybody: keep it only where addresses are verified before they come into Authentik")
	}
	return notes
}

// authentikScopes writes mappings for claims that Authentik's own leave out: email_verified is False there, family_name is not sent.
func authentikScopes(a *app, y *yamlText) map[string]bool {
	own := map[string]bool{}
	mapping := func(id, scope, name, expression string) {
		y.line(1, "- model: authentik_providers_oauth2.scopemapping")
		y.line(2, "id: %s", id)
		y.line(2, "identifiers: {name: %s}", q(name))
		y.line(2, "attrs:")
		y.line(3, "scope_name: %s", scope)
		y.line(3, "expression: |")
		for line := range strings.Lines(expression) {
			y.line(4, "%s", strings.TrimRight(line, "\n"))
		}
	}
	if _, ok := a.claim("email_verified"); ok {
		own["email"] = true
		mapping("mapping-email", "email", a.title+": verified address", "return {\"email\": request.user.email, \"email_verified\": True}")
	}
	_, first := a.claim("first_name")
	if _, last := a.claim("last_name"); first || last {
		own["profile"] = true
		mapping("mapping-names", "profile", a.title+": first and last name",
			"first, _, last = request.user.name.rpartition(\" \")\nreturn {\"given_name\": first or last, \"family_name\": last}")
	}
	return own
}

// authentikUser are Python expressions of Authentik's property mappings.
var authentikUser = map[string]string{
	"email": "return request.user.email", "name": "return request.user.name",
	"first_name": "return request.user.name.rpartition(\" \")[0] or request.user.name", "last_name": "return request.user.name.rpartition(\" \")[2]",
	"groups": "return [group.name for group in request.user.ak_groups.all()]",
}

func authentikSAML(a *app, y *yamlText) []string {
	s := a.saml
	var ids []string
	var left []claim
	for _, c := range a.claims {
		expression := authentikUser[c.name]
		if expression == "" {
			left = append(left, c)
			continue
		}
		id := "mapping-" + slug(c.as)
		ids = append(ids, id)
		y.line(1, "- model: authentik_providers_saml.samlpropertymapping")
		y.line(2, "id: %s", id)
		y.line(2, "identifiers: {name: %s}", q(a.title+": "+c.as))
		y.line(2, "attrs:")
		y.line(3, "saml_name: %s", q(c.as))
		y.line(3, "expression: %s", q(expression))
	}
	authentikProvider(a, y, "authentik_providers_saml.samlprovider")
	y.line(3, "acs_url: %s", q(s.acs))
	y.line(3, "sp_binding: post")
	y.line(3, "audience: %s # left empty, the assertion would name no audience", q(s.audience))
	y.line(3, "signing_kp: !Find [authentik_crypto.certificatekeypair, [name, authentik Self-signed Certificate]]")
	y.line(3, "sign_assertion: %t", a.on("sign_assertions", s.signAssertion))
	y.line(3, "sign_response: %t", a.on("sign_responses", s.signResponse))
	y.line(3, "verification_kp: null # with one, unsigned requests are refused")
	y.line(3, "encryption_kp: null")
	y.line(3, "default_name_id_policy: %s", q(s.nameID))
	y.line(3, "name_id_mapping: !Find [authentik_providers_saml.samlpropertymapping, [managed, goauthentik.io/providers/saml/email]]")
	y.line(3, "property_mappings:")
	for _, id := range ids {
		y.line(4, "- !KeyOf %s", id)
	}
	notes := append(missing(left), a.takeBack()...)
	if s.encrypt || s.signsRequests {
		notes = append(notes, "the SP's certificate has to be chosen by hand: System › Certificates › Import, then Verification or Encryption Certificate of the provider")
	}
	return append(notes, "authentik's own certificate ends after 365 days: note the date")
}
