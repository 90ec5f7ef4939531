package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/report"
)

// TestRecordings judges what real servers once answered (test/real keeps it): the root cause is the one that the live run found.
func TestRecordings(t *testing.T) {
	want := map[string]string{ // name without the server -> code of the root cause
		"client-disabled": "AUTHZ032", "client-misspelt": "AUTHZ031", "client-standard-flow-off": "AUTHZ034", "dpop-bound": "TOK008",
		"issuer-other-host": "DISC007", "method-secret-jwt": "TOK005", "par-required": "DISC054", "pkce-required": "CFG012", "realm-disabled": "AUTHZ033",
		"redirect-other": "AUTHZ001", "redirect-slash": "AUTHZ001", "scope-groups-unassigned": "AUTHZ021", "secret-wrong": "TOK005",
		"keys-none-for-signing": "JWKS007", "keys-without-rs256": "DISC032", "proxy-not-trusted": "DISC019",
	}
	files, err := filepath.Glob("../../test/real/testdata/recordings/*.json")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		_, fault, _ := strings.Cut(strings.Replace(name, "oidc-provider", "oidcprovider", 1), "-")
		t.Run(name, func(t *testing.T) {
			r, err := doctor(System(), doctorOptions{judging: judging{format: "json", failOn: "error", color: "never"}, network: network{evidence: file}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			broke(t, r)
			var errors []string
			for _, f := range r.Connections[0].Findings {
				if f.Severity >= report.Warning && f.CausedBy == "" {
					errors = append(errors, f.Code)
				}
			}
			switch {
			case strings.HasPrefix(fault, "healthy") && (len(errors) > 0 || r.Connections[0].Verdict != report.VerdictHealthy):
				t.Errorf("a healthy server: %v, %s", errors, r.Connections[0].Verdict)
			case !strings.HasPrefix(fault, "healthy") && (len(errors) == 0 || errors[0] != want[fault]):
				t.Errorf("roots %v, want %q first", errors, want[fault])
			}
		})
	}
}
