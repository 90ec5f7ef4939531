package mapping

import (
	"strconv"
	"strings"
)

// call reads a name and what follows it.
func (p *parser) call() (*call, error) {
	target, err := p.name()
	if err != nil {
		return nil, err
	}
	c := &call{path: *target}
	for {
		switch p.tok.kind {
		case "OPEN_SEXPR", "ID", "STRING", "NUMBER", "BOOLEAN", "UNDEFINED", "NULL", "DATA":
		default:
			return c, nil
		}
		if key := p.tok; key.kind == "ID" && p.peekEquals() {
			if err := p.pair(c, key); err != nil {
				return nil, err
			}
			continue
		}
		if len(c.hash) > 0 {
			if p.tok.kind == "ID" {
				if err := p.advance(); err != nil {
					return nil, err
				}
				return nil, p.unexpected("EQUALS")
			}
			return nil, p.unexpected("CLOSE", "ID")
		}
		e, err := p.expression()
		if err != nil {
			return nil, err
		}
		c.params = append(c.params, e)
	}
}

// peekEquals reports whether the token after this one is "=".
func (p *parser) peekEquals() bool {
	rest := p.lex.src[p.lex.pos:]
	return strings.HasPrefix(rest[spaces(rest):], "=")
}

func (p *parser) pair(c *call, key token) error {
	if err := p.advance(); err != nil {
		return err
	}
	if err := p.advance(); err != nil {
		return err
	}
	e, err := p.expression()
	c.hash = append(c.hash, pair{bare(key.text), e})
	return err
}

// bare takes the brackets off a name.
func bare(s string) string {
	if len(s) > 1 && s[0] == '[' && s[len(s)-1] == ']' && !strings.ContainsAny(s, "\n\r\u2028\u2029") {
		return s[1 : len(s)-1]
	}
	return s
}

func (p *parser) expression() (expression, error) {
	t := p.tok
	switch t.kind {
	case "OPEN_SEXPR":
		if err := p.nest(); err != nil {
			return expression{}, err
		}
		defer func() { p.depth-- }()
		if err := p.advance(); err != nil {
			return expression{}, err
		}
		c, err := p.call()
		if err != nil {
			return expression{}, err
		}
		_, err = p.expect("CLOSE_SEXPR")
		return expression{call: c}, err
	case "ID", "DATA":
		target, err := p.path()
		return expression{path: target}, err
	}
	v, _, ok := literal(t)
	if !ok {
		return expression{}, p.unexpected("OPEN_SEXPR", "ID", "STRING", "NUMBER", "BOOLEAN", "UNDEFINED", "NULL", "DATA")
	}
	return expression{literal: v}, p.advance()
}

// literal gives the value of a literal and the text that stands for it as a name.
func literal(t token) (any, string, bool) {
	switch t.kind {
	case "STRING":
		return t.text, t.text, true
	case "NUMBER":
		f, _ := strconv.ParseFloat(t.text, 64) // digits with a dot; too many of them are infinite, as in JavaScript
		return f, jsNumber(f), true
	case "BOOLEAN":
		return t.text == "true", t.text, true
	case "UNDEFINED":
		return undefined{}, t.text, true
	case "NULL":
		return nil, t.text, true
	}
	return nil, "", false
}

// name reads what may stand first: a path, or a literal that is taken for a name.
func (p *parser) name() (*path, error) {
	t := p.tok
	if t.kind == "ID" || t.kind == "DATA" {
		return p.path()
	}
	_, text, ok := literal(t)
	if !ok {
		return nil, p.unexpected("ID", "STRING", "NUMBER", "BOOLEAN", "UNDEFINED", "NULL", "DATA")
	}
	return &path{parts: []string{text}, original: text, line: t.line, column: t.column}, p.advance()
}

func (p *parser) path() (*path, error) {
	out := &path{line: p.tok.line, column: p.tok.column}
	if p.tok.kind == "DATA" {
		out.data, out.original = true, "@"
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	for {
		t, err := p.expect("ID")
		if err != nil {
			return nil, err
		}
		part := bare(t.text)
		out.original += part
		if plain := part == t.text; plain && (part == ".." || part == "." || part == "this") {
			if len(out.parts) > 0 {
				return nil, parseError(out.line, "Invalid path: %s - %d:%d", out.original, out.line, out.column)
			}
			if part == ".." {
				out.depth++
			}
		} else {
			out.parts = append(out.parts, part)
		}
		if p.tok.kind != "SEP" {
			return out, nil
		}
		out.original += p.tok.text
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}
