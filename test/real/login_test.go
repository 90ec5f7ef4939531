package real_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// account is who signs in.
type account struct{ name, password string }

// signedIn is what a case reads of `test-login --format json`.
type signedIn struct {
	judgement
	Claims   map[string]map[string]any
	Decision *struct {
		Allowed      bool
		Role, Denied string
		Groups       []string
		Domain       string
	}
	raw   []byte
	ended time.Time // when the report was there
}

// loginWant is what test-login has to say of a login.
type loginWant struct {
	expectation
	claims   map[string]string // SOURCE.NAME to value; "-": it is not there
	decision string            // "allowed ROLE", "denied GATE"; empty: not looked at
	stops    bool              // nobody can say: undecided, exit code 3
}

// loginCase is one login by the form driver.
type loginCase struct {
	name, sp, user string // user: ann when empty
	conn           func(*connection)
	secret         func(string) string
	password       string // another one than the user's
	inject         func(*testing.T, *keycloak)
	config         func(*opConfig)
	files          func(*testing.T, *ssp)
	args           []string
	want           loginWant
}

// ssoctl runs the program in a folder with the connection file, with the credentials of who signs in in its environment.
func (s *realServer) ssoctl(t *testing.T, dir string, c connection, secret string, who account, stdin string, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	exit, stdout, stderr, _ = s.timed(t, dir, c, secret, who, stdin, args...)
	return exit, stdout, stderr
}

// stamped keeps what was written and when the last of it came.
type stamped struct {
	text bytes.Buffer
	last time.Time
}

func (s *stamped) Write(b []byte) (int, error) {
	s.last = time.Now()
	return s.text.Write(b)
}

// timed is ssoctl, with the time at which the report was there.
func (s *realServer) timed(t *testing.T, dir string, c connection, secret string, who account, stdin string, args ...string) (exit int, stdout, stderr string, ended time.Time) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "ssoctl.yaml"), c.file(t), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := s.loginCommand(ctx, dir, c, secret, who, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out stamped
	var report bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &report
	var exited *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exited) {
		t.Fatalf("run %s: %v", cmd, err)
	}
	for what, hidden := range map[string]string{"client secret": strings.TrimSpace(secret), "password": who.password} {
		if hidden != "" && strings.Contains(out.text.String()+report.String(), hidden) {
			t.Errorf("the %s is in the output of %s", what, cmd)
		}
	}
	return cmd.ProcessState.ExitCode(), out.text.String(), report.String(), out.last
}

// loginCommand is test-login at the front, without a browser.
func (s *realServer) loginCommand(ctx context.Context, dir string, c connection, secret string, who account, args ...string) *exec.Cmd {
	all := append([]string{"test-login", "-c", "ssoctl.yaml", "--ca-file", s.front.file, "--no-browser"}, args...)
	for _, host := range []string{s.front.host, s.front.also} {
		all = append(all, "--resolve", host+":"+s.front.port+":127.0.0.1")
	}
	cmd := exec.CommandContext(ctx, binary, all...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "NO_COLOR=1", secretName + "=" + secret}
	if who.name != "" {
		cmd.Env = append(cmd.Env, "SSOCTL_USERNAME="+who.name, "SSOCTL_PASSWORD="+who.password)
	}
	return cmd
}

// testLogin makes one login and reads the report.
func (s *realServer) testLogin(t *testing.T, c connection, secret string, who account, more ...string) signedIn {
	t.Helper()
	exit, stdout, stderr, ended := s.timed(t, t.TempDir(), c, secret, who, "", append([]string{"--driver", "form", "--format", "json"}, more...)...)
	got := readSignedIn(t, exit, stdout, stderr)
	got.ended = ended
	return got
}

func readSignedIn(t *testing.T, exit int, stdout, stderr string) signedIn {
	t.Helper()
	got := signedIn{raw: []byte(stdout)}
	err := json.Unmarshal(got.raw, &got)
	if err == nil {
		err = json.Unmarshal(got.raw, &got.judgement)
	}
	if err != nil || len(got.Connections) != 1 {
		t.Fatalf("test-login ended with %d, one connection expected in its JSON (%v)\nstdout: %s\nstderr: %s", exit, err, stdout, stderr)
	}
	got.exit, got.stdout, got.stderr = exit, stdout, stderr
	return got
}

// outcome is the decision in a word or two.
func (g signedIn) outcome() string {
	switch {
	case g.Decision == nil:
		return "none"
	case g.Decision.Allowed:
		return strings.TrimSpace("allowed " + g.Decision.Role)
	}
	return "denied " + g.Decision.Denied
}

// compareLogin reports every difference between a login and what the case wants.
func (g signedIn) compareLogin(t *testing.T, want loginWant) {
	t.Helper()
	if want.stops {
		want.verdict, want.exit = "undecided", 3
	}
	if want.code == "" && want.verdict == "" {
		want.verdict = "healthy"
		if g.Summary.Warnings != 0 {
			t.Errorf("%d warnings of a healthy login", g.Summary.Warnings)
		}
	}
	if want.decision != "" && g.outcome() != want.decision {
		t.Errorf("decision %q, want %q", g.outcome(), want.decision)
	}
	for at, value := range want.claims {
		source, name, _ := strings.Cut(at, ".")
		got, there := g.Claims[source][name]
		if text := fmt.Sprint(got); there != (value != "-") || there && text != value {
			t.Errorf("%s is %q, want %q", at, text, value)
		}
	}
	g.compare(t, want.expectation)
	if t.Failed() {
		t.Logf("exit %d, verdict %s, decision %s, claims %v\n%s", g.exit, g.Connections[0].Verdict, g.outcome(), g.Claims, g.list())
	}
}

// runLogin makes the login of a case at a server that has its fault.
func (s *realServer) runLogin(t *testing.T, x loginCase, passwords map[string]string) {
	t.Helper()
	c := s.base[x.sp].copy()
	secret := ""
	if c.OIDC != nil {
		secret = s.secrets[c.OIDC.ClientID]
	}
	if x.conn != nil {
		x.conn(&c)
	}
	if x.secret != nil {
		secret = x.secret(secret)
	}
	who := account{name: x.user}
	if who.name == "" {
		who.name = "ann"
	}
	if who.password = x.password; who.password == "" {
		who.password = passwords[who.name]
	}
	s.testLogin(t, c, secret, who, x.args...).compareLogin(t, x.want)
}

// rules is a change of the connection's role rules; each is CLAIM=VALUE:ROLE, or TEMPLATE:ROLE.
func rules(list ...string) func(*connection) {
	return func(c *connection) {
		c.Roles = &roleRules{}
		for _, text := range list {
			at := strings.LastIndex(text, ":")
			rule := map[string]string{"role": text[at+1:]}
			if claim, value, ok := strings.Cut(text[:at], "="); ok && !strings.Contains(claim, "{") {
				rule["claim"], rule["value"] = claim, value
			} else {
				rule["template"] = text[:at]
			}
			c.Roles.Rules = append(c.Roles.Rules, rule)
		}
	}
}

// each makes one change of a connection of several.
func each(changes ...func(*connection)) func(*connection) {
	return func(c *connection) {
		for _, change := range changes {
			change(c)
		}
	}
}

func domains(names ...string) func(*connection) { return func(c *connection) { c.Domains = names } }

func scopes(names ...string) func(*connection) {
	return func(c *connection) { c.OIDC.Scopes = slices.Clone(names) }
}
