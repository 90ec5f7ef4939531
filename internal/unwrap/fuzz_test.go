package unwrap

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzOpen: whatever is pasted, Open ends, does not panic, and what it gives is sound. Wrapping what it opens does not hide it.
func FuzzOpen(f *testing.F) {
	for _, message := range []string{response, request1, metadata, discovery, keySet, jwt(`{"sub":"1"}`), certificateDER} {
		f.Add([]byte(message))
		for _, carrier := range carriers {
			f.Add([]byte(carrier.wrap(b64(message))))
		}
		for _, outside := range outsides {
			f.Add([]byte(outside.wrap(message)))
		}
	}
	f.Add([]byte("curl ^\"https://a.test/^\" ^\r\n  --data-raw ^\"SAMLResponse=^%^41^\""))
	f.Add([]byte("Invoke-WebRequest -Uri \"https://a.test/\" -Body \"$([char]9)`\"\""))
	f.Add([]byte(`{"requests":[{"method":"POST","url":"x","post":[["SAMLResponse","x"]]}]}`))
	f.Add([]byte("POST /x HTTP/1.1\nHost: a\n\nSAMLResponse=x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, err := Open("fuzz", data)
		if (err == nil) != (len(docs) > 0) {
			t.Fatalf("%d documents and the error %v", len(docs), err)
		}
		if err != nil && (!utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\n\x00")) {
			t.Errorf("error %q", err)
		}
		for _, d := range docs {
			if d.Kind == "" || len(d.Data) == 0 {
				t.Errorf("a document without kind or data: %+v", d)
			}
		}
		Recognise("fuzz", data)
	})
}

// FuzzRedactHAR: what comes out is JSON, and redacting it again changes nothing. (TestRedactHAR looks for secrets that stay.)
func FuzzRedactHAR(f *testing.F) {
	f.Add([]byte(canaryHAR(&canaries{all: map[string]string{}})))
	f.Add([]byte(`{"log":{"entries":[{"request":{"method":"GET","url":"https://a.test/?x=1#y","headers":[{"name":"Cookie","value":"a=b"}]}}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := RedactHAR(data, []byte("key"))
		if err != nil {
			return
		}
		if !json.Valid(out) {
			t.Fatalf("no JSON: %q", out)
		}
		again, err := RedactHAR(out, []byte("other"))
		if err != nil {
			t.Fatalf("the result is no HAR: %v", err)
		}
		if string(again) != string(out) {
			t.Errorf("redacting again changes\n%s\nto\n%s", out, again)
		}
	})
}
