package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/lab"
)

// besideCause are rules that may speak in a login beside the one of a fault, which doctor finds without a user: what the fault does
// to this login. Those on how it ended may always.
var besideCause = map[string][]string{
	"CERT007": {"SIG001"}, // a signature with such a key is not looked at
	"DISC033": {"IDT003"},
	"DISC034": {"IDT004"},
	"DISC035": {"IDT003"},
	"DISC059": {"IDT023"},
	"JWKS002": {"JWKS018"},
	"JWKS003": {"IDT006"},
	"MD040":   {"REQ009"}, // the login sends the very request
	"TOK010":  {"TOK007"}, // it spoils the refusal of a code that should have been taken
}

// TestProbedFaultsInLogin: what doctor finds without a user has the same cause in a login, and nothing that the login shows beside it
// is told as another one.
func TestProbedFaultsInLogin(t *testing.T) {
	known := map[string]bool{}
	for _, r := range all.Rules() {
		known[r.Code] = true
	}
	for _, f := range lab.Faults() {
		if f.Login || f.Deep || f.Rotate || f.SP || f.Resolver || !known[f.Code] || strings.HasPrefix(f.Name, "NET") || f.Name == "RSP006-clock" { // NET018 finds the clock in a login
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{Fault: f.Name})
			r, _ := b.loginBy(t, "form")
			got := slices.DeleteFunc(r.causes(), func(c string) bool {
				ends := []string{"AUTHZ018", "AUTHZ020", "AUTHZ035"}
				return c != f.Code && (slices.Contains(ends, c) || slices.Contains(besideCause[f.Code], c))
			})
			if !slices.Equal(got, []string{f.Code}) {
				t.Errorf("%s: causes %v", f.Title, r.causes())
				r.say(t)
			}
		})
	}
}
