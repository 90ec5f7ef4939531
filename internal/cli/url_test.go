package cli

import (
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
)

// TestURLMode: a bare address needs no file; the IdP is recognised, judged, and a file to start from is offered that check
// understands.
func TestURLMode(t *testing.T) {
	b := newBench(t, lab.Options{})
	for name, address := range map[string]string{
		"issuer": b.lab.Issuer, "with a slash": b.lab.Issuer + "/", "discovery URL": b.lab.Issuer + "/.well-known/openid-configuration",
		"without the scheme": strings.TrimPrefix(b.lab.Issuer, "https://"), "with white space": "  " + b.lab.Issuer + " ",
	} {
		t.Run(name, func(t *testing.T) {
			o := doctorOptions{judging: judging{format: "text", failOn: "error", color: "never"}, network: network{timeout: defaultTimeout, caFile: "ca.pem", resolve: b.lab.Resolves()}}
			r, err := doctor(b.app, o, []string{address})
			if err != nil {
				t.Fatal(err)
			}
			broke(t, r)
			c := r.Connections[0]
			if c.Verdict != "healthy" || c.IdP != "lab" || len(roots(r)) > 0 {
				t.Errorf("%s, recognised as %q, findings %v", c.Verdict, c.IdP, roots(r))
			}
			if !strings.Contains(c.Stub, "issuer: "+b.lab.Issuer+"\n") {
				t.Errorf("the file to start from has another issuer:\n%s", c.Stub)
			}
			b.write(t, "stub.yaml", c.Stub)
			check, err := runCheck(b.app, checkOptions{judging: judging{failOn: "error"}}, []string{b.dir + "/stub.yaml"})
			if err != nil || len(roots(check)) > 0 {
				t.Errorf("check of the file: %v, %v", err, roots(check))
			}
		})
	}
}

// TestURLModeSAML is doctor on an address of SAML metadata, which offers a file to go on with, and on one that is no metadata.
func TestURLModeSAML(t *testing.T) {
	b := newBench(t, lab.Options{Protocol: "saml"})
	look := func(address string) (*report.Report, report.Connection) {
		t.Helper()
		o := doctorOptions{judging: judging{format: "text", failOn: "error", color: "never"}, network: network{timeout: defaultTimeout, caFile: "ca.pem", resolve: b.lab.Resolves()}}
		r, err := doctor(b.app, o, []string{address})
		if err != nil {
			t.Fatal(err)
		}
		broke(t, r)
		return r, r.Connections[0]
	}
	r, c := look(b.lab.MetadataURL)
	if c.Verdict != "healthy" || c.IdP != "lab" || len(roots(r)) > 0 || !strings.Contains(c.Stub, "idp_metadata: "+b.lab.MetadataURL+"\n") {
		t.Errorf("%s, recognised as %q, findings %v\n%s", c.Verdict, c.IdP, roots(r), c.Stub)
	}
	b.write(t, "stub.yaml", c.Stub)
	if check, err := runCheck(b.app, checkOptions{judging: judging{failOn: "error"}}, []string{b.dir + "/stub.yaml"}); err != nil || len(roots(check)) > 0 {
		t.Errorf("check of the file: %v, %v", err, roots(check))
	}
	if r, c := look(b.lab.SSOURL); c.Verdict != report.VerdictUndecided || c.Stub != "" || r.ExitCode(report.Error) != report.ExitInconclusive {
		t.Errorf("the single sign-on URL: %s\n%s", c.Verdict, c.Stub)
	}
}
