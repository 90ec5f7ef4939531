package knowledge

import (
	_ "embed" // errors.bin
	"fmt"
	"strconv"
	"strings"
)

// errors.bin is written by `go generate ./internal/knowledge` from errors/*.yaml and the profiles. It holds lines of fields, not
// compressed: reading YAML, or only decompressing, would take longer than explaining an error may.
//
//go:embed errors.bin
var packedErrors string

// ErrorBook is what is known about error texts, and the parts of the profiles that an explanation names.
type ErrorBook struct {
	Classes []ErrorClass
	Marks   []Mark
	Tells   Tells
	Same    []Concept
	IdPs    []ErrorIdP
	SPs     []ErrorSP

	groups  []errorLines
	sources []string
}

// Tells are the words that tell what a text is about: beginnings of words, =word for whole ones, phrases, $name for a concept.
type Tells struct {
	Context   []string `yaml:"context,omitempty"`   // it is about a login
	Weak      []string `yaml:"weak,omitempty"`      // likewise, where no word of Elsewhere stands
	Hints     []string `yaml:"hints,omitempty"`     // likewise, where two of them stand
	Elsewhere []string `yaml:"elsewhere,omitempty"` // it is about something else, where no word of Context stands
	Noise     []string `yaml:"noise,omitempty"`     // says nothing: not counted when a text is short
}

// Concept is one notion in all its wordings: phrases, the last word of one may end in *. $name in a ~ text stands for any of them.
type Concept struct {
	Name  string   `yaml:"is"`
	Words []string `yaml:"words"`
}

// errorLines are the signatures of one piece of software, not read yet.
type errorLines struct {
	head  Signature // what they share
	block string    // their lines
}

// ErrorClass is one thing that can be wrong with a login.
type ErrorClass struct {
	ID    string      `yaml:"id"`
	Title string      `yaml:"title"`
	Cause string      `yaml:"cause"`
	Rules []string    `yaml:"rules"`
	Next  string      `yaml:"next"` // doctor | test-login | decode: what to run next
	Fix   []ErrorStep `yaml:"fix"`
}

// ErrorStep is one step of a fix: at the IdP (the first known path of Keys), in the SP's form (Key), or anywhere.
type ErrorStep struct {
	At   string   `yaml:"at,omitempty"` // idp | sp
	Keys []string `yaml:"keys,omitempty"`
	Key  string   `yaml:"key,omitempty"`
	Do   string   `yaml:"do"`
}

// Signature is how one product words an error. {} in a text stands for anything in between; a word that ends in * for its beginning; ~ before
// a text for its words in any order, near each other.
type Signature struct {
	ID        string   `yaml:"id"`
	Class     string   `yaml:"class"`
	Weight    int      `yaml:"weight,omitempty"` // how much it says, 0 to 100; 0 stands for 78
	Texts     []string `yaml:"texts"`
	Cause     string   `yaml:"cause,omitempty"`     // where it is known better than by the class
	Fix       []string `yaml:"fix,omitempty"`       // likewise
	Context   bool     `yaml:"context,omitempty"`   // counts only in a text about a login
	Elsewhere bool     `yaml:"elsewhere,omitempty"` // common elsewhere too: counts in no text that is not about a login
	Bare      bool     `yaml:"bare,omitempty"`      // although Context: counts also where nothing tells what the text is about
	Wrapper   bool     `yaml:"wrapper,omitempty"`   // says that something went wrong, and another text beside it what
	S         string   `yaml:"s,omitempty"`         // where it was read; "M": general knowledge; empty: the group's

	Software   string   `yaml:"-"`
	IdPs, SPs  []string `yaml:"-"`
	Anchors    []string `yaml:"-"` // of each text the longest word, with its *; of a ~ text the first, as $name or ~word
	Entry      string   `yaml:"-"` // troubleshooting entry of SPs[0] whose symptom it is
	Unverified bool     `yaml:"-"`
}

// Mark tells a product by its words.
type Mark struct {
	IdP   string   `yaml:"idp,omitempty"`
	SP    string   `yaml:"sp,omitempty"`
	Words []string `yaml:"words"`
}

// ErrorIdP is the part of an IdP's profile that a fix names.
type ErrorIdP struct {
	ID, Name string

	paths string // lines, read when they are asked for
}

// Path gives a place in the IdP's console.
func (p *ErrorIdP) Path(key string) (ErrorPath, bool) {
	for line := range strings.SplitSeq(p.paths, "\n") {
		if f := strings.Split(line, fieldMark); len(f) == fieldsOf('P') && f[1] == key {
			return ErrorPath{f[2], f[3] != ""}, true
		}
	}
	return ErrorPath{}, false
}

// ErrorPath is a place in a console.
type ErrorPath struct {
	Path    string
	Certain bool
}

// ErrorSP is the part of an SP's profile that a fix names.
type ErrorSP struct {
	ID, Name, Path, Edit string
	Fields               []ErrorField
	Entries              []Entry
}

// ErrorField is a field of the SP's form.
type ErrorField struct {
	Key, Label, Protocol string
	WriteOnly            bool
}

// The separators of the packed form: of the fields of a line, and of the items of a list.
const fieldMark, itemMark = "\x1f", "\x1e"

// Errors reads the packed error texts; signatures only when they are asked for. It panics when the texts are damaged: they are part of
// the program, and tested.
func Errors() *ErrorBook {
	b, err := ParseErrors(packedErrors)
	if err != nil {
		panic("knowledge: errors.bin: " + err.Error())
	}
	return b
}

// ParseErrors reads what ErrorsText gives.
func ParseErrors(text string) (*ErrorBook, error) {
	b := &ErrorBook{}
	for len(text) > 0 {
		line, rest, _ := strings.Cut(text, "\n")
		if line == "" {
			text = rest
			continue
		}
		if line[0] == 'S' && len(b.groups) > 0 {
			last := &b.groups[len(b.groups)-1]
			last.block, text = linesOf('S', text)
			continue
		}
		if line[0] == 'P' && len(b.IdPs) > 0 {
			b.IdPs[len(b.IdPs)-1].paths, text = linesOf('P', text)
			continue
		}
		text = rest
		f := strings.Split(line, fieldMark)
		if len(f[0]) != 1 || fieldsOf(f[0][0]) != len(f) {
			return nil, fmt.Errorf("line %q has %d fields", line, len(f))
		}
		b.read(f)
	}
	return b, nil
}

// linesOf cuts the lines of one kind off the beginning of a text.
func linesOf(kind byte, text string) (block, rest string) {
	end := 0
	for end < len(text) && text[end] == kind {
		n := strings.IndexByte(text[end:], '\n')
		if n < 0 {
			return text, ""
		}
		end += n + 1
	}
	return text[:end], text[end:]
}

// Signatures gives those that may be in a text: has tells whether a word, or a word beginning with one that ends in *, is there. With
// nil: all of them.
func (b *ErrorBook) Signatures(has func(word string) bool) []Signature {
	var out []Signature
	for _, g := range b.groups {
		for line := range strings.SplitSeq(strings.TrimSuffix(g.block, "\n"), "\n") {
			if line == "" {
				continue
			}
			rest := line[2:]
			end := strings.IndexByte(rest, fieldMark[0])
			if has != nil && !anyOf(rest[:end], has) {
				continue
			}
			if s, ok := b.from(g.head, strings.Split(line, fieldMark)); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

func anyOf(anchors string, has func(word string) bool) bool {
	for a := range strings.SplitSeq(anchors, itemMark) {
		if has(a) {
			return true
		}
	}
	return false
}

// from completes what a group shares, s, by the fields of one line.
func (b *ErrorBook) from(s Signature, f []string) (Signature, bool) {
	if len(f) != fieldsOf('S') {
		return s, false
	}
	source, err := strconv.ParseInt(f[9], 36, 32)
	if err != nil || source < 0 || int(source) >= len(b.sources) {
		return s, false
	}
	s.Anchors, s.ID, s.Class, s.Texts, s.Cause, s.Fix, s.S, s.Entry = items(f[1]), f[2], f[3], items(f[6]), f[7], items(f[8]), b.sources[source], f[10]
	s.Weight, _ = strconv.Atoi(f[4]) // written by ErrorsText
	s.Context, s.Elsewhere, s.Wrapper, s.Bare = strings.Contains(f[5], "c"), strings.Contains(f[5], "e"), strings.Contains(f[5], "w"), strings.Contains(f[5], "b")
	s.Unverified = s.S == "M"
	return s, true
}

// fieldsOf is how many fields a line of each kind has.
func fieldsOf(kind byte) int {
	switch kind {
	case 'U':
		return 2
	case 'I', 'B', 'W':
		return 3
	case 'G', 'M', 'P':
		return 4
	case 'F', 'A', 'L':
		return 5
	case 'C', 'X':
		return 6
	case 'E':
		return 10
	case 'S':
		return 11
	}
	return 0
}

// read adds one line. Steps, paths, fields and entries belong to the last class or product before them.
func (b *ErrorBook) read(f []string) {
	switch f[0] {
	case "C":
		b.Classes = append(b.Classes, ErrorClass{ID: f[1], Title: f[2], Cause: f[3], Rules: items(f[4]), Next: f[5]})
	case "F":
		c := &b.Classes[len(b.Classes)-1]
		c.Fix = append(c.Fix, ErrorStep{At: f[1], Keys: items(f[2]), Key: f[3], Do: f[4]})
	case "G":
		b.groups = append(b.groups, errorLines{head: Signature{Software: f[1], IdPs: items(f[2]), SPs: items(f[3])}})
	case "M":
		b.Marks = append(b.Marks, Mark{IdP: f[1], SP: f[2], Words: items(f[3])})
	case "X":
		b.Tells = Tells{items(f[1]), items(f[2]), items(f[3]), items(f[4]), items(f[5])}
	case "U":
		b.sources = items(f[1])
	case "W":
		b.Same = append(b.Same, Concept{f[1], items(f[2])})
	default:
		b.product(f)
	}
}

func (b *ErrorBook) product(f []string) {
	switch f[0] {
	case "I":
		b.IdPs = append(b.IdPs, ErrorIdP{ID: f[1], Name: f[2]})
	case "A":
		b.SPs = append(b.SPs, ErrorSP{ID: f[1], Name: f[2], Path: f[3], Edit: f[4]})
	case "L":
		sp := &b.SPs[len(b.SPs)-1]
		sp.Fields = append(sp.Fields, ErrorField{Key: f[1], Label: f[2], Protocol: f[3], WriteOnly: f[4] != ""})
	case "E":
		sp := &b.SPs[len(b.SPs)-1]
		sp.Entries = append(sp.Entries, Entry{ID: f[1], Title: f[2], Class: f[3], Protocol: f[4], Cause: f[5], Fix: items(f[6]), Rules: items(f[7]), IdPs: items(f[8]), Symptoms: items(f[9]), FixBy: map[string][]string{}})
	case "B":
		sp := b.SPs[len(b.SPs)-1]
		sp.Entries[len(sp.Entries)-1].FixBy[f[1]] = items(f[2])
	}
}

func items(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, itemMark)
}
