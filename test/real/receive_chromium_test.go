package real_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/receive"
)

var chromiumSuite = suite{"Chromium", []need{{"bash", "bash"}, {"chromium|chromium-headless-shell|google-chrome|apt-get", "Chromium, nor apt-get to install it"}}}

// browser is a headless Chromium with a profile of its own.
type browser struct{ program, libraries, profile string }

func newBrowser(t *testing.T) browser {
	t.Helper()
	chromiumSuite.require(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	prepare := exec.CommandContext(ctx, "bash", "setup/chromium.sh", "prepare")
	prepare.WaitDelay = 10 * time.Second
	if out, err := prepare.CombinedOutput(); err != nil {
		t.Fatalf("chromium.sh prepare: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(ctx, "bash", "setup/chromium.sh", "env").Output()
	if err != nil {
		t.Fatal(err)
	}
	b := browser{profile: t.TempDir()}
	for line := range strings.Lines(string(out)) {
		switch key, value, _ := strings.Cut(strings.TrimSpace(line), " "); key {
		case "program":
			b.program = value
		case "libraries":
			b.libraries = value
		}
	}
	return b
}

// show opens an address and returns once what the browser shows, its title and address as JSON, holds a text.
func (b browser) show(t *testing.T, ctx context.Context, address, want string) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	shown, last := b.addresses(t, ctx, address), ""
	for now := range shown {
		if last = now; strings.Contains(now, want) {
			break
		}
	}
	cancel()
	for range shown { // until the browser has ended
	}
	if !strings.Contains(last, want) {
		t.Errorf("the browser shows %s, not %s", last, want)
	}
}

// command is the browser with its profile; nothing but loopback can be reached, and evil.test and idp.test are there.
func (b browser) command(ctx context.Context, more ...string) *exec.Cmd {
	args := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--no-first-run", "--disable-features=LocalNetworkAccessChecks",
		"--host-resolver-rules=MAP evil.test 127.0.0.1, MAP idp.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
		"--user-data-dir=" + b.profile}, more...)
	cmd := exec.CommandContext(ctx, b.program, args...)
	cmd.WaitDelay = 5 * time.Second
	if b.libraries != "" {
		cmd.Env = append(cmd.Environ(), "LD_LIBRARY_PATH="+b.libraries)
	}
	return cmd
}

// site serves handlers on a free port under a name that the browser resolves to loopback.
func site(t *testing.T, name string, routes map[string]http.HandlerFunc) (origin string) {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, h := range routes {
		mux.HandleFunc(pattern, h)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return fmt.Sprintf("http://%s:%d", name, s.Listener.Addr().(*net.TCPAddr).Port)
}

const loginState = "a-state-of-this-login"

func loopback(t *testing.T, o receive.Options) *receive.Loopback {
	t.Helper()
	o.Accept = func(a receive.Answer) bool { return a.Form["state"]+a.Form["RelayState"] == loginState }
	if o.Redirect == "" {
		o.Redirect = "http://127.0.0.1/callback"
	}
	l, err := receive.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// conclude waits for the answer and concludes, as a login does while the browser waits.
func conclude(ctx context.Context, l *receive.Loopback) <-chan receive.Answer {
	got := make(chan receive.Answer, 1)
	go func() {
		defer close(got)
		a, err := l.Wait(ctx)
		if err != nil {
			l.Conclude(receive.Page{Title: "no answer", Detail: err.Error()})
			return
		}
		l.Conclude(receive.Page{OK: true, Title: "Signed in as ann@idp.test", Claims: []string{"sub", "email"}})
		got <- a
	}()
	return got
}

// TestChromiumLogin takes a real browser through the receiver: by redirect, by form_post, and by SAML's POST both ways.
func TestChromiumLogin(t *testing.T) {
	b := newBrowser(t)
	autoPost := func(w http.ResponseWriter, action, name, value string) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<body onload="document.forms[0].submit()"><form method=post action="%s"><input name="%s" value="%s"><input name=%s value=%s></form>`, action, name, value, map[bool]string{true: "state", false: "RelayState"}[name == "code"], loginState)
	}
	tests := []struct {
		name string
		saml bool
		host string
		via  func(l *receive.Loopback, idp string) string // address to begin at
		want string                                       // parameter that arrives
	}{
		{"redirect", false, "127.0.0.1", func(l *receive.Loopback, idp string) string {
			return l.Start(idp + "/redirect?to=" + l.Redirect())
		}, "code"},
		{"redirect to localhost", false, "localhost", func(l *receive.Loopback, idp string) string {
			return l.Start(idp + "/redirect?to=" + l.Redirect())
		}, "code"},
		{"form_post", false, "127.0.0.1", func(l *receive.Loopback, idp string) string {
			return l.Start(idp + "/formpost?to=" + l.Redirect())
		}, "code"},
		{"SAML", true, "127.0.0.1", func(l *receive.Loopback, idp string) string {
			return l.StartPost(idp+"/saml", map[string]string{"SAMLRequest": l.Redirect(), "submit": "a name that hides form.submit"})
		}, "SAMLResponse"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			idp := site(t, "idp.test", map[string]http.HandlerFunc{
				"GET /redirect": func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, r.FormValue("to")+"?code=abc&state="+loginState, http.StatusFound)
				},
				"GET /formpost": func(w http.ResponseWriter, r *http.Request) { autoPost(w, r.FormValue("to"), "code", "abc") },
				"POST /saml": func(w http.ResponseWriter, r *http.Request) {
					autoPost(w, r.FormValue("SAMLRequest"), "SAMLResponse", "abc")
				},
			})
			l := loopback(t, receive.Options{Redirect: "http://" + test.host + "/callback", SAML: test.saml, IdPOrigins: []string{idp}})
			got := conclude(ctx, l)
			b.show(t, ctx, test.via(l, idp), "Signed in as ann@idp.test")
			a := <-got
			if a.Form[test.want] != "abc" {
				t.Errorf("answer %+v; refused: %+v", a, l.Refusals())
			}
			if l.Foreign() != 0 || len(l.Refusals()) != 0 {
				t.Errorf("refused on the way: %+v", l.Refusals())
			}
		})
	}
}

// TestChromiumHostilePage lets another site try to end or take the login with the right state, which is more than it can know.
func TestChromiumHostilePage(t *testing.T) {
	b := newBrowser(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	l := loopback(t, receive.Options{IdPOrigins: []string{"https://idp.test"}})
	answer := l.Redirect() + "?code=evil&state=" + loginState
	_, port, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(l.Redirect(), "http://"), "/callback"))
	rebound := "http://evil.test:" + port + "/callback?code=evil&state=" + loginState
	evil := site(t, "evil.test", map[string]http.HandlerFunc{
		"GET /": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, `<link rel=prefetch href="%[1]s"><img src="%[1]s"><iframe name=f src="%[1]s"></iframe><object data="%[1]s"></object>
<form target=f method=post action="%[2]s"><input name=code value=evil><input name=state value=%[3]s></form>
<script>
const all = [fetch("%[1]s", {mode: "no-cors"}), fetch("%[1]s"), fetch("%[4]s"), fetch("%[2]s", {method: "POST", mode: "no-cors", body: new URLSearchParams({code: "evil", state: "%[3]s"})})]
Promise.allSettled(all).then(results => { document.title = "all tried: " + results.map(r => r.status + (r.value ? r.value.type : "")).join(" "); document.forms[0].submit() })
</script>`, answer, l.Redirect(), loginState, rebound)
		},
	})
	b.show(t, ctx, evil+"/", "all tried:")
	refusals := l.Refusals()
	for _, r := range refusals {
		t.Logf("%d %s", r.Status, r.Why)
	}
	if len(refusals) < 4 {
		t.Errorf("only %d requests reached the receiver: the attack was none", len(refusals))
	}
	b.show(t, ctx, rebound, "Not taken")
	idp := site(t, "idp.test", map[string]http.HandlerFunc{"GET /": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, l.Redirect()+"?code=good&state="+loginState, http.StatusFound)
	}})
	got := conclude(ctx, l)
	b.show(t, ctx, l.Start(idp+"/"), "Signed in as ann@idp.test")
	if a := <-got; a.Form["code"] != "good" {
		t.Errorf("the login ended with %+v", a)
	}
}

// TestChromiumForgetsTheCode: once the page is shown, the address bar holds no code, and the cache never did. (Chromium's list of
// visited pages does: it is written when the page is committed, before any script. The code is used up by then.)
func TestChromiumForgetsTheCode(t *testing.T) {
	b := newBrowser(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	idp := site(t, "idp.test", map[string]http.HandlerFunc{"GET /": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, r.FormValue("to")+"?code=verysecretcode&state="+loginState, http.StatusFound)
	}})
	l := loopback(t, receive.Options{})
	got := conclude(ctx, l)
	b.show(t, ctx, l.Start(idp+"/?to="+l.Redirect()), `"url":"`+l.Redirect()+`"`)
	<-got
	err := filepath.WalkDir(filepath.Join(b.profile, "Default", "Cache"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // the browser tidies up
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("verysecretcode")) {
			t.Errorf("%s holds the code", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// addresses opens an address and asks the browser over and over, by DevTools on a pipe, what it shows, until ctx ends. The channel
// closes when the browser has ended.
func (b browser) addresses(t *testing.T, ctx context.Context, address string) <-chan string {
	t.Helper()
	cmd := b.command(ctx, "--remote-debugging-pipe", address)
	questions, ask, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	hear, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Cancel = func() error { return nil }        // it ends when its pipe does, and all of its processes with it
	cmd.ExtraFiles = []*os.File{questions, answers} // 3 and 4, as Chromium wants them
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = questions.Close(), answers.Close()
	out := make(chan string)
	go func() {
		defer close(out)
		defer func() { _, _, _ = ask.Close(), hear.Close(), cmd.Wait() }()
		lines := bufio.NewReader(hear)
		for id := 1; ctx.Err() == nil; id++ {
			if _, err := fmt.Fprintf(ask, `{"id":%d,"method":"Target.getTargets"}`+"\x00", id); err != nil {
				return
			}
			answer, err := lines.ReadString(0)
			if err != nil {
				return
			}
			select {
			case out <- answer:
			case <-ctx.Done():
			}
		}
	}()
	return out
}
