package source

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// ParseYAML parses one YAML document with places. Doubled keys are kept for the caller to report; aliases share the node
// they name, so that an alias bomb costs nothing. Several documents, nesting deeper than 64 and unknown aliases are errors.
func ParseYAML(file string, b []byte) (doc *Doc, err error) {
	// The parser is not ours and has met texts before that made it panic.
	defer func() {
		if p := recover(); p != nil {
			doc, err = nil, &Error{File: file, Msg: fmt.Sprintf("the YAML parser broke down: %v", p)}
		}
	}()
	if problem := textProblem(b); problem != "" {
		return nil, &Error{File: file, Msg: problem}
	}
	doc = &Doc{File: file, Raw: b, lines: splitLines(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))}
	text := strings.Join(doc.lines, "\n")
	if n := strings.Count(text, "\n") + strings.Count(text, ",") + strings.Count(text, ":") + strings.Count(text, "["); n > maxValues {
		return nil, &Error{File: file, Msg: fmt.Sprintf("more than %d values", maxValues)}
	}
	if pos := control(doc.lines); !pos.IsZero() {
		return nil, &Error{File: file, Pos: pos, Msg: "a control character, which YAML does not allow, stands here"}
	}
	tokens := untagged(lexer.Tokenize(text), doc.lines)
	if err := tooDeep(file, tokens, doc.lines); err != nil {
		return nil, err
	}
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, plainer(doc.lines, yamlError(file, err))
	}
	var body ast.Node
	for _, d := range tree.Docs {
		if d.Body == nil || d.Body.Type() == ast.CommentType || d.Body.Type() == ast.DirectiveType {
			continue
		}
		if body != nil {
			c := &yamlConverter{file: file, anchors: map[string]*Node{}}
			return nil, &Error{File: file, Pos: c.node(d.Body, 0).Pos, Msg: "the file holds more than one YAML document"}
		}
		body = d.Body
	}
	if body == nil {
		doc.Root = &Node{Type: Null, Pos: Pos{1, 1}}
		return doc, nil
	}
	c := &yamlConverter{file: file, anchors: map[string]*Node{}}
	doc.Root = c.node(body, 0)
	if c.err != nil {
		return nil, c.err
	}
	return doc, nil
}

// tooDeep refuses nesting that would exhaust the parser, which recurses: by brackets, by lists begun in one line, by
// indentation.
func tooDeep(file string, tokens token.Tokens, lines []string) error {
	depth, dashes, dashLine := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			if t.Position.Line != dashLine {
				dashes, dashLine = 0, t.Position.Line
			}
			dashes++
		}
		if depth > maxDepth || dashes > maxDepth {
			return &Error{File: file, Pos: tokenPos(t), Msg: fmt.Sprintf("nested deeper than %d", maxDepth)}
		}
	}
	var open []int
	for i, line := range lines {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if indent == len(line) {
			continue
		}
		for len(open) > 0 && open[len(open)-1] >= indent {
			open = open[:len(open)-1]
		}
		open = append(open, indent)
		if len(open) > 2*maxDepth {
			return &Error{File: file, Pos: Pos{i + 1, indent + 1}, Msg: fmt.Sprintf("nested deeper than %d", maxDepth)}
		}
	}
	return nil
}

func tokenPos(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{}
	}
	return Pos{t.Position.Line, t.Position.Column}
}

func yamlError(file string, err error) error {
	var located interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &located) {
		return &Error{File: file, Pos: tokenPos(located.GetToken()), Msg: located.GetMessage()}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return &Error{File: file, Msg: first}
}

type yamlConverter struct {
	file    string
	anchors map[string]*Node
	merged  int
	err     error
}

// maxMerged bounds what merge keys may copy: they are the one thing that multiplies in a tree of shared nodes.
const maxMerged = 1000

func (c *yamlConverter) fail(t *token.Token, msg string) {
	if c.err == nil {
		c.err = &Error{File: c.file, Pos: tokenPos(t), Msg: msg}
	}
}

func (c *yamlConverter) node(n ast.Node, depth int) *Node {
	if depth > 2*maxDepth {
		c.fail(n.GetToken(), fmt.Sprintf("nested deeper than %d", maxDepth))
	}
	if c.err != nil {
		return &Node{}
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		return c.mapping(v.Values, v.GetToken(), v.IsFlowStyle, depth)
	case *ast.MappingValueNode:
		return c.mapping([]*ast.MappingValueNode{v}, keyToken(v.Key), false, depth)
	case *ast.SequenceNode:
		out := &Node{Type: List, Pos: tokenPos(v.Start)}
		for _, item := range v.Values {
			out.Items = append(out.Items, c.node(item, depth+1))
		}
		return out
	case *ast.AnchorNode:
		out := c.node(v.Value, depth+1)
		c.anchors[v.Name.GetToken().Value] = out
		return out
	case *ast.AliasNode:
		name := v.Value.GetToken().Value
		if target, ok := c.anchors[name]; ok {
			return target
		}
		c.fail(v.GetToken(), fmt.Sprintf("unknown alias %q", "*"+name))
		return &Node{}
	case *ast.TagNode:
		if v.Value == nil {
			return &Node{Type: Null, Pos: tokenPos(v.GetToken())}
		}
		return c.node(v.Value, depth+1)
	}
	return c.scalar(n)
}

func (c *yamlConverter) mapping(values []*ast.MappingValueNode, first *token.Token, flow bool, depth int) *Node {
	out := &Node{Type: Map, Pos: tokenPos(first)}
	if !flow && len(values) > 0 {
		out.Pos = tokenPos(keyToken(values[0].Key))
	}
	for _, v := range values {
		value := c.node(v.Value, depth+1)
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			c.merge(out, value)
			continue
		}
		key := keyToken(v.Key)
		if value.Type == Null && (value.Pos.IsZero() || implicit(v.Value)) {
			value.Pos, value.Len = tokenPos(key), utf8.RuneCountInString(strings.TrimSpace(key.Origin))
		}
		twice := slices.ContainsFunc(out.Members, func(m Member) bool { return m.Key == key.Value && !m.Merged })
		out.Members = append(out.Members, Member{Key: key.Value, KeyPos: tokenPos(key), Value: value, Again: twice})
	}
	return out
}

// keyToken is the token of a key itself, also where a question mark stands before it.
func keyToken(key ast.MapKeyNode) *token.Token {
	if k, ok := key.(*ast.MappingKeyNode); ok && k.Value != nil {
		return k.Value.GetToken()
	}
	return key.GetToken()
}

// implicit reports whether a null stands for a value that nobody wrote.
func implicit(n ast.Node) bool {
	t := n.GetToken()
	return t == nil || t.Type == token.ImplicitNullType
}

// merge takes over the members of a merge key's mapping, or of each mapping in its list.
func (c *yamlConverter) merge(into, from *Node) {
	switch from.Type {
	case Map:
		if c.merged += len(from.Members); c.merged > maxMerged {
			c.fail(nil, fmt.Sprintf("merge keys copy more than %d members", maxMerged))
			return
		}
		for _, m := range from.Members {
			m.Merged = true
			into.Members = append(into.Members, m)
		}
	case List:
		for _, item := range from.Items {
			if item.Type == Map {
				c.merge(into, item)
			}
		}
	}
}

func (c *yamlConverter) scalar(n ast.Node) *Node {
	t := n.GetToken()
	out := &Node{Type: String, Pos: tokenPos(t), Text: t.Value}
	switch v := n.(type) {
	case *ast.NullNode:
		out.Type, out.Text = Null, ""
	case *ast.BoolNode:
		out.Type, out.Text = Bool, strconv.FormatBool(v.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.Type = Number
	case *ast.LiteralNode:
		out.Text, out.Quoted = v.Value.Value, true
		out.Pos = tokenPos(v.Start)
		return out
	case *ast.StringNode:
		out.Quoted = t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
	}
	// A no-break space belongs to the value.
	if origin := strings.Trim(t.Origin, " \t\r\n"); !strings.Contains(origin, "\n") {
		out.Len = utf8.RuneCountInString(origin)
	}
	return out
}
