package oidcrules

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/exact"
)

// pasted says what stands around or inside an issuer that does not belong there, and gives the issuer without it.
func pasted(issuer string) (clean, what string) {
	clean = printable(issuer)
	if exact.HasPlaceholder(strings.Trim(clean, "<>")) && strings.TrimSpace(issuer) == issuer {
		return clean, ""
	}
	if clean != issuer {
		what = "holds white space"
		if strings.TrimSpace(issuer) == clean {
			what = "has white space around it"
		}
	}
	if bare := strings.Trim(clean, "\"'`,;“”„‘’«»"); bare != clean {
		clean, what = bare, "has quotes or punctuation around it"
	}
	if strings.HasPrefix(clean, "<http") && strings.HasSuffix(clean, ">") {
		clean, what = clean[1:len(clean)-1], "has brackets around it"
	}
	if strings.Contains(clean, "%") {
		decoded, err := url.PathUnescape(clean)
		_, hostless := url.Parse(clean)
		if whole := strings.Contains(strings.ToLower(clean), "%3a%2f%2f"); err == nil && (whole || needless(clean) || hostless != nil) {
			clean, what = decoded, "is percent-encoded"
		}
	}
	if clause := exact.Confusable(clean); clause != "" {
		clean, what = exact.Latin(clean), "holds a character "+clause
	}
	if bare, twice := repeated(clean); twice != "" {
		clean, what = bare, twice
	}
	if bare, ok := exact.TrimWellKnown(clean); ok {
		clean, what = bare, "is the address of the discovery document"
	} else if i := strings.Index(strings.ToLower(clean), "/.well-known"); i > len("https://") {
		clean, what = clean[:i], "goes on with the path of a document"
	}
	if u, err := url.Parse(clean); err == nil && u.User != nil {
		u.User = nil
		clean, what = u.String(), "holds a user name"
	}
	return clean, what
}

// repeated gives the one address of two that were pasted after each other, or of one with the scheme twice.
func repeated(s string) (one, what string) {
	for _, scheme := range []string{"https://", "http://"} {
		first := strings.Index(s, scheme)
		last := strings.LastIndex(s, scheme)
		switch {
		case first != 0 || last == first && !strings.Contains(s[len(scheme):], "://"):
			continue
		case last == len(scheme):
			return s[last:], "begins with the scheme twice"
		case last > len(scheme):
			return s[:last], "holds two addresses"
		}
	}
	return s, ""
}

// needless reports whether s percent-encodes characters that never need it (RFC 3986 §2.3).
func needless(s string) bool {
	for i := strings.IndexByte(s, '%'); i >= 0 && i+2 < len(s); {
		var b byte
		if _, err := fmt.Sscanf(s[i+1:i+3], "%02x", &b); err == nil && (b < unicode.MaxASCII && (unicode.IsLetter(rune(b)) || unicode.IsDigit(rune(b))) || strings.IndexByte("-._~", b) >= 0) {
			return true
		}
		next := strings.IndexByte(s[i+1:], '%')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return false
}

// unseen reports white space and marks without width.
func unseen(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
}
