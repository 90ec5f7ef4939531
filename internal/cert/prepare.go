package cert

import (
	"bytes"
	"encoding/binary"
	"html"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// lazily compiles a pattern on first use: starting up must not pay for it.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// prepare undoes what happened to the text as a whole: its encoding, and escapes that some other format left in it. binary is true for
// DER.
func (t *Text) prepare(b []byte) (text string, binary bool) {
	if s, ok := t.utf16(b); ok {
		return t.unescape(s), false
	}
	if len(b) > 1 && b[0] == 0x30 && (b[1] >= 0x80 || !printable(b)) {
		return "", true
	}
	if rest, ok := bytes.CutPrefix(b, []byte("\xef\xbb\xbf")); ok {
		t.mended("a byte order mark stood before it")
		b = rest
	}
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\ufffd"))
	}
	return t.unescape(string(b)), false
}

// printable reports whether the beginning of b is text.
func printable(b []byte) bool {
	for _, c := range b[:min(len(b), 64)] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// utf16 decodes a file that an editor saved in UTF-16: by its byte order mark, or because every other byte is zero.
func (t *Text) utf16(b []byte) (string, bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		order, b = binary.LittleEndian, b[2:]
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		order, b = binary.BigEndian, b[2:]
	case len(b) >= 8 && b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0:
		order = binary.LittleEndian
	case len(b) >= 8 && b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0:
		order = binary.BigEndian
	default:
		return "", false
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, order.Uint16(b[i:]))
	}
	t.mended("the file was saved as UTF-16")
	return string(utf16.Decode(units)), true
}

var (
	percent = lazily(`%(?:2[bBfF0]|3[dD]|0[aAdD])`)
	plusFor = lazily(`BEGIN\+`)
	element = lazily(`(?s)<(?:[A-Za-z0-9_.-]+:)?X509Certificate(?:\s[^>]*)?>(.*?)</(?:[A-Za-z0-9_.-]+:)?X509Certificate\s*>`)
	comment = lazily(`(?s)<!--.*?-->`)
)

// unescape undoes the escapes of addresses, of JSON and of XML, and takes off quotation marks.
func (t *Text) unescape(s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if strings.TrimSpace(s) == "" || isURL(s) {
		return s
	}
	if percent().MatchString(s) {
		decode := url.PathUnescape
		if plusFor().MatchString(s) {
			decode = url.QueryUnescape
		}
		if plain, err := decode(strings.TrimSpace(s)); err == nil {
			s = plain
			t.mended("it was URL-encoded")
		}
	}
	if strings.Contains(s, `\n`) || strings.Contains(s, `\r`) {
		s = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\r`, "\n").Replace(s)
		t.mended(`its line breaks were written as \n`)
	}
	if strings.Contains(s, `\/`) {
		s = strings.ReplaceAll(s, `\/`, "/")
		t.mended(`its slashes were written as \/`)
	}
	if trimmed := strings.TrimSpace(s); len(trimmed) > 2 && strings.ContainsRune("\"'`", rune(trimmed[0])) && trimmed[len(trimmed)-1] == trimmed[0] {
		s = trimmed[1 : len(trimmed)-1]
		t.mended("it stood in quotation marks")
	}
	return t.unwrapXML(s)
}

// unwrapXML takes the certificates out of elements that were pasted along.
func (t *Text) unwrapXML(s string) string {
	if !strings.Contains(s, "<") {
		if strings.Contains(s, "&#") {
			s = html.UnescapeString(s)
			t.mended("its line breaks were written as references of XML")
		}
		return s
	}
	found := element().FindAllStringSubmatchIndex(s, maxCerts)
	if len(found) == 0 {
		return s
	}
	if strings.Contains(s, "EntityDescriptor") {
		t.beside("SAML metadata")
	}
	t.mended("the XML around it was pasted along")
	var b strings.Builder
	last := 0
	for _, m := range found {
		b.WriteString(strings.Repeat("\n", strings.Count(s[last:m[2]], "\n"))) // so that lines stay what they are
		inner := html.UnescapeString(s[m[2]:m[3]])
		b.WriteString(comment().ReplaceAllString(inner, "") + separator)
		last = m[3]
	}
	return b.String()
}

// separator stands between two certificates that are not told apart by PEM lines; it is no character of base64.
const separator = "\x1e"

func isURL(s string) bool {
	s = strings.TrimSpace(s)
	return !strings.ContainsAny(s, " \t\r\n") && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://"))
}
