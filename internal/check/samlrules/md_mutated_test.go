package samlrules

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// TestMutatedMetadata: whatever is dropped from, doubled or overwritten in metadata and certificates, no rule breaks down.
func TestMutatedMetadata(t *testing.T) {
	metadata, certs := samples(t)
	lib := knowledge.New()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	r := rand.New(rand.NewPCG(1, 2))
	parsed := 0
	for range 500 {
		data := bytes.Clone(metadata[r.IntN(len(metadata))])
		if r.IntN(4) > 0 {
			data = restructured(data, r)
		} else {
			data[r.IntN(len(data))] = byte(r.IntN(256))
		}
		if _, err := xmltree.Parse("", data); err == nil {
			parsed++
		}
		pem := bytes.Clone(certs[r.IntN(len(certs))])
		pem[r.IntN(len(pem))] = byte(r.IntN(128))
		kind := []evidence.Kind{evidence.SAMLMetadata, evidence.SPMetadata}[r.IntN(2)]
		set := evidence.Set{
			kind:               {Kind: kind, Source: "metadata.xml", Body: data},
			evidence.SAMLCerts: {Kind: evidence.SAMLCerts, Source: "a.pem", Files: []evidence.NamedFile{{Name: "a.pem", Body: pem, State: "ok"}}},
		}
		_, results := check.Run(Rules, check.New(nil, lib, set, now))
		for _, res := range results {
			if res.Outcome == report.Broken {
				t.Fatalf("%s: %s\n%s", res.Code, res.Reason, data)
			}
		}
	}
	if parsed < 200 {
		t.Errorf("only %d of the mutated documents are XML", parsed)
	}
}

// samples are the documents and certificates of the stories.
func samples(t *testing.T) (metadata, certs [][]byte) {
	t.Helper()
	files, err := filepath.Glob("../../../testdata/cases/saml-*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			switch {
			case strings.HasSuffix(f.Name, ".xml") && bytes.Contains(f.Data, []byte("EntityDescriptor")):
				metadata = append(metadata, f.Data)
			case strings.HasSuffix(f.Name, ".pem"):
				certs = append(certs, f.Data)
			}
		}
	}
	if len(metadata) < 10 || len(certs) == 0 {
		t.Fatalf("%d documents, %d certificates", len(metadata), len(certs))
	}
	return metadata, certs
}

// restructured drops, doubles or empties an element, or overwrites an attribute.
func restructured(data []byte, r *rand.Rand) []byte {
	doc, err := xmltree.Parse("", data)
	if err != nil || len(doc.Raw) != len(data) {
		return data
	}
	var all []*xmltree.Element
	doc.Root.Walk(func(e *xmltree.Element) bool { all = append(all, e); return true })
	e := all[r.IntN(len(all))]
	from, inner, to := e.Span()
	switch r.IntN(4) {
	case 0:
		return append(bytes.Clone(data[:from]), data[to:]...)
	case 1:
		return append(bytes.Clone(data[:to]), data[from:]...)
	case 2:
		return append(append(bytes.Clone(data[:inner]), "</"+e.Name()+">"...), data[to:]...)
	}
	if len(e.Attrs) == 0 {
		return data
	}
	i, j, ok := e.AttrSpan(e.Attrs[r.IntN(len(e.Attrs))].Local)
	if !ok {
		return data
	}
	values := []string{"", " ", "x", "-1", "{tenant}", "http://", "%zz", "9999-99-99T99:99:99Z"}
	return append(append(bytes.Clone(data[:i]), values[r.IntN(len(values))]...), data[j:]...)
}
