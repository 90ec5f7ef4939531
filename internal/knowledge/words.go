package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words cuts a text into words in lower case: letters, digits and _. What stands between them (quotes, punctuation, white space)
// does not count, so that quoting, folding and the escapes of whatever printed the text make no difference. Characters of scripts without
// blanks between words are words of their own.
func Words(text string) []string {
	text = strings.ToLower(text)
	out := make([]string, 0, len(text)/6)
	start := -1
	for i, r := range text {
		if r < utf8.RuneSelf {
			if r == '_' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
				if start < 0 {
					start = i
				}
			} else if start >= 0 {
				out = append(out, text[start:i])
				start = -1
			}
			continue
		}
		ideograph := r > 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
		if !ideograph && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			out = append(out, text[start:i])
			start = -1
		}
		if ideograph {
			out = append(out, string(r))
		}
	}
	if start >= 0 {
		out = append(out, text[start:])
	}
	return out
}
