package source

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkYAML parses a file of 1,000 connections.
func BenchmarkYAML(b *testing.B) {
	var t strings.Builder
	t.WriteString("version: 1\nconnections:\n")
	for i := range 1000 {
		fmt.Fprintf(&t, "  - name: c%d\n    sp: {profile: generic, callback_url: \"https://a%d.example.com/cb\"}\n    oidc: {issuer: \"https://idp%d.example.com\", client_id: a}\n", i, i, i)
	}
	b.SetBytes(int64(t.Len()))
	for b.Loop() {
		if _, err := ParseYAML("f", []byte(t.String())); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkJSON parses one long line.
func BenchmarkJSON(b *testing.B) {
	text := []byte(`{"issuer":"https://a.example","x":[` + strings.Repeat("1,", 50_000) + `1]}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := ParseJSON("f", text); err != nil {
			b.Fatal(err)
		}
	}
}
