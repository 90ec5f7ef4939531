package cli

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// TestInitPassesCheck writes a connection file for every SP with the generic IdP, and for every IdP with four SPs, and checks it: what
// init writes has no error, examples included.
func TestInitPassesCheck(t *testing.T) {
	lib := knowledge.New()
	type pair struct{ sp, idp string }
	var pairs []pair
	for _, sp := range spIDs(lib) {
		pairs = append(pairs, pair{sp, "generic"})
	}
	for _, idp := range idpIDs(lib) {
		for _, sp := range []string{"orq", "archestra", "torq"} {
			pairs = append(pairs, pair{sp, idp})
		}
	}
	for _, p := range pairs {
		sp, _ := lib.SP(p.sp)
		idp, _ := lib.IdP(p.idp)
		for _, protocol := range sp.Protocols {
			if p.idp != "generic" && !speaks(idp, protocol) {
				continue
			}
			t.Run(p.sp+"/"+p.idp+"/"+protocol, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				run := func(args ...string) (int, string) {
					var out bytes.Buffer
					app := System()
					app.Dir, app.Out, app.Err, app.In = dir, &out, &out, bytes.NewReader(nil)
					app.InTTY, app.OutTTY, app.ErrTTY, app.Getenv = false, false, false, func(string) string { return "" }
					app.Context = func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) }
					return Main(args, app), out.String()
				}
				if code, out := run("init", "--sp", p.sp, "--idp", p.idp, "--protocol", protocol); code != 0 {
					t.Fatalf("init: exit %d: %s", code, out)
				}
				if code, out := run("check", filepath.Join(dir, "ssoctl.yaml")); code != 0 {
					t.Errorf("check: exit %d: %s", code, out)
				}
			})
		}
	}
}

func speaks(idp *knowledge.IdP, protocol string) bool {
	for _, p := range idp.Protocols {
		if p == protocol || protocol == "oidc" && p == "oauth2" {
			return true
		}
	}
	return false
}
