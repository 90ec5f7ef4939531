package lab_test

import (
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/ssoctl/ssoctl/internal/lab"
)

func TestDiscovery(t *testing.T) {
	c := newClock()
	l := start(t, lab.Options{Now: c.now})
	b := newBrowser(t, l, c.now)
	r := b.get(t, l.Issuer+"/.well-known/openid-configuration")
	m := r.object(t)
	if m["issuer"] != l.Issuer || m["jwks_uri"] != l.Issuer+"/jwks" {
		t.Errorf("issuer is %v, jwks_uri %v", m["issuer"], m["jwks_uri"])
	}
	for name, v := range m {
		if a, ok := v.([]any); ok && len(a) == 0 {
			t.Errorf("%s is empty", name)
		}
		if s, ok := v.(string); ok && !strings.HasPrefix(s, l.Issuer) {
			t.Errorf("%s is %q, which is not below the issuer", name, s)
		}
	}
	if got := r.header.Get("Date"); got != c.now().Format(http.TimeFormat) {
		t.Errorf("Date is %q, the lab's clock says %v", got, c.now())
	}
	place := strings.Replace(l.Issuer, "/lab", "/.well-known/oauth-authorization-server/lab", 1)
	if other := b.get(t, place); other.body != r.body {
		t.Errorf("the RFC 8414 document differs: %s", other.body)
	}
	if keys := b.get(t, l.Issuer+"/jwks").object(t)["keys"].([]any); len(keys) != 2 {
		t.Errorf("%d keys are published", len(keys))
	}
	for name, v := range m {
		address, ok := v.(string)
		if !ok || name == "issuer" {
			continue
		}
		if r := b.get(t, address); r.status == http.StatusNotFound {
			t.Errorf("%s is announced at %s, where nothing is", name, address)
		}
	}
}

// checkConnection checks the shape of a lab's connection file; the surveys call it, as they start every lab that there is.
func checkConnection(t *testing.T, l *lab.Lab) {
	t.Helper()
	var file struct {
		Version     int
		Connections []struct {
			OIDC struct {
				Issuer, ClientSecret string `yaml:",omitempty"`
			}
			SAML map[string]any
		}
	}
	text, saml := l.Connection(), l.EntityID != ""
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if file.Version != 1 || len(file.Connections) != 1 || (file.Connections[0].OIDC.Issuer == "") != saml || (file.Connections[0].SAML == nil) == saml {
		t.Errorf("connection file is\n%s", text)
	}
	if strings.Contains(text, l.ClientSecret) || strings.Contains(text, l.Password) {
		t.Error("a secret is in the connection file")
	}
	if !strings.HasSuffix(l.Resolve(), ":127.0.0.1") || !strings.Contains(l.Issuer, strings.TrimSuffix(l.Resolve(), ":127.0.0.1")) {
		t.Errorf("Resolve is %q, the issuer %q", l.Resolve(), l.Issuer)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []lab.Options{{Addr: "0.0.0.0:0"}, {Addr: "192.0.2.1:0"}, {Addr: "127.0.0.1"}, {Fault: "DISC000"}, {Fault: "?"}, {Protocol: "ldap"}} {
		if l, err := lab.Start(o); err == nil {
			l.Close()
			t.Errorf("%+v starts", o)
		}
	}
	l := start(t, lab.Options{Host: "sso.acme.example", Latency: 30 * time.Millisecond, Password: "given"})
	if !strings.HasPrefix(l.Issuer, "https://sso.acme.example:") || l.Password != "given" {
		t.Errorf("issuer %q, password %q", l.Issuer, l.Password)
	}
	begin := time.Now()
	newBrowser(t, l, time.Now).get(t, l.Issuer+"/jwks")
	if d := time.Since(begin); d < 30*time.Millisecond {
		t.Errorf("answered after %v", d)
	}
}

func TestFaults(t *testing.T) {
	all := lab.Faults()
	if !slices.IsSortedFunc(all, func(a, b lab.Fault) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted")
	}
	for i, f := range all {
		if f.Protocol != "oidc" && f.Protocol != "saml" || f.SP && f.Protocol != "saml" {
			t.Errorf("%s has the protocol %q", f.Name, f.Protocol)
		}
		if f.Title == "" || !strings.HasPrefix(f.Name, f.Code) || strings.Contains(f.Code, "-") {
			t.Errorf("fault %q has code %q and title %q", f.Name, f.Code, f.Title)
		}
		if i > 0 && all[i-1].Name == f.Name {
			t.Errorf("%q is there twice", f.Name)
		}
	}
}

// TestClose opens what hangs and then demands that nothing is left of the lab.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, fault := range []string{"", "NET020", "NET020-http", "NET020-drip", "NET022", "NET013", "NET002", "NET002-reset", "MD008", "NET020-metadata"} {
		l, err := lab.Start(lab.Options{Fault: fault})
		if err != nil {
			t.Fatal(err)
		}
		b := newBrowser(t, l, time.Now)
		b.Timeout = 0
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			address := l.Issuer + "/.well-known/openid-configuration"
			if l.MetadataURL != "" {
				address = l.MetadataURL
			}
			if res, err := b.Client.Get(address); err == nil {
				buf := make([]byte, 4096)
				for err == nil {
					_, err = res.Body.Read(buf)
				}
				res.Body.Close()
			}
		}()
		if idle, err := net.Dial("tcp", l.Addr); err == nil {
			defer idle.Close() // connected and silent: must not keep the lab open
		}
		if strings.HasPrefix(fault, "NET020-") || fault == "NET022" {
			await(t, func() bool { return len(l.Requests()) > 0 })
		}
		l.Close()
		l.Close()
		<-ended
		b.CloseIdleConnections()
	}
	await(t, func() bool { return runtime.NumGoroutine() <= before })
}

// await polls a condition for at most five seconds; there is no event for the end of somebody else's goroutine.
func await(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.After(5 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			stacks := make([]byte, 1<<16)
			t.Fatalf("still not so after 5 s:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestRotate(t *testing.T) {
	for fault, same := range map[string]bool{"": false, "JWKS020": true} {
		l := start(t, lab.Options{Fault: fault})
		b := newBrowser(t, l, time.Now)
		first := func() map[string]any {
			return b.get(t, l.Issuer+"/jwks").object(t)["keys"].([]any)[0].(map[string]any)
		}
		before := first()
		if err := l.Rotate(); err != nil {
			t.Fatal(err)
		}
		after := first()
		if before["n"] == after["n"] || (before["kid"] == after["kid"]) != same {
			t.Errorf("%q: kid %v then %v", fault, before["kid"], after["kid"])
		}
	}
}
