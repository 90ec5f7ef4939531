package oidcrules

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// The discovery document as an answer and as a text, before anything in it is read.
var discFetch = []check.Rule{
	{
		Code: "DISC003", Title: "the discovery URL answers with the document", Severity: report.Error, Protocol: config.OIDC,
		Explains: []string{"AUTHZ035"},
		Tries:    []evidence.Kind{evidence.Discovery},
		Uses:     []evidence.Kind{evidence.Config, evidence.Alternatives},
		Why:      "Without the document the SP knows no endpoint and no key: set-up stops, or every login ends in an error of the SP.",
		Fix:      "enter the issuer whose discovery document exists: open {issuer}/.well-known/openid-configuration in a browser",
		Refs:     []string{"OpenID Connect Discovery 1.0 §4.2"},
		Applies:  func(c *check.Case) bool { return !c.Seen[evidence.Discovery].Obs.FromFile() },
		Decides: func(c *check.Case) string {
			obs := c.Seen[evidence.Discovery].Obs
			if last := obs.Last(); last != nil && (last.Status == 401 || last.Status == 403) && isPage(last.Body) {
				return "a page stands before the document" // NET014
			}
			return unanswered(obs)
		},
		Check: checkStatus,
	},
	{
		Code: "DISC004", Title: "the discovery document is sent as application/json", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Why:     "Strict clients refuse to read a document that does not call itself JSON.",
		Fix:     "send the discovery document with Content-Type: application/json",
		Refs:    []string{"OpenID Connect Discovery 1.0 §4.2"},
		Applies: func(c *check.Case) bool { return live(c.Seen[evidence.Discovery].Obs) },
		Check: func(c *check.Case) []report.Finding {
			last := c.Seen[evidence.Discovery].Obs.Last()
			got := last.Head("Content-Type")
			if isJSON(got) {
				return nil
			}
			header := "with Content-Type " + check.Quote(got)
			if got == "" {
				header = "without Content-Type"
			}
			return []report.Finding{{
				Message: fmt.Sprintf("the discovery document is sent %s, not as %q", header, "application/json"), Got: got, Want: "application/json",
				Where: report.Location{Evidence: last.Name()}, Fix: []string{c.AtIdP("send the document as application/json (a proxy or a static file server in front is the usual cause)", "endpoints", "issuer")},
			}}
		},
	},
	{
		Code: "DISC005", Title: "the discovery document is one JSON object", Severity: report.Error, Protocol: config.OIDC,
		Explains: []string{"AUTHZ035"},
		Tries:    []evidence.Kind{evidence.Discovery},
		Why:      "An SP that cannot read the document stops at set-up or at the first login. Of a member that stands there twice, each library takes the value it likes.",
		Fix:      "let the IdP send the JSON object alone: no byte order mark, nothing behind it, each member once",
		Refs:     []string{"OpenID Connect Discovery 1.0 §4.2", "RFC 8259 §4", "RFC 8259 §8.1"},
		Decides:  func(c *check.Case) string { return unread(c.Seen[evidence.Discovery]) },
		Check: func(c *check.Case) []report.Finding {
			seen := c.Seen[evidence.Discovery]
			if seen.Parsed != nil {
				return []report.Finding{unparsed(seen, "the discovery document")}
			}
			return textFaults(c, evidence.Discovery, c.Discovery.Doc, "the discovery document")
		},
	},
}

// isJSON reports whether a media type is JSON (RFC 6839 §3.1 for the suffix).
func isJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}

// unanswered is why an answer decides nothing about the document: none came, the server was busy or broken, or the redirects
// led nowhere, which other rules tell.
func unanswered(obs *evidence.Observation) string {
	last := obs.Last()
	switch {
	case obs.Failure != nil:
		return obs.Failure.Text
	case last == nil || last.Status == 0:
		return "no answer"
	case last.Status == 429 || last.Status >= 500:
		return last.Name()
	case last.Failure != nil:
		return last.Failure.Text
	case last.Cut:
		return "the answer was longer than what is read of it"
	}
	return ""
}

// unread is why a document cannot be looked at as a text.
func unread(seen check.Seen) string {
	if seen.Obs.FromFile() {
		if seen.Obs.Failure != nil {
			return seen.Obs.Failure.Text
		}
		return ""
	}
	if reason := unanswered(seen.Obs); reason != "" {
		return reason
	}
	if last := seen.Obs.Last(); last.Status != 200 {
		return last.Name()
	}
	if seen.Parsed != nil && isPage(seen.Obs.Document()) {
		return "the answer is a page, not a document"
	}
	return ""
}

// isPage reports whether a body is HTML or XML rather than JSON gone wrong.
func isPage(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))), []byte("<"))
}

func checkStatus(c *check.Case) []report.Finding {
	last := c.Seen[evidence.Discovery].Obs.Last()
	if last.Status == 200 {
		return nil
	}
	f := report.Finding{
		Message: fmt.Sprintf("%s %s answers %q, not %q", last.Method, last.URL, fmt.Sprint(last.Status), "200"), Got: fmt.Sprint(last.Status), Want: "200",
		Where: report.Location{Evidence: last.Name()},
	}
	if c.Config == nil {
		return []report.Finding{f}
	}
	key := "issuer"
	if c.Config.OIDC != nil && c.Config.OIDC.DiscoveryURL != "" {
		key = "discovery_url"
	}
	f.Related = []report.Location{f.Where}
	if !byURL(c) {
		f.Where = c.Config.Pos("oidc/" + key)
	}
	switch cmp := compare(c); {
	case cmp != nil && cmp.elsewhere && !cmp.diff.Equal() && !general(classify(c, cmp)):
		return nil // the difference of the issuers says it better
	case cmp != nil && cmp.elsewhere:
		f.Message += fmt.Sprintf("; a document is at %s and names the issuer %s", cmp.url, check.Quote(cmp.want))
		f.Related = append(f.Related, cmp.where)
		if cmp.diff.Equal() { // what was entered is right, and only the place does not answer
			f.Fix = []string{c.AtIdP("let it answer "+last.URL+" with the discovery document, as it does at "+cmp.url, "endpoints", "issuer")}
			break
		}
		f.Fix = []string{c.AtSP("if that is the IdP that was meant, paste "+cmp.want, "issuer"), c.AtIdP("else compare the issuer that it shows with what was entered", "issuer", "endpoints")}
	case last.Status == 401 || last.Status == 403:
		f.Fix = []string{c.AtIdP("let everybody read the discovery document: the SP asks for it without a login", "issuer", "endpoints")}
	default:
		f.Fix = []string{
			c.AtIdP("copy the issuer from there; tenant, realm or application in it must exist", "issuer", "endpoints"),
			c.AtSP("paste it; "+last.URL+" must answer in a browser", key),
		}
	}
	return []report.Finding{f}
}

// unparsed is the finding about a text that is no JSON object.
func unparsed(seen check.Seen, what string) report.Finding {
	f := report.Finding{Message: what + " is JSON, but not an object", Want: "a JSON object", Where: report.Location{Evidence: seen.Obs.Name()}}
	var parse *source.Error
	file := seen.Obs.FromFile()
	if errors.As(seen.Parsed, &parse) {
		f.Message = fmt.Sprintf("%s is not one JSON object: %s", what, strings.Replace(parse.Msg, "invalid character", "unexpected", 1))
		if !file && !parse.Pos.IsZero() {
			f.Message += fmt.Sprintf(" (line %d, column %d)", parse.Pos.Line, parse.Pos.Col)
		}
	}
	if file {
		f.Where = report.Location{File: seen.Obs.Source, Line: 1, Col: 1}
		if parse != nil && !parse.Pos.IsZero() {
			f.Where.Line, f.Where.Col = parse.Pos.Line, parse.Pos.Col
		}
	}
	return f
}

// textFaults are what a document that parses still does wrong as a JSON text.
func textFaults(c *check.Case, kind evidence.Kind, doc *source.Doc, what string) []report.Finding {
	var out []report.Finding
	if doc.BOM() {
		out = append(out, report.Finding{Message: what + ` begins with a byte order mark ("\ufeff"), which JSON parsers trip over`, Got: `\ufeff`, Want: "{",
			Where: c.PlaceKey(kind, doc, "", source.Pos{Line: 1, Col: 1}, 1)})
	}
	return append(out, doubled(c, kind, doc, "", doc.Root, what)...)
}

// doubled finds members that stand twice in one object, at any depth.
func doubled(c *check.Case, kind evidence.Kind, doc *source.Doc, path string, n *source.Node, what string) []report.Finding {
	var out []report.Finding
	first := map[string]*source.Member{}
	for i := range n.Members {
		m := &n.Members[i]
		here := path + "/" + source.Escape(m.Key)
		if before := first[m.Key]; before != nil {
			values := "with different values"
			switch {
			case reflect.DeepEqual(before.Value.Any(), m.Value.Any()):
				values = "both with the same value"
			case before.Value.Str() != "" && m.Value.Str() != "":
				values = fmt.Sprintf("first %s, then %s", describe(before.Value), describe(m.Value))
			}
			f := report.Finding{Message: fmt.Sprintf("%s has %s twice, %s", what, check.Quote(m.Key), values), Got: m.Value.Str(), Want: before.Value.Str(),
				Where: c.PlaceKey(kind, doc, here, m.KeyPos, len([]rune(m.Key))+2)}
			if before.KeyPos.Line != m.KeyPos.Line {
				f.Related = []report.Location{c.PlaceKey(kind, doc, here, before.KeyPos, len([]rune(m.Key))+2)}
			}
			out = append(out, f)
			continue
		}
		first[m.Key] = m
		out = append(out, doubled(c, kind, doc, here, m.Value, what)...)
	}
	for i, item := range n.Items {
		out = append(out, doubled(c, kind, doc, fmt.Sprintf("%s/%d", path, i), item, what)...)
	}
	return out
}

// explainDiff is how an address differs from another one, as a clause in brackets; "" when that says nothing.
func explainDiff(got, want string) string {
	if d := exact.Compare(got, want); d.Only {
		return " (" + d.String() + ")"
	}
	return ""
}
