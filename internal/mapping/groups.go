package mapping

import (
	"maps"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// groups finds the user's groups and the teams that are linked to them.
func (d *decider) groups() {
	d.out.Groups, d.out.Teams = []string{}, []string{}
	teams := d.conn.Teams
	if teams != nil && teams.Enabled != nil && !*teams.Enabled {
		return
	}
	if teams != nil && teams.Template != "" && d.language() == "handlebars" {
		d.out.GroupsFrom = "template"
		d.templateGroups(teams.Template)
	} else if d.roles() != nil {
		d.out.Groups, d.out.GroupsFrom = DefaultGroups(d.claims, d.roles().GroupClaims.V)
	}
	if teams == nil {
		return
	}
	exact := d.roles() != nil && d.roles().TeamsCaseSensitive.V
	for _, team := range slices.Sorted(maps.Keys(teams.Links)) {
		if slices.ContainsFunc(teams.Links[team], func(link string) bool { return linked(d.out.Groups, link, exact) }) {
			d.out.Teams = append(d.out.Teams, team)
		}
	}
}

func linked(groups []string, link string, exact bool) bool {
	return slices.ContainsFunc(groups, func(g string) bool {
		return g == link || !exact && jsLower(g) == jsLower(link)
	})
}

func (d *decider) templateGroups(source string) {
	tpl, err := Parse(source, d.helperNames())
	out := ""
	if err == nil {
		out, err = tpl.eval(d.root, d.login.Now)
	}
	if err != nil {
		d.note(report.DecisionNote{Kind: "teams_error", Path: "teams/template", Got: source, Want: "",
			Text: "the team template breaks (" + err.Error() + "), which counts as no groups at all"})
		return
	}
	d.out.Groups = GroupList(out)
	d.splitNames(out)
}

// DefaultGroups finds groups without a template: the first of the named claims that gives any, and its name. Lists may be nested, only texts
// count; a text is split at commas, else at blanks. Both results are empty when no claim gives any.
func DefaultGroups(claims map[string]any, names []string) ([]string, string) {
	for _, name := range names {
		if out := groupValues(claims[name]); len(out) > 0 {
			return out, name
		}
	}
	return []string{}, ""
}

func groupValues(v any) []string {
	if s, ok := v.(string); ok {
		sep := ","
		if !strings.Contains(s, sep) {
			sep = " "
		}
		return trimmed(strings.Split(s, sep))
	}
	return trimmed(flatten(v, 0))
}

func flatten(v any, depth int) []string {
	var out []string
	switch v := v.(type) {
	case []string:
		out = slices.Clone(v)
	case []any:
		for _, m := range v {
			if s, ok := m.(string); ok {
				out = append(out, s)
			} else if depth < maxNesting {
				out = append(out, flatten(m, depth+1)...)
			}
		}
	}
	return out
}

func trimmed(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s = strings.TrimFunc(s, jsSpace); s != "" {
			out = append(out, s)
		}
	}
	return out
}
