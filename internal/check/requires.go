package check

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// Requirements lists what the SP's profile demands of this IdP's console under a code, for the connection's protocol.
func (c *Case) Requirements(code string) []knowledge.Requirement {
	var out []knowledge.Requirement
	if c.Config == nil {
		return nil
	}
	for _, r := range c.SP.Requires[c.IdP.ID] {
		if r.Code == code && (r.Protocol == "" || r.Protocol == string(c.Config.Protocol())) {
			out = append(out, r)
		}
	}
	return out
}

// Unstated names the settings that a code's requirements speak of and the connection file says nothing about; "" when at least
// one of them is stated.
func (c *Case) Unstated(code string) string {
	var missing []string
	for _, r := range c.Requirements(code) {
		if c.Config.Setting(r.Setting) != nil {
			return ""
		}
		if key := "idp.settings." + r.Setting; !slices.Contains(missing, key) {
			missing = append(missing, key)
		}
	}
	return strings.Join(missing, ", ") + " not stated in the connection file"
}

// Required judges the stated console settings by the requirements of a code. A setting that is not stated is not judged.
func (c *Case) Required(code string) []report.Finding {
	var out []report.Finding
	for _, r := range c.Requirements(code) {
		node := c.Config.Setting(r.Setting)
		if node == nil || node.Type == source.Null && r.Equals == nil || Unfit(c.IdP.Settings[r.Setting], node) != "" {
			continue
		}
		if f := c.requirement(r, node); f != nil {
			out = append(out, *f)
		}
	}
	return out
}

// Unfit says what a setting should be when its value is of another type or none of its choices, "" when it fits: CFG001 tells it,
// and there is nothing to compare.
func Unfit(s knowledge.Setting, n *source.Node) string {
	switch {
	case n.Type == source.Null:
		return ""
	case s.Type == "bool" && n.Type != source.Bool:
		return "true or false"
	case s.Type == "list" && n.Type == source.Map, s.Type == "string" && (n.Type == source.List || n.Type == source.Map):
		return "a " + map[string]string{"list": "list", "string": "text"}[s.Type]
	case s.Type == "map" && n.Type != source.Map:
		return "a mapping"
	case s.Type == "enum" && !slices.Contains(s.Values, n.Str()):
		return "one of " + strings.Join(s.Values, ", ")
	}
	return ""
}

// requirement compares one setting with its requirement; nil when it is met, or when a value that it needs is not known.
func (c *Case) requirement(r knowledge.Requirement, node *source.Node) *report.Finding {
	switch {
	case r.Contains != "":
		want, ok := c.Config.Expand(r.Contains)
		if !ok || slices.ContainsFunc(node.Strings(), func(entry string) bool { return c.Covers(entry, want) }) {
			return nil
		}
		return c.lacksEntry(r, node, want)
	case r.Pattern != "":
		if slices.ContainsFunc(node.Strings(), func(entry string) bool { return c.Lib.Matches(r.Pattern, entry) }) {
			return nil
		}
		return c.notOfPattern(r, node)
	}
	want := fmt.Sprint(r.Equals)
	if s, isText := r.Equals.(string); isText && s != "" {
		var ok bool
		if want, ok = c.Config.Expand(s); !ok {
			return nil
		}
	}
	if node.Str() == want {
		return nil
	}
	return c.notEqual(r, node, want)
}

func (c *Case) lacksEntry(r knowledge.Requirement, node *source.Node, want string) *report.Finding {
	f := c.ofSetting(r, r.Setting)
	entries := node.Strings()
	f.Want, f.Got = want, strings.Join(entries, ", ")
	near, index := Closest(entries, want)
	switch {
	case len(entries) == 0:
		f.Message = fmt.Sprintf("%s at %s is empty but %s needs %s in it: %s", c.settingName(r.Setting), c.TheIdP(), c.TheSP(), Quote(want), r.Say)
	case near != "":
		diff := exact.Compare(near, want)
		f.Got = near
		f.Message = fmt.Sprintf("%s at %s holds %s but %s needs %s (%s): %s", c.settingName(r.Setting), c.IdP.Name, Quote(near), c.SP.Name, Quote(want), Difference(near, diff), r.Say)
		path := "idp/settings/" + r.Setting
		if node.Type == source.List {
			path += "/" + strconv.Itoa(index)
		}
		f.Where = c.Config.Pos(path)
		step, edits := c.InFile(path, want)
		f.Fix, f.Edits = append(f.Fix, step), edits
	default:
		f.Message = fmt.Sprintf("%s at %s holds %s but not %s, which %s needs: %s", c.settingName(r.Setting), c.IdP.Name, quoteAll(entries), Quote(want), c.SP.Name, r.Say)
	}
	f.Fix = append([]string{c.AtSetting(r.Setting, "add "+want)}, f.Fix...)
	return f
}

func (c *Case) notOfPattern(r knowledge.Requirement, node *source.Node) *report.Finding {
	f := c.ofSetting(r, r.Setting)
	f.Got = strings.Join(node.Strings(), ", ")
	stated := quoteAll(node.Strings())
	if stated == "" {
		stated = "empty"
	}
	f.Message = fmt.Sprintf("%s at %s is %s: %s", c.settingName(r.Setting), c.IdP.Name, stated, r.Say)
	do := "let it match what " + c.SP.Name + " reads (" + r.Pattern + ")"
	// An address where only its host belongs is the common case, and has one right value.
	if u, err := url.Parse(strings.TrimSpace(node.Str())); err == nil && u.Host != "" && c.Lib.Matches(r.Pattern, u.Host) {
		f.Want, do = u.Host, "enter "+u.Host
		step, edits := c.InFile("idp/settings/"+r.Setting, u.Host)
		f.Fix, f.Edits = []string{step}, edits
	} else if node.Type == source.List {
		do = "add an entry that " + c.SP.Name + " reads: " + strings.ReplaceAll(r.Pattern, `\`, "")
	}
	f.Fix = append([]string{c.AtSetting(r.Setting, do)}, f.Fix...)
	return f
}

func (c *Case) notEqual(r knowledge.Requirement, node *source.Node, want string) *report.Finding {
	f := c.ofSetting(r, r.Setting)
	f.Got, f.Want = node.Str(), want
	stated := Quote(node.Str())
	if node.Type == source.List {
		stated = "a list"
	}
	difference := ""
	if strings.Contains(want, "://") {
		difference = " (" + Difference(node.Str(), exact.Compare(node.Str(), want)) + ")"
	}
	f.Message = fmt.Sprintf("%s at %s is %s but %s needs %s%s: %s", c.settingName(r.Setting), c.IdP.Name, stated, c.SP.Name, Quote(want), difference, r.Say)
	do := "set it to " + want
	if want == "" {
		do = "leave it empty"
	}
	f.Fix = []string{c.AtSetting(r.Setting, do)}
	if node.Type != source.List && node.Type != source.Map {
		step, edits := c.InFile("idp/settings/"+r.Setting, want)
		f.Fix, f.Edits = append(f.Fix, step), edits
	}
	return f
}

// ofSetting is the part of a finding that all requirements share: place, severity, troubleshooting entry.
func (c *Case) ofSetting(r knowledge.Requirement, key string) *report.Finding {
	f := &report.Finding{Where: c.Config.Pos("idp/settings/" + key)}
	if r.Level == "warning" || !r.S.Certain() {
		f.Severity = report.Warning
	} else {
		f.Severity = report.Error
	}
	for _, e := range c.SP.Entries {
		// Entries that name the code themselves are added when the finding is completed.
		if e.ID == r.Entry && !(slices.Contains(e.Rules, r.Code) && c.concerns(e.IdPs, e.Protocol)) {
			f.Troubleshooting = []report.Entry{{SP: c.SP.ID, ID: e.ID}}
		}
	}
	return f
}

func (c *Case) settingName(key string) string {
	if s, ok := c.IdP.Settings[key]; ok && s.Label != "" {
		return Quote(s.Label)
	}
	return Quote(key)
}

// AtSetting is a step of a fix at a console setting of the IdP: where it is, then what to do there.
func (c *Case) AtSetting(key, do string) string {
	s, ok := c.IdP.Settings[key]
	if !ok || s.Path == "" {
		return c.IdP.Name + ": " + key + ": " + do
	}
	place := c.IdP.Name + " › " + c.fill(s.Path)
	if !strings.HasSuffix(s.Path, s.Label) {
		place += " › " + s.Label
	}
	return place + ": " + do
}

// Covers reports whether one registered redirect URI covers the one that is sent: equal, or by a wildcard of the kind that the
// IdP's profile names.
func (c *Case) Covers(entry, sent string) bool {
	if entry == sent {
		return true
	}
	switch c.IdP.RedirectWildcard {
	case "trailing_star":
		prefix, star := strings.CutSuffix(entry, "*")
		bare := strings.TrimSuffix(prefix, "/")
		return star && (strings.HasPrefix(sent, prefix) || sent == bare || strings.HasPrefix(sent, bare+"?"))
	case "regex":
		return c.Lib.Matches(entry, sent)
	case "glob":
		return strings.Contains(entry, "*") && c.Lib.Matches(starred(entry, ".*"), sent)
	case "subdomain":
		return strings.Contains(entry, "*") && c.Lib.Matches(starred(entry, "[^./]*"), sent)
	}
	return false
}

// starred makes a pattern of an entry with stars.
func starred(entry, star string) string {
	parts := strings.Split(entry, "*")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return strings.Join(parts, star)
}

// Closest finds the entry that was probably meant to be want: one that differs in a single respect, has a placeholder left in, or
// is a few letters off. index is -1 without one.
func Closest(entries []string, want string) (entry string, index int) {
	for i, e := range entries {
		d := exact.Compare(e, want)
		single := d.Only && d.Kind != exact.Host && d.Kind != exact.Path && d.Kind != exact.Other
		if e != "" && (single || exact.HasPlaceholder(e) && d.Kind != exact.Other) {
			return e, i
		}
	}
	if near := source.Nearest(want, entries); near != "" {
		return near, slices.Index(entries, near)
	}
	return "", -1
}

// Difference words a comparison; a placeholder that was left in is what matters most.
func Difference(got string, d exact.Diff) string {
	if exact.HasPlaceholder(got) {
		return "a placeholder was left in"
	}
	return d.String()
}

func quoteAll(items []string) string {
	var out []string
	for i, s := range items {
		if i == 4 {
			out = append(out, fmt.Sprintf("%d more", len(items)-i))
			break
		}
		out = append(out, Quote(s))
	}
	return strings.Join(out, ", ")
}

// TheSP is what a sentence calls the SP: its name, or "the SP" when nobody has described it.
func (c *Case) TheSP() string {
	if c.SP.ID == "generic" {
		return "the SP"
	}
	return c.SP.Name
}

// TheIdP is what a sentence calls the IdP: its name, or "the IdP" when it was not recognised.
func (c *Case) TheIdP() string {
	if c.IdP.ID == "generic" {
		return "the IdP"
	}
	return c.IdP.Name
}
