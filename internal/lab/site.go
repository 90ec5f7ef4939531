package lab

import (
	"fmt"
	"net"
	"net/url"
)

// site knows the addresses of the lab's own pages.
type site struct {
	scheme, authority, path string
	suffix                  string // what the issuer has after the path, such as a query
	claim                   func(string) string
}

func newSite(host string, port int, b behaviour) site {
	s := site{scheme: "https", authority: net.JoinHostPort(host, fmt.Sprint(port)), path: "/lab", suffix: b.suffix, claim: b.issuer}
	if b.wire.listen == listenPlain {
		s.scheme = "http"
	}
	if b.path != "" {
		s.path = b.path
	}
	return s
}

// issuer is the identifier that an admin enters.
func (s site) issuer() string { return s.scheme + "://" + s.authority + s.path + s.suffix }

// calls itself: the identifier in the document, in tokens and in the iss parameter.
func (s site) self() string {
	if s.claim == nil {
		return s.issuer()
	}
	return s.claim(s.issuer())
}

// url is the address of one of the lab's pages; page begins with a slash.
func (s site) url(page string) string { return s.scheme + "://" + s.authority + s.path + page }

// over is url with another scheme or host.
func (s site) over(scheme, host, page string) string {
	u := url.URL{Scheme: scheme, Host: s.authority, Path: s.path + page}
	if host != "" {
		_, port, _ := net.SplitHostPort(s.authority)
		u.Host = net.JoinHostPort(host, port)
	}
	return u.String()
}
