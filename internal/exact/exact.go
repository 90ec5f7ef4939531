// Package exact compares two identifiers byte for byte, as OIDC Discovery §4.3, RFC 9700 §2.1 and SAML Core §8.3.6
// demand, and names the difference when they are not the same. It serves issuers, redirect URIs, ACS URLs and entity IDs.
package exact

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind names the one thing in which two strings differ.
type Kind string

const (
	Same        Kind = ""
	Space       Kind = "white space"
	Slash       Kind = "trailing slash"
	Case        Kind = "letter case"
	Scheme      Kind = "scheme"
	Port        Kind = "port"
	Percent     Kind = "percent-encoding"
	WellKnown   Kind = "pasted well-known suffix"
	Placeholder Kind = "placeholder left in"
	Query       Kind = "query"
	Fragment    Kind = "fragment"
	Host        Kind = "host"
	Path        Kind = "path"
	Other       Kind = "text"
)

// Diff is the outcome of a comparison.
type Diff struct {
	Kind Kind
	// Only is true when nothing but Kind differs.
	Only bool
	// At is the rune offset in got at which the two part (len(got) in runes when got is a prefix of want).
	At int
	// Also lists further differences when Only is false.
	Also []Kind
}

// Equal reports whether the strings were the same.
func (d Diff) Equal() bool { return d.Kind == Same }

// String is a clause such as "only the trailing slash differs".
func (d Diff) String() string {
	switch {
	case d.Equal():
		return "the same"
	case d.Only && d.Kind == Placeholder:
		return "a placeholder was left in"
	case d.Only && d.Kind == WellKnown:
		return "the discovery path was pasted along"
	case d.Only && d.Kind == Other:
		return "two different values"
	case d.Only && d.Kind == Space:
		return "only white space differs"
	case d.Only:
		return "only the " + string(d.Kind) + " differs"
	}
	words := make([]string, 0, 1+len(d.Also))
	for _, k := range append([]Kind{d.Kind}, d.Also...) {
		words = append(words, string(k))
	}
	return "they differ in " + join(words)
}

func join(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// suffixes that belong to a discovery address and not to an issuer (OIDC Discovery §4, RFC 8414 §3).
var suffixes = []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}

// TrimWellKnown removes a pasted discovery suffix and says whether there was one.
func TrimWellKnown(s string) (string, bool) {
	trimmed := strings.TrimRight(s, "/")
	for _, suffix := range suffixes {
		if rest, ok := strings.CutSuffix(trimmed, suffix); ok {
			return rest, true
		}
	}
	for _, suffix := range suffixes { // RFC 8414 form: the suffix stands between host and path
		if i := strings.Index(s, suffix+"/"); i > 0 {
			return s[:i] + s[i+len(suffix):], true
		}
	}
	return s, false
}

// HasPlaceholder reports whether s still holds {tenant}, <your-domain> or the like.
func HasPlaceholder(s string) bool {
	for _, pair := range [...][2]string{{"{", "}"}, {"<", ">"}, {"%7B", "%7D"}, {"%7b", "%7d"}} {
		if i := strings.Index(s, pair[0]); i >= 0 && strings.Contains(s[i:], pair[1]) {
			return true
		}
	}
	return strings.Contains(s, "${") || yours(s) || standIn(s)
}

// yours reports whether a part of s is a name such as your-domain or YOUR_TENANT_ID, with which manuals stand in for a value.
func yours(s string) bool {
	low := strings.ToLower(strings.ReplaceAll(s, "_", "-"))
	for _, part := range partsOf(low) {
		rest, ok := strings.CutPrefix(part, "your")
		if !ok {
			continue
		}
		rest = strings.TrimPrefix(rest, "-")
		for _, word := range [...]string{"tenant", "domain", "okta", "oktadomain", "client", "company", "org", "realm", "workspace", "host", "hostname", "server",
			"subdomain", "instance", "issuer", "slug", "idp", "sso", "keycloak", "authentik", "auth0", "pool", "environment", "team", "organization", "organisation"} {
			if rest == word || strings.HasPrefix(rest, word+"-") || rest == word+"id" {
				return true
			}
		}
	}
	return false
}

// Compare says how got differs from want. Single differences are tried first, each alone; when none explains it, the
// parts of the URL that differ are listed.
func Compare(got, want string) Diff {
	if got == want {
		return Diff{}
	}
	d := Diff{At: firstDifference(got, want)}
	for _, try := range singles {
		if try.same(got, want) {
			d.Kind, d.Only = try.kind, true
			return d
		}
	}
	kinds := parts(got, want)
	d.Kind, d.Also = kinds[0], kinds[1:]
	d.Only = len(d.Also) == 0
	return d
}

// singles are ordered: what is seen hardest comes first.
var singles = []struct {
	kind Kind
	same func(a, b string) bool
}{
	{Space, func(a, b string) bool { return dropSpace(a) == dropSpace(b) }},
	{Slash, func(a, b string) bool { return slashless(a) == slashless(b) }},
	{WellKnown, func(a, b string) bool {
		x, pastedA := TrimWellKnown(a)
		y, pastedB := TrimWellKnown(b)
		return pastedA != pastedB && strings.TrimRight(x, "/") == strings.TrimRight(y, "/")
	}},
	{Scheme, func(a, b string) bool {
		x, restA, okA := strings.Cut(a, "://")
		y, restB, okB := strings.Cut(b, "://")
		return okA && okB && restA == restB && !strings.EqualFold(x, y)
	}},
	{Port, samePortless},
	{Case, func(a, b string) bool { return strings.EqualFold(a, b) }},
	{Percent, func(a, b string) bool { return unescape(a) == unescape(b) }},
}

// slashless drops the slash that ends the path: at the end, or before a query.
func slashless(s string) string {
	path, query, found := strings.Cut(s, "?")
	path = strings.TrimSuffix(path, "/")
	if found {
		return path + "?" + query
	}
	return path
}

func dropSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

func unescape(s string) string {
	u, err := url.PathUnescape(s)
	if err != nil {
		return s
	}
	return u
}

func samePortless(a, b string) bool {
	x, errA := url.Parse(a)
	y, errB := url.Parse(b)
	if errA != nil || errB != nil || x.Host == "" || y.Host == "" || x.Port() == y.Port() {
		return false
	}
	x.Host, y.Host = x.Hostname(), y.Hostname()
	return x.String() == y.String()
}

// parts lists the parts of two URLs that differ; at least one is returned.
func parts(a, b string) []Kind {
	x, errA := url.Parse(strings.TrimSpace(a))
	y, errB := url.Parse(strings.TrimSpace(b))
	if errA != nil || errB != nil || x.Host == "" || y.Host == "" {
		return []Kind{Other}
	}
	var kinds []Kind
	add := func(differs bool, k Kind) {
		if differs {
			kinds = append(kinds, k)
		}
	}
	add(x.Scheme != y.Scheme, Scheme)
	add(!strings.EqualFold(x.Hostname(), y.Hostname()), Host)
	add(x.Port() != y.Port(), Port)
	px, py := strings.TrimSuffix(x.EscapedPath(), "/"), strings.TrimSuffix(y.EscapedPath(), "/")
	switch {
	case px == py:
		add(x.EscapedPath() != y.EscapedPath(), Slash)
	case strings.EqualFold(px, py):
		add(true, Case)
	default:
		add(true, Path)
	}
	add(x.RawQuery != y.RawQuery, Query)
	add(x.Fragment != y.Fragment, Fragment)
	if len(kinds) == 0 {
		kinds = []Kind{Other}
	}
	return kinds
}

func firstDifference(a, b string) int {
	n := 0
	for a != "" && b != "" {
		ra, size := utf8.DecodeRuneInString(a)
		rb, sizeB := utf8.DecodeRuneInString(b)
		if ra != rb {
			break
		}
		a, b = a[size:], b[sizeB:]
		n++
	}
	return n
}

// Loopback reports whether a URL or host names this machine (RFC 8252 §8.3): 127.0.0.0/8, ::1 or localhost.
func Loopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// Private reports whether an address is not reachable from the public Internet: loopback, RFC 1918, RFC 4193,
// link-local, carrier-grade NAT (RFC 6598), unspecified.
func Private(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() ||
		ip.Is4() && ip.As4()[0] == 100 && ip.As4()[1]&0xc0 == 64
}

// LocalName reports whether a host name can only be resolved inside some network: a single label (container or
// machine name) or one of the special-use suffixes of RFC 6761, RFC 6762 and RFC 8375 that never resolve publicly.
func LocalName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" || strings.Contains(host, ":") {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	if !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range []string{".local", ".localhost", ".internal", ".home.arpa", ".lan", ".svc", ".cluster.local", ".intranet", ".corp", ".home"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}
