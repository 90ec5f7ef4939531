package unwrap

import (
	"bytes"
	"encoding/json"

	"github.com/ssoctl/ssoctl/internal/source"
)

// marshal writes a node as JSON again, members in their order, doubled ones included.
func marshal(n *source.Node) []byte {
	var b bytes.Buffer
	write(&b, n)
	return b.Bytes()
}

func write(b *bytes.Buffer, n *source.Node) {
	switch n.Type {
	case source.Map:
		b.WriteByte('{')
		for i, m := range n.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(text(m.Key))
			b.WriteByte(':')
			write(b, m.Value)
		}
		b.WriteByte('}')
	case source.List:
		b.WriteByte('[')
		for i, item := range n.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, item)
		}
		b.WriteByte(']')
	case source.String:
		b.Write(text(n.Text))
	default:
		b.WriteString(n.Text)
	}
}

// text writes a JSON string without escaping what only HTML minds.
func text(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil {
		return []byte(`""`)
	}
	return bytes.TrimSpace(b.Bytes())
}
