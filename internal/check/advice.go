package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// AtIdP is a step of a fix in the IdP's console: where it is, then what to do there. key is one of the profile's paths; more
// keys may be given, the first known one counts. Without a known path only the product is named.
func (c *Case) AtIdP(do string, keys ...string) string {
	for _, key := range keys {
		if path, ok := c.IdP.Paths[key]; ok {
			place := c.IdP.Name + " › " + c.fill(path.V)
			if !path.Certain() {
				place += " (likely)"
			}
			return place + ": " + do
		}
	}
	if c.IdP.ID == "generic" {
		return "at the IdP: " + do
	}
	return c.IdP.Name + ": " + do
}

// AtSP is a step of a fix in the SP's form: the field that takes a key of the connection, then what to do there.
func (c *Case) AtSP(do, key string) string {
	place := c.SP.Name
	if c.SP.Console.Path != "" {
		place += " › " + c.SP.Console.Path
	}
	field := c.formField(key)
	if field == nil {
		if c.SP.ID == "generic" {
			return "at the SP: " + do
		}
		return place + ": " + do
	}
	if c.SP.Console.Edit != "" {
		place += " › " + c.SP.Console.Edit
	}
	step := place + " › " + field.Label + ": " + do
	if field.WriteOnly {
		step += " (the field is blank when you edit; it changes only when you enter the value again)"
	}
	return step
}

// CanEnter reports whether there is a place at the SP for a key of the connection: a field of its form, or a form that nobody has
// described (one without its most common field). A step of a fix must not name a switch that the product does not have.
func (c *Case) CanEnter(key string) bool {
	return c.formField(key) != nil || c.SP.ID == "generic" || c.formField("client_id") == nil
}

// NoEmail gives the SP's troubleshooting entries about a login without an e-mail address when that is what comes of lacking these
// scopes: one of them brings the email claim.
func (c *Case) NoEmail(lacking []string) []report.Entry {
	if c.SP.OIDC == nil {
		return nil
	}
	for _, claim := range c.SP.OIDC.Claims {
		if claim.Name == "email" && slices.Contains(lacking, claim.Scope) {
			return c.EntriesOf("IDT028")
		}
	}
	return nil
}

// IfAtSP is AtSP as a list: empty when the product has no place for the key.
func (c *Case) IfAtSP(do, key string) []string {
	if !c.CanEnter(key) {
		return nil
	}
	return []string{c.AtSP(do, key)}
}

func (c *Case) formField(key string) *knowledge.FormField {
	fields := c.SP.Form.OIDC
	if c.Config != nil && c.Config.Protocol() == config.SAML {
		fields = c.SP.Form.SAML
	}
	for i := range fields {
		if fields[i].Key == key {
			return &fields[i]
		}
	}
	return nil
}

// fill replaces {client} and the like in a console path by this connection's values.
func (c *Case) fill(path string) string {
	values := map[string]string{}
	if c.Config != nil {
		values["app"] = c.SP.Name
		if c.Config.OIDC != nil && c.Config.OIDC.ClientID != "" {
			values["client"], values["client_id"], values["app"], values["app_name"] = c.Config.OIDC.ClientID, c.Config.OIDC.ClientID, c.SP.Name, c.SP.Name
		}
		if id := c.Config.SPEntityID(); c.Config.SAML != nil && id != "" { // products that list applications by a client ID list this one by its entity ID
			values["client"], values["client_id"], values["sp_entity_id"] = id, id, id
		}
		for name, v := range c.Config.Vars {
			values[name] = v
		}
	}
	s, _ := knowledge.Expand(path, values)
	return s
}

// InFile is the step that mends the connection file, with the edit that `check --fix` applies.
func (c *Case) InFile(path, value string) (string, []report.Edit) {
	if c.Config == nil {
		return "", nil
	}
	full := c.Config.Path(path)
	old := c.Config.File().Doc.At(full).Str()
	where := c.Config.Pos(path)
	return fmt.Sprintf("%s:%d: %s: %s (ssoctl check --fix %s)", where.File, where.Line, keyOf(path), value, where.File),
		[]report.Edit{{Path: full, Old: old, New: value}}
}

// keyOf is how a path is called in a step: its last key, with the index of a list item behind it.
func keyOf(path string) string {
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	if _, err := strconv.Atoi(last); err == nil && len(parts) > 1 {
		return parts[len(parts)-2] + "[" + last + "]"
	}
	return last
}

// Place locates a member of a document that was fetched or read from a file: file, line and column when it is a file, the
// exchange and the pointer otherwise. An absent member is placed at the object that should hold it.
func (c *Case) Place(kind evidence.Kind, doc *source.Doc, path string) report.Location {
	obs := c.Seen[kind].Obs
	if doc == nil || obs == nil {
		return report.Location{Path: path}
	}
	if !obs.FromFile() {
		return report.Location{Evidence: obs.Name(), Path: path}
	}
	loc := report.Location{File: doc.File, Path: path}
	pos, exact := doc.Pos(path)
	loc.Line, loc.Col = pos.Line, pos.Col
	if node := doc.At(path); exact && node != nil {
		loc.Len = node.Len
		if node.Type == source.List || node.Type == source.Map {
			key := doc.KeyPos(path)
			loc.Line, loc.Col = key.Line, key.Col
		}
	}
	loc.Snippet = doc.Line(loc.Line)
	return loc
}

// PlaceKey is Place for the key instead of the value.
func (c *Case) PlaceKey(kind evidence.Kind, doc *source.Doc, path string, pos source.Pos, n int) report.Location {
	obs := c.Seen[kind].Obs
	if !obs.FromFile() {
		return report.Location{Evidence: obs.Name(), Path: path}
	}
	return report.Location{File: doc.File, Line: pos.Line, Col: pos.Col, Path: path, Len: n, Snippet: doc.Line(pos.Line)}
}

// Quote puts a value into a message, in quotes, shortened when very long.
func Quote(s string) string {
	if r := []rune(s); len(r) > 200 {
		s = string(r[:197]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
