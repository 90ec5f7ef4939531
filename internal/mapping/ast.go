package mapping

// program is a sequence of statements: a template, or one side of a block.
type program struct {
	body    []*statement
	params  []string // names after "as |…|"
	chained bool     // made of {{else if …}}
	deep    bool     // "../" is in it or in a block inside
}

type statementKind int

const (
	contentStatement statementKind = iota
	mustacheStatement
	blockStatement
	commentStatement
)

// strip says on which sides a tag has a "~".
type strip struct{ open, close bool }

// statement is one part of a program.
type statement struct {
	kind statementKind

	// Text between tags: as written, and after white space was taken away.
	original, value             string
	leftStripped, rightStripped bool

	call  *call
	strip strip // of a mustache or comment

	program, inverse                    *program
	openStrip, inverseStrip, closeStrip strip
}

// call is a path with what follows it: {{path params… key=value…}}.
type call struct {
	path   path
	params []expression
	hash   []pair
	kind   callKind
}

type callKind int

const (
	simpleCall    callKind = iota // a value
	ambiguousCall                 // a helper when there is one of that name, else a value
	helperCall
)

type pair struct {
	name  string
	value expression
}

// expression is a literal, a path or a call in parentheses.
type expression struct {
	literal any // when neither path nor call is set
	path    *path
	call    *call
}

// path is a place in the data: a.b, ../a, @index, a name of block parameters.
type path struct {
	data     bool
	depth    int
	parts    []string
	original string
	line     int // from 1
	column   int // from 0

	// Where it is a block parameter: how many blocks up, and which of them.
	param           bool
	paramUp, paramN int
}

// simple reports whether the path is one name that may be a helper's.
func (p *path) simple() bool { return len(p.parts) == 1 && p.depth == 0 && !p.scoped() }

// scoped reports whether the path begins with "." or holds the word "this".
func (p *path) scoped() bool {
	s := p.original
	if len(s) > 0 && s[0] == '.' {
		return true
	}
	for i := 0; i+4 <= len(s); i++ {
		if s[i:i+4] == "this" && (i+4 == len(s) || !wordByte(s[i+4])) {
			return true
		}
	}
	return false
}

func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}
