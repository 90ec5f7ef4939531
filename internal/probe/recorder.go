package probe

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// recorder is the one way out: it sends a request, follows nothing by itself, and writes down what happened.
type recorder struct {
	env       *Env
	typed     []string // host names that the user wrote
	transport *http.Transport
	proxy     func(*url.URL) (*url.URL, error)

	mu      sync.Mutex
	left    int                      // budget of requests with an effect
	slots   map[string]chan struct{} // per host
	stopped map[string]string        // host -> why nothing more is sent to it (429)
}

func newRecorder(env *Env, typed []string) *recorder {
	c := &recorder{env: env, typed: typed, left: budget, slots: map[string]chan struct{}{}, stopped: map[string]string{}}
	if env.Deep {
		c.left = budgetDeep
	}
	c.proxy = proxyConfig(env.Getenv).ProxyFunc()
	c.transport = &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return c.proxy(r.URL) },
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{RootCAs: env.CAs, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // we ask for none, so that an announced one is seen
		MaxResponseHeaderBytes: 256 << 10,
		ResponseHeaderTimeout:  perExchange,
		TLSHandshakeTimeout:    perExchange,
		MaxConnsPerHost:        perHost,
		IdleConnTimeout:        time.Minute,
	}
	return c
}

func (c *recorder) close() { c.transport.CloseIdleConnections() }

func proxyConfig(getenv func(string) string) *httpproxy.Config {
	first := func(names ...string) string {
		for _, n := range names {
			if v := getenv(n); v != "" {
				return v
			}
		}
		return ""
	}
	return &httpproxy.Config{HTTPProxy: first("HTTP_PROXY", "http_proxy"), HTTPSProxy: first("HTTPS_PROXY", "https_proxy"), NoProxy: first("NO_PROXY", "no_proxy")}
}

// request says what to send.
type request struct {
	label  string
	method string
	url    string
	accept string
	form   url.Values // POST body
	json   []byte     // POST body
	header map[string]string
	basic  *[2]string // user and password, already form-urlencoded (RFC 6749 §2.3.1)
	cookie []*http.Cookie
	effect bool // counts against the budget
	// aggregate is the entity to keep of SAML metadata that is larger than what is kept of an answer; "" keeps the limit.
	aggregate string
}

// blocked makes an exchange that was not sent.
func blocked(r request, code, format string, args ...any) evidence.Exchange {
	return evidence.Exchange{Label: r.label, Method: r.method, URL: r.url, Failure: &evidence.Failure{Stage: evidence.StageBlocked, Code: code, Text: fmt.Sprintf(format, args...)}}
}

// send makes one exchange. It never returns an error: what went wrong is in the exchange.
func (c *recorder) send(ctx context.Context, r request) (evidence.Exchange, []*http.Cookie) {
	u, err := url.Parse(r.url)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return blocked(r, "url", "%q is no absolute http or https URL", r.url), nil
	}
	if ex, ok := c.permit(r, u); !ok {
		return ex, nil
	}
	release, err := c.slot(ctx, u.Host)
	if err != nil {
		return failed(r, err, time.Time{}), nil
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, perExchange)
	defer cancel()
	req, err := c.build(ctx, r)
	if err != nil {
		return blocked(r, "url", "%v", err), nil
	}
	start := c.env.Now()
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		ex := failed(r, err, start)
		ex.Elapsed = c.env.Now().Sub(start)
		return ex, nil
	}
	defer resp.Body.Close()
	ex := evidence.Exchange{Label: r.label, Method: r.method, URL: r.url, Status: resp.StatusCode, Header: resp.Header, At: c.env.Now()}
	for k, v := range r.form {
		if ex.Form == nil {
			ex.Form = map[string]string{}
		}
		ex.Form[k] = strings.Join(v, " ")
	}
	if resp.TLS != nil {
		ex.TLS = tls.VersionName(resp.TLS.Version)
	}
	if p, _ := c.proxy(u); p != nil {
		ex.Proxy = p.Redacted()
	}
	c.body(&ex, resp, r.aggregate)
	ex.Elapsed = c.env.Now().Sub(start)
	if resp.StatusCode == http.StatusTooManyRequests {
		c.mu.Lock()
		c.stopped[u.Host] = fmt.Sprintf("%s asked for a pause (429)", u.Host)
		c.mu.Unlock()
	}
	return ex, resp.Cookies()
}

func (c *recorder) build(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	contentType := ""
	switch {
	case r.form != nil:
		body, contentType = strings.NewReader(r.form.Encode()), "application/x-www-form-urlencoded"
	case r.json != nil:
		body, contentType = bytes.NewReader(r.json), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", c.env.UserAgent)
	req.Header.Set("Accept", r.accept)
	req.Header.Set("Accept-Language", "en") // error pages are recognised by their English words
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	if r.basic != nil {
		req.SetBasicAuth(r.basic[0], r.basic[1])
	}
	for _, cookie := range r.cookie {
		req.AddCookie(cookie)
	}
	return req, nil
}

// body reads what the exchange may keep.
func (c *recorder) body(ex *evidence.Exchange, resp *http.Response, entity string) {
	var from io.Reader = resp.Body
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") { // not asked for, yet some servers and proxies send it
		begun := bufio.NewReader(resp.Body)
		from = begun
		if magic, _ := begun.Peek(2); string(magic) == "\x1f\x8b" { // RFC 1952 §2.3.1
			if z, err := gzip.NewReader(begun); err == nil {
				from = z
			}
		} else if len(magic) > 0 {
			defer func() {
				if ex.Failure == nil {
					ex.Failure = &evidence.Failure{Stage: evidence.StageBody, Code: "encoding", Text: "Content-Encoding is \"gzip\" but the body is not compressed, and HTTP clients that unpack it fail"}
				}
			}()
		}
	}
	if entity != "" && resp.StatusCode == http.StatusOK {
		c.pick(ex, from, entity)
		return
	}
	b, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	ex.Bytes = int64(len(b))
	if len(b) > maxBody {
		ex.Cut, b = true, b[:64<<10] // enough to show what it was
		ex.Failure = &evidence.Failure{Stage: evidence.StageBody, Code: "limit", Text: fmt.Sprintf("the body goes on after %d MiB", maxBody>>20)}
	} else if err != nil {
		ex.Failure = bodyFailure(err, len(b))
	}
	ex.Body = b
}

// pick keeps of a federation's metadata the one entity that counts.
func (c *recorder) pick(ex *evidence.Exchange, from io.Reader, entity string) {
	sel, err := samldoc.Select(from, entity)
	ex.Body, ex.Bytes = sel.Body, int64(len(sel.Body))
	var unexpected *net.OpError
	switch {
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &unexpected):
		ex.Failure = bodyFailure(err, len(sel.Body))
	case errors.Is(err, samldoc.ErrNotListed):
		ex.Failure = &evidence.Failure{Stage: evidence.StageRead, Code: evidence.NotListed, Text: err.Error()}
	default:
		ex.Failure = &evidence.Failure{Stage: evidence.StageBody, Code: "aggregate", Text: err.Error()}
	}
}

func bodyFailure(err error, got int) *evidence.Failure {
	if errors.Is(err, context.DeadlineExceeded) {
		return &evidence.Failure{Stage: evidence.StageBody, Code: "slow", Text: fmt.Sprintf("the body was not complete after %.0f s (%d bytes came)", perExchange.Seconds(), got)}
	}
	return &evidence.Failure{Stage: evidence.StageBody, Code: "short", Text: fmt.Sprintf("the connection ended within the body, after %d bytes", got)}
}

func failed(r request, err error, start time.Time) evidence.Exchange {
	return evidence.Exchange{Label: r.label, Method: r.method, URL: r.url, At: start, Failure: classify(err)}
}

// permit refuses what must not be sent.
func (c *recorder) permit(r request, u *url.URL) (evidence.Exchange, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if why := c.stopped[u.Host]; why != "" {
		return blocked(r, "pause", "not asked: %s", why), false
	}
	if r.effect {
		if c.left <= 0 {
			return blocked(r, "budget", "not asked: the budget of requests for one run is used up"), false
		}
		c.left--
	}
	return evidence.Exchange{}, true
}

func (c *recorder) slot(ctx context.Context, host string) (release func(), err error) {
	c.mu.Lock()
	slots := c.slots[host]
	if slots == nil {
		slots = make(chan struct{}, perHost)
		c.slots[host] = slots
	}
	c.mu.Unlock()
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// dial connects, honouring --resolve and refusing private addresses that nobody typed.
func (c *recorder) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	addrs, pinned, err := c.addresses(ctx, host, port)
	if err != nil {
		return nil, err
	}
	var last error
	for _, a := range addrs {
		if err := c.mayDial(host, a, pinned); err != nil {
			last = err
			continue
		}
		conn, err := c.env.Dial(ctx, network, net.JoinHostPort(a, port))
		if err == nil {
			return conn, nil
		}
		last = &stageError{evidence.StageConnect, err}
	}
	return nil, last
}

// addresses resolves a host: a pin from --resolve, an address as it is, else DNS.
func (c *recorder) addresses(ctx context.Context, host, port string) (addrs []string, pinned bool, err error) {
	if pin, ok := c.env.Pins[strings.ToLower(net.JoinHostPort(host, port))]; ok {
		return []string{pin}, true, nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return []string{host}, false, nil
	}
	addrs, err = c.env.Lookup(ctx, host)
	if err == nil && len(addrs) == 0 {
		err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	if err != nil {
		return nil, false, &stageError{evidence.StageDNS, err}
	}
	return addrs, false, nil
}

func (c *recorder) mayDial(host, addr string, pinned bool) error {
	ip, err := netip.ParseAddr(addr)
	if err != nil || pinned || !exact.Private(ip) || slices.Contains(c.typed, strings.ToLower(host)) || c.isProxy(host) {
		return nil
	}
	return &stageError{evidence.StageBlocked, fmt.Errorf("not asked: %s is at the private address %s, which nobody typed", host, addr)}
}

func (c *recorder) isProxy(host string) bool {
	for _, scheme := range []string{"http", "https"} {
		p, err := c.proxy(&url.URL{Scheme: scheme, Host: "proxied.example"})
		if err == nil && p != nil && strings.EqualFold(p.Hostname(), host) {
			return true
		}
	}
	return false
}

func hostsOf(urls []string) []string {
	var out []string
	for _, s := range urls {
		if u, err := url.Parse(strings.TrimSpace(s)); err == nil && u.Host != "" {
			out = append(out, strings.ToLower(u.Hostname()))
		}
	}
	return out
}
