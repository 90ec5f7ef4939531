package unwrap

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

func quoted(c rune) string { return strconv.Quote(string(c)) }
func itoa(n int) string    { return strconv.Itoa(n) }

var (
	bearerLike = lazily(`(?i)^(authorization\s*:\s*)?(bearer|dpop)\s+`)
	compact    = lazily(`^[A-Za-z0-9_+/=-]+(\.[A-Za-z0-9_+/=-]*){1,4}$`) // the base64 of some libraries as well: it is judged, not hidden
	tokenLike  = lazily(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)?`)
)

// token opens a token in compact form (RFC 7515 §7.1, RFC 7516 §7.1), with or without the scheme of an Authorization header.
func (o *opener) token(p piece) bool {
	text := bytes.TrimRight(p.data, " \t\r\n;,")
	scheme := false
	if m := bearerLike().FindIndex(text[:min(len(text), 64)]); m != nil {
		text, p.off, scheme = text[m[1]:], p.off+m[1], true
	}
	if !bytes.HasPrefix(text, []byte("eyJ")) && !bytes.HasPrefix(text, []byte("ewo")) && !bytes.HasPrefix(text, []byte("eyA")) && !bytes.HasPrefix(text, []byte("ew0")) {
		return false
	}
	if o.tokenLines(p, text) {
		return true
	}
	text, wrapped := joined(text)
	if !compact().Match(text) {
		return false
	}
	parts := strings.Split(string(text), ".")
	header, ok := joseHeader(parts[0])
	if !ok {
		return false
	}
	if wrapped {
		p = p.note(NoteLines)
	}
	if scheme {
		p = p.within(text, "Authorization header")
		if p.doc.Name == "" {
			p.doc.Name = "access_token"
		}
	}
	return o.addToken(p, text, header, len(parts))
}

// tokenLines opens several tokens of which each has a line of its own; a token that was wrapped begins in its first line only.
func (o *opener) tokenLines(p piece, text []byte) bool {
	lines := bytes.Split(text, []byte("\n"))
	if len(lines) < 2 {
		return false
	}
	var tokens [][]byte
	for _, line := range lines {
		line = bytes.Trim(line, " \t\r,;")
		if len(line) == 0 {
			continue
		}
		if !bytes.HasPrefix(line, []byte("eyJ")) || bytes.Count(line, []byte(".")) < 2 || !compact().Match(line) {
			return false
		}
		tokens = append(tokens, line)
	}
	if len(tokens) < 2 {
		return false
	}
	for _, t := range tokens {
		in := p
		in.off += bytes.Index(text, t)
		in.data = t
		o.token(in)
	}
	return true
}

// addToken adds a token; in a HAR each token once, where it comes first.
func (o *opener) addToken(p piece, text []byte, header map[string]any, parts int) bool {
	if o.tokens != nil {
		if o.tokens[string(text)] {
			return true
		}
		o.tokens[string(text)] = true
	}
	kind := KindJWT
	switch {
	case parts == 5:
		kind = KindJWE
	case header["enc"] != nil:
		kind = KindJWE
		p = p.note(NoteCut + ": an encrypted token has five parts, this one has " + itoa(parts))
	case parts < 3:
		p = p.note(NoteCut + ": the token ends before its signature")
	}
	if p.doc.Name == "" {
		switch header["typ"] {
		case "at+jwt", "application/at+jwt":
			p.doc.Name = "access_token"
		case "logout+jwt":
			p.doc.Name = "logout_token"
		}
	}
	return o.add(p, kind, text)
}

// joseHeader decodes the first part of a token; it must be an object that names an algorithm.
func joseHeader(part string) (map[string]any, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return nil, false
	}
	var header map[string]any
	if json.Unmarshal(raw, &header) != nil {
		return nil, false
	}
	_, alg := header["alg"]
	_, enc := header["enc"]
	return header, alg || enc
}
