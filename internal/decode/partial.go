package decode

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Closed gives the part of a document before the place where it stops being XML, with the elements that are open there closed: most
// of what a paste that was cut off says can still be read. nil when there is nothing to read.
func Closed(data []byte) []byte {
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var open []string
	end := int64(0)
	for {
		tok, err := dec.RawToken()
		if err != nil {
			break
		}
		switch t := tok.(type) {
		case xml.StartElement:
			name := t.Name.Local
			if t.Name.Space != "" {
				name = t.Name.Space + ":" + name
			}
			open = append(open, name)
		case xml.EndElement:
			if len(open) == 0 {
				return nil
			}
			open = open[:len(open)-1]
		case xml.CharData: // it may be cut, and half a value is a wrong one
			continue
		}
		end = dec.InputOffset()
	}
	if end == 0 || len(open) == 0 {
		return nil
	}
	out := slices.Clone(data[:end])
	for _, name := range slices.Backward(open) {
		out = append(out, "</"+name+">"...)
	}
	if _, err := xmltree.Parse("", out); err != nil {
		return nil
	}
	return out
}

// Partial summarises what can be read of a message that does not parse as a whole, from what Closed gave, redacted. Nothing in it is
// judged.
func Partial(c *check.Case, m evidence.Message) report.Rows {
	doc, err := xmltree.Parse("", m.XML)
	if err != nil {
		return nil
	}
	part := &check.Message{Message: &m, Doc: doc, Response: samldoc.ParseResponse(doc), Request: samldoc.ParseRequest(doc), Logout: samldoc.ParseLogout(doc)}
	rows := Message(c, part, "").Summary
	rows = slices.DeleteFunc(rows, func(r report.Row) bool { // what is not there may have been cut off
		return r.Key == "signature" || r.Value == "none"
	})
	for i := range rows {
		rows[i] = report.Row{Key: rows[i].Key, Value: rows[i].Value, More: rows[i].More}
	}
	return rows
}
