package unwrap

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// har makes a HAR of entries, each {"at": second, "request": …, "response": …}.
func har(t *testing.T, entries ...map[string]any) string {
	t.Helper()
	for _, e := range entries {
		e["startedDateTime"] = "2026-01-01T00:00:" + e["at"].(string) + ".000Z"
	}
	b, err := json.Marshal(map[string]any{"log": map[string]any{"pages": []any{}, "entries": entries}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

type obj = map[string]any

func get(at, address string, response obj) obj {
	return obj{"at": at, "request": obj{"method": "GET", "url": address, "headers": []obj{{"name": "cookie", "value": "sid=1; other=2"}}}, "response": response}
}

func post(at, address, body string, response obj) obj {
	return obj{"at": at, "request": obj{"method": "POST", "url": address, "postData": obj{"mimeType": "application/x-www-form-urlencoded", "text": body}}, "response": response}
}

// TestHARSAML is one SAML login: a redirect to the IdP, a page with a form, the post of it, an error page.
func TestHARSAML(t *testing.T) {
	sso := "https://idp.test/sso?SAMLRequest=" + url.QueryEscape(b64(deflated(request1))) + "&RelayState=r1"
	page := `<html><form method="post" action="https://sp.test/acs"><input name="SAMLResponse" value="` + b64(response) + `"><input name="RelayState" value="r1"></form></html>`
	data := har(t,
		// Entries need not be in order.
		post("03", "https://sp.test/acs", "SAMLResponse="+url.QueryEscape(b64(response))+"&RelayState=r1", obj{"status": 403, "content": obj{"mimeType": "text/html", "text": "<title>Error</title><p>Audience\n mismatch</p>"}}),
		get("01", "https://sp.test/login", obj{"status": 302, "redirectURL": sso, "headers": []obj{{"name": "Set-Cookie", "value": "relay=secret; SameSite=Lax"}}}),
		get("02", sso, obj{"status": 200, "content": obj{"mimeType": "text/html", "text": page}}),
		get("04", "https://sp.test/app.js", obj{"status": 200, "content": obj{"mimeType": "text/javascript", "text": "var x='SAMLResponse=" + b64(response) + "'"}}),
		post("05", "https://sp.test/acs", "SAMLResponse="+url.QueryEscape(b64(response)), obj{"status": 0, "_error": "net::ERR_BLOCKED_BY_CLIENT"}),
	)
	docs, err := Open("x.har", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	if got := kindsOf(docs); got != "2:saml.request 0:saml.response 4:saml.response" {
		t.Fatalf("got %s\n%s", got, summary(docs))
	}
	req, res, again := docs[0], docs[1], docs[2]
	if req.Binding != Redirect || req.Path != "/log/entries/2/request/url" || !slices.Equal(req.SetEarlier, []string{"relay; SameSite=Lax"}) || !slices.Equal(req.Cookies, []string{"sid", "other"}) {
		t.Errorf("request %s", summary(docs[:1]))
	}
	if res.Binding != POST || res.URL != "https://sp.test/acs" || res.Answer.Status != 403 || res.Answer.Page != "Error\nAudience mismatch" || *res.RelayState != "r1" || res.Sent.Second() != 3 {
		t.Errorf("response %s", summary(docs[1:2]))
	}
	if f := res.Form; f == nil || f.Method != "POST" || f.Action != "https://sp.test/acs" || !slices.Equal(f.Fields, []string{"SAMLResponse", "RelayState"}) {
		t.Errorf("the form that it was sent from: %+v", res.Form)
	}
	if again.Answer.Blocked != "net::ERR_BLOCKED_BY_CLIENT" {
		t.Errorf("blocked %+v", again.Answer)
	}
	if want := []string{"HAR", "form body", "URL encoding", "base64"}; !slices.Equal(res.Layers, want) {
		t.Errorf("layers %q, want %q", res.Layers, want)
	}
}

// TestHAROIDC is one OIDC login, with what comes again and again left out.
func TestHAROIDC(t *testing.T) {
	id := jwt(`{"sub":"1"}`)
	authorize := "https://idp.test/authorize?client_id=a&response_type=code&state=1&nonce=2"
	callback := "https://sp.test/cb?code=c&state=1"
	api := func(at string) obj {
		e := get(at, "https://sp.test/api/me", obj{"status": 200, "content": obj{"mimeType": "application/json", "text": `{"sub":"ann","name":"x"}`}})
		e["request"].(obj)["headers"] = []obj{{"name": "Authorization", "value": "Bearer " + jwt(`{"aud":"api"}`)}}
		return e
	}
	data := har(t,
		get("01", "https://idp.test/.well-known/openid-configuration", obj{"status": 200, "content": obj{"mimeType": "application/json", "text": discovery}}),
		get("02", authorize, obj{"status": 302, "redirectURL": callback}),
		get("03", callback, obj{"status": 200, "content": obj{"mimeType": "text/html", "text": "<p>hi"}}),
		post("04", "https://idp.test/token", "grant_type=authorization_code&code=c", obj{"status": 200, "content": obj{"mimeType": "application/json", "encoding": "base64", "text": b64(`{"access_token":"x","id_token":"` + id + `"}`)}}),
		get("05", "https://idp.test/.well-known/openid-configuration", obj{"status": 200, "content": obj{"mimeType": "application/json", "text": discovery}}),
		api("06"), api("07"),
		post("08", "https://idp.test/token", "grant_type=refresh_token&refresh_token=r", obj{"status": 400, "content": obj{"mimeType": "application/json", "text": `{"error":"invalid_grant"}`}}),
		get("09", "https://idp.test/logout?id_token_hint="+id+"&post_logout_redirect_uri=https%3A%2F%2Fsp.test", nil),
	)
	docs, err := Open("x.har", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	want := "0:oidc.discovery 1:oidc.authorization_request 2:oidc.callback 3:oidc.token_request 3:oidc.token_response 3:jwt 5:jwt 7:oidc.token_request 7:oauth.error 8:oidc.logout_request"
	if got := kindsOf(docs); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	if docs[5].Name != "id_token" || string(docs[5].Data) != id || docs[5].Path != "/log/entries/3/response/content/text" {
		t.Errorf("%s", summary(docs[5:6]))
	}
	if docs[1].Answer.Location != callback {
		t.Errorf("location %q", docs[1].Answer.Location)
	}
}

// TestHARCut opens what there is of a HAR whose end is missing.
func TestHARCut(t *testing.T) {
	data := har(t, get("01", "https://sp.test/cb?code=c&state=1", nil), get("02", "https://sp.test/", nil))
	docs, err := Open("", []byte(data[:len(data)-20]))
	if err != nil || len(docs) != 1 || len(docs[0].Notes) != 1 || !strings.HasPrefix(docs[0].Notes[0], NoteCut) {
		t.Errorf("%v %s", err, summary(docs))
	}
}

func TestRecognise(t *testing.T) {
	spMetadata := strings.ReplaceAll(metadata, "IDPSSO", "SPSSO")
	pem := "-----BEGIN CERTIFICATE-----\n" + b64(certificateDER) + "\n-----END CERTIFICATE-----\n"
	for _, c := range []struct{ name, data, want string }{
		{"a.xml", metadata, KindMetadataIdP},
		{"a.xml", spMetadata, KindMetadataSP},
		{"a.xml", utf16le(metadata), KindMetadataIdP},
		{"a.xml", `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>`, KindMetadata},
		{"a.xml", response, KindResponse},
		{"a.xml", "<project/>", ""},
		{"a.html", "<!DOCTYPE html><html></html>", ""},
		{"a.pem", pem, KindCertificate},
		{"a.crt", "subject=CN=x\n" + pem, KindCertificate},
		{"a.yaml", "saml:\n  certificate: |\n    " + strings.ReplaceAll(pem, "\n", "\n    "), ""},
		{"a.md", "Paste this:\n" + pem, ""},
		{"a.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", KindPrivateKey},
		{"a.cer", certificateDER, KindCertificate},
		{"a.txt", b64(certificateDER), KindCertificate},
		{"a.txt", b64(response), KindResponse},
		{"a.json", discovery, KindDiscovery},
		{"a.json", keySet, KindJWKS},
		{"a.json", `{"name":"x","keys":"y","dependencies":{}}`, ""},
		{"a.har", `{"log":{"version":"1.2","creator":{}}}`, KindHAR},
		{"a.txt", "hello", ""},
		{"a", "", ""},
	} {
		if got := Recognise(c.name, []byte(c.data)); got != c.want {
			t.Errorf("%s %.40q: %q, want %q", c.name, c.data, got, c.want)
		}
	}
}

// certificateDER has the outline of a certificate: sequence of {version, serial number, …}.
const certificateDER = "\x30\x26\x30\x20\xa0\x03\x02\x01\x02\x02\x01\x07\x30\x16aaaaaaaaaaaaaaaaaaaaaa\x30\x00\x03\x00"

func TestCertificates(t *testing.T) {
	block := "-----BEGIN CERTIFICATE-----\n" + lines(b64(certificateDER), 20, "\n") + "\n-----END CERTIFICATE-----"
	for _, p := range []paste{
		{"PEM", block + "\n", KindCertificate, first(block)},
		{"CRLF", strings.ReplaceAll(block, "\n", "\r\n"), KindCertificate, nil},
		{"chain", block + "\n" + block + "\n", KindCertificate + " " + KindCertificate, func(t *testing.T, d []Document) {
			if d[1].Pos.Line != 6 {
				t.Errorf("line %d", d[1].Pos.Line)
			}
		}},
		{"stray text", "Bag Attributes\n friendlyName: x\n" + block + "\nthanks", KindCertificate, first(block)},
		{"base64", b64(certificateDER), KindCertificate, first(certificateDER)},
		{"base64 of PEM", b64(block), KindCertificate, first(block)},
		{"DER", certificateDER, KindCertificate, first(certificateDER)},
		{"DER, cut", certificateDER[:len(certificateDER)-4], KindCertificate, first(certificateDER[:len(certificateDER)-4], NoteCut+": the DER ends early, 36 of 40 bytes")},
		{"no END", strings.Split(block, "\n-----END")[0], KindCertificate, nil},
		{"environment", `CERT="` + strings.ReplaceAll(block, "\n", `\n`) + `"`, KindCertificate, first(block, NoteEscapes)},
		{"key and certificate", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n" + block, KindPrivateKey + " " + KindCertificate, nil},
	} {
		t.Run(p.name, p.run)
	}
}
