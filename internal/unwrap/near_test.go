package unwrap

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLarge opens texts of many megabytes: patterns are run near the strings that they need, and nowhere else.
func TestLarge(t *testing.T) {
	long := strings.Repeat("2026-01-01 nothing of interest happened in this line of a log\n", 8<<20/62)
	for name, data := range map[string]string{"one word": strings.Repeat("A", 8<<20), "a log": long} {
		start := time.Now()
		if docs, err := Open("", []byte(data)); err == nil {
			t.Errorf("%s: %s", name, summary(docs))
		}
		if took := time.Since(start); took > 15*time.Second {
			t.Errorf("%s takes %v", name, took)
		}
	}
	docs, err := Open("", []byte(long+"POST SAMLResponse="+url.QueryEscape(b64(response))+"\n"+long))
	if err != nil || kindsOf(docs) != "-1:saml.response" {
		t.Errorf("in the middle of a log: %v %s", err, summary(docs))
	}
}

// TestFinder compares what is found near fixed strings with what the pattern finds in the whole.
func TestFinder(t *testing.T) {
	filler := strings.Repeat("xy\n", wholly/2)
	f := finding(linkLike, "://")
	for _, text := range []string{filler + "see aa://b and cc://d\n" + filler + "ee://f", "https://a.test/?b c", filler + "aa://b" + filler + "a://b", filler} {
		want := linkLike().FindAllSubmatchIndex([]byte(text), -1)
		if got := f.in([]byte(text)); !slices.EqualFunc(got, want, slices.Equal) || f.match([]byte(text)) != (len(want) > 0) {
			t.Errorf("%d bytes: %v, want %v", len(text), got, want)
		}
	}
}

// TestTypographicQuotes: what a word processor makes of a message is put right inside of tags only.
func TestTypographicQuotes(t *testing.T) {
	typed := strings.ReplaceAll(request1, `"`, "\u201d")
	docs, err := Open("", []byte(typed))
	if err != nil || len(docs) != 1 || docs[0].Notes[0] != NoteTypographic || string(docs[0].Data) != request1 {
		t.Errorf("%v %s", err, summary(docs))
	}
	if got := string(straightened([]byte("<a b=\u201cc\u201d>\u201cd\u201d</a>"))); got != "<a b=\"c\">\u201cd\u201d</a>" {
		t.Error(got)
	}
}

// TestCarriedAlong: a request that the IdP's own pages send on is one request; to another host it is another one.
func TestCarriedAlong(t *testing.T) {
	sso := "https://idp.test/sso?SAMLRequest=" + url.QueryEscape(b64(deflated(request1)))
	body := "user=ann&SAMLRequest=" + url.QueryEscape(b64(deflated(request1)))
	ok := obj{"status": 200, "content": obj{"mimeType": "text/html", "text": "<title>x</title>"}}
	docs, err := Open("x.har", []byte(har(t, get("01", sso, ok), post("02", "https://idp.test/login", body, ok), post("03", "https://other.test/login", body, ok))))
	if err != nil || kindsOf(docs) != "0:saml.request 2:saml.request" {
		t.Errorf("%v %s", err, summary(docs))
	}
}

// TestRedactedShape: in the copy that is safe to send, personal values keep what rules look at, and a message that does not parse
// still does not.
func TestRedactedShape(t *testing.T) {
	personal := strings.Replace(response, "</samlp:Response>", `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:AttributeStatement><saml:Attribute Name="a"><saml:AttributeValue>CN=Jane Canary,OU=x</saml:AttributeValue>`+
		`<saml:AttributeValue>JANE@acme.com</saml:AttributeValue><saml:AttributeValue>redacted-Canary</saml:AttributeValue><saml:AttributeValue>Ja<!-- Canary -->ne</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>`, 1)
	for name, message := range map[string]string{"whole": personal, "cut": personal[:len(personal)-9]} {
		safe, err := RedactHAR([]byte(har(t, post("01", "https://sp.test/acs", "SAMLResponse="+url.QueryEscape(b64(message)), obj{"status": 200}))), []byte("key"))
		if err != nil {
			t.Fatal(err)
		}
		docs, err := Open("x.har", safe)
		if err != nil || len(docs) != 1 || docs[0].Kind != KindResponse {
			t.Fatalf("%s: %v %s", name, err, summary(docs))
		}
		text := string(docs[0].Data)
		if strings.Contains(text, "Canary") || strings.Contains(strings.ToLower(text), "jane") {
			t.Errorf("%s: %s", name, text)
		}
		if name == "whole" && (!strings.Contains(text, "OU=redacted-") || !strings.Contains(text, "X@acme.com") || !strings.Contains(text, "<!--redacted-->")) {
			t.Errorf("%s: %s", name, text)
		}
	}
}
