package unwrap

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// Messages that the tests wrap. The response holds + and / in its base64, so that broken alphabets show.
const (
	response = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r1" Version="2.0" IssueInstant="2026-01-01T00:00:00Z" Destination="https://sp.test/acs" InResponseTo="_q1"><saml:Issuer>https://idp.test/??>>~~</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="_a1" Version="2.0" IssueInstant="2026-01-01T00:00:00Z"><saml:Issuer>https://idp.test/</saml:Issuer><saml:Subject><saml:NameID>ann@acme.test</saml:NameID></saml:Subject><saml:AttributeStatement><saml:Attribute Name="name"><saml:AttributeValue>Änn Ödegård ÿþ</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>`
	request1 = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_q1" Version="2.0" IssueInstant="2026-01-01T00:00:00Z" AssertionConsumerServiceURL="https://sp.test/acs"><saml:Issuer>https://sp.test/metadata</saml:Issuer></samlp:AuthnRequest>`
	metadata = `<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.test/"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.test/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>`
	discovery = `{"issuer":"https://idp.test","authorization_endpoint":"https://idp.test/authorize","token_endpoint":"https://idp.test/token","jwks_uri":"https://idp.test/jwks"}`
	keySet    = `{"keys":[{"kty":"RSA","kid":"1","n":"AQAB","e":"AQAB"}]}`
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func deflated(s string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func jwt(payload string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + enc([]byte(payload)) + "." + enc([]byte("not a real signature"))
}

func utf16le(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func lines(s string, n int, sep string) string {
	var out []string
	for len(s) > n {
		out, s = append(out, s[:n]), s[n:]
	}
	return strings.Join(append(out, s), sep)
}

// paste is one row of the tables: what is given, and the documents that must come out, in order.
type paste struct {
	name, data string
	kinds      string // joined by blanks
	check      func(t *testing.T, docs []Document)
}

func (p paste) run(t *testing.T) {
	t.Helper()
	docs, err := Open("paste", []byte(p.data))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	var kinds []string
	for _, d := range docs {
		kinds = append(kinds, d.Kind)
	}
	if got := strings.Join(kinds, " "); got != p.kinds {
		t.Fatalf("kinds %q, want %q\n%s", got, p.kinds, summary(docs))
	}
	if p.check != nil {
		p.check(t, docs)
	}
}

func summary(docs []Document) string {
	b, _ := json.MarshalIndent(docs, "", " ")
	return string(b)
}

// first wants the first document to be data, with these notes and no other.
func first(data string, notes ...string) func(*testing.T, []Document) {
	return func(t *testing.T, docs []Document) {
		t.Helper()
		if string(docs[0].Data) != data {
			t.Errorf("data %q,\nwant %q", docs[0].Data, data)
		}
		if got := strings.Join(docs[0].Notes, " | "); got != strings.Join(notes, " | ") {
			t.Errorf("notes %q, want %q", got, strings.Join(notes, " | "))
		}
	}
}

func TestOpenValues(t *testing.T) {
	enc := b64(response)
	if !strings.Contains(enc, "+") || !strings.Contains(enc, "/") {
		t.Fatalf("the test's message has no + and / in its base64")
	}
	for _, p := range []paste{
		{"xml", response, KindResponse, first(response)},
		{"xml with a mark and CRLF", "\ufeff" + strings.ReplaceAll(response, "><", ">\r\n<") + "\r\n", KindResponse, first(strings.ReplaceAll(response, "><", ">\r\n<") + "\r\n")},
		{"utf-16", utf16le(response), KindResponse, first(response, NoteUTF16)},
		{"base64", enc, KindResponse, first(response)},
		{"base64 in lines", lines(enc, 76, "\r\n") + "\r\n", KindResponse, first(response, NoteLines)},
		{"base64 in indented lines", "  " + lines(enc, 64, "\n    "), KindResponse, first(response, NoteLines)},
		{"blanks", strings.ReplaceAll(enc, "+", " "), KindResponse, first(response, NoteBlanks)},
		{"a blank in every line", lines(enc, 76, " "), KindResponse, first(response)},
		{"base64url", base64.RawURLEncoding.EncodeToString([]byte(response)), KindResponse, first(response, NoteAlphabet)},
		{"quotes", `"` + enc + `",`, KindResponse, first(response, NoteQuotes)},
		{"curly quotes", "“" + enc + "”", KindResponse, first(response, NoteQuotes)},
		{"fence", "```xml\n" + response + "\n```", KindResponse, nil},
		{"string of JSON", string(text(response)), KindResponse, first(response, NoteQuotes, NoteEscapes)},
		{"URL-encoded", url.QueryEscape(enc), KindResponse, first(response)},
		{"URL-encoded twice", url.QueryEscape(url.QueryEscape(enc)), KindResponse, first(response, NoteTwice)},
		{"entities", html.EscapeString(response), KindResponse, first(response, NoteEntities)},
		{"deflate", b64(deflated(request1)), KindRequest, first(request1)},
		{"prefix", "SAMLResponse=" + enc, KindResponse, first(response, NotePlus)},
		{"cut in the XML", response[:strings.Index(response, "<saml:Subject>")], KindResponse, first(response[:strings.Index(response, "<saml:Subject>")], NoteCut+": the XML ends inside <saml:Assertion>")},
		{"cut in the base64", enc[:801], KindResponse, nil},
		{"base64 twice", b64(enc), KindResponse, first(response)},
		{"metadata", metadata, KindMetadata, func(t *testing.T, d []Document) {
			if d[0].Role != "idp" || d[0].Pos.Line != 1 {
				t.Errorf("role %q line %d", d[0].Role, d[0].Pos.Line)
			}
		}},
		{"jwt", jwt(`{"sub":"1"}`), KindJWT, first(jwt(`{"sub":"1"}`))},
		{"bearer", "Authorization: Bearer " + jwt(`{}`), KindJWT, nil},
		{"jwt without signature", strings.Join(strings.Split(jwt(`{}`), ".")[:2], "."), KindJWT, nil},
		{"tokens, a line each", jwt(`{"a":1}`) + "\r\n\n" + jwt(`{"b":2}`) + "\n", KindJWT + " " + KindJWT, func(t *testing.T, d []Document) {
			if string(d[0].Data) != jwt(`{"a":1}`) || string(d[1].Data) != jwt(`{"b":2}`) || d[1].Pos.Line != 3 {
				t.Errorf("%q, %q at %v", d[0].Data, d[1].Data, d[1].Pos)
			}
		}},
		{"a token in two lines", jwt(`{"a":1}`)[:50] + "\n  " + jwt(`{"a":1}`)[50:], KindJWT, first(jwt(`{"a":1}`), NoteLines)},
		{"a token in base64 with padding", jwt(`{"a":1}`) + "==", KindJWT, first(jwt(`{"a":1}`) + "==")},
		{"discovery", discovery, KindDiscovery, first(discovery)},
		{"jwks", keySet, KindJWKS, first(keySet)},
		{"oauth error", `{"error":"invalid_grant","error_description":"no"}`, KindOAuthError, nil},
		{"claims", `{"iss":"https://idp.test","sub":"1","aud":"x"}`, KindClaims, nil},
		{"token response", `{"access_token":"opaque","id_token":"` + jwt(`{}`) + `"}`, KindTokenResponse + " " + KindJWT, nil},
	} {
		t.Run(p.name, p.run)
	}
}

func TestOpenCarriers(t *testing.T) {
	enc, def := b64(response), url.QueryEscape(b64(deflated(request1)))
	body := "RelayState=%2Fhome+page&SAMLResponse=" + url.QueryEscape(enc)
	redirect := "SAMLRequest=" + def + "&RelayState=abc&SigAlg=x%23y&Signature=AAAA"
	page := `<!DOCTYPE html><html><head><title>Working</title></head><body onload="document.forms[0].submit()"><noscript><p>Click</p></noscript><form method="post" action="https&#x3a;&#x2f;&#x2f;sp.test/acs"><input type="hidden" name="SAMLResponse" value="` + html.EscapeString(strings.ReplaceAll(enc, "+", "&#x2b;")) + `"/><input type=hidden name=RelayState value='r1'><noscript><input type="submit"/></noscript></form></body></html>`
	page = strings.ReplaceAll(page, "&amp;#x2b;", "&#x2b;")
	saml := func(binding, method, address, relay string) func(*testing.T, []Document) {
		return func(t *testing.T, d []Document) {
			t.Helper()
			got := d[0]
			if want := map[string]string{KindResponse: response, KindRequest: request1}[got.Kind]; string(got.Data) != want {
				t.Errorf("data %q", got.Data)
			}
			state := ""
			if got.RelayState != nil {
				state = *got.RelayState
			}
			if got.Binding != binding || got.Method != method || got.URL != address || state != relay {
				t.Errorf("%s %s %q relay %q; want %s %s %q relay %q", got.Binding, got.Method, got.URL, state, binding, method, address, relay)
			}
		}
	}
	for _, p := range []paste{
		{"form body", body, KindResponse, saml(POST, "", "", "/home page")},
		{"query string", redirect, KindRequest, func(t *testing.T, d []Document) {
			saml(Redirect, "", "", "abc")(t, d)
			if d[0].Query != redirect {
				t.Errorf("query %q", d[0].Query)
			}
		}},
		{"address", "https://idp.test/sso?" + redirect, KindRequest, saml(Redirect, "GET", "https://idp.test/sso?"+redirect, "abc")},
		{"address in lines", lines("https://idp.test/sso?"+redirect, 60, "\n"), KindRequest, saml(Redirect, "GET", "https://idp.test/sso?"+redirect, "abc")},
		{"page", page, KindResponse, func(t *testing.T, d []Document) {
			saml(POST, "POST", "https://sp.test/acs", "r1")(t, d)
			if f := d[0].Form; f == nil || !slices.Equal(f.Fields, []string{"SAMLResponse", "RelayState"}) {
				t.Errorf("form %+v", d[0].Form)
			}
		}},
		{"cURL bash", "curl 'https://sp.test/acs' \\\n  -H 'content-type: application/x-www-form-urlencoded' \\\n  -b 'sid=1; x=2' \\\n  --data-raw '" + body + "' \\\n  --compressed", KindResponse, saml(POST, "POST", "https://sp.test/acs", "/home page")},
		{"cURL bash, dollar", `$ curl $'https://sp.test/acs' -X 'POST' --data-raw $'` + strings.ReplaceAll(body, "home", `\u0021home`) + `'`, KindResponse, saml(POST, "POST", "https://sp.test/acs", "/!home page")},
		{"cURL cmd", "curl ^\"https://sp.test/acs^\" ^\r\n  -H ^\"sec-ch-ua: ^\\^\"Chromium^\\^\"^\" ^\r\n  --data-raw ^\"" + strings.NewReplacer("%", "^%^", "&", "^&").Replace(body) + "^\"", KindResponse, saml(POST, "POST", "https://sp.test/acs", "/home page")},
		{"cURL cmd, older", "curl \"https://sp.test/acs\" -H \"accept: \"\"x\"\"\" --data \"" + strings.ReplaceAll(body, "%", `"%"`) + `" --compressed`, KindResponse, saml(POST, "POST", "https://sp.test/acs", "/home page")},
		{"cURL cmd, Firefox", "curl \"https://sp.test/acs\" ^\r\n  -X POST ^\r\n  --data-raw \"" + strings.ReplaceAll(body, "%", `"^%"`) + `"`, KindResponse, saml(POST, "POST", "https://sp.test/acs", "/home page")},
		{"PowerShell", "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n$session.Cookies.Add((New-Object System.Net.Cookie(\"sid\", \"1\", \"/\", \"sp.test\")))\nInvoke-WebRequest -UseBasicParsing -Uri \"https://sp.test/acs\" `\n-Method \"POST\" `\n-WebSession $session `\n-Headers @{\n\"authority\"=\"sp.test\"\n  \"sec-ch-ua\"=\"`\"Chromium`\"\"\n} `\n-ContentType \"application/x-www-form-urlencoded\" `\n-Body \"" + body + "\"", KindResponse, saml(POST, "POST", "https://sp.test/acs", "/home page")},
		{"PowerShell bytes", "Invoke-WebRequest -Uri \"https://sp.test/acs\" -Method \"POST\" -Body ([System.Text.Encoding]::UTF8.GetBytes(\"" + strings.ReplaceAll(body, "home", "h$([char]33)me") + "\"))", KindResponse, saml(POST, "POST", "https://sp.test/acs", "/h!me page")},
		{"fetch", "await fetch(\"https://sp.test/acs\", {\n  \"headers\": {\n    \"accept\": \"*/*\"\n  },\n  \"body\": \"" + body + "\",\n  \"method\": \"POST\"\n});", KindResponse, saml(POST, "POST", "https://sp.test/acs", "/home page")},
		{"request of a proxy", "POST /acs HTTP/1.1\r\nHost: sp.test\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" + body, KindResponse, saml(POST, "POST", "https://sp.test/acs", "/home page")},
		{"SAML-tracer window", "POST https://sp.test/acs HTTP/1.1\nHost: sp.test\n\nHTTP/1.1 302 Found\nLocation: /\n\nPOST\nSAMLResponse: " + enc + "\nRelayState: r1\n", KindResponse, saml("", "POST", "https://sp.test/acs", "r1")},
		{"SAML-tracer export", `{"requests":[{"method":"GET","url":"https://idp.test/sso?` + redirect + `","requestHeaders":[{"name":"Host","value":"idp.test"}],"responseStatus":200,"responseHeaders":[]},{"method":"POST","url":"https://sp.test/acs","post":[["SAMLResponse","` + enc + `"],["RelayState","r1"]],"saml":` + string(text(response)) + `,"responseStatus":403,"responseHeaders":[]}],"timestamp":"2026-01-01T00:00:00Z"}`, KindRequest + " " + KindResponse, func(t *testing.T, d []Document) {
			saml(Redirect, "GET", "https://idp.test/sso?"+redirect, "abc")(t, d)
			saml(POST, "POST", "https://sp.test/acs", "r1")(t, d[1:])
			if d[1].Answer == nil || d[1].Answer.Status != 403 || d[1].Entry != 1 {
				t.Errorf("answer %+v entry %d", d[1].Answer, d[1].Entry)
			}
		}},
		{"SAML-tracer export, masked", `{"requests":[{"method":"POST","url":"https://sp.test/acs","post":[["SAMLResponse","** masked **"]],"saml":` + string(text(response)) + `}]}`, KindResponse, saml("", "POST", "https://sp.test/acs", "")},
		{"log line", "2026-01-01 DEBUG o.s.Saml - received " + response + " from 10.0.0.1\n", KindResponse, func(t *testing.T, d []Document) {
			first(response, NoteStray)(t, d)
			if d[0].Pos.Line != 1 || d[0].Pos.Col != 38 {
				t.Errorf("place %v", d[0].Pos)
			}
		}},
		{"log line of a body", `10.0.0.1 "POST /acs" body="` + body + `" 200`, KindResponse, saml(POST, "", "", "/home page")},
		{"log line of a parameter", "params: {SAMLResponse=>\"" + enc + "\"}", KindResponse, nil},
		{"log line of JSON", `{"level":"debug","msg":"in ` + strings.ReplaceAll(response, `"`, `\"`) + `"}` + "\n" + `{"level":"info"}`, KindResponse, first(response, NoteEscapes, NoteStray)},
		{"developer tools, form data", "SAMLResponse\n" + enc + "\nRelayState\nx", KindResponse, nil},
		{"event of a function", `{"httpMethod":"POST","isBase64Encoded":true,"body":"` + b64(body) + `"}`, KindResponse, func(t *testing.T, d []Document) {
			if d[0].Path != "/body" {
				t.Errorf("path %q", d[0].Path)
			}
		}},
		{"callback", "https://sp.test/cb?code=abc&state=xyz", KindCallback, nil},
		{"callback, error", "https://sp.test/cb?error=access_denied&error_description=User+is+not+assigned&state=1", KindCallback, func(t *testing.T, d []Document) {
			if got := url.Values(d[0].Params).Get("error_description"); got != "User is not assigned" {
				t.Errorf("description %q", got)
			}
		}},
		{"callback, an SP's own error", "https://sp.test/sign-in?error=state_mismatch", KindCallback, nil},
		{"callback, fragment", "com.acme.app:/cb#id_token=" + jwt(`{}`) + "&state=1", KindCallback + " " + KindJWT, nil},
		{"query alone", "?code=abc&state=xyz&iss=https%3A%2F%2Fidp.test", KindCallback, nil},
		{"authorization request", "https://idp.test/authorize?client_id=a&response_type=code&redirect_uri=https%3A%2F%2Fsp.test%2Fcb", KindAuthorization, nil},
		{"token request", "grant_type=authorization_code&code=abc&client_id=x", KindTokenRequest, nil},
		{"access log", `10.0.0.1 - - [01/Jan/2026] "GET /cb?error=login_required&state=1 HTTP/1.1" 302 0`, KindCallback, nil},
		{"mail", "Hi, I end up at https://sp.test/cb?error=access_denied&state=1. What now?", KindCallback, nil},
		{"artifact", "https://sp.test/acs?SAMLart=AAQAAMFbLinlXaCM&RelayState=1", KindArtifact, nil},
		{"undecodable", "SAMLResponse=this!is!not!base64", KindUndecodable, nil},
		{"SOAP", `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><soap:Body><samlp:LogoutResponse ID="_1"/></soap:Body></soap:Envelope>`, KindLogoutResponse, first(`<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1"/>`, NoteDeclared)},
	} {
		t.Run(p.name, p.run)
	}
}
