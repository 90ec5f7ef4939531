package emit

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// hclBlock is a block of Terraform's language: `resource "type" "name" { … }`. Body holds hclAttr, hclComment and *hclBlock.
type hclBlock struct {
	head string
	body []any
}

// hclAttr is one argument; value is an expression as it is written.
type hclAttr struct{ name, value string }

// hclComment is a line of comment.
type hclComment string

// block begins a block; its labels are quoted.
func block(kind string, labels ...string) *hclBlock {
	for _, l := range labels {
		kind += " " + strconv.Quote(l)
	}
	return &hclBlock{head: kind}
}

// attr adds an argument. Values are strings, booleans, numbers, lists of strings, maps of strings in pairs, or raw expressions.
func (b *hclBlock) attr(name string, value any) *hclBlock {
	b.body = append(b.body, hclAttr{name, hclValue(value)})
	return b
}

// add puts a block or comment into the body.
func (b *hclBlock) add(part any) *hclBlock {
	b.body = append(b.body, part)
	return b
}

// raw is an expression that is written as it stands: a reference, a call.
type raw string

func hclValue(v any) string {
	switch v := v.(type) {
	case raw:
		return string(v)
	case string:
		return hclString(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case []string:
		var parts []string
		for _, s := range v {
			parts = append(parts, hclString(s))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []claimPair:
		var parts []string
		for _, p := range v {
			parts = append(parts, fmt.Sprintf("%s = %s", hclString(p.key), hclString(p.value)))
		}
		if len(parts) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	panic(fmt.Sprintf("emit: no HCL for %T", v)) // a mistake of a writer, and every writer is tested
}

type claimPair struct{ key, value string }

// hclString quotes a text; ${ and %{ begin templates and are doubled.
func hclString(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", "$${", "%{", "%%{").Replace(s)
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if unicode.IsControl(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// write prints the block, arguments aligned as `terraform fmt` has them.
func (b *hclBlock) write(out *strings.Builder, indent string) {
	fmt.Fprintf(out, "%s%s {\n", indent, b.head)
	inner := indent + "  "
	for i := 0; i < len(b.body); {
		switch part := b.body[i].(type) {
		case hclComment:
			fmt.Fprintf(out, "%s# %s\n", inner, part)
			i++
		case *hclBlock:
			if i > 0 {
				out.WriteByte('\n')
			}
			part.write(out, inner)
			i++
		case hclAttr:
			n, width := i, 0
			for ; n < len(b.body); n++ {
				a, ok := b.body[n].(hclAttr)
				if !ok {
					break
				}
				width = max(width, len(a.name))
			}
			for ; i < n; i++ {
				a := b.body[i].(hclAttr)
				fmt.Fprintf(out, "%s%-*s = %s\n", inner, width, a.name, a.value)
			}
		}
	}
	fmt.Fprintf(out, "%s}\n", indent)
}

// terraform is a module of one file: the provider that it needs and the blocks.
func terraform(name, local, source string, notes []string, blocks ...*hclBlock) Output {
	var b strings.Builder
	b.WriteString("terraform {\n  required_providers {\n")
	fmt.Fprintf(&b, "    %s = { source = %q }\n  }\n}\n", local, source)
	for _, block := range blocks {
		b.WriteByte('\n')
		block.write(&b, "")
	}
	return Output{Files: []File{{Name: name, Body: []byte(b.String())}}, Notes: notes}
}

// sensitiveOutput hands a value out without showing it.
func sensitiveOutput(name, value string) *hclBlock {
	return block("output", name).attr("value", raw(value)).attr("sensitive", true)
}

// sensitiveVariable takes a secret in.
func sensitiveVariable(name string) *hclBlock {
	return block("variable", name).attr("type", raw("string")).attr("sensitive", true)
}
