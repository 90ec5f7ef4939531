package probe

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/evidence"
)

// TestFalselyCompressed keeps the whole body where the header calls it compressed and it is not, and says so.
func TestFalselyCompressed(t *testing.T) {
	const text = `{"issuer":"https://login.example.com"}`
	ex := evidence.Exchange{Status: http.StatusOK}
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Encoding": {"gzip"}}, Body: io.NopCloser(strings.NewReader(text))}
	(&recorder{}).body(&ex, resp, "")
	if string(ex.Body) != text {
		t.Errorf("body %q, want %q", ex.Body, text)
	}
	if ex.Failure == nil || ex.Failure.Stage != evidence.StageBody || ex.Failure.Code != "encoding" {
		t.Errorf("failure %+v, want one of the stage %q and the code %q", ex.Failure, evidence.StageBody, "encoding")
	}
}
