package emit_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/ssoctl/ssoctl/internal/emit"
)

// schema is the arguments of a resource or block as its provider publishes them.
type schema struct {
	Required, Optional []string
	Blocks             map[string]schema
}

func schemas(t *testing.T) map[string]schema {
	t.Helper()
	b, err := os.ReadFile("testdata/terraform.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "_source")
	out := map[string]schema{}
	for name, raw := range all {
		var s schema
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		out[name] = s
	}
	return out
}

// terraform parses a module, sees that it is formatted and that every resource has the arguments of its schema and no others.
func terraform(t *testing.T, what string, f emit.File, known map[string]schema) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(f.Body, f.Name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Errorf("%s: %v\n%s", what, diags, f.Body)
		return
	}
	if formatted := string(hclwrite.Format(f.Body)); formatted != string(f.Body) {
		t.Errorf("%s: terraform fmt would change\n%s\ninto\n%s", what, f.Body, formatted)
	}
	resources := 0
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		if b.Type != "resource" {
			continue
		}
		resources++
		s, ok := known[b.Labels[0]]
		if !ok {
			t.Errorf("%s: no schema of %s is recorded", what, b.Labels[0])
			continue
		}
		fits(t, what+": "+b.Labels[0], s, b.Body)
	}
	if resources == 0 {
		t.Errorf("%s: no resource in\n%s", what, f.Body)
	}
}

func fits(t *testing.T, what string, s schema, body *hclsyntax.Body) {
	t.Helper()
	for name := range body.Attributes {
		if !slices.Contains(s.Required, name) && !slices.Contains(s.Optional, name) {
			t.Errorf("%s has no argument %q", what, name)
		}
	}
	for _, name := range s.Required {
		if body.Attributes[name] == nil {
			t.Errorf("%s lacks %q", what, name)
		}
	}
	for _, b := range body.Blocks {
		inner, ok := s.Blocks[b.Type]
		if !ok {
			t.Errorf("%s has no block %q", what, b.Type)
			continue
		}
		fits(t, what+"."+b.Type, inner, b.Body)
	}
}
