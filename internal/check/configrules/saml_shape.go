package configrules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// bySAMLShape reports whether the profile says how the IdP writes both its entity ID and its sign-on URL, and the connection has both.
func bySAMLShape(c *check.Case) bool {
	if c.Config.SAML == nil || c.IdP.SAML == nil || c.Config.SAML.IdPEntityID == "" || c.Config.SAML.SSOURL == "" {
		return false
	}
	return strings.Contains(c.IdP.SAML.EntityID.V, "{") && strings.Contains(c.IdP.SAML.SSO.V, "{")
}

// entityShape compares the entity ID with the sign-on URL: products write the same tenant, realm or application into both. Where the
// metadata is at hand, that decides (CFG003, MD007).
func entityShape(c *check.Case) []report.Finding {
	got, sso := c.Config.SAML.IdPEntityID, c.Config.SAML.SSOURL
	if c.Metadata.EntityID() != "" || got == c.Config.SPEntityID() || strings.TrimSpace(got) != got || exact.HasPlaceholder(got) || exact.HasPlaceholder(sso) {
		return nil // CFG003, AST026, CFG001
	}
	template := c.IdP.SAML.EntityID
	values, ok := valuesIn(c.IdP.SAML.SSO.V, sso)
	want, open := knowledge.Expand(template.V, values)
	if !ok || len(open) > 0 || got == want {
		return nil
	}
	f := report.Finding{Got: got, Want: want, Where: c.Config.Pos("saml/idp_entity_id"), Related: []report.Location{c.Config.Pos("saml/sso_url")}}
	f.Effect = "The SP compares the issuer of every response with this name, and refuses any other."
	f.Fix = []string{c.AtIdP("copy entity ID and sign-on URL of this one application", "metadata"), c.AtSP("enter the entity ID", "idp_entity_id")}
	diff := exact.Compare(got, want)
	own, shaped := valuesIn(template.V, got)
	name := differing(values, own)
	switch {
	case diff.Only && slices.Contains([]exact.Kind{exact.Slash, exact.Case, exact.Scheme}, diff.Kind):
		f.Message = fmt.Sprintf("idp_entity_id is %s but %s, whose sign-on URL this is, is called %s (%s)", check.Quote(got), c.TheIdP(), check.Quote(want), check.Difference(got, diff))
		f.Where.Mark = diff.String()
	case metadataOf(c, got):
		f.Message = fmt.Sprintf("idp_entity_id is %s, the address of the metadata, but %s is called %s in it", check.Quote(got), c.TheIdP(), check.Quote(want))
	case shaped && name == "issuer":
		f.Message = fmt.Sprintf("idp_entity_id is %s but sso_url is that of %s", check.Quote(got), check.Quote(want))
		return []report.Finding{likely(f, slices.Concat(template.S, c.IdP.SAML.SSO.S))}
	case shaped && name != "":
		f.Message = fmt.Sprintf("idp_entity_id is %s and names the %s %q, but sso_url names %q", check.Quote(got), strings.ReplaceAll(name, "_", " "), own[name], values[name])
		return []report.Finding{likely(f, slices.Concat(template.S, c.IdP.SAML.SSO.S))}
	default:
		return nil
	}
	step, edits := c.InFile("saml/idp_entity_id", want) // of a mismatch nobody knows which of the two is meant
	f.Fix, f.Edits = append(f.Fix, step), edits
	return []report.Finding{likely(f, slices.Concat(template.S, c.IdP.SAML.SSO.S))}
}

// metadataOf reports whether a text is the address at which the IdP publishes its metadata, with or without a query.
func metadataOf(c *check.Case, text string) bool {
	template, _, _ := strings.Cut(c.IdP.SAML.Metadata.V, "?")
	address, _, _ := strings.Cut(text, "?")
	_, ok := valuesIn(template, address)
	return ok && template != "" && c.IdP.SAML.Metadata.V != c.IdP.SAML.EntityID.V
}

// valuesIn reads the values of a template's placeholders off a text; ok is false when the text has another shape. An {issuer} may hold
// slashes, every other placeholder is one part of an address.
func valuesIn(template, text string) (values map[string]string, ok bool) {
	var pattern strings.Builder
	var names []string
	for rest := template; rest != ""; {
		literal, after, found := strings.Cut(rest, "{")
		pattern.WriteString(regexp.QuoteMeta(literal))
		name, next, closed := strings.Cut(after, "}")
		if !found || !closed {
			break
		}
		names = append(names, name)
		if rest = next; name == "issuer" {
			pattern.WriteString("(.+)")
		} else {
			pattern.WriteString("([^/?#&]+)")
		}
	}
	shape, err := regexp.Compile("^" + pattern.String() + "$")
	if err != nil {
		return nil, false
	}
	m := shape.FindStringSubmatch(text)
	if m == nil {
		return nil, false
	}
	values = map[string]string{}
	for i, name := range names {
		values[name] = m[i+1]
	}
	return values, true
}

// differing is the first placeholder, by name, that has two values; letter case does not count. "" when there is none.
func differing(a, b map[string]string) string {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if other, both := b[name]; both && !strings.EqualFold(other, a[name]) {
			return name
		}
	}
	return ""
}
