package unwrap

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"unicode/utf8"
)

// percent opens text that is URL-encoded as a whole.
func (o *opener) percent(p piece) bool {
	if !oneWord(p.data) || bytes.IndexByte(p.data, '%') < 0 || bytes.ContainsAny(p.data, "<{\"") {
		return false
	}
	text, wrapped := joined(p.data)
	plain, err := url.PathUnescape(string(text))
	if err != nil || plain == string(text) {
		return false
	}
	in := p.within([]byte(plain), "URL encoding")
	if len(p.doc.Layers) > 0 && p.doc.Layers[len(p.doc.Layers)-1] == "URL encoding" {
		in = in.note(NoteTwice)
	}
	if wrapped {
		in = in.note(NoteLines)
	}
	in.quiet = p.quiet || !hinted(in.data)
	return o.open(in)
}

// entities opens text in which markup is written with HTML entities.
func (o *opener) entities(p piece) bool {
	if !oneWord(p.data) && !bytes.HasPrefix(p.data, []byte("&lt;")) && !escaped.match(p.data) || !finding(entityLike, "&").match(p.data) {
		return false
	}
	plain := html.UnescapeString(string(p.data))
	if plain == string(p.data) {
		return false
	}
	return o.open(p.within([]byte(plain), "").note(NoteEntities))
}

var entityLike = lazily(`&(lt|gt|quot|amp|#43|#61|#x2[bB]|#x3[dD]|#x3[cC]|#60|#34|#x22);`)

// encoded opens base64 whose content is recognised.
func (o *opener) encoded(p piece) bool {
	if p.base64 >= maxBase64 {
		if _, _, ok := unbase64(p.data, false); ok {
			o.refused = fmt.Sprintf("more than %d layers of base64", maxBase64)
		}
		return false
	}
	for _, drop := range []bool{false, true} {
		raw, notes, ok := unbase64(p.data, drop)
		if !ok {
			return false
		}
		in := p.within(raw, "base64").note(notes...)
		in.base64++
		if o.decoded(in) {
			return true
		}
		if bytes.IndexByte(bytes.TrimSpace(p.data), ' ') < 0 {
			return false // nothing to drop
		}
	}
	return false
}

// decoded opens what base64 held: text, DER, or deflated data.
func (o *opener) decoded(p piece) bool {
	p.quiet = p.quiet || !hinted(p.data)
	if looksText(p.data) {
		return o.open(p)
	}
	if o.der(o.trim(p)) {
		return true
	}
	raw, note, ok := o.inflated(p.data)
	if !ok {
		return false
	}
	in := p.within(raw, "deflate").note(note...)
	return looksText(raw) && o.open(in)
}

// looksText tells text from binary data; XML may be in an encoding other than UTF-8.
func looksText(data []byte) bool {
	if bytes.HasPrefix(data, []byte("<")) {
		return true
	}
	text, _ := asText(data)
	return utf8.Valid(text) && bytes.IndexByte(text, 0) < 0
}

// inflated undoes deflate (RFC 1951), also with the wrapping of zlib or gzip that some libraries add. At most 4 MiB come out.
func (o *opener) inflated(data []byte) (out []byte, notes []string, ok bool) {
	var r io.Reader = flate.NewReader(bytes.NewReader(data))
	if len(data) > 2 && data[0] == 0x1f && data[1] == 0x8b {
		if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			r, notes = z, []string{NoteGzip}
		}
	} else if len(data) > 2 && data[0]&0x0f == 8 && (int(data[0])<<8|int(data[1]))%31 == 0 {
		if z, err := zlib.NewReader(bytes.NewReader(data)); err == nil {
			r, notes = z, []string{NoteZlib}
		}
	}
	out, err := io.ReadAll(io.LimitReader(r, maxInflate+1))
	switch {
	case len(out) > maxInflate:
		o.refused = fmt.Sprintf("deflated data that grows beyond %d MiB", maxInflate>>20)
		return nil, nil, false
	case errors.Is(err, io.ErrUnexpectedEOF) && len(out) > 0:
		notes = append(notes, NoteCut+": the deflated data ends early")
	case err != nil:
		return nil, nil, false
	}
	return out, notes, len(out) > 0
}

// unbase64 decodes base64 in either alphabet, with or without padding, in lines or in one, with + turned to blanks by a form decoder
// (drop: the blanks are no part of it). ok is false when it is something else.
func unbase64(data []byte, drop bool) (out []byte, notes []string, ok bool) {
	text, wrapped := joined(data)
	if wrapped {
		notes = append(notes, NoteLines)
	}
	if bytes.Contains(text, []byte(`\`)) {
		short := text
		for _, esc := range []string{`\r`, `\n`, `\/`} {
			with := ""
			if esc == `\/` {
				with = "/"
			}
			short = bytes.ReplaceAll(short, []byte(esc), []byte(with))
		}
		text = short
		notes = append(notes, NoteEscapes)
	}
	body := bytes.TrimRight(text, "=")
	pad := len(text) - len(body)
	if len(body) < 8 || pad > 4 {
		return nil, nil, false
	}
	plain, blanks, urlsafe, ok := standardAlphabet(body, drop)
	if !ok {
		return nil, nil, false
	}
	if pad == 0 && len(plain)%4 == 3 && !drop && (blanks || bytes.HasSuffix(bytes.TrimRight(data, "\r\n"), []byte(" "))) {
		// Base64 of XML, which ends in ">", often ends in "+": the blank in its place is lost in copying.
		plain = append(plain, '+')
		blanks = true
	}
	if blanks {
		notes = append(notes, NoteBlanks)
	}
	if urlsafe {
		notes = append(notes, NoteAlphabet)
	}
	switch want := (4 - len(plain)%4) % 4; {
	case want == 3:
		notes = append(notes, NoteCut+": the base64 ends in the middle of a group")
		plain = plain[:len(plain)-1]
	case pad < want && !urlsafe:
		notes = append(notes, NotePadding)
	case pad > want:
		notes = append(notes, NoteSurplus)
	}
	out = make([]byte, base64.RawStdEncoding.DecodedLen(len(plain)))
	n, err := base64.RawStdEncoding.Decode(out, plain)
	return out[:n], notes, err == nil && n > 0
}

// standardAlphabet turns base64 of either alphabet into the standard one (RFC 4648 §4, §5); both in one text are a sign of something else.
func standardAlphabet(body []byte, drop bool) (plain []byte, blanks, urlsafe, ok bool) {
	plain = make([]byte, 0, len(body))
	standard := false
	for _, c := range body {
		switch {
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		case c == '+' || c == '/':
			standard = true
		case c == '-':
			urlsafe, c = true, '+'
		case c == '_':
			urlsafe, c = true, '/'
		case c == ' ' && drop:
			continue
		case c == ' ':
			blanks, c = true, '+'
		default:
			return nil, false, false, false
		}
		plain = append(plain, c)
	}
	return plain, blanks, urlsafe, !urlsafe || !standard
}
