package knowledge

import (
	"bytes"
	"os"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestIndexIsFresh: index.json and profiles.bin are made of the profiles; go generate ./internal/knowledge writes them. How well
// they are compressed does not matter, since that may change with the version of Go.
func TestIndexIsFresh(t *testing.T) {
	want, err := BuildIndex(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	have := New().Heads()
	if diff := cmp.Diff(want, have, cmpopts.IgnoreFields(Head{}, "At")); diff != "" {
		t.Errorf("index.json is stale, run go generate ./internal/knowledge (-profiles +index):\n%s", diff)
	}
	for dir, heads := range map[string][]Head{"sp": have.SPs, "idp": have.IdPs} {
		for _, h := range heads {
			file, err := os.ReadFile(path.Join(dir, h.ID+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := Text(dir, h.ID); err != nil || !bytes.Equal(file, text) {
				t.Errorf("profiles.bin does not hold %s/%s.yaml as it is (%v): run go generate ./internal/knowledge", dir, h.ID, err)
			}
		}
	}
}
