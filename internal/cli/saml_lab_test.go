package cli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// recordedLogin is a browser's recording of one SAML login at the lab: the request to the IdP, and the post to the SP, which answers with a
// redirect to its start page.
func recordedLogin(t *testing.T, l *lab.Lab, now time.Time) []byte {
	t.Helper()
	request := l.Request("_relay1")
	d := l.Deliver(l.Response(lab.ResponseOptions{InResponseTo: requestID(l, request), Now: now}), relayOf(t, request))
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
	entries := []any{entry(last, 302, "https://app.lab.example/start")}
	if l.Fault.Code != "RSP009" { // that one is about a login that the IdP began
		entries = append([]any{entry(map[string]any{"method": "GET", "url": request, "headers": []any{}}, 200, "")}, entries...)
	}
	if l.Fault.Code == "AST045" { // that one is about two logins
		d = l.Deliver(l.Response(lab.ResponseOptions{InResponseTo: requestID(l, request), Now: now}), relayOf(t, request))
		again := map[string]any{"method": d.Method, "url": d.Action, "headers": []any{}, "postData": map[string]any{"mimeType": "application/x-www-form-urlencoded", "text": d.Fields.Encode()}}
		entries = append(entries, entry(again, 302, "https://app.lab.example/start"))
	}
	if l.Fault.SP {
		fetched := entry(map[string]any{"method": "GET", "url": "https://app.lab.example/saml/metadata", "headers": []any{}}, 200, "")
		fetched["response"].(map[string]any)["content"] = map[string]any{"mimeType": "application/samlmetadata+xml", "text": string(l.SPMetadata())}
		entries = append(entries, fetched)
	}
	har, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "creator": map[string]string{"name": "test"}, "entries": entries}})
	if err != nil {
		t.Fatal(err)
	}
	return har
}

// requestID is the ID of a request that the lab's SP sends; "" when the IdP begins the login.
func requestID(l *lab.Lab, request string) string {
	found, err := unwrap.Open("", []byte(request))
	if err != nil || l.Fault.Code == "RSP009" {
		return ""
	}
	doc, err := xmltree.Parse("", found[0].Data)
	if err != nil {
		return "_not-readable"
	}
	return doc.Root.Attr("ID")
}

// relayOf is the RelayState of a request.
func relayOf(t *testing.T, request string) string {
	t.Helper()
	u, err := url.Parse(request)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("RelayState")
}

// decoded runs decode on a login at the lab, judged by the lab's connection file.
func (b *bench) decoded(t *testing.T, now time.Time) *report.Report {
	t.Helper()
	b.write(t, "idp.xml", string(b.lab.SAMLMetadata())) // decode asks nobody: it reads metadata from a file
	b.write(t, "ssoctl.yaml", strings.Replace(b.lab.Connection(), "idp_metadata: "+b.lab.MetadataURL, "idp_metadata: ./idp.xml", 1))
	o := decodeOptions{judging: judging{format: "json", failOn: "error", color: "never", names: []string{"lab"}}}
	r, err := decodeReport(b.app, o, "login.har", recordedLogin(t, b.lab, now))
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

// TestSPMetadataFaults judges the metadata of the lab's SP.
func TestSPMetadataFaults(t *testing.T) {
	known := map[string]bool{}
	for _, r := range all.Rules() {
		known[r.Code] = true
	}
	j := &judge{rules: all.Rules(), lib: knowledge.New(), now: func(time.Time) time.Time { return time.Now() }}
	judged := func(t *testing.T, o lab.Options) *report.Report {
		t.Helper()
		b := newBench(t, o)
		in := input{name: "sp.xml", data: b.lab.SPMetadata(), role: "sp-metadata"}
		return &report.Report{Connections: []report.Connection{j.document(in, evidence.SPMetadata)}}
	}
	if r := judged(t, lab.Options{Protocol: "saml"}); len(r.Connections[0].Findings) > 0 {
		t.Errorf("healthy: %v", r.Connections[0].Findings)
	}
	for _, f := range lab.Faults() {
		compares := slices.Contains([]string{"MD027", "MD033", "MD056"}, f.Code) // with a connection
		if !f.SP || f.Login || !known[f.Code] || compares {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			r := judged(t, lab.Options{Fault: f.Name})
			if got := roots(r); !slices.Equal(got, []string{f.Code}) {
				t.Errorf("%s: %v", f.Title, r.Connections[0].Findings)
			}
		})
	}
}
