package flow

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/ssoctl/ssoctl/internal/exact"
)

// jar keeps cookies by host for one login. That of net/http is not used: it does not say which cookies it held back, and servers in
// containers set Secure cookies on plain http (http://keycloak:8080), where a login then breaks off without a word.
type jar struct {
	held     map[string]map[string]*http.Cookie // host, name
	Withheld []string                           // names of Secure cookies that were not sent back to a plain http host
}

func newJar() *jar { return &jar{held: map[string]map[string]*http.Cookie{}} }

// take keeps the cookies of an answer (RFC 6265 §5.3). Cookies for other hosts are not needed within one IdP.
func (j *jar) take(address string, cookies []*http.Cookie) {
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	host := strings.ToLower(u.Hostname())
	if j.held[host] == nil {
		j.held[host] = map[string]*http.Cookie{}
	}
	for _, c := range cookies {
		if c.MaxAge < 0 || c.Value == "" && c.MaxAge == 0 && !c.Expires.IsZero() {
			delete(j.held[host], c.Name)
			continue
		}
		j.held[host][c.Name] = c
	}
}

// give is what goes with a request.
func (j *jar) give(address string) []*http.Cookie {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	host := strings.ToLower(u.Hostname())
	var out []*http.Cookie
	for _, c := range j.held[host] {
		if c.Path != "" && c.Path != "/" && u.Path != c.Path && !strings.HasPrefix(u.Path, strings.TrimSuffix(c.Path, "/")+"/") {
			continue
		}
		if c.Secure && u.Scheme != "https" && !exact.Loopback(host) {
			j.Withheld = append(j.Withheld, c.Name)
			continue
		}
		out = append(out, &http.Cookie{Name: c.Name, Value: c.Value})
	}
	return out
}
