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
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/render"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
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

// story is one case: its files, without the prefix.
type story struct {
	group, name string
	files       map[string][]byte
}

func split(ar *txtar.Archive) []story {
	var out []story
	for _, f := range ar.Files {
		parts := strings.SplitN(f.Name, "/", 3)
		if len(parts) != 3 {
			continue
		}
		i := slices.IndexFunc(out, func(s story) bool { return s.group == parts[0] && s.name == parts[1] })
		if i < 0 {
			out = append(out, story{group: parts[0], name: parts[1], files: map[string][]byte{}})
			i = len(out) - 1
		}
		out[i].files[parts[2]] = f.Data
	}
	return out
}

// evidence makes the set that the files describe.
func (s story) evidence(t *testing.T, lib *knowledge.Library) (evidence.Set, *connection.Connection, time.Time) {
	t.Helper()
	now := s.time(t, "now", time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	s.certified(t)
	set := evidence.Set{}
	var target *config.Target
	if text, ok := s.files["ssoctl.yaml"]; ok {
		if f, err := config.Parse("ssoctl.yaml", text); err == nil && len(f.Targets) > 0 {
			target = f.Targets[0]
			set[evidence.Config] = &evidence.Observation{Kind: evidence.Config, Source: "ssoctl.yaml", At: s.time(t, "read", now), Body: text}
		}
	}
	var issuer *connection.Connection
	if target != nil {
		issuer = connection.Resolve(target, lib, nil, connection.Seen{})
	}
	s.saml(t, set, target, lib, now)
	for name, data := range s.files {
		if strings.HasSuffix(name, ".http") {
			data = s.filled(t, data)
		}
		if obs := observation(t, name, data, issuer, now); obs != nil {
			set[obs.Kind] = obs
		}
	}
	s.messages(t, set, target, now)
	if target == nil {
		s.login(t, set, nil, now)
		return set, nil, now
	}
	conn := connection.Resolve(target, lib, s.own(t), discovered(set))
	s.login(t, set, conn, now)
	return set, conn, now
}

// time reads a section that holds a time.
func (s story) time(t *testing.T, section string, otherwise time.Time) time.Time {
	t.Helper()
	text, ok := s.files[section]
	if !ok {
		return otherwise
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// own is the user's own SP profile, in a section profile.yaml.
func (s story) own(t *testing.T) *knowledge.SP {
	text, ok := s.files["profile.yaml"]
	if !ok {
		return nil
	}
	sp, _, _, err := knowledge.ParseSP("profile.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return sp
}

func discovered(set evidence.Set) connection.Seen {
	if obs := set[evidence.SAMLMetadata]; obs != nil && obs.Failure == nil {
		if m, err := samldoc.ParseMetadata("", obs.Document(), "", "IDPSSODescriptor"); err == nil {
			return probe.SeenIn(m)
		}
	}
	obs := set[evidence.Discovery]
	if obs == nil || obs.Failure != nil {
		return connection.Seen{}
	}
	d, err := oidcdoc.ParseDiscovery("", obs.Document())
	if err != nil || !d.Object() {
		return connection.Seen{}
	}
	return connection.Seen{Discovery: d.Str}
}

// cases gives the case of the first connection and, when there is a connection file, that of the file as a whole.
func (s story) cases(t *testing.T, set evidence.Set, conn *connection.Connection, lib *knowledge.Library, now time.Time) []*check.Case {
	var out []*check.Case
	text, ok := s.files["ssoctl.yaml"]
	if ok {
		f, err := config.Parse("ssoctl.yaml", text)
		out = append(out, check.NewFile("ssoctl.yaml", f, err, lib, now))
	}
	if conn != nil || !ok {
		out = append(out, check.New(conn, lib, set, now))
	}
	return out
}

func observation(t *testing.T, name string, data []byte, conn *connection.Connection, now time.Time) *evidence.Observation {
	t.Helper()
	fetched := func(kind evidence.Kind, url string) *evidence.Observation {
		return &evidence.Observation{Kind: kind, Source: url, At: now, Exchanges: []evidence.Exchange{{Method: "GET", URL: url, Status: 200, At: now, Body: data,
			Header: map[string][]string{"Content-Type": {"application/json"}}}}}
	}
	switch {
	case name == "oidc.discovery.json" && conn != nil:
		return fetched(evidence.Discovery, conn.DiscoveryURL())
	case name == "oidc.discovery.rfc8414.json" && conn != nil:
		return fetched(evidence.OAuthMeta, connection.OAuthMetadataURL(conn.Issuer()))
	case name == "saml.metadata.xml":
		return fetched(evidence.SAMLMetadata, metadataURL(conn))
	case name == "file.saml.certificates.pem":
		return &evidence.Observation{Kind: evidence.SAMLCerts, Source: name[5:], Files: []evidence.NamedFile{{Name: name[5:], Body: data, State: "ok"}}}
	case isMessage(name), loginSection(name):
		return nil
	case name == "oidc.jwks.json":
		return fetched(evidence.JWKS, "https://idp.example.com/jwks")
	case strings.HasPrefix(name, "file."):
		kind := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "file."), ".json"), ".xml")
		return &evidence.Observation{Kind: evidence.Kind(kind), Source: name[5:], Body: data}
	case strings.HasSuffix(name, ".obs.json"):
		obs := &evidence.Observation{Kind: evidence.Kind(strings.TrimSuffix(name, ".obs.json"))}
		if err := json.Unmarshal(data, obs); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		obs.Kind = evidence.Kind(strings.TrimSuffix(name, ".obs.json"))
		return obs
	case strings.HasSuffix(name, ".http"):
		return exchanges(t, evidence.Kind(strings.TrimSuffix(name, ".http")), data, now)
	}
	return nil
}

// exchanges reads the .http form.
func exchanges(t *testing.T, kind evidence.Kind, data []byte, now time.Time) *evidence.Observation {
	t.Helper()
	obs := &evidence.Observation{Kind: kind, At: now}
	for _, part := range strings.Split(string(data), "====\n") {
		head, body, _ := strings.Cut(strings.TrimLeft(part, "\n"), "\n\n")
		rows := strings.Split(strings.TrimRight(head, "\n"), "\n")
		ex := evidence.Exchange{At: now, Header: map[string][]string{}, Body: []byte(strings.TrimSuffix(body, "\n"))}
		first := rows[0]
		if i := strings.Index(first, " ["); i > 0 {
			ex.Label, first = strings.TrimSuffix(first[i+2:], "]"), first[:i]
		}
		ex.Method, ex.URL, _ = strings.Cut(first, " ")
		if len(rows) < 2 {
			t.Fatalf("%s: an exchange without a status:\n%s", kind, part)
		}
		if stage, ok := strings.CutPrefix(rows[1], "! "); ok {
			f := strings.SplitN(stage, " ", 3)
			ex.Failure = &evidence.Failure{Stage: evidence.Stage(f[0]), Code: f[1], Text: f[2]}
		} else if rows[1] != "received" { // by us: nothing was answered
			status, err := strconv.Atoi(strings.TrimSpace(rows[1]))
			if err != nil {
				t.Fatalf("%s: status %q", kind, rows[1])
			}
			ex.Status = status
		}
		for _, row := range rows[2:] {
			k, v, _ := strings.Cut(row, ": ")
			if k == "!" { // a failure after the status: the body broke off
				f := strings.SplitN(v, " ", 3)
				ex.Failure = &evidence.Failure{Stage: evidence.Stage(f[0]), Code: f[1], Text: f[2]}
				continue
			}
			ex.Header[http.CanonicalHeaderKey(k)] = append(ex.Header[http.CanonicalHeaderKey(k)], v)
		}
		obs.Exchanges = append(obs.Exchanges, ex)
	}
	obs.Source = obs.Exchanges[0].URL
	if last := obs.Last(); last.Status == 0 {
		obs.Failure = last.Failure
	}
	return obs
}

// lines is the real --format line output.
func lines(t *testing.T, findings []report.Finding) string {
	t.Helper()
	var b bytes.Buffer
	r := &report.Report{Connections: []report.Connection{{Name: "connection", Findings: findings}}}
	if err := render.Write(&b, "line", r, render.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
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
