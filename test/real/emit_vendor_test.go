package real_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"
)

var vendorSuite = suite{"vendor types", []need{{"node", "Node"}, {"npm", "npm"}, {"bash", "bash"}}}

// vendorCase is a document and the vendor's type that it must fit; check.mjs lists the types.
type vendorCase struct {
	Name  string         `json:"name"`
	Type  string         `json:"type"`
	Value map[string]any `json:"value"`
}

// vendorTypes are the types of the files that emit writes, by their name in the golden archives. The first that fits counts; an empty
// type has its reason beside it.
var vendorTypes = []struct {
	file *regexp.Regexp
	typ  string
}{
	{regexp.MustCompile(`^idp/entra_graph/application\.json$`), "graph.Application"},
	{regexp.MustCompile(`^idp/entra_graph/principal\.json$`), "graph.ServicePrincipal"},
	{regexp.MustCompile(`^idp/entra_graph/claims\.json$`), "graph.ClaimsMappingPolicy"},
	{regexp.MustCompile(`^idp/entra_graph/instantiate\.json$`), "graph.instantiate"},
	{regexp.MustCompile(`^idp/entra_graph/certificate\.json$`), "graph.addTokenSigningCertificate"},
	{regexp.MustCompile(`^idp/okta_api/claim-.*\.json$`), "okta.OAuth2Claim"},
	{regexp.MustCompile(`^idp/okta_api/.*-saml.*\.json$`), "okta.SamlApplication"},
	{regexp.MustCompile(`^idp/okta_api/.*-oidc.*\.json$`), "okta.OpenIdConnectApplication"},
	{regexp.MustCompile(`^idp/auth0_api/.*\.json$`), "auth0.Client"},
	{regexp.MustCompile(`^idp/keycloak_client.*\.json$`), "keycloak.Client"},
	{regexp.MustCompile(`^idp/zitadel_api/.*-oidc.*\.json$`), "zitadel.AddOIDCApp"},
	{regexp.MustCompile(`^idp/zitadel_api/.*-saml.*\.json$`), "zitadel.AddSAMLApp"},
	{regexp.MustCompile(`^idp/client_registration/`), ""}, // RFC 7591: oidc-provider and Keycloak take it (TestOIDCProviderEmit, TestKeycloakPush)
	{regexp.MustCompile(`^idp/gitlab_application/`), ""},  // GitLab publishes its API's description in no package
	{regexp.MustCompile(`^sp/archestra_api/`), ""},        // better-auth takes it (TestBetterAuthEmit, TestRoundTrip)
}

// blueprintTypes are the types of a blueprint's entries, by model.
var blueprintTypes = map[string]string{
	"authentik_providers_oauth2.oauth2provider":    "authentik.OAuth2Provider",
	"authentik_providers_oauth2.scopemapping":      "authentik.ScopeMapping",
	"authentik_providers_saml.samlprovider":        "authentik.SAMLProvider",
	"authentik_providers_saml.samlpropertymapping": "authentik.SAMLPropertyMapping",
	"authentik_core.application":                   "authentik.Application",
}

// TestVendorTypes compares what emit writes (its golden files) with the types that the vendors publish of their APIs.
func TestVendorTypes(t *testing.T) {
	vendorSuite.require(t)
	prepare(t, "vendor-types.sh")
	cases := vendorCases(t)
	known := len(cases)
	spoiled := map[string]bool{}
	for _, c := range cases[:known] {
		if !spoiled[c.Type] {
			spoiled[c.Type] = true
			value := maps.Clone(c.Value)
			value["noSuchMember"] = "x"
			cases = append(cases, vendorCase{c.Type + " with a member too many", c.Type, value})
		}
	}
	for i, problems := range askVendors(t, cases) {
		switch {
		case i < known && len(problems) > 0:
			t.Errorf("%s does not fit %s:\n  %s", cases[i].Name, cases[i].Type, strings.Join(problems, "\n  "))
		case i >= known && len(problems) == 0:
			t.Errorf("%s was taken", cases[i].Name)
		}
	}
	t.Logf("%d documents of %d types", known, len(spoiled))
}

func vendorCases(t *testing.T) []vendorCase {
	t.Helper()
	archives, err := filepath.Glob("../../internal/emit/testdata/golden/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	var out []vendorCase
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.Files {
			name := filepath.Base(path) + " " + file.Name
			switch {
			case strings.HasPrefix(file.Name, "idp/authentik_blueprint/") && strings.HasSuffix(file.Name, ".yaml"):
				out = append(out, blueprintCases(t, name, file.Data)...)
			case strings.HasSuffix(file.Name, ".json"):
				if typ := vendorType(t, name, file.Name); typ != "" {
					out = append(out, vendorCase{name, typ, object(t, name, file.Data)})
				}
			}
		}
	}
	return out
}

func vendorType(t *testing.T, name, file string) string {
	t.Helper()
	for _, v := range vendorTypes {
		if v.file.MatchString(file) {
			return v.typ
		}
	}
	t.Errorf("%s: no type and no reason why", name)
	return ""
}

func object(t *testing.T, name string, text []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// tags are the ways in which a blueprint refers to something: by the worker's environment, by a search, by an entry of its own.
var tags = regexp.MustCompile(`!(Env \w+|Find \[[^\n]*\]\]|KeyOf [\w-]+)`)

// blueprintCases are the entries of a blueprint as requests to the API: references become what they stand for, and names get the
// spelling of the package.
func blueprintCases(t *testing.T, name string, text []byte) []vendorCase {
	t.Helper()
	text = bytes.ReplaceAll(text, []byte("provider: !KeyOf provider\n"), []byte("provider: 1\n"))
	text = tags.ReplaceAll(text, []byte(`"00000000-0000-4000-8000-000000000000"`))
	var blueprint struct {
		Entries []struct {
			Model              string
			Identifiers, Attrs map[string]any
		}
	}
	if err := yaml.Unmarshal(text, &blueprint); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var out []vendorCase
	for _, e := range blueprint.Entries {
		typ := blueprintTypes[e.Model]
		if typ == "" {
			t.Errorf("%s: no type for %s", name, e.Model)
			continue
		}
		value := map[string]any{}
		for _, members := range []map[string]any{e.Identifiers, e.Attrs} {
			for k, v := range members {
				value[camel(k)] = camelled(v)
			}
		}
		out = append(out, vendorCase{name + " " + e.Model, typ, value})
	}
	return out
}

func camelled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, member := range v {
			out[camel(k)] = camelled(member)
		}
		return out
	case []any:
		return slices.Collect(func(yield func(any) bool) {
			for _, item := range v {
				if !yield(camelled(item)) {
					return
				}
			}
		})
	}
	return v
}

func camel(name string) string {
	parts := strings.Split(name, "_")
	for i, p := range parts[1:] {
		parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}

// askVendors gives the problems of each case.
func askVendors(t *testing.T, cases []vendorCase) [][]string {
	t.Helper()
	in, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "setup/vendor-types.sh", "run")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	b, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []struct{ Problems []string }
	if err := json.Unmarshal(b, &answers); err != nil || len(answers) != len(cases) {
		t.Fatalf("%d answers to %d documents: %v", len(answers), len(cases), err)
	}
	var out [][]string
	for _, a := range answers {
		out = append(out, a.Problems)
	}
	return out
}
