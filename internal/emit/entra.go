package emit

import (
	"fmt"
	"strings"
)

// Microsoft Graph's own application ID and the IDs of its delegated permissions: fixed numbers, the same in every tenant.
const graphApp = "00000003-0000-0000-c000-000000000000"

var graphScopes = []struct{ name, id string }{
	{"openid", "37f7f235-527c-4136-accd-4a02d197296e"},
	{"email", "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0"},
	{"profile", "14dad69e-099b-42c9-810b-d002981feec1"},
	{"User.Read", "e1fe6dd8-ba31-4d61-89e7-88639da4683d"},
	{"offline_access", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182"},
}

// entraTemplate is the gallery's template of an application that is not in the gallery.
const entraTemplate = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"

// entraUser are Entra's user attributes, as claims mapping policies call them.
var entraUser = map[string]string{"email": "mail", "first_name": "givenname", "last_name": "surname", "name": "displayname"}

// entraDefault are the attribute names that an enterprise application sends by itself.
var entraDefault = map[string]string{
	"email":      "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
	"first_name": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
	"last_name":  "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
}

// entraScopes are the permissions to ask for: User.Read as the portal gives every new application, and what the SP asks for.
func (a *app) entraScopes() (ids []string) {
	for _, s := range graphScopes {
		if s.name == "User.Read" || strings.Contains(" "+strings.Join(a.oidc.scopes, " ")+" ", " "+s.name+" ") {
			ids = append(ids, s.id)
		}
	}
	return ids
}

// entraClaims are the optional claims that the SP reads of the token.
func (a *app) entraClaims() (names []string, groups bool, left []claim) {
	for _, c := range a.claims {
		switch c.as {
		case "email", "given_name", "family_name":
			names = append(names, c.as)
		case "name", "email_verified", "preferred_username": // there without asking, or never there
		default:
			if c.name == "groups" {
				groups = true
			} else {
				left = append(left, c)
			}
		}
	}
	return names, groups, left
}

const entraGroupsNote = "the groups claim holds object IDs: write those into role rules, or choose names under Token configuration › Edit groups claim"

// entraGraph writes Graph bodies and the az commands that send them.
func entraGraph(a *app) (Output, error) {
	if a.saml != nil {
		return entraSAMLGraph(a)
	}
	o := a.oidc
	access := []object{}
	for _, id := range a.entraScopes() {
		access = append(access, obj("id", id, "type", "Scope"))
	}
	names, groups, left := a.entraClaims()
	optional := []object{}
	for _, n := range names {
		optional = append(optional, obj("name", n, "essential", false))
	}
	body := obj("displayName", a.title, "signInAudience", "AzureADMyOrg",
		"web", obj("redirectUris", o.redirectURIs, "implicitGrantSettings", obj("enableIdTokenIssuance", a.on("id_tokens", o.implicit), "enableAccessTokenIssuance", false)),
		"requiredResourceAccess", []object{obj("resourceAppId", graphApp, "resourceAccess", access)})
	notes := []string{a.newID(), a.keep(a.path("secret")), "the secret ends at the date that Entra shows: note it down"}
	if groups {
		optional = append(optional, obj("name", "groups", "essential", false))
		body = body.with("groupMembershipClaims", a.entraGroups())
		notes = append(notes, entraGroupsNote)
	}
	body = body.with("optionalClaims", obj("idToken", optional))
	if o.postLogout != "" {
		notes = append(notes, fmt.Sprintf("for sign-out to lead back, add %s to the Redirect URIs as well", o.postLogout))
	}
	out, err := jsonOutput(nil, append(missing(left), notes...), "application.json", body)
	script := entraScript(
		`APP_ID=$(az rest --method POST --uri https://graph.microsoft.com/v1.0/applications --headers Content-Type=application/json --body @application.json --query appId --output tsv)`,
		`az ad sp create --id "$APP_ID" --output none`,
		`az ad app permission admin-consent --id "$APP_ID"`,
		`# the secret goes into a file that nobody else can read; hand it on and delete the file`,
		`( umask 077; az ad app credential reset --id "$APP_ID" --append --display-name `+shell(a.title)+` --years 2 --query password --output tsv > `+a.slug+`.secret )`,
		`echo "client ID: $APP_ID"`)
	out.Files = append(out.Files, File{Name: "commands.sh", Body: script})
	return out, err
}

// entraGroups says whose groups go into the token.
func (a *app) entraGroups() string {
	if a.set("groups_claim", "") == "assigned_groups" {
		return "ApplicationGroup"
	}
	return "SecurityGroup"
}

func entraScript(lines ...string) []byte {
	return []byte("#!/bin/sh\nset -eu\n" + strings.Join(lines, "\n") + "\n")
}

// shell quotes a word for sh.
func shell(s string) string { return "'" + strings.ReplaceAll(plain(s), "'", `'\''`) + "'" }

// entraPolicy is a claims mapping policy for attributes whose default names the SP does not accept; "" when the defaults do.
func (a *app) entraPolicy() (definition string, groups bool, left []claim) {
	schema := []object{}
	needed := false
	for _, c := range a.claims {
		source := entraUser[c.name]
		switch {
		case c.name == "groups":
			groups = true
			continue
		case source == "":
			left = append(left, c)
			continue
		}
		name := c.as
		for _, accepted := range c.names {
			if accepted == entraDefault[c.name] {
				name = accepted
			}
		}
		needed = needed || name != entraDefault[c.name]
		schema = append(schema, obj("Source", "user", "ID", source, "SamlClaimType", name))
	}
	if !needed {
		return "", groups, left
	}
	b, err := compact(obj("ClaimsMappingPolicy", obj("Version", 1, "IncludeBasicClaimSet", "true", "ClaimsSchema", schema)))
	if err != nil {
		return "", groups, left
	}
	return string(b), groups, left
}

func entraSAMLGraph(a *app) (Output, error) {
	s := a.saml
	policy, groups, left := a.entraPolicy()
	hide := a.on("hide_in_portal", s.noTile)
	tags := []string{"WindowsAzureActiveDirectoryCustomSingleSignOnApplication", "WindowsAzureActiveDirectoryIntegratedApp"}
	if hide {
		tags = append(tags, "HideApp")
	}
	principal := obj("preferredSingleSignOnMode", "saml", "appRoleAssignmentRequired", a.on("assignment_required", true), "tags", tags)
	if a.login != "" {
		principal = principal.with("loginUrl", a.login)
	}
	application := obj("identifierUris", []string{s.entityID}, "web", obj("redirectUris", []string{s.acs}))
	notes := missing(left)
	if groups {
		application = application.with("groupMembershipClaims", a.entraGroups(), "optionalClaims", obj("saml2Token", []object{obj("name", "groups", "essential", false)}))
		notes = append(notes, entraGroupsNote)
	}
	named := []any{"application.json", application, "principal.json", principal,
		"instantiate.json", obj("displayName", a.title), "certificate.json", obj("displayName", "CN="+a.title)}
	graph := "https://graph.microsoft.com/v1.0"
	send := "az rest --headers Content-Type=application/json --method "
	lines := []string{
		send + "POST --uri " + graph + "/applicationTemplates/" + entraTemplate + "/instantiate --body @instantiate.json --query '[application.id, application.appId, servicePrincipal.id]' --output tsv > ids",
		`{ read -r APP; read -r APP_ID; read -r SP; } < ids`,
		send + `PATCH --uri "` + graph + `/servicePrincipals/$SP" --body @principal.json`,
		send + `PATCH --uri "` + graph + `/applications/$APP" --body @application.json`,
		`THUMBPRINT=$(` + send + `POST --uri "` + graph + `/servicePrincipals/$SP/addTokenSigningCertificate" --body @certificate.json --query thumbprint --output tsv)`,
		send + `PATCH --uri "` + graph + `/servicePrincipals/$SP" --body "{\"preferredTokenSigningKeyThumbprint\": \"$THUMBPRINT\"}"`,
	}
	if policy != "" {
		named = append(named, "claims.json", obj("displayName", a.title+" claims", "isOrganizationDefault", false, "definition", []string{policy}))
		lines = append(lines,
			`POLICY=$(`+send+`POST --uri `+graph+`/policies/claimsMappingPolicies --body @claims.json --query id --output tsv)`,
			send+`POST --uri "`+graph+`/servicePrincipals/$SP/claimsMappingPolicies/\$ref" --body "{\"@odata.id\": \"`+graph+`/policies/claimsMappingPolicies/$POLICY\"}"`)
	}
	lines = append(lines, `echo "metadata: https://login.microsoftonline.com/$(az account show --query tenantId --output tsv)/federationmetadata/2007-06/federationmetadata.xml?appid=$APP_ID"`)
	out, err := jsonOutput(nil, append(notes, a.entraSAMLNotes()...), named...)
	out.Files = append(out.Files, File{Name: "commands.sh", Body: entraScript(lines...)})
	return out, err
}

func (a *app) entraSAMLNotes() []string {
	return append([]string{
		"assign people or groups: " + a.path("users"),
		fmt.Sprintf("the name ID is the user principal name until %s says Email address and user.mail", a.path("nameid")),
	}, a.takeBack()...)
}

// entraTerraform writes the same with the provider azuread.
func entraTerraform(a *app) (Output, error) {
	name := a.resource()
	application := block("resource", "azuread_application", name).attr("display_name", a.title)
	principal := block("resource", "azuread_service_principal", name).attr("client_id", raw("azuread_application."+name+".client_id"))
	var blocks []*hclBlock
	var notes []string
	if a.oidc != nil {
		blocks, notes = a.entraOIDCBlocks(application)
	} else {
		blocks, notes = a.entraSAMLBlocks(application, principal)
	}
	return terraform(a.slug+".tf", "azuread", "hashicorp/azuread", notes, append([]*hclBlock{application, principal}, blocks...)...), nil
}

func (a *app) entraOIDCBlocks(application *hclBlock) (blocks []*hclBlock, notes []string) {
	name, o := a.resource(), a.oidc
	names, groups, left := a.entraClaims()
	notes = missing(left)
	application.attr("sign_in_audience", "AzureADMyOrg")
	optional := block("optional_claims")
	for _, n := range names {
		optional.add(block("id_token").attr("name", n))
	}
	if groups {
		application.attr("group_membership_claims", []string{a.entraGroups()})
		optional.add(block("id_token").attr("name", "groups"))
		notes = append(notes, entraGroupsNote)
	}
	web := block("web").attr("redirect_uris", o.redirectURIs)
	web.add(block("implicit_grant").attr("id_token_issuance_enabled", a.on("id_tokens", o.implicit)).attr("access_token_issuance_enabled", false))
	access := block("required_resource_access").attr("resource_app_id", graphApp)
	for _, id := range a.entraScopes() {
		access.add(block("resource_access").attr("id", id).attr("type", "Scope"))
	}
	application.add(web).add(access).add(optional)
	notes = append(notes, a.newID(), fmt.Sprintf("terraform output -raw %s_client_secret gives the secret; Terraform's state holds it too", name), "grant admin consent: "+a.path("consent"))
	return []*hclBlock{
		block("resource", "azuread_application_password", name).attr("application_id", raw("azuread_application."+name+".id")).attr("display_name", a.title),
		block("output", name+"_client_id").attr("value", raw("azuread_application."+name+".client_id")),
		sensitiveOutput(name+"_client_secret", "azuread_application_password."+name+".value"),
	}, notes
}

func (a *app) entraSAMLBlocks(application, principal *hclBlock) (blocks []*hclBlock, notes []string) {
	name, s := a.resource(), a.saml
	policy, groups, left := a.entraPolicy()
	notes = missing(left)
	hide := a.on("hide_in_portal", s.noTile)
	application.attr("identifier_uris", []string{s.entityID})
	if groups {
		application.attr("group_membership_claims", []string{a.entraGroups()})
		notes = append(notes, entraGroupsNote)
	}
	tags := func() *hclBlock {
		return block("feature_tags").attr("custom_single_sign_on", true).attr("enterprise", true).attr("hide", hide)
	}
	application.add(tags()).add(block("web").attr("redirect_uris", []string{s.acs}))
	principal.attr("preferred_single_sign_on_mode", "saml").attr("app_role_assignment_required", a.on("assignment_required", true))
	if a.login != "" {
		principal.attr("login_url", a.login)
	}
	principal.add(tags())
	at := "azuread_service_principal." + name + ".id"
	blocks = append(blocks, block("resource", "azuread_service_principal_token_signing_certificate", name).attr("service_principal_id", raw(at)))
	if policy != "" {
		blocks = append(blocks,
			block("resource", "azuread_claims_mapping_policy", name).attr("display_name", a.title+" claims").attr("definition", []string{policy}),
			block("resource", "azuread_service_principal_claims_mapping_policy_assignment", name).
				attr("claims_mapping_policy_id", raw("azuread_claims_mapping_policy."+name+".id")).attr("service_principal_id", raw(at)))
	}
	return blocks, append(notes, a.entraSAMLNotes()...)
}
