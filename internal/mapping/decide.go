package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/report"
)

// decider collects one decision.
type decider struct {
	conn     *connection.Connection
	login    Login
	protocol string

	claims    map[string]any    // that rules see
	from      []string          // where they come from
	seen      bool              // this kind of login brings any
	root      any               // claims, for templates
	templates map[int]*Template // of the rules that can be read
	steps     int               // that the rules took

	why []string
	out report.Decision
}

// Decide tells what the SP does with a login: claims that it requires, allowed domains, role rules, groups and teams, token exchange. It is
// pure and bounded; rules beyond the first 5000 are errors, as are templates that take too long.
func Decide(conn *connection.Connection, login Login) report.Decision {
	d := &decider{conn: conn, login: login, protocol: protocol(conn, login), templates: map[int]*Template{}}
	d.claims, d.from, d.seen = ruleClaims(conn, login)
	d.root = newValue(d.claims, 0)
	d.out.Allowed = true
	d.required()
	d.domain()
	winner := d.rules()
	d.role(winner)
	d.groups()
	d.out.TokenExchange = Exchange(conn)
	d.notes(winner)
	if d.out.Allowed {
		d.out.Why = strings.Join(d.why, "; ")
		if d.out.Why == "" {
			d.out.Why = "nothing that is configured keeps the user out"
		}
	}
	return d.out
}

// deny closes a gate; the first one that is closed counts.
func (d *decider) deny(gate, why string) {
	if d.out.Allowed {
		d.out.Allowed, d.out.Denied, d.out.Why = false, gate, why
	}
}

func (d *decider) note(n report.DecisionNote) {
	if !slices.Contains(d.out.Notes, n) {
		d.out.Notes = append(d.out.Notes, n)
	}
}

// required looks for the claims without which the SP lets nobody in.
func (d *decider) required() {
	gate := factTexts(d.conn.SP.Accounts["gate"].V)
	for _, c := range wanted(d.conn, d.protocol) {
		v, from, name, ok := Read(d.conn, d.login.Sources, c)
		switch {
		case ok && !admits(c.Must, v):
			d.deny("required_claim", fmt.Sprintf("%s of %s is %s, and %s lets the user in only when it is true", name, from, show(newValue(v, 0)), d.conn.SP.Name))
		case ok || c.Level != "required" && c.Must != "true":
		case d.conn.PlainOAuth() && c.Scope == "openid": // a claim of ID tokens, of which this IdP has none
		case c.Name == "email" && d.fallback() != "":
		case len(gate) == 0 || slices.Contains(gate, c.Name):
			d.deny("required_claim", fmt.Sprintf("%s needs %s, and %s", d.conn.SP.Name, quoteAll(c.Names), lacking(inOrder(d.conn, d.login.Sources, c))))
		}
	}
	if d.conn.SP.Kind == "generic" {
		for _, name := range d.conn.SPParam("required_claims").Strings() {
			if !slices.ContainsFunc(d.login.Sources, func(s Source) bool { return !blankValue(s.Claims[name]) }) {
				d.deny("required_claim", fmt.Sprintf("required_claims names %q, and %s", name, lacking(d.login.Sources)))
			}
		}
	}
}

// fallback is where the SP asks for the address when no claim holds it; "" when it does not, or nobody knows.
func (d *decider) fallback() string {
	if d.protocol == "saml" || d.conn.SP.OIDC == nil {
		return ""
	}
	return d.conn.SP.OIDC.EmailFallback[d.conn.IdP.ID].V
}

// admits reports whether a value lets the user in by what the profile says of it.
func admits(must string, v any) bool {
	text, _ := toText(newValue(v, 0))
	switch must {
	case "true":
		return text == "true"
	case "not_false":
		return text != "false"
	}
	return true
}

func factTexts(v any) []string {
	switch v := v.(type) {
	case []string:
		return v
	case []any:
		return flatten(v, 0)
	}
	return nil
}

func (d *decider) sourceNames() string { return sourceNames(d.login.Sources) }

func sourceNames(sources []Source) string {
	var out []string
	for _, s := range sources {
		out = append(out, SourceName(s.Name))
	}
	if len(out) == 0 {
		return "no claims"
	}
	return strings.Join(out, ", ")
}

// lacking says that a claim is in none of the sources.
func lacking(sources []Source) string {
	switch len(sources) {
	case 0:
		return "what it reads is not among the claims at hand"
	case 1:
		if sources[0].Name == anySource {
			return "the claims do not hold it"
		}
		return SourceName(sources[0].Name) + " does not hold it"
	}
	return "none of " + sourceNames(sources) + " holds it"
}

// SourceName is a source as people call it.
func SourceName(name string) string {
	switch name {
	case "id_token":
		return "the ID token"
	case "access_token":
		return "the access token"
	case "assertion":
		return "the assertion"
	case anySource:
		return "the claims"
	}
	return name
}

// role decides on the outcome of the rules.
func (d *decider) role(winner int) {
	r := d.conn.Target.Roles
	switch {
	case d.language() == "none" && r == nil:
		d.out.RoleWhy = fmt.Sprintf("%s gives roles itself, the login brings none", d.conn.SP.Name)
		return
	case r == nil && d.roles() == nil:
		return
	case d.keeps(winner):
		return
	case winner >= 0:
		d.out.Role, d.out.RoleWhy = r.Rules[winner].Role, fmt.Sprintf("rule %d: %s", winner, d.out.Rules[winner].Why)
		d.why = append(d.why, fmt.Sprintf("rule %d gives the role %q", winner, d.out.Role))
		return
	case r != nil && r.Strict:
		d.deny("strict", "no rule fits, and strict mode lets nobody in without one")
		return
	}
	noMatch, byProfile := "", ""
	if d.roles() != nil {
		noMatch, byProfile = d.roles().NoMatch.V, d.roles().Default.V
	}
	switch {
	case (noMatch == "locked_out" || noMatch == "deny") && r != nil && len(r.Rules) > 0:
		d.deny("no_rule", fmt.Sprintf("no rule fits, and %s lets nobody in without one", d.conn.SP.Name))
	case r != nil && r.Default != "":
		d.out.Role, d.out.RoleWhy = r.Default, fmt.Sprintf("no rule fits; the default %q applies", r.Default)
	case byProfile != "":
		d.out.Role, d.out.RoleWhy = byProfile, fmt.Sprintf("no rule fits; %s's own default %q applies", d.conn.SP.Name, byProfile)
	}
}

// keeps reports whether a member keeps the role that is there: later logins change it only when the SP's profile says so.
func (d *decider) keeps(winner int) bool {
	r, sp := d.conn.Target.Roles, d.roles()
	if !d.login.HasMember || !d.login.Member || sp == nil || sp.Sync.V == "" {
		return false
	}
	strict := r != nil && r.Strict
	switch {
	case len(sp.SyncProtocols.V) > 0 && !slices.Contains(sp.SyncProtocols.V, d.protocol):
		d.out.RoleWhy = fmt.Sprintf("a member keeps the role: %s sets it at later logins only by %s", d.conn.SP.Name, strings.Join(sp.SyncProtocols.V, ", "))
	case r != nil && r.SkipSync:
		d.out.RoleWhy = "a member keeps the role: skip_sync is on"
	case !d.seen:
		d.out.RoleWhy = "a member keeps the role: this login brings no claims for the rules"
	case winner < 0 && !strict:
		d.out.RoleWhy = "a member keeps the role: no rule fits"
	default:
		return false
	}
	return true
}
