package cli

import (
	"bytes"
	"strings"
	"testing"
)

// TestSecondOpinion: under -v, and only then, decode says what goxmldsig makes of each signature.
func TestSecondOpinion(t *testing.T) {
	const folder = "../xmlsig/testdata/xmlsec1/"
	for _, c := range []struct {
		file, want string
		verbose    bool
	}{
		{folder + "good/KeyInfo-certificate.xml", "goxmldsig accepts it", true},
		{folder + "good/method-rsa-sha224.xml", `goxmldsig refuses it: "Unknown signature method`, true},
		{folder + "bad/exclusive-response-indented.xml", "goxmldsig refuses it", true},
		{folder + "good/KeyInfo-certificate.xml", "", false},
	} {
		var out, errs bytes.Buffer
		app := System()
		app.Out, app.Err = &out, &errs
		args := []string{"decode", "--fail-on", "never", c.file}
		if c.verbose {
			args = append(args, "-v")
		}
		code := Main(args, app)
		text := strings.Join(strings.Fields(out.String()), " ")
		if code != 0 || strings.Contains(text, "second opinion") != c.verbose || !strings.Contains(text, c.want) {
			t.Errorf("%v: exit %d\n%s%s", args, code, out.String(), errs.String())
		}
	}
}
