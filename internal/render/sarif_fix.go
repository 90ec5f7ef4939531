package render

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/report"
)

// fixes offers the edits whose place in a file is known to the column.
func fixes(f report.Finding) []sarifFix {
	var out []sarifFix
	for _, e := range f.Edits {
		for _, l := range append([]report.Location{f.Where}, f.Related...) {
			r, ok := replacement(e, l)
			if !ok {
				continue
			}
			out = append(out, sarifFix{
				Description: sarifText{"replace " + strconv.Quote(e.Old) + " by " + strconv.Quote(e.New)},
				Changes:     []sarifChange{{Artifact: sarifArtifact{fileURI(l.File)}, Replacements: []sarifReplacement{r}}},
			})
			break
		}
	}
	return out
}

// replacement puts an edit's new value where the old one stands in the location's line, quoted in the same way. It is
// refused when the location is that of another value, or when the line does not hold the old value exactly once.
func replacement(e report.Edit, l report.Location) (sarifReplacement, bool) {
	if l.File == "" || l.Line == 0 || l.Path != e.Path || e.Old == "" || strings.Count(l.Snippet, e.Old) != 1 {
		return sarifReplacement{}, false
	}
	i := strings.Index(l.Snippet, e.Old)
	before, after := l.Snippet[:i], l.Snippet[i+len(e.Old):]
	text := e.New
	switch {
	case strings.HasSuffix(before, `"`) && strings.HasPrefix(after, `"`):
		text = strconv.Quote(e.New)
		text = text[1 : len(text)-1]
	case strings.HasSuffix(before, `'`) && strings.HasPrefix(after, `'`):
		text = strings.ReplaceAll(e.New, `'`, `''`)
	case before != "" && !strings.HasSuffix(before, " ") || after != "" && !strings.ContainsAny(after[:1], " ,]}"):
		return sarifReplacement{}, false // a part of something longer
	case !plainScalar(e.New):
		text = strconv.Quote(e.New)
	}
	from := utf8.RuneCountInString(before) + 1
	region := sarifRegion{StartLine: l.Line, StartColumn: from, EndColumn: from + utf8.RuneCountInString(e.Old)}
	return sarifReplacement{Deleted: region, Inserted: sarifText{text}}, true
}

// plainScalar reports whether YAML surely reads a text as itself without quotes: what addresses and names are made of.
func plainScalar(s string) bool {
	if s == "" || strings.Contains(s, " #") || strings.Contains(s, ": ") || strings.HasSuffix(s, ":") || strings.TrimSpace(s) != s {
		return false
	}
	if first := s[0]; !(first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z' || first == '/') {
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return false
	}
	return !strings.ContainsAny(s, ",[]{}\"'\\`")
}
