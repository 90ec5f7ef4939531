package source

import (
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/token"
)

// untagged leaves out tags such as !!str and !secret: every value is read by what it is wanted for, and the parser takes what
// follows a tagged text in quotes for a part of it. The lexer counts the blank behind a tag as none, so what follows in the line is
// moved to where it stands.
func untagged(tokens token.Tokens, lines []string) token.Tokens {
	for i, t := range tokens {
		if t.Type != token.TagType || i+1 == len(tokens) || tokens[i+1].Position.Line != t.Position.Line || t.Position.Line > len(lines) {
			continue
		}
		line := []rune(lines[t.Position.Line-1])
		at := t.Position.Column - 1 + len([]rune(t.Value))
		for at < len(line) && (line[at] == ' ' || line[at] == '\t') {
			at++
		}
		shift := at + 1 - tokens[i+1].Position.Column
		for _, later := range tokens[i+1:] {
			if later.Position.Line != t.Position.Line {
				break
			}
			later.Position.Column += shift
		}
	}
	return slices.DeleteFunc(tokens, func(t *token.Token) bool { return t.Type == token.TagType })
}

// control finds a character that YAML 1.2 §5.1 does not allow in a file.
func control(lines []string) Pos {
	for i, line := range lines {
		at := 0
		for _, r := range line {
			at++
			if r < ' ' && r != '\t' && r != '\r' || r == 0x7f || r == 0xfffe || r == 0xffff {
				return Pos{i + 1, at}
			}
		}
	}
	return Pos{}
}

// plainer words a complaint of the parser as what the author of the file did, at the place where he did it. The parser speaks of the
// first character that no longer fits, often lines further down.
func plainer(lines []string, err error) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	last := len(lines)
	if !e.Pos.IsZero() {
		last = min(last, e.Pos.Line+1)
	}
	for i, line := range lines[:last] {
		if at, what := oddIndent(line); what != "" {
			return &Error{File: e.File, Pos: Pos{i + 1, at}, Msg: what + " indents this line, where YAML takes spaces only"}
		}
		if at := bareTemplate(line); at > 0 {
			return &Error{File: e.File, Pos: Pos{i + 1, at}, Msg: "a value that begins with {{ has to stand in quotes, '…'"}
		}
	}
	if e.Pos.IsZero() {
		return e
	}
	switch {
	case strings.Contains(e.Msg, "must be specified"):
		if at := opened(lines[:min(len(lines), e.Pos.Line)]); !at.IsZero() {
			e.Pos, e.Msg = at, e.Msg+": the bracket that opens here is not closed"
		}
	case e.Msg == "mapping value is not allowed in this context":
		if i := e.Pos.Line; i < len(lines) && keyed(lines[i]) && indent(lines[i]) > indent(lines[i-1]) && keyed(lines[i-1]) {
			e.Pos, e.Msg = Pos{i + 1, indent(lines[i]) + 1}, "this key is indented further than the one before it, which has a value already"
		}
	}
	return e
}

// oddIndent finds a tab, or a space that is none to YAML, in what indents a line.
func oddIndent(line string) (at int, what string) {
	for _, r := range line {
		at++
		switch {
		case r == ' ':
			continue
		case r == '\t':
			if strings.TrimSpace(line) == "" || strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
				return 0, ""
			}
			return at, "a tab"
		case r != '\r' && (unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)):
			return at, "a no-break space or another character that looks like a space"
		}
		return 0, ""
	}
	return 0, ""
}

// bareTemplate gives the column of a value that begins with {{ outside quotes; 0 without one.
func bareTemplate(line string) int {
	for _, before := range []string{": {{", "- {{"} {
		if i := strings.Index(line, before); i >= 0 && !strings.ContainsAny(line[:i], `'"#`) {
			return len([]rune(line[:i])) + 3
		}
	}
	return 0
}

// opened gives the place of the innermost bracket that is still open; brackets in quotes and comments do not count.
func opened(lines []string) Pos {
	var open []Pos
	for i, line := range lines {
		quote, before, at := rune(0), ' ', 0
		for _, r := range line {
			at++
			switch {
			case quote != 0:
				if r == quote {
					quote = 0
				}
			case r == '#' && before == ' ':
				r = '\n'
			case (r == '\'' || r == '"') && strings.ContainsRune(" [{,:", before):
				quote = r
			case r == '[' || r == '{':
				open = append(open, Pos{i + 1, at})
			case (r == ']' || r == '}') && len(open) > 0:
				open = open[:len(open)-1]
			}
			if before = r; r == '\n' {
				break
			}
		}
	}
	if len(open) == 0 {
		return Pos{}
	}
	return open[len(open)-1]
}

func indent(line string) int {
	return len(line) - len(strings.TrimLeft(line, " "))
}

// keyed reports whether a line is a key with its value.
func keyed(line string) bool {
	key, _, found := strings.Cut(strings.TrimSpace(line), ":")
	return found && key != "" && !strings.ContainsAny(key, " #")
}
