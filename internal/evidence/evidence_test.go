package evidence

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

var key = []byte("a key of the test's own, 32 bytes")

func exchange(body string) Set {
	return Set{Client: {Kind: Client, Source: "https://user:pw-canary@idp.example/token?code=code-canary", Exchanges: []Exchange{{
		Method: "POST", URL: "https://idp.example/token?state=state-canary&x=1", Form: map[string]string{"client_secret": "secret-canary", "grant_type": "authorization_code", "code": "code-canary"},
		Header: map[string][]string{"Set-Cookie": {"s=cookie-canary"}, "Location": {"https://app.example/cb?code=code-canary&state=state-canary#id_token=token-canary"}, "Content-Type": {"text/html"}},
		Body:   Bytes(body), Status: 200,
	}}}}
}

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqd3QtY2FuYXJ5In0.c2lnbmF0dXJlLWNhbmFyeQ"

// TestRedact puts a canary into every place where a secret may stand.
func TestRedact(t *testing.T) {
	for name, body := range map[string]string{
		"json":  `{"access_token": "token-canary", "nested": {"refresh_token":"token-canary"}, "list": [{"password" : "pw-canary"}], "text": "see ` + jwt + `", "url": "https://a/?code=code-canary"}`,
		"jwk":   `{"keys":[{"kty":"RSA","n":"public","d":"key-canary","p":"key-canary"},{"kty":"oct","k":"key-canary"}]}`,
		"html":  `<form><input type="hidden" name="SAMLResponse" value="saml-canary"><input name='code' value='code-canary'><a href="/x?state=state-canary&amp;code=code-canary">` + jwt + `</form>`,
		"text":  "token " + jwt,
		"query": "https://a/cb?code=code-canary&state=state-canary",
	} {
		t.Run(name, func(t *testing.T) {
			before := exchange(body)
			after := Redact(before, key)
			var b bytes.Buffer
			if err := (Recording{Schema: 1, Connections: []Recorded{{Evidence: []*Observation{after[Client]}}}}).Save(&b); err != nil {
				t.Fatal(err)
			}
			for _, canary := range []string{"canary", "Y2FuYXJ5", "jwt-"} {
				if strings.Contains(b.String(), canary) {
					t.Errorf("%q is left in\n%s", canary, b.String())
				}
			}
			if again := Redact(after, []byte("another key")); !reflect.DeepEqual(again, after) {
				t.Errorf("a second time changes something:\n%s\n%s", after[Client].Exchanges[0].Body, again[Client].Exchanges[0].Body)
			}
			if string(before[Client].Exchanges[0].Body) != body {
				t.Error("the original was changed")
			}
			// Equality stays checkable within one recording.
			ex := after[Client].Exchanges[0]
			if !strings.Contains(ex.Head("Location"), ex.Form["code"]) {
				t.Errorf("the code of the form and of the redirect are no longer the same: %s, %s", ex.Form["code"], ex.Head("Location"))
			}
		})
	}
}

// TestKeep: what is not secret stays byte for byte.
func TestKeep(t *testing.T) {
	const body = "{ \"issuer\" : \"https:\\/\\/idp.example\",\n \"scopes_supported\": [\"openid\"], \"error\":\"invalid_grant\", \"error_description\":\"Code not valid\" }"
	if got := string(Redact(exchange(body), key)[Client].Exchanges[0].Body); got != body {
		t.Errorf("changed to %s", got)
	}
}

func TestRecording(t *testing.T) {
	r := Recording{Schema: 1, Tool: "ssoctl", At: time.Unix(0, 0).UTC(), Connections: []Recorded{{Name: "a", Evidence: []*Observation{{Kind: Discovery, Body: Bytes("text\xff")}}}}}
	var b bytes.Buffer
	if err := r.Save(&b); err != nil {
		t.Fatal(err)
	}
	again, err := Load(&b)
	if err != nil || string(again.Connections[0].Set()[Discovery].Body) != "text\xff" {
		t.Errorf("%v %+v", err, again)
	}
	for _, bad := range []string{"", "{}", `{"schema":2}`, `{"schema":1,"connections":7}`, `{"schema":1,"connections":[{"evidence":[{"body":7}]}]}`} {
		if _, err := Load(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"schema":1,"connections":[{"name":"a","evidence":[null,{"kind":"config","body":{"base64":"!"}}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Load(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, c := range r.Connections {
			_ = Redact(c.Set(), key)
		}
	})
}

func FuzzRedact(f *testing.F) {
	f.Add(`{"code":"x","d":["y",{"state":"z"}]}`)
	f.Add("<input name=code value=")
	f.Fuzz(func(t *testing.T, body string) {
		once := Redact(exchange(body), key)
		if twice := Redact(once, key); !reflect.DeepEqual(once, twice) {
			t.Errorf("not idempotent: %q, %q", once[Client].Exchanges[0].Body, twice[Client].Exchanges[0].Body)
		}
	})
}
