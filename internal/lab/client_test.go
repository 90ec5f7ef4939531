package lab_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// clock is a lab's clock that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// start runs a lab until the test ends.
func start(t *testing.T, o lab.Options) *lab.Lab {
	t.Helper()
	l, err := lab.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// browser is an HTTP client of one lab: it trusts its CA, finds every host there, keeps cookies and follows nothing.
type browser struct {
	*http.Client
	lab *lab.Lab
}

func newBrowser(t *testing.T, l *lab.Lab, now func() time.Time) browser {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(l.CAPEM) {
		t.Fatal("CAPEM holds no certificate")
	}
	tr := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, Time: now},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, l.Addr)
		},
	}
	t.Cleanup(tr.CloseIdleConnections)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{lab: l, Client: &http.Client{
		Transport: tr, Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	body   string
}

func (b browser) do(t *testing.T, r *http.Request) reply {
	t.Helper()
	res, err := b.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(body)}
}

func (b browser) get(t *testing.T, address string) reply {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.do(t, r)
}

// post sends a form; user is for Basic authentication and empty for none.
func (b browser) post(t *testing.T, address string, form url.Values, user, password string) reply {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if user != "" {
		r.SetBasicAuth(url.QueryEscape(user), url.QueryEscape(password))
	}
	return b.do(t, r)
}

// back is post to a page of the lab as its client.
func (b browser) back(t *testing.T, page string, form url.Values) reply {
	t.Helper()
	return b.post(t, b.lab.Issuer+page, form, b.lab.ClientID, b.lab.ClientSecret)
}

// object is the JSON object in an answer.
func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Fatalf("content type is %q: %s", got, r.body)
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(r.body), &m); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
	return m
}

// location is the query of a redirect that must lead to prefix.
func (r reply) location(t *testing.T, prefix string) url.Values {
	t.Helper()
	to := r.header.Get("Location")
	if r.status != http.StatusSeeOther || !strings.HasPrefix(to, prefix) {
		t.Fatalf("status %d, Location %q, want 303 to %q; %s", r.status, to, prefix, r.body)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// refused checks an OAuth error answer.
func (r reply) refused(t *testing.T, status int, code, text string) {
	t.Helper()
	m := r.object(t)
	if r.status != status || m["error"] != code || !strings.Contains(m["error_description"].(string), text) {
		t.Errorf("answer is %d %v, want %d %q with %q", r.status, m, status, code, text)
	}
}
