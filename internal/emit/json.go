package emit

import (
	"bytes"
	"encoding/json"
)

// object is a JSON object that keeps its order, so that what belongs together stands together.
type object []member

type member struct {
	key   string
	value any
}

// obj makes an object of pairs key, value, key, value.
func obj(pairs ...any) object {
	var o object
	for i := 0; i+1 < len(pairs); i += 2 {
		o = append(o, member{pairs[i].(string), pairs[i+1]})
	}
	return o
}

// with adds members.
func (o object) with(pairs ...any) object { return append(o, obj(pairs...)...) }

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, v := range []any{m.key, m.value} {
			part, err := compact(v)
			if err != nil {
				return nil, err
			}
			b.Write(part)
			if j == 0 {
				b.WriteByte(':')
			}
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// compact is JSON in which <, > and & stay as they are.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// jsonFile is one JSON document, indented by two spaces.
func jsonFile(name string, v any) (File, error) {
	raw, err := compact(v)
	if err != nil {
		return File{}, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return File{}, err
	}
	b.WriteByte('\n')
	return File{Name: name, Body: b.Bytes()}, nil
}

// jsonOutput is an output of JSON documents: pairs of a name and a body.
func jsonOutput(send, notes []string, named ...any) (Output, error) {
	out := Output{Send: send, Notes: notes}
	for i := 0; i+1 < len(named); i += 2 {
		f, err := jsonFile(named[i].(string), named[i+1])
		if err != nil {
			return Output{}, err
		}
		out.Files = append(out.Files, f)
	}
	return out, nil
}
