package samlrules

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const letterConnection = `version: 1
connections:
  - name: app
    sp: {profile: orq, workspace: acme-corp}
    idp: {profile: keycloak}
    saml:
      idp_entity_id: https://login.example.com/realms/main
      sso_url: https://login.example.com/realms/main/protocol/saml
`

// TestMutatedMessages: whatever is dropped from, doubled or overwritten in requests, responses and logout messages, pasted, recorded or
// answered, with a connection or without, no rule breaks down.
func TestMutatedMessages(t *testing.T) {
	letters := letterSamples(t)
	lib := knowledge.New()
	f, err := config.Parse("ssoctl.yaml", []byte(letterConnection))
	if err != nil {
		t.Fatal(err)
	}
	conn := connection.Resolve(f.Targets[0], lib, nil, connection.Seen{})
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	r := rand.New(rand.NewPCG(3, 4))
	parsed := 0
	for range 800 {
		set := evidence.Set{}
		var messages []evidence.Message
		for range 1 + r.IntN(3) {
			data := restructured(bytes.Clone(letters[r.IntN(len(letters))]), r)
			if _, err := xmltree.Parse("", data); err == nil {
				parsed++
			}
			messages = append(messages, letterMessage(data, now, r))
		}
		set[evidence.SAMLMessages] = &evidence.Observation{Kind: evidence.SAMLMessages, Source: "login.har", Messages: messages}
		if r.IntN(2) == 0 {
			set[evidence.SAMLSSO] = answers(now, r, messages)
		}
		with := conn
		if r.IntN(3) == 0 {
			with = nil
		}
		_, results := check.Run(Rules, check.New(with, lib, set, now))
		for _, res := range results {
			if res.Outcome == report.Broken {
				t.Fatalf("%s: %s\n%s", res.Code, res.Reason, messages[0].XML)
			}
		}
	}
	if parsed < 800 {
		t.Errorf("only %d of the mutated messages are XML", parsed)
	}
}

// letterMessage puts a message into an envelope of any kind.
func letterMessage(data []byte, now time.Time, r *rand.Rand) evidence.Message {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	m := evidence.Message{Source: "login.har", Name: pick("SAMLResponse", "SAMLRequest", "SamlResponse", ""), Binding: pick("HTTP-POST", "HTTP-Redirect", ""), XML: data,
		To: pick("", "https://my.orq.ai/v2/auth/sso/saml/callback", "/relative", "https://x?SAMLResponse=a&b=c", "%zz"), RequestID: pick("", "", "_q1"),
		Notes: []string{pick("cut off: x", "the XML does not parse", "blanks in place of +", "RelayState came back changed")}, Layers: []string{"base64", pick("base64", "deflate")}}
	if r.IntN(2) == 0 {
		m.Sent = now
	}
	if state := pick("", "_s", strings.Repeat("x", 90)); state != "" {
		m.RelayState = &state
	}
	if r.IntN(3) == 0 {
		m.Form = &evidence.Form{Action: m.To, Method: pick("", "get", "POST"), Fields: []string{"samlresponse"}}
	}
	if r.IntN(3) == 0 {
		m.Answer = &evidence.Exchange{Status: []int{0, 200, 302, 403}[r.IntN(4)], Header: map[string][]string{"Location": {pick("", "/?error=x&error_description=y", "%zz")}}}
	}
	if r.IntN(8) == 0 {
		m.XML, m.Problem = nil, "the value is neither base64 nor XML"
	}
	return m
}

// answers are what a single sign-on service could say, with responses that may belong to no exchange.
func answers(now time.Time, r *rand.Rand, messages []evidence.Message) *evidence.Observation {
	labels := []string{evidence.Passive, evidence.AsSent, evidence.NoDestination, evidence.NoNameID, evidence.Signed, evidence.OtherBinding}
	obs := &evidence.Observation{Kind: evidence.SAMLSSO, Source: "https://login.example.com/realms/main/protocol/saml", At: now}
	for _, label := range labels {
		if r.IntN(3) == 0 {
			continue
		}
		bodies := []string{"Invalid Request", "Invalid requester", "Unsupported NameIDFormat", "<html><p>hello</p></html>", `{"error":"invalid_request"}`, "<EntityDescriptor/>", ""}
		obs.Exchanges = append(obs.Exchanges, evidence.Exchange{Label: label, Method: []string{"GET", "POST"}[r.IntN(2)], URL: obs.Source, At: now,
			Status: []int{200, 302, 400, 404, 405, 429, 503}[r.IntN(7)], Body: []byte(bodies[r.IntN(len(bodies))])})
	}
	for _, m := range messages {
		if r.IntN(2) == 0 {
			m.Label = append(labels, evidence.SPOwn)[r.IntN(len(labels)+1)]
			obs.Messages = append(obs.Messages, m)
		}
	}
	return obs
}

// letterSamples are the messages in the case files of the rules on them.
func letterSamples(t *testing.T) [][]byte {
	t.Helper()
	var out [][]byte
	for _, area := range []string{"req", "rsp", "lgo"} {
		files, err := filepath.Glob("../../../testdata/rules/" + area + "/*.txtar")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range txtar.Parse(b).Files {
				if strings.HasSuffix(f.Name, ".xml") && bytes.Contains(f.Data, []byte(":SAML:2.0:protocol")) {
					out = append(out, f.Data)
				}
			}
		}
	}
	if len(out) < 100 {
		t.Fatalf("only %d messages", len(out))
	}
	return out
}
