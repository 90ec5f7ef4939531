package emit

import (
	"fmt"
	"strconv"
	"strings"
)

// yamlText writes YAML line by line: the formats here need tags (!Find) and comments, which marshalling loses.
type yamlText struct{ strings.Builder }

// line writes one line, indented by n levels of two spaces.
func (y *yamlText) line(n int, format string, args ...any) {
	y.WriteString(strings.Repeat("  ", n))
	fmt.Fprintf(&y.Builder, format, args...)
	y.WriteByte('\n')
}

// q quotes a text as YAML and JSON both read it.
func q(s string) string {
	b, err := compact(s)
	if err != nil {
		return strconv.Quote(s)
	}
	return string(b)
}

// qs is a flow sequence of texts.
func qs(list []string) string {
	var parts []string
	for _, s := range list {
		parts = append(parts, q(s))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (y *yamlText) output(name string, notes []string) Output {
	return Output{Files: []File{{Name: name, Body: []byte(y.String())}}, Notes: notes}
}
