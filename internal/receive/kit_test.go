package receive

import (
	"bufio"
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const state = "the-right-state"

// ofThisLogin accepts what bears the right state or RelayState.
func ofThisLogin(a Answer) bool {
	got := a.Form["state"] + a.Form["RelayState"]
	return subtle.ConstantTimeCompare([]byte(got), []byte(state)) == 1
}

// limit ends a test that hangs.
func limit(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func open(t *testing.T, o Options) *Loopback {
	t.Helper()
	if o.Redirect == "" {
		o.Redirect = "http://127.0.0.1/callback"
	}
	if o.Accept == nil {
		o.Accept = ofThisLogin
	}
	l, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// reply is what a raw request got.
type reply struct {
	status int
	header http.Header
	body   string
}

// dial opens a raw connection to the listener.
func dial(t *testing.T, l *Loopback) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.listeners[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(15 * time.Second))
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// raw sends bytes as they are but for {host}, and reads one answer.
func raw(t *testing.T, l *Loopback, request string) reply {
	t.Helper()
	c := dial(t, l)
	method, _, _ := strings.Cut(request, " ")
	if _, err := io.WriteString(c, strings.ReplaceAll(request, "{host}", c.RemoteAddr().String())); err != nil {
		t.Fatal(err)
	}
	return readReply(t, c, method)
}

func readReply(t *testing.T, c net.Conn, method string) reply {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(b)}
}

// get is a GET as a browser's navigation, with more header lines.
func get(path string, more ...string) string {
	return request("GET", path, "", append([]string{"Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, more...)...)
}

// post is a form posted by the identity provider's page.
func post(path, body string, more ...string) string {
	return request("POST", path, body, append([]string{"Content-Type: application/x-www-form-urlencoded"}, more...)...)
}

func request(method, path, body string, lines ...string) string {
	host := "Host: {host}"
	for i, l := range lines {
		if strings.HasPrefix(l, "Host:") {
			host, lines[i] = l, "X-Not: needed"
		}
	}
	if body != "" || method == "POST" {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return method + " " + path + " HTTP/1.1\r\n" + host + "\r\n" + strings.Join(append(lines, "Connection: close"), "\r\n") + "\r\n\r\n" + body
}

// login brings the right answer, and tells that the listener still waited for it.
func login(t *testing.T, l *Loopback) reply {
	t.Helper()
	ctx := limit(t)
	got := make(chan reply, 1)
	go func() { got <- raw(t, l, get(l.address.path+"?code=abc&state="+state)) }()
	a, err := l.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if a.Form["code"] != "abc" {
		t.Fatalf("the answer is %v", a)
	}
	l.Conclude(Page{OK: true, Title: "Signed in as ann@acme.com", Claims: []string{"sub", "email"}})
	select {
	case r := <-got:
		return r
	case <-ctx.Done():
		t.Fatal("the browser got no page")
		return reply{}
	}
}
