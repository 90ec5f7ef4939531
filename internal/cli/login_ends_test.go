package cli

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// text is flags with the format that people read.
func (b *bench) text(more ...string) []string {
	return b.flags(append([]string{"--format", "text"}, more...)...)
}

// TestLoginEnds: each way in which a login can end has its exit code and its words.
func TestLoginEnds(t *testing.T) {
	form := func(b *bench) (int, string) {
		b.signsIn()
		code, out, _ := b.run(b.text("--driver", "form")...)
		return code, out
	}
	for name, c := range map[string]struct {
		fault string
		login func(t *testing.T, b *bench) (int, string)
		code  int
		words []string
	}{
		"healthy":       {"", func(_ *testing.T, b *bench) (int, string) { return form(b) }, report.ExitClean, []string{"ann@lab.example"}},
		"cancelled":     {"", cancelled, 130, []string{"the login was given up"}},
		"timeout":       {"", timedOut, report.ExitInconclusive, []string{"not finished in time", "no answer within 1s"}},
		"nothing":       {"", nothingPasted, report.ExitInconclusive, []string{"given up", "nothing was pasted"}},
		"wrong state":   {"", otherState, report.ExitFindings, []string{"AUTHZ011", "the code was not exchanged: the state that came back"}},
		"expired code":  {"TOK007", pasteAnswer, report.ExitInconclusive, []string{"TOK007", "the token endpoint refused", "code is unknown, used or expired"}},
		"one-time code": {"AUTHZ020-otp", func(_ *testing.T, b *bench) (int, string) { return form(b) }, report.ExitInconclusive, []string{"AUTHZ020", "something that only a person can give: a one-time code"}},
		"consent":       {"AUTHZ020-consent", func(_ *testing.T, b *bench) (int, string) { return form(b) }, report.ExitInconclusive, []string{"AUTHZ020", "something that only a person can give: consent"}},
		"wrong password": {"", func(_ *testing.T, b *bench) (int, string) {
			b.signsIn()
			b.getenv("SSOCTL_PASSWORD", "of-somebody-else")
			code, out, _ := b.run(b.text("--driver", "form")...)
			return code, out
		}, report.ExitInconclusive, []string{"the IdP did not take the user name and password", "does not match"}},
		"error page":   {"AUTHZ018-page", func(_ *testing.T, b *bench) (int, string) { return form(b) }, report.ExitFindings, []string{"AUTHZ018", "the IdP refused", "this account is locked"}},
		"denied":       {"AUTHZ019", func(_ *testing.T, b *bench) (int, string) { return form(b) }, report.ExitFindings, []string{"AUTHZ019", "access_denied", "user is not assigned to this application"}},
		"turned down":  {"DEV002", deviceAnswer, report.ExitFindings, []string{"DEV002", "access_denied"}},
		"unregistered": {"AUTHZ001", func(_ *testing.T, b *bench) (int, string) { return form(b) }, report.ExitFindings, []string{"AUTHZ001", "the IdP refused"}},
		"other secret": {"TOK005", func(_ *testing.T, b *bench) (int, string) { return form(b) }, report.ExitFindings, []string{"TOK005", "the token endpoint refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{Fault: c.fault, Loopback: name == "timeout"})
			code, out := c.login(t, b)
			if code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			for _, w := range c.words {
				if !strings.Contains(out, w) {
					t.Errorf("%q is not said", w)
				}
			}
			if t.Failed() {
				t.Log(out)
			}
			if n := b.asked("POST", "/lab/login"); n > 1 {
				t.Errorf("the password was tried %d times", n)
			}
			if n := b.exchanged(); n > 1 {
				t.Errorf("the code was exchanged %d times", n)
			}
		})
	}
}

// asked counts the requests of a kind at the lab.
func (b *bench) asked(method, path string) (n int) {
	for _, r := range b.lab.Requests() {
		if r.Method == method && r.Path == path {
			n++
		}
	}
	return n
}

// exchanged counts the exchanges of real codes: those of probes are refused for what they are, and come before the login page.
func (b *bench) exchanged() (n int) {
	shown := false
	for _, r := range b.lab.Requests() {
		shown = shown || r.Path == "/lab/login"
		if shown && r.Path == "/lab/token" && r.Form.Get("grant_type") == "authorization_code" {
			n++
		}
	}
	return n
}

func cancelled(t *testing.T, b *bench) (int, string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.app.Context = func() (context.Context, context.CancelFunc) { return ctx, cancel }
	in, hold := io.Pipe()
	defer hold.Close()
	b.app.In = in
	wait := b.beside(t, signHere, func(string) error { cancel(); return nil })
	code, out, _ := b.run(b.text("--receive", "paste", "--no-browser")...)
	wait()
	return code, out
}

func timedOut(_ *testing.T, b *bench) (int, string) {
	code, out, _ := b.run(b.text("--receive", "loopback", "--redirect", "http://127.0.0.1:0/callback", "--no-browser", "--timeout", "1s")...)
	return code, out
}

func nothingPasted(_ *testing.T, b *bench) (int, string) {
	b.app.In = strings.NewReader("")
	code, out, _ := b.run(b.text("--receive", "paste", "--no-browser")...)
	return code, out
}

func otherState(t *testing.T, b *bench) (int, string) {
	return b.pasteText(t, func(address string) string { return strings.Replace(address, "state=ssoctl-", "state=ssoctl-x", 1) })
}

func pasteAnswer(t *testing.T, b *bench) (int, string) { return b.pasteText(t, nil) }

// pasteText is byPaste with the text that people read.
func (b *bench) pasteText(t *testing.T, change func(string) string) (int, string) {
	t.Helper()
	wait := b.pastes(t, change)
	code, out, _ := b.run(b.text("--receive", "paste", "--no-browser")...)
	wait()
	return code, out
}

func deviceAnswer(t *testing.T, b *bench) (int, string) {
	wait := b.allows(t)
	code, out, _ := b.run(b.text("--receive", "device")...)
	wait()
	return code, out
}

// TestNothingReachesSP: wherever the redirect URI or ACS is, nothing of ssoctl's connects to it; only a person's own browser would.
func TestNothingReachesSP(t *testing.T) {
	for _, name := range []string{"oidc form", "saml form", "oidc paste", "saml paste", "oidc finish", "saml finish"} {
		t.Run(name, func(t *testing.T) {
			var hits atomic.Int32
			sp := httptest.NewUnstartedServer(http.NotFoundHandler())
			sp.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					hits.Add(1)
				}
			}
			sp.Start()
			defer sp.Close()
			protocol, receiver, _ := strings.Cut(name, " ")
			b := newBench(t, lab.Options{Protocol: protocol, Loopback: true})
			b.app.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				if strings.HasSuffix(addr, ":443") { // the application's; the lab is elsewhere
					hits.Add(1)
				}
				return (&net.Dialer{}).DialContext(ctx, network, addr)
			}
			b.redirect = sp.URL + map[string]string{"oidc": "/callback", "saml": "/saml/acs"}[protocol]
			r, code := b.loginBy(t, receiver, "--cleanup")
			if b.redirect != "" && !b.saw(b.redirect) {
				t.Errorf("the lab was not asked to lead to %s", b.redirect)
			}
			if code != report.ExitClean || len(r.Connections[0].Claims) == 0 {
				t.Errorf("exit %d", code)
				r.say(t)
			}
			if n := hits.Load(); n > 0 {
				t.Errorf("%d connections to the SP", n)
			}
		})
	}
}

// saw reports whether the lab was asked to lead to an address.
func (b *bench) saw(address string) bool {
	for _, r := range b.lab.Requests() {
		if r.Query.Get("redirect_uri") == address {
			return true
		}
		if request := r.Query.Get("SAMLRequest"); request != "" {
			found, err := unwrap.Open("", []byte("SAMLRequest="+url.QueryEscape(request)))
			if err == nil && strings.Contains(string(found[0].Data), address) {
				return true
			}
		}
	}
	return false
}
