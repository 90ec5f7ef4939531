package evidence

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Elements and attributes of SAML whose text is personal, or, of the blobs, as good as a credential or dead weight without the rest.
var personalText = map[string]bool{"NameID": true, "AttributeValue": true, "BaseID": true, "SessionIndex": true}
var blobs = map[string]bool{"SignatureValue": true, "CipherValue": true}
var personalAttrs = map[string]bool{"Address": true, "DNSName": true, "SessionIndex": true}

// message redacts one SAML message.
func (r redactor) message(m Message) Message {
	m.To = r.url(m.To)
	if m.RelayState != nil {
		text := r.url(*m.RelayState)
		m.RelayState = &text
	}
	m.Problem = r.text(m.Problem)
	if m.Answer != nil {
		ex := r.exchange(*m.Answer)
		ex.Body = Bytes(r.mails(string(ex.Body)))
		m.Answer = &ex
	}
	doc, err := xmltree.Parse("", m.XML)
	if err != nil {
		if len(m.XML) > 0 {
			m.XML = Bytes(r.pseudonym(string(m.XML))) // what cannot be parsed cannot be cleaned
		}
		return m
	}
	var spans []span
	doc.Root.Walk(func(e *xmltree.Element) bool {
		spans = append(spans, r.element(e)...)
		return true
	})
	// Text may stand before and behind a child that has some too.
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	m.XML, m.Shifts = replace(doc, spans, m.Shifts)
	return m
}

// element gives what has to be replaced in one element, in the order of the text.
func (r redactor) element(e *xmltree.Element) []span {
	var out []span
	for _, a := range e.Attrs {
		if personalAttrs[a.Local] && a.Prefix == "" && a.Value != "" {
			if from, to, ok := e.AttrSpan(a.Local); ok {
				out = append(out, span{from, to, r.personal(a.Value)})
			}
		}
	}
	for _, t := range e.CommentSpans() { // they stay, as they cut texts in two; what they say does not
		if said := strings.TrimSpace(t.Text); said != "" && said != hidden {
			out = append(out, span{t.From, t.To, hidden})
		}
	}
	blob, told := blobs[e.Local], inside(e, "StatusMessage", "StatusDetail")
	if !blob && !told && !personalText[e.Local] && !inside(e, "AttributeValue") {
		return out
	}
	for _, t := range e.TextSpans() {
		raw := string(e.Doc().Raw[t.From:t.To])
		// White space around it stays, so that the value begins where it began.
		lead := len(raw) - len(strings.TrimLeft(raw, blanks))
		trail := len(raw[lead:]) - len(strings.TrimRight(raw[lead:], blanks))
		if lead > 0 {
			t.Text = strings.TrimLeft(t.Text, blanks)
		}
		if trail > 0 {
			t.Text = strings.TrimRight(t.Text, blanks)
		}
		if lead == len(raw) {
			continue
		}
		with := r.personal(t.Text)
		switch {
		case blob:
			with = hidden
		case told:
			with = escapeXML(r.mails(t.Text))
			if r.mails(t.Text) == t.Text {
				continue
			}
		}
		out = append(out, span{t.From + lead, t.To - trail, with})
	}
	return out
}

const (
	blanks = " \t\r\n"
	hidden = "redacted" // in the place of what is not needed any more
)

// inside reports whether an element is, or stands in, one of these names.
func inside(e *xmltree.Element, names ...string) bool {
	for ; e != nil; e = e.Parent {
		if slices.Contains(names, e.Local) {
			return true
		}
	}
	return false
}

// replace puts the spans in and notes by how much they moved what follows them in their lines.
func replace(doc *xmltree.Doc, spans []span, before []xmltree.Shift) ([]byte, []xmltree.Shift) {
	raw := doc.Raw
	var out []byte
	shifts := slices.Clip(before)
	last, line, col := 0, 1, 1 // where the end of out is, in lines and runes
	grow := func(b []byte) {
		if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
			line, col = line+bytes.Count(b, []byte("\n")), 1
			col += utf8.RuneCount(b[i+1:])
		} else {
			col += utf8.RuneCount(b)
		}
		out = append(out, b...)
	}
	for _, s := range spans {
		old := string(raw[s.from:s.to])
		if strings.Contains(s.with, mark) && strings.Contains(old, mark) || strings.TrimRight(old, "\n") == hidden || old == s.with {
			continue
		}
		grow(raw[last:s.from])
		with := s.with + strings.Repeat("\n", strings.Count(old, "\n"))
		grow([]byte(with))
		by := utf8.RuneCountInString(old) - utf8.RuneCountInString(with)
		if i := strings.LastIndexByte(old, '\n'); i >= 0 {
			by = utf8.RuneCountInString(old[i+1:]) // what stands for it ends at the beginning of that line
		}
		if by != 0 {
			shifts = append(shifts, xmltree.Shift{Line: line, Col: col, By: by})
		}
		last = s.to
	}
	grow(raw[last:])
	return out, shifts
}

// personal replaces a personal value by a pseudonym of the same shape: what rules compare stays comparable (equality, letter case
// apart from it, the domain of an address, the shape of a GUID, the types of a distinguished name, surrounding white space), and
// placeholders, which name nobody, stay.
func (r redactor) personal(value string) string {
	trimmed := strings.TrimSpace(value)
	switch {
	case trimmed == "" || strings.Contains(trimmed, mark) || placeholder(trimmed):
		return escapeXML(value)
	case trimmed != value:
		lead := value[:strings.Index(value, trimmed)]
		return strings.ReplaceAll(lead, "\n", "") + r.personal(trimmed) + strings.ReplaceAll(value[len(lead)+len(trimmed):], "\n", "")
	}
	return escapeXML(r.shaped(trimmed))
}

func (r redactor) shaped(value string) string {
	local, domain, ok := strings.Cut(value, "@")
	switch {
	case ok && local != "" && (strings.Contains(domain, ".") || domain == "localhost") && !strings.ContainsAny(value, " <>,;"):
		return r.name(local) + "@" + domain
	case guidLike().MatchString(value) && value[8:24] == "-0000-4000-8000-" && value[24:] == value[:8]+"0000": // a pseudonym already
		return value
	case guidLike().MatchString(value):
		p := strings.TrimPrefix(r.pseudonym(value), mark)
		return r.remember(p+"-0000-4000-8000-"+p+"0000", value)
	case strings.Contains(value, "=") && strings.Contains(value, ",") && dnLike().MatchString(value):
		return r.distinguished(value)
	case strings.HasPrefix(value, "/"):
		return "/" + r.name(strings.TrimPrefix(value, "/"))
	case strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://"):
		host, _, _ := strings.Cut(value[strings.Index(value, "://")+3:], "/")
		return r.remember(value[:strings.Index(value, "://")+3]+host+"/"+r.name(value), value)
	}
	return r.name(value)
}

var (
	guidLike = lazily(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)
	dnLike   = lazily(`^[A-Za-z][A-Za-z0-9-]*=[^,]+(,\s*[A-Za-z][A-Za-z0-9-]*=[^,]+)+$`)
)

// name gives one pseudonym for all spellings of a value, told apart by its own letter case, and keeps that there were letters outside ASCII.
func (r redactor) name(value string) string {
	p := r.pseudonym(strings.ToLower(value))
	if strings.ToLower(value) != value {
		p = mark + strings.ToUpper(strings.TrimPrefix(p, mark)) + "X"
	}
	switch {
	case Recoded(value):
		p += "Ã©"
	case strings.ContainsFunc(value, func(c rune) bool { return c > unicode.MaxASCII }):
		p += "é"
	}
	if n := utf8.RuneCountInString(value); n > 256 {
		p += strings.Repeat("x", n-utf8.RuneCountInString(p))
	}
	return r.remember(p, value)
}

// Recoded reports whether a text shows that UTF-8 was taken for Latin-1 on its way, or that characters were lost.
func Recoded(s string) bool {
	before := rune(0)
	for _, c := range s {
		second := c >= 0x80 && c <= 0xbf || strings.ContainsRune("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ", c) // the second byte, in Latin-1 or windows-1252
		if c == utf8.RuneError || before >= 0xc3 && before <= 0xc5 && second {
			return true
		}
		before = c
	}
	return false
}

// Alike reports whether two values, as they are or redacted, are the same but for letter case.
func Alike(a, b string) bool {
	return strings.EqualFold(uncased(a), uncased(b))
}

// uncased takes off what name puts behind the pseudonym of a value with capitals.
func uncased(s string) string {
	if len(s) > len(mark)+8 && strings.HasPrefix(s, mark) && s[len(mark)+8] == 'X' {
		return s[:len(mark)+8] + s[len(mark)+9:]
	}
	return s
}

func (r redactor) distinguished(value string) string {
	parts := strings.Split(value, ",")
	for i, part := range parts {
		kind, rest, _ := strings.Cut(part, "=")
		parts[i] = kind + "=" + r.name(rest)
	}
	return strings.Join(parts, ",")
}

// placeholder tells a template or an expression that a console left unresolved from a value.
func placeholder(s string) bool {
	source := strings.HasPrefix(s, "user.") || strings.HasPrefix(s, "appuser.") // of an attribute, as consoles write it
	return strings.Contains(s, "${") || strings.Contains(s, "{{") || source && !strings.Contains(s, "@") || strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}")
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\t", "&#9;", "\n", "&#10;", "\r", "&#13;")

func escapeXML(s string) string { return xmlEscapes.Replace(s) }
