package guide

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// resolve makes a connection of a file's text.
func resolve(t *testing.T, lib *knowledge.Library, text string) *connection.Connection {
	t.Helper()
	f, err := config.Parse("ssoctl.yaml", []byte("version: 1\nconnections:\n"+text))
	if err != nil || len(f.Problems) > 0 {
		t.Fatalf("%v %v\n%s", err, f.Problems, text)
	}
	return connection.Resolve(f.Targets[0], lib, nil, connection.Seen{})
}

func empty(t *testing.T, lib *knowledge.Library, sp, idp, protocol string) *connection.Connection {
	t.Helper()
	return resolve(t, lib, fmt.Sprintf("  - {name: x, sp: {profile: %s}, idp: {profile: %s}, %s: {}}\n", sp, idp, protocol))
}

// again is a builder for comparing, as Build has it.
func again(c *connection.Connection) *builder {
	c = preset(c)
	b := &builder{c: c, protocol: string(c.Protocol()), taken: map[string][]int{}, g: &report.Guide{}}
	b.form = b.fields()
	b.sp = b.spSide()
	b.idp = b.idpSide()
	return b
}

// TestEveryCombination walks every SP, IdP and protocol: there is a guide wherever both speak the protocol, nothing of either profile is
// missing from it, and nothing is left unfilled without a mark.
func TestEveryCombination(t *testing.T) {
	lib := knowledge.New()
	made := 0
	for _, sp := range lib.Heads().SPs {
		for _, idp := range lib.Heads().IdPs {
			for _, protocol := range []string{"oidc", "saml"} {
				at := sp.ID + " " + idp.ID + " " + protocol
				c := empty(t, lib, sp.ID, idp.ID, protocol)
				g, err := Build(c, "")
				if possible := slices.Contains(Speaks(c.SP, c.IdP), protocol); (err == nil) != possible {
					t.Errorf("%s: %v, but both speak it: %v", at, err, possible)
				}
				if err != nil {
					continue
				}
				made++
				marks(t, at, g)
				complete(t, at, c, g)
				alone(t, at, c, g, lib.Heads().SPs)
			}
		}
	}
	if made < 1000 {
		t.Errorf("only %d guides", made)
	}
}

var (
	unfilled = regexp.MustCompile(`\{[a-z][a-z0-9_]*\}`)
	marking  = regexp.MustCompile(`‹[^‹›]*›`)
)

// marks demands that no placeholder is left as it is, that each mark is explained, and that what is explained stands in the guide.
func marks(t *testing.T, at string, g *report.Guide) {
	t.Helper()
	all := texts(g)
	for _, s := range all {
		if m := unfilled.FindString(s); m != "" {
			t.Errorf("%s: %s stays unfilled in %q", at, m, s)
		}
		for _, m := range marking.FindAllString(s, -1) {
			explained := slices.ContainsFunc(g.Open, func(o report.GuideOpen) bool { return o.Mark == m && o.Say != "" })
			if !explained && len(strings.Fields(m)) < 2 {
				t.Errorf("%s: the mark %s is explained nowhere", at, m)
			}
		}
	}
	whole := strings.Join(all, "\n")
	for _, o := range g.Open {
		if !strings.Contains(whole, o.Mark) {
			t.Errorf("%s: %s is explained and used nowhere", at, o.Mark)
		}
	}
}

// alone demands that no other SP is named: the guide is read by somebody who sets up this one. An SP that is an IdP too may be that.
func alone(t *testing.T, at string, c *connection.Connection, g *report.Guide, sps []knowledge.Head) {
	t.Helper()
	whole := strings.Join(texts(g), "\n")
	for _, other := range sps {
		name := regexp.MustCompile(`\b` + regexp.QuoteMeta(other.Name) + `\b`)
		own := c.SP.Name + " " + c.IdP.Name
		if slices.Contains([]string{"orq", "archestra", "torq"}, other.ID) && !strings.Contains(own, other.Name) && name.MatchString(whole) {
			t.Errorf("%s names %s", at, other.Name)
		}
	}
}

// complete compares a guide with the two profiles.
func complete(t *testing.T, at string, c *connection.Connection, g *report.Guide) {
	t.Helper()
	b, whole, protocol := again(c), strings.Join(texts(g), "\n"), g.Protocol
	has := func(what, text string) {
		t.Helper()
		if text != "" && !strings.Contains(whole, text) {
			t.Errorf("%s: %s is missing: %q", at, what, text)
		}
	}
	form := c.SP.Form.OIDC
	if protocol == "saml" {
		form = c.SP.Form.SAML
	}
	for _, f := range form {
		has("field of the form", f.Label)
		has("note of the form", b.sp.fill(f.Note))
	}
	for _, cl := range b.claims() {
		for _, n := range cl.Names {
			has("claim", n)
		}
	}
	for _, r := range c.SP.Requires[c.IdP.ID] {
		if r.Protocol == "" || r.Protocol == protocol {
			has("reason of a switch", b.sp.fill(r.Say)+" ("+r.Code+")")
			has("value of a switch", b.must(r, c.IdP.Settings[r.Setting]))
		}
	}
	for _, q := range c.SP.Quirks {
		if b.concerns(q) {
			has("quirk of the SP", b.named(b.sp.fill(q.V)))
		}
	}
	for _, q := range c.IdP.Quirks {
		if b.concerns(q) {
			has("quirk of the IdP", b.named(b.idp.fill(q.V)))
		}
	}
	for _, q := range c.SP.Tests {
		has("test", b.sp.fill(q.V))
	}
	walk := c.IdP.Walkthrough[protocol]
	if walk == nil {
		return
	}
	for _, s := range walk.Steps {
		for _, text := range append([]string{s.Go, s.Page, s.Do, s.Press, s.Choose}, append(s.Warn, s.PressAfter, s.When, s.Note)...) {
			if len(text) > 1 { // the first letter may have become a large one
				has("text of the walkthrough", b.named(b.idp.fill(text))[1:])
			}
		}
		for _, f := range s.Fields {
			has("label", b.named(b.idp.fill(f.Label)))
			has("value", b.named(b.idp.fill(f.Value)))
		}
		for _, cp := range s.Copy {
			has("value to take along", b.named(b.idp.fill(cp.Label)))
		}
	}
	for _, how := range walk.Claims {
		has("claim of the IdP", b.named(b.idp.fill(how.How)))
	}
}

// TestTheThree: each of the three with each IdP; steps are numbered through, none is empty, each side has its check.
func TestTheThree(t *testing.T) {
	lib := knowledge.New()
	made := 0
	for _, sp := range []string{"orq", "archestra", "torq"} {
		for _, idp := range lib.Heads().IdPs {
			for _, protocol := range []string{"oidc", "saml"} {
				g, err := Build(empty(t, lib, sp, idp.ID, protocol), "")
				if err != nil {
					continue // TestEveryCombination says whether that is right
				}
				made++
				numbered(t, sp+" "+idp.ID+" "+protocol, g)
			}
		}
	}
	if made < 3*(25+10) {
		t.Errorf("only %d guides", made)
	}
}

func numbered(t *testing.T, at string, g *report.Guide) {
	t.Helper()
	n := 0
	checked := map[string]bool{}
	for _, p := range g.Parts {
		checked[p.Side] = checked[p.Side] || len(p.Checks) > 0
		for _, s := range p.Steps {
			if n++; s.Number != n {
				t.Errorf("%s: step %d is numbered %d", at, n, s.Number)
			}
			said := len(s.Do) + len(s.Fields) + len(s.Musts) + len(s.Take) + len(s.Warn) + len(s.Notes)
			if s.Title == "" || s.Title == "On the same page" && said == 0 {
				t.Errorf("%s: step %d says nothing: %+v", at, n, s)
			}
		}
	}
	for _, side := range []string{"start", "idp", "sp", "end"} {
		if !checked[side] {
			t.Errorf("%s: nothing shows whether %q is right", at, side)
		}
	}
}

// TestOrder: what the SP shows comes before the IdP, and the SP's form after it.
func TestOrder(t *testing.T) {
	g, err := Build(empty(t, knowledge.New(), "torq", "okta", "saml"), "")
	if err != nil {
		t.Fatal(err)
	}
	var sides []string
	for _, p := range g.Parts {
		sides = append(sides, p.Side)
	}
	if want := []string{"start", "sp", "idp", "start", "sp", "end"}; !slices.Equal(sides, want) {
		t.Errorf("parts are %v, want %v", sides, want)
	}
}

// TestWhere: a switch stands at the page that holds it, with its reason, and a value of the form names the step that shows it.
func TestWhere(t *testing.T) {
	g, err := Build(empty(t, knowledge.New(), "orq", "keycloak", "saml"), "")
	if err != nil {
		t.Fatal(err)
	}
	musts, form, should := map[string]string{}, map[string]string{}, map[string]bool{}
	for _, p := range g.Parts {
		for _, s := range p.Steps {
			for _, m := range s.Musts {
				musts[m.Label+": "+m.Value] = s.Title
				should[m.Label] = m.Should
			}
			for _, f := range s.Fields {
				if p.Side == "sp" {
					form[f.Label] = f.Value
				}
			}
		}
	}
	if got := musts["Client signature required: off"]; got != "Tab Keys" {
		t.Errorf("the signature switch stands at %q", got)
	}
	if should["Sign assertions"] || !should["Sign documents"] {
		t.Errorf("what must be is not told from what should be: %v", should)
	}
	if got := form["X.509 Certificate"]; !regexp.MustCompile(`^‹certificate›, from step \d+$`).MatchString(got) {
		t.Errorf("the certificate is %q", got)
	}
}

// TestValues: what the connection states stands in its guide, on both sides; a placeholder of the IdP never takes a value of the SP.
func TestValues(t *testing.T) {
	c := resolve(t, knowledge.New(), `  - name: torq-authentik
    sp: {profile: torq, region: eu, workspace: acme}
    idp: {profile: authentik}
    oidc: {issuer: "https://auth.acme.com/application/o/torq/", client_id: torq-client, client_secret: "env:TORQ_SECRET"}
    roles: {rules: [{claim: groups, value: Admins, role: Admin}]}
    allowed_domains: [acme.com]
`)
	g, err := Build(c, "torq-authentik")
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.Join(texts(g), "\n")
	for _, want := range []string{
		"https://auth.acme.com/if/admin/", "https://app.eu.torq.io/__/auth/handler", "https://auth.acme.com/application/o/torq/",
		"torq-client", "the secret that env:TORQ_SECRET names", "groups = Admins", "role Admin", "ssoctl doctor torq-authentik", "ssoctl test-login torq-authentik", "acme.com",
	} {
		if !strings.Contains(whole, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(whole, "https://app.torq.io/__/") {
		t.Error("the address of another region stands in the guide")
	}
	for _, o := range g.Open {
		if slices.Contains([]string{"‹issuer›", "‹client id›", "‹host›", "‹region›", "‹slug›", "‹client secret›"}, o.Mark) {
			t.Errorf("%s is open although the connection states it", o.Mark)
		}
	}
}

// TestNoSecret: a secret that stands in the connection in plain text does not reach the guide.
func TestNoSecret(t *testing.T) {
	c := resolve(t, knowledge.New(), "  - {name: x, sp: {profile: orq}, idp: {profile: okta}, oidc: {issuer: \"https://acme.okta.com\", client_secret: hunter2hunter2}}\n")
	g, err := Build(c, "x")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.Join(texts(g), "\n"), "hunter2") {
		t.Error("the secret stands in the guide")
	}
}

// TestNoGuide: where one of the two does not speak the protocol, the error says which.
func TestNoGuide(t *testing.T) {
	lib := knowledge.New()
	for _, x := range []struct{ sp, idp, protocol, want string }{
		{"orq", "github", "saml", "GitHub OAuth App and SAML: not possible"},
		{"grafana", "rippling", "oidc", "Rippling"},
		{"notion", "keycloak", "oidc", "Notion does not speak OpenID Connect"},
	} {
		if _, err := Build(empty(t, lib, x.sp, x.idp, x.protocol), ""); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s %s %s: %v, want %q", x.sp, x.idp, x.protocol, err, x.want)
		}
	}
}
