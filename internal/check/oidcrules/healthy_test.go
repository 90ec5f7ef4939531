package oidcrules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/check/oidcrules"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// TestHealthy judges documents in the shapes that real products publish: none of them may bring an error or a warning, neither
// as a file alone nor as what a connection has fetched.
func TestHealthy(t *testing.T) {
	kinds := map[string]evidence.Kind{".discovery.json": evidence.Discovery, ".jwks.json": evidence.JWKS}
	files, err := filepath.Glob("../../../testdata/healthy/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d documents, %v", len(files), err)
	}
	lib := knowledge.New()
	for _, file := range files {
		name := filepath.Base(file)
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for suffix, kind := range kinds {
			if strings.HasSuffix(name, suffix) {
				t.Run(name, func(t *testing.T) {
					set := evidence.Set{kind: {Kind: kind, Source: name, Body: body}}
					quiet(t, check.New(nil, lib, set, noon))
				})
			}
		}
		if d, err := oidcdoc.ParseDiscovery(name, body); err == nil && d.Str("token_endpoint") != "" && !strings.Contains(d.Issuer(), "{") {
			t.Run(name+" of a connection", func(t *testing.T) { quiet(t, connected(t, lib, d.Issuer(), body)) })
		}
	}
}

// connected is the case of a connection with this issuer, whose document was fetched.
func connected(t *testing.T, lib *knowledge.Library, issuer string, body []byte) *check.Case {
	t.Helper()
	sp := "{profile: orq, workspace: acme}"
	if strings.HasPrefix(issuer, "http:") {
		sp = `{profile: archestra, base_url: "http://localhost:3000", provider_id: Keycloak}` // its own local development
	}
	text := fmt.Sprintf("version: 1\nconnections:\n  - name: app\n    sp: %s\n    oidc: {issuer: %q, client_id: app, client_secret: env:SECRET}\n", sp, issuer)
	f, err := config.Parse("ssoctl.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d, err := oidcdoc.ParseDiscovery("", body)
	if err != nil {
		t.Fatal(err)
	}
	conn := connection.Resolve(f.Targets[0], lib, nil, connection.Seen{Discovery: d.Str})
	set := evidence.Set{evidence.Discovery: {Kind: evidence.Discovery, Source: conn.DiscoveryURL(), Exchanges: []evidence.Exchange{{
		Method: "GET", URL: conn.DiscoveryURL(), Status: 200, Body: body, Header: map[string][]string{"Content-Type": {"application/json"}}, At: noon}}}}
	return check.New(conn, lib, set, noon)
}

// quiet runs the rules and demands that they look and say nothing but notes.
func quiet(t *testing.T, c *check.Case) {
	t.Helper()
	findings, results := check.Run(oidcrules.Rules, c)
	for _, f := range findings {
		if f.Severity != report.Info {
			t.Errorf("%s %s %s: %s", f.Where, f.Severity, f.Code, f.Message)
		}
	}
	passed := 0
	for _, r := range results {
		if r.Outcome == report.Passed {
			passed++
		}
		if r.Outcome == report.Broken {
			t.Errorf("%s: %s", r.Code, r.Reason)
		}
	}
	if passed < 8 {
		t.Errorf("only %d rules have looked at it", passed)
	}
}
