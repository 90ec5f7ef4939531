package cli

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
)

// judge turns evidence into a judgement. It is the same for live runs, recordings and files.
type judge struct {
	rules []check.Rule
	lib   *knowledge.Library
	now   func(recorded time.Time) time.Time
}

// subject is one connection with what was gathered on it.
type subject struct {
	target  *config.Target
	own     *knowledge.SP
	ownRaw  []byte
	set     evidence.Set
	elapsed time.Duration
	at      time.Time
}

// gather looks at one connection and redacts what was seen before anybody else gets it.
func (j *judge) gather(ctx context.Context, env *probe.Env, app *App, t *config.Target) subject {
	s := subject{target: t, at: app.Now()}
	s.own, s.ownRaw, _ = ownProfile(t, env.ReadFile)
	result := probe.Gather(ctx, env, t, j.lib, s.own, check.Kinds(j.rules))
	s.elapsed = app.Now().Sub(s.at)
	s.set = result.Set
	s.set[evidence.Config] = &evidence.Observation{Kind: evidence.Config, Source: t.File().Doc.File, At: s.at, Body: t.File().Doc.Raw}
	key := sha256.Sum256([]byte(app.Random()))
	s.set = evidence.Redact(s.set, key[:])
	return s
}

// connection judges one subject.
func (j *judge) connection(s subject) report.Connection {
	out, _ := j.judged(s)
	return out
}

// judged also gives the case, for who shows what was judged.
func (j *judge) judged(s subject) (report.Connection, *check.Case) {
	conn := connection.Resolve(s.target, j.lib, s.own, discovered(s.set))
	c := check.New(conn, j.lib, s.set, j.now(s.at))
	findings, results := check.Run(j.rules, c)
	out := report.Connection{
		Name: s.target.Name, SP: conn.SP.ID, SPName: conn.SP.Name, IdP: conn.IdP.ID, IdPName: conn.IdP.Name, How: conn.How,
		Protocol: string(s.target.Protocol()), Findings: findings, Results: results, Where: s.target.Pos("name"), Elapsed: s.elapsed,
	}
	out.Lines = check.Summarise(c, findings)
	if entries := c.Undecided(); len(entries) > 0 {
		out.Lines = append(out.Lines, report.Line{Area: "login", Outcome: report.Unknown,
			Text: "not decided without a login: " + strings.Join(entries, ", ") + " (ssoctl test-login " + s.target.Name + ")"})
	}
	explained(&out)
	if s.own != nil {
		out.SP = s.target.SPProfile()
	}
	return out, c
}

// discovered is what the IdP's documents in a set tell about the product.
func discovered(set evidence.Set) connection.Seen {
	if obs := answered(set[evidence.SAMLMetadata]); obs != nil {
		if m, err := samldoc.ParseMetadata("", obs.Document(), "", "IDPSSODescriptor"); err == nil {
			return probe.SeenIn(m)
		}
	}
	obs := answered(set[evidence.Discovery])
	if obs == nil {
		return connection.Seen{}
	}
	d, err := oidcdoc.ParseDiscovery("", obs.Document())
	if err != nil || !d.Object() {
		return connection.Seen{}
	}
	return connection.Seen{Discovery: d.Str}
}

// answered gives an observation that holds a document: a file, or an answer with status 200; else nil.
func answered(obs *evidence.Observation) *evidence.Observation {
	if obs == nil || obs.Failure != nil {
		return nil
	}
	if last := obs.Last(); last != nil && (last.Status != 200 || last.Cut) {
		return nil
	}
	return obs
}

// recorded makes a subject into its part of a recording.
func (s subject) recorded() evidence.Recorded {
	r := evidence.Recorded{Name: s.target.Name, Elapsed: s.elapsed, Profile: s.ownRaw}
	for _, obs := range s.set {
		r.Evidence = append(r.Evidence, obs)
	}
	slices.SortFunc(r.Evidence, func(a, b *evidence.Observation) int {
		return slices.Compare([]byte(a.Kind), []byte(b.Kind))
	})
	return r
}

// replay makes the subjects of a recording. Names limit them; empty: all.
func replay(rec *evidence.Recording, names []string) ([]subject, error) {
	var out []subject
	for _, r := range rec.Connections {
		if len(names) > 0 && !slices.Contains(names, r.Name) {
			continue
		}
		s := subject{set: r.Set(), elapsed: r.Elapsed, at: rec.At}
		obs := s.set[evidence.Config]
		if obs == nil {
			return nil, usage("", "the recording holds no configuration of %q", r.Name)
		}
		f, err := parseRedacted(obs.Source, obs.Body)
		if err != nil {
			return nil, usage("", "the recording's configuration of %q: %w", r.Name, err)
		}
		i := slices.IndexFunc(f.Targets, func(t *config.Target) bool { return t.Name == r.Name })
		if i < 0 {
			return nil, usage("", "the recording's configuration names no connection %q", r.Name)
		}
		s.target = f.Targets[i]
		if len(r.Profile) > 0 {
			if s.own, _, _, err = knowledge.ParseSP(s.target.SPProfile(), r.Profile); err != nil {
				return nil, usage("", "the recording's profile of %q: %w", r.Name, err)
			}
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, usage("", "the recording holds no connection of that name")
	}
	return out, nil
}

// base is the folder that a connection file's references are relative to.
func base(app *App, file string) string { return filepath.Dir(app.path(file)) }

// file judges a connection file as a whole; nil when there is nothing to say about it.
func (j *judge) file(name string, f *config.File, parse *source.Error, at time.Time) *report.Connection {
	var parsed error
	if parse != nil {
		parsed = parse
	}
	findings, results := check.Run(j.rules, check.NewFile(name, f, parsed, j.lib, j.now(at)))
	if len(findings) == 0 {
		return nil
	}
	results = slices.DeleteFunc(results, func(r report.Result) bool { return r.Outcome == report.Unknown })
	return &report.Connection{Name: name, Findings: findings, Results: results, Where: report.Location{File: name}}
}

func fileName(f *config.File, parse *source.Error) string {
	if f == nil {
		return parse.File
	}
	return f.Doc.File
}

// known refuses a live run on an SP profile that does not exist.
func (j *judge) known(targets []*config.Target) error {
	for _, t := range targets {
		id := t.SPProfile()
		if _, ok := j.lib.SP(id); ok || id == "" || isProfilePath(id) {
			continue
		}
		var ids []string
		for _, h := range j.lib.Heads().SPs {
			ids = append(ids, h.ID)
		}
		hint := ""
		if near := source.Nearest(id, ids); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return usage("ssoctl catalog sps", "unknown SP profile %q (%s)%s", id, t.Pos("sp/profile"), hint)
	}
	return nil
}
