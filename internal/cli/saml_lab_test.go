package cli

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
)

// login is a browser's recording of one SAML login at the lab: the request to the IdP, and the post to the SP, which answers with a
// redirect to its start page.
func login(t *testing.T, l *lab.Lab, now time.Time) []byte {
	t.Helper()
	request := fmt.Sprintf(`<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_request1" Version="2.0" `+
		`IssueInstant="%s" Destination="%s" AssertionConsumerServiceURL="%s" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"><saml:Issuer>%s</saml:Issuer></samlp:AuthnRequest>`,
		now.UTC().Format(time.RFC3339), l.SSOURL, l.ACSURL, l.SPEntityID)
	var z bytes.Buffer
	w, err := flate.NewWriter(&z, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	query := url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(z.Bytes())}, "RelayState": {"_relay1"}}
	d := l.Deliver(l.Response(lab.ResponseOptions{InResponseTo: "_request1", Now: now}), "_relay1")
	last := map[string]any{"method": d.Method, "url": d.Action, "headers": []any{}}
	if d.Method == http.MethodGet {
		last["url"] = d.Action + "?" + d.Fields.Encode()
	} else {
		last["postData"] = map[string]any{"mimeType": "application/x-www-form-urlencoded", "text": d.Fields.Encode()}
	}
	entry := func(request map[string]any, status int, location string) map[string]any {
		return map[string]any{"startedDateTime": now.UTC().Format(time.RFC3339Nano), "request": request,
			"response": map[string]any{"status": status, "headers": []any{map[string]string{"name": "Location", "value": location}}, "redirectURL": location, "content": map[string]any{"text": ""}}}
	}
	har, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "creator": map[string]string{"name": "test"}, "entries": []any{
		entry(map[string]any{"method": "GET", "url": l.SSOURL + "?" + query.Encode(), "headers": []any{}}, 200, ""),
		entry(last, 302, "https://app.lab.example/start"),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return har
}

// decoded runs decode on a login at the lab, judged by the lab's connection file.
func (b *bench) decoded(t *testing.T, now time.Time) *report.Report {
	t.Helper()
	o := decodeOptions{judging: judging{format: "json", failOn: "error", color: "never", names: []string{"lab"}}}
	r, err := decodeReport(b.app, o, "login.har", login(t, b.lab, now))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestHealthySAMLLab demands silence of doctor, and of decode on a whole login.
func TestHealthySAMLLab(t *testing.T) {
	b := newBench(t, lab.Options{Protocol: "saml"})
	silent := func(r *report.Report) {
		t.Helper()
		broke(t, r)
		for _, c := range r.Connections {
			for _, f := range c.Findings {
				t.Errorf("%s %s: %s (%s)", f.Severity, f.Code, f.Message, f.Where)
			}
			if c.Verdict != report.VerdictHealthy {
				t.Errorf("verdict %s", c.Verdict)
			}
		}
	}
	silent(b.doctor(t, nil))
	silent(b.decoded(t, time.Now()))
}

// TestMessageFaults puts each fault that only a login shows in, and demands that exactly its rule speaks.
func TestMessageFaults(t *testing.T) {
	known := map[string]bool{}
	for _, r := range all.Rules() {
		known[r.Code] = true
	}
	for _, f := range lab.Faults() {
		if !f.Login || f.Protocol != "saml" || !known[f.Code] {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{Fault: f.Name})
			r := b.decoded(t, time.Now())
			broke(t, r)
			if got := roots(r); !slices.Equal(got, []string{f.Code}) {
				t.Errorf("%s: roots %v", f.Title, got)
				for _, c := range r.Connections {
					for _, x := range c.Findings {
						t.Logf("%s %s (caused by %q): %s", x.Severity, x.Code, x.CausedBy, x.Message)
					}
					for _, res := range c.Results {
						if res.Code == f.Code {
							t.Logf("%s: %s %s", res.Code, res.Outcome, res.Reason)
						}
					}
				}
			}
		})
	}
}
