package unwrap

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// wrapping is one layer that a message may be put into.
type wrapping struct {
	name string
	wrap func(string) string
}

// codings make one word of a message; they may follow each other.
var codings = []wrapping{
	{"base64", b64},
	{"deflate and base64", func(s string) string { return b64(deflated(s)) }},
	{"base64 in lines", func(s string) string { return lines(b64(s), 76, "\n") }},
}

// carriers are what a coded message travels in.
var carriers = []wrapping{
	{"nothing", func(s string) string { return s }},
	{"URL encoding", url.QueryEscape},
	{"form body", func(s string) string { return "RelayState=x%20y&SAMLResponse=" + url.QueryEscape(s) }},
	{"form body, the other way round", func(s string) string { return "SAMLResponse=" + url.QueryEscape(s) + "&RelayState=" }},
	{"address", func(s string) string { return "https://a.test/x?a=1&SAMLResponse=" + url.QueryEscape(s) + "#end" }},
	{"page", func(s string) string {
		return "<html><body><form method=post action='/x'><input name=SAMLResponse value=\"" + html.EscapeString(s) + "\"></form></body></html>"
	}},
	{"cURL", func(s string) string {
		return "curl 'https://a.test/x' --data-raw 'SAMLResponse=" + url.QueryEscape(s) + "'"
	}},
	{"fetch", func(s string) string {
		return `fetch("https://a.test/x", {"body": ` + strconv.Quote("SAMLResponse="+url.QueryEscape(s)) + `, "method": "POST"});`
	}},
	{"HAR", func(s string) string {
		b, _ := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "entries": []any{map[string]any{
			"request": map[string]any{"method": "POST", "url": "https://a.test/x", "postData": map[string]any{"text": "SAMLResponse=" + url.QueryEscape(s)}}}}}})
		return string(b)
	}},
	{"log line", func(s string) string { return "12:00 INFO got SAMLResponse=" + url.QueryEscape(s) + " from x\n" }},
}

// outsides are what people put around everything.
var outsides = []wrapping{
	{"nothing", func(s string) string { return s }},
	{"JSON", func(s string) string { b, _ := json.Marshal(map[string]string{"body": s}); return string(b) }},
	{"JSON string", func(s string) string { b, _ := json.Marshal(s); return string(b) }},
	{"base64", b64},
	{"UTF-16", utf16le},
	{"white space", func(s string) string { return "\r\n\t " + s + "\r\n\r\n" }},
	{"fence", func(s string) string { return "```\n" + s + "\n```" }},
	{"entities", html.EscapeString},
	{"CRLF", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
}

// opens reports whether Open finds the message byte for byte.
func opens(data, message string) bool {
	docs, err := Open("", []byte(data))
	return err == nil && len(docs) == 1 && string(docs[0].Data) == message
}

// TestEveryWrapping wraps messages in every combination of coding, carrier and outside.
func TestEveryWrapping(t *testing.T) {
	for _, message := range []string{response, request1, metadata, "<?xml version='1.0'?>\n" + response + "\n"} {
		for _, coding := range codings {
			for _, carrier := range carriers {
				for _, outside := range outsides {
					if data := outside.wrap(carrier.wrap(coding.wrap(message))); !opens(data, message) {
						docs, err := Open("", []byte(data))
						t.Errorf("%s in %s in %s of %.40q: %v\n%s\n%.300q", coding.name, carrier.name, outside.name, message, err, summary(docs), data)
					}
				}
			}
		}
	}
}

// TestNestedWrappings nests codings at random, up to the limit of base64.
func TestNestedWrappings(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		data, how := response, ""
		for range 1 + rnd.IntN(maxBase64) {
			c := codings[rnd.IntN(len(codings))]
			data, how = c.wrap(data), how+" "+c.name
		}
		c := carriers[rnd.IntN(len(carriers))]
		if data = c.wrap(data); !opens(data, response) {
			t.Errorf("not opened:%s in %s", how, c.name)
		}
	}
}

// TestAgain opens what mails, chats, logs, dumps and programs make of a message.
func TestAgain(t *testing.T) {
	const id = "_a1b2c3d4e5f6a7b8c9d0e1f2"
	text := "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"" + id + "\" Version=\"2.0\">\n  <samlp:Status>\n    <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>\n  </samlp:Status>\n</samlp:Response>"
	b64 := base64.StdEncoding.EncodeToString([]byte(text))
	lines := func(s, prefix string, n int) string {
		var b strings.Builder
		for len(s) > 0 {
			k := min(n, len(s))
			b.WriteString(prefix + s[:k] + "\r\n")
			s = s[k:]
		}
		return b.String()
	}
	logged := ""
	for i, line := range strings.Split(text, "\n") {
		logged += fmt.Sprintf("2026-06-01 12:00:0%d,123 DEBUG [saml] %s\n", i, line)
	}
	mail := &strings.Builder{}
	w := quotedprintable.NewWriter(mail)
	_, _ = w.Write([]byte(text)) // a strings.Builder takes everything
	_ = w.Close()
	for name, c := range map[string]struct{ text, note string }{
		"mail":            {"Hi,\n\n" + lines(b64, "> ", 60) + "\nBest", NoteMarked},
		"quoted":          {mail.String(), NoteQuotedPrintable},
		"log":             {logged, NotePrefixed},
		"hexdump":         {hex.Dump([]byte(text)), NoteHex},
		"digits":          {hex.EncodeToString([]byte(text)), NoteHex},
		"no-break spaces": {strings.ReplaceAll(text, " ", "\u00a0"), NoteInvisible},
		"zero width":      {b64[:40] + "\u200b" + b64[40:], NoteInvisible},
		"dots":            {b64[:240] + "…", NoteCut + ": it ends in dots"},
		"twice escaped":   {html.EscapeString(html.EscapeString(text)), NoteEntities},
		"view source":     {"<html><table><tr><td>" + html.EscapeString(`<form><input name="SAMLResponse" value="`+b64+`">`) + "</td></tr></table></html>", NoteSource},
		"PHP":             {"array(1) {\n  [\"SAMLResponse\"]=>\n  string(9) \"" + b64 + "\"\n}", NoteStray},
		"YAML":            {"request:\n  SAMLResponse: >-\n" + lines(b64, "    ", 76) + "  RelayState: x\n", NoteStray},
		"Python":          {"b'" + strings.ReplaceAll(text, "\n", `\n`) + "'", NoteEscapes},
	} {
		t.Run(name, func(t *testing.T) {
			docs, err := Open("", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if len(docs) != 1 || docs[0].Kind != KindResponse || !bytes.Contains(docs[0].Data, []byte(id)) {
				t.Fatalf("%d documents, the first is %s: %s", len(docs), docs[0].Kind, docs[0].Data)
			}
			if !slices.Contains(docs[0].Notes, c.note) {
				t.Errorf("notes %q, want %q", docs[0].Notes, c.note)
			}
		})
	}
	for name, text := range map[string]string{"prose": "Dear all,\n\nthe login fails since 12:00.\n\nRegards", "dates": "2026-06-01 a\n2026-06-02 b\n2026-06-03 c\n", "digits": strings.Repeat("30", 40)} {
		if docs, err := Open("", []byte(text)); err == nil {
			t.Errorf("%s: %d documents, %s", name, len(docs), docs[0].Kind)
		}
	}
}

// TestTwoMessagesInOneValue: what stands behind the message in one value of base64 makes it no XML; it is not passed over.
func TestTwoMessagesInOneValue(t *testing.T) {
	one := `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0"/>`
	docs, err := Open("", []byte(base64.StdEncoding.EncodeToString([]byte(one+one))))
	if err != nil || len(docs) != 1 || !slices.ContainsFunc(docs[0].Notes, func(n string) bool { return strings.HasPrefix(n, NoteBroken) }) {
		t.Errorf("%v, %d documents", err, len(docs))
	}
}

// TestManyMessagesInOneForm: a form has one message; a form of very many is not opened to its end.
func TestManyMessagesInOneForm(t *testing.T) {
	docs, err := Open("", []byte(strings.Repeat("SAMLResponse=PHg%2B&", 1000)))
	if err == nil && len(docs) > maxMessages {
		t.Errorf("%d documents", len(docs))
	}
}
