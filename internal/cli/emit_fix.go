package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// mendFiles is --emit-fix of doctor.
func (a *App) mendFiles(r *report.Report, o doctorOptions, subjects []subject) error {
	file, err := a.find(o.config)
	if err != nil {
		return err
	}
	seen := map[string]connection.Seen{}
	for _, s := range subjects {
		seen[s.target.Name] = discovered(s.set)
	}
	return a.emitFix(r, file, o.emitFix, seen)
}

// emitFix writes into a folder what mends the findings of a report: the connection file with their edits applied, and for each connection
// the configuration of the side that is wrong, made of the corrected file. seen is what the IdPs' own documents say, by connection.
func (a *App) emitFix(r *report.Report, file, dir string, seen map[string]connection.Seen) error {
	raw, err := readCapped(a.path(file), config.MaxSize)
	if err != nil {
		return usage("", "%w", err)
	}
	f, err := parseRedacted(file, raw)
	if err != nil {
		return usage("", "--emit-fix: %w", err)
	}
	text, edited := corrected(r, file, f.Doc.Raw)
	if f, err = config.Parse(file, text); err != nil {
		return err
	}
	if err := os.MkdirAll(a.path(dir), 0o755); err != nil {
		return usage("", "%w", err)
	}
	var written []string
	if edited {
		path := filepath.Join(a.path(dir), filepath.Base(file))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return usage("", "%w", err)
		}
		written = append(written, path)
		if !bytes.Equal(raw, f.Redacted()) && bytes.Contains(text, []byte(config.RedactedMark)) {
			fmt.Fprintf(a.Err, "%s: a secret stood in plain text and is left out; put a reference in its place\n", path)
		}
	}
	lib := knowledge.New()
	for _, c := range r.Connections {
		i := slices.IndexFunc(f.Targets, func(t *config.Target) bool { return t.Name == c.Name })
		if i < 0 {
			continue
		}
		in, err := a.emitInput(f.Targets[i], lib, seen[c.Name])
		if err != nil {
			return err
		}
		for _, side := range wrongSides(c.Findings) {
			paths, err := a.fixOf(in, side, dir)
			if err != nil {
				fmt.Fprintf(a.Err, "%s: nothing is written for the %s: %v\n", c.Name, side, err)
			}
			written = append(written, paths...)
		}
	}
	if len(written) == 0 {
		fmt.Fprintf(a.Err, "--emit-fix: no finding can be mended by configuration; %s stays empty\n", dir)
	}
	for _, path := range written {
		fmt.Fprintln(a.Err, "written:", path)
	}
	return nil
}

// fixOf writes one side's configuration in its usual format.
func (a *App) fixOf(in emit.Input, side emit.Side, dir string) ([]string, error) {
	format, err := emit.Pick(in.Connection, side, "")
	if err != nil {
		return nil, err
	}
	out, err := format.Write(in)
	if err != nil {
		return nil, err
	}
	if len(out.Left()) > 0 {
		out.Files = append(out.Files, emit.File{Name: "left-to-do.txt", Body: []byte(strings.Join(out.Left(), "\n") + "\n")})
	}
	return writeFiles(filepath.Join(a.path(dir), nameOf(in.Connection.Name), string(side)), out)
}

// corrected applies the edits of all findings on a file. Findings whose edits do not all fit are left as they are.
func corrected(r *report.Report, file string, text []byte) (out []byte, edited bool) {
	out = text
	for _, c := range r.Connections {
		for _, f := range c.Findings {
			now, all := out, len(f.Edits) > 0 && f.Where.File == file
			for _, e := range f.Edits {
				if !all {
					break
				}
				now, all = Edit(file, now, e)
			}
			if all {
				out, edited = now, true
			}
		}
	}
	return out, edited
}

// atIdP are the areas whose findings, when no edit of the connection file mends them, are mended at the application that is registered
// with the IdP. Reachability, documents and keys are not: no configuration of one application changes them.
var atIdP = []string{"AUTHZ", "TOK", "REQ", "RSP", "AST", "SIG", "ENC", "IDT", "UI", "CLM"}

// wrongSides says who has to change something: an edit of the connection file means that the SP holds the wrong value, unless it is one
// that is registered with the IdP; without an edit it is the IdP.
func wrongSides(findings []report.Finding) []emit.Side {
	var idp, sp bool
	for _, f := range findings {
		if f.CausedBy != "" || f.Inconclusive || f.Severity < report.Warning {
			continue
		}
		if len(f.Edits) == 0 {
			idp = idp || strings.Contains(f.Where.Path, "/idp/settings") || slices.Contains(atIdP, strings.TrimRight(f.Code, "0123456789"))
		}
		for _, e := range f.Edits {
			key := e.Path[strings.LastIndexByte(e.Path, '/')+1:]
			switch {
			case strings.Contains(e.Path, "/idp/settings"), key == "redirect_uri", key == "acs_url": // the SP's own address is fixed
				idp = true
			case key == "sp_entity_id": // both sides hold it
				idp, sp = true, true
			default:
				sp = true
			}
		}
	}
	var out []emit.Side
	if idp {
		out = append(out, emit.IdP)
	}
	if sp {
		out = append(out, emit.SP)
	}
	return out
}

// errNoFile: --emit-fix corrects a file, and there is none.
var errNoFile = errors.New("--emit-fix corrects a connection file, and an address alone has none")
