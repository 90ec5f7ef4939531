package mapping

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a terminal of the template language. Its kind has the name that handlebars.js prints in its messages.
type token struct {
	kind string
	text string
	raw  string // as written
	// Place of the first character: line from 1, column from 0. endLine is the line where the token ends.
	line, column, endLine int
}

type lexState int

const (
	inText lexState = iota
	inTag
	inEscape
)

// lexer cuts a template into tokens.
type lexer struct {
	src          string
	pos          int
	line, column int
	state        lexState
}

func newLexer(src string) *lexer { return &lexer{src: src, line: 1} }

// take consumes n bytes as a token.
func (l *lexer) take(kind string, n int) token {
	t := token{kind: kind, text: l.src[l.pos : l.pos+n], line: l.line, column: l.column}
	t.raw = t.text
	for _, r := range t.text {
		if r == '\n' {
			l.line, l.column = l.line+1, 0
		} else {
			l.column++
		}
	}
	l.pos += n
	t.endLine = l.line
	return t
}

// next gives the next token. An error is a text that no token fits.
func (l *lexer) next() (token, error) {
	for {
		rest := l.src[l.pos:]
		if rest == "" {
			return token{kind: "EOF", line: l.line, column: l.column, endLine: l.line}, nil
		}
		switch l.state {
		case inEscape:
			l.state = inText
			return l.take("CONTENT", escapedEnd(rest)), nil
		case inText:
			if t, ok := l.content(rest); ok {
				return t, nil
			}
		default:
			if n := spaces(rest); n > 0 {
				l.take("", n)
				continue
			}
			return l.tag(rest)
		}
	}
}

// content takes text up to the next "{{". A backslash before it makes it text, two make one.
func (l *lexer) content(rest string) (token, bool) {
	n := strings.Index(rest, "{{")
	if n < 0 {
		return l.take("CONTENT", len(rest)), true
	}
	t := l.take("CONTENT", n)
	l.state = inTag
	switch {
	case strings.HasSuffix(t.text, `\\`):
		t.text = t.text[:n-1]
	case strings.HasSuffix(t.text, `\`):
		t.text = t.text[:n-1]
		l.state = inEscape
	}
	return t, t.text != ""
}

// escapedEnd is how far the text goes that begins with an escaped "{{".
func escapedEnd(rest string) int {
	n := strings.Index(rest[2:], "{{")
	if n < 0 {
		return len(rest)
	}
	n += 2
	for i := 0; i < 2 && n > 2 && rest[n-1] == '\\'; i++ {
		n--
	}
	return n
}

func spaces(s string) int {
	return len(s) - len(strings.TrimLeftFunc(s, jsSpace))
}

// jsSpace is \s of JavaScript, which is also what trim() takes away.
func jsSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', 0x2028, 0x2029, 0xFEFF:
		return true
	}
	return unicode.Is(unicode.Zs, r)
}

// tag takes one token inside {{…}}.
func (l *lexer) tag(rest string) (token, error) {
	if strings.HasPrefix(rest, "{{") {
		return l.open(rest)
	}
	if n, kind := closing(rest); n > 0 {
		l.state = inText
		return l.take(kind, n), nil
	}
	switch c := rest[0]; {
	case c == '(':
		return l.take("OPEN_SEXPR", 1), nil
	case c == ')':
		return l.take("CLOSE_SEXPR", 1), nil
	case c == '=':
		return l.take("EQUALS", 1), nil
	case c == '@':
		return l.take("DATA", 1), nil
	case strings.HasPrefix(rest, ".."):
		return l.take("ID", 2), nil
	case c == '.' && (len(rest) > 1 && ends(rest[1:], "=~}/.)|")):
		return l.take("ID", 1), nil
	case c == '.' || c == '/':
		return l.take("SEP", 1), nil
	case c == '"' || c == '\'':
		if n := quoted(rest, c); n > 0 {
			t := l.take("STRING", n)
			t.text = strings.ReplaceAll(t.text[1:n-1], `\`+string(c), string(c))
			return t, nil
		}
	case c == '[':
		if n := quoted(rest, ']'); n > 0 {
			t := l.take("ID", n)
			t.text = unbracket(t.text)
			return t, nil
		}
	case c == '|':
		return l.take("CLOSE_BLOCK_PARAMS", 1), nil
	}
	return l.word(rest), nil
}

// closing recognises the end of a tag.
func closing(rest string) (int, string) {
	for _, c := range []struct{ text, kind string }{{"}~}}", "CLOSE_UNESCAPED"}, {"}}}", "CLOSE_UNESCAPED"}, {"~}}", "CLOSE"}, {"}}", "CLOSE"}} {
		if strings.HasPrefix(rest, c.text) {
			if c.text == "}}}" && strings.HasPrefix(rest, "}}}}") {
				return 4, "CLOSE_RAW_BLOCK"
			}
			return len(c.text), c.kind
		}
	}
	return 0, ""
}

// quoted is the length of a text in quotes, or of a name in brackets; 0 when it is not closed. A backslash before the closing
// character makes it part of the text, unless no other one follows.
func quoted(s string, end byte) int {
	escaped := 0
	for i := 1; i < len(s); i++ {
		if s[i] != end {
			continue
		}
		if s[i-1] != '\\' || i == 1 {
			return i + 1
		}
		escaped = i + 1
	}
	return escaped
}

// unbracket takes the escapes out of a name in brackets, which stay.
func unbracket(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == ']') {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// ends reports whether what follows begins with white space or one of the characters.
func ends(rest, set string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && (strings.ContainsRune(set, r) || jsSpace(r))
}

// word takes a literal, a name, "as |", or one character that fits nothing.
func (l *lexer) word(rest string) token {
	for _, w := range [...][2]string{{"true", "BOOLEAN"}, {"false", "BOOLEAN"}, {"undefined", "UNDEFINED"}, {"null", "NULL"}} {
		if strings.HasPrefix(rest, w[0]) && ends(rest[len(w[0]):], "~})") {
			return l.take(w[1], len(w[0]))
		}
	}
	if n := number(rest); n > 0 && ends(rest[n:], "~})") {
		return l.take("NUMBER", n)
	}
	if strings.HasPrefix(rest, "as") {
		if n := spaces(rest[2:]); n > 0 && strings.HasPrefix(rest[2+n:], "|") {
			return l.take("OPEN_BLOCK_PARAMS", 2+n+1)
		}
	}
	n := 0
	for n < len(rest) {
		r, size := utf8.DecodeRuneInString(rest[n:])
		if jsSpace(r) || strings.ContainsRune("!\"#%&'()*+,./;<=>@[\\]^`{|}~", r) {
			break
		}
		n += size
	}
	if n > 0 && ends(rest[n:], "=~}/.)|") {
		return l.take("ID", n)
	}
	_, size := utf8.DecodeRuneInString(rest)
	return l.take("INVALID", size)
}

// number is the length of -?[0-9]+(\.[0-9]+)?, 0 when there is none.
func number(s string) int {
	digits := func(i int) int {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i
	}
	start := 0
	if strings.HasPrefix(s, "-") {
		start = 1
	}
	n := digits(start)
	if n == start {
		return 0
	}
	if n < len(s) && s[n] == '.' {
		if m := digits(n + 1); m > n+1 {
			return m
		}
	}
	return n
}
