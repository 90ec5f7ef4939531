package mapping

import (
	"regexp"
	"strings"
	"sync"
)

// White space around tags: "~" takes all of it away, and a block tag or comment that has a line to itself takes the line away.

const blank = `[\s\v\x{00A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF}]` // \s of JavaScript

type spacePatterns struct{ lineBefore, textBefore, lineAfter, textAfter *regexp.Regexp }

var patterns = sync.OnceValue(func() spacePatterns {
	return spacePatterns{
		lineBefore: regexp.MustCompile(`\r?\n` + blank + `*?$`),
		textBefore: regexp.MustCompile(`(^|\r?\n)` + blank + `*?$`),
		lineAfter:  regexp.MustCompile(`^` + blank + `*?\r?\n`),
		textAfter:  regexp.MustCompile(`^` + blank + `*?(\r?\n|$)`),
	}
})

// control takes the white space of a whole template away.
func control(root *program) { controlProgram(root, true) }

func controlProgram(prog *program, root bool) {
	if prog == nil {
		return
	}
	body := prog.body
	for i, s := range body {
		var edge strip
		var openAlone, closeAlone, alone bool
		switch s.kind {
		case contentStatement:
			continue
		case mustacheStatement:
			edge = s.strip
		case commentStatement:
			edge, alone = s.strip, true
		case blockStatement:
			edge, openAlone, closeAlone = controlBlock(s)
		}
		before, after := blankBefore(body, i, root), blankAfter(body, i, root)
		if edge.close {
			trimRight(body, i+1, true)
		}
		if edge.open {
			trimLeft(body, i-1, true)
		}
		if alone && before && after {
			trimRight(body, i+1, false)
			trimLeft(body, i-1, false)
		}
		if openAlone && before {
			trimRight(first(s.program, s.inverse).body, 0, false)
			trimLeft(body, i-1, false)
		}
		if closeAlone && after {
			trimRight(body, i+1, false)
			last := first(s.inverse, s.program).body
			trimLeft(last, len(last)-1, false)
		}
	}
}

func first(a, b *program) *program {
	if a != nil {
		return a
	}
	return b
}

// controlBlock treats the inside of a block; it tells how the block's ends stand to what is around it.
func controlBlock(s *statement) (edge strip, openAlone, closeAlone bool) {
	controlProgram(s.program, false)
	controlProgram(s.inverse, false)
	prog := first(s.program, s.inverse)
	var inverse *program
	if s.program != nil {
		inverse = s.inverse
	}
	head, tail := inverse, inverse
	if inverse != nil && inverse.chained {
		head = inverse.body[0].program
		for tail.chained {
			tail = tail.body[len(tail.body)-1].program
		}
	}
	edge = strip{open: s.openStrip.open, close: s.closeStrip.close}
	openAlone = blankAfter(prog.body, -1, false)
	end := first(head, prog).body
	closeAlone = blankBefore(end, len(end), false)
	if s.openStrip.close {
		trimRight(prog.body, 0, true)
	}
	if inverse == nil {
		if s.closeStrip.open {
			trimLeft(prog.body, len(prog.body)-1, true)
		}
		return edge, openAlone, closeAlone
	}
	if s.inverseStrip.open {
		trimLeft(prog.body, len(prog.body)-1, true)
	}
	if s.inverseStrip.close {
		trimRight(head.body, 0, true)
	}
	if s.closeStrip.open {
		trimLeft(tail.body, len(tail.body)-1, true)
	}
	if blankBefore(prog.body, len(prog.body), false) && blankAfter(head.body, -1, false) {
		trimLeft(prog.body, len(prog.body)-1, false)
		trimRight(head.body, 0, false)
	}
	return edge, openAlone, closeAlone
}

// blankBefore reports whether only white space stands between the start of the line and statement i.
func blankBefore(body []*statement, i int, root bool) bool {
	if i-1 < 0 || i-1 >= len(body) {
		return root
	}
	if body[i-1].kind != contentStatement {
		return false
	}
	if i-2 >= 0 || !root {
		return patterns().lineBefore.MatchString(body[i-1].original)
	}
	return patterns().textBefore.MatchString(body[i-1].original)
}

// blankAfter reports whether only white space stands between statement i and the end of the line.
func blankAfter(body []*statement, i int, root bool) bool {
	if i+1 >= len(body) {
		return root
	}
	if body[i+1].kind != contentStatement {
		return false
	}
	if i+2 < len(body) || !root {
		return patterns().lineAfter.MatchString(body[i+1].original)
	}
	return patterns().textAfter.MatchString(body[i+1].original)
}

// trimRight takes white space off the beginning of statement i: all of it, or up to the end of the line.
func trimRight(body []*statement, i int, all bool) {
	if i < 0 || i >= len(body) || body[i].kind != contentStatement || !all && body[i].rightStripped {
		return
	}
	s := body[i]
	before := s.value
	if all {
		s.value = strings.TrimLeftFunc(s.value, jsSpace)
	} else { // [ \t]*\r?\n?
		s.value = strings.TrimLeft(s.value, " \t")
		s.value = strings.TrimPrefix(strings.TrimPrefix(s.value, "\r"), "\n")
	}
	s.rightStripped = s.value != before
}

// trimLeft takes white space off the end of statement i: all of it, or blanks of the last line.
func trimLeft(body []*statement, i int, all bool) {
	if i < 0 || i >= len(body) || body[i].kind != contentStatement || !all && body[i].leftStripped {
		return
	}
	s := body[i]
	before := s.value
	if all {
		s.value = strings.TrimRightFunc(s.value, jsSpace)
	} else {
		s.value = strings.TrimRight(s.value, " \t")
	}
	s.leftStripped = s.value != before
}
