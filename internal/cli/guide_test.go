package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
)

// TestGuideStarts runs the command by which each guide starts a connection file: it is taken, and gives a connection of the name that the
// guide's checks then use.
func TestGuideStarts(t *testing.T) {
	lib := knowledge.New()
	made := 0
	for _, sp := range []string{"orq", "archestra", "torq", "generic", "grafana"} {
		for _, idp := range idpIDs(lib) {
			for _, protocol := range []string{"oidc", "saml"} {
				app := System()
				app.Dir = t.TempDir()
				app.Getenv = func(string) string { return "" }
				g, err := makeGuide(app, guideOptions{protocol: protocol}, []string{sp, idp})
				if err != nil {
					continue // TestEveryCombination of internal/guide says where there is one
				}
				made++
				for _, p := range g.Parts {
					for _, s := range p.Steps {
						for _, do := range s.Do {
							if command, ok := strings.CutPrefix(do, "start from ssoctl "); ok {
								starts(t, app, command, sp+"-"+idp)
							}
						}
					}
				}
				last := g.Parts[len(g.Parts)-1].Checks
				if !slices.ContainsFunc(last, func(c report.GuideCheck) bool { return c.Command == "ssoctl test-login "+sp+"-"+idp }) {
					t.Errorf("%s %s %s ends in %v", sp, idp, protocol, last)
				}
			}
		}
	}
	if made < 150 {
		t.Errorf("only %d guides", made)
	}
}

func starts(t *testing.T, app *App, command, name string) {
	t.Helper()
	var out, errs bytes.Buffer
	app.Out, app.Err = &out, &errs
	if code := Main(append(strings.Fields(command), "--stdout"), app); code != 0 {
		t.Errorf("%s: exit %d: %s", command, code, errs.String())
		return
	}
	f, err := config.Parse("", out.Bytes())
	if err != nil || len(f.Targets) != 1 || f.Targets[0].Name != name {
		t.Errorf("%s: %v, want the connection %q in\n%s", command, err, name, out.String())
	}
}
