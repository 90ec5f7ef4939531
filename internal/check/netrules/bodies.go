package netrules

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Bodies that cannot be read to their end.
var bodies = []check.Rule{
	{
		Code: "NET022", Title: "the body of a document is complete and of a sane size", Severity: report.Error, Explains: afterwards(),
		TriesAnyOf: []evidence.Kind{evidence.Discovery, evidence.SAMLMetadata}, Uses: []evidence.Kind{evidence.JWKS, evidence.Config, evidence.Network},
		Why:     "An SP reads such an answer until it gives up, or takes a piece for the whole.",
		Fix:     "look at the IdP and at what stands before it: the document should be a few kilobytes of JSON or XML, of the length that is announced",
		Refs:    []string{"RFC 9112 §6.3"},
		Decides: unanswered,
		Check:   func(c *check.Case) []report.Finding { return both(c, body) },
	},
}

// maxUnpacked is how much of a compressed body is unpacked, in bytes: as much as would have been read of a plain one.
const maxUnpacked = 4 << 20

func body(_ *check.Case, name string, all []evidence.Exchange) *report.Finding {
	last := all[len(all)-1]
	f := &report.Finding{Got: fmt.Sprintf("%d bytes", max(last.Bytes, int64(len(last.Body))))}
	if last.Failure != nil && last.Failure.Stage == evidence.StageBody && last.Failure.Code != "slow" {
		f.Message = fmt.Sprintf("the %s at %q cannot be read to its end: %s", name, last.URL, last.Failure.Text)
		if announced := last.Head("Content-Length"); announced != "" && last.Failure.Code == "short" {
			f.Message += fmt.Sprintf(", where Content-Length is %q", announced)
		}
		return f
	}
	encoding := last.Head("Content-Encoding")
	if last.Failure != nil || last.Status != 200 || encoding == "" || encoding == "identity" {
		return nil
	}
	f.Got = encoding
	f.Message = fmt.Sprintf("the %s at %q comes compressed (Content-Encoding is %q) although nobody asked for it", name, last.URL, encoding)
	if strings.EqualFold(encoding, "gzip") { // allowed where no preference is stated (RFC 9110 §12.5.3), and every HTTP client unpacks it
		f.Severity = report.Info
	}
	if n, more := unpacked(last.Body); more {
		f.Message = fmt.Sprintf("the %s at %q is a compression bomb: %d bytes unpack to more than %d MiB", name, last.URL, len(last.Body), n>>20)
		f.Severity = report.Error
	}
	return f
}

// unpacked says how large a gzip body is, and whether it goes on after the limit.
func unpacked(b []byte) (n int64, more bool) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return 0, false
	}
	defer z.Close()
	n, _ = io.Copy(io.Discard, io.LimitReader(z, maxUnpacked+1))
	return n, n > maxUnpacked
}
