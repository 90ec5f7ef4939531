package emit

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// auth0User are the members of Auth0's user profile.
var auth0User = map[string]string{"email": "email", "first_name": "given_name", "last_name": "family_name", "name": "name"}

// auth0Addon is the settings object of the SAML2 Web App add-on.
func (a *app) auth0Addon() (addon object, mappings []claimPair, left []claim) {
	s := a.saml
	table := object{}
	for _, c := range a.claims {
		switch member := auth0User[c.name]; {
		case member != "":
			table = table.with(member, c.as)
			mappings = append(mappings, claimPair{member, c.as})
		case c.name != "groups":
			left = append(left, c)
		}
	}
	return obj("audience", s.audience, "recipient", s.acs, "destination", s.acs, "mappings", table,
		"createUpnClaim", false, "passthroughClaimsWithNoMapping", false, "mapUnknownClaimsAsIs", false, "mapIdentities", false,
		"signatureAlgorithm", "rsa-sha256", "digestAlgorithm", "sha256", "signResponse", a.on("sign_response", false),
		"nameIdentifierFormat", s.nameID, "nameIdentifierProbes", []string{auth0NameID}), mappings, left
}

// auth0NameID is how Auth0 calls the address where it looks for the NameID.
const auth0NameID = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"

// auth0API writes the body of POST /api/v2/clients, and an Action where the SP reads groups.
func auth0API(a *app) (Output, error) {
	client := obj("name", a.title, "app_type", "regular_web", "is_first_party", true, "oidc_conformant", true)
	var notes []string
	if o := a.oidc; o != nil {
		grants, _ := a.grants()
		client = client.with("callbacks", o.redirectURIs, "grant_types", grants, "token_endpoint_auth_method", o.authMethod,
			"jwt_configuration", obj("alg", a.set("id_token_alg", "RS256")))
		if o.postLogout != "" {
			client = client.with("allowed_logout_urls", []string{o.postLogout})
		}
		if o.initiate != "" {
			client = client.with("initiate_login_uri", o.initiate)
		}
		notes = append(notes, a.newID(), a.keep(a.path("secret")))
	} else {
		addon, _, left := a.auth0Addon()
		client = client.with("callbacks", []string{a.saml.acs}, "addons", obj("samlp", addon))
		notes = append(missing(left), a.takeBack()...)
	}
	post := fmt.Sprintf(`curl -H "Authorization: Bearer $AUTH0_API_TOKEN" -H "Content-Type: application/json" -d @%s.json https://%s/api/v2/clients`, a.slug, a.host())
	out, err := jsonOutput([]string{post}, notes, a.slug+".json", client)
	if code := a.auth0Action(); err == nil && code != "" {
		out.Files = append(out.Files, File{Name: "action.js", Body: []byte(code)})
		out.Notes = append(out.Notes, "Actions › Triggers › post-login: add an Action with the code of action.js; it sends the user's roles as groups")
	}
	return out, err
}

// auth0Action is a post-login Action that sends roles as groups; "" when the SP reads none. Auth0 drops a plain "groups" of an ID token
// silently, so the claim stands under a name of the SP's own host.
func (a *app) auth0Action() string {
	c, ok := a.claim("groups")
	if !ok {
		return ""
	}
	call := fmt.Sprintf("api.samlResponse.setAttribute(%s, roles)", strconv.Quote(c.as))
	if a.oidc != nil {
		call = fmt.Sprintf("api.idToken.setCustomClaim(%s, roles)", strconv.Quote(a.namespaced(c)))
	}
	return "exports.onExecutePostLogin = async (event, api) => {\n  const roles = event.authorization?.roles ?? [];\n  " + call + ";\n};\n"
}

// namespaced is the URL name under which Auth0 lets a claim of one's own pass: the one that role rules or the SP's page use, else one
// under the SP's host.
func (a *app) namespaced(c claim) string {
	if a.conn.Roles != nil {
		for _, r := range a.conn.Roles.Rules {
			if strings.HasPrefix(r.Claim, "https://") {
				return r.Claim
			}
		}
	}
	if s, ok := a.conn.SP.IdPs[a.conn.IdP.ID].OIDC["groups_claim"].V.(string); ok {
		return s
	}
	if u, err := url.Parse(a.oidc.redirectURIs[0]); err == nil && u.Host != "" {
		return "https://" + u.Hostname() + "/" + c.as
	}
	return c.as
}

// auth0Terraform writes auth0_client with its credentials and the Action.
func auth0Terraform(a *app) (Output, error) {
	r := block("resource", "auth0_client", a.resource()).attr("name", a.title).attr("app_type", "regular_web").attr("is_first_party", true).attr("oidc_conformant", true)
	blocks := []*hclBlock{r}
	var notes []string
	at := "auth0_client." + a.resource()
	if o := a.oidc; o != nil {
		grants, _ := a.grants()
		r.attr("callbacks", o.redirectURIs).attr("grant_types", grants)
		if o.postLogout != "" {
			r.attr("allowed_logout_urls", []string{o.postLogout})
		}
		if o.initiate != "" {
			r.attr("initiate_login_uri", o.initiate)
		}
		r.add(block("jwt_configuration").attr("alg", a.set("id_token_alg", "RS256")))
		name := "auth0_client_credentials." + a.resource()
		blocks = append(blocks, block("resource", "auth0_client_credentials", a.resource()).attr("client_id", raw(at+".id")).attr("authentication_method", o.authMethod),
			block("output", a.resource()+"_client_id").attr("value", raw(at+".client_id")), sensitiveOutput(a.resource()+"_client_secret", name+".client_secret"))
		notes = append(notes, a.newID(), fmt.Sprintf("terraform output -raw %s_client_secret gives the secret; Terraform's state holds it too", a.resource()))
	} else {
		s := a.saml
		_, mappings, left := a.auth0Addon()
		notes = append(missing(left), a.takeBack()...)
		addon := block("samlp").attr("audience", s.audience).attr("recipient", s.acs).attr("destination", s.acs).attr("mappings", mappings).
			attr("create_upn_claim", false).attr("passthrough_claims_with_no_mapping", false).attr("map_unknown_claims_as_is", false).attr("map_identities", false).
			attr("signature_algorithm", "rsa-sha256").attr("digest_algorithm", "sha256").attr("sign_response", a.on("sign_response", false)).
			attr("name_identifier_format", s.nameID).attr("name_identifier_probes", []string{auth0NameID})
		r.attr("callbacks", []string{s.acs}).add(block("addons").add(addon))
	}
	if code := a.auth0Action(); code != "" {
		action := "auth0_action." + a.resource() + "_groups"
		blocks = append(blocks,
			block("resource", "auth0_action", a.resource()+"_groups").attr("name", a.title+" groups").attr("runtime", "node22").attr("deploy", true).attr("code", code).
				add(block("supported_triggers").attr("id", "post-login").attr("version", "v3")),
			block("resource", "auth0_trigger_action", a.resource()+"_groups").attr("trigger", "post-login").attr("action_id", raw(action+".id")).attr("display_name", a.title+" groups"))
	}
	return terraform(a.slug+".tf", "auth0", "auth0/auth0", notes, blocks...), nil
}
