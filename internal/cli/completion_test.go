package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

const twoConnections = `version: 1
connections:
  - {name: orq-keycloak, sp: {profile: orq}, idp: {profile: keycloak}, oidc: {issuer: "https://login.acme.com/realms/main"}}
  - {name: torq-okta, sp: {profile: torq, region: eu}, idp: {profile: okta}, saml: {}}
`

// asked runs the command that the scripts of the shells run, and gives its answers without the line that tells the shell what to do.
func asked(t *testing.T, words ...string) []string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssoctl.yaml"), []byte(twoConnections), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	app := System()
	app.Out, app.Err, app.Dir = &out, &errs, dir
	app.Getenv = func(string) string { return "" }
	if code := Main(append([]string{"__complete"}, words...), app); code != 0 {
		t.Fatalf("%v: exit %d: %s", words, code, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[:len(lines)-1]
}

func TestCompletion(t *testing.T) {
	for _, x := range []struct {
		words []string
		want  []string // each has to be among the answers
		not   string
	}{
		{[]string{"doctor", ""}, []string{"orq-keycloak\torq, keycloak, oidc", "torq-okta\ttorq, okta, saml"}, ""},
		{[]string{"doctor", "orq-keycloak", ""}, []string{"torq-okta\ttorq, okta, saml"}, "orq-keycloak"},
		{[]string{"test-login", "to"}, []string{"torq-okta\ttorq, okta, saml"}, "orq-keycloak"},
		{[]string{"push", "--to", ""}, []string{"keycloak", "registration", "archestra"}, ""},
		{[]string{"emit", "-n", ""}, []string{"orq-keycloak\torq, keycloak, oidc"}, ""},
		{[]string{"emit", "--for", ""}, []string{"idp", "sp"}, ""},
		{[]string{"emit", "--for", "sp", "--as", ""}, []string{"archestra_api\tArchestra API, JSON"}, "keycloak_client"},
		{[]string{"guide", ""}, []string{"orq\tOrq.ai", "torq\tTorq"}, "keycloak"},
		{[]string{"guide", "orq", ""}, []string{"keycloak\tKeycloak"}, "orq"},
		{[]string{"guide", "--format", ""}, []string{"text", "markdown", "html", "json"}, "sarif"},
		{[]string{"doctor", "--format", ""}, []string{"sarif", "junit"}, ""},
		{[]string{"init", "--idp", "key"}, []string{"keycloak\tKeycloak"}, "okta"},
		{[]string{"explain", "DISC00"}, []string{"DISC008"}, "NET001"},
		{[]string{"explain", "CLOCK"}, []string{"CLOCK_SKEW"}, "NET001"},
		{[]string{"check", "--only", "NET001,JWKS00"}, []string{"NET001,JWKS001"}, ""},
		{[]string{"check", "--as", ""}, []string{"idp-metadata"}, ""},
		{[]string{"catalog", ""}, []string{"sps", "idps", "rules"}, ""},
		{[]string{"catalog", "idps", "ok"}, []string{"okta\tOkta"}, "orq"},
		{[]string{"catalog", "errors", "CLOCK"}, []string{"CLOCK_SKEW"}, "ROLE_MAPPING"},
		{[]string{"lab", "--fault", "DISC008"}, []string{"DISC008"}, "NET001"},
		{[]string{"completion", ""}, []string{"bash", "zsh", "fish", "powershell"}, ""},
	} {
		got := asked(t, x.words...)
		for _, w := range x.want {
			if !slices.ContainsFunc(got, func(s string) bool {
				return s == w || strings.HasPrefix(s, w+"\t") || strings.HasPrefix(w, "NET001,") && strings.HasPrefix(s, w)
			}) {
				t.Errorf("%v: %q is not among %q", x.words, w, got)
			}
		}
		if x.not != "" && slices.ContainsFunc(got, func(s string) bool { return s == x.not || strings.HasPrefix(s, x.not+"\t") }) {
			t.Errorf("%v: %q is among %q", x.words, x.not, got)
		}
	}
}

// TestCompletionWithoutFile: typing must never end in an error.
func TestCompletionWithoutFile(t *testing.T) {
	var out, errs bytes.Buffer
	app := System()
	app.Out, app.Err, app.Dir = &out, &errs, t.TempDir()
	app.Getenv = func(string) string { return "" }
	if code := Main([]string{"__complete", "doctor", "-c", "none.yaml", ""}, app); code != 0 || strings.Contains(out.String(), "error") {
		t.Errorf("exit %d: %q", code, out.String())
	}
}

// TestHelp: every command says what it is for and shows two real examples of itself.
func TestHelp(t *testing.T) {
	root := newRoot(System())
	for _, cmd := range append([]*cobra.Command{root}, commands(root)...) {
		examples := 0
		for line := range strings.Lines(cmd.Example) {
			if strings.Contains(line, cmd.CommandPath()) {
				examples++
			}
		}
		if cmd.Short == "" || examples < 2 {
			t.Errorf("%s: %d examples", cmd.CommandPath(), examples)
		}
	}
}

func TestRoff(t *testing.T) {
	for in, want := range map[string]string{".so": `\&.so`, `a\b`: `a\eb`, "--x 'y'": `\-\-x \(aqy\(aq`} {
		if got := roff(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
