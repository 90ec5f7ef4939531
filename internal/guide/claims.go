package guide

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// standard are the names by which profiles of IdPs call what SPs read.
var standard = map[string]string{"first_name": "given_name", "last_name": "family_name"}

// sends tells, claim by claim, what brings it; after them the walkthrough's own words on claims.
func (b *builder) sends() []report.GuideRow {
	var out []report.GuideRow
	for _, c := range b.claims() {
		if c.Name == "subject" || len(c.Names) == 0 {
			continue
		}
		row := report.GuideRow{Label: c.Name + " (" + cmp.Or(c.Level, "optional") + ")", Value: "send it as " + c.Names[0]}
		if len(c.Names) > 1 {
			row.Value += ", or " + strings.Join(c.Names[1:], ", ")
		}
		row.Note = b.brings(cmp.Or(standard[c.Name], c.Name), c.Names[0])
		out = append(out, row)
	}
	for _, name := range b.c.SPParam("required_claims").Strings() {
		out = append(out, report.GuideRow{Label: name + " (required)", Value: "send it as " + name, Note: b.brings(name, name)})
	}
	for _, how := range b.walk.Claims {
		out = append(out, report.GuideRow{Label: b.named(b.idp.fill(how.Need)), Value: b.named(b.idp.fill(how.How)), Note: likely(how.S)})
	}
	if len(out) == 0 {
		out = append(out, report.GuideRow{Label: "email", Value: "see that the address of the user is sent"})
	}
	return out
}

// brings is the step of the IdP's profile that makes it send a claim, "" when it knows none.
func (b *builder) brings(claim, as string) string {
	v := b.idp
	v.known = maps.Clone(v.known)
	v.known["claim"] = as
	place := []string{"id_token", "userinfo"}
	if b.protocol == "saml" {
		place = []string{"assertion"}
	}
	for _, s := range b.c.IdP.Sends {
		if s.Issuer != "" && !b.c.Lib.Matches(s.Issuer, b.c.Issuer()) {
			continue
		}
		if slices.ContainsFunc(place, func(p string) bool { return s.Reaches(claim, p) }) {
			text := v.fill(s.Do)
			if at := b.c.IdP.Paths[s.At]; at.V != "" {
				text = b.path(at.V) + ": " + text
			}
			return b.named(text)
		}
	}
	return ""
}

func likely(s knowledge.Keys) string {
	if s.Certain() {
		return ""
	}
	return "likely"
}
