package unwrap

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// caretLike tells a command for cmd.exe: carets before quotes, or at the ends of lines.
var caretLike = lazily(`\^"|\^\r?\n`)

// shellWords splits a command line for a POSIX shell, with the $'…' quotes of bash, up to the end of the command.
func shellWords(text []byte) []string {
	var words []string
	var word []byte
	in := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
			if text[i] != '\n' {
				word, in = append(word, text[i]), true
			}
		case c == '$' && i+1 < len(text) && text[i+1] == '\'':
			n := ansiEnd(text, i+2)
			word, in = append(word, ansi(text[i+2:n])...), true
			i = n
		case c == '\'':
			n := bytes.IndexByte(text[i+1:], '\'')
			if n < 0 {
				n = len(text) - i - 1
			}
			word, in = append(word, text[i+1:i+1+n]...), true
			i += n + 1
		case c == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' && i+1 < len(text) && strings.IndexByte("\"\\$`\n", text[i+1]) >= 0 {
					if i++; text[i] == '\n' {
						continue
					}
				}
				word = append(word, text[i])
			}
			in = true
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';':
			if in {
				words = append(words, string(word))
			}
			if (c == '\n' || c == ';') && len(words) > 1 {
				return words
			}
			word, in = nil, false
		default:
			word, in = append(word, c), true
		}
	}
	if in {
		words = append(words, string(word))
	}
	return words
}

// ansiEnd finds the closing quote of $'…'.
func ansiEnd(text []byte, i int) int {
	for ; i < len(text) && text[i] != '\''; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return min(i, len(text))
}

// ansi resolves the escapes of $'…' that browsers write: \n \r \t \' \" \\ \xNN \uNNNN.
func ansi(text []byte) []byte {
	out := unescape(text)
	return bytes.ReplaceAll(out, []byte(`\!`), []byte("!"))
}

// cmdWords splits a command line for cmd.exe: first its carets, then the quotes as the C runtime of Windows reads them.
func cmdWords(text []byte) []string {
	text = uncaret(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	var words []string
	var word []byte
	in, open := false, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			word, in = append(word, text[i]), true
		case c == '"' && open && i+1 < len(text) && text[i+1] == '"':
			i++
			word = append(word, '"')
		case c == '"':
			open, in = !open, true
		case !open && (c == ' ' || c == '\t' || c == '\n' || c == '&'):
			if in {
				words = append(words, string(word))
			}
			if (c == '\n' || c == '&') && len(words) > 1 {
				return words
			}
			word, in = nil, false
		default:
			word, in = append(word, c), true
		}
	}
	if in {
		words = append(words, string(word))
	}
	return words
}

// uncaret resolves the carets of cmd.exe: one before a line break continues the line, and an empty line after it is a line break of
// the value. Between quotes that no caret precedes a caret is a character.
func uncaret(text []byte) []byte {
	out := make([]byte, 0, len(text))
	open := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			open = !open
			out = append(out, c)
		case c == '^' && !open && i+1 < len(text):
			i++
			if text[i] != '\n' {
				out = append(out, text[i])
			} else if i+1 < len(text) && text[i+1] == '\n' {
				out = append(out, '\n')
				i++
			} else {
				out = append(out, ' ')
			}
		default:
			out = append(out, c)
		}
	}
	return out
}

// powerWord is a word of PowerShell.
type powerWord struct {
	text   string
	quoted bool
}

// powerWords splits PowerShell text into strings, "=" and bare words. Of the expressions in strings only $([char]N) is resolved.
func powerWords(text []byte) []powerWord {
	var words []powerWord
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '`' || c == ')' || c == '}' || c == ';' || c == ',':
		case c == '"':
			var s []byte
			s, i = powerString(text, i+1)
			words = append(words, powerWord{string(s), true})
		case c == '\'':
			n := bytes.IndexByte(text[i+1:], '\'')
			if n < 0 {
				n = len(text) - i - 1
			}
			words = append(words, powerWord{string(text[i+1 : i+1+n]), true})
			i += n + 1
		case c == '=':
			words = append(words, powerWord{"=", false})
		default:
			n := bytes.IndexAny(text[i:], " \t\r\n\"'=`)};")
			if n < 1 {
				n = len(text) - i
			}
			words = append(words, powerWord{string(text[i : i+n]), false})
			i += n - 1
		}
	}
	return words
}

// powerString reads a double-quoted string from behind its quote and gives the offset of the closing one.
func powerString(text []byte, i int) ([]byte, int) {
	var out []byte
	for ; i < len(text); i++ {
		switch {
		case text[i] == '`' && i+1 < len(text):
			i++
			if c, ok := map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '0': 0}[text[i]]; ok {
				out = append(out, c)
			} else {
				out = append(out, text[i])
			}
		case text[i] == '"' && i+1 < len(text) && text[i+1] == '"':
			out = append(out, '"')
			i++
		case text[i] == '"':
			return out, i
		case bytes.HasPrefix(text[i:], []byte("$([char]")):
			end := bytes.IndexByte(text[i:min(i+24, len(text))], ')')
			if end < 0 {
				out = append(out, text[i])
				continue
			}
			n, _ := strconv.ParseInt(string(text[i+len("$([char]"):i+end]), 0, 32)
			out = utf8.AppendRune(out, rune(n))
			i += end
		default:
			out = append(out, text[i])
		}
	}
	return out, i
}
