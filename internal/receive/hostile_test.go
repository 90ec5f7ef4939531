package receive

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHostileRequests sends what other pages, other programs and the browser itself may send; none ends the wait, and the
// right answer gets through afterwards.
func TestHostileRequests(t *testing.T) {
	right := "/callback?code=abc&state=" + state
	idp := "Origin: https://idp.test"
	tests := []struct {
		name, request string
		status        int
		foreign       int
	}{
		{"DNS rebinding", get(right, "Host: evil.test"), 421, 0},
		{"DNS rebinding, with the port", get(right, "Host: rebound.evil.test:8250"), 421, 0},
		{"another port", get(right, "Host: 127.0.0.1:1"), 421, 0},
		{"no port", get(right, "Host: 127.0.0.1"), 421, 0},
		{"localhost was not registered", get(right, "Host: localhost:8250"), 421, 0},
		{"empty host", get(right, "Host: "), 421, 0},
		{"two hosts", "GET " + right + " HTTP/1.1\r\nHost: {host}\r\nHost: evil.test\r\nConnection: close\r\n\r\n", 400, 0},
		{"absolute form for another host", get("http://evil.test" + right), 421, 0},
		{"foreign state", get("/callback?code=abc&state=other"), 400, 1},
		{"no state", get("/callback?code=abc"), 400, 1},
		{"state twice", get(right + "&state=other"), 400, 0},
		{"bare error", get("/callback?error=access_denied"), 400, 1},
		{"foreign state in a body", post("/callback", "code=abc&state=other", idp), 400, 1},
		{"state of the query does not count for a POST", post("/callback?state="+state, "code=abc", idp), 400, 1},
		{"no parameter", get("/callback"), 400, 1},
		{"not encoded", get("/callback?state=%zz"), 400, 0},
		{"image", request("GET", right, "", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"), 403, 0},
		{"image without a mode", request("GET", right, "", "Sec-Fetch-Dest: image"), 403, 0},
		{"fetch", request("GET", right, "", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Origin: https://evil.test"), 403, 0},
		{"frame", request("GET", right, "", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"), 403, 0},
		{"object", request("GET", right, "", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: object"), 403, 0},
		{"fetch of an old browser", request("GET", right, "", "Origin: https://evil.test"), 403, 0},
		{"prefetch", get(right, "Sec-Purpose: prefetch"), 503, 0},
		{"prerender", get(right, "Sec-Purpose: prefetch;prerender"), 503, 0},
		{"prefetch, old header", get(right, "Purpose: prefetch"), 503, 0},
		{"prefetch, Firefox", get(right, "X-Moz: prefetch"), 503, 0},
		{"HEAD", request("HEAD", right, ""), 405, 0},
		{"OPTIONS", request("OPTIONS", right, "", "Origin: https://evil.test", "Access-Control-Request-Method: POST", "Access-Control-Request-Private-Network: true"), 405, 0},
		{"OPTIONS *", request("OPTIONS", "*", ""), 404, 0},
		{"PUT", request("PUT", right, "x"), 405, 0},
		{"DELETE", request("DELETE", right, ""), 405, 0},
		{"made-up method", request("<script>", right, ""), 400, 0},
		{"favicon", request("GET", "/favicon.ico", "", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"), 404, 0},
		{"root", get("/"), 404, 0},
		{"longer path", get("/callback/" + "?code=abc&state=" + state), 404, 0},
		{"other case", get("/Callback?code=abc&state=" + state), 404, 0},
		{"encoded path", get("/callbac%6b?code=abc&state=" + state), 404, 0},
		{"path that climbs", get("/x/../callback?code=abc&state=" + state), 404, 0},
		{"guessed start page", get("/s/00000000000000000000000000000000"), 404, 0},
		{"foreign origin", post("/callback", "code=abc&state="+state, "Origin: https://evil.test"), 403, 0},
		{"origin with another scheme", post("/callback", "code=abc&state="+state, "Origin: http://idp.test"), 403, 0},
		{"origin of ours", post("/callback", "code=abc&state="+state, "Origin: http://{host}"), 403, 0},
		{"JSON", request("POST", "/callback", `{"state":"`+state+`"}`, idp, "Content-Type: application/json"), 415, 0},
		{"multipart", request("POST", "/callback", "state="+state, idp, "Content-Type: multipart/form-data; boundary=x"), 415, 0},
		{"plain text", request("POST", "/callback", "state="+state, idp, "Content-Type: text/plain"), 415, 0},
		{"no type", request("POST", "/callback", "state="+state, idp), 415, 0},
		{"huge, announced", "POST /callback HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99999999999\r\n\r\n", 413, 0},
		{"huge, in pieces", "POST /callback HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n101\r\n" + strings.Repeat("a", 257) + "\r\n0\r\n\r\n", 413, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := open(t, Options{IdPOrigins: []string{"https://idp.test"}, MaxBody: 256})
			got := raw(t, l, test.request)
			if got.status != test.status {
				t.Errorf("status %d, want %d: %s", got.status, test.status, got.body)
			}
			if l.Foreign() != test.foreign {
				t.Errorf("%d foreign answers counted, want %d", l.Foreign(), test.foreign)
			}
			for name := range got.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("CORS header %s: %q", name, got.header[name])
				}
			}
			if strings.Contains(got.body, state) {
				t.Error("the page repeats the state")
			}
			if test.name != "two hosts" && test.name != "made-up method" { // net/http answers those itself
				if r := l.Refusals(); len(r) != 1 || r[0].Status != test.status || r[0].Why == "" || strings.Contains(r[0].Why, state) {
					t.Errorf("refusals %+v", r)
				}
			}
			if page := login(t, l); page.status != 200 || !strings.Contains(page.body, "Signed in as ann@acme.com") {
				t.Errorf("the right answer got %d %s", page.status, page.body)
			}
		})
	}
}

func TestEveryAnswerIsPrivate(t *testing.T) {
	l := open(t, Options{})
	start := strings.TrimPrefix(l.Start("https://idp.test/authorize"), "http://"+l.listeners[0].Addr().String())
	for _, r := range []string{get("/"), get("/callback"), get("/callback", "Host: evil.test"), get(start), request("HEAD", start, "")} {
		got := raw(t, l, r)
		for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
			if got.header.Get(name) != want {
				t.Errorf("%.30q: %s is %q, want %q", r, name, got.header.Get(name), want)
			}
		}
	}
}

// TestReflectedError: the description of an error is the text of whoever made the link.
func TestReflectedError(t *testing.T) {
	l := open(t, Options{})
	got := raw(t, l, get("/callback?error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%22%3E%3Cimg+src=x+onerror=alert(1)%3E%0d%0a%1b[31m"))
	if strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, "<img") || strings.ContainsAny(got.body, "\x1b\r") {
		t.Error(got.body)
	}
	if !strings.Contains(got.body, "Unverified") || !strings.Contains(got.body, "&lt;script&gt;") {
		t.Errorf("the page hides the error: %s", got.body)
	}
	if why := l.Refusals()[0].Why; strings.ContainsAny(why, "\x1b\r\n") || !strings.Contains(why, "alert(1)") {
		t.Errorf("why is %q", why)
	}
	policy := got.header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'nonce-", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %s in %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Error(policy)
	}
}

func TestLongForeignTextIsCut(t *testing.T) {
	for _, s := range []string{strings.Repeat("é", 500), strings.Repeat("x", 121), "short"} {
		if got := cut(s); len(got) > 130 || !strings.HasPrefix(got, `"`+s[:4]) {
			t.Errorf("%q", got)
		}
	}
}

// TestDoubleHit: while the exchange runs, and whatever it brings, a second answer is a replay.
func TestDoubleHit(t *testing.T) {
	ctx := limit(t)
	l := open(t, Options{Timeouts: Timeouts{Drain: 10 * time.Second}})
	first := make(chan reply, 1)
	go func() { first <- raw(t, l, get("/callback?code=abc&state="+state)) }()
	if _, err := l.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	for _, again := range []string{get("/callback?code=abc&state=" + state), get("/callback?code=evil&state=other"), post("/callback", "state="+state), post("/callback", "a="+strings.Repeat("A", 300<<10))} {
		if got := raw(t, l, again); got.status != http.StatusGone {
			t.Errorf("a replay got %d", got.status)
		}
	}
	if l.Foreign() != 0 {
		t.Error("a replay is counted as foreign")
	}
	l.Conclude(Page{Title: "Not signed in"})
	l.Conclude(Page{OK: true, Title: "A second conclusion"})
	if got := <-first; got.status != 200 || !strings.Contains(got.body, "Not signed in") {
		t.Errorf("the first got %d %s", got.status, got.body)
	}
}

// TestManyAtOnce: of many right answers at the same time, one is taken.
func TestManyAtOnce(t *testing.T) {
	ctx := limit(t)
	l := open(t, Options{})
	const n = 12
	statuses := make(chan int, n)
	for range n {
		go func() { statuses <- raw(t, l, get("/callback?code=abc&state="+state)).status }()
	}
	for range n - 1 {
		if s := <-statuses; s != http.StatusGone {
			t.Errorf("status %d", s)
		}
	}
	if _, err := l.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	l.Conclude(Page{OK: true, Title: "x"})
	if s := <-statuses; s != 200 {
		t.Errorf("the one that was taken got %d", s)
	}
}

// TestSlowloris: connections that send their header byte by byte are ended and keep nobody out.
func TestSlowloris(t *testing.T) {
	l := open(t, Options{Timeouts: Timeouts{Header: 2 * time.Second}})
	for range 40 {
		c := dial(t, l)
		if _, err := io.WriteString(c, "GET /callback?state="+state+" HTTP/1.1\r\nHost: 127"); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if _, err := io.ReadAll(c); err != nil { // the end comes from the server, not from our deadline
				t.Error(err)
			}
		}()
	}
	if got := login(t, l); got.status != 200 {
		t.Errorf("status %d", got.status)
	}
}

func TestSlowHeaderIsEnded(t *testing.T) {
	l := open(t, Options{Timeouts: Timeouts{Header: 300 * time.Millisecond}})
	c := dial(t, l)
	if _, err := io.WriteString(c, "GET /callback?state="+state+" HTTP/1.1\r\nHost: 127"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); err != nil {
		t.Error(err)
	}
	login(t, l)
}

func TestSlowBody(t *testing.T) {
	l := open(t, Options{Timeouts: Timeouts{Body: 50 * time.Millisecond}})
	got := raw(t, l, "POST /callback HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nstate=")
	if got.status != http.StatusRequestTimeout {
		t.Errorf("status %d", got.status)
	}
	login(t, l)
}

func TestBrokenBody(t *testing.T) {
	l := open(t, Options{})
	c := dial(t, l)
	_, err := io.WriteString(c, "POST /callback HTTP/1.1\r\nHost: "+c.RemoteAddr().String()+"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nstate="+state)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got := readReply(t, c, "POST"); got.status != http.StatusBadRequest {
		t.Errorf("status %d", got.status)
	}
	login(t, l)
}

func TestHugeHeader(t *testing.T) {
	l := open(t, Options{})
	if got := raw(t, l, get("/callback?state="+strings.Repeat("x", 100<<10))); got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", got.status)
	}
	if got := raw(t, l, get("/callback?state="+strings.Repeat("x", 20<<10))); got.status != http.StatusBadRequest {
		t.Errorf("a long query got %d", got.status)
	}
	login(t, l)
}
