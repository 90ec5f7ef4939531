package cli

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// TestInterrupt: an interrupt ends the asking, not the report.
func TestInterrupt(t *testing.T) {
	b := newBench(t, lab.Options{Fault: "NET020"})
	ctx, cancel := context.WithCancel(t.Context())
	b.app.Context = func() (context.Context, context.CancelFunc) { return ctx, func() {} }
	dial := b.app.Dial
	b.app.Dial = func(c context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(c, network, addr)
		cancel() // the user presses ctrl-c once the silent server has been reached
		return conn, err
	}
	args := []string{"doctor", "-c", "ssoctl.yaml", "--ca-file", "ca.pem", "--format", "text"}
	for _, r := range b.lab.Resolves() {
		args = append(args, "--resolve", r)
	}
	if code := Main(args, b.app); code != 130 {
		t.Errorf("exit %d, want 130\n%s%s", code, b.out, b.err)
	}
	if !strings.Contains(b.out.String(), "lab") || !strings.Contains(b.out.String(), "exit 130") {
		t.Errorf("what is known is not printed:\n%s", b.out)
	}
}

// TestOwnProfile: an SP profile of the user's own is loaded, judged and recorded like a built-in one.
func TestOwnProfile(t *testing.T) {
	b := newBench(t, lab.Options{})
	b.write(t, "my-saas.yaml", "id: my-saas\nname: My SaaS\nkind: saas\nsources: {docs: \"https://docs.example.com/sso\"}\nprotocols: [oidc]\nparams:\n  - {name: tenant, example: acme, pattern: \"[a-z]+\", required: [oidc], s: \"V:docs\"}\noidc:\n  redirect_uris: [{v: \"https://{tenant}.lab.example/callback\", match: exact, s: \"V:docs\"}]\n  issuer_compare: {v: exact, s: \"V:docs\"}\n")
	b.write(t, "ssoctl.yaml", strings.Replace(b.lab.Connection(), "{profile: generic, callback_url: https://app.lab.example/callback}", "{profile: ./my-saas.yaml, tenant: app}", 1))
	r := b.doctor(t, func(o *doctorOptions) { o.record = "run.json" })
	broke(t, r)
	if c := r.Connections[0]; c.Verdict != "healthy" || c.SPName != "My SaaS" {
		t.Errorf("%s with %q: %v", c.Verdict, c.SPName, roots(r))
	}
	again := b.doctor(t, func(o *doctorOptions) { *o = doctorOptions{network: network{evidence: "run.json"}} })
	if again.Connections[0].SPName != "My SaaS" {
		t.Errorf("the recording does not carry the profile")
	}
	check, err := runCheck(b.app, checkOptions{}, []string{filepath.Join(b.dir, "my-saas.yaml")})
	if err != nil || len(roots(check)) != 0 {
		t.Errorf("%v, %v", roots(check), err)
	}
	b.write(t, "my-saas.yaml", "id: my-saas\nname: My SaaS\nprotocols: [oidc]\noidc:\n  redirect_uris: [{v: \"https://{tenant}.lab.example/callback\", s: M}]\n  isuer_compare: exact\n")
	check, err = runCheck(b.app, checkOptions{}, []string{filepath.Join(b.dir, "my-saas.yaml")})
	if err != nil || len(check.Connections[0].Findings) != 2 {
		t.Errorf("%v %+v", err, check.Connections)
	}
}
