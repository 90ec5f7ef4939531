package unwrap

import (
	"strings"
)

// keptHeaders are headers that carry neither credentials nor anything about a person. Their values are redacted as texts.
var keptHeaders = set("content-type", "content-length", "content-encoding", "accept", "host", "date", "server", "cache-control", "expires", "age", "last-modified", "vary", "via", "retry-after",
	"strict-transport-security", "allow", "pragma", "x-frame-options", "x-powered-by", "content-security-policy", "upgrade-insecure-requests", "www-authenticate", "referrer-policy",
	"cross-origin-opener-policy", "cross-origin-embedder-policy", "cross-origin-resource-policy", "access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-methods",
	"access-control-allow-headers", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-user", ":method", ":scheme", ":authority", ":status")

var urlHeaders = set("location", "referer", "origin", "content-location", ":path")

const notKept = "[not kept]"

func (r *redactor) headers(in []harPair) []harPair {
	out := []harPair{}
	for _, h := range in {
		out = append(out, harPair{r.name(h.Name), r.header(strings.ToLower(h.Name), h.Value)})
	}
	return out
}

func (r *redactor) header(name, value string) string {
	switch {
	case name == "cookie":
		parts := strings.Split(value, ";")
		for i, c := range parts {
			parts[i] = r.cookie(strings.TrimSpace(c))
		}
		return strings.Join(parts, "; ")
	case name == "set-cookie":
		lines := strings.Split(value, "\n") // Firefox joins several
		for i, line := range lines {
			c, attrs, has := strings.Cut(line, ";")
			lines[i] = r.cookie(strings.TrimSpace(c))
			if has {
				lines[i] += ";" + r.cookieAttrs(attrs)
			}
		}
		return strings.Join(lines, "\n")
	case name == "authorization" || name == "proxy-authorization":
		scheme, credentials, ok := strings.Cut(value, " ")
		if !ok || len(scheme) > 12 || !methodLike().MatchString(strings.ToUpper(scheme)) {
			return r.hide(value)
		}
		return scheme + " " + r.param("", credentials)
	case urlHeaders[name]:
		return r.url(value)
	case name == "content-type":
		return r.mediaType(value)
	case keptHeaders[name] && len(value) < 4096:
		return r.text(value)
	}
	return notKept
}

// cookie redacts "name=value".
func (r *redactor) cookie(c string) string {
	name, value, ok := strings.Cut(c, "=")
	if !ok {
		return r.hide(c)
	}
	return r.cookieName(name) + "=" + r.hide(value)
}

// cookieName keeps names; some frameworks put a random value into them.
func (r *redactor) cookieName(n string) string {
	if cookieLike().MatchString(n) && !r.random(n) && !r.known[n] {
		return n
	}
	return r.hide(n)
}

var (
	cookieLike     = lazily(`^[A-Za-z0-9_.$:-]{1,64}$`)
	cookieAttrLike = lazily(`(?i)^(path|domain|expires|max-age|samesite|priority)=[A-Za-z0-9 ,:./_%+-]{0,80}$|^(secure|httponly|partitioned)$`)
)

// cookieAttrs keeps the attributes that decide where a cookie is sent (RFC 6265 §5.2, SameSite).
func (r *redactor) cookieAttrs(attrs string) string {
	var out []string
	for a := range strings.SplitSeq(attrs, ";") {
		a = strings.TrimSpace(a)
		if cookieAttrLike().MatchString(a) && !r.random(a) {
			out = append(out, " "+a)
		}
	}
	return strings.Join(out, ";")
}

func (r *redactor) cookies(in []harCookie) []safeCookie {
	out := []safeCookie{}
	keep := func(s string) string {
		if cookieLike().MatchString(strings.ReplaceAll(s, "/", "_")) {
			return r.text(s)
		}
		return ""
	}
	for _, c := range in {
		safe := safeCookie{Name: r.cookieName(c.Name), Value: r.hide(c.Value), Path: keep(c.Path), Domain: keep(c.Domain), HTTPOnly: c.HTTPOnly, Secure: c.Secure, SameSite: keep(c.SameSite)}
		if c.Expires != "" && instant(c.Expires)[:4] != "1970" {
			safe.Expires = instant(c.Expires)
		}
		out = append(out, safe)
	}
	return out
}
