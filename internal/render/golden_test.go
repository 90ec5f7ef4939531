package render

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssoctl/ssoctl/internal/report"
)

var update = flag.Bool("update", false, "write the golden files")

func rules() []RuleInfo {
	return []RuleInfo{
		{Code: "DISC008", Title: "the configured issuer equals the discovered one to the last slash", Why: "Every login fails.", Fix: "enter the issuer as the document has it", Severity: report.Error, Refs: []string{"OpenID Connect Discovery 1.0 §4.3"}},
		{Code: "JWKS014", Title: "no signing key repeats", Severity: report.Info},
	}
}

func rendered(t testing.TB, format string, r *report.Report, o Options) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, format, r, o); err != nil {
		t.Fatalf("Write %s: %v", format, err)
	}
	return b.String()
}

func options() Options { return Options{Width: 100, FailOn: report.Error, Rules: rules()} }

// TestGolden compares every format of every report with its file; -update writes them, and the diff is the review.
func TestGolden(t *testing.T) {
	type one struct {
		name, format string
		report       *report.Report
		options      Options
	}
	var all []one
	reports := fixtures()
	for name, r := range reports {
		for _, format := range Formats {
			all = append(all, one{name + "." + format, format, r, options()})
		}
	}
	for name, change := range map[string]func(*Options){
		"verbose": func(o *Options) { o.Verbose = true }, "quiet": func(o *Options) { o.Quiet = true },
		"narrow": func(o *Options) { o.Width = 60 }, "color": func(o *Options) { o.Color = true },
	} {
		o := options()
		change(&o)
		all = append(all, one{"broken-" + name + ".text", "text", reports["broken"], o}, one{"several-" + name + ".text", "text", reports["several"], o},
			one{"check-" + name + ".text", "text", reports["check"], o})
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			got := rendered(t, c.format, c.report, c.options)
			file := filepath.Join("testdata", c.name+".golden")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("differs from %s (-want +got):\n%s", file, diff)
			}
		})
	}
}
