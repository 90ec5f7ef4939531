package guide

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// page is a step at the IdP while it is being put together: what it is about decides which demands and mistakes belong to it.
type page struct {
	report.GuideStep
	labels []string // of its fields, and its own title
}

// atIdP is the IdP's console, page by page, with what this SP needs at the page where it is set.
func (b *builder) atIdP() report.GuidePart {
	c := b.c
	p := report.GuidePart{Title: "At " + c.IdP.Name, Side: "idp"}
	if w := b.walk; w.Console.Known() {
		p.At = b.says(b.idp, w.Console.V, w.Console.Note, w.Console.Certain())
	}
	if r := b.walk.Roles; r.Known() {
		p.Needs = b.says(b.idp, r.V, r.Note, r.Certain())
	}
	p.Notes = b.advice()
	var pages []page
	for _, s := range b.walk.Steps {
		pages = append(pages, b.page(s))
	}
	pages = b.demand(pages)
	pages = append(pages, page{GuideStep: report.GuideStep{Title: "Let the claims come that " + c.SP.Name + " reads", Fields: b.sends()}})
	pages = b.mistakes(pages)
	for _, pg := range pages {
		p.Steps = append(p.Steps, b.step(pg.GuideStep))
	}
	for _, s := range p.Steps {
		for _, t := range s.Take {
			b.taken[t.Note] = append(b.taken[t.Note], s.Number)
		}
	}
	for i := range p.Steps { // the key has done its work: what is shown says where the value goes
		for j := range p.Steps[i].Take {
			p.Steps[i].Take[j].Note = ""
		}
	}
	p.Checks = b.lookAtIdP()
	return p
}

// page turns a step of the walkthrough into one of the guide.
func (b *builder) page(s knowledge.Step) page {
	text := func(t string) string { return b.named(b.idp.fill(t)) }
	var out page
	heads := []string{s.Go, s.Page, s.Do, s.Press, s.Choose}
	out.Title = text(upper(cmp.Or(append(heads, "On the same page")...)))
	titled := false
	for i, verb := range []string{"go to ", "on the page ", "", "press ", "choose "} {
		head := heads[i]
		switch {
		case head == "":
		case !titled:
			titled = true
			if verb == "press " || verb == "choose " {
				out.Title = upper(verb) + text(head)
			}
		default:
			out.Do = append(out.Do, verb+text(head))
		}
	}
	out.labels = append(out.labels, s.Go, s.Page)
	if s.When != "" {
		out.When = text(s.When)
	}
	for _, f := range s.Fields {
		out.labels = append(out.labels, f.Label)
		out.Fields = append(out.Fields, report.GuideRow{Label: text(f.Label), Value: text(f.Value), Note: text(f.Note)})
	}
	if s.PressAfter != "" {
		out.Then = pressed(text(s.PressAfter))
	}
	for _, cp := range s.Copy {
		label := text(cp.Label)
		if cp.Note != "" {
			label += " (" + text(cp.Note) + ")"
		}
		out.Take = append(out.Take, report.GuideRow{Label: label, Value: b.goes(cp.As), Note: cp.As})
	}
	for _, w := range s.Warn {
		out.Warn = append(out.Warn, text(w))
	}
	if s.Note != "" {
		out.Notes = append(out.Notes, text(s.Note))
	}
	return out
}

// pressed words what ends a page: mostly a button, which is written large.
func pressed(s string) string {
	if upper(s) == s {
		return "press " + s
	}
	return s
}

// fileKeys are the places of a connection file that hold what an IdP shows.
var fileKeys = map[string]string{
	"client_id": "oidc.client_id", "client_secret": "oidc.client_secret", "issuer": "oidc.issuer", "discovery_url": "oidc.discovery_url",
	"authorization_endpoint": "oidc.endpoints.authorization", "token_endpoint": "oidc.endpoints.token", "userinfo_endpoint": "oidc.endpoints.userinfo",
	"idp_entity_id": "saml.idp_entity_id", "sso_url": "saml.sso_url", "certificate": "saml.certificate", "metadata_url": "saml.idp_metadata", "metadata_file": "saml.idp_metadata",
}

// goes says where a value of the IdP is needed: field of the SP's form, place in the connection file.
func (b *builder) goes(as string) string {
	key := as
	if as == "metadata_url" || as == "metadata_file" {
		key = "idp_metadata"
	}
	var to []string
	for _, f := range b.form {
		if f.Key == key && !f.ReadOnly {
			to = append(to, b.c.SP.Name+" › "+f.Label)
			break
		}
	}
	if at := fileKeys[as]; at != "" && strings.HasPrefix(at, b.protocol) {
		if as == "client_secret" {
			at += " (by reference, such as env:CLIENT_SECRET)"
		}
		to = append(to, "ssoctl.yaml "+at)
	}
	if len(to) == 0 {
		return "keep it: " + strings.ReplaceAll(as, "_", " ")
	}
	return strings.Join(to, "; ")
}

// advice is what the SP's own page says about this IdP.
func (b *builder) advice() []string {
	note := b.c.SP.IdPs[b.c.IdP.ID]
	v := values{known: map[string]string{}, say: b.sp.say, open: b.opened}
	maps.Copy(v.known, b.idp.known)
	maps.Copy(v.known, b.sp.known)
	var out []string
	if note.Issuer.V != "" && b.protocol == "oidc" {
		text := b.c.SP.Name + " takes the issuer in the form " + b.idp.fill(note.Issuer.V)
		for _, more := range []string{note.Issuer.When, note.Issuer.Note} {
			if more != "" {
				text += "; " + b.idp.fill(more)
			}
		}
		out = append(out, text)
	}
	if note.ProviderID != "" && b.protocol == "oidc" {
		out = append(out, fmt.Sprintf("%s calls this IdP %s in its addresses", b.c.SP.Name, note.ProviderID))
	}
	for _, n := range note.Notes {
		if b.concerns(n) {
			out = append(out, b.says(v, n.V, n.Note, n.Certain()))
		}
	}
	facts := note.OIDC
	if b.protocol == "saml" {
		facts = note.SAML
	}
	return append(out, b.facts(v, facts, nil)...)
}

// facts words the statements of a section, one line each; without are keys that stand elsewhere.
func (b *builder) facts(v values, facts knowledge.Facts, without []string) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		f := facts[key]
		text := strings.ReplaceAll(key, "_", " ") + ": " + flat(f.V)
		if key == "none" { // the section says why there is nothing to say
			text = flat(f.V)
		}
		if !slices.Contains(without, key) && b.about(text) {
			out = append(out, b.says(v, text, f.Note, f.Certain()))
		}
	}
	return out
}

// demand puts the settings that this SP depends on at the pages that hold them; those of no page get one of their own at the end.
func (b *builder) demand(pages []page) []page {
	var rest []report.GuideRow
	for _, r := range b.c.SP.Requires[b.c.IdP.ID] {
		if r.Protocol != "" && r.Protocol != b.protocol {
			continue
		}
		s := b.c.IdP.Settings[r.Setting]
		row := report.GuideRow{Label: cmp.Or(s.Label, strings.ReplaceAll(r.Setting, "_", " ")), Value: b.must(r, s), Note: b.sp.fill(r.Say) + " (" + r.Code + ")"}
		row.Should = r.Level == "warning"
		if r.Entry != "" {
			row.Note += "; " + b.c.SP.Name + " troubleshooting: " + r.Entry
		}
		at := slices.IndexFunc(pages, func(pg page) bool { return pg.holds(s.Label) })
		if segments := strings.Split(b.path(s.Path), " › "); at < 0 && len(segments) > 1 {
			parent := segments[len(segments)-2]
			at = slices.IndexFunc(pages, func(pg page) bool { return len(parent) > 8 && strings.Contains(pg.Title, parent) })
		}
		if at >= 0 {
			pages[at].Musts = append(pages[at].Musts, row)
			continue
		}
		if s.Path != "" {
			if path := b.path(s.Path); s.Label != "" && !strings.HasSuffix(path, s.Label) {
				row.Label = path + " › " + s.Label
			} else {
				row.Label = path
			}
		}
		rest = append(rest, row)
	}
	if len(rest) > 0 {
		title := fmt.Sprintf("Set what %s needs of %s besides", b.c.SP.Name, b.c.IdP.Name)
		pages = append(pages, page{GuideStep: report.GuideStep{Title: title, Musts: rest}})
	}
	return pages
}

// must words the value that a requirement asks for.
func (b *builder) must(r knowledge.Requirement, s knowledge.Setting) string {
	switch v := r.Equals.(type) {
	case bool:
		return map[bool]string{true: "on", false: "off"}[v != s.Inverted]
	case nil:
		if r.Contains != "" {
			return "has " + b.sp.fill(r.Contains)
		}
		return choices(r.Pattern)
	}
	value := b.sp.fill(fmt.Sprint(r.Equals))
	if s.Type == "enum" { // the key of a choice; the console words it with blanks
		value = strings.ReplaceAll(value, "_", " ")
	}
	return cmp.Or(value, "empty")
}

// choices words a pattern of whole values for people; one that is more than a list of them is shown as it is.
func choices(pattern string) string {
	plain := strings.ReplaceAll(pattern, `\.`, ".")
	if strings.ContainsAny(plain, `\[](){}^$*+?`) {
		return "fits " + pattern
	}
	return strings.ReplaceAll(plain, "|", ", or ")
}

// holds reports whether a field of the page is the one of that label.
func (pg page) holds(label string) bool {
	want := strings.ToLower(label)
	return want != "" && slices.ContainsFunc(pg.Fields, func(f report.GuideRow) bool {
		have := strings.ToLower(f.Label)
		return have == want || len(want) > 4 && strings.HasPrefix(have, want) || len(have) > 4 && strings.HasPrefix(want, have)
	})
}

// mistakes puts the usual ones at the page that they speak of, and the others at the end.
func (b *builder) mistakes(pages []page) []page {
	var rest []string
	for _, q := range b.c.IdP.Quirks {
		if !b.concerns(q) {
			continue
		}
		text := b.says(b.idp, q.V, q.Note, q.Certain())
		best, length := -1, 4
		for i, pg := range pages {
			for _, label := range pg.labels {
				label, _, _ = strings.Cut(label, " (")
				if parts := strings.Split(label, " › "); len(parts) > 1 {
					label = parts[len(parts)-1]
				}
				if len(label) > length && strings.Contains(q.V, label) {
					best, length = i, len(label)
				}
			}
		}
		if best < 0 {
			rest = append(rest, text)
			continue
		}
		pages[best].Warn = append(pages[best].Warn, text)
	}
	limits := b.facts(b.idp, b.c.IdP.Limits, nil)
	if len(rest)+len(limits) > 0 {
		pages = append(pages, page{GuideStep: report.GuideStep{Title: "Keep in mind about " + b.c.IdP.Name, Warn: rest, Notes: limits}})
	}
	return pages
}

// upper writes the first letter of a title large.
func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
