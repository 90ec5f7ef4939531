package cli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

type checkOptions struct {
	judging
	as     string
	fix    bool
	strict bool
}

func newCheck(app *App) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check [PATH…]",
		Short: "lint files, without the network: connection files, metadata, certificates, key sets, messages",
		Long: `check judges files by the rules that doctor uses on live connections, as far as files can tell: connection files, SP profiles,
SAML metadata of IdPs and SPs, certificates, saved SAML messages, discovery documents and key sets. It never uses the network and
looks up no environment variable. A folder is searched for files that it knows; - reads standard input.`,
		Example: `  ssoctl check                          the ssoctl.yaml here or in a parent folder
  ssoctl check sso/ other.yaml          many files
  ssoctl check --format github sso/     annotations for a pull request
  ssoctl check --fix sso/orq.yaml       write what has one certain fix
  ssoctl check --at 2027-03-01 sso/     what breaks before March?`,
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := runCheck(app, o, args)
			if err != nil {
				return err
			}
			return app.finish(r, o.judging)
		},
	}
	o.judging.register(cmd)
	cmd.Flags().StringVar(&o.as, "as", "", "what the files are: "+strings.Join(roles, ", "))
	cmd.Flags().BoolVar(&o.fix, "fix", false, "write the edits that findings come with into the connection files")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "exit 3 when a rule could not be decided")
	return cmd
}

// roles are the values of --as.
var roles = []string{"connections", "sp-profile", "discovery", "jwks", "idp-metadata", "sp-metadata", "certificate", "saml-message", "recording"}

// input is one file to check.
type input struct {
	name string // as given
	data []byte
	role string
}

// runCheck makes the report on files.
func runCheck(app *App, o checkOptions, args []string) (*report.Report, error) {
	start := app.Now()
	rules := all.Rules()
	selection, err := o.selection(rules)
	if err != nil {
		return nil, err
	}
	now, err := o.now(start.UTC().Truncate(time.Second))
	if err != nil {
		return nil, err
	}
	if o.as != "" && !slices.Contains(roles, o.as) {
		return nil, usage("", "unknown --as %q; known: %s", o.as, strings.Join(roles, ", "))
	}
	names, err := app.expand(o, args)
	if err != nil {
		return nil, err
	}
	j := &judge{rules: selection.Filter(rules), lib: knowledge.New(), now: func(time.Time) time.Time { return now }}
	r := &report.Report{Tool: report.Tool{Name: "ssoctl", Version: Version}, At: now, Command: "check"}
	r.Connections, r.Files, err = app.checkAll(j, o, names)
	if err != nil {
		return nil, err
	}
	if o.fix {
		if err := app.fixAndJudgeAgain(j, o, names, r); err != nil {
			return nil, err
		}
	}
	if o.strict {
		markUndecided(r)
	}
	r.Elapsed = app.Now().Sub(start)
	r.Conclude()
	return r, nil
}

// fixAndJudgeAgain applies the edits and judges the files once more: what is left is what a mended file still says. What was done
// is noted at the first connection of each file.
func (a *App) fixAndJudgeAgain(j *judge, o checkOptions, names []named, r *report.Report) error {
	done, err := a.applyFixes(r)
	if err != nil || len(done) == 0 {
		return err
	}
	if r.Connections, r.Files, err = a.checkAll(j, o, names); err != nil {
		return err
	}
	for i := range r.Connections {
		c := &r.Connections[i]
		c.Notes = append(c.Notes, done[c.Where.File]...)
		delete(done, c.Where.File)
	}
	return nil
}

func markUndecided(r *report.Report) {
	for i := range r.Connections {
		c := &r.Connections[i]
		for _, res := range c.Results {
			if res.Outcome == report.Unknown {
				c.Undecided = append(c.Undecided, res.Code)
			}
		}
	}
}

// named is a path with whether the user gave it himself: then it must be something that check knows.
type named struct {
	path  string
	given bool
}

// expand lists the files: the paths given, folders searched, or the connection file when none is given.
func (a *App) expand(o checkOptions, args []string) ([]named, error) {
	if len(args) == 0 {
		name, err := a.find(o.config)
		return []named{{name, true}}, err
	}
	var out []named
	for _, arg := range args {
		if arg == "-" {
			out = append(out, named{arg, true})
			continue
		}
		info, err := os.Stat(a.path(arg))
		if err != nil {
			return nil, usage("", "%w", err)
		}
		if !info.IsDir() {
			out = append(out, named{arg, true})
			continue
		}
		if err := walk(a.path(arg), arg, &out); err != nil {
			return nil, usage("", "%w", err)
		}
	}
	return out, nil
}

func walk(root, shown string, out *[]named) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		switch filepath.Ext(path) {
		case ".yaml", ".yml", ".json", ".xml", ".pem", ".crt", ".cer", ".der":
			if info, err := d.Info(); err == nil && d.Type().IsRegular() && info.Size() <= maxInput {
				rel, err := filepath.Rel(root, path)
				if err != nil {
					return err
				}
				*out = append(*out, named{filepath.Join(shown, rel), false})
			}
		}
		return nil
	})
}

// checkAll judges the files on all cores and keeps their order.
func (a *App) checkAll(j *judge, o checkOptions, names []named) ([]report.Connection, int, error) {
	type outcome struct {
		connections []report.Connection
		known       bool
		err         error
	}
	outcomes := make([]outcome, len(names))
	work := make(chan int)
	var wg sync.WaitGroup
	for range min(len(names), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range work {
				c, known, err := a.checkOne(j, o, names[i])
				outcomes[i] = outcome{c, known, err}
			}
		})
	}
	for i := range names {
		work <- i
	}
	close(work)
	wg.Wait()
	var out []report.Connection
	files := 0
	for _, oc := range outcomes {
		if oc.err != nil {
			return nil, 0, oc.err
		}
		if oc.known {
			files++
		}
		out = append(out, oc.connections...)
	}
	return out, files, nil
}

// checkOne reads one file, finds out what it is and judges it. known is false for a file of a folder that is none of ours.
func (a *App) checkOne(j *judge, o checkOptions, n named) (out []report.Connection, known bool, err error) {
	in := input{name: n.path, role: o.as}
	if n.path == "-" {
		in.data, err = readAll(a.In, "-", maxInput)
	} else {
		in.data, err = readCapped(a.path(n.path), maxInput)
	}
	if err != nil {
		return nil, false, usage("", "%w", err)
	}
	if in.role == "" {
		in.role = recognise(in)
	}
	if !n.given && (in.role == "" || !textual(in.data)) {
		return nil, false, nil
	}
	switch in.role {
	case "connections", "": // a file that nobody recognises and that was given is taken for a connection file gone wrong
		if !textual(in.data) {
			return nil, false, usage("say what it is with --as", "%s is binary; check reads text", in.name)
		}
		if len(in.data) > config.MaxSize {
			return nil, false, usage("", "%s is larger than %d MiB; connection files are not", in.name, config.MaxSize>>20)
		}
		return a.checkConnections(j, in), true, nil
	case "sp-profile":
		return []report.Connection{j.profile(in)}, true, nil
	case "discovery":
		return []report.Connection{j.document(in, evidence.Discovery)}, true, nil
	case "jwks":
		return []report.Connection{j.document(in, evidence.JWKS)}, true, nil
	case "idp-metadata":
		return []report.Connection{j.document(in, evidence.SAMLMetadata)}, true, nil
	case "sp-metadata":
		return []report.Connection{j.document(in, evidence.SPMetadata)}, true, nil
	case "certificate":
		return []report.Connection{j.document(in, evidence.SAMLCerts)}, true, nil
	case "saml-message":
		return []report.Connection{j.document(in, evidence.SAMLMessages)}, true, nil
	}
	return nil, false, usage("ssoctl doctor --evidence "+in.name, "%s is a recording", in.name)
}

// checkConnections judges a connection file: the file as a whole, then each connection.
func (a *App) checkConnections(j *judge, in input) []report.Connection {
	f, err := parseRedacted(in.name, in.data)
	var parse *source.Error
	if err != nil && !errors.As(err, &parse) {
		parse = &source.Error{File: in.name, Msg: err.Error()}
	}
	var out []report.Connection
	if entry := j.file(in.name, f, parse, a.Now()); entry != nil {
		out = append(out, *entry)
	}
	if f == nil {
		return out
	}
	n := network{}
	env, err := n.env(a, base(a, in.name), true)
	if err != nil {
		return out // cannot happen: there is nothing to configure without a network
	}
	for _, t := range f.Targets {
		out = append(out, j.connection(j.gather(context.Background(), env, a, t)))
	}
	return out
}

// document judges a bare document.
func (j *judge) document(in input, kind evidence.Kind) report.Connection {
	obs := &evidence.Observation{Kind: kind, Source: in.name}
	protocol := "oidc"
	switch kind {
	case evidence.SAMLCerts:
		obs.Files, protocol = []evidence.NamedFile{{Name: in.name, Body: in.data, State: "ok"}}, "saml"
	case evidence.SAMLMessages:
		obs.Messages, protocol = messages(in.name, in.data), "saml"
	case evidence.SAMLMetadata, evidence.SPMetadata:
		obs.Body, protocol = in.data, "saml"
	default:
		obs.Body = in.data
	}
	set := evidence.Redact(evidence.Set{kind: obs}, []byte(in.name))
	c := check.New(nil, j.lib, set, j.now(time.Time{}))
	findings, results := check.Run(j.rules, c)
	results = slices.DeleteFunc(results, func(r report.Result) bool { return r.Outcome == report.Unknown })
	return report.Connection{Name: in.name, IdP: c.IdP.ID, IdPName: c.IdP.Name, Protocol: protocol, Findings: findings, Results: results, Where: report.Location{File: in.name}}
}

// textual reports whether data can be a text at all. UTF-16 is one, though not one that is read: the parser says so.
func textual(data []byte) bool {
	utf16 := bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
	return utf16 || !slices.Contains(data[:min(len(data), 8192)], 0)
}
