package mapping

import (
	"fmt"
	"strings"
)

// MaxTemplate is the size of a template, in bytes, above which it is not read; maxNesting is how deep blocks and parentheses go.
const (
	MaxTemplate = 64 << 10
	maxNesting  = 100
)

// TemplateError is why a template has no outcome, in the words of handlebars.js where it has some.
type TemplateError struct {
	Text string
	// Parse: the template cannot be read at all, whatever the claims are.
	Parse bool
	Line  int // of a parse error, from 1
}

func (e *TemplateError) Error() string { return e.Text }

func parseError(line int, format string, args ...any) error {
	return &TemplateError{Text: fmt.Sprintf(format, args...), Parse: true, Line: line}
}

// parser reads the grammar of Handlebars 4.7 without partials, decorators and raw blocks.
type parser struct {
	lex   *lexer
	tok   token
	line  int // where the token before ends
	depth int
}

func parse(src string) (*program, error) {
	if len(src) > MaxTemplate {
		return nil, parseError(1, "the template is %d bytes long, more than %d are not read", len(src), MaxTemplate)
	}
	p := &parser{lex: newLexer(src), line: 1}
	if err := p.advance(); err != nil {
		return nil, err
	}
	prog, err := p.program()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != "EOF" {
		return nil, p.unexpected("EOF")
	}
	control(prog)
	analyse(prog, nil)
	return prog, nil
}

func (p *parser) advance() error {
	if p.tok.kind != "" {
		p.line = p.tok.endLine
	}
	var err error
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) unexpected(want ...string) error {
	return parseError(p.line, "Parse error on line %d: expecting '%s', got '%s'", p.line, strings.Join(want, "', '"), p.tok.kind)
}

// expect takes a token of a kind.
func (p *parser) expect(kind string) (token, error) {
	t := p.tok
	if t.kind != kind {
		return t, p.unexpected(kind)
	}
	return t, p.advance()
}

// nest counts how deep the parser is.
func (p *parser) nest() error {
	if p.depth++; p.depth > maxNesting {
		return parseError(p.line, "Parse error on line %d: more than %d blocks or parentheses inside one another", p.line, maxNesting)
	}
	return nil
}

// program reads statements up to a token that begins none.
func (p *parser) program() (*program, error) {
	prog := &program{}
	for {
		s, err := p.statement()
		if err != nil {
			return nil, err
		}
		if s == nil {
			return prog, nil
		}
		prog.body = append(prog.body, s)
	}
}

func (p *parser) statement() (*statement, error) {
	t := p.tok
	switch t.kind {
	case "CONTENT":
		return &statement{kind: contentStatement, original: t.text, value: t.text}, p.advance()
	case "COMMENT":
		return &statement{kind: commentStatement, strip: flags(t.raw, t.raw)}, p.advance()
	case "OPEN":
		return p.mustache("CLOSE")
	case "OPEN_UNESCAPED":
		return p.mustache("CLOSE_UNESCAPED")
	case "OPEN_BLOCK", "OPEN_INVERSE":
		return p.block()
	case "OPEN_PARTIAL", "OPEN_PARTIAL_BLOCK", "OPEN_RAW_BLOCK":
		return nil, parseError(t.line, "%q on line %d: partials and raw blocks are not read here", t.raw, t.line)
	}
	return nil, nil
}

// flags reads "~" off the two ends of a tag.
func flags(open, end string) strip {
	return strip{open: len(open) > 2 && open[2] == '~', close: len(end) > 2 && end[len(end)-3] == '~'}
}

func (p *parser) mustache(end string) (*statement, error) {
	open := p.tok
	if strings.HasSuffix(open.raw, "*") {
		return nil, parseError(open.line, "%q on line %d: decorators are not read here", open.raw, open.line)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	c, err := p.call()
	if err != nil {
		return nil, err
	}
	shut := p.tok
	if _, err := p.expect(end); err != nil {
		return nil, err
	}
	return &statement{kind: mustacheStatement, call: c, strip: flags(open.raw, shut.raw)}, nil
}
