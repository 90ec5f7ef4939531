package push_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/push"
)

// bench is one connection and the world around it.
type bench struct {
	t      *testing.T
	target *config.Target
	env    map[string]string
	dir    string
	cert   string // of the IdP, PEM
}

func newBench(t *testing.T, file string, env map[string]string) *bench {
	t.Helper()
	f, err := config.Parse("ssoctl.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Problems {
		t.Fatalf("%s: %s", p.Path, p.Message())
	}
	return &bench{t: t, target: f.Targets[0], env: env, dir: t.TempDir()}
}

// job is one run of ssoctl.
func (b *bench) job(ctx context.Context, target string) *push.Job {
	b.t.Helper()
	api, ok := push.Find(target)
	if !ok {
		b.t.Fatalf("no target %q", target)
	}
	lib := knowledge.New()
	getenv := func(name string) string { return b.env[name] }
	env := &probe.Env{Now: time.Now, Random: func() string { return "0123456789012345678901" }, Getenv: getenv,
		ReadFile: os.ReadFile, Lookup: net.DefaultResolver.LookupHost, Dial: (&net.Dialer{}).DialContext, UserAgent: "test"}
	session := probe.Open(ctx, env, b.target, lib, nil)
	b.t.Cleanup(session.Close)
	return &push.Job{Target: api, Session: session, Input: emit.Input{Connection: connection.Resolve(b.target, lib, nil, connection.Seen{}), Certificate: b.cert},
		Getenv: getenv, Now: time.Now, StateFile: b.state(target)}
}

func (b *bench) state(target string) string { return filepath.Join(b.dir, "deep", target+".json") }

func (b *bench) stateText(target string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.state(target))
	if err != nil && !os.IsNotExist(err) {
		b.t.Fatal(err)
	}
	return string(text)
}

func (b *bench) plan(target string) *push.Plan {
	b.t.Helper()
	p, err := b.job(b.t.Context(), target).Plan(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// apply plans, does what between says, and applies.
func (b *bench) apply(target string, between func()) {
	b.t.Helper()
	j := b.job(b.t.Context(), target)
	p, err := j.Plan(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	if between != nil {
		between()
	}
	left, err := j.Apply(b.t.Context(), p)
	if err != nil || len(left) > 0 {
		b.t.Fatalf("apply: %v, left %+v", err, left)
	}
	if info, err := os.Stat(b.state(target)); p.Action != push.None && (err != nil || info.Mode().Perm() != 0o600) {
		b.t.Errorf("state: %v %v", info, err)
	}
}

// fails plans and applies, one of which has to fail.
func (b *bench) fails(target string) string {
	b.t.Helper()
	j := b.job(b.t.Context(), target)
	p, err := j.Plan(b.t.Context())
	if err == nil {
		_, err = j.Apply(b.t.Context(), p)
	}
	if err == nil {
		b.t.Fatalf("%s took it: %+v", target, p)
	}
	return err.Error()
}

func (b *bench) undo(target string) {
	b.t.Helper()
	j := b.job(b.t.Context(), target)
	p, err := j.PlanUndo(b.t.Context())
	if err == nil {
		err = j.ApplyUndo(b.t.Context(), p)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// hides sees that a secret is in nothing that is shown or kept.
func (b *bench) hides(shown any, secret string) {
	b.t.Helper()
	text, err := json.Marshal(shown)
	if err != nil {
		b.t.Fatal(err)
	}
	if strings.Contains(string(text), secret) {
		b.t.Errorf("the secret shows in %s", strings.ReplaceAll(string(text), secret, "CANARY"))
	}
}
