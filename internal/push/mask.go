package push

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxShown bounds a value in a plan, in characters.
const maxShown = 160

// show is a value as a plan prints it: JSON, cut, or a mask where it may be a secret.
func show(path string, v any) string {
	if v == nil {
		return ""
	}
	if secretAt(path) && v != "" {
		return "[secret]"
	}
	v = masked(path, v)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprintf("%v", err)
	}
	text := []rune(strings.TrimSpace(b.String()))
	if len(text) > maxShown {
		return string(text[:maxShown]) + "…"
	}
	return string(text)
}

// masked replaces secrets within a value.
func masked(path string, v any) any {
	switch v := v.(type) {
	case rep:
		out := rep{}
		for k, x := range v {
			out[k] = masked(path+"/"+k, x)
		}
		return out
	case []any:
		out := []any{}
		for _, x := range v {
			out = append(out, masked(path, x))
		}
		return out
	case string:
		if secretAt(path) && v != "" {
			return "[secret]"
		}
	}
	return v
}

// secretAt reports whether the member at a path holds a secret.
func secretAt(path string) bool {
	name := strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])
	name = strings.NewReplacer(".", "", "_", "", "-", "").Replace(name)
	for _, word := range []string{"secret", "privatekey", "password", "privatekeypem", "decryptionpvk", "registrationaccesstoken", "encprivatekey", "keypass"} {
		if strings.HasSuffix(name, word) && !strings.HasSuffix(name, "privatekeyid") {
			return true
		}
	}
	return strings.HasPrefix(name, "clientsecret") || strings.Contains(name, "privatekeypass")
}

// stripped is a copy without secrets and without what the server writes by itself; lists of texts and of named objects in one order.
func stripped(o rep) rep {
	if o == nil {
		return nil
	}
	out, _ := strip("", o).(rep)
	return out
}

// volatile are the members that the server writes by itself.
var volatile = map[string]bool{"access": true, "updatedAt": true, "createdAt": true, "configuredSecretPaths": true}

func strip(path string, v any) any {
	switch v := v.(type) {
	case rep:
		out := rep{}
		for k, x := range v {
			if at := path + "/" + k; !secretAt(at) && !volatile[k] {
				out[k] = strip(at, x)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, x := range v {
			out = append(out, strip(path, x))
		}
		if strings.HasSuffix(path, "/rules") { // their order counts
			return out
		}
		slices.SortStableFunc(out, func(a, b any) int { return strings.Compare(key(a), key(b)) })
		return out
	}
	return v
}

func key(v any) string {
	if o, ok := v.(rep); ok {
		return fmt.Sprint(o["name"])
	}
	return fmt.Sprint(v)
}

// same compares two stripped objects; an empty member is as good as none.
func same(a, b rep) bool {
	if (a == nil) != (b == nil) {
		return false
	}
	m := merger{whole: true}
	m.merge("", any(a), any(b))
	return len(m.changes) == 0
}
