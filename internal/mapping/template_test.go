package mapping

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var allHelpers = []string{"includes", "equals", "notEquals", "contains", "and", "or", "exists", "json", "pluck", "escapeJson", "currentDate", "currentTime"}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func load(t testing.TB, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(name, err)
	}
}

type goldenTemplates struct {
	Claims map[string]any `json:"claims"`
	Rows   []struct {
		Template  string   `json:"template"`
		Output    *string  `json:"output"`
		Error     *string  `json:"error"`
		RoleMatch bool     `json:"roleMatch"`
		Groups    []string `json:"groups"`
	} `json:"rows"`
}

// TestGoldenTemplates compares outputs, matches and groups with those that handlebars.js 4.7.8 gave.
func TestGoldenTemplates(t *testing.T) {
	var golden goldenTemplates
	load(t, "templates.json", &golden)
	if len(golden.Rows) < 80 {
		t.Fatal("rows:", len(golden.Rows))
	}
	for _, row := range golden.Rows {
		out, err := "", error(nil)
		tpl, err := Parse(row.Template, allHelpers)
		if err == nil {
			out, err = tpl.Eval(golden.Claims, noon)
		}
		if (err != nil) != (row.Error != nil) {
			t.Errorf("%s: error %v, want %v", row.Template, err, row.Error)
			continue
		}
		if err != nil {
			want := strings.TrimSuffix(strings.Replace(*row.Error, "o.fn", "options.fn", 1), ":")
			if !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: error %q, want %q", row.Template, err, want)
			}
			continue
		}
		if out != *row.Output {
			t.Errorf("%s: %q, want %q", row.Template, out, *row.Output)
		}
		if got := Truthy(out, []string{"false", "0"}); got != row.RoleMatch {
			t.Errorf("%s: match %t", row.Template, got)
		}
		if got := GroupList(out); !slices.Equal(got, row.Groups) {
			t.Errorf("%s: groups %q, want %q", row.Template, got, row.Groups)
		}
	}
}

// TestBounds: what would run on is stopped with an error, and what is merely large is not.
func TestBounds(t *testing.T) {
	var items []any
	for range 1000 {
		items = append(items, strings.Repeat("x", 40))
	}
	claims := map[string]any{"a": items}
	for _, c := range []struct{ template, want string }{
		{`{{#each a}}{{#includes ../a "y"}}1{{/includes}}{{/each}}`, ""},
		{`{{#each a}}{{#each ../a}}{{#each ../../a}}1{{/each}}{{/each}}{{/each}}`, "stopped after 200000 steps"},
		{`{{#each a}}{{json ../a}}{{/each}}`, "stopped after 4194304 bytes of text"},
		{strings.Repeat("{{#if a}}", 101), "Parse error on line 1: more than 100 blocks or parentheses inside one another"},
		{"{{a " + strings.Repeat("(a ", 101), "Parse error on line 1: more than 100 blocks or parentheses inside one another"},
		{strings.Repeat("x", MaxTemplate+1), "the template is 65537 bytes long, more than 65536 are not read"},
	} {
		tpl, err := Parse(c.template, allHelpers)
		if err == nil {
			_, err = tpl.Eval(claims, noon)
		}
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%.60s: %q, want %q", c.template, got, c.want)
		}
	}
}
