package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

type doctorOptions struct {
	judging
	network
	emitFix string
}

func newDoctor(app *App) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor [NAME… | URL]",
		Short: "look at live connections: what is wrong, why, and what to change where",
		Long: `doctor asks the IdP the harmless questions that the SP's own login would ask, and says what is wrong, why, and
what to change where. It needs no user and no password. Given a URL (issuer, discovery URL or only a host) it needs no file.`,
		Example: `  ssoctl doctor                                        all connections of ssoctl.yaml
  ssoctl doctor orq-keycloak                           one of them
  ssoctl doctor https://login.example.com/realms/main  an IdP, without a file
  ssoctl doctor --record run.json                      keep the evidence, redacted, for a ticket
  ssoctl doctor --evidence run.json                    judge it again elsewhere
  ssoctl doctor orq-keycloak --emit-fix fix/           what to import, and where, to mend it`,
		RunE: func(_ *cobra.Command, args []string) error {
			if o.emitFix != "" && len(args) == 1 && looksLikeURL(args[0]) {
				return usage("", "%w", errNoFile)
			}
			r, err := doctor(app, o, args)
			if err != nil {
				return err
			}
			return app.finish(r, o.judging)
		},
	}
	o.judging.register(cmd)
	o.network.register(cmd)
	cmd.Flags().StringVar(&o.emitFix, "emit-fix", "", "write the corrected connection file, and the configuration for the side that is wrong, into `DIR`")
	return cmd
}

// doctor makes the report on live connections, or on a recording.
func doctor(app *App, o doctorOptions, args []string) (*report.Report, error) {
	start := app.Now().UTC().Truncate(time.Second)
	rules := all.Rules()
	selection, err := o.selection(rules)
	if err != nil {
		return nil, err
	}
	j := &judge{rules: selection.Filter(rules), lib: knowledge.New()}
	if _, err := o.now(start); err != nil {
		return nil, err
	}
	j.now = func(recorded time.Time) time.Time { t, _ := o.now(recorded); return t }
	r := &report.Report{Tool: report.Tool{Name: "ssoctl", Version: Version}, At: start, Command: "doctor"}
	var subjects []subject
	if o.evidence != "" {
		if subjects, r.At, err = app.fromRecording(o, args); err != nil {
			return nil, err
		}
	} else {
		f, targets, err := app.targets(o, args)
		var parse *source.Error
		if errors.As(err, &parse) { // nothing to probe: the file itself is the matter
			f, err = nil, nil
		}
		if err != nil {
			return nil, err
		}
		if entry := j.file(fileName(f, parse), f, parse, start); entry != nil {
			r.Connections = append(r.Connections, *entry)
		}
		if err := j.known(targets); err != nil {
			return nil, err
		}
		if len(targets) > 0 {
			if subjects, r.Interrupted, err = app.probeAll(j, o, f, targets); err != nil {
				return nil, err
			}
			for i := range subjects { // the recording knows only when the run began
				subjects[i].at = start
			}
		}
	}
	for _, s := range subjects {
		fromURL := s.target.File().Doc.File == ""
		if fromURL {
			adopt(&s)
		}
		c := j.connection(s)
		decide(&c, s)
		if fromURL {
			fromAddress(&c, s)
		}
		r.Connections = append(r.Connections, c)
		r.Elapsed = max(r.Elapsed, s.elapsed)
	}
	if r.At, err = o.now(r.At); err != nil {
		return nil, err
	}
	r.Conclude()
	if o.emitFix != "" {
		if err := app.mendFiles(r, o, subjects); err != nil {
			return nil, err
		}
	}
	if o.record != "" && o.evidence == "" {
		return r, app.record("doctor", o.record, start, subjects)
	}
	return r, nil
}

// fromRecording reads the subjects of --evidence.
func (a *App) fromRecording(o doctorOptions, args []string) ([]subject, time.Time, error) {
	b, err := readCapped(a.path(o.evidence), 64<<20)
	if err != nil {
		return nil, time.Time{}, usage("", "%w", err)
	}
	rec, err := evidence.Load(bytes.NewReader(b))
	if err != nil {
		return nil, time.Time{}, usage("a recording is what doctor --record writes", "%s: %w", o.evidence, err)
	}
	subjects, err := replay(rec, append(args, o.names...))
	return subjects, rec.At, err
}

// targets finds the connections that were asked for: of the file, or made of a URL.
func (a *App) targets(o doctorOptions, args []string) (*config.File, []*config.Target, error) {
	if len(args) == 1 && looksLikeURL(args[0]) {
		f, err := fromURL(args[0])
		if err != nil {
			return nil, nil, err
		}
		return f, f.Targets, nil
	}
	name, err := a.find(o.config)
	if err != nil {
		return nil, nil, err
	}
	f, err := a.load(name)
	if err != nil {
		return nil, nil, err
	}
	if len(f.Targets) == 0 {
		return f, nil, nil
	}
	wanted := append(append([]string{}, args...), o.names...)
	var out []*config.Target
	for _, t := range f.Targets {
		if len(wanted) == 0 || slices.Contains(wanted, t.Name) {
			out = append(out, t)
		}
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(f.Targets, func(t *config.Target) bool { return t.Name == w }) {
			return nil, nil, unknownConnection(f, w)
		}
	}
	return f, out, nil
}

func unknownConnection(f *config.File, name string) error {
	var names []string
	for _, t := range f.Targets {
		names = append(names, t.Name)
	}
	hint := "connections there: " + strings.Join(names, ", ")
	if near := source.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usage(hint, "no connection %q in %s", name, f.Doc.File)
}

// probeAll looks at the connections, four at a time. An interrupt ends the looking, not the report.
func (a *App) probeAll(j *judge, o doctorOptions, f *config.File, targets []*config.Target) ([]subject, bool, error) {
	env, err := o.env(a, base(a, f.Doc.File), false)
	if err != nil {
		return nil, false, err
	}
	ctx, stop := a.Context()
	defer stop()
	bar := a.progress(o.judging, fmt.Sprintf("asking %d connection(s) …", len(targets)))
	defer bar()
	out := make([]subject, len(targets))
	slots := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for i, t := range targets {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			one, cancel := context.WithTimeout(ctx, o.timeout)
			defer cancel()
			out[i] = j.gather(one, env, a, t)
		})
	}
	wg.Wait()
	return out, ctx.Err() != nil, nil
}

// record saves the evidence of a run.
func (a *App) record(command, name string, at time.Time, subjects []subject) error {
	rec := evidence.Recording{Schema: 1, Tool: "ssoctl " + Version, At: at, Command: command}
	for _, s := range subjects {
		rec.Connections = append(rec.Connections, s.recorded())
	}
	var b bytes.Buffer
	if err := rec.Save(&b); err != nil {
		return err
	}
	if err := os.WriteFile(a.path(name), b.Bytes(), 0o600); err != nil {
		return usage("", "write --record: %w", err)
	}
	return nil
}
