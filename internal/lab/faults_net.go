package lab

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// netFaults are those of names, connections and the clock.
func netFaults() []Fault {
	return []Fault{
		{Name: "NET001", Title: "the issuer's host does not exist", Resolver: true, Connection: func(c *Conn) {
			u, _ := url.Parse(c.OIDC.Text("issuer"))                 // made by Start, so it parses
			u.Host = net.JoinHostPort("login.lab.invalid", u.Port()) // RFC 6761 section 6.4: never resolves
			c.OIDC.Set("issuer", u.String())
		}},
		{Name: "NET002", Title: "nobody listens on the port", set: func(b *behaviour) { b.wire.listen = listenRefuse }},
		{Name: "NET002-reset", Title: "the connection is accepted and reset", set: func(b *behaviour) { b.wire.listen = listenReset }},
		{Name: "NET016", Title: "a public SP is connected to an IdP on a loopback address", set: func(b *behaviour) {
			b.host, b.redirectURI = "127.0.0.1", "https://my.orq.ai/v2/auth/sso/oidc/callback"
		}, Connection: func(c *Conn) {
			c.SP = Fields{{"profile", "orq"}, {"workspace", "lab"}}
			c.OIDC.Drop("redirect_uri")
		}},
		{Name: "NET017", Title: "the Date header is an hour ahead", set: func(b *behaviour) { b.wire.skew = time.Hour }},
		{Name: "NET017-2m", Title: "the Date header is two minutes behind", set: func(b *behaviour) { b.wire.skew = -2 * time.Minute }},
		{Name: "NET018", Title: "tokens are issued by a clock that is an hour ahead", Login: true, set: func(b *behaviour) {
			b.login.claims = func(m members) {
				for _, name := range []string{"iat", "exp", "auth_time"} {
					m[name] = m[name].(int64) + 3600
				}
			}
		}},
		{Name: "NET020", Title: "the connection is accepted and stays silent", set: func(b *behaviour) { b.wire.listen = listenSilent }},
		{Name: "NET020-http", Title: "the request is taken and never answered", set: discovered(silent)},
		{Name: "NET020-drip", Title: "the answer comes one byte in half a second", set: discovered(drip)},
	}
}

// netAnswerFaults are HTTP answers in place of the discovery document.
func netAnswerFaults() []Fault {
	return []Fault{
		{Name: "NET013", Title: "discovery is redirected to plain http", set: func(b *behaviour) {
			b.wire.listen = listenBoth
			b.discovery.answer = onlyOver("https", func(l *Lab, r *http.Request) string { return l.site.over("http", "", pageDiscovery) })
		}},
		{Name: "NET013-host", Title: "discovery is redirected to another host", set: func(b *behaviour) {
			b.hosts = []string{"sso.lab.example"}
			b.discovery.answer = func(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
				if strings.HasPrefix(r.Host, "sso.") {
					w.Write(body)
					return
				}
				redirect(l.site.over("https", "sso.lab.example", pageDiscovery))(l, w, r, body)
			}
		}},
		{Name: "NET014", Title: "discovery answers with an HTML login page", set: discovered(htmlPage(http.StatusOK, "Sign in", "Sign in to go on."))},
		{Name: "NET014-waf", Title: "discovery is blocked with an HTML page", set: discovered(htmlPage(http.StatusForbidden, "Request blocked", "This request was blocked by the security policy."))},
		{Name: "NET015", Title: "discovery is rate-limited", set: discovered(busy(http.StatusTooManyRequests, "60"))},
		{Name: "NET015-503", Title: "discovery is unavailable", set: discovered(busy(http.StatusServiceUnavailable, "120"))},
		{Name: "NET015-500", Title: "discovery breaks inside the server", set: discovered(busy(http.StatusInternalServerError, ""))},
		{Name: "NET019", Title: "discovery takes two and a half seconds", set: discovered(func(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
			l.pause(r, 2500*time.Millisecond)
			w.Write(body)
		})},
		{Name: "NET019-size", Title: "the discovery document is larger than a megabyte", set: discovered(rewrite(func(body string) string {
			return strings.Replace(body, "{", "{"+strings.Repeat(" ", 1<<20), 1)
		}))},
		{Name: "NET021", Title: "discovery is redirected in a circle", set: discovered(func(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
			next := l.site.url(pageDiscovery) + "?again"
			if r.URL.RawQuery == "again" {
				next = l.site.url(pageDiscovery)
			}
			redirect(next)(l, w, r, body)
		})},
		{Name: "NET021-nowhere", Title: "discovery is redirected without a Location", set: discovered(redirect(""))},
		{Name: "NET021-login", Title: "discovery is redirected to a login page", set: func(b *behaviour) {
			b.discovery.aliases = map[string]string{"/sign-in": pageDiscovery}
			b.discovery.answer = func(l *Lab, w http.ResponseWriter, r *http.Request, body []byte) {
				if strings.HasSuffix(r.URL.Path, "/sign-in") {
					htmlPage(http.StatusOK, "Sign in", "Sign in to go on.")(l, w, r, body)
					return
				}
				redirect(l.site.url("/sign-in"))(l, w, r, body)
			}
		}},
		{Name: "NET022", Title: "the discovery document never ends", set: discovered(endless)},
		{Name: "NET022-bomb", Title: "the discovery document is a compression bomb", set: discovered(bomb)},
		{Name: "NET022-short", Title: "the discovery document is shorter than announced", set: discovered(short)},
	}
}
