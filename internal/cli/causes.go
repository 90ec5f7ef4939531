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

// unclassified are the rules that quote an answer which no profile knows; what error texts say of it stands beside the quote, with the fix
// that explain gives for the same text.
var unclassified = []string{"AUTHZ018"}

// explained adds what error texts know of answers that are only quoted.
func explained(c *report.Connection) {
	var engine *explain.Engine
	for i := range c.Findings {
		f := &c.Findings[i]
		if !slices.Contains(unclassified, f.Code) || f.Inconclusive {
			continue
		}
		if engine == nil {
			engine = explain.New(knowledge.Errors())
		}
		cause, ok := likeliest(engine, explain.Query{Text: f.Got, IdP: c.IdP, SP: c.SP, Protocol: c.Protocol, Name: c.Name})
		if !ok {
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
