package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
)

// TestHealthyLogin signs in at a sound IdP by every receiver: nothing is found, the claims are there, and the user is let in.
func TestHealthyLogin(t *testing.T) {
	for name, o := range map[string]lab.Options{
		"oidc/form": {}, "oidc/loopback": {Loopback: true}, "oidc/paste": {}, "oidc/paste/fragment": {Fragment: true}, "oidc/finish": {}, "oidc/device": {},
		"oidc/form/key": {KeyJWT: true}, "oidc/form/implicit": {Implicit: true}, "oidc/loopback/implicit": {Implicit: true, Loopback: true}, "oidc/form/offline": {},
		"saml/form": {Protocol: "saml"}, "saml/loopback": {Protocol: "saml", Loopback: true}, "saml/paste": {Protocol: "saml"}, "saml/finish": {Protocol: "saml"},
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
	"AST045":         "takes two logins",
	"REQ004-message": "is about requests that another SP makes",
	"REQ015":         "is about requests that another SP makes",
	"JWKS022":        "is told of IdPs of which the profile says that applications have keys of their own; the lab's does not",
	"AUTHZ015":       "",
}

// TestLoginFaults puts each fault of the lab that a login shows in, and demands that exactly its rule speaks. Of the faults of the
// SAML side, which decode sees as well, it takes one of each dozen.
func TestLoginFaults(t *testing.T) {
	known := map[string]bool{}
	for _, r := range all.Rules() {
		known[r.Code] = true
	}
	n := 0
	for _, f := range lab.Faults() {
		if !f.Login {
			continue
		}
		if n++; f.Protocol == "saml" && n%12 != 0 || notHere[f.Name] != "" || f.SP {
			continue
		}
		if !known[f.Code] {
			t.Errorf("%s: no such rule", f.Name)
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{Fault: f.Name})
			r, _ := b.loginFor(t, f)
			got := r.causes()
			if f.Code != "UI007" { // that ID token and userinfo differ is said beside what makes them differ
				got = slices.DeleteFunc(got, func(code string) bool { return code == "UI007" })
			}
			if !slices.Equal(got, []string{f.Code}) {
				t.Errorf("%s: causes %v", f.Title, got)
				r.say(t)
			}
		})
	}
}
