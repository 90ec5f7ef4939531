package receive

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// ErrInUse is wrapped by Listen when another program listens on the port.
var ErrInUse = errors.New("in use by another program")

// address is a redirect URI taken apart. Its spelling is kept: the registered string is what an identity provider compares.
type address struct {
	before, host, after string // "http://", "localhost" or "[::1]", "/callback?x=1"
	path                string // percent-encoded as written, "/" when empty
	port                int    // 0 until it is bound
	fixed               bool   // the URI names its port
}

// parseAddress takes a redirect URI on loopback.
func parseAddress(redirect string) (address, error) {
	u, err := url.Parse(redirect)
	if err != nil {
		return address{}, fmt.Errorf("redirect URI %q is not a URL: %w", redirect, err)
	}
	host := u.Hostname()
	ip, notIP := netip.ParseAddr(host)
	switch {
	case u.Scheme == "https":
		return address{}, fmt.Errorf("redirect URI %q is https, but the receiver speaks plain http, which RFC 8252 §7.3 allows on loopback", redirect)
	case u.Scheme != "http" || u.Opaque != "":
		return address{}, fmt.Errorf("redirect URI %q does not begin with http://", redirect)
	case u.User != nil:
		return address{}, fmt.Errorf("redirect URI %q holds a user name", redirect)
	case strings.Contains(redirect, "#"):
		return address{}, fmt.Errorf("redirect URI %q holds a fragment, which RFC 6749 §3.1.2 forbids", redirect)
	case !strings.EqualFold(host, "localhost") && (notIP != nil || !ip.IsLoopback() || ip.Is4In6() || ip.Zone() != ""):
		return address{}, fmt.Errorf("redirect URI %q is not on loopback: its host is %q, not 127.0.0.1, [::1] or localhost", redirect, host)
	}
	a := address{path: u.EscapedPath()}
	if a.path == "" {
		a.path = "/"
	}
	if port := u.Port(); port != "" {
		if a.port, err = strconv.Atoi(port); err != nil || a.port > 65535 {
			return address{}, fmt.Errorf("redirect URI %q has the port %q, but ports end at 65535", redirect, port)
		}
	}
	a.fixed = a.port != 0
	scheme := strings.Index(redirect, "://") + len("://")
	a.before, a.after = redirect[:scheme], redirect[scheme+len(u.Host):]
	a.host = u.Host
	if port := strings.LastIndex(u.Host, ":"); port > strings.LastIndex(u.Host, "]") {
		a.host = u.Host[:port]
	}
	return a, nil
}

// redirect is the URI with the port that is bound.
func (a address) redirect() string { return a.before + a.authority(a.host) + a.after }

// authority joins a host, an IPv6 address in brackets, and the port.
func (a address) authority(host string) string { return host + ":" + strconv.Itoa(a.port) }

// on returns the address with the listener's port.
func (a address) on(l net.Listener) address {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		a.port = tcp.Port
	}
	return a
}

// names are the hosts by which a browser may call, in lower case and as URLs spell them. The first serves start pages.
func (a address) names() []string {
	if strings.EqualFold(a.host, "localhost") {
		return []string{"127.0.0.1", "localhost", "[::1]"}
	}
	if ip, err := netip.ParseAddr(strings.Trim(a.host, "[]")); err == nil && ip.Is6() {
		return []string{"[" + ip.String() + "]"}
	}
	return []string{a.host}
}

// calls tells whether a Host header names this listener. Whatever else resolves to 127.0.0.1 is DNS rebinding.
func (a address) calls(host string) bool {
	host = strings.ToLower(host)
	for _, name := range a.names() {
		if host == a.authority(name) || a.port == 80 && host == name {
			return true
		}
	}
	return false
}

// bind opens the sockets: exactly the literal, for localhost both addresses with one port.
func (a address) bind(o Options) ([]net.Listener, error) {
	if o.InContainer {
		switch {
		case !o.Surroundings.Container:
			return nil, errors.New("listening on all interfaces is for containers, and this is none")
		case !a.fixed:
			return nil, fmt.Errorf("redirect URI %q has no fixed port, which a container needs to publish it", o.Redirect)
		}
		l, err := listen("tcp4", "0.0.0.0", a.port)
		return []net.Listener{l}, err
	}
	if !strings.EqualFold(a.host, "localhost") {
		l, err := listen("tcp", strings.Trim(a.names()[0], "[]"), a.port)
		return []net.Listener{l}, err
	}
	for tries := 8; ; tries-- {
		listeners, err := a.bindBoth()
		if err == nil || a.fixed || tries == 0 || !errors.Is(err, ErrInUse) {
			return listeners, err
		}
	}
}

// bindBoth binds 127.0.0.1 and [::1]. A machine without IPv6 does with the first; but a port that another program holds on [::1] is
// an error, because browsers try that address first and would bring it the answer.
func (a address) bindBoth() ([]net.Listener, error) {
	four, err := listen("tcp4", "127.0.0.1", a.port)
	if err != nil {
		return nil, err
	}
	six, err := listen("tcp6", "::1", a.on(four).port)
	switch {
	case err == nil:
		return []net.Listener{four, six}, nil
	case errors.Is(err, ErrInUse):
		_ = four.Close()
		return nil, err
	}
	return []net.Listener{four}, nil
}

// listen binds one address for this process alone.
func listen(network, host string, port int) (net.Listener, error) {
	config := net.ListenConfig{Control: exclusive}
	l, err := config.Listen(context.Background(), network, net.JoinHostPort(host, strconv.Itoa(port)))
	switch {
	case err == nil:
		return l, nil
	case inUse(err):
		return nil, fmt.Errorf("port %d on %s is %w", port, host, ErrInUse)
	case errors.Is(err, os.ErrPermission) && port < 1024:
		return nil, fmt.Errorf("port %d on %s is for privileged programs: %w", port, host, err)
	}
	return nil, fmt.Errorf("listen for the login's answer: %w", err)
}
