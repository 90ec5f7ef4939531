// Package oidcdoc parses OIDC documents (discovery, key sets, callback URLs) without judging them: what does not fit is
// kept and described, so that rules can name every fault at once.
package oidcdoc

import (
	"github.com/ssoctl/ssoctl/internal/source"
)

// Discovery is a provider's metadata document (OIDC Discovery §3, RFC 8414 §2).
type Discovery struct {
	Doc *source.Doc
}

// ParseDiscovery parses a document. The error is a *source.Error when the text is no JSON value; a value that is no object is
// accepted here (Object tells).
func ParseDiscovery(name string, b []byte) (*Discovery, error) {
	doc, err := source.ParseJSON(name, b)
	if err != nil {
		return nil, err
	}
	return &Discovery{Doc: doc}, nil
}

// Object reports whether the document is a JSON object.
func (d *Discovery) Object() bool { return d != nil && d.Doc.Root.Type == source.Map }

// Member gives a member's value, nil when absent. JSON null counts as absent.
func (d *Discovery) Member(name string) *source.Node {
	if d == nil {
		return nil
	}
	n := d.Doc.Root.Member(name)
	if n == nil || n.Type == source.Null {
		return nil
	}
	return n
}

// Str gives a member that is a text, "" otherwise.
func (d *Discovery) Str(name string) string {
	if n := d.Member(name); n != nil && n.Type == source.String {
		return n.Text
	}
	return ""
}

// List gives the texts of a member that is a list, and whether the member is there as a list of texts.
func (d *Discovery) List(name string) (items []string, ok bool) {
	n := d.Member(name)
	if n == nil || n.Type != source.List {
		return nil, false
	}
	for _, item := range n.Items {
		if item.Type != source.String {
			return items, false
		}
		items = append(items, item.Text)
	}
	return items, true
}

// True reports whether a member is the boolean true.
func (d *Discovery) True(name string) bool {
	n := d.Member(name)
	return n != nil && n.Type == source.Bool && n.Text == "true"
}

// Issuer gives the issuer member.
func (d *Discovery) Issuer() string { return d.Str("issuer") }
