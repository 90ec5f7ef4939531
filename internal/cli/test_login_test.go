package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
)

// TestHealthyLogin signs in at a sound IdP by every receiver: nothing is found, the claims are there, and the user is let in.
func TestHealthyLogin(t *testing.T) {
	for name, o := range map[string]lab.Options{
		"oidc/form": {}, "oidc/loopback": {Loopback: true}, "oidc/paste": {}, "oidc/paste/fragment": {Fragment: true}, "oidc/finish": {}, "oidc/device": {},
		"oidc/form/key": {KeyJWT: true}, "oidc/form/implicit": {Implicit: true}, "oidc/loopback/implicit": {Implicit: true, Loopback: true}, "oidc/form/offline": {},
		"saml/form": {Protocol: "saml"}, "saml/initiated": {Protocol: "saml"}, "saml/loopback": {Protocol: "saml", Loopback: true}, "saml/paste": {Protocol: "saml"}, "saml/finish": {Protocol: "saml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, o)
			part := strings.Split(name, "/")
			switch {
			case strings.HasSuffix(name, "implicit"):
				b.write(t, "ssoctl.yaml", strings.Replace(b.lab.Connection(), "      client_id:", "      grant: implicit\n      client_id:", 1))
			case strings.HasSuffix(name, "offline"):
				b.write(t, "ssoctl.yaml", strings.Replace(b.lab.Connection(), "profile]\n", "profile, offline_access]\n", 1))
			}
			r, code := b.loginBy(t, part[1])
			want := []string{}
			if strings.HasSuffix(name, "implicit") {
				want = []string{"AUTHZ025"} // the connection itself is at fault
			}
			if strings.HasSuffix(name, "initiated") {
				want = []string{"RSP008"} // information: whether the SP takes such logins is not known
			}
			if code != report.ExitClean || !slices.Equal(r.causes(), want) || len(want) == 0 && r.Connections[0].Verdict != report.VerdictHealthy {
				t.Errorf("exit %d, %s", code, r.Connections[0].Verdict)
				r.say(t)
			}
			if r.Connections[0].Decision["allowed"] != true {
				t.Errorf("decision %v", r.Connections[0].Decision)
			}
			source := map[string]string{"oidc": "id_token", "saml": "assertion"}[part[0]]
			if got := r.Connections[0].Claims[source]["email"]; got != b.lab.Users[0].Email {
				t.Errorf("email is %v; claims %v", got, r.Connections[0].Claims)
			}
			if part[1] == "loopback" && !strings.Contains(b.page, "Signed in") {
				t.Errorf("the browser is shown %s", b.page)
			}
		})
	}
}

// loginFor is how a fault shows in a login.
func (b *bench) loginFor(t *testing.T, f lab.Fault, more ...string) (loginReport, int) {
	t.Helper()
	switch {
	case f.Device:
		return b.loginBy(t, "device", more...)
	case f.SignOut:
		more = append(more, "--cleanup")
	}
	return b.loginBy(t, "form", more...)
}

// notHere are the faults that a login of test-login does not show, with the reason.
var notHere = map[string]string{
	"AST003":  "a probe learns the entity ID, and AST002 compares with that",
	"AST032":  "takes a request for an authentication context",
	"RSP009":  "takes a recording of the whole login, to know that nobody asked",
	"AST045":  "takes two logins",
	"JWKS022": "is told of IdPs of which the profile says that applications have keys of their own; the lab's does not",
}

// along are rules that have to speak beside the one of a fault.
var along = map[string]string{
	"SIG005": "MD051",  // the metadata shows what the message is signed with
	"IDT008": "IDT006", // no library verifies the signature of a header that demands what it does not know
}

// loginFaults are the faults that a login shows.
func loginFaults() []lab.Fault {
	return slices.DeleteFunc(lab.Faults(), func(f lab.Fault) bool {
		return !f.Login || f.SP || notHere[f.Name] != "" || strings.HasPrefix(f.Name, "REQ") // ssoctl makes the request itself
	})
}

// TestLoginFaults puts each fault of the lab that a login shows in, and demands that exactly its rule speaks; and that a recording of
// the login, which holds pseudonyms in place of what is personal, is judged alike.
func TestLoginFaults(t *testing.T) {
	known := map[string]bool{}
	for _, r := range all.Rules() {
		known[r.Code] = true
	}
	for _, f := range append([]lab.Fault{{}}, loginFaults()...) {
		if f.Name != "" && !known[f.Code] {
			t.Errorf("%s: no such rule", f.Name)
			continue
		}
		t.Run("fault "+f.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{Fault: f.Name})
			recording := filepath.Join(b.dir, "run.json")
			r, code := b.loginFor(t, f, "--record", recording)
			got := slices.DeleteFunc(r.causes(), func(c string) bool {
				return c == along[f.Name] || c == "UI007" && f.Code != "UI007" // that two places differ is said beside what makes them differ
			})
			want := []string{f.Code}
			if f.Name == "" {
				want = []string{}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: causes %v", f.Title, got)
				r.say(t)
			}
			b.replays(t, recording, r, code)
		})
	}
}

// replays judges a recording elsewhere and compares.
func (b *bench) replays(t *testing.T, recording string, live loginReport, exit int) {
	t.Helper()
	b.lab.Close()
	app := *b.app
	app.Dir = t.TempDir()
	app.Getenv = func(string) string { return "" }
	app.Now = func() time.Time { return time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC) }
	elsewhere := &bench{app: &app, dir: app.Dir, lab: b.lab}
	code, out, errs := elsewhere.run("test-login", "--evidence", recording, "--format", "json")
	var again loginReport
	if err := json.Unmarshal([]byte(out), &again); err != nil || len(again.Connections) != 1 {
		t.Fatalf("exit %d: %v\n%s%s", code, err, out, errs)
	}
	if code != exit {
		t.Errorf("exit %d live, %d from the recording", exit, code)
	}
	if a, b := outline(live), outline(again); a != b {
		t.Errorf("from the recording:\n%s\nlive:\n%s", b, a)
	}
}

// outline is what a recording must keep of a judgement: everything but personal values.
func outline(r loginReport) string {
	c := r.Connections[0]
	var out strings.Builder
	fmt.Fprintln(&out, c.Verdict)
	for _, f := range c.Findings {
		fmt.Fprintln(&out, f.Severity, f.Code, f.CausedBy, f.Inconclusive)
	}
	for _, place := range slices.Sorted(maps.Keys(c.Claims)) {
		fmt.Fprintln(&out, place, slices.Sorted(maps.Keys(c.Claims[place])))
	}
	rules, _ := c.Decision["rules"].([]any)
	fmt.Fprintln(&out, c.Decision["allowed"], c.Decision["role"], len(rules))
	for _, rule := range rules {
		fmt.Fprintln(&out, rule.(map[string]any)["outcome"])
	}
	return out.String()
}
