package emit

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"strings"
)

// spSheet lists the fields of the SP's form in its order, each with its value.
func spSheet(a *app) (Output, error) {
	c := a.conn
	s := &sheet{}
	s.head("%s: single sign-on by %s with %s", c.SP.Name, protocolName(string(c.Protocol())), c.IdP.Name)
	if c.SP.Console.Path != "" {
		s.text("Form: %s", strings.Join(nonEmpty(c.SP.Console.Path, c.SP.Console.Edit), " › "))
	}
	form := a.form()
	if len(form) == 0 {
		return Output{}, fmt.Errorf("nothing is known of the form of %s", c.SP.Name)
	}
	s.table("field", "value", "note")
	for _, f := range form {
		value := a.fieldValue(f.Key)
		if value == "" && f.Value != "" {
			value = a.fill(f.Value)
		}
		if value == "" {
			value = a.unknown(f.Key, f.Required)
		}
		var notes []string
		switch {
		case f.ReadOnly:
			notes = append(notes, "shown by the form")
		case f.WriteOnly:
			notes = append(notes, "blank when the form is opened again: enter it anew to change it")
		}
		if f.Advanced {
			notes = append(notes, "advanced")
		}
		s.row(f.Label, value, strings.Join(append(notes, nonEmpty(a.fill(f.Note))...), "; "))
	}
	if pem := strings.TrimSpace(a.in.Certificate); pem != "" && a.saml != nil {
		s.section("Certificate")
		s.text("```\n%s\n```", pem)
	}
	a.rulesSection(s)
	if button := cmp.Or(c.SP.Console.Save, c.SP.Console.Create); button != "" {
		s.text("Then press %s.", button)
	}
	for _, t := range c.SP.Tests {
		s.text("See that it works: %s.", a.fill(t.V))
	}
	return s.output(a.slug + "-sp.md"), nil
}

// rulesSection lists the role rules in the order in which they are tried.
func (a *app) rulesSection(s *sheet) {
	c, rules := a.conn, a.rules()
	if len(rules) == 0 {
		return
	}
	s.section("Rules, in this order")
	if c.SP.Roles.Language == "handlebars" {
		s.table("template", "role")
		for _, r := range rules {
			s.row("`"+r[0]+"`", r[2])
		}
	} else {
		s.table("claim", "value", "role")
		for _, r := range rules {
			s.row(r[:]...)
		}
	}
	if c.Roles.Strict {
		s.text("Strict: whoever no rule fits is turned away.")
	}
}

func nonEmpty(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// unknown marks a value that the connection does not state.
func (a *app) unknown(key string, required bool) string {
	switch {
	case key == "":
		return ""
	case key == "idp_metadata" || !required:
		return "(empty)"
	}
	return "‹" + strings.ReplaceAll(key, "_", " ") + "›"
}

// fieldValue is what of the connection goes into a field; "" when it states nothing.
func (a *app) fieldValue(key string) string {
	c := a.conn
	switch key {
	case "allowed_domains":
		return strings.Join(c.AllowedDomains, ", ")
	case "provider_id":
		return c.Vars["provider_id"]
	case "roles":
		if len(a.rules()) > 0 {
			return "see the rules below"
		}
		return ""
	}
	if a.oidc != nil {
		return a.oidcValue(key)
	}
	if a.saml != nil {
		return a.samlValue(key)
	}
	return ""
}

func (a *app) oidcValue(key string) string {
	c, o := a.conn, a.conn.OIDC
	switch key {
	case "issuer":
		return o.Issuer
	case "client_id":
		return o.ClientID
	case "client_secret":
		return "(the secret that " + a.secretAt() + " names)"
	case "scopes":
		return strings.Join(a.oidc.scopes, " ")
	case "redirect_uri":
		return c.RedirectURI()
	case "discovery_url":
		return a.discovery()
	case "pkce":
		sends, known := a.sendsPKCE()
		if !known {
			return ""
		}
		return map[bool]string{true: "on", false: "off"}[sends]
	case "grant":
		return map[string]string{"code": "authorization code", "implicit": "implicit"}[c.Grant()]
	case "authorization_endpoint":
		return a.endpoint(o.Endpoints.Authorization, "authorization")
	case "token_endpoint":
		return a.endpoint(o.Endpoints.Token, "token")
	case "userinfo_endpoint":
		return a.endpoint(o.Endpoints.Userinfo, "userinfo")
	case "jwks_uri":
		return a.endpoint(o.Endpoints.JWKS, "jwks")
	case "logout_url":
		return a.oidc.postLogout
	case "token_endpoint_auth_method":
		return a.oidc.authMethod
	case "id_token_alg":
		return o.IDTokenAlg
	case "hd":
		return o.HD
	case "groups_claim":
		g, _ := a.claim("groups")
		return g.as
	}
	return ""
}

func (a *app) samlValue(key string) string {
	c := a.conn.SAML
	switch key {
	case "sp_entity_id":
		return a.saml.entityID
	case "acs_url":
		return a.saml.acs
	case "audience":
		return a.saml.audience
	case "idp_entity_id":
		return a.idpEntityID()
	case "sso_url":
		return a.ssoURL()
	case "certificate":
		if a.in.Certificate != "" {
			return "see the certificate below"
		}
	case "idp_metadata":
		return c.IdPMetadata
	case "name_id_format":
		return a.saml.nameID
	case "sp_private_key":
		if c.SPPrivateKey != "" {
			return "(the key that " + c.SPPrivateKey + " names)"
		}
	}
	return ""
}

// rules are the role rules: claim or template, value, role.
func (a *app) rules() [][3]string {
	if a.conn.Roles == nil || a.conn.SP.Roles == nil {
		return nil
	}
	var out [][3]string
	for _, r := range a.conn.Roles.Rules {
		out = append(out, [3]string{cmp.Or(r.Claim, r.Template), r.Value, r.Role})
	}
	return out
}

// claimRules writes the rules as a table, in the order in which they are tried. Where the SP's form proposes a rule that keeps the
// administrator in and the connection has none on that claim, it stands first, to be filled in.
func claimRules(a *app) (Output, error) {
	if a.conn.SP.Roles == nil || a.conn.SP.Roles.Language != "claim_value" {
		return Output{}, fmt.Errorf("%s has no rules of claim, value and role", a.conn.SP.Name)
	}
	rules := a.rules()
	var notes []string
	if first, ok := a.conn.SP.Roles.Facts["first_rule"].V.(map[string]any); ok {
		claim, _ := first["claim"].(string)
		value, _ := first["value"].(string)
		has := false
		for _, r := range rules {
			has = has || r[0] == claim
		}
		if !has && claim != "" && len(a.conn.SP.Roles.Roles) > 0 {
			rules = append([][3]string{{claim, "‹" + value + "›", a.conn.SP.Roles.Roles[0]}}, rules...)
			notes = append(notes, fmt.Sprintf("fill in the first rule before SSO is enforced: without it nobody may be left who can change the settings (%s)", a.conn.SP.Name))
		}
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.Write([]string{"Claim Name", "Claim Value", "Assigned Role"}); err != nil {
		return Output{}, err
	}
	for _, r := range rules {
		if err := w.Write([]string{plain(r[0]), plain(r[1]), plain(r[2])}); err != nil {
			return Output{}, err
		}
	}
	w.Flush()
	return Output{Files: []File{{Name: a.slug + "-rules.csv", Body: []byte(b.String())}}, Notes: notes}, w.Error()
}
