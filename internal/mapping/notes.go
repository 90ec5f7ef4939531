package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// maxNoted is how many rules are looked at for notes.
const maxNoted = 200

// notes says what about the claims and rules explains the decision.
func (d *decider) notes(winner int) {
	d.overage()
	if r := d.conn.Target.Roles; r != nil {
		for i, rule := range r.Rules[:min(len(r.Rules), maxNoted)] {
			for _, c := range d.comparisons(i, rule) {
				d.compared(i, c)
			}
		}
	}
	d.demotes(winner)
	d.noRule(winner)
	d.address()
	d.later()
	d.linkNotes()
	d.lockout()
}

// compared looks at one claim that a rule reads.
func (d *decider) compared(i int, c comparison) {
	o := d.out.Rules[i]
	path := fmt.Sprintf("roles/rules/%d/value", i)
	if d.language() == "handlebars" {
		path = fmt.Sprintf("roles/rules/%d/template", i)
	}
	if c.inline && o.Outcome == "error" {
		d.note(report.DecisionNote{Kind: "block_form", Path: path, Got: c.helper, Want: "{{#" + c.helper + " …}}",
			Text: fmt.Sprintf("rule %d uses %s inline, where it only works as a block: {{#%s …}}true{{/%s}}", i, c.helper, c.helper, c.helper)})
	}
	if c.claim == "" {
		return
	}
	v, ok := d.value(c)
	fits := o.Outcome == "matched" || o.Outcome == "shadowed"
	switch {
	case !ok && fits && (c.helper == "notEquals" || c.helper == "unless"):
		d.note(report.DecisionNote{Kind: "not_equals_missing", Path: path, Claim: strings.Join(c.path, "."), Want: c.want,
			Text: fmt.Sprintf("rule %d fits because the claim %q is missing: %s is true of what is not there", i, strings.Join(c.path, "."), c.helper)})
	case !ok && !fits:
		d.missing(path, i, c)
	case ok && !fits:
		d.differs(path, i, c, v)
	}
}

// missing says where a claim that a rule reads is instead.
func (d *decider) missing(path string, i int, c comparison) {
	name := strings.Join(c.path, ".")
	n := report.DecisionNote{Kind: "no_claim", Path: path, Claim: name, Want: c.want,
		Text: fmt.Sprintf("rule %d reads the claim %q, which is in none of %s", i, name, d.sourceNames())}
	var elsewhere []string
	for _, s := range d.login.Sources {
		if !slices.Contains(d.from, s.Name) && !blankValue(s.Claims[c.claim]) {
			n.Kind, n.Got = "other_source", cmp.Or(n.Got, s.Name)
			elsewhere = append(elsewhere, SourceName(s.Name))
		}
	}
	if len(elsewhere) > 0 {
		n.Text = fmt.Sprintf("rule %d reads the claim %q, which is only in %s, and the rules read %s", i, name, strings.Join(elsewhere, " and "), d.reads())
		d.note(n)
		return
	}
	if other := otherName(d.claims, c.claim); other != "" && other != name {
		n.Kind, n.Got = "other_name", other
		n.Text = fmt.Sprintf("rule %d reads the claim %q, which is not there; %q is", i, name, other)
	}
	d.note(n)
}

// reads names the places that rules read.
func (d *decider) reads() string {
	if d.roles() == nil || len(d.roles().ReadsFrom.V) == 0 {
		return "all of them"
	}
	var out []string
	for _, s := range d.roles().ReadsFrom.V {
		out = append(out, SourceName(s))
	}
	return "only " + strings.Join(out, ", ")
}

// differs compares what a claim holds with what a rule wants.
func (d *decider) differs(path string, i int, c comparison, v any) {
	name := strings.Join(c.path, ".")
	text, isText := v.(string)
	if isText && c.helper == "includes" {
		d.note(report.DecisionNote{Kind: "not_a_list", Path: path, Claim: name, Got: text, Want: c.want,
			Text: fmt.Sprintf("the claim %q is the text %s, and includes in rule %d needs a list", name, show(text), i)})
	}
	if !c.text {
		return
	}
	values, _ := valuesOf(v)
	if isText && c.helper != "equals" && strings.Contains(text, ",") && commonName(text) == "" {
		parts := trimmed(strings.Split(text, ","))
		if c.helper == "" && slices.Contains(parts, c.want) {
			d.note(report.DecisionNote{Kind: "not_a_list", Path: path, Claim: name, Got: text, Want: c.want,
				Text: fmt.Sprintf("the claim %q is one text with commas, %s; rule %d wants %q as a value of its own", name, show(text), i, c.want)})
		}
		values = parts
	}
	for _, got := range values {
		if how := near(got, c.want); how != "" {
			d.note(report.DecisionNote{Kind: "near_miss", Path: path, Claim: name, Got: got, Want: c.want,
				Text: fmt.Sprintf("the claim %q holds %q and rule %d wants %q: the difference is %s", name, got, i, c.want, how)})
			return
		}
	}
	if len(values) > 0 && !guid(c.want) && !slices.ContainsFunc(values, func(s string) bool { return !guid(s) }) {
		d.note(report.DecisionNote{Kind: "guid", Path: path, Claim: name, Got: values[0], Want: c.want,
			Text: fmt.Sprintf("the claim %q holds object IDs such as %q, and rule %d wants the name %q", name, values[0], i, c.want)})
	}
}

// valuesOf gives the texts of a value that is one or a list of them.
func valuesOf(v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, true
	case *list:
		var out []string
		for _, m := range v.items {
			if s, ok := m.(string); ok {
				out = append(out, s)
			}
		}
		return out, true
	}
	return nil, false
}

// overage tells that the IdP left the groups out because there are too many.
func (d *decider) overage() {
	for _, s := range d.login.Sources {
		for _, name := range []string{"_claim_names", "hasgroups", "http://schemas.microsoft.com/claims/groups.link"} {
			v, ok := s.Claims[name]
			if m, isMap := v.(map[string]any); name == "_claim_names" && (!isMap || m["groups"] == nil && m["wids"] == nil) {
				continue
			}
			if text, _ := toText(newValue(v, 0)); !ok || text == "false" || v == nil {
				continue
			}
			d.note(report.DecisionNote{Kind: "overage", Claim: name, Got: s.Name, Want: "groups",
				Text: fmt.Sprintf("%s holds %q in place of the groups: the user is in more of them than the IdP puts into it", SourceName(s.Name), name)})
		}
	}
}

// demotes tells that the first rule that fits gives fewer rights than a later one would.
func (d *decider) demotes(winner int) {
	if winner < 0 || d.roles() == nil || d.roles().Order.V == "all" {
		return
	}
	for _, o := range d.out.Rules[winner+1:] {
		if first := d.out.Rules[winner].Role; o.Outcome == "shadowed" && d.higher(o.Role, first) {
			d.note(report.DecisionNote{Kind: "demotes", Path: fmt.Sprintf("roles/rules/%d", winner), Got: first, Want: o.Role,
				Text: fmt.Sprintf("rule %d fits first and gives %q, although rule %d fits too and would give %q", winner, first, o.Index, o.Role)})
			return
		}
	}
}

// noRule tells that none fits, and what then happens.
func (d *decider) noRule(winner int) {
	r := d.conn.Target.Roles
	if winner >= 0 || r == nil || len(r.Rules) == 0 {
		return
	}
	n := report.DecisionNote{Kind: "no_rule", Path: "roles", Got: fmt.Sprintf("%d rules", len(r.Rules)), Want: d.out.Role}
	switch {
	case d.out.Denied == "strict" || d.out.Denied == "no_rule":
		n.Text = fmt.Sprintf("none of %d rules fits, so %s lets the user not in", len(r.Rules), d.conn.SP.Name)
	case d.out.Role != "":
		n.Text = fmt.Sprintf("none of %d rules fits; the default role %q applies", len(r.Rules), d.out.Role)
	default:
		n.Text = fmt.Sprintf("none of %d rules fits", len(r.Rules))
	}
	if !d.seen {
		n.Text += fmt.Sprintf("; this kind of login brings the rules no claims, they read %s", d.reads())
	}
	d.note(n)
}

// address tells about the e-mail claim: missing, or not verified where linking an account asks for it.
func (d *decider) address() {
	email, _, ok := d.email()
	if !ok {
		n := report.DecisionNote{Kind: "email_missing", Claim: "email", Got: d.fallback(), Want: "email", Text: fmt.Sprintf("%s finds no e-mail address in %s", d.conn.SP.Name, d.sourceNames())}
		if n.Got != "" {
			n.Text += fmt.Sprintf(" and asks %s for it", n.Got)
		}
		d.note(n)
		return
	}
	link := d.conn.SP.Linking
	if link == nil || !link.Verified.V {
		return
	}
	claim := knowledge.Claim{Name: "email_verified", Names: []string{"email_verified"}}
	for _, c := range wanted(d.conn, d.protocol) {
		if c.Name == claim.Name {
			claim = c
		}
	}
	v, _, _, there := Read(d.conn, d.login.Sources, claim)
	if text, _ := toText(newValue(v, 0)); there && text == "true" {
		return
	}
	if _, in := DomainAllowed(email, d.conn.AllowedDomains, true); in && link.DomainsStandIn.V {
		return
	}
	got := "missing"
	if there {
		got, _ = toText(newValue(v, 0))
	}
	d.note(report.DecisionNote{Kind: "unverified", Claim: "email_verified", Got: got, Want: "true",
		Text: fmt.Sprintf("email_verified is %s: %s does not link the login to an account that has the same address already", got, d.conn.SP.Name)})
}

// later tells what is different at the logins after the first.
func (d *decider) later() {
	r, sp := d.conn.Target.Roles, d.roles()
	if sp == nil || sp.Sync.V == "" || r == nil || len(r.Rules) == 0 || d.login.HasMember && d.login.Member {
		return
	}
	switch {
	case len(sp.SyncProtocols.V) > 0 && !slices.Contains(sp.SyncProtocols.V, d.protocol):
		d.note(report.DecisionNote{Kind: "first_login_only", Path: "roles", Got: d.protocol, Want: strings.Join(sp.SyncProtocols.V, ", "),
			Text: fmt.Sprintf("the role is decided at the first login only: %s sets it anew by %s", d.conn.SP.Name, strings.Join(sp.SyncProtocols.V, ", "))})
	case r.SkipSync:
		d.note(report.DecisionNote{Kind: "first_login_only", Path: "roles/skip_sync", Got: "true", Text: "the role is decided at the first login only, since skip_sync is on"})
	case sp.Sync.V == "on_match":
		d.note(report.DecisionNote{Kind: "role_sync", Path: "roles", Text: "a member's role changes at a later login only when a rule fits; the default is for the first login"})
	}
}
