package real_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// front is the TLS proxy before a real server: the public name, the certificate, and the faults of
// transport that the server itself cannot have.
type front struct {
	host string // public-looking name, on the certificate
	also string // second name of the same machine, on the certificate too
	port string
	ca   *authority
	file string // the root in PEM, for --ca-file

	mu      sync.Mutex
	backend *url.URL
	tls     *tls.Config
	answer  http.HandlerFunc // instead of the server, nil when healthy
	before  http.HandlerFunc // before the server, nil when healthy
}

// newFront listens on a free loopback port; until toBackend is called it answers 502.
func newFront(t *testing.T, host, also string) *front {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	f := &front{host: host, also: also, port: port, ca: newAuthority(t, "Acme Test CA")}
	f.file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(f.file, f.ca.pem(), 0o600); err != nil {
		t.Fatal(err)
	}
	f.reset(t)
	srv := &http.Server{
		Handler: f, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: log.New(io.Discard, "", 0), // refused handshakes are what some cases are about
	}
	outer := &tls.Config{MinVersion: tls.VersionTLS10, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.tls, nil
	}}
	go srv.Serve(tls.NewListener(l, outer)) //nolint:errcheck // ends with Close
	t.Cleanup(func() { srv.Close() })
	return f
}

// origin is the https address in front, without a path.
func (f *front) origin() string { return "https://" + f.host + ":" + f.port }

// reset makes the front healthy again: its own certificate with the chain, TLS 1.2 and 1.3.
func (f *front) reset(t *testing.T) {
	t.Helper()
	cert := f.ca.leaf(t, time.Now().AddDate(0, 0, 80), f.host, f.also)
	f.change(func() { f.answer, f.before, f.tls = nil, nil, tlsWith(cert) })
}

// change runs what alters the front under its lock.
func (f *front) change(what func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what()
}

// toBackend sends requests to the server at the loopback address from now on.
func (f *front) toBackend(addr string) {
	f.change(func() { f.backend = &url.URL{Scheme: "http", Host: addr} })
}

// ServeHTTP forwards as a reverse proxy in front of an identity provider does: with the X-Forwarded headers,
// and with the Host of the request.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	backend, answer, before := f.backend, f.answer, f.before
	f.mu.Unlock()
	if before != nil {
		before(w, r)
	}
	switch {
	case answer != nil:
		answer(w, r)
	case backend == nil:
		w.WriteHeader(http.StatusBadGateway)
	default:
		p := httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(pr *httputil.ProxyRequest) {
			pr.SetURL(backend)
			pr.Out.Host = pr.In.Host
			pr.SetXForwarded()
			pr.Out.Header.Set("X-Forwarded-Port", f.port)
		}}
		p.ServeHTTP(w, r)
	}
}

// roots holds the root of the front's healthy certificate and nothing else.
func (f *front) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(f.ca.root)
	return pool
}

// client speaks to the front as ssoctl does: the test's root is trusted, both names are at 127.0.0.1,
// redirects are shown and not followed.
func (f *front) client() *http.Client {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", f.port))
	}
	return &http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: f.roots()}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// tlsWith is the front's healthy TLS with this certificate.
func tlsWith(cert *tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true}
}
