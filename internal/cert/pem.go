package cert

import (
	"strings"
)

// marker is a BEGIN or END line of PEM, as it was found.
type marker struct {
	from, to int // byte offsets
	begin    bool
	label    string
	exact    bool // written as RFC 7468 has it
}

// A marker with its dashes in whatever form editors and chats make of them; the words alone count when they stand on a line.
var markerLike = lazily(`(?i)([-\x{2010}-\x{2015}\x{2212}\x{00ad}]*)[ \t]*\b(BEGIN|END)[ \t]+((?:[A-Z0-9]+[ \t]+){0,3}(?:CERTIFICATE|KEY|REQUEST|CRL|PKCS7|PKCS12|CMS|PARAMETERS))\b[ \t]*([-\x{2010}-\x{2015}\x{2212}\x{00ad}]*)`)

func markers(s string) []marker {
	var out []marker
	for _, m := range markerLike().FindAllStringSubmatchIndex(s, 4*maxCerts) {
		lead, word, label, trail := s[m[2]:m[3]], s[m[4]:m[5]], s[m[6]:m[7]], s[m[8]:m[9]]
		if lead == "" && trail == "" && (strings.ToUpper(word) != word || !lineStart(s, m[0])) {
			continue // two words of a sentence
		}
		out = append(out, marker{m[0], m[1], strings.EqualFold(word, "BEGIN"), strings.Join(strings.Fields(strings.ToUpper(label)), " "),
			s[m[0]:m[1]] == "-----"+word+" "+label+"-----" && strings.ToUpper(word+label) == word+label})
	}
	return out
}

func lineStart(s string, at int) bool {
	before := strings.TrimRight(s[:at], " \t")
	return before == "" || before[len(before)-1] == '\n' || before[len(before)-1] == '\r'
}

// text reads what is no DER.
func (t *Text) text(s string) {
	marks := markers(s)
	if len(marks) == 0 {
		t.bare(s)
		return
	}
	if t.Shape == "" {
		t.Shape = "PEM"
	}
	if strings.TrimSpace(s[:marks[0].from]) != "" && marks[0].begin {
		t.repaired("text stands before it")
	}
	for i := 0; i < len(marks); i++ {
		m := marks[i]
		if !m.exact {
			t.mended("the %s line is not written with five hyphens and capitals", word(m.begin))
		}
		if !m.begin {
			t.orphan(s, marks, i)
			continue
		}
		end := len(s)
		next := i + 1
		switch {
		case next < len(marks) && !marks[next].begin:
			end = marks[next].from
			if !marks[next].exact {
				t.mended("the END line is not written with five hyphens and capitals")
			}
			if marks[next].label != m.label {
				t.mended("its BEGIN line says %s, its END line %s", m.label, marks[next].label)
			}
			i = next
		case next < len(marks):
			end = marks[next].from
			t.mended("the END line is missing")
		default:
			t.mended("the END line is missing")
		}
		t.block(m.label, s[m.to:end], line(s, m.from))
	}
	if last := marks[len(marks)-1]; !last.begin && strings.TrimSpace(s[last.to:]) != "" {
		t.repaired("text stands behind it")
	}
}

// orphan reads what stands before an END line that has no BEGIN line.
func (t *Text) orphan(s string, marks []marker, i int) {
	from := 0
	if i > 0 {
		from = marks[i-1].to
	}
	body := s[from:marks[i].from]
	if strings.TrimSpace(body) == "" {
		return
	}
	t.mended("the BEGIN line is missing")
	t.block(marks[i].label, body, line(s, from+len(body)-len(strings.TrimLeft(body, " \t\r\n"))))
}

func word(begin bool) string {
	if begin {
		return "BEGIN"
	}
	return "END"
}

func line(s string, at int) int { return strings.Count(s[:at], "\n") + 1 }

// block reads one PEM block by its label; body is what stands between its lines.
func (t *Text) block(label, body string, at int) {
	if what := foreign(label); what != "" {
		t.beside(what)
		return
	}
	if label != "CERTIFICATE" {
		t.mended("its lines say %s", label)
	}
	trimmed := strings.Trim(body, " \t\r")
	if !strings.HasPrefix(trimmed, "\n") || !strings.HasSuffix(trimmed, "\n") {
		if !strings.HasPrefix(trimmed, "\n") && !strings.HasPrefix(strings.TrimLeft(body, " \t"), "\r") {
			t.mended("the line break behind the BEGIN line is missing")
		} else {
			t.mended("the line break before the END line is missing")
		}
	}
	if indented(body) {
		t.mended("its lines are indented")
	}
	if strings.TrimSpace(body) == "" {
		t.fail("nothing stands between the BEGIN and the END line")
		return
	}
	t.encoded(body, at, true)
}

// indented reports whether white space stands before the base64.
func indented(body string) bool {
	for l := range strings.Lines(body) {
		if l != "" && (l[0] == ' ' || l[0] == '\t') && strings.TrimSpace(l) != "" {
			return strings.Contains(body, "\n")
		}
	}
	return false
}

// foreign says what a PEM block is that holds no single certificate.
func foreign(label string) string {
	switch {
	case strings.HasSuffix(label, "PRIVATE KEY"):
		return "a private key"
	case strings.HasSuffix(label, "PUBLIC KEY"):
		return "a public key"
	case strings.HasSuffix(label, "REQUEST"):
		return "a certificate request"
	case strings.HasSuffix(label, "CRL"):
		return "a revocation list"
	case label == "PKCS7", label == "CMS":
		return "PKCS #7"
	case label == "PKCS12":
		return "PKCS #12"
	case strings.HasSuffix(label, "CERTIFICATE"):
		return ""
	}
	return "a PEM block " + label
}

// fail notes why there is no certificate; the first reason counts.
func (t *Text) fail(why string) {
	if t.Problem == "" {
		t.Problem = why
	}
}
