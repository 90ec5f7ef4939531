package real_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"time"
)

// certificate makes a fault of the front that serves another certificate.
func certificate(make func(*testing.T, *front) *tls.Certificate) func(*testing.T, *front) {
	return func(t *testing.T, f *front) {
		cert := make(t, f)
		f.change(func() { f.tls = tlsWith(cert) })
	}
}

// instead makes a fault of the front that answers everything itself.
func instead(answer http.HandlerFunc) func(*testing.T, *front) {
	return func(_ *testing.T, f *front) { f.change(func() { f.answer = answer }) }
}

// certificateFaults: what the proxy in front shows in its handshake.
func certificateFaults() []fault {
	in80days := func() time.Time { return time.Now().AddDate(0, 0, 80) }
	return []fault{
		{
			name: "certificate-expired", sp: "orq", want: expectation{code: "NET005"}, seen: seen{at: discovery, want: "certificate has expired"},
			front: certificate(func(t *testing.T, f *front) *tls.Certificate {
				return f.ca.leaf(t, time.Now().AddDate(0, 0, -2), f.host)
			}),
		},
		{
			name: "certificate-other-host", sp: "archestra", want: expectation{code: "NET004"}, seen: seen{at: discovery, want: "certificate is valid for"},
			front: certificate(func(t *testing.T, f *front) *tls.Certificate {
				return f.ca.leaf(t, in80days(), "www.acme-corp.example")
			}),
		},
		{
			name: "certificate-no-intermediate", sp: "orq", want: expectation{code: "NET006"}, seen: seen{at: discovery, want: "unknown authority"},
			front: certificate(func(t *testing.T, f *front) *tls.Certificate {
				cert := f.ca.leaf(t, in80days(), f.host)
				cert.Certificate = cert.Certificate[:1]
				return cert
			}),
		},
		{
			name: "certificate-unknown-ca", sp: "generic", want: expectation{code: "NET003"}, seen: seen{at: discovery, want: "unknown authority"},
			front: certificate(func(t *testing.T, f *front) *tls.Certificate {
				return newAuthority(t, "Acme Other CA").leaf(t, in80days(), f.host)
			}),
		},
		{
			name: "certificate-expires-soon", sp: "generic", seen: seen{at: discovery, want: `"issuer"`},
			want: expectation{code: "NET005", verdict: "degraded", exit: 0},
			front: certificate(func(t *testing.T, f *front) *tls.Certificate {
				return f.ca.leaf(t, time.Now().AddDate(0, 0, 20), f.host)
			}),
		},
		{
			name: "tls-1.1-accepted", sp: "generic", want: expectation{code: "NET007"}, seen: seen{at: discovery, want: `"issuer"`},
			front: func(t *testing.T, f *front) {
				f.change(func() { f.tls = f.tls.Clone(); f.tls.MinVersion = tls.VersionTLS10 })
				old := &tls.Config{RootCAs: f.roots(), ServerName: f.host, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
				c, err := tls.Dial("tcp", "127.0.0.1:"+f.port, old)
				if err != nil {
					t.Fatalf("the fault does not show: %v", err)
				}
				c.Close()
			},
		},
	}
}

// answerFaults: what comes back in place of the server's answer, or is done to it on the way.
func answerFaults(t *testing.T) []fault {
	closed := closedPort(t)
	return []fault{
		{
			name: "answer-login-page", sp: "generic", want: expectation{code: "NET014"}, seen: seen{at: discovery, want: "<title>Sign in"},
			front: instead(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				io.WriteString(w, "<!doctype html><html><head><title>Sign in to Acme</title></head><body><form method=post><input type=password name=p></form></body></html>")
			}),
		},
		{
			name: "answer-503", sp: "orq", want: expectation{code: "NET015", verdict: "undecided", exit: 3}, seen: seen{at: discovery, want: "503"},
			front: instead(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusServiceUnavailable)
			}),
		},
		{
			name: "answer-redirect-to-http", sp: "archestra", want: expectation{code: "NET013"}, seen: seen{at: discovery, want: "302 http://login.acme-corp.example"},
			front: instead(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://login.acme-corp.example"+r.URL.Path, http.StatusFound)
			}),
		},
		{
			name: "answer-redirected-to-another-host", sp: "orq", want: expectation{code: "NET013"}, seen: seen{at: discovery, want: "302 https://access.acme-corp.onion"},
			front: instead(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://access.acme-corp.onion/login", http.StatusFound)
			}),
		},
		{
			name: "callback-rewritten-to-http", sp: "orq", want: expectation{code: "AUTHZ001", says: "only the scheme differs"}, seen: seen{at: authorize, want: "302 http://my.orq.ai/"},
			front: func(_ *testing.T, f *front) {
				f.change(func() {
					backend := f.backend
					f.answer = func(w http.ResponseWriter, r *http.Request) {
						p := httputil.ReverseProxy{Rewrite: func(pr *httputil.ProxyRequest) {
							pr.SetURL(backend)
							pr.Out.Host = pr.In.Host
							pr.SetXForwarded()
							pr.Out.Header.Set("X-Forwarded-Port", f.port)
						}, ModifyResponse: func(res *http.Response) error {
							if l := res.Header.Get("Location"); strings.HasPrefix(l, "https://my.orq.ai") {
								res.Header.Set("Location", "http"+l[len("https"):])
							}
							return nil
						}}
						p.ServeHTTP(w, r)
					}
				})
			},
		},
		{
			name: "clock-an-hour-off", sp: "orq", want: expectation{code: "NET017"}, seen: seen{at: discovery, want: `"issuer"`},
			front: func(_ *testing.T, f *front) {
				f.change(func() {
					f.before = func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
					}
				})
			},
		},
		// Not reached is not decided, though the reason is a finding.
		{
			name: "port-closed", sp: "generic", want: expectation{code: "NET002", verdict: "undecided", exit: 3},
			conn: func(c *connection) { c.OIDC.Issuer = "https://login.acme-corp.example:" + closed + "/realms/main" },
			args: []string{"--resolve", "login.acme-corp.example:" + closed + ":127.0.0.1"},
		},
		{
			name: "host-unknown", sp: "orq", want: expectation{code: "NET001", verdict: "undecided", exit: 3},
			// Names below .onion are refused by the resolver itself (RFC 7686), so nothing leaves the machine.
			conn: func(c *connection) { c.OIDC.Issuer = "https://login.acme-corp.onion/realms/main" },
		},
	}
}

// closedPort returns a loopback port at which nobody listens any more.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
