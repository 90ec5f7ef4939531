package probe

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// world is a server of the test's own under a public-looking name, and the Env that reaches it.
type world struct {
	server *httptest.Server
	env    *Env
	issuer string
	more   string // of the connection's oidc section

	mu     sync.Mutex
	dialed []string
}

func newWorld(t *testing.T, handler http.Handler) *world {
	t.Helper()
	w := &world{}
	w.server = httptest.NewTLSServer(handler)
	t.Cleanup(w.server.Close)
	_, port, err := net.SplitHostPort(w.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(w.server.Certificate())
	w.issuer = "https://example.com:" + port // a name of httptest's own certificate
	n := 0
	w.env = &Env{
		Now: time.Now, Getenv: func(string) string { return "s3cret" }, CAs: pool, System: x509.NewCertPool(), UserAgent: "ssoctl/test (doctor)",
		Pins:     map[string]string{"example.com:" + port: "127.0.0.1", "other.example.com:" + port: "127.0.0.1"},
		Random:   func() string { n++; return fmt.Sprintf("random-random-random-%03d", n) },
		ReadFile: func(string) ([]byte, error) { return nil, fmt.Errorf("no files here") },
		Lookup: func(_ context.Context, host string) ([]string, error) {
			if host == "internal.example.com" {
				return []string{"169.254.169.254"}, nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			w.mu.Lock()
			w.dialed = append(w.dialed, addr)
			w.mu.Unlock()
			if host, _, _ := net.SplitHostPort(addr); host != "127.0.0.1" {
				return nil, fmt.Errorf("the test dials loopback only, not %s", addr)
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	}
	w.env.Getenv = func(name string) string {
		if name == "SECRET" {
			return "s3cret"
		}
		return ""
	}
	return w
}

func (w *world) gather(t *testing.T, want ...evidence.Kind) evidence.Set {
	t.Helper()
	f, err := config.Parse("ssoctl.yaml", []byte("version: 1\nconnections:\n  - name: x\n    sp: {profile: generic, callback_url: https://app.example.org/cb}\n    oidc: {issuer: "+w.issuer+", client_id: app, client_secret: env:SECRET"+w.more+"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[evidence.Kind]bool{}
	for _, k := range want {
		kinds[k] = true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return Gather(ctx, w.env, f.Targets[0], knowledge.New(), nil, kinds).Set
}

// discoveryWith serves a minimal document at the well-known place.
func (w *world) discoveryWith(members string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/openid-configuration" {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(rw, `{"issuer": %q%s}`, w.issuer, members)
	}
}

// TestPrivateAddress: a document must not make us ask addresses inside a network.
func TestPrivateAddress(t *testing.T) {
	for _, uri := range []string{"http://169.254.169.254/latest/meta-data", "https://internal.example.com/keys", "http://[::1]:9/keys", "http://10.0.0.1/keys", "http://2130706433/keys", "file:///etc/passwd"} {
		t.Run(uri, func(t *testing.T) {
			var w *world
			w = newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.discoveryWith(`, "jwks_uri": "`+uri+`"`)(rw, r) }))
			obs := w.gather(t, evidence.JWKS)[evidence.JWKS]
			if obs == nil || obs.Failure == nil {
				t.Fatalf("asked: %+v", obs)
			}
			for _, addr := range w.dialed {
				if !strings.HasPrefix(addr, "127.0.0.1:") || strings.HasSuffix(addr, ":9") {
					t.Errorf("dialed %s", addr)
				}
			}
		})
	}
}

// TestSecretStaysHome: the secret goes only to endpoints that belong to the issuer, over https.
func TestSecretStaysHome(t *testing.T) {
	for _, endpoint := range []string{"http://example.com/token", "https://evil.example.net/token", "/token", "https://example.com.evil.net/token"} {
		t.Run(endpoint, func(t *testing.T) {
			var w *world
			var leaked []string
			w = newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "" || r.Method == http.MethodPost {
					leaked = append(leaked, r.URL.String())
				}
				w.discoveryWith(`, "token_endpoint": "`+endpoint+`", "pushed_authorization_request_endpoint": "`+endpoint+`"`)(rw, r)
			}))
			set := w.gather(t, evidence.Client, evidence.PAR)
			if len(leaked) > 0 || set[evidence.Client] == nil || set[evidence.Client].Failure == nil {
				t.Errorf("sent to %v; %+v", leaked, set[evidence.Client])
			}
		})
	}
}

// TestNotTheSecretOfAnotherIssuer: a document that names another issuer gets no secret.
func TestNotTheSecretOfAnotherIssuer(t *testing.T) {
	var w *world
	posted := false
	w = newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		posted = posted || r.Method == http.MethodPost
		fmt.Fprintf(rw, `{"issuer": "https://idp.example.net", "token_endpoint": "%s/token"}`, w.issuer)
	}))
	set := w.gather(t, evidence.Client)
	if posted || set[evidence.Client] == nil || set[evidence.Client].Failure == nil {
		t.Errorf("posted %v: %+v", posted, set[evidence.Client])
	}
}

// TestBounds: whatever a server sends, time and memory stay bounded and the reason is named.
func TestBounds(t *testing.T) {
	endless := func(rw http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat(" ", 1<<16))
		for {
			if _, err := rw.Write(chunk); err != nil {
				return
			}
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		code    string
	}{
		"endless": {endless, "limit"},
		"short": {func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Length", "1000")
			fmt.Fprint(rw, "{")
		}, "short"},
		"loop": {func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, r.URL.Path, http.StatusFound) }, "loop"},
		"many": {func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, r.URL.Path+"x", http.StatusFound) }, "many"},
		"downgrade": {func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://example.com/x", http.StatusFound)
		}, "downgrade"},
		"nowhere": {func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusFound) }, "location"},
		"closed":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.handler)
			w.server.Config.ErrorLog = nil
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			obs := w.gather(t, evidence.Discovery)[evidence.Discovery]
			runtime.ReadMemStats(&after)
			last := obs.Last()
			if last == nil || last.Failure == nil || last.Failure.Code != c.code {
				t.Fatalf("got %+v", last)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("%d MiB allocated", used>>20)
			}
		})
	}
}

// TestPauseIsHonoured: after a 429 nothing more is sent to that host.
func TestPauseIsHonoured(t *testing.T) {
	var w *world
	var mu sync.Mutex
	var seen []string
	w = newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Method+" "+r.URL.Path)
		mu.Unlock()
		if r.URL.Path == "/.well-known/openid-configuration" {
			w.discoveryWith(`, "token_endpoint": "`+w.issuer+`/token"`)(rw, r)
			return
		}
		rw.WriteHeader(http.StatusTooManyRequests)
	}))
	w.gather(t, evidence.Client)
	posts := slices.DeleteFunc(seen, func(s string) bool { return s != "POST /token" })
	if len(posts) != 1 {
		t.Errorf("%d token requests after a 429: %v", len(posts), seen)
	}
}

// TestNothingReachesTheSP: the answer to an authorization request is read, not followed.
func TestNothingReachesTheSP(t *testing.T) {
	var w *world
	w = newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/authorize" {
			http.Redirect(rw, r, r.URL.Query().Get("redirect_uri")+"?error=login_required&state="+r.URL.Query().Get("state"), http.StatusFound)
			return
		}
		w.discoveryWith(`, "authorization_endpoint": "`+w.issuer+`/authorize"`)(rw, r)
	}))
	obs := w.gather(t, evidence.Authorize)[evidence.Authorize]
	if obs == nil || !strings.HasPrefix(obs.Last().Head("Location"), "https://app.example.org/cb?error=login_required") {
		t.Fatalf("got %+v", obs)
	}
	for _, addr := range w.dialed {
		if !strings.HasPrefix(addr, "127.0.0.1:") {
			t.Errorf("dialed %s", addr)
		}
	}
}

// TestOffline: nothing is dialed and nothing resolved.
func TestOffline(t *testing.T) {
	w := newWorld(t, http.NotFoundHandler())
	w.env.Offline = true
	w.env.Lookup = func(context.Context, string) ([]string, error) { t.Error("resolved a name"); return nil, nil }
	var all []evidence.Kind
	for _, p := range table() {
		all = append(all, p.kind)
	}
	set := w.gather(t, all...)
	if len(w.dialed) > 0 || len(set) != 1 || set[evidence.Refs] == nil {
		t.Errorf("dialed %v, evidence %v", w.dialed, set)
	}
}

// TestPublicClient: a client without a secret is asked for as it will ask itself, once, in English and with no credential.
func TestPublicClient(t *testing.T) {
	var w *world
	var posts []string
	w = newWorld(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_ = r.ParseForm()
			_, _, basic := r.BasicAuth()
			posts = append(posts, fmt.Sprintf("%s basic=%t secret=%t lang=%s", r.Form.Get("client_id"), basic, r.Form.Has("client_secret"), r.Header.Get("Accept-Language")))
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.discoveryWith(`, "token_endpoint": "`+w.issuer+`/token"`)(rw, r)
	}))
	w.more = ", token_endpoint_auth_method: none"
	obs := w.gather(t, evidence.Client)[evidence.Client]
	if obs == nil || obs.Last().Label != evidence.NoSecret || obs.Last().Status != http.StatusUnauthorized {
		t.Errorf("got %+v, want one refusal of the client without a secret", obs)
	}
	if want := []string{"app basic=false secret=false lang=en"}; !slices.Equal(posts, want) {
		t.Errorf("the token endpoint was asked %q, want %q", posts, want)
	}
}
