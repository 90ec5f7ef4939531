package all

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

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
