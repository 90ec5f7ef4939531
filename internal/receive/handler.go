package receive

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// serve answers one request. Only serveAnswer can end the wait.
func (l *Loopback) serve(w http.ResponseWriter, r *http.Request) {
	if !l.address.calls(r.Host) {
		l.refuse(w, http.StatusMisdirectedRequest, fmt.Sprintf("the request is for the host %s, but this is %s", cut(r.Host), l.address.authority(l.address.host)))
		return
	}
	path := r.URL.EscapedPath()
	l.mu.Lock()
	begin, isStart := l.starts[path]
	l.mu.Unlock()
	switch {
	case isStart:
		l.serveStart(w, r, begin)
	case path == l.address.path && l.options.Accept != nil:
		l.serveAnswer(w, r)
	default:
		l.refuse(w, http.StatusNotFound, "nothing is at this path")
	}
}

// unwanted tells why a request is no navigation of a person's browser: other methods, speculative loads, and images, frames or
// fetches of another page (Fetch Metadata).
func unwanted(r *http.Request, methods ...string) (status int, why string) {
	if !slices.Contains(methods, r.Method) {
		return http.StatusMethodNotAllowed, fmt.Sprintf("the method is %s, but this address takes %s", cut(r.Method), strings.Join(methods, " and "))
	}
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		for _, purpose := range []string{"prefetch", "prerender", "preview"} {
			if strings.Contains(strings.ToLower(r.Header.Get(name)), purpose) {
				return http.StatusServiceUnavailable, "the browser loads this ahead of need"
			}
		}
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" && mode != "navigate" {
		return http.StatusForbidden, fmt.Sprintf("a page loaded this with the mode %s, not a person", cut(mode))
	}
	if dest := r.Header.Get("Sec-Fetch-Dest"); dest != "" && dest != "document" {
		return http.StatusForbidden, fmt.Sprintf("a page loaded this as %s, not a person", cut(dest))
	}
	return 0, ""
}

// serveAnswer takes what came to the redirect URI or ACS.
func (l *Loopback) serveAnswer(w http.ResponseWriter, r *http.Request) {
	methods := []string{http.MethodGet, http.MethodPost}
	if l.options.SAML {
		methods = methods[1:]
	}
	if status, why := unwanted(r, methods...); status != 0 {
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", strings.Join(methods, ", "))
		}
		l.refuse(w, status, why)
		return
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "null" && !slices.Contains(l.options.IdPOrigins, origin) {
		l.refuse(w, http.StatusForbidden, fmt.Sprintf("the origin %s is not the identity provider's", cut(origin)))
		return
	}
	if l.isAnswered() { // before a body is read
		l.gone(w)
		return
	}
	answer, status, why := l.read(w, r)
	if status != 0 {
		l.refuse(w, status, why)
		return
	}
	switch taken, again := l.offer(answer); {
	case again:
		l.gone(w)
	case !taken:
		l.refuse(w, http.StatusBadRequest, stray(answer))
	default:
		l.hold(w, r)
	}
}

func (l *Loopback) isAnswered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answered
}

// offer hands an answer to the caller, one at a time, until one is taken. again means that one was taken before.
func (l *Loopback) offer(a Answer) (taken, again bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answered {
		return false, true
	}
	if !l.options.Accept(a) {
		l.foreign++
		return false, false
	}
	l.answered = true
	l.answers <- a
	return true, false
}

// hold keeps the browser until the caller knows how the login ended, so that the page tells the truth.
func (l *Loopback) hold(w http.ResponseWriter, r *http.Request) {
	defer close(l.delivered)
	timer := time.NewTimer(l.options.Timeouts.Hold)
	defer timer.Stop()
	page := Page{Title: "The answer has arrived", Detail: "How the login ended is said in the terminal.", mark: "i"}
	select {
	case <-l.concluded:
	case <-l.closed:
	case <-timer.C:
	case <-r.Context().Done():
		return
	}
	l.mu.Lock()
	if l.over {
		page = l.page
	}
	l.mu.Unlock()
	l.write(w, http.StatusOK, page)
}

// read takes the parameters out of a request; a status other than 0 tells why it has none.
func (l *Loopback) read(w http.ResponseWriter, r *http.Request) (a Answer, status int, why string) {
	a = Answer{Method: r.Method, URL: "http://" + r.Host + r.URL.RequestURI(), At: l.options.Now()}
	encoded := r.URL.RawQuery
	if r.Method == http.MethodPost {
		a.ContentType = r.Header.Get("Content-Type")
		if media, _, err := mime.ParseMediaType(a.ContentType); err != nil || media != "application/x-www-form-urlencoded" {
			return a, http.StatusUnsupportedMediaType, fmt.Sprintf("the body is %s, but an answer is application/x-www-form-urlencoded", cut(a.ContentType))
		}
		if encoded, status, why = l.body(w, r); status != 0 {
			return a, status, why
		}
	}
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return a, http.StatusBadRequest, "the parameters are not URL-encoded"
	}
	a.Form = make(map[string]string, len(values))
	for name, v := range values {
		if len(v) > 1 { // RFC 6749 §3.1: never more than once
			return a, http.StatusBadRequest, fmt.Sprintf("the parameter %s occurs %d times", cut(name), len(v))
		}
		a.Form[name] = v[0]
	}
	return a, 0, ""
}

// body reads a POST within its limits of size and time.
func (l *Loopback) body(w http.ResponseWriter, r *http.Request) (text string, status int, why string) {
	limit := l.options.MaxBody
	tooLong := fmt.Sprintf("the body is longer than %d bytes", limit)
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close")
		return "", http.StatusRequestEntityTooLarge, tooLong
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(l.options.Timeouts.Body))
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return "", http.StatusRequestEntityTooLarge, tooLong
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return "", http.StatusRequestTimeout, fmt.Sprintf("the body did not come within %s", l.options.Timeouts.Body)
	case err != nil:
		return "", http.StatusBadRequest, "the body broke off"
	}
	return string(b), 0, ""
}

// stray describes an answer that Accept refused. Its error is worth showing, as some identity providers leave the state out of
// errors; that anyone can have made it up is said with it.
func stray(a Answer) string {
	code := a.Form["error"]
	if code == "" {
		return "this answer is not of the login that waits"
	}
	why := "unverified: the error " + cut(code)
	if text := a.Form["error_description"]; text != "" {
		why += " (" + cut(text) + ")"
	}
	return why + " came without the mark of the login that waits"
}

// gone answers a replay.
func (l *Loopback) gone(w http.ResponseWriter) {
	l.note(http.StatusGone, "an answer had been taken before")
	l.write(w, http.StatusGone, Page{Title: "An answer has been taken already", Detail: "A login takes one. How it ended is said in the terminal.", mark: "i"})
}

// refuse answers a request that does not end the wait.
func (l *Loopback) refuse(w http.ResponseWriter, status int, why string) {
	l.note(status, why)
	l.write(w, status, Page{Title: "Not taken", Detail: upper(why) + ".", Next: "If a login waits in the terminal, it still does."})
}

func (l *Loopback) note(status int, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.refusals) == 16 {
		l.refusals = l.refusals[1:]
	}
	l.refusals = append(l.refusals, Refusal{At: l.options.Now(), Status: status, Why: why})
}

// write sends a page and flushes it: after that the connection may be closed.
func (l *Loopback) write(w http.ResponseWriter, status int, p Page) {
	nonce := l.options.Random()
	l.send(w, status, "form-action 'none'; ", nonce, p.HTML(nonce))
}

// send writes a document that no other page may frame, read or guess the type of, and that loads nothing.
func (l *Loopback) send(w http.ResponseWriter, status int, policy, nonce string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; script-src 'nonce-"+nonce+"'; img-src data:; "+policy+
		"base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	private(h)
	w.WriteHeader(status)
	_, _ = w.Write(body)
	_ = http.NewResponseController(w).Flush()
}

// private keeps an address and what it says out of caches, Referer headers and type guessing.
func private(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// cut quotes foreign text, 120 bytes of it at most.
func cut(s string) string {
	const most = 120
	if len(s) <= most {
		return strconv.Quote(s)
	}
	end := most
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return strconv.Quote(s[:end]) + "…"
}

// upper begins a sentence.
func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}
