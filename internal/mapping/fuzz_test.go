package mapping

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// FuzzTemplate: no template and no claims make the evaluator panic or run on, and the outcome is always the same.
func FuzzTemplate(f *testing.F) {
	var golden goldenTemplates
	load(f, "templates.json", &golden)
	claims, err := json.Marshal(golden.Claims)
	if err != nil {
		f.Fatal(err)
	}
	for _, row := range golden.Rows {
		f.Add(row.Template, string(claims))
	}
	f.Add(`{{#each a}}{{#each ../a}}{{#each ../../a}}{{this}}{{/each}}{{/each}}{{/each}}`, `{"a":[1,2,3,4,5,6,7,8,9]}`)
	f.Add(`{{#if a}}b{{else if c}}d{{^}}e{{~/if~}} \{{x}} {{!-- x --}}`, `{"c":{"toString":1}}`)
	f.Fuzz(func(t *testing.T, source, claims string) {
		tpl, err := Parse(source, allHelpers)
		if err != nil {
			return
		}
		var c map[string]any
		_ = json.Unmarshal([]byte(claims), &c) // claims that are no JSON are no claims
		began := time.Now()
		out, err := tpl.Eval(c, noon)
		if again, err2 := tpl.Eval(c, noon); again != out || (err == nil) != (err2 == nil) {
			t.Errorf("%q, then %q", out, again)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		GroupList(out)
	})
}

// FuzzDecide: no claims and no rule make a decision panic.
func FuzzDecide(f *testing.F) {
	f.Add(`{"sub":"1","email":"a@b.c","groups":["a"],"_claim_names":{"groups":"x"}}`, `{{#includes groups "A"}}1{{/includes}}`, "groups", "a")
	f.Add(`{"nameID":"x","email":["a@b"],"realm_access":{"roles":[1]}}`, `{{#if (equals a "b")}}1{{/if}}`, "memberOf", "cn=a,ou=b")
	lib := knowledge.New()
	f.Fuzz(func(t *testing.T, claims, template, claim, value string) {
		var c map[string]any
		_ = json.Unmarshal([]byte(claims), &c) // claims that are no JSON are no claims
		for _, profile := range []string{"archestra", "torq", "orq", "generic"} {
			file, err := config.Parse("x", []byte("version: 1\nconnections: [{name: x, sp: {profile: "+profile+"}, oidc: {issuer: \"https://i.acme.com\", client_id: x}}]"))
			if err != nil {
				t.Fatal(err)
			}
			conn := connection.Resolve(file.Targets[0], lib, nil, connection.Seen{})
			conn.Target.Roles = &config.Roles{Rules: []config.Rule{{Template: template, Claim: claim, Value: value, Role: "admin"}, {Template: "x" + template, Claim: claim, Value: value + "x", Role: "member"}}}
			conn.Target.Teams = &config.Teams{Template: template, Links: map[string][]string{claim: {value}}}
			conn.Target.AllowedDomains = []string{value}
			for _, source := range []string{"id_token", "assertion", "claims"} {
				d := Decide(conn, Login{Sources: []Source{{source, c}}, Now: noon})
				if len(d.Rules) != 2 || d.Why == "" || d.Allowed == (d.Denied != "") {
					t.Errorf("%+v", d)
				}
			}
		}
	})
}
