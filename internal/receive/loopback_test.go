package receive

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

func TestAnswerByQuery(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := open(t, Options{Redirect: "http://127.0.0.1/callback?tenant=a", Now: func() time.Time { return at }})
	if !strings.HasPrefix(l.Redirect(), "http://127.0.0.1:") || !strings.HasSuffix(l.Redirect(), "/callback?tenant=a") || strings.Contains(l.Redirect(), ":0/") {
		t.Fatalf("redirect URI %q", l.Redirect())
	}
	ctx := limit(t)
	page := make(chan reply, 1)
	go func() { page <- raw(t, l, get("/callback?tenant=a&code=a%20b&state="+state)) }()
	a, err := l.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if a.Method != "GET" || !a.At.Equal(at) || a.Form["code"] != "a b" || a.Form["tenant"] != "a" || a.URL != l.Redirect()+"&code=a%20b&state="+state {
		t.Errorf("answer %+v", a)
	}
	l.Conclude(Page{})
	<-page
}

func TestAnswerByPost(t *testing.T) {
	for _, origin := range []string{"Origin: null", "Origin: https://idp.test", "X-No: origin"} {
		l := open(t, Options{SAML: true, IdPOrigins: []string{"https://idp.test"}})
		ctx := limit(t)
		response := strings.Repeat("A", 300<<10) // more than an OIDC answer may have
		page := make(chan reply, 1)
		go func() {
			page <- raw(t, l, post("/callback", "SAMLResponse="+response+"&RelayState="+state, origin, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"))
		}()
		a, err := l.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if a.Method != "POST" || a.Form["SAMLResponse"] != response || a.ContentType != "application/x-www-form-urlencoded" {
			t.Errorf("answer %.100v", a)
		}
		l.Conclude(Page{})
		<-page
	}
}

func TestSAMLTakesNoGet(t *testing.T) {
	l := open(t, Options{SAML: true})
	got := raw(t, l, get("/callback?SAMLResponse=x&RelayState="+state))
	if got.status != 405 || got.header.Get("Allow") != "POST" {
		t.Errorf("%d, Allow %q", got.status, got.header.Get("Allow"))
	}
}

func TestDefaultLimitOfOIDC(t *testing.T) {
	l := open(t, Options{})
	if got := raw(t, l, post("/callback", "state="+strings.Repeat("A", 256<<10))); got.status != 413 {
		t.Errorf("status %d", got.status)
	}
}

// TestBrowserWaitsForTheTruth: the page comes after Conclude, not before.
func TestBrowserWaitsForTheTruth(t *testing.T) {
	ctx := limit(t)
	// Both deadlines of the server pass while the browser waits: they must not end its request.
	l := open(t, Options{Timeouts: Timeouts{Header: 200 * time.Millisecond, Body: 200 * time.Millisecond}})
	got := make(chan reply, 1)
	go func() { got <- raw(t, l, post("/callback", "code=abc&state="+state)) }()
	if _, err := l.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	exchange := time.NewTimer(700 * time.Millisecond)
	select {
	case r := <-got:
		t.Fatalf("page before the exchange: %d %s", r.status, r.body)
	case <-exchange.C:
	}
	l.Conclude(Page{Title: "token endpoint refused the code", Detail: "x", Next: "see the terminal"})
	r := <-got
	if r.status != 200 || !strings.Contains(r.body, "token endpoint refused the code") || !strings.Contains(r.body, "✗") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestLateConclude: who waits too long is sent to the terminal, and a conclusion after that does no harm.
func TestLateConclude(t *testing.T) {
	ctx := limit(t)
	l := open(t, Options{Timeouts: Timeouts{Hold: 30 * time.Millisecond}})
	got := raw(t, l, get("/callback?code=abc&state="+state))
	if got.status != 200 || !strings.Contains(got.body, "in the terminal") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if _, err := l.Wait(ctx); err != nil {
		t.Error(err)
	}
	l.Conclude(Page{OK: true})
}

// TestBrowserGone: a browser that closes its tab keeps nobody waiting.
func TestBrowserGone(t *testing.T) {
	ctx := limit(t)
	l := open(t, Options{Timeouts: Timeouts{Drain: 15 * time.Second}})
	c := dial(t, l)
	if _, err := c.Write([]byte(strings.ReplaceAll(get("/callback?code=abc&state="+state), "{host}", c.RemoteAddr().String()))); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	select {
	case <-l.delivered:
	case <-ctx.Done():
		t.Fatal("the request still waits")
	}
	l.Conclude(Page{OK: true})
}

func TestConcludeCloses(t *testing.T) {
	l := open(t, Options{})
	where := l.listeners[0].Addr().String()
	login(t, l)
	if c, err := net.Dial("tcp", where); err == nil {
		_ = c.Close()
		t.Error("the listener still accepts")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestCloseSendsToTheTerminal(t *testing.T) {
	ctx := limit(t)
	l := open(t, Options{})
	got := make(chan reply, 1)
	go func() { got <- raw(t, l, get("/callback?code=abc&state="+state)) }()
	if _, err := l.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := <-got; !strings.Contains(r.body, "in the terminal") {
		t.Error(r.body)
	}
}

func TestWaitEnds(t *testing.T) {
	l := open(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	done := make(chan error, 1)
	go func() { _, err := l.Wait(context.Background()); done <- err }()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestStart(t *testing.T) {
	l := open(t, Options{})
	const target = "https://idp.test/authorize?state=x&nonce=y"
	address := l.Start(target)
	base := "http://" + l.listeners[0].Addr().String()
	path, ok := strings.CutPrefix(address, base)
	if !ok || len(path) != len("/s/")+32 {
		t.Fatalf("start address %q", address)
	}
	for range 2 { // a person may click twice
		if got := raw(t, l, get(path)); got.status != 302 || got.header.Get("Location") != target {
			t.Errorf("%d to %q", got.status, got.header.Get("Location"))
		}
	}
	for want, r := range map[int]string{405: request("HEAD", path, ""), 503: get(path, "Sec-Purpose: prefetch"), 403: request("GET", path, "", "Sec-Fetch-Mode: no-cors"), 421: get(path, "Host: evil.test"), 404: get(path[:len(path)-1])} {
		if got := raw(t, l, r); got.status != want || got.header.Get("Location") != "" {
			t.Errorf("%.40q: %d, want %d", r, got.status, want)
		}
	}
	if l.Start(target) == address {
		t.Error("two start pages with one address")
	}
	for _, bad := range []string{"javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "/relative", ""} {
		if got := raw(t, l, get(strings.TrimPrefix(l.Start(bad), base))); got.status != 502 {
			t.Errorf("%q: %d", bad, got.status)
		}
	}
}

func TestStartPost(t *testing.T) {
	l := open(t, Options{SAML: true})
	base := "http://" + l.listeners[0].Addr().String()
	got := raw(t, l, get(strings.TrimPrefix(l.StartPost(`https://idp.test/sso?a="><script>`, map[string]string{"SAMLRequest": "abc+/=", "RelayState": `"><script>x`}), base)))
	for _, want := range []string{`method="post" action="https://idp.test/sso?a=&#34;&gt;&lt;script&gt;"`, `name="SAMLRequest" value="abc+/="`, "submit.call(document.forms[0])", "<button>"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("no %s in %s", want, got.body)
		}
	}
	if strings.Contains(got.body, "<script>x") || strings.Contains(got.header.Get("Content-Security-Policy"), "form-action") {
		t.Errorf("%s\n%s", got.header.Get("Content-Security-Policy"), got.body)
	}
	if got := raw(t, l, get(strings.TrimPrefix(l.StartPost("javascript:alert(1)", nil), base))); got.status != 502 {
		t.Errorf("status %d", got.status)
	}
}

// TestStartOnly: without Accept, as beside a prompt, the redirect URI takes nothing.
func TestStartOnly(t *testing.T) {
	l, err := Listen(Options{Redirect: "http://127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := raw(t, l, get("/?code=abc&state="+state)); got.status != 404 {
		t.Errorf("status %d", got.status)
	}
	if got := raw(t, l, get(strings.TrimPrefix(l.Start("https://idp.test/"), "http://"+l.listeners[0].Addr().String()))); got.status != 302 {
		t.Errorf("status %d", got.status)
	}
}
