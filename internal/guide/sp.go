package guide

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// connectionName is the name for commands: the connection's, or the one that init gives it.
func (b *builder) connectionName() string {
	return cmp.Or(b.name, b.c.SP.ID+"-"+b.c.IdP.ID)
}

// shownFirst is the SP's form as far as it shows values that the IdP wants: it is opened before the IdP's console.
func (b *builder) shownFirst() (report.GuidePart, bool) {
	var rows []report.GuideRow
	for _, f := range b.form {
		if f.ReadOnly {
			rows = append(rows, report.GuideRow{Label: f.Label, Value: b.value(f), Note: b.sp.fill(f.Note)})
		}
	}
	if len(rows) == 0 {
		return report.GuidePart{}, false
	}
	sp := b.c.SP
	p := report.GuidePart{Title: "At " + sp.Name + ": what it shows for " + b.c.IdP.Name, Side: "sp", At: b.sp.fill(sp.Console.Path)}
	s := report.GuideStep{Title: "Open the form and compare what it shows", Fields: rows, Notes: []string{"leave the form open: it is filled in after the IdP"}}
	for _, f := range b.form {
		if f.Key == "protocol" {
			s.Do = append(s.Do, strings.TrimSuffix("choose "+f.Label+"; "+b.sp.fill(f.Note), "; "))
		}
	}
	p.Steps = []report.GuideStep{b.step(s)}
	return p, true
}

// atSP is the SP's form, field by field.
func (b *builder) atSP() report.GuidePart {
	sp := b.c.SP
	p := report.GuidePart{Title: "At " + sp.Name, Side: "sp", At: b.sp.fill(sp.Console.Path)}
	if sp.Console.Path == "" {
		p.Notes = append(p.Notes, "where these values are entered, the documentation of "+sp.Name+" says; ssoctl emit "+b.connectionName()+" --for sp lists them")
	}
	s := report.GuideStep{Title: "Fill in the form"}
	more := report.GuideStep{Title: "Open the advanced settings", When: "where it is needed"}
	for _, f := range b.form {
		if f.ReadOnly {
			continue
		}
		notes := []string{}
		if f.Required {
			notes = append(notes, "required")
		}
		if f.WriteOnly {
			notes = append(notes, "blank when the form is opened again: enter it anew to change it")
		}
		if f.Note != "" {
			notes = append(notes, b.sp.fill(f.Note))
		}
		row := report.GuideRow{Label: f.Label, Value: b.value(f), Note: strings.Join(notes, "; ")}
		if f.Advanced {
			more.Fields = append(more.Fields, row)
		} else {
			s.Fields = append(s.Fields, row)
		}
	}
	if d := sp.Domains; d != nil && len(d.Protocols) > 0 && !slices.Contains(d.Protocols, b.protocol) {
		s.Warn = append(s.Warn, fmt.Sprintf("%s is not applied to logins by this protocol", cmp.Or(d.Label, "the list of domains")))
	}
	for _, q := range sp.Quirks {
		if b.concerns(q) {
			s.Warn = append(s.Warn, b.says(b.sp, q.V, q.Note, q.Certain()))
		}
	}
	steps := []report.GuideStep{s}
	if len(more.Fields) > 0 {
		steps = append(steps, more)
	}
	last := len(steps) - 1
	if r, ok := b.roles(); ok {
		steps = append(steps, r)
		if slices.ContainsFunc(b.form, func(f knowledge.FormField) bool { return f.Key == "roles" }) {
			last++ // the rules are part of the form
		}
	}
	if button := cmp.Or(sp.Console.Create, sp.Console.Save); button != "" {
		steps[last].Then = pressed(button)
	}
	if notes := b.known(); len(notes) > 0 {
		steps = append(steps, report.GuideStep{Title: "Know how " + sp.Name + " behaves", Notes: notes})
	}
	for _, s := range steps {
		p.Steps = append(p.Steps, b.step(s))
	}
	p.Checks = []report.GuideCheck{
		{Command: "ssoctl doctor " + b.connectionName(), Say: "asks the IdP what the login of " + sp.Name + " would ask, without a user"},
	}
	return p
}

// known are the other statements of the SP's profile on this protocol.
func (b *builder) known() []string {
	sp := b.c.SP
	if b.protocol == "saml" {
		return append(b.facts(b.sp, sp.SAML.Facts, nil), b.facts(b.sp, sp.Facts, nil)...)
	}
	return append(b.facts(b.sp, sp.OIDC.Facts, nil), b.facts(b.sp, sp.Facts, nil)...)
}

// roles is how the SP gives roles, with the connection's rules.
func (b *builder) roles() (report.GuideStep, bool) {
	r := b.c.SP.Roles
	if r == nil {
		return report.GuideStep{}, false
	}
	s := report.GuideStep{Title: "Map roles"}
	if r.Language == "none" {
		s.Title = "Give roles inside " + b.c.SP.Name
	}
	var rs rows
	rs.add("Roles", strings.Join(r.Roles, ", "), "", true)
	word := func(label string, f knowledge.Fact[string]) {
		rs.add(label, strings.ReplaceAll(f.V, "_", " "), b.sp.fill(f.Note), f.Known())
	}
	word("Order of the rules", r.Order)
	rs.add("Letter case counts", map[bool]string{true: "yes", false: "no"}[r.CaseSensitive.V], b.sp.fill(r.CaseSensitive.Note), r.CaseSensitive.Known())
	word("Role without a rule", r.Default)
	word("Nobody matches", r.NoMatch)
	rs.add("Groups are read from", strings.Join(r.GroupClaims.V, ", "), b.sp.fill(r.GroupClaims.Note), r.GroupClaims.Known())
	rs.add("Claims are read from", strings.Join(r.ReadsFrom.V, ", "), b.sp.fill(r.ReadsFrom.Note), r.ReadsFrom.Known())
	if own := b.c.Roles; own != nil {
		for i, rule := range own.Rules {
			from := rule.Template
			if rule.Claim != "" {
				from = rule.Claim + " = " + rule.Value
			}
			rs.add(fmt.Sprintf("Rule %d", i+1), from, "role "+rule.Role, true)
		}
	}
	s.Fields = rs
	s.Notes = b.facts(b.sp, r.Facts, nil)
	return s, len(s.Fields)+len(s.Notes) > 0
}

// value is what goes into a field of the form: of the connection, of the profile, or a mark with the step that shows it.
func (b *builder) value(f knowledge.FormField) string {
	if v := b.stated(f.Key); v != "" {
		return v
	}
	if f.Value != "" {
		return b.sp.fill(f.Value)
	}
	if f.Key == "" {
		return "your choice"
	}
	if steps := b.shown(f.Key); steps != "" {
		return b.unknown(f.Key) + ", from " + steps
	}
	if !f.Required {
		return "may stay empty"
	}
	return b.unknown(f.Key)
}

// unknown marks a value that the connection does not state.
func (b *builder) unknown(key string) string {
	say := map[string]string{
		"roles": "your rules", "allowed_domains": "your own mail domains", "certificate": "the IdP's signing certificate",
		"client_id": "the client ID, as " + b.c.IdP.Name + " gives or takes it", "idp_metadata": "address or file of the IdP's metadata",
		"idp_entity_id": "the IdP's entity ID", "sso_url": "the IdP's single sign-on URL for HTTP-Redirect",
		"issuer": "the issuer, as " + b.c.IdP.Name + " shows it", "client_secret": "the client secret; it stays out of files",
	}[key]
	if steps := b.shown(key); steps != "" {
		say = cmp.Or(say, "shown in "+steps)
	}
	b.opened(key, say)
	return mark(key)
}

// shown names the steps at the IdP that show a value.
func (b *builder) shown(key string) string {
	if key == "idp_metadata" {
		key = "metadata_url"
	}
	var out []string
	for _, n := range b.taken[key] {
		if text := fmt.Sprintf("step %d", n); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, " or ")
}

// stated is the connection's own value for a field of the form; "" when it states none. A secret is never among them.
func (b *builder) stated(key string) string {
	c := b.c
	switch key {
	case "allowed_domains":
		return strings.Join(c.AllowedDomains, ", ")
	case "provider_id":
		return c.Vars["provider_id"]
	case "roles":
		if c.Roles != nil && len(c.Roles.Rules) > 0 {
			return "the rules below, in their order"
		}
	}
	if b.protocol == "saml" {
		return b.statedSAML(key)
	}
	o := c.OIDC
	switch key {
	case "issuer":
		return o.Issuer
	case "client_id":
		return o.ClientID
	case "client_secret":
		if strings.HasPrefix(o.ClientSecret, "env:") || strings.HasPrefix(o.ClientSecret, "file:") || strings.HasPrefix(o.ClientSecret, "keyring:") {
			return "the secret that " + o.ClientSecret + " names"
		}
	case "scopes":
		return strings.Join(c.Scopes(), " ")
	case "redirect_uri":
		return c.RedirectURI()
	case "discovery_url":
		return o.DiscoveryURL
	case "pkce":
		if sends, known := c.PKCE(); known {
			return map[bool]string{true: "on", false: "off"}[sends]
		}
	case "grant":
		return map[string]string{"code": "Authorization code", "implicit": "Implicit"}[c.Grant()]
	case "authorization_endpoint":
		return o.Endpoints.Authorization
	case "token_endpoint":
		return o.Endpoints.Token
	case "userinfo_endpoint":
		return o.Endpoints.Userinfo
	case "jwks_uri":
		return o.Endpoints.JWKS
	case "token_endpoint_auth_method":
		return o.AuthMethod
	case "hd":
		return o.HD
	case "id_token_alg":
		return o.IDTokenAlg
	}
	return ""
}

func (b *builder) statedSAML(key string) string {
	s := b.c.SAML
	switch key {
	case "sp_entity_id":
		return b.c.SPEntityID()
	case "acs_url":
		return b.c.ACSURL()
	case "idp_entity_id":
		return s.IdPEntityID
	case "sso_url":
		return s.SSOURL
	case "certificate":
		switch {
		case s.Certificate == "":
		case len(s.Certificate) > 200 || strings.Contains(s.Certificate, "\n"):
			return "the certificate that ssoctl.yaml holds (saml.certificate)"
		default:
			return "the content of " + s.Certificate
		}
	case "idp_metadata":
		return s.IdPMetadata
	case "name_id_format":
		return cmp.Or(s.NameIDFormat, b.c.SP.SAML.NameIDFormat.V)
	}
	return ""
}
