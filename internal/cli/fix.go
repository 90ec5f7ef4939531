package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// applyFixes writes the edits of a report's findings into the files they belong to. A value that is no longer what the
// finding saw is left alone. What was mended is taken out of the report.
func (a *App) applyFixes(r *report.Report) error {
	done := map[string]map[string]bool{}
	for i := range r.Connections {
		c := &r.Connections[i]
		for k, f := range c.Findings {
			if len(f.Edits) == 0 || f.Where.File == "" || f.Where.File == "-" {
				continue
			}
			for _, e := range f.Edits {
				if done[f.Where.File][e.Path] {
					continue
				}
				mended, err := a.edit(f.Where.File, e)
				if err != nil {
					return err
				}
				if mended {
					if done[f.Where.File] == nil {
						done[f.Where.File] = map[string]bool{}
					}
					done[f.Where.File][e.Path] = true
					c.Findings[k].Fix = []string{fmt.Sprintf("done: %s is now %q", e.Path, e.New)}
					c.Notes = append(c.Notes, fmt.Sprintf("%s: %s %s -> %s", f.Where, f.Code, e.Old, e.New))
				}
			}
		}
	}
	return nil
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
