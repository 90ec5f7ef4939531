package source

import (
	"strings"
	"testing"
)

func TestYAMLPlaces(t *testing.T) {
	doc, err := ParseYAML("a.yaml", []byte("# comment\nversion: 1\nconnections:\n  - name: ä b\n    oidc: {issuer: \"https://x\", scopes: [openid, email]}\n    n: 'q'   # c\n    block: |\n      one\n      two\n    merged: &m {k: v}\n    uses: {<<: *m, z: *m}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]Pos{
		"/version": {2, 10}, "/connections": {4, 3}, "/connections/0": {4, 5}, "/connections/0/name": {4, 11},
		"/connections/0/oidc": {5, 11}, "/connections/0/oidc/issuer": {5, 20}, "/connections/0/oidc/scopes/1": {5, 50},
		"/connections/0/n": {6, 8}, "/connections/0/uses/k": {10, 20}, "/connections/0/gone/x": {4, 5},
	} {
		if got, _ := doc.Pos(path); got != want {
			t.Errorf("%s at %v, want %v", path, got, want)
		}
	}
	if got := doc.At("/connections/0/block").Str(); got != "one\ntwo\n" {
		t.Errorf("block = %q", got)
	}
}

// TestTags: a tag is passed over, and what stands behind it keeps its place.
func TestTags(t *testing.T) {
	doc, err := ParseYAML("f", []byte("a:\n  s: !secret  canary\n  t: {u: !!str 42, v: !x \"y\", w: z}\n  ? k\n  : n\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]Pos{"/a/s": {2, 15}, "/a/t/u": {3, 16}, "/a/t/v": {3, 26}, "/a/t/w": {3, 34}, "/a/k": {5, 5}} {
		if got, exact := doc.Pos(path); got != want || !exact {
			t.Errorf("%s at %v, want %v", path, got, want)
		}
	}
	if got := doc.At("/a/t/v").Str(); got != "y" {
		t.Errorf("v = %q", got)
	}
}

func TestJSONPlaces(t *testing.T) {
	doc, err := ParseJSON("a.json", []byte("{\n  \"issuer\" : \"https:\\/\\/x\",\n  \"list\": [1, {\"é\": true}],\n \"issuer\": null}"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]Pos{"/list": {3, 11}, "/list/0": {3, 12}, "/list/1/é": {3, 21}, "": {1, 1}} {
		if got, _ := doc.Pos(path); got != want {
			t.Errorf("%s at %v, want %v", path, got, want)
		}
	}
	if got := doc.KeyPos("/list"); got != (Pos{3, 3}) {
		t.Errorf("key at %v", got)
	}
	if len(doc.Root.Members) != 3 {
		t.Errorf("%d members, want the doubled one as well", len(doc.Root.Members))
	}
	for text, want := range map[string]string{
		`{"a":1,}`: "a.json:1:8", `{"a":1} x`: "a.json:1:9", "": "a.json: the document is empty", `{"a":`: "a.json:1:6", "{\"a\"\n:\ntru}": "a.json:3:4",
		strings.Repeat("[", 1000): "nested deeper than 64", "\x00": "binary",
	} {
		if _, err := ParseJSON("a.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

func TestYAMLHostile(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'z'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 8) + "*" + string(c-1) + "]\n"
	}
	if _, err := ParseYAML("bomb", []byte(bomb)); err != nil {
		t.Errorf("an alias bomb is small as shared nodes: %v", err)
	}
	merge := "a: &a {k0: 1, k1: 1, k2: 1}\n"
	for c := 'b'; c < 'z'; c++ {
		merge += string(c) + ": &" + string(c) + " {<<: [*" + string(c-1) + ", *" + string(c-1) + ", *" + string(c-1) + "]}\n"
	}
	for name, text := range map[string]string{
		"merge": merge, "brackets": strings.Repeat("[", 100000), "dashes": strings.Repeat("- ", 100000), "questions": strings.Repeat("? ", 100000),
		"indent": indented(500), "alias": "a: *nope", "two": "a: 1\n---\nb: 2", "tab": "a:\n\t- b", "colon": "a: b: c", "nul": "a: \x00",
	} {
		if _, err := ParseYAML(name, []byte(text)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func indented(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestDecode(t *testing.T) {
	type inner struct {
		Issuer string   `yaml:"issuer"`
		PKCE   *bool    `yaml:"pkce"`
		Grant  string   `yaml:"grant" oneof:"code|implicit"`
		Scopes []string `yaml:"scopes"`
	}
	var into struct {
		Version int    `yaml:"version"`
		OIDC    *inner `yaml:"oidc"`
	}
	doc, err := ParseYAML("f", []byte("version: x\noidc:\n  isuer: a\n  pkce: yes please\n  grant: cod\n  scopes: openid\n  issuer: b\n  issuer: c\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range Decode(doc.Root, "", &into) {
		got = append(got, p.Message())
	}
	want := []string{
		`/version is a text ("x"), expected a whole number`,
		`key "issuer" stands here twice; the first is at line 7`,
		`unknown key "isuer" (did you mean "issuer"?)`,
		`/oidc/pkce is a text ("yes please"), expected true or false`,
		`/oidc/grant is "cod", expected one of code, implicit (did you mean "code"?)`,
		`/oidc/scopes is a text ("openid"), expected a list`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if into.OIDC.Issuer != "b" {
		t.Errorf("issuer = %q", into.OIDC.Issuer)
	}
}

func FuzzYAML(f *testing.F) {
	f.Add([]byte("a: &x [1, {b: *x}]\n<<: {c: d}"))
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = ParseYAML("f", b) })
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}]}`))
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = ParseJSON("f", b) })
}
