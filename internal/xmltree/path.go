package xmltree

import (
	"strconv"
	"strings"
)

// number notes of each child element which one of its name it is. It is done once, when the element ends, so that naming all elements
// of a large aggregate takes no longer than reading it.
func (e *Element) number() {
	type name struct{ prefix, local string }
	var last *Element // most siblings of a name follow each other
	var of map[name]*Element
	for i := range e.Children {
		c := e.Children[i].Element
		if c == nil {
			continue
		}
		if last == nil {
			last = c
			continue
		}
		before := last
		if c.Local != last.Local || c.Prefix != last.Prefix {
			if of == nil {
				of = map[name]*Element{}
			}
			of[name{last.Prefix, last.Local}] = last
			before = of[name{c.Prefix, c.Local}]
		}
		if before != nil {
			before.nth = max(before.nth, 1)
			c.nth = before.nth + 1
		}
		last = c
	}
}

// Path names the element: "/md:EntityDescriptor/md:IDPSSODescriptor/md:KeyDescriptor[2]". A number stands where siblings share the name.
func (e *Element) Path() string {
	if e == nil {
		return ""
	}
	var up []*Element
	for ; e != nil; e = e.Parent {
		up = append(up, e)
	}
	var b strings.Builder
	for i := len(up) - 1; i >= 0; i-- {
		b.WriteByte('/')
		b.WriteString(up[i].Name())
		if up[i].nth > 0 {
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(up[i].nth))
			b.WriteByte(']')
		}
	}
	return b.String()
}

// At finds the element that Path named, or nil. What names an attribute of an element finds the element.
func (d *Doc) At(path string) *Element {
	steps := strings.Split(strings.Trim(path, "/"), "/")
	if d == nil || d.Root == nil || steps[0] != d.Root.Name() {
		return nil
	}
	found := d.Root
	for _, step := range steps[1:] {
		if strings.HasPrefix(step, "@") {
			break
		}
		if found = found.step(step); found == nil {
			return nil
		}
	}
	return found
}

// step finds the child of one step of a path: a name, and its number among those of that name.
func (e *Element) step(step string) *Element {
	name, index, numbered := strings.Cut(strings.TrimSuffix(step, "]"), "[")
	want := 1
	if n, err := strconv.Atoi(index); numbered && err == nil {
		want = n
	}
	for i := range e.Children {
		if c := e.Children[i].Element; c != nil && max(c.nth, 1) == want && c.named(name) {
			return c
		}
	}
	return nil
}

// named reports whether the element's name as written is this one.
func (e *Element) named(name string) bool {
	if e.Prefix == "" {
		return e.Local == name
	}
	prefix, local, _ := strings.Cut(name, ":")
	return e.Prefix == prefix && e.Local == local
}
