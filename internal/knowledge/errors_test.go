package knowledge

import (
	"os"
	"testing"
)

// TestErrorsAreFresh: errors.bin is made of errors/*.yaml and the profiles; go generate ./internal/knowledge writes it.
func TestErrorsAreFresh(t *testing.T) {
	want, err := ErrorsText(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if packedErrors != want {
		t.Error("errors.bin is stale: go generate ./internal/knowledge")
	}
}

// TestReadErrors: what does not have the shape of the packed form is refused.
func TestReadErrors(t *testing.T) {
	for _, text := range []string{"Z\x1f1\n", "C\x1fonly\n", "S\x1f1\x1f2\n", "E\x1f1\n"} {
		if _, err := ParseErrors(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
