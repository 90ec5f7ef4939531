package cert

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// bare reads a text without PEM lines: base64, base64 of PEM, hexadecimal digits, or something that is no certificate at all.
func (t *Text) bare(s string) {
	trimmed := strings.TrimSpace(s)
	if what := taken(trimmed); what != "" {
		t.beside(what)
		return
	}
	if der, ok := hexadecimal(trimmed); ok {
		if len(der) < 64 {
			t.beside("a fingerprint")
			return
		}
		t.Shape = "hexadecimal"
		t.mended("it was written in hexadecimal digits")
		t.der(der, 1)
		return
	}
	at := 1
	for part := range strings.SplitSeq(s, separator) {
		body := strings.TrimLeft(part, " \t\r\n")
		if body != "" {
			t.encoded(body, at+strings.Count(part[:len(part)-len(body)], "\n"), false)
		}
		at += strings.Count(part, "\n")
	}
}

// taken says what was taken for a certificate; "" when it may be one.
func taken(s string) string {
	low := strings.ToLower(s[:min(len(s), 64)])
	switch {
	case isURL(s):
		return "a URL"
	case strings.HasPrefix(low, "ssh-") || strings.HasPrefix(low, "ecdsa-sha2-"):
		return "an SSH key"
	case strings.HasPrefix(s, "{") || strings.HasPrefix(s, "["):
		return "JSON"
	case strings.HasPrefix(low, "<!doctype html") || strings.HasPrefix(low, "<html"):
		return "an HTML page"
	case strings.HasPrefix(s, "<") && strings.Contains(s, "EntityDescriptor"):
		return "SAML metadata"
	case strings.HasPrefix(s, "<"):
		return "XML"
	case strings.HasPrefix(low, "sha1:") || strings.HasPrefix(low, "sha256:") || strings.HasPrefix(low, "sha1 fingerprint") || strings.HasPrefix(low, "sha256 fingerprint"):
		return "a fingerprint"
	}
	return ""
}

// hexadecimal reads digits in pairs, with or without colons or blanks between them.
func hexadecimal(s string) ([]byte, bool) {
	digits := strings.NewReplacer(":", "", " ", "", "\n", "", "\r", "", "\t", "").Replace(s)
	if len(digits) < 32 || len(digits)%2 != 0 {
		return nil, false
	}
	b, err := hex.DecodeString(digits)
	return b, err == nil
}

// encoded reads base64 that holds one certificate or more, one behind the other.
func (t *Text) encoded(s string, at int, framed bool) {
	clean, stray := t.clean(s)
	if stray > 0 {
		t.mended("text that is no base64 stands in line %d", at+stray-1)
	}
	if clean == "" {
		t.fail("it is neither PEM nor base64")
		return
	}
	rest := clean
	for n := 0; rest != "" && n < maxCerts; n++ {
		part := rest
		if i := strings.IndexByte(rest, '='); i >= 0 {
			end := i + len(rest[i:]) - len(strings.TrimLeft(rest[i:], "="))
			part = rest[:end]
		}
		rest = rest[len(part):]
		der, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(part, "="))
		if err != nil {
			digits := strings.TrimRight(part, "=")
			if head, err := base64.RawStdEncoding.DecodeString(digits[:len(digits)/4*4]); err == nil {
				if size, ok := length(head); ok && size > len(head) {
					t.fail(fmt.Sprintf("it ends in the middle: %d of %d bytes are there", len(head), size))
					return
				}
			}
			if len(digits) < 64 {
				t.fail("it is neither PEM nor base64")
				return
			}
			t.fail(fmt.Sprintf("its base64 is not whole: %d characters, of which the last do not make a byte", len(digits)))
			return
		}
		if want := (4 - len(strings.TrimRight(part, "="))%4) % 4; want != strings.Count(part, "=") {
			t.mended("its base64 does not end in %d \"=\" as it should", want)
		}
		t.decoded(der, at, framed)
	}
}

func (t *Text) decoded(der []byte, at int, framed bool) {
	if bytes.Contains(der, []byte("-----BEGIN")) && !framed {
		var inner Text
		inner.text(string(der))
		t.Certs, t.Other = append(t.Certs, inner.Certs...), append(t.Other, inner.Other...)
		for i := range t.Certs {
			t.Certs[i].Line = at
		}
		t.Shape = "base64 of PEM"
		t.mended("it was encoded in base64 once more")
		return
	}
	if t.Shape == "" {
		t.Shape = "base64"
	}
	t.der(der, at)
}

// clean leaves the base64 of a text: white space goes, and whole words that are none. stray is the first line, from 1, in which such
// words stood; 0 when there were none.
func (t *Text) clean(s string) (out string, stray int) {
	var b strings.Builder
	n := 0
	for l := range strings.Lines(strings.ReplaceAll(s, "\r\n", "\n")) {
		n++
		words := strings.Fields(strings.ReplaceAll(l, "\u00a0", " "))
		kept := 0
		sound := true
		for _, w := range words {
			sound = sound && isBase64(w)
		}
		for i, w := range words {
			w = strings.Map(dropInvisible, w)
			if isBase64(w) && (sound || i == 0 && len(w) >= 16 || len(w) >= 44) {
				b.WriteString(w)
				kept++
			}
		}
		if kept < len(words) && stray == 0 {
			stray = n
		}
	}
	out = b.String()
	if strings.ContainsAny(out, "-_") {
		out = strings.NewReplacer("-", "+", "_", "/").Replace(out)
		t.mended("it was written in base64url")
	}
	return out, stray
}

// dropInvisible removes what copying from web pages brings along and nobody sees.
func dropInvisible(r rune) rune {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad':
		return -1
	}
	return r
}

func isBase64(w string) bool {
	w = strings.Map(dropInvisible, w)
	for i := range len(w) {
		c := w[i]
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' || c == '-' || c == '_') {
			return false
		}
	}
	return w != ""
}
