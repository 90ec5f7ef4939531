package all

// Cases are txtar files. testdata/rules/AREA/CODE.txtar judges by that one rule and has sections named
// fails/NAME/FILE, passes/NAME/FILE and skipped/NAME/FILE (not applicable); testdata/cases/NAME.txtar judges by all rules and has plain FILE sections.
//
//	ssoctl.yaml               the connection file; its first connection is judged (evidence config, config.file)
//	now                       the time to judge by, RFC 3339; default 2026-06-01T12:00:00Z
//	read                      the time at which the connection file was read, where a later day is asked about (--at)
//	oidc.discovery.json       a document that was fetched: 200, application/json, from where the connection would look
//	                          (also oidc.jwks.json, oidc.discovery.rfc8414.json)
//	file.oidc.discovery.json  the same document read from a file (also file.oidc.jwks.json)
//	KIND.http                 exchanges: "METHOD URL [label]", "STATUS", headers, an empty line, body; several are
//	                          separated by a line "===="; "! STAGE CODE text" in place of STATUS is a failure
//	saml.metadata.xml         the IdP's metadata as it was fetched; a file of the name that idp_metadata gives is read as such
//	file.saml.metadata.xml    metadata as a bare file (also file.sp.metadata.xml, file.saml.certificates.pem)
//	saml.response.xml         a pasted message, verified with the connection's certificates and redacted as decode does (also
//	                          saml.request.xml, saml.logout.xml, saml.messages.txt for anything that decode opens);
//	                          file.saml.response.xml is one whose lines count
//	sent                      when the pasted messages were sent, RFC 3339; without it nobody knows
//	make                      what is done to the messages: signatures, encryption (make_test.go)
//	keys/NAME                 in ssoctl.yaml: a file of testdata/keys
//	saml.sso.http             answers of the single sign-on service; responses in them are opened as the probe does
//	KIND.obs.json             a whole observation, as a recording has it
//	login.http, id_token.json, claims.userinfo.json …: what a login brought (login_test.go)
//	want                      the real --format line output; empty or missing: silence
//
// `go test ./internal/check/all -update` writes want. Every rule is also run with each of its needs taken away and must
// then be unknown.

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

var update = flag.Bool("update", false, "write the want sections")

const root = "../../../testdata/"

// TestRules judges each rule's own cases by that rule alone.
func TestRules(t *testing.T) {
	lib := knowledge.New()
	for _, r := range Rules() {
		file := filepath.Join(root, "rules", strings.ToLower(r.Area()), r.Code+".txtar")
		t.Run(r.Code, func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatalf("every rule has a case file: %v", err)
			}
			cases := split(ar)
			for _, want := range []string{"fails", "passes"} {
				if !slices.ContainsFunc(cases, func(c story) bool { return c.group == want }) {
					t.Errorf("%s has no case that %s", file, want)
				}
			}
			for _, s := range cases {
				t.Run(s.group+"/"+s.name, func(t *testing.T) { judgeAlone(t, ar, r, s, lib) })
			}
			if *update {
				write(t, file, ar)
			}
		})
	}
}

func judgeAlone(t *testing.T, ar *txtar.Archive, r check.Rule, s story, lib *knowledge.Library) {
	set, conn, now := s.evidence(t, lib)
	var got string
	for _, c := range s.cases(t, set, conn, lib, now) {
		findings, results := check.Run([]check.Rule{r}, c)
		got += lines(t, findings)
		for _, res := range results {
			if res.Outcome == report.Broken {
				t.Fatalf("%s", res.Reason)
			}
			if s.group == "skipped" && c.Config != nil && res.Outcome != report.NotApplicable {
				t.Errorf("the outcome is %s (%s)", res.Outcome, res.Reason)
			}
			if s.group == "passes" && len(findings) == 0 && res.Outcome == report.Unknown && c.Config != nil && s.name != "undecided" && !strings.HasPrefix(s.name, "undecided") {
				t.Errorf("the outcome is unknown (%s); name the case undecided… if that is meant", res.Reason)
			}
		}
	}
	if s.group == "fails" && got == "" {
		t.Errorf("no finding")
	}
	if s.group == "passes" && got != "" {
		t.Errorf("findings in a case that passes:\n%s", got)
	}
	s.compare(t, ar, got)
	without := func(kinds ...evidence.Kind) {
		if conn == nil || len(kinds) == 0 || slices.Contains(kinds, evidence.Config) || slices.Contains(kinds, evidence.File) {
			return
		}
		less := evidence.Set{}
		for k, obs := range set {
			if !slices.Contains(kinds, k) {
				less[k] = obs
			}
		}
		_, results := check.Run([]check.Rule{r}, check.New(conn, lib, less, now))
		if o := results[0].Outcome; o != report.Unknown && o != report.NotApplicable {
			t.Errorf("without %s the outcome is %s, not unknown", kinds, o)
		}
	}
	for _, kind := range r.Needs {
		without(kind)
	}
	without(r.AnyOf...)
}

// TestCases judges whole stories by all rules.
func TestCases(t *testing.T) {
	files, err := filepath.Glob(root + "cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	lib := knowledge.New()
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := story{files: map[string][]byte{}}
			for _, f := range ar.Files {
				s.files[f.Name] = f.Data
			}
			set, conn, now := s.evidence(t, lib)
			var got string
			for _, c := range s.cases(t, set, conn, lib, now) {
				findings, results := check.Run(Rules(), c)
				for _, res := range results {
					if res.Outcome == report.Broken {
						t.Errorf("%s: %s", res.Code, res.Reason)
					}
				}
				got += lines(t, findings)
			}
			s.compare(t, ar, got)
			if *update {
				write(t, file, ar)
			}
		})
	}
}

func (s story) compare(t *testing.T, ar *txtar.Archive, got string) {
	t.Helper()
	name := "want"
	if s.group != "" {
		name = s.group + "/" + s.name + "/want"
	}
	if *update {
		set(ar, name, got)
		return
	}
	if diff := cmp.Diff(strings.TrimSpace(string(s.files["want"])), strings.TrimSpace(got)); diff != "" {
		t.Errorf("want (-) and got (+) differ:\n%s", diff)
	}
}

func set(ar *txtar.Archive, name, text string) {
	i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		if text == "" {
			return
		}
		prefix := strings.TrimSuffix(name, "want")
		i = len(ar.Files)
		for j, f := range ar.Files {
			if strings.HasPrefix(f.Name, prefix) {
				i = j + 1
			}
		}
		ar.Files = slices.Insert(ar.Files, i, txtar.File{Name: name})
	}
	ar.Files[i].Data = []byte(text)
}

func write(t *testing.T, file string, ar *txtar.Archive) {
	t.Helper()
	if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
		t.Fatal(err)
	}
}
