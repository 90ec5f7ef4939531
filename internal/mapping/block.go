package mapping

import (
	"strings"
)

// head is what opens a block, or an {{else if …}}.
type head struct {
	call   *call
	params []string
	strip  strip
}

func (p *parser) head() (*head, error) {
	open := p.tok
	if strings.HasSuffix(open.raw, "*") {
		return nil, parseError(open.line, "%q on line %d: decorators are not read here", open.raw, open.line)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	h := &head{}
	var err error
	if h.call, err = p.call(); err != nil {
		return nil, err
	}
	if p.tok.kind == "OPEN_BLOCK_PARAMS" {
		if h.params, err = p.blockParams(); err != nil {
			return nil, err
		}
	}
	shut := p.tok
	h.strip = flags(open.raw, shut.raw)
	_, err = p.expect("CLOSE")
	return h, err
}

func (p *parser) blockParams() ([]string, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	var out []string
	for len(out) == 0 || p.tok.kind == "ID" {
		t, err := p.expect("ID")
		if err != nil {
			return nil, err
		}
		out = append(out, bare(t.text))
	}
	_, err := p.expect("CLOSE_BLOCK_PARAMS")
	return out, err
}

// side is the else part of a block.
type side struct {
	strip   strip
	program *program
	chain   bool
}

func (p *parser) block() (*statement, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	inverted := p.tok.kind == "OPEN_INVERSE"
	h, err := p.head()
	if err != nil {
		return nil, err
	}
	prog, err := p.program()
	if err != nil {
		return nil, err
	}
	other, err := p.inverse(!inverted)
	if err != nil {
		return nil, err
	}
	open := p.tok
	if _, err := p.expect("OPEN_ENDBLOCK"); err != nil {
		return nil, err
	}
	end, err := p.name()
	if err != nil {
		return nil, err
	}
	shut := p.tok
	if _, err := p.expect("CLOSE"); err != nil {
		return nil, err
	}
	if end.original != h.call.path.original {
		at := h.call.path
		return nil, parseError(at.line, "%s doesn't match %s - %d:%d", at.original, end.original, at.line, at.column)
	}
	return prepare(h, prog, other, flags(open.raw, shut.raw), inverted), nil
}

// inverse reads {{else}} … and, where chains are allowed, {{else if …}} …; nil when there is none.
func (p *parser) inverse(chains bool) (*side, error) {
	switch {
	case p.tok.kind == "INVERSE":
		s := &side{strip: flags(p.tok.raw, p.tok.raw)}
		if err := p.advance(); err != nil {
			return nil, err
		}
		var err error
		s.program, err = p.program()
		return s, err
	case p.tok.kind == "OPEN_INVERSE_CHAIN" && chains:
		if err := p.nest(); err != nil {
			return nil, err
		}
		defer func() { p.depth-- }()
		h, err := p.head()
		if err != nil {
			return nil, err
		}
		prog, err := p.program()
		if err != nil {
			return nil, err
		}
		next, err := p.inverse(true)
		if err != nil {
			return nil, err
		}
		var end strip
		if next != nil {
			end = next.strip
		}
		inner := prepare(h, prog, next, end, false)
		return &side{strip: h.strip, program: &program{body: []*statement{inner}, chained: true}, chain: true}, nil
	}
	return nil, nil
}

// prepare puts a block together.
func prepare(h *head, prog *program, other *side, end strip, inverted bool) *statement {
	prog.params = h.params
	s := &statement{kind: blockStatement, call: h.call, program: prog, openStrip: h.strip, closeStrip: end}
	if other != nil {
		if other.chain {
			other.program.body[0].closeStrip = end
		}
		s.inverse, s.inverseStrip = other.program, other.strip
	}
	if inverted {
		s.program, s.inverse = s.inverse, s.program
	}
	return s
}
