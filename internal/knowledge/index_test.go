package knowledge

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// TestIndexIsFresh: index.json is made of the profiles; go generate ./internal/knowledge writes it.
func TestIndexIsFresh(t *testing.T) {
	i, err := BuildIndex(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.MarshalIndent(i, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(append(want, '\n'), index) {
		t.Error("index.json is stale: run go generate ./internal/knowledge")
	}
}
