package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"net"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
)

// bench is an App on a lab: everything real but the terminal.
type bench struct {
	app      *App
	out, err *bytes.Buffer
	dir      string
	lab      *lab.Lab
	redirect string // where a login is to end in place of the SP, on loopback
	page     string // what a browser was shown at the end of a login
}

// newBench starts a lab and writes its connection file and CA into a folder of its own.
func newBench(t testing.TB, o lab.Options) *bench {
	t.Helper()
	l, err := lab.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	b := &bench{out: &bytes.Buffer{}, err: &bytes.Buffer{}, dir: t.TempDir(), lab: l}
	b.write(t, "ssoctl.yaml", l.Connection())
	b.write(t, "ca.pem", string(l.CAPEM))
	app := System()
	app.In, app.Out, app.Err, app.Dir = strings.NewReader(""), b.out, b.err, b.dir
	app.InTTY, app.OutTTY, app.ErrTTY, app.Width = false, false, false, 100
	app.Getenv = func(name string) string {
		switch name {
		case lab.SecretEnv:
			return l.ClientSecret
		case lab.SPKeyEnv:
			key, _ := l.SPKeys()
			return key
		case "HOME":
			return b.dir
		}
		return ""
	}
	app.Context = func() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) }
	if !l.Fault.Resolver {
		app.Lookup = func(_ context.Context, host string) ([]string, error) {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
	}
	b.app = app
	return b
}

func (b *bench) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// doctor runs doctor on the lab's connection.
func (b *bench) doctor(t testing.TB, change func(*doctorOptions)) *report.Report {
	t.Helper()
	o := doctorOptions{judging: judging{format: "json", failOn: "error", color: "never"}, network: network{timeout: defaultTimeout, caFile: "ca.pem", resolve: b.lab.Resolves()}}
	if change != nil {
		change(&o)
	}
	r, err := doctor(b.app, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func roots(r *report.Report) (codes []string) {
	for _, c := range r.Connections {
		for _, f := range c.Findings {
			if f.CausedBy == "" && !slices.Contains(codes, f.Code) {
				codes = append(codes, f.Code)
			}
		}
	}
	return codes
}

func broke(t *testing.T, r *report.Report) {
	t.Helper()
	for _, c := range r.Connections {
		for _, res := range c.Results {
			if res.Outcome == report.Broken {
				t.Errorf("%s: %s", res.Code, res.Reason)
			}
		}
	}
}

// TestHealthyLab demands silence: not one finding, of any severity.
func TestHealthyLab(t *testing.T) {
	for name, deep := range map[string]bool{"default": false, "deep": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, lab.Options{})
			r := b.doctor(t, func(o *doctorOptions) { o.deep = deep })
			broke(t, r)
			for _, f := range r.Connections[0].Findings {
				t.Errorf("%s %s: %s (%s)", f.Severity, f.Code, f.Message, f.Where)
			}
			if v := r.Connections[0].Verdict; v != report.VerdictHealthy {
				t.Errorf("verdict %s", v)
			}
		})
	}
}

// TestFaults puts each fault of the lab in and demands that exactly its rule speaks; consequences may stand under it.
func TestFaults(t *testing.T) {
	known := map[string]bool{}
	for _, r := range all.Rules() {
		known[r.Code] = true
	}
	for _, f := range lab.Faults() {
		if f.Login || f.Rotate || f.SP || !known[f.Code] {
			continue // needs a login, which doctor does not make; docs/rules/omitted.md lists the rules that are left out
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{Fault: f.Name})
			change := func(o *doctorOptions) {
				o.deep = f.Deep
				if strings.HasPrefix(f.Name, "NET020") {
					o.timeout = 1500 * time.Millisecond
				}
			}
			r := b.doctor(t, change)
			broke(t, r)
			if got := roots(r); !slices.Equal(got, []string{f.Code}) {
				t.Errorf("%s: roots %v", f.Title, got)
				for _, x := range r.Connections[0].Findings {
					t.Logf("%s %s (caused by %q): %s", x.Severity, x.Code, x.CausedBy, x.Message)
				}
				for _, res := range r.Connections[0].Results {
					if res.Code == f.Code {
						t.Logf("%s: %s %s", res.Code, res.Outcome, res.Reason)
					}
				}
			}
		})
	}
}
