package xmltree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What encoding/xml lets pass and other parsers refuse, or read otherwise: each is a way to let two of them disagree on a message.

// names refuses names with a colon at their end or beginning (Namespaces in XML 1.0 §7), which encoding/xml takes for names without
// a prefix and others for something else.
func names(t xml.StartElement) error {
	if strings.Contains(t.Name.Local, ":") {
		return fmt.Errorf("the name <%s> is no name with a prefix", t.Name.Local)
	}
	for _, a := range t.Attr {
		if strings.Contains(a.Name.Local, ":") {
			return fmt.Errorf("the name of the attribute %s is no name with a prefix", a.Name.Local)
		}
	}
	return nil
}

// bindings refuses what no prefix may stand for (Namespaces in XML 1.0 §3, §5): parsers that let it pass disagree on what is what.
func bindings(t xml.StartElement) error {
	for _, a := range t.Attr {
		prefix := a.Name.Local
		switch {
		case a.Name.Space == "" && prefix == "xmlns":
			prefix = ""
		case a.Name.Space != "xmlns":
			continue
		case prefix == "xmlns":
			return errors.New("the namespace prefix \"xmlns\" is declared, which none may")
		case a.Value == "":
			return fmt.Errorf("the namespace prefix %q is declared as nothing, which only XML 1.1 allows", prefix)
		}
		if a.Value == xmlnsSpace || (a.Value == xmlSpace) != (prefix == "xml") {
			return fmt.Errorf("the namespace prefix %q is declared as %q: that name and the prefix \"xml\" belong together alone", prefix, a.Value)
		}
	}
	return nil
}

// twice finds an attribute that is there before, by its name as written or by its namespace (Namespaces in XML 1.0 §6.3).
func (e *Element) twice() *Attr {
	const few = 16 // up to so many are compared one by one
	if len(e.Attrs) <= few {
		for i := range e.Attrs {
			for j := range i {
				if a, b := &e.Attrs[i], &e.Attrs[j]; b.Local == a.Local && (b.Prefix == a.Prefix || b.Space == a.Space && a.declares() == b.declares()) {
					return a
				}
			}
		}
		return nil
	}
	type name struct {
		space, local string
		declares     bool
	}
	written, expanded := map[[2]string]bool{}, map[name]bool{}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		w, x := [2]string{a.Prefix, a.Local}, name{a.Space, a.Local, a.declares()}
		if written[w] || expanded[x] {
			return a
		}
		written[w], expanded[x] = true, true
	}
	return nil
}

// surrogate finds a character reference to half of a UTF-16 pair, which is no character (XML 1.0 §2.2); encoding/xml reads it as one that
// could not be decoded.
func surrogate(text []byte) error {
	for rest := text; ; {
		i := bytes.Index(rest, []byte("&#"))
		if i < 0 {
			return nil
		}
		rest = rest[i+2:]
		j := bytes.IndexByte(rest, ';')
		if j < 0 {
			return nil
		}
		digits, base := string(rest[:j]), 10
		if strings.HasPrefix(digits, "x") {
			digits, base = digits[1:], 16
		}
		if n, err := strconv.ParseUint(digits, base, 32); err == nil && n >= 0xd800 && n < 0xe000 {
			return fmt.Errorf("the character reference \"&#%s;\" is to half of a pair, which is no character", rest[:j])
		}
	}
}
