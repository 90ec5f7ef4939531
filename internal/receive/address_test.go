package receive

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
)

func TestListenRefuses(t *testing.T) {
	tests := map[string]string{
		"https://127.0.0.1:8250/callback":            "is https",
		"http://my.orq.ai/v2/auth/sso/oidc/callback": "not on loopback",
		"http://0.0.0.0:8250/callback":               "not on loopback",
		"http://192.168.1.2:8250/callback":           "not on loopback",
		"http://[::]:8250/callback":                  "not on loopback",
		"http://[::ffff:127.0.0.1]:8250/callback":    "not on loopback",
		"http://localhost.evil.test:8250/callback":   "not on loopback",
		"http://127.0.0.1.evil.test/callback":        "not on loopback",
		"http://127.1/callback":                      "not on loopback",
		"http:///callback":                           "not on loopback",
		"http://127.0.0.1:99999/callback":            "end at 65535",
		"http://127.0.0.1:x/callback":                "not a URL",
		"http://u@127.0.0.1:8250/callback":           "user name",
		"http://127.0.0.1@evil.test/callback":        "user name",
		"http://127.0.0.1:8250/callback#x":           "fragment",
		"urn:ietf:wg:oauth:2.0:oob":                  "http://",
		"":                                           "http://",
	}
	for redirect, want := range tests {
		l, err := Listen(Options{Redirect: redirect, Accept: ofThisLogin})
		if err == nil {
			_ = l.Close()
			t.Errorf("%q is listened on at %s", redirect, l.listeners[0].Addr())
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", redirect, err, want)
		}
	}
}

// TestPortInUse names the port and the address; a sentinel lets the caller try the next.
func TestPortInUse(t *testing.T) {
	taken := open(t, Options{})
	_, err := Listen(Options{Redirect: taken.Redirect(), Accept: ofThisLogin})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "port "+strconv.Itoa(taken.Port())+" on 127.0.0.1 is in use") {
		t.Errorf("%v", err)
	}
}

// TestLocalhostBindsBoth: browsers try [::1] first, so a stranger there would get the answer.
func TestLocalhostBindsBoth(t *testing.T) {
	six, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Log("no IPv6 here: only 127.0.0.1 is bound")
		l := open(t, Options{Redirect: "http://localhost/callback"})
		if len(l.listeners) != 1 {
			t.Errorf("%d listeners", len(l.listeners))
		}
		return
	}
	port := strconv.Itoa(six.Addr().(*net.TCPAddr).Port)
	if _, err := Listen(Options{Redirect: "http://localhost:" + port + "/callback", Accept: ofThisLogin}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "::1") {
		t.Errorf("a stranger on [::1]: %v", err)
	}
	if c, err := net.Dial("tcp4", "127.0.0.1:"+port); err == nil {
		_ = c.Close()
		t.Error("127.0.0.1 stays bound after the refusal")
	}
	_ = six.Close()
	l := open(t, Options{Redirect: "http://localhost/callback"})
	if len(l.listeners) != 2 {
		t.Fatalf("%d listeners", len(l.listeners))
	}
	p := ":" + strconv.Itoa(l.Port())
	for host, want := range map[string]int{"localhost": 400, "127.0.0.1": 400, "[::1]": 400, "LOCALHOST": 400, "localhost.": 421, "localhost.evil.test": 421, "": 421} {
		if got := raw(t, l, get("/callback", "Host: "+host+p)); got.status != want {
			t.Errorf("host %q: %d, want %d", host+p, got.status, want)
		}
	}
	if l.Redirect() != "http://localhost"+p+"/callback" || !strings.HasPrefix(l.Start("https://idp.test/"), "http://127.0.0.1"+p+"/s/") {
		t.Errorf("%s, %s", l.Redirect(), l.Start("https://idp.test/"))
	}
}

// TestBindsTheLiteral: 127.0.0.1 is neither [::1] nor every interface.
func TestBindsTheLiteral(t *testing.T) {
	l := open(t, Options{})
	for _, listener := range l.listeners {
		if got := listener.Addr().(*net.TCPAddr).IP.String(); got != "127.0.0.1" {
			t.Errorf("bound to %s", got)
		}
	}
	if c, err := net.Dial("tcp", "[::1]:"+strconv.Itoa(l.Port())); err == nil {
		_ = c.Close()
		t.Error("[::1] is bound too")
	}
}

func TestIPv6Literal(t *testing.T) {
	a, err := parseAddress("http://[0:0:0:0:0:0:0:1]:8250/callback")
	if err != nil {
		t.Fatal(err)
	}
	if a.redirect() != "http://[0:0:0:0:0:0:0:1]:8250/callback" || !a.calls("[::1]:8250") || a.calls("127.0.0.1:8250") {
		t.Errorf("%+v", a)
	}
	if probe, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		_ = probe.Close()
		l := open(t, Options{Redirect: "http://[::1]/callback"})
		if !strings.HasPrefix(l.Start("https://idp.test/"), "http://[::1]:") {
			t.Error(l.Start("https://idp.test/"))
		}
		if got := login(t, l); got.status != 200 {
			t.Errorf("status %d", got.status)
		}
	}
}

func TestPort80NeedsNoNumber(t *testing.T) {
	a, err := parseAddress("http://127.0.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	if !a.calls("127.0.0.1") || !a.calls("127.0.0.1:80") || a.calls("127.0.0.1:8080") || a.path != "/" || a.redirect() != "http://127.0.0.1:80" {
		t.Errorf("%+v", a)
	}
}

// TestContainer: all interfaces only on request, only in a container, only with a port that can be published.
func TestContainer(t *testing.T) {
	in := Surroundings{Container: true}
	for name, o := range map[string]Options{
		"this is none":  {Redirect: "http://127.0.0.1:8250/callback", InContainer: true},
		"no fixed port": {Redirect: "http://127.0.0.1/callback", InContainer: true, Surroundings: in},
	} {
		if _, err := Listen(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
	free := open(t, Options{})
	redirect := free.Redirect()
	_ = free.Close()
	unasked := open(t, Options{Redirect: redirect, Surroundings: in})
	if !unasked.listeners[0].Addr().(*net.TCPAddr).IP.IsLoopback() {
		t.Error("bound to all interfaces unasked")
	}
	_ = unasked.Close()
	l := open(t, Options{Redirect: redirect, Surroundings: in, InContainer: true})
	if !l.listeners[0].Addr().(*net.TCPAddr).IP.IsUnspecified() {
		t.Errorf("bound to %s", l.listeners[0].Addr())
	}
	host := strings.TrimSuffix(strings.TrimPrefix(redirect, "http://"), "/callback")
	if got := raw(t, l, get("/callback", "Host: "+host)); got.status != 400 {
		t.Errorf("status %d", got.status)
	}
	if got := raw(t, l, get("/callback", "Host: 172.17.0.2:"+strconv.Itoa(l.Port()))); got.status != 421 {
		t.Errorf("a neighbour on the network got %d", got.status)
	}
}
