package unwrap

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/evidence"
)

// canaries hands out secrets, one for each place, and remembers them.
type canaries struct {
	n   int
	all map[string]string // value -> place
}

// word is a secret that looks like a password or a name: letters only.
func (c *canaries) word(place string) string {
	c.n++
	v := "Kanari" + string(rune('a'+c.n%26)) + string(rune('a'+c.n/26)) + "vogel"
	c.all[v] = place
	return v
}

func (c *canaries) jwt(place string) string {
	token := jwt(`{"iss":"https://idp.test","aud":"app","sub":"` + c.word(place+" sub") + `","email":"` + c.word(place+" mail") + `@acme.test","n":` + c.number(place+" number") + `,"groups":["` + c.word(place+" group") + `"]}`)
	return token[:strings.LastIndex(token, ".")+1] + base64.RawURLEncoding.EncodeToString([]byte(c.word(place+" signature")))
}

func (c *canaries) number(place string) string {
	c.n++
	v := fmt.Sprint(73310000 + c.n)
	c.all[v] = place
	return v
}

func (c *canaries) saml(place string) string {
	x := strings.Replace(response, "ann@acme.test", c.word(place+" NameID")+"@acme.test", 1)
	x = strings.Replace(x, "Änn Ödegård ÿþ", c.word(place+" attribute"), 1)
	return strings.Replace(x, "<samlp:Status>", "<!-- "+c.word(place+" comment")+" --><samlp:Status>", 1)
}

// canaryHAR puts a secret into every place where browsers put something.
func canaryHAR(c *canaries) string {
	w := c.word
	type m = map[string]any
	type l = []any
	nv := func(n, v string) m { return m{"name": n, "value": v, "comment": w("comment of " + n)} }
	session, state := w("session"), w("state")
	entry := func(req, res m) m {
		for k, v := range (m{"httpVersion": "HTTP/2.0", "headers": l{}, "cookies": l{}, "queryString": l{}, "headersSize": -1, "bodySize": 0}) {
			if req[k] == nil {
				req[k] = v
			}
		}
		if res["content"] == nil {
			res["content"] = m{"size": 0, "mimeType": ""}
		}
		return m{"startedDateTime": "2026-01-01T00:00:00.000Z", "time": 12.5, "request": req, "response": res, "cache": m{"afterRequest": m{"eTag": w("cache")}}, "timings": m{"send": 0, "wait": 1, "receive": 2, "comment": w("timings")},
			"serverIPAddress": w("server address"), "connection": w("connection"), "pageref": "page_1", "comment": w("entry"),
			"_initiator": m{"type": "script", "stack": m{"callFrames": l{m{"url": "https://sp.test/?" + w("initiator")}}}}, "_webSocketMessages": l{m{"type": "send", "data": w("socket")}},
			"_securityDetails": m{"x": w("extension")}, w("member"): 1}
	}
	form := "SAMLResponse=" + url.QueryEscape(b64(c.saml("form"))) + "&RelayState=" + w("relay") + "&password=" + w("password") + "&user=" + w("user") + "@acme.test&" + w("bare")
	page := `<html><head><title>` + w("title") + `</title><script>var s="` + w("script") + `"</script></head><body><p>Hello ` + w("page") + `</p><form method="post" action="https://sp.test/acs?k=` + w("action") + `"><input name="SAMLResponse" value="` + b64(c.saml("page")) + `"><input name="csrf" value="` + w("field") + `"></form></body></html>`
	entries := l{
		entry(m{"method": "GET", "url": "https://" + w("user info") + ":" + w("password in address") + "@idp.test/authorize?client_id=app-1&response_type=code&state=" + state + "&nonce=" + w("nonce") + "&login_hint=" + w("hint") + "%40acme.test&redirect_uri=" + url.QueryEscape("https://sp.test/cb?t="+w("nested")) + "&" + w("flag") + "#x=" + w("fragment"),
			"headers":     l{nv("Cookie", "sid="+session+"; other="+w("cookie")), nv("Authorization", "Basic "+b64(w("basic"))), nv("X-Api-Key", w("header")), nv("Referer", "https://sp.test/?token="+w("referer")), nv("User-Agent", w("agent")), nv(":path", "/authorize?code="+w("pseudo header"))},
			"cookies":     l{nv("sid", session)},
			"queryString": l{nv("state", state), nv("nonce", w("query")), nv("login_hint", w("hint in query"))}},
			m{"status": 302, "statusText": "Found", "headers": l{nv("Set-Cookie", "sid="+w("set")+"; Path=/; HttpOnly; SameSite=Lax\nb="+w("set two")), nv("Location", "https://sp.test/cb?code="+w("location")+"&state="+state)}, "cookies": l{nv("sid", w("cookie set"))},
				"redirectURL": "https://sp.test/cb?code=" + w("redirect") + "&state=" + state}),
		entry(m{"method": "POST", "url": "https://idp.test/token", "headers": l{nv("Authorization", "Bearer "+c.jwt("bearer"))},
			"postData": m{"mimeType": "application/x-www-form-urlencoded", "text": "grant_type=authorization_code&code=" + w("code") + "&client_secret=" + w("client secret") + "&code_verifier=" + w("verifier"), "params": l{nv("code", w("code in params")), m{"name": "file", "fileName": w("file name"), "value": w("file")}}}},
			m{"status": 200, "content": m{"size": 1, "mimeType": "application/json", "text": `{"access_token":"` + w("access token") + `","id_token":"` + c.jwt("id token") + `","expires_in":300,"user":{"id":` + c.number("id") + `,"name":"` + w("name") + `"},"` + w("deep") + `@acme.test":1}`}}),
		entry(m{"method": "POST", "url": "https://sp.test/acs;jsessionid=" + w("path parameter") + "/reset/abcdef0123456789" + c.number("path"), "postData": m{"mimeType": "application/x-www-form-urlencoded", "text": form}},
			m{"status": 403, "statusText": "Forbidden", "content": m{"size": 1, "mimeType": "text/html", "encoding": "base64", "text": b64("<html><title>Not allowed</title><p>AADSTS50105: the user is not assigned. Session " + session + ", state=" + state + ", mail " + w("mail on page") + "@acme.test</p></html>")}}),
		entry(m{"method": "POST", "url": "https://sp.test/upload", "postData": m{"mimeType": "multipart/form-data; boundary=" + w("boundary"), "text": "--x\r\n" + w("multipart")}},
			m{"status": 200, "content": m{"size": 1, "mimeType": "text/html", "text": page}}),
		entry(m{"method": "GET", "url": "data:text/plain," + w("data address")}, m{"status": 200, "content": m{"size": 1, "mimeType": "text/plain", "text": w("plain text")}, "_error": w("error")}),
		entry(m{"method": "GET", "url": "https://idp.test/x.js"}, m{"status": 200, "content": m{"size": 1, "mimeType": "application/javascript; x=" + w("media type"), "text": "var a='" + w("javascript") + "'", "comment": w("content")}}),
		entry(m{"method": "GET", "url": "https://idp.test/pic"}, m{"status": 200, "content": m{"size": 1, "mimeType": "image/png", "encoding": "base64", "text": b64(w("picture"))}}),
		entry(m{"method": "GET", "url": "https://sp.test/api"}, m{"status": 200, "content": m{"size": 1, "mimeType": "application/json", "text": `{"cut":"` + w("broken JSON")}}),
		entry(m{"method": "GET", "url": "https://idp.test/jwks"}, m{"status": 200, "content": m{"size": 1, "mimeType": "application/json", "text": `{"keys":[{"kty":"RSA","kid":"k1","n":"AQAB","e":"AQAB","d":"` + w("private key") + `"}]}`}}),
		entry(m{"method": "GET", "url": "https://sp.test/soap"}, m{"status": 200, "content": m{"size": 1, "mimeType": "text/xml", "text": "<a>" + w("xml") + "</a>"}}),
	}
	b, _ := json.Marshal(m{"log": m{"version": "1.2", "creator": m{"name": "WebInspector", "version": "537.36", "comment": w("creator")}, "browser": m{"name": "Chrome", "version": "1"}, "comment": w("log"),
		"pages": l{m{"id": "page_1", "title": "https://sp.test/?x=" + w("page title"), "startedDateTime": "2026-01-01T00:00:00.000Z", "pageTimings": m{"onLoad": 1}, "comment": w("page")}, m{"id": "page_2", "title": w("title of page"), "pageTimings": m{}}}, "entries": entries}})
	return string(b)
}

func TestRedactHAR(t *testing.T) {
	c := &canaries{all: map[string]string{}}
	har := canaryHAR(c)
	out, err := RedactHAR([]byte(har), []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.all) < 60 {
		t.Fatalf("only %d canaries", len(c.all))
	}
	whole := string(out)
	docs, err := Open("", out)
	if err != nil {
		t.Fatalf("the redacted HAR does not open: %v", err)
	}
	for _, d := range docs { // what base64 hides
		whole += "\n" + string(d.Data)
		for part := range strings.SplitSeq(string(d.Data), ".") {
			if raw, err := base64.RawURLEncoding.DecodeString(part); err == nil {
				whole += "\n" + string(raw)
			}
		}
	}
	for v, place := range c.all {
		for _, form := range []string{v, b64(v), url.QueryEscape(b64(v))} {
			if strings.Contains(strings.ToLower(whole), strings.ToLower(form)) {
				at := strings.Index(strings.ToLower(whole), strings.ToLower(form))
				t.Errorf("%s stays: …%s…", place, whole[max(0, at-80):min(len(whole), at+60)])
			}
		}
	}
	for _, keep := range []string{"AADSTS50105", "not assigned", "client_id=app-1", "https://sp.test/acs", `"status":403`, "SameSite=Lax", "@acme.test", "application/json", `"time":12.5`, "body of 2", "WebInspector"} {
		if !strings.Contains(whole, keep) {
			t.Errorf("%q is gone", keep)
		}
	}
	before, err := Open("", []byte(har))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := kindsOf(before), kindsOf(docs); a != b {
		t.Errorf("the flow was %s\nand is %s", a, b)
	}
}

func kindsOf(docs []Document) string {
	var out []string
	for _, d := range docs {
		out = append(out, fmt.Sprintf("%d:%s", d.Entry, d.Kind))
	}
	return strings.Join(out, " ")
}

// TestRedactHARShape checks that the result is a HAR 1.2, that equal values stay equal, and that redacting again changes nothing.
func TestRedactHARShape(t *testing.T) {
	c := &canaries{all: map[string]string{}}
	once, err := RedactHAR([]byte(canaryHAR(c)), []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	twice, err := RedactHAR(once, []byte("another key"))
	if err != nil {
		t.Fatal(err)
	}
	if string(once) != string(twice) {
		a, b := strings.Split(string(once), "\n"), strings.Split(string(twice), "\n")
		for i := range a {
			if i < len(b) && a[i] != b[i] {
				t.Errorf("redacting again changes\n%s\nto\n%s", a[i], b[i])
			}
		}
	}
	var har struct {
		Log struct {
			Version string
			Creator struct{ Name, Version *string }
			Entries []struct {
				StartedDateTime *string
				Time            *float64
				Request         map[string]json.RawMessage
				Response        map[string]json.RawMessage
				Cache           *struct{}
				Timings         map[string]float64
			}
		}
	}
	if err := json.Unmarshal(once, &har); err != nil {
		t.Fatal(err)
	}
	if har.Log.Version != "1.2" || har.Log.Creator.Name == nil || len(har.Log.Entries) != 10 {
		t.Fatalf("log %+v", har.Log)
	}
	for i, e := range har.Log.Entries {
		for _, name := range []string{"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"} {
			if len(e.Request[name]) == 0 || string(e.Request[name]) == "null" {
				t.Errorf("entry %d: request has no %s", i, name)
			}
		}
		for _, name := range []string{"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"} {
			if len(e.Response[name]) == 0 || string(e.Response[name]) == "null" {
				t.Errorf("entry %d: response has no %s", i, name)
			}
		}
		for _, name := range []string{"send", "wait", "receive"} {
			if _, ok := e.Timings[name]; !ok || e.StartedDateTime == nil || e.Time == nil || e.Cache == nil {
				t.Errorf("entry %d: timings has no %s", i, name)
			}
		}
	}
	docs, err := Open("", once)
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, d := range docs {
		if v := url.Values(d.Params).Get("state"); v != "" {
			states = append(states, v)
		}
	}
	if len(states) != 2 || states[0] != states[1] || !strings.HasPrefix(states[0], "redacted-") {
		t.Errorf("the state of request and callback: %q", states)
	}
}

func TestRedactHARRefuses(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"{}", "no HAR"},
		{"", "no HAR"},
		{response, "no HAR"},
		{`{"log":{"entries":[{"request":{"url":"https://a.test/"}}`, "breaks off"},
	} {
		if out, err := RedactHAR([]byte(c.data), []byte("key")); err == nil || !strings.Contains(err.Error(), c.want) || out != nil {
			t.Errorf("%q: %q %v", c.data, out, err)
		}
	}
	if _, err := RedactHAR([]byte(`{"log":{"entries":[]}}`), nil); err == nil {
		t.Error("taken without a key")
	}
}

// TestOneListOfSecrets: no name is both kept here and secret in recordings, and pseudonyms look alike in both.
func TestOneListOfSecrets(t *testing.T) {
	for _, names := range []map[string]bool{keptNames, errorNames, identifiers} {
		for n := range names {
			if evidence.Secret(n) {
				t.Errorf("%q is kept in a HAR and secret in a recording", n)
			}
		}
	}
	r := &redactor{key: []byte("k"), seen: map[string]bool{}, open: map[string]bool{}}
	if got, want := r.hide("a value"), evidence.Pseudonym([]byte("k"), "a value"); got != want || !safeMark().MatchString(got) {
		t.Errorf("pseudonym %q, in recordings %q", got, want)
	}
}
