package real_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/mapping"
)

var handlebarsSuite = suite{"handlebars", []need{{"node", "Node"}, {"npm", "npm"}, {"bash", "bash"}}}

type oracleCase struct {
	Template string          `json:"template"`
	Claims   json.RawMessage `json:"claims"`
}

type oracleAnswer struct {
	Output *string `json:"output"`
	Error  *string `json:"error"`
}

var productHelpers = []string{"includes", "equals", "notEquals", "contains", "and", "or", "exists", "json", "pluck", "escapeJson", "currentDate", "currentTime"}

// TestHandlebars compares the evaluator of internal/mapping with handlebars.js: on the golden templates, on those of the products' set-up
// pages and on 5,000 generated ones. docs/handlebars.md tells what is different on purpose; none of that is generated.
func TestHandlebars(t *testing.T) {
	handlebarsSuite.require(t)
	prepare(t, "handlebars.sh")
	cases := append(goldenCases(t), pageCases()...)
	named := len(cases)
	g := &generator{rand.New(rand.NewPCG(2026, 11))}
	for range 5000 {
		cases = append(cases, oracleCase{g.template(), json.RawMessage(oracleClaims)})
	}
	answers := askHandlebars(t, cases)
	outputs, faults, different := 0, 0, 0
	for i, c := range cases {
		if answers[i].Error != nil {
			faults++
		} else {
			outputs++
		}
		if why := compare(t, c, answers[i]); why != "" {
			if different++; different <= 40 {
				t.Errorf("%q: %s", c.Template, why)
			}
		}
	}
	t.Logf("%d templates (%d named): handlebars.js gives %d outputs and %d errors; different: %d", len(cases), named, outputs, faults, different)
	if outputs < 1500 || faults < 500 {
		t.Errorf("the generator is one-sided: %d outputs, %d errors", outputs, faults)
	}
}

func goldenCases(t *testing.T) []oracleCase {
	t.Helper()
	b, err := os.ReadFile("../../internal/mapping/testdata/templates.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Claims json.RawMessage
		Rows   []struct{ Template string }
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	var out []oracleCase
	for _, row := range golden.Rows {
		out = append(out, oracleCase{row.Template, golden.Claims})
	}
	return out
}

// pageCases are the templates of the set-up pages, each on the claims that the page means and on others.
func pageCases() []oracleCase {
	var out []oracleCase
	for _, tpl := range []string{
		`{{#each groups}}{{this}},{{/each}}`, `{{#each roles}}{{this.name}},{{/each}}`, `{{{json (pluck roles "name")}}}`,
		`{{#with (json roles)}}{{#each this}}{{this.name}},{{/each}}{{/with}}`,
	} {
		for _, claims := range []string{
			`{"groups":["admin","users"],"roles":[{"name":"admin"}]}`, `{"groups":"admin","roles":"[{\"name\":\"a\"},{\"name\":\"b\"}]"}`, `{"groups":["cn=a,ou=b"],"roles":["x"]}`, `{}`, oracleClaims,
		} {
			out = append(out, oracleCase{tpl, json.RawMessage(claims)})
		}
	}
	return out
}

// askHandlebars asks handlebars.js.
func askHandlebars(t *testing.T, cases []oracleCase) []oracleAnswer {
	t.Helper()
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, c := range cases {
		if err := enc.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "setup/handlebars.sh", "run")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	b, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var out []oracleAnswer
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var a oracleAnswer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	if len(out) != len(cases) {
		t.Fatalf("%d answers to %d templates", len(out), len(cases))
	}
	return out
}

// compare says how the two differ; "" when they agree. Errors must be errors in both; their texts are compared but for those that
// docs/handlebars.md names.
func compare(t *testing.T, c oracleCase, want oracleAnswer) string {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal(c.Claims, &claims); err != nil {
		t.Fatal(err)
	}
	out := ""
	tpl, err := mapping.Parse(c.Template, productHelpers)
	if err == nil {
		out, err = tpl.Eval(claims, time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	}
	switch {
	case err != nil && err.Error() == "json is given no value":
		return "" // documented
	case err == nil && want.Error != nil:
		return "ssoctl gives " + out + "; handlebars.js: " + *want.Error
	case err != nil && want.Error == nil:
		return "handlebars.js gives " + *want.Output + "; ssoctl: " + err.Error()
	case err == nil && out != *want.Output:
		return "ssoctl gives " + out + "; handlebars.js " + *want.Output
	case err == nil:
		return ""
	}
	got, text := err.Error(), *want.Error
	if first, _, more := strings.Cut(text, ":\n"); more && strings.HasPrefix(text, "Parse error") {
		if strings.HasPrefix(got, first+":") && strings.HasSuffix(got, text[strings.LastIndex(text, "got '"):]) {
			return ""
		}
	}
	if strings.HasPrefix(text, "Lexical error") && strings.HasPrefix(text, strings.TrimSuffix(got, ".")) {
		return ""
	}
	if got == text || strings.HasSuffix(text, ".call is not a function") && strings.HasSuffix(got, ".call is not a function") {
		return ""
	}
	if text == "Cannot convert object to primitive value" {
		return "" // of two errors in one sum, ssoctl tells the other
	}
	return "ssoctl: " + got + "; handlebars.js: " + text
}
