package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// applyFixes writes the edits of a report's findings into the files they belong to, and says by file what it did. A value that is
// no longer what the finding saw is left alone.
func (a *App) applyFixes(r *report.Report) (map[string][]string, error) {
	done := map[string][]string{}
	for _, c := range r.Connections {
		for _, f := range c.Findings {
			mended, err := a.mend(f)
			if err != nil {
				return done, err
			}
			if !mended {
				continue
			}
			for _, e := range f.Edits {
				done[f.Where.File] = append(done[f.Where.File], fmt.Sprintf("%s: %s mended: %q is now %q", f.Where, f.Code, e.Old, e.New))
			}
		}
	}
	return done, nil
}

// mend writes all edits of one finding; false when it has none, or one of them no longer fits.
func (a *App) mend(f report.Finding) (bool, error) {
	if len(f.Edits) == 0 || f.Where.File == "" || f.Where.File == "-" {
		return false, nil
	}
	for _, e := range f.Edits {
		if done, err := a.edit(f.Where.File, e); !done || err != nil {
			return false, err
		}
	}
	return true, nil
}

// edit replaces one scalar of a YAML file and keeps everything else byte for byte.
func (a *App) edit(file string, e report.Edit) (bool, error) {
	path := a.path(file)
	b, err := readCapped(path, maxInput)
	if err != nil {
		return false, usage("", "%w", err)
	}
	out, ok := Edit(file, b, e)
	if !ok {
		return false, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, usage("", "%w", err)
	}
	if err := os.WriteFile(path, out, info.Mode().Perm()); err != nil {
		return false, usage("", "write %s: %w", file, err)
	}
	return true, nil
}

// Edit gives the text with one scalar replaced. ok is false when the value is not the one that the edit expects, stands in
// several lines or comes from an alias.
func Edit(file string, b []byte, e report.Edit) (out []byte, ok bool) {
	doc, err := source.ParseYAML(file, b)
	if err != nil {
		return nil, false
	}
	n := doc.At(e.Path)
	if n == nil || n.Str() != e.Old || n.Len == 0 {
		return nil, false
	}
	ends := strings.SplitAfter(string(b), "\n")
	row := []rune(ends[n.Pos.Line-1])
	from, to := n.Pos.Col-1, n.Pos.Col-1+n.Len
	if to > len(row) {
		return nil, false
	}
	ends[n.Pos.Line-1] = string(row[:from]) + scalar(e.New, string(row[from:to])) + string(row[to:])
	text := []byte(strings.Join(ends, ""))
	again, err := source.ParseYAML(file, text)
	if err != nil || again.At(e.Path).Str() != e.New {
		return nil, false
	}
	return text, true
}

// scalar writes a value as the old one was written: quoted with the same quotes, or plain where YAML allows it.
func scalar(value, old string) string {
	switch {
	case strings.HasPrefix(old, "'"):
		return "'" + strings.ReplaceAll(value, "'", "''") + "'"
	case strings.HasPrefix(old, `"`), value == "", strings.ContainsAny(value, ":#{}[],&*!|>'\"%@`\n") && !plainURL(value):
		return fmt.Sprintf("%q", value)
	}
	return value
}

// plainURL reports whether a URL may stand without quotes.
func plainURL(s string) bool {
	return strings.Contains(s, "://") && !strings.ContainsAny(s, "#{}[],&*!|>'\"`\n ") && !strings.HasSuffix(s, ":")
}
