package unwrap

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Unknown is the error of Open: nothing was recognised.
type Unknown struct {
	Name  string // of the source
	Looks string // what it looks like
	Paste string // what to paste instead
}

// Error words it in one sentence.
func (e *Unknown) Error() string {
	s := "not recognised: this looks like " + e.Looks
	if e.Name != "" {
		s = e.Name + ": " + s
	}
	if e.Paste != "" {
		s += "; " + e.Paste
	}
	return s
}

const (
	pasteValue   = "paste the value of SAMLResponse or SAMLRequest, a token, an address, or a HAR"
	pasteNetwork = "in the browser's developer tools › Network, copy the request that carried the message (Copy as cURL), or save all as HAR"
)

// magics are the beginnings of files that people take for what they are not.
var magics = []struct{ begins, looks, paste string }{
	{"PK\x03\x04", "a zip archive", "unpack it and give the file in it"},
	{"\x1f\x8b", "a gzip file", "unpack it and give the file in it"},
	{"\x89PNG", "a picture (PNG)", "a screenshot cannot be read; " + pasteNetwork},
	{"\xff\xd8\xff", "a picture (JPEG)", "a screenshot cannot be read; " + pasteNetwork},
	{"GIF8", "a picture (GIF)", "a screenshot cannot be read; " + pasteNetwork},
	{"%PDF", "a PDF", "copy the text out of it"},
	{"{\\rtf", "a document in rich text (RTF)", "copy the text out of it"},
	{"\xd0\xcf\x11\xe0", "an older Office document", "copy the text out of it"},
	{"7z\xbc\xaf", "a 7z archive", "unpack it and give the file in it"},
	{"BZh", "a bzip2 file", "unpack it and give the file in it"},
	{"\xfe\xed\xfe\xed", "a Java key store", "export the certificate: keytool -exportcert -rfc"},
	{"SQLite format 3", "an SQLite database", pasteValue},
	{"\x7fELF", "a program", pasteValue},
}

// unknown says what the data looks like.
func (o *opener) unknown(data []byte) *Unknown {
	looks, paste := o.looks(data)
	return &Unknown{Name: o.name, Looks: looks, Paste: paste}
}

func (o *opener) looks(data []byte) (looks, paste string) {
	text := bytes.TrimSpace(o.text)
	if len(text) == 0 {
		return "nothing (it is empty)", pasteValue
	}
	for _, m := range magics {
		if !bytes.HasPrefix(data, []byte(m.begins)) {
			continue
		}
		if m.begins == "PK\x03\x04" && bytes.Contains(data, []byte("word/")) {
			return "a Word document", "copy the text out of it"
		}
		if m.begins == "PK\x03\x04" && bytes.Contains(data, []byte("xl/")) {
			return "an Excel document", "copy the text out of it"
		}
		return m.looks, m.paste
	}
	if o.refused != "" {
		switch {
		case strings.Contains(o.refused, "recording"):
			return o.refused, "judge it with --evidence"
		case strings.Contains(o.refused, "HAR whose"):
			return o.refused, `record again from before the click on "sign in", with "Preserve log" on`
		}
		return o.refused, "it is not opened"
	}
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return "binary data that begins with " + hex.EncodeToString(text[:min(len(text), 8)]), pasteValue
	}
	return o.looksText(text)
}

// looksText says what a text looks like.
func (o *opener) looksText(text []byte) (looks, paste string) {
	switch {
	case isHTML(text):
		if w := readPage(text); w.title != "" {
			return fmt.Sprintf("a web page titled %q, without a SAML form", w.title), pasteNetwork
		}
		return "a web page without a SAML form", pasteNetwork
	case bytes.HasPrefix(text, []byte("<")):
		return "XML that does not parse and is no SAML", "copy the whole document, beginning with its first <"
	case bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("[")):
		return "JSON without an SSO message in it", "paste a HAR, a discovery document, a key set or a token response"
	case bytes.Contains(text, []byte("curl ")) || fetchLike().Match(head(text)) || shellLike().Match(head(text)):
		return "a request that carries no SSO message", pasteNetwork
	case oneWord(text) && addressLike().Match(text) && bytes.Contains(text, []byte("://")):
		return "an address without an SSO message in it", "to look at what is there: ssoctl doctor ADDRESS"
	case connectionLike().Match(head(text)):
		return "a connection file of ssoctl", "judge it with ssoctl check"
	case artifactLike().Match(text):
		return "a SAML artifact (SAMLart): a reference that only the SP can exchange for the message", "paste it with its name, SAMLart=…, or have the IdP send by POST"
	case !oneWord(text) && errorLike().Match(head(text)):
		return fmt.Sprintf("an error text, beginning %q", string(short(text))), "to learn its cause: ssoctl explain -"
	case !oneWord(text):
		return fmt.Sprintf("text, beginning %q", string(short(text))), pasteValue
	case len(text) < 8:
		return fmt.Sprintf("a single word, %q", string(text)), pasteValue
	}
	if raw, _, ok := unbase64(text, false); ok && len(text)%4 == 0 && len(text) > 40 && (utf8.Valid(raw) || bytes.HasSuffix(text, []byte("="))) {
		if utf8.Valid(raw) {
			return fmt.Sprintf("base64 of a text that is no message, beginning %q", string(short(raw))), pasteValue
		}
		return "base64 of something that is no message, key or certificate", pasteValue
	}
	return "an opaque token or an authorization code, which only the IdP that issued it can read", "paste the ID token (it begins with eyJ), or the whole callback address"
}

var (
	connectionLike = lazily(`(?m)^connections:`)
	fileLike       = lazily(`(?m)^version:\s*1\s*(#.*)?$`)
	artifactLike   = lazily(`^AAQA[A-Za-z0-9+/]{50,56}={0,2}$`)
)

// short gives the beginning of a text for an error message.
func short(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if len(line) > 40 {
		line = append(bytes.ToValidUTF8(line[:40:40], nil), "…"...)
	}
	return bytes.TrimRight(line, "\r")
}
