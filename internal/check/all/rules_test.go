package all

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/check"
)

// TestRulesAreComplete refuses a rule that lacks what documentation, explanations and the engine need.
func TestRulesAreComplete(t *testing.T) {
	code := regexp.MustCompile(`^(NET|DISC|JWKS|AUTHZ|TOK|IDT|UI|CLM|DEV|LGO|MD|CERT|REQ|RSP|AST|SIG|ENC|CFG)[0-9]{3}$`)
	seen := map[string]bool{}
	known := map[string]bool{}
	for _, r := range Rules() {
		known[r.Code], known[r.Area()] = true, true
	}
	for _, r := range Rules() {
		switch {
		case !code.MatchString(r.Code):
			t.Errorf("%q is no code", r.Code)
		case seen[r.Code]:
			t.Errorf("%s stands in the list twice", r.Code)
		case r.Title == "" || r.Why == "" || r.Fix == "":
			t.Errorf("%s lacks a title, why or fix", r.Code)
		case r.Severity == 0:
			t.Errorf("%s has no severity", r.Code)
		case len(r.Needs) == 0 && len(r.AnyOf) == 0 && len(r.Tries) == 0 && len(r.TriesAnyOf) == 0:
			t.Errorf("%s declares no evidence that must be there", r.Code)
		case r.Check == nil:
			t.Errorf("%s decides nothing", r.Code)
		case strings.HasSuffix(r.Title, ".") || strings.HasSuffix(r.Fix, "."):
			t.Errorf("%s: titles and fixes end without a full stop", r.Code)
		}
		seen[r.Code] = true
		for _, e := range r.Explains {
			if e == r.Code || !known[e] && !code.MatchString(e) && !code.MatchString(e+"001") {
				t.Errorf("%s explains %q", r.Code, e)
			}
		}
		for _, bad := range []string{" invalid", " failed", "please", "!"} {
			if text := strings.ToLower(r.Title + " " + r.Fix); strings.Contains(text, bad) {
				t.Errorf("%s says %q", r.Code, bad)
			}
		}
	}
	if len(seen) < 150 {
		t.Errorf("only %d rules", len(seen))
	}
}

// TestSelection: --only and --skip take codes and areas, in any case.
func TestSelection(t *testing.T) {
	for _, c := range []struct {
		only, skip []string
		code       string
		want       bool
	}{
		{nil, nil, "DISC008", true}, {[]string{"disc"}, nil, "DISC008", true}, {[]string{"DISC008"}, nil, "DISC007", false},
		{nil, []string{"DISC"}, "DISC008", false}, {[]string{"DISC"}, []string{"disc008"}, "DISC008", false}, {[]string{"JWKS"}, nil, "DISC008", false},
	} {
		if got := (check.Selection{Only: c.only, Skip: c.skip}).Includes(c.code); got != c.want {
			t.Errorf("only %v skip %v: %s %v", c.only, c.skip, c.code, got)
		}
	}
}
