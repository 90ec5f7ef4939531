package netrules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// The two endpoints of a login. What the IdP says there is judged elsewhere; here it is whether the IdP answers at all.
var endpoints = []check.Rule{
	{
		Code: "NET023", Title: "the endpoints of a login are answered by the IdP itself", Severity: report.Error, Protocol: config.OIDC, Explains: []string{"TOK001"},
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.Client, evidence.Authorize, evidence.Discovery},
		Why:  "The documents can be fetched, and still no login gets through: its first or its last step ends at something that is not the IdP.",
		Fix:  "let the proxy, load balancer or firewall before the IdP pass this path on, with its method and unchanged; then see that the IdP publishes it so",
		Refs: []string{"RFC 6749 §3.1", "RFC 6749 §3.2"},
		Decides: func(c *check.Case) string {
			if c.OtherIssuer() {
				return "the discovery document is another issuer's, so where it leads does not matter"
			}
			if c.Client == nil && c.Authorize == nil {
				return "neither the authorization endpoint nor the token endpoint gave an answer"
			}
			return ""
		},
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			if c.Authorize != nil {
				if a := &c.Authorize.All[0]; slices.Contains(nowhere(), a.Exchange.Status) && mute(a) {
					out = append(out, stranger("authorization endpoint", a, fmt.Sprintf("answers %d: nobody gets to a login page", a.Exchange.Status)))
				}
			}
			if c.Client != nil {
				if a := &c.Client.All[0]; bodyLost(a) {
					out = append(out, stranger("token endpoint", a, fmt.Sprintf("misses what was sent to it, grant_type first of all: something on the way drops the body of the request; it answers %q", a.Quote())))
				} else if lost := headerLost(a); lost != "" {
					out = append(out, stranger("token endpoint", a, lost))
				} else if mute(a) || a.Answer != nil { // parameters in a Location are no answer of a token endpoint
					if what := noTokenEndpoint(a.Exchange); what != "" {
						out = append(out, stranger("token endpoint", a, what))
					}
				}
			}
			return out
		},
	},
}

// nowhere are the statuses of an address at which nothing is, or not for this method.
func nowhere() []int { return []int{404, 405, 410, 501} }

// mute reports whether an answer holds nothing that OAuth or the IdP's profile knows.
func mute(a *check.Attempt) bool { return a.Error == "" && a.Means == "unknown" }

// grantMissing is how token endpoints say that grant_type itself did not come; other parameters are missed "for grant_type …".
var grantMissing = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)missing (?:form |required |request )?(?:parameters?|parameter\(s\)|fields?)[\s:'"]*grant_type\b|grant_type['"]? (?:parameter )?(?:is |was )?(?:missing|required)\b`)
})

// noCredentials is how they say that none came. The standard's own sentence for any refusal names that among its examples ("e.g., unknown
// client, no client authentication included"), and does not count (RFC 6749 §5.2).
var noCredentials = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)no client authentication (?:mechanism |method |was )?(?:provided|presented|found|sent)\b`)
})

// bodyLost reports whether the token endpoint asks for the parameter that every token request has: the form did not arrive.
func bodyLost(a *check.Attempt) bool {
	return a.Exchange.Status == 400 && grantMissing().MatchString(a.Text)
}

// headerLost reports whether the token endpoint found no credentials at all in a request that had them.
func headerLost(a *check.Attempt) string {
	if a.Exchange.Status >= 500 || !noCredentials().MatchString(a.Text) {
		return ""
	}
	switch a.Label {
	case evidence.Basic, evidence.Raw:
		return fmt.Sprintf("misses the credentials that were sent to it in the Authorization header, which something on the way drops; it answers %q", a.Quote())
	case evidence.Post:
		return fmt.Sprintf("misses the credentials that were sent to it in the form: something on the way drops the body of the request; it answers %q", a.Quote())
	}
	return ""
}

// noTokenEndpoint says what shows that an answer is not a token endpoint's; "" when nothing does. A page with status 400 may be
// the IdP's own.
func noTokenEndpoint(ex *evidence.Exchange) string {
	switch {
	case slices.Contains(nowhere(), ex.Status):
		return fmt.Sprintf("answers %d to POST", ex.Status)
	case ex.Status >= 300 && ex.Status < 400:
		return fmt.Sprintf("answers %d and redirects to %q, where no SP follows with its secret", ex.Status, ex.Head("Location"))
	case html(ex) && slices.Contains([]int{200, 401, 403}, ex.Status):
		return fmt.Sprintf("answers %d with a page in HTML, not with JSON: %q", ex.Status, excerpt(ex.Body))
	}
	return ""
}

func stranger(name string, a *check.Attempt, what string) report.Finding {
	ex := *a.Exchange
	ex.URL, _, _ = strings.Cut(ex.URL, "?")
	return report.Finding{Got: fmt.Sprint(ex.Status), Where: report.Location{Evidence: ex.Name()}, Message: fmt.Sprintf("the %s %q %s", name, ex.URL, what)}
}
