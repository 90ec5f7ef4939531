package real_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// tab is a tab of a real browser that is driven by DevTools over a pipe.
type tab struct {
	t       *testing.T
	ask     io.WriteCloser
	hear    *bufio.Reader
	id      int
	session string
	loads   int // pages that were loaded and not waited for yet
}

// newTab starts the browser; it ends with the context.
func newTab(t *testing.T, ctx context.Context, b browser, more ...string) *tab {
	t.Helper()
	cmd := b.command(ctx, append([]string{"--remote-debugging-pipe", "--window-size=1000,760"}, more...)...)
	questions, ask, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	hear, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{questions, answers} // 3 and 4, as Chromium wants them
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = questions.Close(), answers.Close()
	t.Cleanup(func() { _, _, _ = ask.Close(), hear.Close(), cmd.Wait() })
	d := &tab{t: t, ask: ask, hear: bufio.NewReader(hear)}
	var made struct{ TargetID, SessionID string }
	d.call("Target.createTarget", rep{"url": "about:blank"}, &made)
	d.call("Target.attachToTarget", rep{"targetId": made.TargetID, "flatten": true}, &made)
	d.session = made.SessionID
	d.call("Page.enable", rep{}, nil)
	return d
}

// message is an answer, or an event when it has a method.
type message struct {
	ID     int
	Method string
	Result json.RawMessage
	Error  *struct{ Message string }
}

func (d *tab) next() message {
	d.t.Helper()
	text, err := d.hear.ReadBytes(0)
	if err != nil {
		d.t.Fatalf("the browser ended: %v", err)
	}
	var m message
	if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m); err != nil {
		d.t.Fatal(err)
	}
	if m.Method == "Page.loadEventFired" {
		d.loads++
	}
	return m
}

// call asks the browser for something and decodes the answer; it reports whether there was one.
func (d *tab) call(method string, params rep, into any) bool {
	d.t.Helper()
	d.id++
	question := rep{"id": d.id, "method": method, "params": params}
	if d.session != "" {
		question["sessionId"] = d.session
	}
	b, err := json.Marshal(question)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.ask.Write(append(b, 0)); err != nil {
		d.t.Fatal(err)
	}
	for {
		m := d.next()
		switch {
		case m.ID != d.id:
		case m.Error != nil:
			return false
		case into == nil:
			return true
		default:
			if err := json.Unmarshal(m.Result, into); err != nil {
				d.t.Fatal(err)
			}
			return true
		}
	}
}

// evaluate runs a script in the page; it is empty when the page has just gone.
func (d *tab) evaluate(script string) string {
	d.t.Helper()
	var got struct{ Result struct{ Value any } }
	if !d.call("Runtime.evaluate", rep{"expression": script, "returnByValue": true}, &got) || got.Result.Value == nil {
		return ""
	}
	return fmt.Sprint(got.Result.Value)
}

// loaded waits until another page is there.
func (d *tab) loaded() {
	d.t.Helper()
	for d.loads == 0 {
		d.next()
	}
	d.loads = 0
}

// picture keeps what the tab shows in the cache, where CI takes it from.
func (d *tab) picture(name string) {
	d.t.Helper()
	var shot struct{ Data string }
	d.call("Page.captureScreenshot", rep{"format": "png"}, &shot)
	b, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil || len(b) == 0 {
		d.t.Fatalf("no screenshot: %v", err)
	}
	cache := os.Getenv("SSOCTL_CACHE")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache", "ssoctl")
	}
	file := filepath.Join(cache, "screenshots", name+".png")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		d.t.Fatal(err)
	}
	d.t.Logf("screenshot: %s", file)
}

// chromium signs in with a real browser through Keycloak's own page, and ends at the page of ssoctl.
func (l *loginKeycloak) chromium(t *testing.T) {
	b := newBrowser(t)
	loopback := func(address string) func(rep) {
		return func(r rep) { r["redirectUris"] = append(r["redirectUris"].([]any), address) }
	}
	saml := l.base["saml-orq"]
	for _, x := range []struct {
		name, sp, client, redirect string
		conn                       func(*connection)
		heading                    string
		want                       loginWant
	}{
		{"oidc", "orq", "orq", "http://127.0.0.1/callback", nil, "Signed in", loginWant{decision: "allowed"}},
		{"oidc-refused", "orq", "orq", "http://127.0.0.1/callback", domains("acme.example"), "e-mail domain is", loginWant{expectation: expectation{code: "IDT032", entry: "email-domain-not-allowed"}}},
		{"saml", "saml-orq", saml.SAML.SPEntityID, "http://127.0.0.1/saml/acs", nil, "Signed in", loginWant{decision: "allowed"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			l.editClient(t, x.client, loopback(x.redirect))
			c := l.base[x.sp].copy()
			if x.conn != nil {
				x.conn(&c)
			}
			secret := ""
			if c.OIDC != nil {
				secret = l.secrets[c.OIDC.ClientID]
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			address, ended := l.listening(t, ctx, c, secret, x.redirect)
			d := newTab(t, ctx, b, "--ignore-certificate-errors", "--host-resolver-rules=MAP "+l.front.host+" 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
			d.call("Page.navigate", rep{"url": address}, nil)
			for d.evaluate(`location.hostname == "127.0.0.1" && document.querySelector("main h1") ? 1 : ""`) == "" {
				d.loaded()
				if d.evaluate(`document.getElementById("kc-form-login") ? 1 : ""`) != "" {
					d.evaluate(fmt.Sprintf(`(() => { const f = document.getElementById("kc-form-login"); f.username.value = "ann"; f.password.value = %q; HTMLFormElement.prototype.submit.call(f) })()`, l.passwords["ann"]))
				}
			}
			if heading := d.evaluate(`document.querySelector("main h1").innerText`); !strings.Contains(heading, x.heading) {
				t.Errorf("the page says %q, want %q in it: %s", heading, x.heading, d.evaluate(`document.querySelector("main").innerText`))
			}
			if at := d.evaluate(`location.search + location.hash`); at != "" {
				t.Errorf("the address still has %q", at)
			}
			if text := d.evaluate(`document.body.innerText`); strings.Count(text, "ann@") > 1 || strings.Contains(text, "Admin") {
				t.Errorf("the page shows values of claims beside the heading: %s", text)
			}
			d.picture("login-" + x.name)
			ended().compareLogin(t, x.want)
		})
	}
}

// listening starts a login that awaits its answer on loopback; it gives the address to open, and the report once there is one.
func (l *loginKeycloak) listening(t *testing.T, ctx context.Context, c connection, secret, redirect string) (address string, ended func() signedIn) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssoctl.yaml"), c.file(t), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := l.loginCommand(ctx, dir, c, secret, account{}, "--receive", "loopback", "--redirect", redirect, "--format", "json")
	var out bytes.Buffer
	cmd.Stdout = &out
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []string
	lines := bufio.NewScanner(said)
	for address == "" && lines.Scan() {
		all = append(all, lines.Text())
		if text := strings.TrimSpace(lines.Text()); regexp.MustCompile(`^http://127\.0\.0\.1:\d+/s/`).MatchString(text) {
			address = text
		}
	}
	if address == "" {
		t.Fatalf("no address to open in:\n%s", strings.Join(all, "\n"))
	}
	return address, func() signedIn {
		for lines.Scan() {
			all = append(all, lines.Text())
		}
		_ = cmd.Wait() // the exit code is looked at
		return readSignedIn(t, cmd.ProcessState.ExitCode(), out.String(), strings.Join(all, "\n"))
	}
}
