package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// lockout answers the admin who asks whether enforcing SSO keeps him or her out: nothing is said when it does not.
func (d *decider) lockout() {
	if !d.login.Admin {
		return
	}
	n := report.DecisionNote{Kind: "lockout", Path: "roles", Got: d.out.Role}
	switch {
	case !d.out.Allowed:
		n.Text = fmt.Sprintf("with SSO enforced the admin does not get in: %s", d.out.Why)
	case d.out.Role != "" && d.roles() != nil && slices.Index(d.roles().Roles, d.out.Role) > 0:
		n.Want = d.roles().Roles[0]
		n.Text = fmt.Sprintf("with SSO enforced the admin gets in as %q, and %q has the most rights", d.out.Role, n.Want)
	default:
		return
	}
	d.note(n)
}

// splitNames tells that a team template takes distinguished names apart.
func (d *decider) splitNames(output string) {
	if strings.HasPrefix(strings.TrimFunc(output, jsSpace), "[") {
		return
	}
	for _, name := range d.groupNames() {
		values, _ := valuesOf(newValue(d.claims[name], 0))
		for _, v := range values {
			if commonName(v) != "" && strings.Contains(output, v) {
				d.note(report.DecisionNote{Kind: "split_dn", Path: "teams/template", Claim: name, Got: v, Want: "{{{json " + name + "}}}",
					Text: fmt.Sprintf("the team template puts commas between the groups, and %q falls apart at its own; {{{json %s}}} keeps it whole", v, name)})
				return
			}
		}
	}
}

func (d *decider) groupNames() []string {
	if d.roles() == nil {
		return nil
	}
	return d.roles().GroupClaims.V
}

// linkNotes compares team links that no group has with the groups that there are.
func (d *decider) linkNotes() {
	teams := d.conn.Teams
	if teams == nil {
		return
	}
	if s, ok := d.claims[d.out.GroupsFrom].(string); ok && commonName(s) != "" {
		d.note(report.DecisionNote{Kind: "split_dn", Path: "teams", Claim: d.out.GroupsFrom, Got: s, Text: fmt.Sprintf("the claim %q is one text, and %q falls apart at its commas; the IdP has to send a list", d.out.GroupsFrom, s)})
	}
	exact := d.roles() != nil && d.roles().TeamsCaseSensitive.V
	for _, team := range slices.Sorted(maps.Keys(teams.Links)) {
		for i, link := range teams.Links[team] {
			if linked(d.out.Groups, link, exact) {
				continue
			}
			for _, g := range d.out.Groups {
				if how := near(g, link); how != "" {
					d.note(report.DecisionNote{Kind: "near_miss", Path: fmt.Sprintf("teams/links/%s/%d", escapePointer(team), i), Claim: d.out.GroupsFrom, Got: g, Want: link,
						Text: fmt.Sprintf("the user is in group %q and team %q is linked to %q: the difference is %s", g, team, link, how)})
					break
				}
			}
		}
	}
}

// escapePointer writes a key as a part of a JSON pointer (RFC 6901 §3).
func escapePointer(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}
