package mapping

// call evaluates a name with what follows it.
func (e *evaluation) call(c *call, f *frame, o *options) (any, error) {
	if err := e.step(); err != nil {
		return nil, err
	}
	switch c.kind {
	case simpleCall:
		return e.path(&c.path, f, false)
	case ambiguousCall:
		if h, ok := e.helpers[c.path.parts[0]]; ok {
			return e.invoke(h, c, f, o)
		}
		return e.path(&c.path, f, false)
	}
	if len(c.path.parts) > 0 && builtin(c.path.parts[0]) {
		h, ok := e.helpers[c.path.parts[0]]
		if !ok {
			return nil, fault("Cannot read properties of undefined (reading 'call')")
		}
		return e.invoke(h, c, f, o)
	}
	if c.path.simple() {
		if h, ok := e.helpers[c.path.parts[0]]; ok {
			return e.invoke(h, c, f, o)
		}
	}
	v, err := e.path(&c.path, f, true)
	if err != nil {
		return nil, err
	}
	if _, err := e.arguments(c, f); err != nil {
		return nil, err
	}
	switch {
	case truthy(v):
		return nil, fault("%q is a value and no helper: (lookupProperty(...) || ...).call is not a function", c.path.original)
	case len(c.params) == 0:
		return undefined{}, nil
	}
	return nil, fault("Missing helper: %q", c.path.original)
}

func (e *evaluation) arguments(c *call, f *frame) ([]any, error) {
	args := make([]any, len(c.params), len(c.params)+1)
	for i := range c.params {
		var err error
		if args[i], err = e.expression(&c.params[i], f); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func (e *evaluation) invoke(h helper, c *call, f *frame, o *options) (any, error) {
	args, err := e.arguments(c, f)
	if err != nil {
		return nil, err
	}
	for _, v := range args {
		if err := e.weigh(v); err != nil {
			return nil, err
		}
	}
	if o == nil {
		o = &options{}
	}
	o.name, o.data = c.path.original, f.data
	if len(c.hash) > 0 {
		o.hash = make(map[string]any, len(c.hash))
		for i := range c.hash {
			if o.hash[c.hash[i].name], err = e.expression(&c.hash[i].value, f); err != nil {
				return nil, err
			}
		}
	}
	if e.trace != nil && o.block {
		e.note(c, args)
	}
	return h(e, f.this(), append(args, o))
}

func (e *evaluation) expression(x *expression, f *frame) (any, error) {
	switch {
	case x.path != nil:
		return e.path(x.path, f, false)
	case x.call != nil:
		return e.call(x.call, f, nil)
	}
	return x.literal, nil
}

// path reads a place in the data. strict: what is falsy on the way is the result, as with data and with the names of helpers; otherwise
// only null and undefined are.
func (e *evaluation) path(p *path, f *frame, strict bool) (any, error) {
	if err := e.step(); err != nil {
		return nil, err
	}
	parts := p.parts
	var v any
	switch {
	case p.param:
		at := f.params
		for range p.paramUp {
			at = at.up
		}
		if !at.given {
			return nil, fault("Cannot read properties of undefined (reading '%d')", p.paramN)
		}
		v, parts = undefined{}, parts[1:]
		if p.paramN < len(at.values) {
			v = at.values[p.paramN]
		}
	case len(parts) == 0 || parts[0] == "":
		return f.context(p.depth), nil
	case p.data:
		at := f.data
		for range p.depth {
			if at = at.up; at == nil {
				return undefined{}, nil
			}
		}
		v, strict = undefined{}, true
		if m, ok := at.values[parts[0]]; ok {
			v = m
		}
		parts = parts[1:]
	default:
		v = f.context(p.depth)
	}
	for _, name := range parts {
		if absent(v) || strict && !truthy(v) {
			return v, nil
		}
		if text, ok := v.(string); ok {
			if err := e.weigh(text); err != nil {
				return nil, err
			}
		}
		v = member(v, name)
	}
	return v, nil
}

// context is the context some blocks up.
func (f *frame) context(depth int) any {
	if depth == 0 {
		return f.ctx
	}
	at := f.depths
	for range depth {
		if at = at.up; at == nil {
			return undefined{}
		}
	}
	return at.ctx
}
