package cli

import (
	"testing"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// TestUnheard: a login endpoint that said nothing of use leaves the question open; one that answered, or was not asked, does not.
func TestUnheard(t *testing.T) {
	unread := &report.Connection{Results: []report.Result{{Code: "AUTHZ001", Outcome: report.Unknown}}}
	read := &report.Connection{Results: []report.Result{{Code: "AUTHZ001", Outcome: report.Passed}}}
	failed := func(stage evidence.Stage) evidence.Exchange {
		return evidence.Exchange{Failure: &evidence.Failure{Stage: stage, Text: "why"}}
	}
	for name, c := range map[string]struct {
		conn *report.Connection
		kind evidence.Kind
		last evidence.Exchange
		want string
	}{
		"silent":           {read, evidence.Client, failed(evidence.StageHeader), "token endpoint: why"},
		"not sent":         {read, evidence.Client, failed(evidence.StageBlocked), ""},
		"busy":             {read, evidence.Client, evidence.Exchange{Status: 503}, "token endpoint: it answers 503"},
		"pause":            {read, evidence.Authorize, evidence.Exchange{Status: 429}, "authorization endpoint: it answers 429"},
		"page unread":      {unread, evidence.Authorize, evidence.Exchange{Status: 400}, "authorization endpoint: it answers 400"},
		"error with 200":   {unread, evidence.Authorize, evidence.Exchange{Status: 200, Body: []byte("<html><title>SimpleSAMLphp error</title></html>")}, "authorization endpoint: it answers with a page that is headed as an error"},
		"login with 200":   {unread, evidence.Authorize, evidence.Exchange{Status: 200, Body: []byte("<html><title>Sign in</title></html>")}, ""},
		"page read":        {read, evidence.Authorize, evidence.Exchange{Status: 400}, ""},
		"redirect unread":  {unread, evidence.Authorize, evidence.Exchange{Status: 302}, ""},
		"refusal of token": {unread, evidence.Client, evidence.Exchange{Status: 400}, ""},
	} {
		obs := &evidence.Observation{Exchanges: []evidence.Exchange{c.last}}
		if got := unheard(c.conn, c.kind, obs); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := unheard(read, evidence.Client, nil); got != "" {
		t.Errorf("not asked at all: %q, want nothing", got)
	}
}
