package mapping

import (
	"fmt"
	"time"
)

// What one evaluation may use before it is stopped: calls and path parts, and bytes of text made.
const (
	maxSteps = 200_000
	maxBytes = 4 << 20
)

// evaluation is one run of a template.
type evaluation struct {
	helpers map[string]helper
	now     time.Time
	steps   int
	bytes   int
	trace   *[]event // what conditions came to, for explanations; nil: nobody asks
}

// frame is what a program sees.
type frame struct {
	ctx    any
	data   *data
	params *params
	depths *contexts
	deep   bool // the program around asks for contexts further up
}

// data holds the @variables of a block.
type data struct {
	values map[string]any
	up     *data
}

// params are the values of a block's parameters; none is not the same as nobody giving any.
type params struct {
	values []any
	given  bool
	up     *params
}

// contexts are the contexts around, innermost first.
type contexts struct {
	ctx any
	up  *contexts
}

// options is what a helper gets after its arguments.
type options struct {
	name        string
	block       bool
	fn, inverse func(ctx any, d *data, params []any) (any, error)
	hash        map[string]any
	data        *data
}

func fault(format string, args ...any) error {
	return &TemplateError{Text: fmt.Sprintf(format, args...)}
}

func (e *evaluation) step() error {
	if e.steps++; e.steps > maxSteps {
		return fault("stopped after %d steps", maxSteps)
	}
	return nil
}

func (e *evaluation) made(n int) error {
	if e.bytes += n; e.bytes > maxBytes {
		return fault("stopped after %d bytes of text", maxBytes)
	}
	return nil
}

// weigh counts what a helper may have to go through.
func (e *evaluation) weigh(v any) error {
	switch v := v.(type) {
	case string:
		return e.made(len(v) / 8)
	case *list:
		e.steps += len(v.items) / 16 // going through a list is cheap
		return e.step()
	}
	return nil
}

// run evaluates a whole template.
func (e *evaluation) run(prog *program, root any) (string, error) {
	v, err := e.program(prog, &frame{ctx: root, data: &data{values: map[string]any{"root": root}}, depths: &contexts{ctx: root}})
	if err != nil {
		return "", err
	}
	return toText(v)
}

// program evaluates statements. handlebars.js compiles them to expressions joined by +, of which only texts make a text; a block on a
// bare name is a statement of its own and starts a new run. So {{a}}{{b}} of two numbers is their sum.
func (e *evaluation) program(prog *program, f *frame) (any, error) {
	f.deep = prog.deep
	single := len(prog.body) == 1
	buffer := sum{e: e}
	var run []any
	content, broken := "", false
	flush := func() {
		if content != "" {
			run, content = append(run, content), ""
		}
	}
	for _, s := range prog.body {
		if s.kind == contentStatement {
			content += s.value
			continue
		}
		if s.kind == commentStatement {
			continue
		}
		v, err := e.statement(s, f)
		switch {
		case err != nil:
			return nil, err
		case single && absent(v):
			return "", nil
		case single:
			return v, nil
		}
		flush()
		if s.kind != blockStatement || s.call.kind != ambiguousCall {
			if absent(v) {
				v = ""
			}
			run = append(run, v)
			continue
		}
		if err := buffer.join(run, !broken); err != nil {
			return nil, err
		}
		run, broken = nil, true
		if !absent(v) {
			if err := buffer.add(v); err != nil {
				return nil, err
			}
		}
	}
	flush()
	for _, v := range run { // the last run is added piece by piece
		if err := buffer.add(v); err != nil {
			return nil, err
		}
	}
	return buffer.value(), nil
}

// join adds a run, summed up by itself, to the buffer. The buffer begins as the first run, or as an empty text when there is none.
func (s *sum) join(run []any, begin bool) error {
	if len(run) == 0 && !begin {
		return nil
	}
	part := sum{e: s.e}
	for _, v := range run {
		if err := part.add(v); err != nil {
			return err
		}
	}
	return s.add(part.value())
}

func (e *evaluation) statement(s *statement, f *frame) (any, error) {
	if s.kind == mustacheStatement {
		return e.call(s.call, f, nil)
	}
	o := &options{block: true, fn: e.side(s.program, f), inverse: e.side(s.inverse, f)}
	v, err := e.call(s.call, f, o)
	if err != nil || s.call.kind == helperCall {
		return v, err
	}
	if s.call.kind == ambiguousCall {
		if _, ok := e.helpers[s.call.path.parts[0]]; ok {
			return v, nil
		}
	}
	o.data = f.data
	return e.blockValue(f, v, o)
}

// side makes a function of one side of a block.
func (e *evaluation) side(prog *program, f *frame) func(any, *data, []any) (any, error) {
	if prog == nil {
		return func(any, *data, []any) (any, error) { return "", nil }
	}
	return func(ctx any, d *data, values []any) (any, error) {
		if err := e.step(); err != nil {
			return nil, err
		}
		inner := &frame{ctx: ctx, data: f.data, params: &params{values: values, given: values != nil, up: f.params}, depths: f.depths}
		if d != nil {
			inner.data = d
		}
		if !f.deep {
			return e.program(prog, inner)
		}
		equal, err := looseEqual(ctx, f.depths.ctx)
		if err != nil {
			return nil, err
		}
		if !equal && !(ctx == any(nothing) && f.depths.ctx == nil) {
			inner.depths = &contexts{ctx: ctx, up: f.depths}
		}
		return e.program(prog, inner)
	}
}

// nothing is the context that helpers see where there is none.
var nothing = &object{}

// this is the context as helpers get it.
func (f *frame) this() any {
	if absent(f.ctx) {
		return nothing
	}
	return f.ctx
}

// blockValue is {{#name}} on a value: a list is walked, true and false choose, anything else becomes the context.
func (e *evaluation) blockValue(f *frame, v any, o *options) (any, error) {
	switch x := v.(type) {
	case nil, undefined:
		return o.inverse(f.this(), nil, nil)
	case bool:
		if x {
			return o.fn(f.this(), nil, nil)
		}
		return o.inverse(f.this(), nil, nil)
	case *list:
		if len(x.items) == 0 {
			return o.inverse(f.this(), nil, nil)
		}
		return e.each(f.this(), []any{v, o})
	}
	return o.fn(v, o.data, nil)
}
