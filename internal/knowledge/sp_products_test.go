package knowledge

import (
	"slices"
	"strings"
	"testing"
)

// spEntryOf gives the entry that a product's Troubleshooting page has for a rule.
func spEntryOf(sp *SP, code string) string {
	for _, e := range sp.Entries {
		if slices.Contains(e.Rules, code) {
			return e.ID
		}
	}
	return ""
}

func spRequirement(sp *SP, idp, setting, protocol string) Requirement {
	for _, r := range sp.Requires[idp] {
		if r.Setting == setting && r.Protocol == protocol {
			return r
		}
	}
	return Requirement{}
}

// spNames gives the accepted names of the claims or attributes of a level, as "name=a,b".
func spNames(claims []Claim, level string) string {
	var out []string
	for _, c := range claims {
		if c.Level == level {
			out = append(out, c.Name+"="+strings.Join(c.Names, ","))
		}
	}
	return strings.Join(out, " ")
}

func spEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestOrqFacts(t *testing.T) {
	sp := spFiles(t)["orq"]
	o, s := sp.OIDC, sp.SAML
	spEqual(t, "redirect URI", o.RedirectURIs[0].V, "https://my.orq.ai/v2/auth/sso/oidc/callback")
	spEqual(t, "number of redirect URIs", len(o.RedirectURIs), 1)
	spEqual(t, "post-logout URI", o.PostLogout.V, "https://my.orq.ai")
	spEqual(t, "issuer comparison", o.IssuerCompare.V, "exact")
	spEqual(t, "https", o.HTTPS.V, true)
	spEqual(t, "PKCE", o.PKCE.V, "optional")
	spEqual(t, "auth methods", strings.Join(o.AuthMethods.V, " "), "client_secret_post client_secret_basic")
	spEqual(t, "members", strings.Join(o.NeedsMembers.V, " "), "issuer authorization_endpoint token_endpoint jwks_uri")
	spEqual(t, "scopes", strings.Join(o.Scopes.Required.V, " "), "openid email profile")
	spEqual(t, "required claims", spNames(o.Claims, "required"), "subject=sub email=email")
	spEqual(t, "recommended claims", spNames(o.Claims, "recommended"),
		"email_verified=email_verified first_name=given_name last_name=family_name name=name")

	spEqual(t, "ACS", s.ACS[0].V, "https://my.orq.ai/v2/auth/sso/saml/callback")
	entity, _ := Expand(s.EntityID.V, map[string]string{"workspace": "acme-corp"})
	spEqual(t, "entity ID", entity, "urn:orq.ai:acme-corp")
	spEqual(t, "entity ID is free", s.EntityIDFree, true)
	spEqual(t, "binding", s.RequestBinding.V, "HTTP-Redirect")
	spEqual(t, "signs requests", s.RequestSigned.Known() && !s.RequestSigned.V, true)
	spEqual(t, "assertion", s.AssertionSigned.V, "required")
	spEqual(t, "encryption", s.Encryption.V, "forbidden")
	spEqual(t, "NameID", s.NameIDFormat.V, "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")
	spEqual(t, "certificate", strings.Join(s.CertFormats.V, " "), "pem raw_base64")
	const ms = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	spEqual(t, "attributes", spNames(s.Attributes, "required"), "email=email,"+ms+"emailaddress,urn:oid:1.2.840.113549.1.9.1 "+
		"first_name=firstName,"+ms+"givenname,urn:oid:2.5.4.42 last_name=lastName,"+ms+"surname,urn:oid:2.5.4.4")
	spEqual(t, "language", sp.Roles.Language, "none")
	spEqual(t, "login page", sp.Console.Login, "https://my.orq.ai/{workspace}/login")

	spEqual(t, "client signature", spRequirement(sp, "keycloak", "client_signature_required", "saml").Equals, false)
	spEqual(t, "client signature code", spRequirement(sp, "keycloak", "client_signature_required", "saml").Code, "REQ012")
	spEqual(t, "sign assertions", spRequirement(sp, "keycloak", "sign_assertions", "saml").Equals, true)
	spEqual(t, "sign documents", spRequirement(sp, "keycloak", "sign_documents", "saml").Level, "warning")
	spEqual(t, "encrypt assertions", spRequirement(sp, "keycloak", "encrypt_assertions", "saml").Code, "ENC002")
	spEqual(t, "authentik sign assertions", spRequirement(sp, "authentik", "sign_assertions", "saml").Equals, true)
	spEqual(t, "authentik verification", spRequirement(sp, "authentik", "verification_certificate", "saml").Equals, "")
	spEqual(t, "entra permission", spRequirement(sp, "entra", "api_permissions", "oidc").Contains, "User.Read")
	spEqual(t, "authentik issuer", sp.IdPs["authentik"].Issuer.V, "https://{host}/application/o/{slug}/")
	spEqual(t, "okta issuer", sp.IdPs["okta"].Issuer.V, "https://{okta_domain}/oauth2/default")
	for code, entry := range map[string]string{
		"AUTHZ001": "redirect-uri-mismatch", "CFG004": "redirect-uri-mismatch", "AST026": "entity-id-mismatch", "TOK005": "invalid-client-secret",
		"AUTHZ019": "user-not-assigned", "CERT002": "certificate-expired", "IDT032": "email-domain-not-allowed", "IDT028": "missing-email-claim",
		"REQ012": "client-signature-required", "AST034": "missing-name-or-email", "MD017": "saml-payload-missing", "DISC002": "http-issuer-rejected",
	} {
		spEqual(t, "entry of "+code, spEntryOf(sp, code), entry)
	}
	spEqual(t, "write-only fields", sp.Form.OIDC[2].WriteOnly && sp.Form.SAML[4].WriteOnly, true)
	spEqual(t, "field", sp.Form.OIDC[3].Label+" "+sp.Form.OIDC[3].Key, "Provider URL issuer")
}

func TestArchestraFacts(t *testing.T) {
	sp := spFiles(t)["archestra"]
	o, s := sp.OIDC, sp.SAML
	values := map[string]string{"base_url": "https://archestra.acme.com", "provider_id": "Okta"}
	for what, c := range map[string]struct{ template, want string }{
		"callback":    {o.RedirectURIs[0].V, "https://archestra.acme.com/api/auth/sso/callback/Okta"},
		"ACS":         {s.ACS[0].V, "https://archestra.acme.com/api/auth/sso/saml2/sp/acs/Okta"},
		"metadata":    {s.Metadata.V, "https://archestra.acme.com/api/auth/sso/saml2/sp/metadata?providerId=Okta"},
		"tile":        {o.InitiateURI.V, "https://archestra.acme.com/auth/sso/Okta"},
		"sign-out":    {o.PostLogout.V, "https://archestra.acme.com/auth/sign-in"},
		"entity ID":   {s.EntityID.V, "https://archestra.acme.com"},
		"okta URI":    {spRequirement(sp, "okta", "redirect_uris", "oidc").Contains, "https://archestra.acme.com/api/auth/sso/callback/Okta"},
		"okta tile":   {spRequirement(sp, "okta", "initiate_login_uri", "oidc").Equals.(string), "https://archestra.acme.com/auth/sso/Okta"},
		"github URI":  {spRequirement(sp, "github", "redirect_uris", "").Contains, "https://archestra.acme.com/api/auth/sso/callback/Okta"},
		"okta issuer": {sp.IdPs["okta"].Issuer.V, "https://{okta_domain}"},
	} {
		got, _ := Expand(c.template, values)
		spEqual(t, what, got, c.want)
	}
	spEqual(t, "issuer comparison", o.IssuerCompare.V, "slash_ignored")
	spEqual(t, "PKCE", o.PKCE.V, "setting")
	spEqual(t, "tolerance", o.ClockSkew.Known() && s.ClockSkew.Known() && o.ClockSkew.V+s.ClockSkew.V == 0, true)
	spEqual(t, "DPoP", o.DPoP.Certain() && !o.DPoP.V, true)
	spEqual(t, "nonce", o.Nonce.Certain() && !o.Nonce.V, true)
	spEqual(t, "HS256 or none", slices.Contains(o.IDTokenAlgs.V, "HS256") || slices.Contains(o.IDTokenAlgs.V, "none"), false)
	spEqual(t, "required claims", spNames(o.Claims, "required"), "subject=sub email=email")
	spEqual(t, "reads from", strings.Join(o.ReadsFrom.V, " "), "userinfo id_token")
	spEqual(t, "rules read", strings.Join(sp.Roles.ReadsFrom.V, " "), "id_token")
	spEqual(t, "required attributes", spNames(s.Attributes, "required"), "email=email")
	spEqual(t, "signature", s.AssertionSigned.V, "either")
	spEqual(t, "subdomains", sp.Domains.Subdomains.V, "included")
	spEqual(t, "language", sp.Roles.Language+" "+sp.Roles.Default.V, "handlebars member")
	spEqual(t, "group claims", strings.Join(sp.Roles.GroupClaims.V, " "), "groups group memberOf member_of roles role teams team")
	spEqual(t, "refusal", sp.Domains.Refusal, "Your email domain is not allowed for this identity provider.")

	role := spCompile(t, "role", sp.Roles.RolePattern)
	for name, ok := range map[string]bool{"log_reader": true, "a": false, "Admin": false, strings.Repeat("x", 51): false} {
		spEqual(t, "role "+name, role.MatchString(name), ok)
	}
	host := spRequirement(sp, "okta", "hostname", "")
	pattern := spCompile(t, "hostname", host.Pattern)
	for name, ok := range map[string]bool{
		"archestra.acme.com": true, "https://archestra.acme.com": false, "archestra.acme.com/": false, "archestra.acme.com/auth": false, "": false,
	} {
		spEqual(t, "tile "+name, pattern.MatchString(name), ok)
	}
	spEqual(t, "tile code", host.Code+" "+host.Entry, "CFG010 okta-app-tile")
	spEqual(t, "dpop", spRequirement(sp, "okta", "dpop", "oidc").Equals, false)
	spEqual(t, "dpop code", spRequirement(sp, "okta", "dpop", "oidc").Code, "CFG011")
	spEqual(t, "initiated by", spRequirement(sp, "okta", "login_initiated_by", "oidc").Equals, "either_okta_or_app")
	spEqual(t, "flow", spRequirement(sp, "okta", "login_flow", "oidc").Equals, "redirect_to_app")
	for idp, id := range map[string]string{"okta": "Okta", "google": "Google", "github": "GitHub", "gitlab": "GitLab", "entra": "EntraID"} {
		spEqual(t, "provider id of "+idp, sp.IdPs[idp].ProviderID, id)
	}
	for code, entry := range map[string]string{
		"AUTHZ011": "state-mismatch", "IDT028": "missing-user-info", "CLM016": "account-not-linked", "AST034": "account-not-found",
		"SIG003": "signature-validation-failed", "CFG010": "okta-app-tile", "AUTHZ028": "okta-login-initiation", "CFG011": "invalid-dpop-proof",
		"TOK008": "invalid-dpop-proof", "CFG004": "callback-url-case", "AUTHZ002": "callback-url-case",
	} {
		spEqual(t, "entry of "+code, spEntryOf(sp, code), entry)
	}
}

func TestTorqFacts(t *testing.T) {
	sp := spFiles(t)["torq"]
	hosts := map[string]string{}
	for _, v := range spExamples(sp) {
		for what, template := range map[string]string{
			"redirect": sp.OIDC.RedirectURIs[0].V, "acs": sp.SAML.ACS[0].V, "login": sp.Console.Login,
			"entra": spRequirement(sp, "entra", "redirect_uris", "oidc").Contains, "form": sp.Form.SAML[2].Value,
		} {
			hosts[v["region"]+" "+what], _ = Expand(template, v)
		}
	}
	for region, host := range map[string]string{"us": "https://app.torq.io", "eu": "https://app.eu.torq.io"} {
		for _, what := range []string{"redirect", "acs", "entra", "form"} {
			spEqual(t, region+" "+what, hosts[region+" "+what], host+"/__/auth/handler")
		}
		spEqual(t, region+" login", hosts[region+" login"], host+"/auth/SSOSignIn")
	}
	spEqual(t, "number of regions", len(sp.Params[0].Values), 2)
	spEqual(t, "entity ID", sp.SAML.EntityID.V, "torq.io")
	spEqual(t, "grants", strings.Join(sp.OIDC.Grants.V, " "), "code implicit")
	spEqual(t, "IdP-initiated SAML", sp.SAML.IdPInitiated.V, "forbidden")
	spEqual(t, "attributes", spNames(sp.SAML.Attributes, "required"), "email=email")
	spEqual(t, "names", spNames(sp.SAML.Attributes, "recommended"), "first_name=first_name last_name=last_name")
	spEqual(t, "roles", sp.Roles.Language+" "+sp.Roles.Order.V+" "+sp.Roles.NoMatch.V, "claim_value first_match locked_out")
	spEqual(t, "letter case", sp.Roles.CaseSensitive.V, true)
	for _, idp := range []string{"okta", "onelogin", "jumpcloud", "entra"} {
		spEqual(t, "tile of "+idp, spRequirement(sp, idp, "hide_in_portal", "saml").Equals, true)
	}
	spEqual(t, "ID tokens", spRequirement(sp, "entra", "id_tokens", "oidc").Equals, true)
	spEqual(t, "declare redirect", spRequirement(sp, "jumpcloud", "declare_redirect_endpoint", "saml").Equals, true)
	for code, entry := range map[string]string{
		"CLM013": "lockout-email-claim", "CLM009": "claim-value-case", "CLM010": "rule-order", "IDT032": "multiple-domains",
	} {
		spEqual(t, "entry of "+code, spEntryOf(sp, code), entry)
	}
}

func TestGenericTakesNothingForGranted(t *testing.T) {
	sp := spFiles(t)["generic"]
	for _, p := range sp.Params {
		if len(p.Required) > 0 || p.Default != "" {
			t.Errorf("parameter %s is required or has a default", p.Name)
		}
	}
	o, s := sp.OIDC, sp.SAML
	known := o.HTTPS.Known() || o.PKCE.Known() || o.IssuerCompare.Known() || o.ClockSkew.Known() || o.DPoP.Known() || len(o.Claims) > 0 ||
		s.RequestSigned.Known() || s.AssertionSigned.Known() || s.Encryption.Known() || s.IdPInitiated.Known() || len(s.Attributes) > 0
	spEqual(t, "something is taken for granted", known, false)
	if _, missing := Expand(o.RedirectURIs[0].V, nil); len(missing) != 1 || missing[0] != "callback_url" {
		t.Errorf("the redirect URI waits for %v, want callback_url", missing)
	}
}
