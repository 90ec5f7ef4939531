package unwrap

import (
	"encoding/json"
	"html"
	"math/rand/v2"
	"net/url"
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
