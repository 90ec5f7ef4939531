package xmltree

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// normalised gives the attribute values of a start tag in which white space other than blanks is literal; encoding/xml does not
// normalise them (XML 1.0 §3.3.3), and signatures are made over the normalised values. nil when there is nothing to do.
func normalised(tag []byte) []string {
	if bytes.IndexAny(tag, "\t\r\n") < 0 {
		return nil
	}
	var out []string
	for _, a := range attributes(tag) {
		raw := string(tag[a.from:a.to])
		if strings.ContainsAny(raw, "\t\r\n") {
			raw = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ").Replace(raw)
		}
		out = append(out, unescape(raw))
	}
	return out
}

// span is a part of a start tag.
type span struct {
	name     string
	key      int // where the name begins
	from, to int // the value, without its quotes
}

// attributes finds the attributes of a well-formed start tag.
func attributes(tag []byte) []span {
	var out []span
	i := bytes.IndexAny(tag, " \t\r\n/>")
	for i >= 0 && i < len(tag) {
		for i < len(tag) && strings.IndexByte(" \t\r\n/>", tag[i]) >= 0 {
			i++
		}
		eq := bytes.IndexByte(tag[i:], '=')
		if eq < 0 {
			break
		}
		name, key := strings.TrimRight(string(tag[i:i+eq]), " \t\r\n"), i
		i += eq + 1
		for i < len(tag) && strings.IndexByte(" \t\r\n", tag[i]) >= 0 {
			i++
		}
		if i >= len(tag) || tag[i] != '"' && tag[i] != '\'' {
			break
		}
		n := bytes.IndexByte(tag[i+1:], tag[i])
		if n < 0 {
			break
		}
		out = append(out, span{name, key, i + 1, i + 1 + n})
		i += n + 2
	}
	return out
}

// unescape resolves the references of an attribute value that encoding/xml has accepted.
func unescape(raw string) string {
	if !strings.Contains(raw, "&") {
		return raw
	}
	dec := xml.NewDecoder(strings.NewReader("<a>" + strings.ReplaceAll(raw, "<", "&lt;") + "</a>"))
	var b strings.Builder
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return b.String()
		}
		if t, ok := tok.(xml.CharData); ok {
			b.Write(t)
		}
	}
}
