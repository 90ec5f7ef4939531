package emit_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/parser"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

var update = flag.Bool("update", false, "write the golden files anew")

// load reads connections and resolves them against the built-in profiles.
func load(t *testing.T, lib *knowledge.Library, name string, text []byte) map[string]*connection.Connection {
	t.Helper()
	f, err := config.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Problems {
		t.Fatalf("%s: %s", p.Path, p.Message())
	}
	out := map[string]*connection.Connection{}
	for _, target := range f.Targets {
		out[target.Name] = connection.Resolve(target, lib, nil, connection.Seen{})
	}
	return out
}

func fixtures(t *testing.T) map[string]*connection.Connection {
	t.Helper()
	b, err := os.ReadFile("testdata/connections.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return load(t, knowledge.New(), "connections.yaml", b)
}

// TestGolden writes every connection in every format that fits it, sees that each file parses, and compares with what is recorded: one
// archive a connection, a section a file.
func TestGolden(t *testing.T) {
	used, recorded, known := map[string]bool{}, map[string]bool{}, schemas(t)
	for name, c := range fixtures(t) {
		archive := &txtar.Archive{}
		for _, side := range []emit.Side{emit.IdP, emit.SP} {
			for _, f := range emit.For(c, side) {
				out, err := f.Write(emit.Input{Connection: c})
				if err != nil {
					t.Errorf("%s %s %s: %v", name, side, f.ID, err)
					continue
				}
				used[string(side)+" "+f.ID] = true
				at := string(side) + "/" + f.ID + "/"
				for _, file := range out.Files {
					parses(t, name+" "+f.ID, file, known)
					archive.Files = append(archive.Files, txtar.File{Name: at + file.Name, Data: file.Body})
				}
				if len(out.Left()) > 0 {
					archive.Files = append(archive.Files, txtar.File{Name: at + "notes", Data: []byte(strings.Join(out.Left(), "\n") + "\n")})
				}
			}
		}
		path := filepath.Join("testdata", "golden", name+".txtar")
		recorded[path] = true
		compare(t, path, txtar.Format(archive))
	}
	for _, f := range emit.Formats() {
		if !used[string(f.Side)+" "+f.ID] {
			t.Errorf("no connection is written as %s for the %s", f.ID, f.Side)
		}
	}
	paths, err := filepath.Glob("testdata/golden/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if !recorded[path] {
			t.Errorf("%s: nothing writes it", path)
		}
	}
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-recorded +now):\n%s", path, diff)
	}
}

// parses reads a file by its kind.
func parses(t *testing.T, what string, f emit.File, known map[string]schema) {
	t.Helper()
	if len(f.Body) == 0 || f.Body[len(f.Body)-1] != '\n' {
		t.Errorf("%s: %s is empty or its last line has no end", what, f.Name)
	}
	var err error
	switch filepath.Ext(f.Name) {
	case ".json":
		var v any
		err = json.Unmarshal(f.Body, &v)
	case ".yaml":
		_, err = parser.ParseBytes(f.Body, parser.ParseComments)
	case ".tf":
		terraform(t, what, f, known)
	case ".xml":
		d := xml.NewDecoder(bytes.NewReader(f.Body))
		for err == nil {
			_, err = d.Token()
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	case ".csv":
		_, err = csv.NewReader(bytes.NewReader(f.Body)).ReadAll()
	case ".md":
		if !bytes.HasPrefix(f.Body, []byte("# ")) {
			t.Errorf("%s: %s has no heading", what, f.Name)
		}
	case ".sh":
		if !bytes.HasPrefix(f.Body, []byte("#!/bin/sh\nset -eu\n")) {
			t.Errorf("%s: %s does not stop at the first fault", what, f.Name)
		}
	case ".js":
	default:
		t.Errorf("%s: nobody knows how to read %s", what, f.Name)
	}
	if err != nil {
		t.Errorf("%s: %s: %v\n%s", what, f.Name, err, f.Body)
	}
}

// TestProfilesNameFormats keeps emits: of the profiles to formats that exist on that side.
func TestProfilesNameFormats(t *testing.T) {
	lib := knowledge.New()
	check := func(side emit.Side, id string, emits []string) {
		for _, e := range emits {
			if !slices.ContainsFunc(emit.Formats(), func(f emit.Format) bool { return f.ID == e && f.Side == side }) {
				t.Errorf("%s %s emits the unknown format %q", side, id, e)
			}
		}
	}
	named := 0
	for _, h := range lib.Heads().IdPs {
		p, _ := lib.IdP(h.ID)
		named += len(p.Emits)
		check(emit.IdP, h.ID, p.Emits)
	}
	for _, h := range lib.Heads().SPs {
		p, _ := lib.SP(h.ID)
		named += len(p.Emits)
		check(emit.SP, h.ID, p.Emits)
	}
	if named < 15 {
		t.Errorf("only %d formats are named by profiles", named)
	}
}

// TestNoSecrets: a secret that stands in the file in plain text gets nowhere, and so does what a reference leads to.
func TestNoSecrets(t *testing.T) {
	const canary = "c4n4ry-Sup3rS3cret"
	text := `version: 1
connections:
  - name: plain
    sp: {profile: %SP%, workspace: acme, base_url: "https://a.acme.com", provider_id: Acme, region: us}
    idp: {profile: %IDP%}
    oidc: {issuer: "https://idp.acme.com/realms/main", client_id: app, client_secret: ` + canary + `}
`
	lib := knowledge.New()
	for _, sp := range []string{"orq", "archestra", "torq"} {
		for _, h := range lib.Heads().IdPs {
			b := strings.NewReplacer("%SP%", sp, "%IDP%", h.ID).Replace(text)
			f, err := config.Parse("x.yaml", []byte(b))
			if err != nil {
				t.Fatal(err)
			}
			c := connection.Resolve(f.Targets[0], lib, nil, connection.Seen{})
			for _, side := range []emit.Side{emit.IdP, emit.SP} {
				for _, format := range emit.For(c, side) {
					out, err := format.Write(emit.Input{Connection: c})
					if err != nil {
						continue // an IdP without OIDC has no sheet for it
					}
					all := strings.Join(out.Left(), "\n")
					for _, file := range out.Files {
						all += string(file.Body)
					}
					if strings.Contains(all, canary) {
						t.Errorf("%s for %s at %s shows the client secret", format.ID, sp, h.ID)
					}
				}
			}
		}
	}
}

// TestEveryIdP: for each product that both speak a protocol the default format writes files.
func TestEveryIdP(t *testing.T) {
	lib := knowledge.New()
	for _, h := range lib.Heads().IdPs {
		idp, _ := lib.IdP(h.ID)
		for _, protocol := range []string{"oidc", "saml"} {
			if !slices.Contains(idp.Protocols, protocol) {
				continue
			}
			if w := idp.Walkthrough[protocol]; w != nil && w.None.Known() {
				continue
			}
			part := `oidc: {issuer: "https://idp.acme.com", client_id: app, client_secret: "env:APP_SECRET"}`
			if protocol == "saml" {
				part = `saml: {idp_entity_id: "https://idp.acme.com", sso_url: "https://idp.acme.com/sso"}`
			}
			for _, sp := range lib.Heads().SPs {
				if sp.ID != "orq" && sp.ID != "archestra" && sp.ID != "torq" {
					continue
				}
				text := "version: 1\nconnections:\n  - name: x\n    sp: {profile: " + sp.ID + "}\n    idp: {profile: " + h.ID + "}\n    " + part + "\n"
				text = strings.Replace(text, "profile: orq", "profile: orq, workspace: acme", 1)
				text = strings.Replace(text, "profile: archestra", `profile: archestra, base_url: "https://a.acme.com", provider_id: Acme`, 1)
				text = strings.Replace(text, "profile: torq", "profile: torq, region: us", 1)
				c := load(t, lib, "x.yaml", []byte(text))["x"]
				for _, side := range []emit.Side{emit.IdP, emit.SP} {
					f, err := emit.Pick(c, side, "")
					if err != nil {
						t.Fatalf("%s %s %s: %v", sp.ID, h.ID, protocol, err)
					}
					if out, err := f.Write(emit.Input{Connection: c}); err != nil || len(out.Files) == 0 {
						t.Errorf("%s %s %s for the %s: %d files, %v", sp.ID, h.ID, protocol, side, len(out.Files), err)
					}
				}
			}
		}
	}
}
