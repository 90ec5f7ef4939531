package xmltree

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

var declaration = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^<\?xml\s[^>]*?\?>`)
})

var declared = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)
})

// toUTF8 recodes a document by its byte order mark, else by what its XML declaration says (XML 1.0 Appendix F).
func toUTF8(data []byte) (text []byte, encoding string, err error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:], "UTF-8", nil
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("<\x00?\x00")):
		return fromUTF16(data, 1), "UTF-16", nil
	case bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.HasPrefix(data, []byte("\x00<\x00?")):
		return fromUTF16(data, 0), "UTF-16", nil
	}
	name := ""
	if bytes.HasPrefix(data, []byte("<?xml")) {
		if m := declared().FindSubmatch(declaration().Find(data[:min(len(data), 512)])); m != nil {
			name = string(m[1])
		}
	}
	switch strings.ToLower(name) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		if !utf8.Valid(data) {
			return nil, "", errors.New("the document holds bytes that are no UTF-8, and says no other encoding")
		}
		return data, "UTF-8", nil
	case "iso-8859-1", "latin1", "latin-1", "iso_8859-1":
		return fromBytes(data, nil), "ISO-8859-1", nil
	case "windows-1252", "cp1252":
		return fromBytes(data, windows1252), "windows-1252", nil
	case "utf-16", "utf-16le", "utf-16be":
		if utf8.Valid(data) { // pasted from an editor that recoded it and left the declaration
			return data, "UTF-8", nil
		}
	}
	return nil, "", fmt.Errorf("the encoding %q is not read; save the document as UTF-8", name)
}

func fromUTF16(data []byte, high int) []byte {
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i+high])<<8|uint16(data[i+1-high]))
	}
	if len(units) > 0 && units[0] == 0xfeff {
		units = units[1:]
	}
	return []byte(string(utf16.Decode(units)))
}

func fromBytes(data []byte, upper []rune) []byte {
	out := make([]byte, 0, len(data)+len(data)/8)
	for _, b := range data {
		r := rune(b)
		if upper != nil && b >= 0x80 && b < 0xa0 {
			r = upper[b-0x80]
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// windows1252 is the range 0x80 to 0x9f; what is not assigned stays as it is.
var windows1252 = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// withoutDeclaration blanks the XML declaration, which encoding/xml would hold against a document that is recoded or XML 1.1.
func withoutDeclaration(data []byte) []byte {
	m := declaration().Find(data[:min(len(data), 512)])
	if m == nil {
		return data
	}
	out := bytes.Clone(data)
	for i := range m {
		if out[i] != '\n' && out[i] != '\r' {
			out[i] = ' '
		}
	}
	return out
}
