package cli

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/render"
	"github.com/ssoctl/ssoctl/internal/report"
)

// outputs renders a report in every format.
func outputs(t *testing.T, r *report.Report) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, format := range render.Formats {
		var b bytes.Buffer
		if err := render.Write(&b, format, r, render.Options{Verbose: true, FailOn: report.Error, Rules: ruleInfos()}); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		out[format] = b.String()
	}
	return out
}

// TestReplay records a run on every fault and judges the recording elsewhere: every format must be the same, byte for byte, and
// no secret may stand in any of them nor in the recording.
func TestReplay(t *testing.T) {
	faults := append([]lab.Fault{{}}, lab.Faults()...)
	for _, f := range faults {
		if f.Login || f.Rotate || f.SP {
			continue
		}
		t.Run("fault "+f.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{Fault: f.Name})
			live := outputs(t, b.doctor(t, func(o *doctorOptions) {
				o.record, o.deep = "run.json", true
				if strings.HasPrefix(f.Name, "NET020") {
					o.timeout = 1500 * time.Millisecond
				}
			}))
			recording, err := os.ReadFile(filepath.Join(b.dir, "run.json"))
			if err != nil {
				t.Fatal(err)
			}
			b.lab.Close()
			elsewhere := *b
			elsewhere.dir = t.TempDir()
			app := *b.app
			app.Dir, elsewhere.app = elsewhere.dir, &app
			app.Getenv = func(string) string { return "" }
			app.Now = func() time.Time { return time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC) }
			elsewhere.write(t, "run.json", string(recording))
			again := outputs(t, elsewhere.doctor(t, func(o *doctorOptions) { *o = doctorOptions{network: network{evidence: "run.json"}} }))
			for format, text := range live {
				if text != again[format] {
					t.Errorf("--format %s differs when judged again:\n%s\nlive:\n%s", format, firstDifference(again[format], text), "")
				}
			}
			live["recording"] = string(recording)
			live["stderr"] = b.err.String()
			noSecrets(t, b.lab, live)
		})
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return "again: " + x[i] + "\nlive:  " + y[i]
		}
	}
	return "one is longer"
}

var privateMember = regexp.MustCompile(`\\?"(d|p|q|dp|dq|qi|k)\\?":\s*\\?"([^"\\]*)`)

// noSecrets looks for the lab's secrets in every form that they take on the wire.
func noSecrets(t *testing.T, l *lab.Lab, texts map[string]string) {
	t.Helper()
	secret := strings.TrimSpace(l.ClientSecret)
	canaries := []string{
		secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(l.ClientID + ":" + l.ClientSecret)),
		base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(l.ClientID) + ":" + url.QueryEscape(l.ClientSecret))), l.Password,
	}
	for where, text := range texts {
		for _, c := range canaries {
			if len(c) > 5 && strings.Contains(text, c) {
				t.Errorf("a secret stands in %s", where)
			}
		}
		for _, m := range privateMember.FindAllStringSubmatch(text, -1) {
			if m[2] != "cmVkYWN0ZWQ" && len(m[2]) > 16 {
				t.Errorf("private key material stands in %s: member %s", where, m[1])
			}
		}
	}
}
