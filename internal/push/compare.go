package push

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// rules say how an API's lists are compared, by the name of the member.
type rules struct {
	open  []string // lists without order that may hold more than the connection needs
	sets  []string // lists without order that hold just what is desired
	named []string // lists of objects that have a name, or a part of their own; may hold more
	mute  []string // members that the server keeps to itself or never shows: not compared
}

// merger makes the next state of an object: what is there, with what is desired.
type merger struct {
	rules   rules
	prune   bool // also take away what is there beside the desired
	whole   bool // the desired state is the whole: a member that it lacks has to go
	changes []Change
	kept    []string
}

// merge gives the next value at a path and notes the changes. now is nil when there is nothing yet.
func (m *merger) merge(path string, now, want any) any {
	name := path[strings.LastIndexByte(path, '/')+1:]
	switch w := want.(type) {
	case rep:
		have, _ := now.(rep)
		return m.object(path, have, w)
	case []any:
		have, _ := now.([]any)
		switch {
		case slices.Contains(m.rules.named, name):
			return m.named(path, have, w)
		case slices.Contains(m.rules.open, name):
			return m.set(path, have, w, m.prune)
		case slices.Contains(m.rules.sets, name):
			return m.set(path, have, w, true)
		}
	}
	if alike(now, want) {
		if now == nil {
			return want
		}
		return now
	}
	m.note(path, now, want)
	return want
}

func (m *merger) object(path string, now, want rep) rep {
	next := maps.Clone(now)
	if next == nil {
		next = rep{}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if slices.Contains(m.rules.mute, key) {
			next[key] = want[key]
			continue
		}
		next[key] = m.merge(path+"/"+key, now[key], want[key])
	}
	if !m.whole {
		return next
	}
	for _, key := range slices.Sorted(maps.Keys(now)) {
		if _, ok := want[key]; ok || slices.Contains(m.rules.mute, key) {
			continue
		}
		delete(next, key)
		if !alike(now[key], nil) {
			m.note(path+"/"+key, now[key], nil)
		}
	}
	return next
}

// set compares lists without order.
func (m *merger) set(path string, now, want []any, exact bool) []any {
	next := []any{}
	for _, v := range now {
		switch {
		case slices.ContainsFunc(want, func(w any) bool { return reflect.DeepEqual(v, w) }):
			next = append(next, v)
		case exact:
			m.note(path, v, nil)
		default:
			next = append(next, v)
			m.kept = append(m.kept, strings.TrimPrefix(path, "/")+" "+show(path, v))
		}
	}
	for _, w := range want {
		if !slices.ContainsFunc(now, func(v any) bool { return reflect.DeepEqual(v, w) }) {
			next = append(next, w)
			m.note(path, nil, w)
		}
	}
	return next
}

// named compares lists of objects that are told apart by their name.
func (m *merger) named(path string, now, want []any) []any {
	label := func(v any) string { o, _ := v.(rep); s, _ := o["name"].(string); return s }
	find := func(in []any, name string) any {
		for _, v := range in {
			if label(v) == name {
				return v
			}
		}
		return nil
	}
	next := []any{}
	for _, v := range now {
		switch w := find(want, label(v)); {
		case w != nil:
			next = append(next, m.merge(path+"/"+label(v), v, w))
		case m.prune:
			m.note(path+"/"+label(v), label(v), nil)
		default:
			next = append(next, v)
			m.kept = append(m.kept, strings.TrimPrefix(path, "/")+"/"+label(v))
		}
	}
	for _, w := range want {
		if find(now, label(w)) == nil {
			next = append(next, m.merge(path+"/"+label(w), nil, w))
		}
	}
	return next
}

func (m *merger) note(path string, old, new any) {
	m.changes = append(m.changes, Change{Path: strings.TrimPrefix(path, "/"), Old: show(path, old), New: show(path, new)})
}

// alike takes what is not there for what is empty or off.
func alike(a, b any) bool {
	return reflect.DeepEqual(a, b) || empty(a) && empty(b)
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == "" || v == "false"
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case rep:
		return len(v) == 0
	}
	return false
}

// object reads a JSON object.
func object(b []byte) (rep, error) {
	var o rep
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, fmt.Errorf("null")
	}
	return o, nil
}

// open finds a place that the emitted file marks as not known.
func open(v any, path string) string {
	switch v := v.(type) {
	case rep:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if at := open(v[k], strings.TrimPrefix(path+"/"+k, "/")); at != "" {
				return at
			}
		}
	case []any:
		for _, x := range v {
			if at := open(x, path); at != "" {
				return at
			}
		}
	case string:
		if strings.Contains(v, "‹") {
			return path
		}
	}
	return ""
}
