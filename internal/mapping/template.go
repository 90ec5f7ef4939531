package mapping

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Template is a Handlebars template, evaluated as handlebars.js 4.7 does with noEscape. docs/handlebars.md lists the differences.
type Template struct {
	source  string
	program *program
	helpers map[string]helper
}

// Parse reads a template of at most MaxTemplate bytes. helpers names the product's helpers beside the language's own; those that are not
// known here are missing, as unknown ones are. The error is a *TemplateError.
func Parse(source string, helpers []string) (*Template, error) {
	prog, err := parse(source)
	if err != nil {
		return nil, err
	}
	return &Template{source: source, program: prog, helpers: helpersFor(helpers)}, nil
}

// Eval gives the template's output for claims as JSON has them. now is the time that templates can ask for. The error is a *TemplateError.
func (t *Template) Eval(claims map[string]any, now time.Time) (string, error) {
	return t.eval(newValue(claims, 0), now)
}

func (t *Template) eval(claims any, now time.Time) (string, error) {
	e := &evaluation{helpers: t.helpers, now: now}
	return e.run(t.program, claims)
}

// Truthy reports whether an output counts as a match: it is not empty after trimming, and none of the texts that count as none.
func Truthy(output string, falsy []string) bool {
	s := strings.TrimFunc(output, jsSpace)
	return s != "" && !slices.Contains(falsy, s)
}

// GroupList reads the output of a team template: a JSON list of texts, or else texts between commas; white space around them and empty ones
// are left out.
func GroupList(output string) []string {
	s := strings.TrimFunc(output, jsSpace)
	parts := strings.Split(s, ",")
	var items []any
	if strings.HasPrefix(s, "[") && json.Unmarshal([]byte(s), &items) == nil {
		parts = parts[:0]
		for _, item := range items {
			if text, ok := item.(string); ok {
				parts = append(parts, text)
			}
		}
	}
	out := []string{}
	for _, p := range parts {
		if p = strings.TrimFunc(p, jsSpace); p != "" {
			out = append(out, p)
		}
	}
	return out
}
