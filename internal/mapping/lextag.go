package mapping

import (
	"strings"
)

// open takes the beginning of a tag, or a whole {{else}}, {{^}} or comment.
func (l *lexer) open(rest string) (token, error) {
	if strings.HasPrefix(rest, "{{{{") {
		return l.take("OPEN_RAW_BLOCK", 4), nil
	}
	n := 2
	if strings.HasPrefix(rest[n:], "~") {
		n++
	}
	after := rest[n:]
	switch {
	case strings.HasPrefix(after, ">"):
		return l.take("OPEN_PARTIAL", n+1), nil
	case strings.HasPrefix(after, "#>"):
		return l.take("OPEN_PARTIAL_BLOCK", n+2), nil
	case strings.HasPrefix(after, "#*"):
		return l.take("OPEN_BLOCK", n+2), nil
	case strings.HasPrefix(after, "#"):
		return l.take("OPEN_BLOCK", n+1), nil
	case strings.HasPrefix(after, "/"):
		return l.take("OPEN_ENDBLOCK", n+1), nil
	case strings.HasPrefix(after, "!"):
		return l.comment(rest, n)
	}
	for _, word := range []string{"^", "else"} {
		lead := 0
		if word == "else" {
			lead = spaces(after)
		}
		if !strings.HasPrefix(after[lead:], word) {
			continue
		}
		m := lead + len(word)
		if k := m + spaces(after[m:]); strings.HasPrefix(after[k:], "}}") || strings.HasPrefix(after[k:], "~}}") {
			l.state = inText
			return l.take("INVERSE", n+k+strings.Index(after[k:], "}}")+2), nil
		}
		if word == "^" {
			return l.take("OPEN_INVERSE", n+m), nil
		}
		if m == len(after) || !wordByte(after[m]) {
			return l.take("OPEN_INVERSE_CHAIN", n+m), nil
		}
	}
	switch {
	case strings.HasPrefix(after, "{"):
		return l.take("OPEN_UNESCAPED", n+1), nil
	case strings.HasPrefix(after, "&"), strings.HasPrefix(after, "*"):
		return l.take("OPEN", n+1), nil
	}
	return l.take("OPEN", n), nil
}

// comment takes {{! … }} or {{!-- … --}}.
func (l *lexer) comment(rest string, n int) (token, error) {
	if strings.HasPrefix(rest[n:], "!--") {
		for i := 0; ; i++ {
			at := strings.Index(rest[i:], "--")
			if at < 0 {
				return token{}, parseError(l.line, "Lexical error on line %d. Unrecognized text.", l.line)
			}
			i += at
			for _, end := range []string{"--}}", "--~}}"} {
				if strings.HasPrefix(rest[i:], end) {
					l.state = inText
					return l.take("COMMENT", i+len(end)), nil
				}
			}
		}
	}
	if at := strings.Index(rest, "}}"); at >= 0 {
		l.state = inText
		return l.take("COMMENT", at+2), nil
	}
	return l.take("OPEN", n), nil
}
