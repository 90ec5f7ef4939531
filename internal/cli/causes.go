package cli

import (
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/explain"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// explained adds what error texts know of answers that a finding only quotes, with the fix that explain gives for the same text. What the
// rule knows by itself is left alone.
func explained(c *report.Connection) {
	var engine *explain.Engine
	for i := range c.Findings {
		f := &c.Findings[i]
		if f.Said == "" || f.Inconclusive {
			continue
		}
		if engine == nil {
			engine = explain.New(knowledge.Errors())
		}
		cause, ok := likeliest(engine, explain.Query{Text: f.Said, IdP: c.IdP, SP: c.SP, Protocol: c.Protocol, Name: c.Name})
		if !ok || slices.Contains(engine.Rules(cause.ID), f.Code) {
			continue
		}
		f.Message += "; " + cause.Confidence + ": " + cause.Title
		f.Fix = append(slices.Clone(cause.Fix), f.Fix...)
		for _, e := range cause.Troubleshooting {
			if !slices.Contains(f.Troubleshooting, e) {
				f.Troubleshooting = append(f.Troubleshooting, e)
			}
		}
	}
}

// likeliest is the first reading of a text, where it is more than possible.
func likeliest(engine *explain.Engine, q explain.Query) (report.Cause, bool) {
	matches := engine.Explain(q).Matches
	if len(matches) == 0 || matches[0].Confidence == "possible" {
		return report.Cause{}, false
	}
	return matches[0], true
}

// meaning is what the error of an authorization response means, as a row of its summary; none when nobody knows.
func meaning(doc unwrap.Document, hide evidence.Redactor) report.Rows {
	v := url.Values(doc.Params)
	text := strings.TrimSpace(v.Get("error") + " " + v.Get("error_description"))
	if doc.Kind != unwrap.KindCallback || text == "" {
		return nil
	}
	cause, ok := likeliest(explain.New(knowledge.Errors()), explain.Query{Text: text, Protocol: "oidc", Hide: hide})
	if !ok {
		return nil
	}
	return report.Rows{{Key: "means", Value: cause.Confidence + ": " + cause.Title, More: cause.Fix}}
}
