package explain

import (
	"html"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// maxText bounds what is read of a text, in bytes: its beginning and its end.
const maxText = 256 << 10

// maxLayers bounds how often escapes are opened: URL encoding and HTML entities nest where one page sends another's address on.
const maxLayers = 4

// shorten keeps the beginning and the end of a text that is too long, and tells whether it did.
func shorten(text string) (string, bool) {
	if len(text) <= maxText {
		return text, false
	}
	return text[:maxText*3/4] + "\n" + text[len(text)-maxText/4:], true
}

// plain takes URL encoding, HTML entities and tags, and backslash escapes off a text.
func plain(text string) string {
	for range maxLayers {
		before := text
		text = unescape(text)
		if strings.Contains(text, "&") {
			text = html.UnescapeString(text)
		}
		if strings.Contains(text, "%") {
			text = percent(text)
		}
		if text == before || len(text) > 2*maxText {
			break
		}
	}
	return withoutTags(text)
}

// percent decodes %XX wherever two hexadecimal digits follow, and leaves other percent signs alone.
func percent(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if b, err := url.PathUnescape(text[i : i+3]); err == nil {
				out.WriteString(b)
				i += 2
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// unescape opens the escapes of JSON and of printed strings: \n and its like become blanks, \u0027 its character.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		if text[i+1] == 'u' && i+6 <= len(text) {
			if r, err := strconv.ParseUint(text[i+2:i+6], 16, 32); err == nil {
				out.WriteRune(rune(r))
				i += 5
				continue
			}
		}
		out.WriteByte(' ')
		if strings.IndexByte(`nrt"'/\`, text[i+1]) >= 0 {
			i++
		}
	}
	return out.String()
}

// elements are those of HTML that may stand within a sentence. Others, and XML's, stay: their names and values say something.
const elements = " a abbr article b body br button center code dd div dl dt em font footer form h1 h2 h3 h4 h5 h6 head header hr html i img label li main nav ol p pre section small span strong svg table tbody td th thead title tr u ul "

func withoutTags(text string) string {
	if !strings.Contains(text, "<") {
		return text
	}
	var out strings.Builder
	for {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			break
		}
		out.WriteString(text[:open])
		rest := strings.TrimPrefix(text[open+1:], "/")
		name := rest[:len(rest)-len(strings.TrimLeftFunc(rest, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }))]
		end := strings.IndexByte(text[open:], '>')
		if name != "" && len(name) < 9 && end > 0 && end < 2000 && strings.Contains(elements, " "+strings.ToLower(name)+" ") {
			out.WriteByte(' ')
			text = text[open+end+1:]
			continue
		}
		out.WriteByte('<')
		text = text[open+1:]
	}
	out.WriteString(text)
	return out.String()
}
