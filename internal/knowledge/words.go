package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words cuts a text into words in lower case: letters, digits and _. What stands between them (quotes, punctuation, white space)
// does not count, so that quoting, folding and the escapes of whatever printed the text make no difference. Characters of scripts without
// blanks between words are words of their own. "doesn't" is one word, and "metadata's" is metadata.
func Words(text string) []string {
	out := make([]string, 0, len(text)/6)
	EachWord(text, func(start, end int) { out = append(out, Fold(text[start:end])) })
	return out
}

// EachWord tells where each word of a text begins and ends, in bytes. A word may hold one apostrophe: see Fold.
func EachWord(text string, word func(start, end int)) {
	start := -1
	flush := func(end int) {
		if start >= 0 {
			word(start, end)
			start = -1
		}
	}
	skip := 0
	for i, r := range text {
		if i < skip {
			continue
		}
		switch {
		case letter(r):
			if start < 0 {
				start = i
			}
		case start >= 0 && (r == '\'' || r == '’') && shortened(text[start:i], text[i:]) > 0:
			skip = i + shortened(text[start:i], text[i:])
			flush(skip)
		default:
			flush(i)
			if ideograph(r) {
				word(i, i+utf8.RuneLen(r))
			}
		}
	}
	flush(len(text))
}

// Fold gives a word of EachWord as it is compared: in lower case, with no 's, and don't as dont.
func Fold(word string) string {
	word = strings.ToLower(word)
	if i := strings.IndexAny(word, "'’"); i >= 0 {
		tail := strings.TrimLeft(word[i:], "'’")
		if tail == "s" {
			return word[:i]
		}
		return word[:i] + tail
	}
	return word
}

func letter(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return !ideograph(r) && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r))
}

func ideograph(r rune) bool {
	return r > 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// shortened gives how long the rest of a shortened word is, its apostrophe with it: 's of anything, 't after an n. 0: the apostrophe is
// a quote.
func shortened(before, rest string) int {
	tail := strings.TrimLeft(rest, "'’")
	mark := len(rest) - len(tail)
	if mark > len("’") || tail == "" {
		return 0
	}
	if r, _ := utf8.DecodeRuneInString(tail[1:]); len(tail) > 1 && letter(r) {
		return 0
	}
	last := before[len(before)-1]
	if (tail[0] == 's' || tail[0] == 'S') && last >= 'A' || (tail[0] == 't' || tail[0] == 'T') && (last == 'n' || last == 'N') {
		return mark + 1
	}
	return 0
}
