package oidcrules

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
)

// The discovery document beside other answers: its RFC 8414 twin, the same document again, and how it may be kept.
var discRepeat = []check.Rule{
	{
		Code: "DISC063", Title: "both forms of the discovery document agree", Severity: report.Info, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Tries:   []evidence.Kind{evidence.OAuthMeta},
		Why:     "Some clients read /.well-known/oauth-authorization-server and would use other endpoints than those that read the OpenID document.",
		Fix:     "let both documents come from the same configuration",
		Refs:    []string{"RFC 8414 §3.1"},
		Applies: func(c *check.Case) bool { return c.OAuthMeta != nil },
		Check:   checkTwin,
	},
	{
		Code: "DISC065", Title: "the discovery document is the same at every fetch", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery, evidence.Repeat},
		Why:     "Two nodes that answer differently make logins succeed or not by chance.",
		Fix:     "bring all nodes of the IdP to the same configuration and version",
		Decides: func(c *check.Case) string { return notRepeated(c.Repeat, "discovery") },
		Check:   checkStable,
	},
	{
		Code: "DISC066", Title: "the discovery document may be cached for a sane time", Severity: report.Info, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.Discovery},
		Why:     "A client that keeps the document for long goes on with endpoints that no longer exist after a move.",
		Fix:     "let the document expire within a day",
		Refs:    []string{"RFC 9111 §5.2.2.1"},
		Applies: func(c *check.Case) bool { return live(c.Seen[evidence.Discovery].Obs) },
		Check: func(c *check.Case) []report.Finding {
			last := c.Seen[evidence.Discovery].Obs.Last()
			age, ok := lifetime(last)
			if !ok || age <= week {
				return nil
			}
			return []report.Finding{{Message: fmt.Sprintf("the discovery document may be kept for %s (%s), more than %s", span(age), cacheWords(last), span(week)), Got: span(age), Want: span(week),
				Where: report.Location{Evidence: last.Name()}}}
		},
	},
	{
		Code: "DISC067", Title: "browser applications may read the discovery document", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Discovery},
		Uses:  []evidence.Kind{evidence.Config},
		Why:   "It matters to applications that run in the browser only: without the header the browser hides the document from them.",
		Fix:   "if the application runs in the browser, allow its origin at the IdP (CORS)",
		Applies: func(c *check.Case) bool {
			return live(c.Seen[evidence.Discovery].Obs) && unknownSP(c)
		},
		Check: func(c *check.Case) []report.Finding {
			last := c.Seen[evidence.Discovery].Obs.Last()
			if last.Head("Access-Control-Allow-Origin") != "" {
				return nil
			}
			return []report.Finding{{Message: `the discovery document came without the header "Access-Control-Allow-Origin" (asked without an origin); only an application in the browser needs it`,
				Want: "Access-Control-Allow-Origin", Where: report.Location{Evidence: last.Name()}}}
		},
	},
}

const week = 7 * 24 * time.Hour

// checkTwin compares the members that a login depends on.
func checkTwin(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, member := range []string{"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"} {
		ours, other := c.Discovery.Str(member), c.OAuthMeta.Str(member)
		if ours == "" || other == "" || ours == other {
			continue
		}
		f := finding(c, member, ours, other, "%s is %s in the OpenID document but %s in the RFC 8414 document%s", member, check.Quote(ours), check.Quote(other), explainDiff(ours, other))
		f.Related = []report.Location{c.Place(evidence.OAuthMeta, c.OAuthMeta.Doc, "/"+member)}
		out = append(out, f)
	}
	return out
}

// repeats gives the answers of one document that came again, as far as they can be compared.
func repeats(obs *evidence.Observation, label string) []*evidence.Exchange {
	var out []*evidence.Exchange
	for i := range obs.Exchanges {
		if ex := &obs.Exchanges[i]; ex.Label == label && ex.Status == 200 && !ex.Cut && ex.Failure == nil {
			out = append(out, ex)
		}
	}
	return out
}

func notRepeated(obs *evidence.Observation, label string) string {
	if len(repeats(obs, label)) == 0 {
		return "the document was not fetched a second time"
	}
	return ""
}

// checkStable names the members that changed from one fetch to the next. The order of members and of lists does not count.
func checkStable(c *check.Case) []report.Finding {
	for _, ex := range repeats(c.Repeat, "discovery") {
		again, err := oidcdoc.ParseDiscovery(ex.URL, ex.Body)
		if err != nil || !again.Object() {
			return []report.Finding{{Message: "fetched again, the discovery document is no JSON object", Where: report.Location{Evidence: ex.Name()}}}
		}
		var changed []string
		for _, m := range append(c.Discovery.Doc.Root.Members, again.Doc.Root.Members...) {
			if !slices.Contains(changed, m.Key) && !reflect.DeepEqual(value(c.Discovery, m.Key), value(again, m.Key)) {
				changed = append(changed, m.Key)
			}
		}
		if len(changed) == 0 {
			continue
		}
		slices.Sort(changed)
		got, want := shown(again, changed[0]), shown(c.Discovery, changed[0])
		f := finding(c, changed[0], got, want, "fetched again, the discovery document differs in %s: %s was %s and is %s", words(changed), changed[0], want, got)
		f.Related = []report.Location{{Evidence: ex.Name(), Path: "/" + changed[0]}}
		return []report.Finding{f}
	}
	return nil
}

// value is a member in a form that can be compared; lists of texts are sorted.
func value(d *oidcdoc.Discovery, member string) any {
	if items, ok := d.List(member); ok {
		items = slices.Clone(items)
		slices.Sort(items)
		return items
	}
	n := d.Member(member)
	if n == nil {
		return nil
	}
	return n.Any()
}

// shown is a member as a message cites it.
func shown(d *oidcdoc.Discovery, member string) string {
	if items, ok := d.List(member); ok {
		return words(items)
	}
	if n := d.Member(member); n != nil {
		return describe(n)
	}
	return "absent"
}

// lifetime is how long an answer may be kept (RFC 9111 §4.2.1); ok is false when it does not say.
func lifetime(ex *evidence.Exchange) (age time.Duration, ok bool) {
	directives := strings.ToLower(strings.Join(ex.Header["Cache-Control"], ","))
	for d := range strings.SplitSeq(directives, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(d), "=")
		switch name {
		case "no-store", "no-cache":
			return 0, false
		case "max-age":
			if n, err := strconv.Atoi(strings.Trim(v, `"`)); err == nil && n >= 0 && n < 1<<32 {
				return time.Duration(n) * time.Second, true
			}
		}
	}
	if until, err := time.Parse(time.RFC1123, ex.Head("Expires")); err == nil && !ex.At.IsZero() {
		return until.Sub(ex.At), until.After(ex.At)
	}
	return 0, false
}

// cacheWords quotes the header that lifetime has read.
func cacheWords(ex *evidence.Exchange) string {
	if v := ex.Head("Cache-Control"); v != "" {
		return "Cache-Control: " + v
	}
	return "Expires: " + ex.Head("Expires")
}

// span writes a duration in the largest whole unit.
func span(d time.Duration) string {
	units := []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}}
	for _, u := range units {
		if n := d / u.of; n > 0 {
			if n == 1 {
				return "1 " + u.name
			}
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return "0 seconds"
}
