package samlrules

import (
	"fmt"
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// For whom the assertion is made out: what the connection file says of it, and what assertions show.
var astAudience = []check.Rule{
	onAssertion(check.Rule{
		Code: "AST025", Title: "the assertion is restricted to an audience", Severity: report.Error,
		Why:  "Any SP of this IdP could use the assertion at another one, so the SP refuses it.",
		Fix:  "enter the SP's entity ID as the audience at the IdP",
		Refs: []string{refProfile},
	}, nil, restricted),
	{
		Code: "AST026", Title: "both sides know the SP by one entity ID", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Explains: []string{"RSP021"},
		Why:   "The IdP makes the assertion out to another audience, and the SP refuses it.",
		Fix:   "enter one and the same entity ID on both sides; letter case counts",
		Refs:  []string{"SAML 2.0 Core §2.5.1.4"},
		Check: func(c *check.Case) []report.Finding { return append(entityIDs(c, false), audiences(c, false)...) },
	},
	{
		Code: "AST027", Title: "both sides spell the SP's entity ID alike", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Explains: []string{"RSP021"},
		Why:   "Entity IDs are compared as strings: a slash or a capital makes another SP of it.",
		Fix:   "enter one and the same entity ID on both sides; letter case counts",
		Refs:  []string{"SAML 2.0 Core §2.5.1.4"},
		Check: func(c *check.Case) []report.Finding { return append(entityIDs(c, true), audiences(c, true)...) },
	},
}

func restricted(t assertion) []report.Finding {
	if len(t.a.Conditions) == 0 { // AST019
		return nil
	}
	f := t.finding(t.a.Conditions[0], "", "the assertion has no AudienceRestriction: it is made out to nobody in particular")
	for _, group := range t.a.Audiences {
		if len(group) > 0 {
			return nil
		}
		f = t.finding(t.a.Conditions[0].Child(samldoc.Assertion, "AudienceRestriction"), "", "AudienceRestriction names no audience: the assertion is made out to nobody")
	}
	want := "the SP's entity ID"
	if t.c.Config != nil && t.c.Config.SPEntityID() != "" && !exact.HasPlaceholder(t.c.Config.SPEntityID()) {
		want = t.c.Config.SPEntityID()
	}
	f.Fix = []string{t.c.AtIdP("enter "+want+" as the audience", "entity_id")}
	return []report.Finding{f}
}

// own gives the names by which the SP goes, and whether one of them is sure to be the one: a name of the admin's own choosing that
// the connection file does not state is only the product's proposal.
func own(c *check.Case) (names []string, certain bool) {
	if c.SP.SAML == nil || !paramsFit(c) && !c.Config.Stated("saml/sp_entity_id") {
		return nil, false
	}
	names = slices.DeleteFunc(c.Config.Audiences(), exact.HasPlaceholder)
	return names, c.Config.Stated("saml/sp_entity_id") || !c.SP.SAML.EntityIDFree || c.SP.ID == "generic"
}

// audiences compares the audiences of assertions with the SP's names. Every AudienceRestriction has to name the SP; of the names in
// one, one is enough (SAML 2.0 Core §2.5.1.4). near chooses those that differ in a single respect.
func audiences(c *check.Case, near bool) []report.Finding {
	names, certain := own(c)
	var out []report.Finding
	told := map[string]bool{}
	for _, t := range assertions(c) {
		for _, group := range t.a.Audiences {
			if len(group) == 0 || len(names) == 0 || slices.ContainsFunc(group, func(e *xmltree.Element) bool { return slices.Contains(names, e.Value()) }) {
				continue // AST025
			}
			e, want, close := closest(group, names)
			if close != near || told[e.Value()] || recordedSo(c, e.Value()) {
				continue
			}
			told[e.Value()] = true
			out = append(out, t.audience(group, e, want, certain, near))
		}
	}
	return out
}

// closest finds the audience that was probably meant to be one of the SP's names, else the first.
func closest(group []*xmltree.Element, names []string) (e *xmltree.Element, want string, near bool) {
	for _, e := range group {
		for _, name := range names {
			if value := e.Value(); nearly(exact.Compare(value, name)) || value == "spn:"+name {
				return e, name, true
			}
		}
	}
	return group[0], names[0], false
}

func (t assertion) audience(group []*xmltree.Element, e *xmltree.Element, want string, certain, near bool) report.Finding {
	c, got := t.c, e.Value()
	made := check.Quote(got)
	if len(group) > 1 {
		made += fmt.Sprintf(" and %d more", len(group)-1)
	}
	f := t.about(e, "", got, want, "the assertion is made out to %s but %s is known as %s", made, c.TheSP(), check.Quote(want))
	switch {
	case got == "spn:"+want:
		f.Message += " (spn: stands before it)"
	case near:
		f.Message += " (" + exact.Compare(got, want).String() + ")"
	case len(t.a.Audiences) > 1:
		f.Message += ", and every AudienceRestriction has to name it"
	}
	f.Fix = []string{c.AtIdP("enter "+want, "entity_id")}
	if !certain {
		f.Severity = report.Warning
		f.Message = "likely: " + f.Message
		f.Fix = append([]string{c.AtSP("compare the entity ID with "+got+", letter by letter: what stands there counts", "sp_entity_id")}, f.Fix...)
		f.Fix = append(f.Fix, "state it as saml.sp_entity_id in the connection file, so that it can be compared")
	} else if c.Config.Stated("saml/sp_entity_id") {
		f.Related = []report.Location{c.Config.Pos("saml/sp_entity_id")}
	}
	return f
}

// recordedSo reports whether the connection file records that very name as what the IdP's console holds: then it is told there.
func recordedSo(c *check.Case, name string) bool {
	for key, s := range c.IdP.Settings {
		if node := c.Config.Setting(key); s.Holds == "sp_entity_id" && node != nil && node.Str() == name {
			return true
		}
	}
	return false
}

// entityIDs compares the SP's entity ID with the SP's profile, with the recorded audience of the IdP, and with the IdP's own. near
// chooses the findings whose two values differ in a single respect.
func entityIDs(c *check.Case, near bool) []report.Finding {
	var out []report.Finding
	own := c.Config.SAML.SPEntityID
	template, known := "", false
	if c.SP.SAML != nil {
		template, known = c.Config.Expand(c.SP.SAML.EntityID.V)
	}
	add := func(f report.Finding, got, want string) {
		if d := exact.Compare(got, want); nearly(d) == near {
			f.Got, f.Want = got, want
			if near {
				f.Message += " (" + d.String() + ")"
			}
			out = append(out, f)
		}
	}
	if known && own != "" && paramsFit(c) && own != template && own != c.Config.SAML.IdPEntityID {
		f := report.Finding{Where: c.Config.Pos("saml/sp_entity_id"), Message: fmt.Sprintf("sp_entity_id is %s but %s is known as %s", check.Quote(own), c.TheSP(), check.Quote(template))}
		step, edits := c.InFile("saml/sp_entity_id", template)
		f.Fix, f.Edits = []string{step, c.AtIdP("enter "+template, "entity_id")}, edits
		if c.SP.SAML.EntityIDFree {
			f.Severity, f.Edits = report.Warning, nil
			f.Fix = []string{"any name will do as long as both sides hold the same: see that this one is meant", c.AtSP("compare it, letter by letter", "sp_entity_id")}
		}
		if !c.SP.SAML.EntityID.S.Certain() {
			f.Severity, f.Message = report.Warning, "likely: "+f.Message
		}
		if !c.SP.SAML.EntityIDFree || near { // a name of one's own is fine, a slip of the pen is not
			add(f, own, template)
		}
	}
	if !near && own != "" && own == c.Config.SAML.IdPEntityID {
		out = append(out, report.Finding{Got: own, Want: template, Where: c.Config.Pos("saml/sp_entity_id"),
			Message: fmt.Sprintf("sp_entity_id and idp_entity_id are both %s, but they name two parties", check.Quote(own)),
			Fix:     []string{c.AtSP("enter the name of the SP, such as "+template, "sp_entity_id")}})
	}
	return append(out, consoleNames(c, near)...)
}

// paramsFit reports whether the SP's parameters have values that its profile allows: what is made of others is nothing to compare with.
func paramsFit(c *check.Case) bool {
	return !slices.ContainsFunc(c.SP.Params, func(p knowledge.Param) bool {
		node := c.Config.SPParam(p.Name)
		if node == nil || node.Type == source.Null || p.Type == "list" {
			return false
		}
		listed := slices.ContainsFunc(p.Values, func(v knowledge.ParamValue) bool { return v.Value == node.Str() })
		return node.Type == source.Map || node.Type == source.List || p.Pattern != "" && !c.Lib.Matches(p.Pattern, node.Str()) || len(p.Values) > 0 && !listed
	})
}

// consoleNames compares the entity ID that the IdP's console holds, as the file records it.
func consoleNames(c *check.Case, near bool) []report.Finding {
	want := c.Config.SPEntityID()
	if exact.HasPlaceholder(want) {
		return nil
	}
	var out []report.Finding
	for key, s := range c.IdP.Settings {
		node := c.Config.Setting(key)
		if s.Holds != "sp_entity_id" || node == nil || node.Type == source.Null || want == "" || node.Str() == want {
			continue
		}
		d := exact.Compare(node.Str(), want)
		if nearly(d) != near {
			continue
		}
		f := report.Finding{Got: node.Str(), Want: want, Where: c.Config.Pos("idp/settings/" + key),
			Message: fmt.Sprintf("%s knows %s as %s but its entity ID is %s", c.TheIdP(), c.TheSP(), check.Quote(node.Str()), check.Quote(want)),
			Fix:     []string{c.AtSetting(key, "enter "+want)}}
		if near {
			f.Message += " (" + d.String() + ")"
		}
		step, edits := c.InFile("idp/settings/"+key, want)
		f.Fix, f.Edits = append(f.Fix, step), edits
		out = append(out, f)
	}
	return out
}
