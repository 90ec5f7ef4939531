package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
)

// signsIn makes the bench's app one in which Ann of the lab signs in by the form driver.
func (b *bench) signsIn() {
	getenv := b.app.Getenv
	b.app.Getenv = func(name string) string {
		switch name {
		case "SSOCTL_USERNAME":
			return b.lab.Users[0].Name
		case "SSOCTL_PASSWORD":
			return b.lab.Password
		}
		return getenv(name)
	}
}

// login runs test-login and gives its report as the JSON says.
func (b *bench) testLogin(t *testing.T, args ...string) (map[string]any, int) {
	t.Helper()
	var out, errs bytes.Buffer
	b.app.Out, b.app.Err = &out, &errs
	code := Main(append([]string{"test-login", "-c", filepath.Join(b.dir, "ssoctl.yaml"), "--ca-file", filepath.Join(b.dir, "ca.pem"), "--format", "json"}, args...), b.app)
	var r map[string]any
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("exit %d, no report: %v\n%s%s", code, err, out.String(), errs.String())
	}
	return r, code
}

// TestHealthyLogin signs in at a sound IdP by every receiver: nothing is found, the claims are there, and the user is let in.
func TestHealthyLogin(t *testing.T) {
	for _, protocol := range []string{"oidc", "saml"} {
		for _, receiver := range []string{"form", "loopback", "paste", "finish"} {
			t.Run(protocol+"/"+receiver, func(t *testing.T) {
				b := newBench(t, lab.Options{Protocol: protocol})
				b.signsIn()
				r, code := b.loginBy(t, receiver)
				if code != report.ExitClean {
					t.Errorf("exit %d: %v", code, r["connections"])
				}
				decision, _ := r["decision"].(map[string]any)
				if decision["allowed"] != true {
					t.Errorf("decision %v", decision)
				}
				source := map[string]string{"oidc": "id_token", "saml": "assertion"}[protocol]
				claims, _ := r["claims"].(map[string]any)
				said, _ := claims[source].(map[string]any)
				if said["email"] != b.lab.Users[0].Email {
					t.Errorf("claims %v", claims)
				}
			})
		}
	}
}

// loginBy makes a login by one receiver.
func (b *bench) loginBy(t *testing.T, receiver string, more ...string) (map[string]any, int) {
	t.Helper()
	switch receiver {
	case "loopback":
		b.register(t, "http://127.0.0.1:0/callback")
		return b.inBrowser(t, append(more, "--receive", "loopback", "--redirect", "http://127.0.0.1:0/callback")...)
	case "paste":
		b.app.In = b.pasted(t)
		return b.testLogin(t, append(more, "--receive", "paste")...)
	case "finish":
		file := filepath.Join(b.dir, "attempt.json")
		var errs bytes.Buffer
		b.app.Err, b.app.Out = &errs, io.Discard
		if code := Main([]string{"test-login", "-c", filepath.Join(b.dir, "ssoctl.yaml"), "--ca-file", filepath.Join(b.dir, "ca.pem"), "--start", "-o", file}, b.app); code != 0 {
			t.Fatalf("--start: exit %d: %s", code, errs.String())
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var attempt struct{ URL string }
		if err := json.Unmarshal(text, &attempt); err != nil {
			t.Fatal(err)
		}
		b.app.In = strings.NewReader(b.walk(t, attempt.URL, b.home()))
		return b.testLogin(t, append(more, "--finish", file, "--callback-file", "-")...)
	}
	return b.testLogin(t, append(more, "--driver", "form")...)
}

// home is where an answer goes.
func (b *bench) home() string {
	if b.lab.ACSURL != "" && b.lab.SSOURL != "" && b.protocol == "saml" {
		return b.lab.ACSURL
	}
	return b.lab.RedirectURI
}
