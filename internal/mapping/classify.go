package mapping

import (
	"slices"
)

// analyse decides of each call whether it can be a helper, and which names are block parameters. scopes are the parameters of the
// blocks around, innermost first.
func analyse(prog *program, scopes [][]string) {
	if prog == nil {
		return
	}
	scopes = append([][]string{prog.params}, scopes...)
	for _, s := range prog.body {
		if s.call != nil && classify(s.call, scopes, false) {
			prog.deep = true
		}
		for _, side := range []*program{s.program, s.inverse} {
			analyse(side, scopes)
			if side != nil && side.deep {
				prog.deep = true
			}
		}
	}
}

// classify reports whether "../" is in the call.
func classify(c *call, scopes [][]string, inner bool) bool {
	deep := resolve(&c.path, scopes)
	isParam := blockParam(&c.path, scopes)
	helper := !isParam && (inner || len(c.params) > 0 || len(c.hash) > 0)
	switch {
	case helper, !isParam && c.path.simple() && builtin(c.path.parts[0]):
		c.kind = helperCall
	case !isParam && c.path.simple():
		c.kind = ambiguousCall
	default:
		c.kind = simpleCall
	}
	for i := range c.params {
		deep = c.params[i].analyse(scopes) || deep
	}
	for i := range c.hash {
		deep = c.hash[i].value.analyse(scopes) || deep
	}
	return deep
}

func (e *expression) analyse(scopes [][]string) bool {
	switch {
	case e.path != nil:
		return resolve(e.path, scopes)
	case e.call != nil:
		return classify(e.call, scopes, true)
	}
	return false
}

// blockParam reports whether a call's name is that of a block parameter.
func blockParam(p *path, scopes [][]string) bool {
	if len(p.parts) == 0 {
		return false
	}
	for _, names := range scopes {
		if slices.Contains(names, p.parts[0]) {
			return p.simple()
		}
	}
	return false
}

// resolve finds the block parameter that a path begins with. It reports whether the path goes up.
func resolve(p *path, scopes [][]string) bool {
	if p.depth > 0 || p.scoped() || len(p.parts) == 0 {
		return p.depth > 0
	}
	for up, names := range scopes {
		if i := slices.Index(names, p.parts[0]); i >= 0 {
			p.param, p.paramUp, p.paramN = true, up, i
			return false
		}
	}
	return false
}
