package xmlsig

import "strings"

// address is a URI reference taken apart (RFC 3986 §3); the parts keep what sets them off.
type address struct{ scheme, authority, path, query, fragment string }

func apart(s string) address {
	var a address
	if i := strings.IndexByte(s, '#'); i >= 0 {
		s, a.fragment = s[:i], s[i:]
	}
	if i := strings.IndexByte(s, '?'); i >= 0 {
		s, a.query = s[:i], s[i:]
	}
	if i := strings.IndexAny(s, ":/"); i > 0 && s[i] == ':' {
		a.scheme, s = s[:i+1], s[i+1:]
	}
	if strings.HasPrefix(s, "//") {
		end := strings.IndexByte(s[2:], '/') + 2
		if end < 2 {
			end = len(s)
		}
		a.authority, s = s[:end], s[end:]
	}
	a.path = s
	return a
}

// joined resolves a reference against a base, of which either may be relative (Canonical XML 1.1 §2.4, after RFC 3986 §5.2).
func joined(base, reference string) string {
	b, r := apart(base), apart(reference)
	if last := b.path[strings.LastIndexByte(b.path, '/')+1:]; last == ".." || last == "." {
		b.path += "/"
	}
	switch {
	case r.scheme != "":
		r.path = withoutDots(r.path)
	case r.authority != "":
		r.scheme, r.path = b.scheme, withoutDots(r.path)
	case r.path == "":
		r.scheme, r.authority, r.path = b.scheme, b.authority, withoutDots(b.path)
		if r.query == "" {
			r.query = b.query
		}
	case strings.HasPrefix(r.path, "/"):
		r.scheme, r.authority, r.path = b.scheme, b.authority, withoutDots(r.path)
	default:
		before := b.path[:strings.LastIndexByte(b.path, '/')+1]
		if b.path == "" && b.authority != "" {
			before = "/"
		}
		r.scheme, r.authority, r.path = b.scheme, b.authority, withoutDots(before+r.path)
	}
	return r.scheme + r.authority + r.path + r.query + r.fragment
}

// withoutDots takes the segments "." and ".." out of a path (RFC 3986 §5.2.4). What leads out of a relative path stays.
func withoutDots(path string) string {
	rooted := strings.HasPrefix(path, "/")
	var out []string
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, p := range parts {
		last := i == len(parts)-1
		switch {
		case p == "." || p == "" && !last: // several slashes are one
		case p == ".." && len(out) > 0 && out[len(out)-1] != "..":
			out = out[:len(out)-1]
		case p == ".." && rooted:
		default:
			out = append(out, p)
			continue
		}
		if last && len(out) > 0 {
			out = append(out, "")
		}
	}
	s := strings.Join(out, "/")
	if len(out) > 0 && out[len(out)-1] == ".." {
		s += "/"
	}
	if rooted {
		return "/" + s
	}
	return s
}
