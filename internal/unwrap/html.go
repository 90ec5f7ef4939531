package unwrap

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxPage bounds the readable text that is kept of a page, in bytes.
const maxPage = 4 << 10

// maxForms bounds the forms of one page that are opened.
const maxForms = 100

// webPage is what is read of an HTML page.
type webPage struct {
	title string
	base  string // of <base href>, against which the addresses of the page count
	text  string // readable text, white space collapsed, a line for each block
	forms []webForm
}

type webForm struct {
	action, method string
	fields         []pair
	stray          bool // fields that stand in no form
}

// readPage reads HTML as forgivingly as a browser does. Fields outside any form are collected in a form without action.
func readPage(data []byte) webPage {
	var w webPage
	var text strings.Builder
	stray := webForm{stray: true}
	inForm, mute, titled := false, 0, false
	z := html.NewTokenizer(bytes.NewReader(data))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		switch kind {
		case html.TextToken:
			t := string(z.Text())
			switch {
			case titled:
				w.title = strings.Join(strings.Fields(t), " ")
			case mute == 0 && text.Len() < 4*maxPage:
				text.WriteString(strings.Join(strings.FieldsFunc(t, lineBreak), " "))
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			t := z.Token()
			open := kind == html.StartTagToken
			switch t.DataAtom {
			case atom.Title:
				titled = open
			case atom.Noscript:
				z.NextIsNotRawText() // browsers without scripts read it, and it often holds the button of a form
			case atom.Script, atom.Style, atom.Template, atom.Svg:
				if open {
					mute++
				} else if kind == html.EndTagToken {
					mute = max(0, mute-1)
				}
			case atom.Base:
				if w.base == "" {
					w.base = attr(t, "href")
				}
			case atom.Form:
				if inForm = kind != html.EndTagToken; inForm {
					w.forms = append(w.forms, webForm{action: attr(t, "action"), method: strings.ToUpper(attr(t, "method"))})
				}
			case atom.Input, atom.Textarea, atom.Button:
				if name := attr(t, "name"); (name != "" || fieldKind(t) == "submit") && kind != html.EndTagToken {
					f := &stray
					if inForm {
						f = &w.forms[len(w.forms)-1]
					}
					f.fields = append(f.fields, pair{name: name, value: attr(t, "value"), raw: attr(t, "value"), kind: fieldKind(t), checked: has(t, "checked")})
				}
			}
			if !inline[t.DataAtom] && text.Len() < 4*maxPage {
				text.WriteByte('\n')
			}
		}
	}
	if len(stray.fields) > 0 {
		w.forms = append(w.forms, stray)
	}
	w.text = tidy(text.String())
	return w
}

// fieldKind is the type of an input or button as a browser takes it.
func fieldKind(t html.Token) string {
	kind := strings.ToLower(attr(t, "type"))
	switch {
	case t.DataAtom == atom.Textarea:
		return "textarea"
	case t.DataAtom == atom.Button && kind == "":
		return "submit"
	case kind == "":
		return "text"
	}
	return kind
}

func has(t html.Token, name string) bool {
	for _, a := range t.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// Page is what can be read of an HTML page without running its scripts.
type Page struct {
	Title string
	Base  string // of <base href> as written: what the actions of the forms are relative to; "" when it is the page itself
	Text  string // a line for each block, at most 4 KiB
	Forms []PageForm
}

// PageForm is a form with its fields, buttons included, in their order.
type PageForm struct {
	Action, Method string // as written; the method in capitals, "" when there is none
	Fields         []Field
}

// Field is an input, text area or button.
type Field struct {
	Name, Value string
	Type        string // of an input, in lower case; "submit" for a button that sends the form
	Checked     bool
}

// ReadPage reads an HTML page as forgivingly as a browser does. Fields outside any form are left out.
func ReadPage(data []byte) Page {
	w := readPage(data)
	out := Page{Title: w.title, Base: w.base, Text: w.text}
	for _, f := range w.forms[:min(len(w.forms), maxForms)] {
		if f.stray {
			continue
		}
		form := PageForm{Action: f.action, Method: f.method}
		for _, p := range f.fields {
			form.Fields = append(form.Fields, Field{Name: p.name, Value: p.value, Type: p.kind, Checked: p.checked})
		}
		out.Forms = append(out.Forms, form)
	}
	return out
}

func lineBreak(c rune) bool { return c == '\n' || c == '\r' }

// inline elements do not end a line of text.
var inline = map[atom.Atom]bool{atom.A: true, atom.B: true, atom.I: true, atom.Em: true, atom.Strong: true, atom.Span: true, atom.Code: true, atom.Small: true, atom.U: true}

func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// tidy collapses white space, drops empty lines and cuts at maxPage, not inside a character.
func tidy(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	out := strings.Join(lines, "\n")
	if len(out) > maxPage {
		out = strings.ToValidUTF8(out[:maxPage], "") + " …"
	}
	return out
}

// page opens a web page: the forms that carry messages, else addresses and messages in its scripts.
func (o *opener) page(p piece) bool {
	found := false
	forms := readPage(p.data).forms
	for _, f := range forms[:min(len(forms), maxForms)] {
		found = o.webForm(p, f) || found
	}
	if found {
		return true
	}
	if p.quiet {
		return false
	}
	return o.search(p)
}

func (o *opener) webForm(p piece, f webForm) bool {
	if !carries(f.fields) {
		return false
	}
	in := p.within(p.data, "HTML form")
	if p.whole {
		in.doc.Pos = o.at(p.off)
	}
	form := &Form{Action: f.action, Method: f.method}
	for _, field := range f.fields {
		if field.name != "" {
			form.Fields = append(form.Fields, field.name)
		}
	}
	in.doc.Form, in.doc.URL, in.doc.Method = form, f.action, f.method
	if f.method == "" {
		in.doc.Method = "GET" // what a browser makes of a form without a method
	}
	return o.carried(in, f.fields, fromForm)
}

// Mishap reports whether a page is headed as an error: it may come with status 200, and with a form to choose a language or to report the
// error.
func (p Page) Mishap() bool {
	title := strings.ToLower(p.Title)
	return slices.ContainsFunc([]string{"error", "exception", "fehler", "erreur", "something went wrong", "metadata not found", "missing cookie", "cookies disabled"}, func(w string) bool { return strings.Contains(title, w) })
}
