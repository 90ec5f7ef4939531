package unwrap

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"regexp"
	"sort"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/source"
)

// lazily compiles a pattern on first use: starting up must not pay for it.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// Text gives UTF-8 without a byte order mark when the data is text in UTF-8 or UTF-16, and the data itself otherwise.
func Text(data []byte) []byte {
	text, _ := asText(data)
	return text
}

// asText gives UTF-8 without a byte order mark when the data is text in UTF-8 or UTF-16, and the data itself otherwise.
func asText(data []byte) (text []byte, notes []string) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:], nil
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return fromUTF16(data[2:], binary.LittleEndian), []string{NoteUTF16}
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return fromUTF16(data[2:], binary.BigEndian), []string{NoteUTF16}
	}
	// Without a mark: text in Latin letters has a zero in every second byte.
	if head := data[:min(len(data), 64)&^1]; len(head) >= 8 {
		var zeros [2]int
		for i, c := range head {
			if c == 0 {
				zeros[i&1]++
			}
		}
		switch half := len(head) / 2; {
		case zeros[0] == 0 && zeros[1]*10 >= half*9:
			return fromUTF16(data, binary.LittleEndian), []string{NoteUTF16}
		case zeros[1] == 0 && zeros[0]*10 >= half*9:
			return fromUTF16(data, binary.BigEndian), []string{NoteUTF16}
		}
	}
	return data, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(r) && i+3 < len(data) {
			if pair := utf16.DecodeRune(r, rune(order.Uint16(data[i+2:]))); pair != utf8.RuneError {
				r = pair
				i += 2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// pairsOfQuotes open and close what people copy out of code, documents and chats.
var pairsOfQuotes = [][2]string{{"```", "```"}, {`"`, `"`}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"‘", "’"}, {"«", "»"}, {"„", "“"}}

// trim takes white space from the front and quotes from both ends. White space at the end stays: it may belong to the document.
func (o *opener) trim(p piece) piece {
	if !p.whole {
		if text, notes := asText(p.data); len(notes) > 0 {
			p.data = text
			p = p.note(notes...)
		}
	}
	for range 4 {
		lead := len(p.data) - len(bytes.TrimLeft(p.data, " \t\r\n\ufeff\u00a0\u200b"))
		p.data, p.off = p.data[lead:], p.off+lead
		if lead > 0 && !p.whole && bytes.HasPrefix(p.data, []byte("<?xml")) {
			p = p.note(NoteSpace)
		}
		inner, escaped, ok := unquoted(p.data)
		if !ok {
			return p
		}
		p = p.note(NoteQuotes)
		if escaped {
			return p.within(inner, "").note(NoteEscapes)
		}
		p.off += bytes.Index(p.data, inner)
		p.data = inner
	}
	return p
}

// unquoted takes one pair of quotes off. A JSON string with escapes is decoded.
func unquoted(data []byte) (inner []byte, escaped, ok bool) {
	tail := bytes.TrimRight(data, " \t\r\n,;")
	for _, q := range pairsOfQuotes {
		if len(tail) <= len(q[0])+len(q[1]) || !bytes.HasPrefix(tail, []byte(q[0])) || !bytes.HasSuffix(tail, []byte(q[1])) {
			continue
		}
		in := tail[len(q[0]) : len(tail)-len(q[1])]
		if q[0] == "```" { // the line of the opening fence may name a language
			if i := bytes.IndexByte(in, '\n'); i >= 0 && i < 20 && !bytes.ContainsAny(in[:i], "<={") {
				in = in[i+1:]
			}
			return in, false, len(in) > 0
		}
		if q[0] == `"` && bytes.IndexByte(in, '\\') >= 0 {
			var s string
			if json.Unmarshal(tail, &s) == nil {
				return []byte(s), true, true
			}
		}
		if bytes.Contains(in, []byte(q[0])) || bytes.Contains(in, []byte(q[1])) { // a list of quoted things
			continue
		}
		return in, false, true
	}
	return nil, false, false
}

// at gives the place of an offset in the whole text; columns count runes.
func (o *opener) at(offset int) source.Pos {
	if o.lines == nil {
		o.lines = []int{0}
		for i, c := range o.text {
			if c == '\n' {
				o.lines = append(o.lines, i+1)
			}
		}
	}
	offset = min(max(offset, 0), len(o.text))
	line := sort.SearchInts(o.lines, offset+1) - 1
	from := o.lines[line]
	if offset-from > 1<<16 { // counting runes from so far away, for each of many finds, would take too long
		return source.Pos{Line: line + 1, Col: offset - from + 1}
	}
	return source.Pos{Line: line + 1, Col: utf8.RuneCount(o.text[from:offset]) + 1}
}

// oneWord reports whether data is a single run without white space, line breaks left out.
func oneWord(data []byte) bool {
	return !bytes.ContainsAny(bytes.TrimSpace(data), " \t") && len(data) > 0
}

// joined takes line breaks and the white space beside them out, as wrapped lines of a mail or terminal have it.
func joined(data []byte) (out []byte, had bool) {
	data = bytes.TrimSpace(data)
	if bytes.IndexAny(data, "\r\n\t") < 0 {
		return data, false
	}
	out = make([]byte, 0, len(data))
	for len(data) > 0 {
		i := bytes.IndexAny(data, "\r\n\t")
		if i < 0 {
			return append(out, data...), true
		}
		out = append(out, bytes.TrimRight(data[:i], " ")...)
		data = bytes.TrimLeft(data[i:], " \t\r\n")
	}
	return out, true
}

// unescape resolves backslash escapes of JSON and of program text: \" \/ \n \r \t \u003c \\.
func unescape(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' || i+1 == len(data) {
			out = append(out, data[i])
			continue
		}
		i++
		switch c := data[i]; c {
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u', 'x':
			if r, n := hexRune(data[i+1:], c == 'u'); n > 0 {
				out = utf8.AppendRune(out, r)
				i += n
				continue
			}
			out = append(out, '\\', c)
		case '"', '\'', '/', '\\':
			out = append(out, c)
		default:
			out = append(out, '\\', c)
		}
	}
	return out
}

// hexRune reads four hexadecimal digits, or two, and gives how many it read; 0 when there are none.
func hexRune(b []byte, four bool) (rune, int) {
	n := 2
	if four {
		n = 4
	}
	if len(b) < n {
		return 0, 0
	}
	var r rune
	for _, c := range b[:n] {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || c < '0' {
			return 0, 0
		}
		r = r<<4 | rune(d)
	}
	return r, n
}
