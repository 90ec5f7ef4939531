package oidcrules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
)

// The key set as an answer: whether it comes, how long it may be kept, whether it stays the same.
var jwksFetch = []check.Rule{
	{
		Code: "JWKS001", Title: "the address of the keys answers with JSON", Severity: report.Error, Protocol: config.OIDC,
		Tries:   []evidence.Kind{evidence.JWKS},
		Why:     "The SP cannot verify one ID token: people sign in at the IdP and see an error of the SP afterwards.",
		Fix:     "let jwks_uri lead to the key set: JSON, without a login in front",
		Refs:    []string{refMetadata, "RFC 7517 §5"},
		Decides: func(c *check.Case) string { return unreadKeys(c.Seen[evidence.JWKS]) },
		Check:   checkKeyAnswer,
	},
	{
		Code: "JWKS002", Title: "the key set holds keys", Severity: report.Error, Protocol: config.OIDC,
		Needs:    []evidence.Kind{evidence.JWKS},
		Uses:     []evidence.Kind{evidence.Discovery},
		Why:      "Without a key no ID token can be verified.",
		Fix:      "give the application or the realm a signing key",
		Refs:     []string{"RFC 7517 §5"},
		Explains: []string{"JWKS014", "JWKS018"},
		Applies: func(c *check.Case) bool {
			if c.Discovery == nil {
				return true
			}
			algs, _ := c.Discovery.List(idTokenAlgs)
			return !secretsOnly(algs) // tokens signed with the client secret need no published key
		},
		Check: func(c *check.Case) []report.Finding {
			n := c.JWKS.Doc.Root.Member("keys")
			f := report.Finding{Got: "", Want: "a list of keys", Where: keysAt(c, "/keys"), Fix: []string{c.AtIdP("add a signing key", "keys", "signing")}}
			switch {
			case n == nil:
				f.Message = `the key set has no member "keys"` + misspeltKeys(c.JWKS)
			case n.Type != source.List:
				f.Message, f.Got = fmt.Sprintf("keys is %s, not a list", describe(n)), n.Str()
			case len(n.Items) == 0:
				f.Message, f.Got = "the key set is empty", "[]"
			default:
				return nil
			}
			return []report.Finding{f}
		},
	},
	{
		Code: "JWKS021", Title: "the keys may be kept for a sane time", Severity: report.Info, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.JWKS},
		Why:     "A client that keeps the keys for long refuses the first tokens after a rotation; one that may not keep them asks at every login.",
		Fix:     "let the answer live between five minutes and a week, shorter than old and new key overlap",
		Refs:    []string{"OpenID Connect Core 1.0 §10.1.1", "RFC 9111 §5.2.2.1"},
		Applies: func(c *check.Case) bool { return live(c.Seen[evidence.JWKS].Obs) },
		Check: func(c *check.Case) []report.Finding {
			last := c.Seen[evidence.JWKS].Obs.Last()
			age, ok := lifetime(last)
			if !ok || age >= 5*time.Minute && age <= week {
				return nil
			}
			bound := "less than " + span(5*time.Minute)
			if age > week {
				bound = "more than " + span(week)
			}
			return []report.Finding{{Message: fmt.Sprintf("the keys may be kept for %s (%s), %s", span(age), cacheWords(last), bound), Got: span(age), Want: "5 minutes to 7 days", Where: report.Location{Evidence: last.Name()}}}
		},
	},
	{
		Code: "JWKS024", Title: "the key set is the same at every fetch", Severity: report.Warning, Protocol: config.OIDC,
		Needs:   []evidence.Kind{evidence.JWKS, evidence.Repeat},
		Why:     "Nodes with different keys make logins succeed or not by chance.",
		Fix:     "let all nodes of the IdP share their keys",
		Decides: func(c *check.Case) string { return notRepeated(c.Repeat, "jwks") },
		Check: func(c *check.Case) []report.Finding {
			want := thumbprints(c.JWKS)
			for _, ex := range repeats(c.Repeat, "jwks") {
				again, err := oidcdoc.ParseJWKS(ex.URL, ex.Body)
				if err != nil || !again.Object() {
					return []report.Finding{{Message: "fetched again, the key set is no JSON object", Where: report.Location{Evidence: ex.Name()}}}
				}
				if got := thumbprints(again); !slices.Equal(got, want) {
					return []report.Finding{{Message: fmt.Sprintf("fetched again, the key set holds %s, before it held %s", words(got), words(want)),
						Got: strings.Join(got, " "), Want: strings.Join(want, " "), Where: keysAt(c, "/keys"), Related: []report.Location{{Evidence: ex.Name(), Path: "/keys"}}}}
				}
			}
			return nil
		},
	},
}

// keysAt locates a member of the key set.
func keysAt(c *check.Case, path string) report.Location {
	return c.Place(evidence.JWKS, c.JWKS.Doc, path)
}

// misspeltKeys is a clause about the member that was probably meant to be keys.
func misspeltKeys(set *oidcdoc.JWKS) string {
	for _, m := range set.Doc.Root.Members {
		if m.Value.Type == source.List {
			return fmt.Sprintf(" (its list is called %s)", check.Quote(m.Key))
		}
	}
	if set.Doc.Root.Member("kty") != nil {
		return " (it is a single key)"
	}
	return ""
}

// unreadKeys is why the answer decides nothing about the keys.
func unreadKeys(seen check.Seen) string {
	if seen.Obs.FromFile() {
		return ""
	}
	if unreachable(seen.Obs) {
		return ""
	}
	return unanswered(seen.Obs)
}

// unreachable reports whether the host of the keys could not be reached. The issuer's own host could: its document named them.
func unreachable(obs *evidence.Observation) bool {
	return obs.Failure != nil && (obs.Failure.Stage == evidence.StageDNS || obs.Failure.Stage == evidence.StageConnect)
}

func checkKeyAnswer(c *check.Case) []report.Finding {
	seen := c.Seen[evidence.JWKS]
	fix := []string{c.AtIdP("let jwks_uri lead to the key set; "+seen.Obs.Source+" must answer in a browser", "keys", "endpoints")}
	if unreachable(seen.Obs) {
		return []report.Finding{{Message: fmt.Sprintf("the keys cannot be fetched from %s: %s", check.Quote(seen.Obs.Source), seen.Obs.Failure.Text), Got: seen.Obs.Source,
			Where: report.Location{Evidence: seen.Obs.Name()}, Fix: fix}}
	}
	if last := seen.Obs.Last(); last != nil && last.Status != 200 {
		f := report.Finding{Message: fmt.Sprintf("%s %s answers %q, not %q", last.Method, last.URL, fmt.Sprint(last.Status), "200"), Got: fmt.Sprint(last.Status), Want: "200",
			Where: report.Location{Evidence: last.Name()}, Fix: fix}
		return []report.Finding{f}
	}
	if seen.Parsed != nil {
		f := unparsed(seen, "the key set")
		if !seen.Obs.FromFile() && isPage(seen.Obs.Document()) {
			f.Message = "the address of the keys answers with a page: " + check.Quote(excerpt(seen.Obs.Document()))
		}
		f.Fix = fix
		return []report.Finding{f}
	}
	var out []report.Finding
	for _, f := range textFaults(c, evidence.JWKS, c.JWKS.Doc, "the key set") {
		if !strings.HasPrefix(f.Where.Path, "/keys/") { // a member of a key that stands twice is JWKS003
			out = append(out, f)
		}
	}
	return out
}

// excerpt is the beginning of a page's text.
func excerpt(body []byte) string {
	r := []rune(check.PageText(body))
	return string(r[:min(len(r), 80)])
}

// thumbprints names the keys of a set by what they are, not by their place; sorted.
func thumbprints(set *oidcdoc.JWKS) []string {
	var out []string
	for _, k := range set.Keys {
		name := short(k)
		if k.Kid != "" {
			name = k.Kid + " " + name
		}
		out = append(out, strings.TrimSpace(name))
	}
	slices.Sort(out)
	return out
}

// short is the beginning of a key's thumbprint (RFC 7638).
func short(k oidcdoc.Key) string {
	t := k.Thumbprint()
	return t[:min(len(t), 8)]
}
