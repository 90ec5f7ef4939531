// Package receive brings the answer of a login back to the terminal: a listener on loopback to which the identity provider sends
// the browser, a prompt into which a person pastes what the browser showed, and the start of that browser. It knows HTTP, sockets
// and terminals; whose answer it is and what it means is for the caller.
package receive

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Answer is what a browser brought to the redirect URI or ACS. It holds secrets: the code or the SAML response.
type Answer struct {
	Method      string
	URL         string            // the whole URL as requested; a fragment never reaches a server
	Form        map[string]string // the query of a GET, the body of a POST; a parameter that occurs twice is refused before
	ContentType string            // of a POST
	At          time.Time
}

// Options say where to listen and what to take.
type Options struct {
	// Redirect is the registered redirect URI or ACS: http on 127.0.0.1, [::1] or localhost, of which each binds exactly itself
	// (localhost: both addresses, same port). Port 0 or none means any free port.
	Redirect string
	// Accept tells whether an answer belongs to this login. It compares in constant time and is never called by two requests at
	// once; it must not call the Loopback. What it refuses is answered with 400 and counted, and the wait goes on. Nil: only start
	// pages are served.
	Accept func(Answer) bool
	// IdPOrigins are the origins that may post an answer; "null" always may, as redirects and referrer policies produce it.
	IdPOrigins []string
	// MaxBody bounds the body of a POST in bytes. 0: 256 KiB for OIDC, 1 MiB for SAML.
	MaxBody int64
	// SAML takes POST only: Profiles §4.1.2 forbids a Response by redirect.
	SAML bool
	// InContainer asks to listen on all interfaces of a container, so that its port can be published. Refused unless
	// Surroundings.Container and the port is fixed.
	InContainer  bool
	Surroundings Surroundings
	Timeouts     Timeouts
	Now          func() time.Time // nil: time.Now
	Random       func() string    // 128 bit in letters and digits; nil: crypto/rand as hex
}

// Timeouts of a Loopback; zero means the default in brackets.
type Timeouts struct {
	Header time.Duration // to send the header of a request (5 s)
	Body   time.Duration // to send its body (10 s)
	Hold   time.Duration // for which a browser waits for Conclude before its page refers to the terminal (60 s)
	Drain  time.Duration // for which Conclude and Close wait until the page is written (2 s)
}

// withDefaults fills what is zero.
func (t Timeouts) withDefaults() Timeouts {
	fill := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	fill(&t.Header, 5*time.Second)
	fill(&t.Body, 10*time.Second)
	fill(&t.Hold, time.Minute)
	fill(&t.Drain, 2*time.Second)
	return t
}

// Refusal is a request that did not end the wait.
type Refusal struct {
	At     time.Time
	Status int
	Why    string // quoted and shortened where it repeats the request; without its parameters' values, but for error
}

// Loopback waits for one answer. All methods may be called at any time from any goroutine.
type Loopback struct {
	options   Options
	address   address
	listeners []net.Listener
	server    *http.Server
	serving   sync.WaitGroup

	answers   chan Answer   // holds one
	concluded chan struct{} // closed once page is set
	closed    chan struct{} // closed by Close
	delivered chan struct{} // closed when the browser that waits has its page or is gone

	mu       sync.Mutex
	starts   map[string]start
	answered bool
	over     bool
	page     Page
	foreign  int
	refusals []Refusal
	closing  sync.Once
	closeErr error
}

// Listen binds the address of the redirect URI. errors.Is(err, ErrInUse) tells that another program has the port.
func Listen(o Options) (*Loopback, error) {
	a, err := parseAddress(o.Redirect)
	if err != nil {
		return nil, err
	}
	listeners, err := a.bind(o)
	if err != nil {
		return nil, err
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 256 << 10
		if o.SAML {
			o.MaxBody = 1 << 20
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = random
	}
	o.Timeouts = o.Timeouts.withDefaults()
	a = a.on(listeners[0])
	l := &Loopback{options: o, address: a, listeners: listeners, starts: map[string]start{},
		answers: make(chan Answer, 1), concluded: make(chan struct{}), closed: make(chan struct{}), delivered: make(chan struct{})}
	l.server = &http.Server{
		Handler:                      http.HandlerFunc(l.serve),
		DisableGeneralOptionsHandler: true, // OPTIONS * is answered like any other
		ReadHeaderTimeout:            o.Timeouts.Header,
		ReadTimeout:                  o.Timeouts.Header + o.Timeouts.Body,
		IdleTimeout:                  o.Timeouts.Header,
		MaxHeaderBytes:               64 << 10, // a code can be long
		ErrorLog:                     log.New(io.Discard, "", 0),
	}
	for _, listener := range listeners {
		l.serving.Go(func() { _ = l.server.Serve(listener) })
	}
	return l, nil
}

// random returns 128 bit as hex.
func random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never returns an error, crypto/rand says
	return hex.EncodeToString(b[:])
}

// Redirect returns the redirect URI as given, with the real port where none was fixed.
func (l *Loopback) Redirect() string { return l.address.redirect() }

// Addresses returns what is listened on: one address and port, or for localhost two.
func (l *Loopback) Addresses() []string {
	var out []string
	for _, listener := range l.listeners {
		out = append(out, listener.Addr().String())
	}
	return out
}

// Port returns the port that is listened on.
func (l *Loopback) Port() int { return l.address.port }

// Wait returns the first answer that Accept took; the context's error when that ends before, net.ErrClosed after Close.
func (l *Loopback) Wait(ctx context.Context) (Answer, error) {
	select {
	case a := <-l.answers:
		return a, nil
	default:
	}
	select {
	case a := <-l.answers:
		return a, nil
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	case <-l.closed:
		return Answer{}, fmt.Errorf("wait for the login's answer: %w", net.ErrClosed)
	}
}

// Conclude shows the browser that waits how the login ended, and closes. It returns when the page is written, after
// Timeouts.Drain at the latest. Only the first call counts.
func (l *Loopback) Conclude(p Page) {
	l.mu.Lock()
	if !l.over {
		l.over, l.page = true, p
		close(l.concluded)
	}
	l.mu.Unlock()
	_ = l.Close()
}

// Foreign returns how many well-formed answers were not of this login.
func (l *Loopback) Foreign() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.foreign
}

// Refusals returns the latest requests that did not end the wait, 16 at most, oldest first.
func (l *Loopback) Refusals() []Refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Refusal(nil), l.refusals...)
}

// Close ends everything; a browser that waits is sent to the terminal first. It can be called more than once.
func (l *Loopback) Close() error {
	l.closing.Do(func() {
		close(l.closed)
		l.mu.Lock()
		waits := l.answered
		l.mu.Unlock()
		if waits {
			drain := time.NewTimer(l.options.Timeouts.Drain)
			defer drain.Stop()
			select {
			case <-l.delivered:
			case <-drain.C:
			}
		}
		l.closeErr = l.server.Close()
		l.serving.Wait()
	})
	return l.closeErr
}
