package source

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Problem is one way in which a document does not fit the type it is decoded into.
type Problem struct {
	Path string // JSON pointer to the value
	Pos  Pos
	Kind ProblemKind
	Key  string // the unknown or doubled key
	Near string // the known key that was probably meant; may be empty
	Got  string // what stands there
	Want string // what would fit
}

// ProblemKind tells problems apart.
type ProblemKind int

const (
	UnknownKey ProblemKind = iota
	DoubledKey
	WrongType
	WrongValue
)

// Message is the sentence for a finding.
func (p Problem) Message() string {
	switch p.Kind {
	case UnknownKey:
		if p.Near != "" {
			return fmt.Sprintf("unknown key %q (did you mean %q?)", p.Key, p.Near)
		}
		return fmt.Sprintf("unknown key %q; known here: %s", p.Key, p.Want)
	case DoubledKey:
		return fmt.Sprintf("key %q stands here twice; the first is at %s", p.Key, p.Want)
	case WrongType:
		return fmt.Sprintf("%s is %s, expected %s", p.Path, p.Got, p.Want)
	}
	return fmt.Sprintf("%s is %q, expected %s", p.Path, p.Got, p.Want)
}

// Decode fills the struct that into points at from a mapping. Fields are named by their yaml tag; a field of type *Node takes
// whatever stands there. It never stops early: what does not fit is left zero and reported. A tag option oneof=a|b limits a
// text's values.
func Decode(n *Node, path string, into any) []Problem {
	d := decoder{}
	d.value(n, path, reflect.ValueOf(into).Elem(), "")
	return d.problems
}

// NodeDecoder is a type that reads its own node. It returns what it expects when the node does not fit, "" otherwise.
type NodeDecoder interface{ DecodeNode(*Node) string }

type decoder struct{ problems []Problem }

func (d *decoder) add(p Problem) { d.problems = append(d.problems, p) }

func (d *decoder) wrong(n *Node, path, want string) {
	got := n.Type.String()
	if n.Type != List && n.Type != Map && n.Type != Null {
		got = fmt.Sprintf("%s (%s)", n.Type, short(n.Text))
	}
	d.add(Problem{Path: path, Pos: n.Pos, Kind: WrongType, Got: got, Want: want})
}

// short keeps values in messages readable.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return strconv.Quote(string(r[:57]) + "…")
	}
	return strconv.Quote(s)
}

var nodeType = reflect.TypeFor[*Node]()

func (d *decoder) value(n *Node, path string, v reflect.Value, oneOf string) {
	if n == nil || n.Type == Null {
		return
	}
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(n))
		return
	}
	if hook, ok := v.Addr().Interface().(NodeDecoder); ok {
		if want := hook.DecodeNode(n); want != "" {
			d.wrong(n, path, want)
		}
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		v.Set(reflect.ValueOf(n.Any()))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, path, v.Elem(), oneOf)
	case reflect.Struct:
		if n.Type != Map {
			d.wrong(n, path, "a mapping")
			return
		}
		d.structure(n, path, v)
	case reflect.Slice:
		d.list(n, path, v, oneOf)
	case reflect.Map:
		d.mapping(n, path, v)
	default:
		d.scalar(n, path, v, oneOf)
	}
}

func (d *decoder) list(n *Node, path string, v reflect.Value, oneOf string) {
	if n.Type != List {
		d.wrong(n, path, "a list")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		d.value(item, path+"/"+strconv.Itoa(i), out.Index(i), oneOf)
	}
	v.Set(out)
}

func (d *decoder) mapping(n *Node, path string, v reflect.Value) {
	if n.Type != Map {
		d.wrong(n, path, "a mapping")
		return
	}
	d.doubled(n, path)
	out := reflect.MakeMapWithSize(v.Type(), len(n.Members))
	for _, m := range n.Members {
		item := reflect.New(v.Type().Elem()).Elem() // addressable, unlike a map's element
		d.value(m.Value, path+"/"+Escape(m.Key), item, "")
		out.SetMapIndex(reflect.ValueOf(m.Key), item)
	}
	v.Set(out)
}

func (d *decoder) scalar(n *Node, path string, v reflect.Value, oneOf string) {
	switch v.Kind() {
	case reflect.String:
		if n.Type == List || n.Type == Map {
			d.wrong(n, path, "a text")
			return
		}
		if oneOf != "" && !contains(strings.Split(oneOf, "|"), n.Text) {
			near := Nearest(n.Text, strings.Split(oneOf, "|"))
			want := "one of " + strings.ReplaceAll(oneOf, "|", ", ")
			if near != "" {
				want += fmt.Sprintf(" (did you mean %q?)", near)
			}
			d.add(Problem{Path: path, Pos: n.Pos, Kind: WrongValue, Got: n.Text, Near: near, Want: want})
			return
		}
		v.SetString(n.Text)
	case reflect.Bool:
		if n.Type != Bool {
			d.wrong(n, path, "true or false")
			return
		}
		v.SetBool(n.Text == "true")
	case reflect.Int:
		i, err := strconv.ParseInt(strings.ReplaceAll(n.Text, "_", ""), 0, 64)
		if n.Type != Number || err != nil {
			d.wrong(n, path, "a whole number")
			return
		}
		v.SetInt(i)
	default:
		panic("source.Decode: unsupported field of type " + v.Type().String())
	}
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

func (d *decoder) structure(n *Node, path string, v reflect.Value) {
	d.doubled(n, path)
	fields := Fields(v.Type())
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	for _, m := range n.Members {
		i := indexOf(fields, m.Key)
		if i < 0 {
			d.add(Problem{Path: path + "/" + Escape(m.Key), Pos: m.KeyPos, Kind: UnknownKey, Key: m.Key,
				Near: Nearest(m.Key, names), Want: strings.Join(names, ", ")})
			continue
		}
		if m.Again || m.Merged && n.Member(m.Key) != m.Value {
			continue
		}
		d.value(m.Value, path+"/"+Escape(m.Key), v.FieldByIndex(fields[i].Index), fields[i].OneOf)
	}
}

func indexOf(fields []FieldInfo, name string) int {
	for i, f := range fields {
		if f.Name == name {
			return i
		}
	}
	return -1
}

func (d *decoder) doubled(n *Node, path string) {
	seen := map[string]Pos{}
	for _, m := range n.Members {
		if m.Merged {
			continue
		}
		if first, ok := seen[m.Key]; ok {
			d.add(Problem{Path: path + "/" + Escape(m.Key), Pos: m.KeyPos, Kind: DoubledKey, Key: m.Key,
				Want: LineOf(first)})
			continue
		}
		seen[m.Key] = m.KeyPos
	}
}

// LineOf words the place of the first of two equal keys.
func LineOf(p Pos) string { return fmt.Sprintf("line %d", p.Line) }

// FieldInfo describes one key that a struct takes.
type FieldInfo struct {
	Name  string
	OneOf string
	Index []int
}

// Fields lists the keys that a struct type takes, in order; fields without a yaml tag and those tagged "-" are left out,
// inlined structs are taken apart.
func Fields(t reflect.Type) []FieldInfo {
	var out []FieldInfo
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("yaml")
		name, options, _ := strings.Cut(tag, ",")
		if options == "inline" {
			for _, inner := range Fields(f.Type) {
				inner.Index = append([]int{i}, inner.Index...)
				out = append(out, inner)
			}
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		out = append(out, FieldInfo{Name: name, OneOf: f.Tag.Get("oneof"), Index: []int{i}})
	}
	return out
}
