package tokenrules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// logoutEvent is the event of a logout token (OpenID Connect Back-Channel Logout §2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// Tokens beside the first ID token: refresh, the assertion of the client, logout.
var companions = []check.Rule{
	{
		Code: "TOK012", Title: "a refresh token comes where one was asked for", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.LoginRun},
		Why:   "The application cannot renew its tokens and asks the user to sign in again.",
		Fix:   "allow refresh tokens to the client, and let the user consent to offline access",
		Refs:  []string{"OpenID Connect Core 1.0 §11"},
		Decides: func(c *check.Case) string {
			if !slices.Contains(strings.Fields(c.Login.Request.Get("scope")), "offline_access") {
				return "offline_access was not asked for"
			}
			if c.Login.Exchange == nil {
				return "no code was exchanged"
			}
			return exchanged(c)
		},
		Check: func(c *check.Case) []report.Finding {
			if c.Login.Token["refresh_token"] != nil {
				return nil
			}
			return []report.Finding{{Want: "refresh_token", Where: report.Location{Evidence: c.Login.Exchange.Name()},
				Message: fmt.Sprintf("the scope %q was asked for and no refresh_token came", "offline_access"),
				Fix:     []string{c.AtIdP("allow the client refresh tokens and the scope offline_access", "grant", "scopes")}}}
		},
	},
	{
		Code: "TOK013", Title: "a refreshed ID token is about the same login", Severity: report.Warning, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Tokens},
		Why:   "An application that compares them signs the user out when it renews its tokens.",
		Fix:   "let the IdP keep iss, sub, aud, azp and auth_time when it refreshes",
		Refs:  []string{"OpenID Connect Core 1.0 §12.2"},
		Decides: func(c *check.Case) string {
			if first, again := refreshed(c); first == nil || again == nil {
				return "no ID token of a refresh beside the first one"
			}
			return ""
		},
		Check: otherLogin,
	},
	{
		Code: "TOK014", Title: "the client's assertion names who it is for, and lives for minutes", Severity: report.Error, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Config, evidence.Tokens}, Uses: []evidence.Kind{evidence.Discovery},
		Why:  "The token endpoint refuses the client.",
		Fix:  "make the assertion with the address of the token endpoint as aud and a life of a few minutes",
		Refs: []string{"RFC 7523 §3", "OpenID Connect Core 1.0 §9"},
		Decides: func(c *check.Case) string {
			if len(assertions(c)) == 0 {
				return "the client did not prove itself by an assertion"
			}
			return ""
		},
		Check: assertionFault,
	},
	{
		Code: "LGO003", Title: "the logout token is one that the SP can take", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Tokens}, Uses: []evidence.Kind{evidence.Config, evidence.Discovery},
		Why:  "The SP refuses it, and the user stays signed in after sign-out at the IdP.",
		Fix:  "let the IdP send logout tokens as OpenID Connect Back-Channel Logout has them",
		Refs: []string{"OpenID Connect Back-Channel Logout 1.0 §2.4", "OpenID Connect Back-Channel Logout 1.0 §2.6"},
		Decides: func(c *check.Case) string {
			if len(logoutTokens(c)) == 0 {
				return "no logout token that can be read"
			}
			return ""
		},
		Check: logoutFaults,
	},
}

// refreshed gives the ID token of the exchange and that of a refresh; nil where one is missing.
func refreshed(c *check.Case) (first, again *check.Token) {
	for _, t := range idTokens(c) {
		switch {
		case t.Label == evidence.LoginRefresh && again == nil:
			again = t
		case t.Label != evidence.LoginRefresh && first == nil:
			first = t
		}
	}
	return first, again
}

func otherLogin(c *check.Case) []report.Finding {
	first, again := refreshed(c)
	for _, claim := range []string{"iss", "sub", "aud", "azp", "auth_time", "nonce"} {
		was, is := fmt.Sprint(first.Claims[claim]), fmt.Sprint(again.Claims[claim])
		if claim == "aud" {
			one, two := first.Strings("aud"), again.Strings("aud")
			slices.Sort(one)
			slices.Sort(two)
			was, is = strings.Join(one, " "), strings.Join(two, " ")
		}
		// What may be left out of the second token: azp was not always there, auth_time and nonce need not come again (§12.2).
		if was == is || again.Claims[claim] == nil && (claim == "azp" || claim == "nonce" || claim == "auth_time") || first.Claims[claim] == nil {
			continue
		}
		return []report.Finding{{Got: is, Want: was, Where: again.In(claim), Message: fmt.Sprintf("%s was %s in the ID token of the login and is %s in the refreshed one", claim, check.Quote(was), check.Quote(is))}}
	}
	return nil
}

func assertions(c *check.Case) []*check.Token {
	return slices.DeleteFunc(c.TokensNamed("client_assertion"), func(t *check.Token) bool { return t.Claims == nil })
}

// longAssertion is how long an assertion may live before it is remarked on; refusedAssertion is what no common server takes.
const (
	longAssertion    = 5 * time.Minute
	refusedAssertion = time.Hour
)

func assertionFault(c *check.Case) []report.Finding {
	t := assertions(c)[0]
	name := t.In("").Evidence
	endpoint := c.Config.OIDC.Endpoints.Token
	if s := c.Discovery.Str("token_endpoint"); s != "" {
		endpoint = s
	}
	want := append([]string{endpoint}, issuers(c)...)
	aud := t.Strings("aud")
	exp, dated := stamp(t, "exp")
	made := t.At
	if iat, ok := stamp(t, "iat"); ok {
		made = iat
	}
	f := report.Finding{Where: t.In("aud")}
	switch {
	case len(aud) == 0:
		f.Want, f.Message = endpoint, fmt.Sprintf("the %s has no aud; %s is due", name, check.Quote(endpoint))
	case endpoint != "" && !slices.ContainsFunc(aud, func(a string) bool { return slices.Contains(want, a) }):
		f.Got, f.Want = strings.Join(aud, " "), endpoint
		f.Message = fmt.Sprintf("aud of the %s is %s, neither the token endpoint %s nor the issuer", name, check.Quote(f.Got), check.Quote(endpoint))
	case t.Str("iss") != clientID(c):
		f.Where, f.Got, f.Want = t.In("iss"), t.Str("iss"), clientID(c)
		f.Message = fmt.Sprintf("iss of the %s is %s, not the client ID %s", name, check.Quote(f.Got), check.Quote(f.Want))
	case !dated:
		f.Where, f.Message = t.In("exp"), fmt.Sprintf("the %s has no exp", name)
	case !t.At.IsZero() && exp.Before(t.At):
		f.Where, f.Got, f.Message = t.In("exp"), moment(exp), fmt.Sprintf("the %s expired at %s, before it was sent", name, moment(exp))
	case !made.IsZero() && exp.Sub(made) > longAssertion:
		f.Where, f.Got, f.Want = t.In("exp"), lapse(exp.Sub(made)), lapse(longAssertion)
		f.Message = fmt.Sprintf("the %s is good for %s, longer than %s", name, f.Got, f.Want)
		if exp.Sub(made) <= refusedAssertion {
			f.Severity = report.Warning
		}
	case t.Label == "" && t.Header["kid"] == nil && t.Header["x5t"] == nil && t.Header["x5t#S256"] == nil && !strings.HasPrefix(t.Signature.Alg, "HS"):
		f.Where, f.Severity, f.Want = t.In(""), report.Warning, "kid"
		f.Message = fmt.Sprintf("the header of the %s names no key (kid or x5t): an IdP that holds several keys of the client has to guess", name)
	default:
		return nil
	}
	return []report.Finding{f}
}

// logoutTokens are those that came as such, and those that were given as ID tokens.
func logoutTokens(c *check.Case) []*check.Token {
	return slices.DeleteFunc(c.TokensNamed("logout_token"), func(t *check.Token) bool { return t.Claims == nil })
}

func logoutFaults(c *check.Case) []report.Finding {
	t := logoutTokens(c)[0]
	var faults []string
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if got := t.Str("iss"); len(issuers(c)) > 0 && !slices.Contains(issuers(c), got) {
		say("iss is %s, not %s", check.Quote(got), check.Quote(issuers(c)[0]))
	}
	if aud := t.Strings("aud"); clientID(c) != "" && !slices.Contains(aud, clientID(c)) {
		say("aud is %s, not %s", check.Quote(strings.Join(aud, " ")), check.Quote(clientID(c)))
	}
	events, _ := t.Claims["events"].(map[string]any)
	if _, isObject := events[logoutEvent].(map[string]any); !isObject {
		say("events lacks %s", check.Quote(logoutEvent))
	}
	for _, claim := range []string{"iat", "exp", "jti"} { // exp: required since the second draft for approval
		if t.Claims[claim] == nil {
			say("%s is missing", claim)
		}
	}
	if t.Claims["sub"] == nil && t.Claims["sid"] == nil {
		say("neither sub nor sid is there")
	}
	if t.Claims["nonce"] != nil {
		say("nonce is there, which is forbidden")
	}
	if alg, _ := t.Header["alg"].(string); alg == "" || strings.EqualFold(alg, "none") {
		say("it is not signed")
	}
	if len(faults) == 0 {
		return nil
	}
	return []report.Finding{{Where: t.In(""), Message: fmt.Sprintf("the %s is not as an SP needs it: %s", t.In("").Evidence, strings.Join(faults, "; "))}}
}
