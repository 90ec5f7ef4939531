package config

import (
	"strings"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Redacted gives the text of the file without any secret that stands in it in plain text. Lines keep their numbers.
func (f *File) Redacted() []byte {
	lines := make([]string, f.Doc.Lines())
	for i := range lines {
		lines[i] = f.Doc.Line(i + 1)
	}
	for _, t := range f.Targets {
		for _, path := range secretPaths {
			n := f.Doc.At(t.Path(path))
			if n != nil && n.Str() != RedactedMark && plain(n.Str()) {
				blot(lines, n)
			}
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// blot replaces a scalar in its line; one that spans lines loses the lines that are indented under its key.
func blot(lines []string, n *source.Node) {
	i := n.Pos.Line - 1
	line := []rune(lines[i])
	start := n.Pos.Col - 1
	if n.Len > 0 && start+n.Len <= len(line) {
		lines[i] = string(line[:start]) + `"` + RedactedMark + `"` + string(line[start+n.Len:])
		return
	}
	lines[i] = string(line[:min(start, len(line))]) + `"` + RedactedMark + `"`
	indent := len(line) - len([]rune(strings.TrimLeft(string(line), " ")))
	for j := i + 1; j < len(lines); j++ {
		l := lines[j]
		if strings.TrimSpace(l) != "" && len(l)-len(strings.TrimLeft(l, " ")) <= indent {
			return
		}
		lines[j] = ""
	}
}
