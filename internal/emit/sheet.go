package emit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// idpSheet lists, page by page, what goes into the fields of the IdP's console, and what to take back from it.
func idpSheet(a *app) (Output, error) {
	idp, protocol := a.conn.IdP, string(a.conn.Protocol())
	walk := idp.Walkthrough[protocol]
	if walk != nil && walk.None.Known() {
		return Output{}, fmt.Errorf("%s: %s", idp.Name, walk.None.V)
	}
	s := &sheet{}
	s.head("%s: application for %s (%s)", idp.Name, a.conn.SP.Name, protocolName(protocol))
	if walk == nil {
		walk = &knowledge.Walkthrough{}
	}
	if walk.Console.Known() {
		s.text("Console: %s", a.fillAtIdP(walk.Console.V))
	}
	rows := 0
	for _, step := range walk.Steps {
		rows += len(step.Fields)
	}
	if rows == 0 {
		a.plainFields(s)
	}
	s.steps(a, walk.Steps)
	a.demands(s)
	if len(walk.Claims) > 0 {
		s.section("Claims")
		s.table("needed", "how")
		for _, c := range walk.Claims {
			s.row(c.Need, a.fillAtIdP(c.How))
		}
	}
	s.section("What %s reads", a.conn.SP.Name)
	s.table("claim or attribute", "accepted names", "needed")
	for _, c := range a.claims {
		level := "recommended"
		if c.required {
			level = "required"
		} else if c.optional {
			level = "optional"
		}
		s.row(c.name, strings.Join(c.names, ", "), level)
	}
	return s.output(a.slug + "-idp.md"), nil
}

func protocolName(p string) string {
	if p == "saml" {
		return "SAML"
	}
	return "OpenID Connect"
}

// steps writes one table a page.
func (s *sheet) steps(a *app, steps []knowledge.Step) {
	for _, step := range steps {
		if len(step.Fields)+len(step.Copy) == 0 {
			continue
		}
		s.section("%s", a.fillAtIdP(cmp.Or(step.Go, step.Page, step.Do, step.Press, step.Choose, "The form")))
		if step.When != "" {
			s.text("Only %s.", step.When)
		}
		if len(step.Fields) > 0 {
			s.table("field", "value")
			for _, f := range step.Fields {
				value := a.fillAtIdP(f.Value)
				if f.Note != "" {
					value += " (" + a.fillAtIdP(f.Note) + ")"
				}
				s.row(f.Label, value)
			}
		}
		if len(step.Copy) > 0 {
			s.table("take along", "for")
			for _, c := range step.Copy {
				s.row(a.fillAtIdP(c.Label), a.goes(c.As))
			}
		}
		for _, w := range step.Warn {
			s.text("Watch out: %s.", a.fillAtIdP(w))
		}
	}
}

// goes is the field of the SP's form that takes a value, by its label.
func (a *app) goes(key string) string {
	for _, f := range a.form() {
		if f.Key == key {
			return a.conn.SP.Name + " › " + f.Label
		}
	}
	return key
}

// form are the fields of the SP's form for the connection's protocol.
func (a *app) form() []knowledge.FormField {
	if a.saml != nil {
		return a.conn.SP.Form.SAML
	}
	return a.conn.SP.Form.OIDC
}

// plainFields are the values under their standard names, for an IdP whose console nobody has described.
func (a *app) plainFields(s *sheet) {
	s.section("Values")
	s.table("field", "value")
	if o := a.oidc; o != nil {
		s.row("redirect URI", strings.Join(o.redirectURIs, ", "))
		s.row("client type", "confidential (with a secret)")
		s.row("grant", a.conn.Grant())
		s.row("scopes", strings.Join(o.scopes, " "))
		s.row("client authentication", o.authMethod)
		s.row("PKCE", map[bool]string{true: "S256", false: "not demanded"}[o.pkce])
		s.row("post-logout redirect URI", o.postLogout)
		return
	}
	v := a.saml
	s.row("SP entity ID", v.entityID)
	s.row("ACS URL (HTTP-POST)", v.acs)
	s.row("audience", v.audience)
	s.row("name ID format", v.nameID)
	s.row("sign assertion", "yes")
	s.row("sign response", "yes")
	s.row("demand signed requests", map[bool]string{true: "yes", false: "no"}[v.signsRequests])
	s.row("encrypt", map[bool]string{true: "yes", false: "no"}[v.encrypt])
}

// demands lists the settings that this SP wants of this IdP.
func (a *app) demands(s *sheet) {
	var rows [][]string
	for _, r := range a.conn.SP.Requires[a.conn.IdP.ID] {
		if r.Protocol != "" && r.Protocol != string(a.conn.Protocol()) {
			continue
		}
		setting := a.conn.IdP.Settings[r.Setting]
		value := cmp.Or(r.Contains, fmt.Sprint(r.Equals))
		if on, ok := r.Equals.(bool); ok && setting.Inverted {
			value = fmt.Sprint(!on)
		}
		switch {
		case r.Contains == "" && r.Equals == nil:
			value = strings.NewReplacer(`\.`, ".", "|", " or ").Replace(r.Pattern)
		case value == "true":
			value = "on"
		case value == "false":
			value = "off"
		case value == "":
			value = "empty"
		}
		rows = append(rows, []string{a.fillAtIdP(cmp.Or(setting.Path, r.Setting)), a.fill(value), r.Say})
	}
	if len(rows) == 0 {
		return
	}
	s.section("What %s wants of %s", a.conn.SP.Name, a.conn.IdP.Name)
	s.table("setting", "value", "why")
	for _, r := range rows {
		s.row(r...)
	}
}

// sheet builds Markdown of headings, sentences and tables.
type sheet struct {
	b strings.Builder
}

func (s *sheet) head(format string, args ...any) {
	s.b.WriteString("# " + plain(fmt.Sprintf(format, args...)) + "\n")
}

func (s *sheet) section(format string, args ...any) {
	s.b.WriteString("\n## " + plain(fmt.Sprintf(format, args...)) + "\n")
}

// text is a paragraph, or a block of lines.
func (s *sheet) text(format string, args ...any) {
	s.b.WriteByte('\n')
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		s.b.WriteString(plain(line) + "\n")
	}
}

func (s *sheet) table(heads ...string) {
	s.b.WriteByte('\n')
	s.row(heads...)
	s.b.WriteString("|" + strings.Repeat(" --- |", len(heads)) + "\n")
}

func (s *sheet) row(cells ...string) {
	cells = slices.Clone(cells)
	for i, c := range cells {
		cells[i] = plain(strings.NewReplacer("|", `\|`, "\n", "<br>").Replace(c))
	}
	s.b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// plain is a text without control characters: values come from files of other people's making, and a terminal obeys some.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

func (s *sheet) output(name string, notes ...string) Output {
	return Output{Files: []File{{Name: name, Body: []byte(s.b.String())}}, Notes: notes}
}
