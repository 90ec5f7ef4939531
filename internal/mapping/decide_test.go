package mapping

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// connect makes a connection of the inside of a connection file's entry.
func connect(t testing.TB, entry string) *connection.Connection {
	t.Helper()
	f, err := config.Parse("ssoctl.yaml", []byte("version: 1\nconnections:\n  - name: x\n    "+strings.ReplaceAll(strings.TrimSpace(entry), "\n", "\n    ")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Problems) > 0 {
		t.Fatal(f.Problems)
	}
	return connection.Resolve(f.Targets[0], knowledge.New(), nil, connection.Seen{})
}

func claimsOf(t testing.TB, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	out := map[string]any{}
	if err := d.Decode(&out); err != nil {
		t.Fatal(text, err)
	}
	return out
}

// TestGoldenGroups compares the groups that are found without a template.
func TestGoldenGroups(t *testing.T) {
	var rows []struct {
		Claims map[string]any `json:"claims"`
		Claim  *string        `json:"claim"`
		Groups []string       `json:"groups"`
	}
	load(t, "groups.json", &rows)
	c := connect(t, "sp: {profile: archestra, base_url: \"https://a.acme.com\", provider_id: Okta}\noidc: {issuer: \"https://acme.okta.com\", client_id: x}")
	for _, row := range rows {
		groups, from := DefaultGroups(row.Claims, c.SP.Roles.GroupClaims.V)
		want := ""
		if row.Claim != nil {
			want = *row.Claim
		}
		if from != want || !slices.Equal(groups, row.Groups) {
			t.Errorf("%v: %q from %q, want %q from %q", row.Claims, groups, from, row.Groups, want)
		}
	}
}

// TestGoldenDomains compares who is let in by the domain of the address.
func TestGoldenDomains(t *testing.T) {
	var rows []struct {
		Email, Allowed, Gate string
		Match                bool
	}
	load(t, "domains.json", &rows)
	for _, row := range rows {
		if _, got := DomainAllowed(row.Email, strings.Split(row.Allowed, ","), true); got != row.Match {
			t.Errorf("%q in %q: %t", row.Email, row.Allowed, got)
		}
	}
}

const (
	archestra = "sp: {profile: archestra, base_url: \"https://a.acme.com\", provider_id: Okta}\n"
	viaOkta   = "oidc: {issuer: \"https://acme.okta.com\", client_id: x}\n"
	github    = "idp: {profile: github}\noidc: {issuer: \"https://github.com\", client_id: x}\n"
	anySAML   = "saml: {idp_entity_id: \"https://idp.acme.com\", sso_url: \"https://idp.acme.com/sso\"}\n"
	torq      = "sp: {profile: torq, region: us}\n"
	orq       = "sp: {profile: orq, workspace: acme}\n"
)

// TestDecide goes through the decisions of the three products and of an unknown one. want is one line: allowed or the gate, the role, each
// rule's outcome, then the kinds of the notes.
func TestDecide(t *testing.T) {
	admin := "roles: {default: editor, rules: [{template: '{{#includes groups \"Archestra_Admin\"}}true{{/includes}}', role: admin}, {template: '{{#if (includes groups \"x\")}}true{{/if}}', role: editor}, {template: '{{#exists email}}true{{/exists}}', role: member}]}\n"
	strict := "roles: {strict: true, rules: [{template: '{{#includes groups \"Admins\"}}true{{/includes}}', role: admin}]}\n"
	values := "roles: {rules: [{claim: email, value: ann@acme.com, role: Owner}, {claim: groups, value: Admins, role: Admin}, {claim: groups, value: All, role: Viewer}]}\n"
	ann := `{"sub":"1","email":"ann@acme.com"`
	for _, c := range []struct{ name, entry, source, claims, want string }{
		{"first match", archestra + viaOkta + admin, "id_token", ann + `,"groups":["a","b","archestra_admin"]}`, "allowed admin matched,error,shadowed block_form unverified role_sync"},
		{"later rule", archestra + viaOkta + admin, "id_token", ann + `,"groups":["a"]}`, "allowed member not_matched,error,matched block_form unverified role_sync"},
		{"default", archestra + viaOkta + "roles: {default: editor, rules: [{template: 'false', role: admin}]}\n", "id_token", ann + `}`, "allowed editor not_matched no_rule unverified role_sync"},
		{"product's default", archestra + viaOkta + "roles: {rules: [{template: 'false', role: admin}]}\n", "id_token", ann + `}`, "allowed member not_matched no_rule unverified role_sync"},
		{"strict", archestra + viaOkta + strict, "id_token", ann + `,"groups":["a"]}`, "strict - not_matched no_rule unverified role_sync"},
		{"strict, near", archestra + viaOkta + strict, "id_token", ann + `,"groups":["/Admins"]}`, "strict - not_matched near_miss no_rule unverified role_sync"},
		{"strict, GUIDs", archestra + viaOkta + strict, "id_token", ann + `,"groups":["01234567-89ab-cdef-0123-456789abcdef"]}`, "strict - not_matched guid no_rule unverified role_sync"},
		{"text for a list", archestra + viaOkta + strict, "id_token", ann + `,"groups":"Admins,b"}`, "strict - not_matched not_a_list no_rule unverified role_sync"},
		{"other name", archestra + viaOkta + strict, "id_token", ann + `,"realm_access":{"roles":["Admins"]}}`, "strict - not_matched other_name no_rule unverified role_sync"},
		{"other source", archestra + viaOkta + strict, "userinfo", ann + `,"groups":["Admins"]}`, "strict - not_matched other_source no_rule unverified role_sync"},
		{"missing", archestra + viaOkta + strict, "id_token", ann + `}`, "strict - not_matched no_claim no_rule unverified role_sync"},
		{"overage", archestra + viaOkta + strict, "id_token", ann + `,"_claim_names":{"groups":"src1"}}`, "strict - not_matched overage no_claim no_rule unverified role_sync"},
		{"notEquals", archestra + viaOkta + "roles: {rules: [{template: '{{#notEquals dept \"x\"}}1{{/notEquals}}', role: admin}]}\n", "id_token", ann + `}`, "allowed admin matched not_equals_missing unverified role_sync"},
		{"demotes", archestra + viaOkta + "roles: {rules: [{template: 'true', role: member}, {template: 'true', role: admin}]}\n", "id_token", ann + `,"email_verified":true}`, "allowed member matched,shadowed demotes role_sync"},
		{"SAML sees nothing", archestra + anySAML + strict, "assertion", `{"nameID":"ann@acme.com","email":"ann@acme.com","groups":["Admins"]}`, "strict - not_matched other_source no_rule unverified first_login_only"},
		{"GitHub sees nothing", archestra + github + strict, "claims", `{"id":1,"sub":"1","email":"ann@acme.com","groups":["Admins"]}`, "strict - not_matched other_source no_rule unverified role_sync"},
		{"GitHub has no sub", archestra + github, "userinfo", `{"id":1,"email":"ann@acme.com"}`, "allowed member - unverified"},
		{"domain", archestra + viaOkta + "allowed_domains: [corp.com]\n", "id_token", ann + `,"email_verified":true}`, "domain member - domain"},
		{"no domain", orq + viaOkta + "allowed_domains: [corp.com]\n", "id_token", `{"sub":"1","email":"ann"}`, "domain - - domain"},
		{"at sign", archestra + viaOkta + "allowed_domains: [\"@acme.com\"]\n", "id_token", ann + `,"email_verified":true}`, "domain member - domain"},
		{"subdomain", archestra + viaOkta + "allowed_domains: [acme.com]\n", "id_token", `{"sub":"1","email":"ann@eng.acme.com"}`, "allowed member - -"},
		{"domains and SAML", archestra + anySAML + "allowed_domains: [corp.com]\n", "assertion", `{"nameID":"ann@acme.com","email":"ann@acme.com"}`, "allowed member - unverified"},
		{"no address", archestra + viaOkta, "id_token", `{"sub":"1"}`, "required_claim member - email_missing"},
		{"first rule", torq + viaOkta + values, "id_token", ann + `,"groups":["Admins"]}`, "allowed Owner matched,shadowed,not_matched -"},
		{"case counts", torq + viaOkta + values, "id_token", `{"sub":"1","email":"bob@acme.com","groups":["admins"]}`, "no_rule - not_matched,not_matched,not_matched near_miss no_rule"},
		{"DN", torq + viaOkta + values, "id_token", `{"sub":"1","email":"bob@acme.com","groups":["cn=Admins,ou=Groups"]}`, "no_rule - not_matched,not_matched,not_matched near_miss no_rule"},
		{"one text", torq + viaOkta + values, "id_token", `{"sub":"1","email":"bob@acme.com","groups":"All"}`, "allowed Viewer not_matched,not_matched,matched -"},
		{"order", torq + viaOkta + "roles: {rules: [{claim: groups, value: All, role: Viewer}, {claim: groups, value: Admins, role: Admin}]}\n", "id_token", ann + `,"groups":["Admins","All"]}`, "allowed Viewer matched,shadowed demotes"},
		{"Torq SAML", torq + anySAML + values, "assertion", `{"nameID":"bob","email":"bob@acme.com","groups":["All","x"]}`, "allowed Viewer not_matched,not_matched,matched -"},
		{"Orq domain", orq + viaOkta + "allowed_domains: [acme.com]\n", "id_token", ann + `}`, "allowed - - -"},
		{"Orq subdomain", orq + viaOkta + "allowed_domains: [acme.com]\n", "id_token", `{"sub":"1","email":"a@eng.acme.com"}`, "domain - - domain"},
		{"Orq no names", orq + anySAML + "allowed_domains: [acme.com]\n", "assertion", `{"nameID":"x","email":"ann@acme.com"}`, "allowed - - -"},
		{"Orq no address", orq + anySAML + "allowed_domains: [acme.com]\n", "assertion", `{"nameID":"x"}`, "required_claim - - email_missing"},
		{"generic", "sp: {profile: generic, required_claims: [dept]}\n" + viaOkta, "claims", ann + `}`, "required_claim - - -"},
		{"generic rules", "sp: {profile: generic}\n" + viaOkta + values, "claims", ann + `}`, "allowed Owner matched,not_matched,not_matched no_claim"},
	} {
		conn := connect(t, c.entry)
		got := line(Decide(conn, Login{Sources: []Source{{c.source, claimsOf(t, c.claims)}}, Now: noon}))
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func line(d report.Decision) string {
	gate := "allowed"
	if !d.Allowed {
		gate = d.Denied
	}
	var rules, notes []string
	for _, r := range d.Rules {
		rules = append(rules, r.Outcome)
	}
	for _, n := range d.Notes {
		if !slices.Contains(notes, n.Kind) {
			notes = append(notes, n.Kind)
		}
	}
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	out := gate + " " + dash(d.Role) + " " + dash(strings.Join(rules, ",")) + " " + dash(strings.Join(notes, " "))
	return strings.TrimSuffix(out, " - -") + map[bool]string{true: " - -"}[strings.HasSuffix(out, " - -")]
}

// TestReasons shows the words for outcomes.
func TestReasons(t *testing.T) {
	conn := connect(t, archestra+viaOkta+`roles:
  rules:
    - {template: '{{#includes groups "Archestra_Admin"}}true{{/includes}}', role: admin}
    - {template: '{{#if (includes groups "archestra_admin")}}true{{/if}}', role: editor}
    - {template: '{{#exists email}}true{{/exists}}', role: member}
    - {template: '{{#equals dept "IT"}}true{{/equals}}', role: member}
    - {template: '{{#equals gone "IT"}}true{{/equals}}', role: member}
    - {template: '{{#includes one "a"}}true{{/includes}}', role: member}
    - {template: '{{email_verified}}', role: member}
    - {template: '{{groups.0}}', role: member}
`)
	d := Decide(conn, Login{Sources: []Source{{"id_token", claimsOf(t, `{"sub":"1","email":"ann@acme.com","email_verified":false,"dept":"HR","one":"a,b","groups":["x","y","archestra_admin"]}`)}}, Now: noon})
	want := []string{
		`groups[2] is "archestra_admin" (case does not matter)`,
		`options.fn is not a function: the helper needs its block form`,
		`shadowed by rule 0; email is "ann@acme.com"`,
		`dept is "HR", not "IT"`,
		`gone is not there, so it is not "IT"`,
		`one is "a,b", and includes needs a list`,
		`the output is "false", which counts as no match`,
		`Parse error on line 1: expecting 'ID', got 'NUMBER'`,
	}
	for i, w := range want {
		if d.Rules[i].Why != w {
			t.Errorf("rule %d: %s\nwant %s", i, d.Rules[i].Why, w)
		}
	}
	if d.Why != `rule 0 gives the role "admin"` || d.RoleWhy != `rule 0: `+want[0] {
		t.Errorf("%q, %q", d.Why, d.RoleWhy)
	}
}

// TestMembers: what later logins do to the role.
func TestMembers(t *testing.T) {
	rules := "rules: [{template: '{{#includes groups \"a\"}}true{{/includes}}', role: admin}]"
	for _, c := range []struct{ name, entry, claims, role, denied string }{
		{"fits", viaOkta + "roles: {default: editor, " + rules + "}", `{"groups":["a"]}`, "admin", ""},
		{"fits not", viaOkta + "roles: {default: editor, " + rules + "}", `{}`, "", ""},
		{"strict", viaOkta + "roles: {strict: true, " + rules + "}", `{}`, "", "strict"},
		{"skip", viaOkta + "roles: {skip_sync: true, strict: true, " + rules + "}", `{"groups":["a"]}`, "", ""},
		{"GitHub", github + "roles: {strict: true, " + rules + "}", `{"groups":["a"]}`, "", ""},
	} {
		claims := claimsOf(t, c.claims)
		claims["sub"], claims["email"] = "1", "ann@acme.com"
		d := Decide(connect(t, archestra+c.entry), Login{Sources: []Source{{"claims", claims}}, Member: true, HasMember: true})
		if d.Role != c.role || d.Denied != c.denied {
			t.Errorf("%s: role %q, denied %q", c.name, d.Role, d.Denied)
		}
		if c.role == "" && c.denied == "" && !strings.Contains(d.RoleWhy, "keeps") {
			t.Errorf("%s: %q", c.name, d.RoleWhy)
		}
	}
}

// TestTeams: groups by claim and by template, links, distinguished names.
func TestTeams(t *testing.T) {
	for _, c := range []struct{ teams, claims, groups, team, notes string }{
		{"links: {platform: [Dev-Team], ops: [x]}", `{"groups":["dev-team"]}`, "dev-team", "platform", ""},
		{"links: {platform: [dev-team]}", `{"groups":["/dev-team"]}`, "/dev-team", "", "near_miss"},
		{"enabled: false, links: {platform: [a]}", `{"groups":["a"]}`, "", "", ""},
		{"template: '{{#each groups}}{{this}},{{/each}}', links: {p: ['cn=a,ou=b,dc=c']}", `{"groups":["cn=a,ou=b,dc=c"]}`, "cn=a ou=b dc=c", "", "split_dn"},
		{"template: '{{{json groups}}}', links: {p: ['cn=a,ou=b,dc=c']}", `{"groups":["cn=a,ou=b,dc=c"]}`, "cn=a,ou=b,dc=c", "p", ""},
		{"template: '{{groups.0}}', links: {p: [a]}", `{"groups":["a"]}`, "", "", "teams_error"},
	} {
		claims := claimsOf(t, c.claims)
		claims["sub"], claims["email"], claims["email_verified"] = "1", "ann@acme.com", true
		d := Decide(connect(t, archestra+viaOkta+"teams: {"+c.teams+"}"), Login{Sources: []Source{{"id_token", claims}}})
		var notes []string
		for _, n := range d.Notes {
			notes = append(notes, n.Kind)
		}
		if got := strings.Join(d.Groups, " "); got != c.groups || strings.Join(d.Teams, " ") != c.team || strings.Join(notes, " ") != c.notes {
			t.Errorf("%s: groups %q, teams %q, notes %q", c.teams, got, d.Teams, notes)
		}
	}
}

// TestExchange: the strategy from the issuer's host.
func TestExchange(t *testing.T) {
	for issuer, want := range map[string]string{
		"https://acme.okta.com/oauth2/default": "okta_managed", "https://okta.com": "okta_managed", "https://acme.oktapreview.com": "rfc8693", "https://notokta.com": "rfc8693",
		"https://login.microsoftonline.com/x/v2.0": "entra_obo", "https://sts.windows.net/x/": "entra_obo", "https://kc.acme.com/realms/x": "rfc8693",
	} {
		if got := Exchange(connect(t, archestra+"oidc: {issuer: \""+issuer+"\", client_id: x}\ntoken_exchange: {strategy: auto}")); got != want {
			t.Errorf("%s: %q, want %q", issuer, got, want)
		}
	}
	if got := Exchange(connect(t, archestra+viaOkta+"token_exchange: {strategy: rfc8693}")); got != "rfc8693" {
		t.Error("a strategy that is set:", got)
	}
	if got := Exchange(connect(t, archestra+viaOkta)); got != "" {
		t.Error("nothing to exchange:", got)
	}
}

// TestLockout: the admin is told when enforcing SSO would keep him or her out, or take rights away.
func TestLockout(t *testing.T) {
	rules := "roles: {rules: [{claim: email, value: ann@acme.com, role: Owner}, {claim: email, value: bob@acme.com, role: Viewer}]}\n"
	for who, want := range map[string]string{
		"ann@acme.com": "",
		"bob@acme.com": `with SSO enforced the admin gets in as "Viewer", and "Owner" has the most rights`,
		"Ann@acme.com": "with SSO enforced the admin does not get in: no rule fits, and Torq lets nobody in without one",
	} {
		d := Decide(connect(t, torq+viaOkta+rules), Login{Sources: []Source{{"id_token", claimsOf(t, `{"sub":"1","email":"`+who+`"}`)}}, Admin: true})
		got := ""
		for _, n := range d.Notes {
			if n.Kind == "lockout" {
				got = n.Text
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", who, got, want)
		}
	}
}
