package unwrap

import (
	"bytes"
	"encoding/hex"
	"html"
	"io"
	"mime/quotedprintable"
	"slices"
	"strings"
)

// mend is one way to undo what carried a paste here; ok is false when there is nothing of the kind to undo.
type mend struct {
	note string
	undo func(text []byte) (out []byte, ok bool)
}

// mends are tried on the whole of a text in which nothing was recognised, or nothing that decodes, one after another.
var mends = []mend{
	{NoteMarked, withoutMarks},
	{NoteHex, fromHex},
	{NoteQuotedPrintable, fromQuotedPrintable},
	{NotePrefixed, withoutPrefix},
	{NoteInvisible, withoutInvisible},
	{NoteEntities, withoutEntities},
	{NoteCut + ": it ends in dots", withoutDots},
	{NoteSource, fromListing},
	{NoteStray, fromRun},
}

// again opens a text with what carried it undone: first each way by itself, then each over the others that could be undone.
func (o *opener) again() []Document {
	notes, text := []string{}, o.text
	if len(text) > maxAgain {
		return nil
	}
	try := func(text []byte, notes []string) []Document {
		in := &opener{name: o.name, text: text, work: o.work / len(mends)}
		in.open(piece{data: text, depth: 1, doc: Document{Entry: -1, Notes: notes}})
		if !slices.ContainsFunc(in.docs, func(d Document) bool { return d.Kind != KindUndecodable && d.Kind != KindXML }) {
			return nil
		}
		return in.docs
	}
	for _, m := range mends {
		out, ok := m.undo(text)
		if !ok || bytes.Equal(out, text) {
			continue
		}
		notes, text = append(notes, m.note), out
		if docs := try(text, notes); docs != nil {
			return docs
		}
	}
	return nil
}

// plainly undoes what would be read as a part of the XML: a log's text before each line, and the quotes and escapes of program text.
func plainly(text []byte) (out []byte, note string) {
	if len(text) > maxAgain {
		return text, ""
	}
	if plain, ok := withoutPrefix(text); ok && bytes.HasPrefix(plain, []byte("<")) {
		return plain, NotePrefixed
	}
	trimmed := bytes.TrimSpace(text)
	for _, quote := range []string{"'", `"`} {
		inner, ok := bytes.CutPrefix(bytes.TrimLeft(trimmed, "bru"), []byte(quote))
		if ok && bytes.HasPrefix(inner, []byte("<")) && bytes.HasSuffix(inner, []byte(quote)) && bytes.Contains(inner, []byte(`\n`)) {
			return unescape(inner[:len(inner)-1]), NoteEscapes
		}
	}
	return text, ""
}

// maxAgain is how many bytes a text may have to be tried again: pastes by people, not files.
const maxAgain = 2 << 20

// opened reports whether something was found that is more than a value that does not decode.
func opened(docs []Document) bool {
	return slices.ContainsFunc(docs, func(d Document) bool { return d.Kind != KindUndecodable })
}

// withoutMarks takes "> " from the lines that mails quote with, and what stands around them.
func withoutMarks(text []byte) ([]byte, bool) {
	var out []byte
	n := 0
	for line := range bytes.Lines(text) {
		if rest, marked := bytes.CutPrefix(line, []byte(">")); marked {
			out = append(out, bytes.TrimPrefix(rest, []byte(" "))...)
			n++
		}
	}
	return out, n > 2
}

var (
	dumped   = lazily(`(?m)^\s*(?:0x)?[0-9A-Fa-f]{4,16}:?[ \t]+((?:[0-9A-Fa-f]{2}[ \t]*){1,32})(?:[ \t]{2,}\S.*|[ \t]*\|.*)?\r?$`)
	hexOnly  = lazily(`^(?:0[xX])?(?:[0-9A-Fa-f]{2}[\s:]*)+$`)
	softEnds = lazily(`=\r?\n|=3[Dd]|=2[Bb]`)
	stamped  = lazily(`[0-9]`)
	listed   = lazily(`(?s)&lt;.*&gt;`)
	tagged   = lazily(`<[^>]*>`)
	based    = lazily(`\bP[A-P][A-Za-z0-9+/]{38,}`)
)

// fromHex reads hexadecimal digits, plain or as hexdump, xxd and Wireshark list them: an address, the bytes, the letters.
func fromHex(text []byte) ([]byte, bool) {
	trimmed := bytes.TrimSpace(text)
	var digits []byte
	if len(trimmed) >= 64 && hexOnly().Match(trimmed) {
		digits = bytes.TrimPrefix(bytes.TrimPrefix(trimmed, []byte("0x")), []byte("0X"))
	} else {
		lines := dumped().FindAllSubmatch(trimmed, -1)
		if len(lines) < 3 || len(lines)*2 < bytes.Count(trimmed, []byte("\n")) {
			return nil, false
		}
		for _, m := range lines {
			digits = append(digits, m[1]...)
		}
	}
	digits = bytes.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n:", r) {
			return -1
		}
		return r
	}, digits)
	out, err := hex.AppendDecode(nil, digits)
	return out, err == nil && len(out) > 0
}

// fromQuotedPrintable undoes the encoding of mails (RFC 2045 §6.7).
func fromQuotedPrintable(text []byte) ([]byte, bool) {
	if len(softEnds().FindAllIndex(text, 3)) < 2 {
		return nil, false
	}
	out, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(text)))
	return out, err == nil && len(out) > 0
}

// withoutPrefix takes off what a log writes before each line: the same text, digits aside.
func withoutPrefix(text []byte) ([]byte, bool) {
	lines := bytes.SplitAfter(bytes.TrimRight(text, "\r\n"), []byte("\n"))
	if len(lines) < 3 {
		return nil, false
	}
	n := len(lines[0])
	for _, line := range lines[1:] {
		i := 0
		for i < min(n, len(line)) && sameShape(line[i], lines[0][i]) {
			i++
		}
		n = i
	}
	if n < 3 || !stamped().Match(lines[0][:n]) {
		return nil, false
	}
	var out []byte
	for _, line := range lines {
		out = append(out, line[n:]...)
	}
	return out, true
}

func sameShape(a, b byte) bool {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	return a == b || digit(a) && digit(b)
}

var invisible = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\u00a0", " ", "\u202f", " ")

// withoutInvisible takes out the characters that chats put in for layout.
func withoutInvisible(text []byte) ([]byte, bool) {
	out := []byte(invisible.Replace(string(text)))
	if !bytes.Contains(text, []byte("<")) { // in base64 a blank would stand for "+"
		out = []byte(invisible.Replace(strings.ReplaceAll(string(text), "\u00a0", "")))
	}
	return out, true
}

// withoutEntities undoes HTML entities that were written twice.
func withoutEntities(text []byte) ([]byte, bool) {
	if !bytes.Contains(text, []byte("&amp;")) {
		return nil, false
	}
	return []byte(html.UnescapeString(html.UnescapeString(string(text)))), true
}

// withoutDots takes off the dots that stand for what was cut off.
func withoutDots(text []byte) ([]byte, bool) {
	out := bytes.TrimRight(bytes.TrimSpace(text), ".…")
	return out, len(out) > 32
}

// fromListing reads the source of a page out of a page that shows it, as "view source" is saved.
func fromListing(text []byte) ([]byte, bool) {
	if !bytes.Contains(text, []byte("<")) || !listed().Match(text) {
		return nil, false
	}
	return []byte(html.UnescapeString(string(tagged().ReplaceAll(text, nil)))), true
}

// fromRun takes the longest base64 of XML out of a text that nothing names it in: the dump of a program, a mail, a table.
func fromRun(text []byte) ([]byte, bool) {
	var best []byte
	for _, m := range based().FindAllIndex(text, maxHits) {
		if run := wrapped(text[m[0]:]); len(run) > len(best) {
			best = run
		}
	}
	return best, len(best) > 0
}

// wrapped takes base64 from the beginning of a text, over the lines that it is broken into: all as long as the first, the last excepted.
func wrapped(text []byte) []byte {
	var out []byte
	width := 0
	for {
		n := 0
		for n < len(text) && valueByte(text[n]) && strings.IndexByte(`\%-_`, text[n]) < 0 {
			n++
		}
		rest := bytes.TrimLeft(text[n:], " \t\r")
		ends := len(rest) == 0 || rest[0] == '\n'
		if width > 0 && (n > width || !ends && n < len(text) && !bytes.ContainsAny(text[n:n+1], `"'<`)) {
			return out
		}
		out = append(out, text[:n]...)
		if !ends || len(rest) == 0 || width > 0 && n < width || n == 0 {
			return out
		}
		width = n
		text = bytes.TrimLeft(rest[1:], " \t")
	}
}

// unplaced mends XML in which a chat has put no-break spaces in the place of blanks: inside of tags, and where lines are indented.
func unplaced(data []byte) []byte {
	if !bytes.Contains(data, []byte("\u00a0")) {
		return nil
	}
	out := tagLike().ReplaceAllFunc(data, func(tag []byte) []byte { return bytes.ReplaceAll(tag, []byte("\u00a0"), []byte(" ")) })
	return indented().ReplaceAllFunc(out, func(gap []byte) []byte { return bytes.ReplaceAll(gap, []byte("\u00a0"), []byte(" ")) })
}

var (
	tagLike  = lazily(`<[^<>]*>`)
	indented = lazily(`>\s*\n[\s\x{a0}]*\x{a0}[\s\x{a0}]*<`)
)
