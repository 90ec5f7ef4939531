package tokenrules

import (
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// The answer of the token endpoint to a real code.
var answer = []check.Rule{
	ofExchange(check.Rule{
		Code: "TOK001", Title: "the token endpoint answers with 200 and JSON", Severity: report.Error, Explains: []string{"TOK002"},
		Why:  "The user comes back from the IdP and the login breaks there, since the SP gets no tokens.",
		Fix:  "look the exchange up in the log of the IdP",
		Refs: []string{"OpenID Connect Core 1.0 §3.1.3.3", "RFC 6749 §5.1"},
	}, nil, noTokens),
	ofExchange(check.Rule{
		Code: "TOK002", Title: "the answer has access token, token type and ID token", Severity: report.Error,
		Why:  "The SP has nothing to sign the user in with.",
		Fix:  "let the IdP answer as OpenID Connect has it, and ask for the scope openid",
		Refs: []string{"OpenID Connect Core 1.0 §3.1.3.3"},
	}, exchanged, lacking),
	ofExchange(check.Rule{
		Code: "TOK003", Title: "the answer with tokens must not be stored", Severity: report.Info,
		Why:  "A cache on the way may keep tokens.",
		Fix:  "let the IdP answer with Cache-Control: no-store",
		Refs: []string{"RFC 6749 §5.1"},
	}, exchanged, storable),
	ofExchange(check.Rule{
		Code: "TOK004", Title: "expires_in is a number of seconds", Severity: report.Info,
		Why:  "The SP renews the token at the wrong time, or never.",
		Fix:  "let the IdP send expires_in as a number of seconds",
		Refs: []string{"RFC 6749 §5.1"},
	}, exchanged, oddLifetime),
	{
		Code: "TOK011", Title: "the access token consists of visible ASCII characters", Severity: report.Info, Protocol: config.OIDC,
		Needs: []evidence.Kind{evidence.Tokens},
		Why:   "It cannot be sent in an Authorization header.",
		Fix:   "let the IdP make access tokens of visible ASCII characters",
		Refs:  []string{"RFC 6749 §A.12"},
		Decides: func(c *check.Case) string {
			if len(c.TokensNamed("access_token")) == 0 {
				return "no access token"
			}
			return ""
		},
		Check: func(c *check.Case) []report.Finding {
			for _, t := range c.TokensNamed("access_token") {
				if t.Trait("not_visible_ascii") {
					return []report.Finding{{Where: t.In(""), Message: fmt.Sprintf("the %s has characters outside %%x20-7E", t.In("").Evidence)}}
				}
			}
			return nil
		},
	},
}

// ofExchange makes a rule on the answer to the exchange of the code; decides says why it is not to be judged.
func ofExchange(r check.Rule, decides func(*check.Case) string, judge func(*check.Case, report.Finding) *report.Finding) check.Rule {
	r.Protocol = config.OIDC
	r.Needs = []evidence.Kind{evidence.Config, evidence.LoginRun}
	r.Uses = []evidence.Kind{evidence.Tokens, evidence.Discovery}
	r.Decides = func(c *check.Case) string {
		switch l := c.Login; {
		case l.Exchange == nil && silent(c) == nil && l.Withheld != "":
			return "no code was exchanged: " + l.Withheld
		case l.Exchange == nil && silent(c) == nil:
			return "no code was exchanged"
		case decides != nil:
			return decides(c)
		}
		return ""
	}
	r.Check = func(c *check.Case) []report.Finding {
		var where report.Location
		if ex := c.Login.Exchange; ex != nil {
			where.Evidence = ex.Name()
		}
		if f := judge(c, report.Finding{Where: where}); f != nil {
			return []report.Finding{*f}
		}
		return nil
	}
	return r
}

// silent is an exchange that nobody answered.
func silent(c *check.Case) *evidence.Exchange {
	ex := c.Login.Obs.Labelled(evidence.LoginToken)
	if ex == nil || ex.Status != 0 || ex.Failure == nil {
		return nil
	}
	return ex
}

// exchanged says why there are no tokens to look at: the rule on the refusal tells of it.
func exchanged(c *check.Case) string {
	switch l := c.Login; {
	case l.Exchange == nil, l.Refused != nil:
		return "the code was not exchanged for tokens"
	case l.Exchange.Status != 200 || l.Token == nil:
		return "the answer of the token endpoint is not 200 with a JSON object"
	}
	return ""
}

// told are the meanings of a refusal that have a rule of their own.
func told() []string {
	return []string{"accepted", "secret_rejected", "client_or_secret", "method_rejected", "dpop_required", "grant_off", "pkce_required", "client_unknown", "client_disabled",
		"realm_disabled", "wrong_protocol", "redirect_unregistered", "user_not_assigned", "consent_required", "flow_off", "response_type_refused", "scope_refused"}
}

// toldErrors are errors that have a rule of their own whatever the product means by them: of the code, of the grant, of the device flow.
func toldErrors() []string {
	return []string{"invalid_grant", "unsupported_grant_type", "authorization_pending", "slow_down", "expired_token", "code_expired", "authorization_declined"}
}

func noTokens(c *check.Case, f report.Finding) *report.Finding {
	if ex := silent(c); ex != nil && c.Login.Exchange == nil {
		f.Where, f.Severity, f.Inconclusive = report.Location{Evidence: ex.Name()}, report.Warning, true
		f.Message = "the token endpoint gave no answer to the exchange of the code: " + check.Quote(ex.Failure.Text)
		f.Fix = []string{"ssoctl doctor " + c.Config.Name}
		return &f
	}
	ex, a := c.Login.Exchange, c.Login.Refused
	media := ex.Head("Content-Type")
	switch {
	case a != nil && ex.Status != 429 && ex.Status < 500 && (slices.Contains(told(), a.Means) || slices.Contains(toldErrors(), a.Error) || a.Error == "access_denied" && c.Login.Grant == "device"):
		return nil
	case a != nil:
		said := a.Quote()
		if said == "" {
			said = ex.Name()
		}
		f.Got, f.Said = said, a.Quote()
		f.Message = "the token endpoint refuses to exchange the code: it answers " + check.Quote(said)
		f.Fix = []string{c.AtIdP("see what its log says of the exchange", "log")}
		if ex.Status == 429 || ex.Status >= 500 {
			f.Severity, f.Inconclusive = report.Warning, true
			f.Message = fmt.Sprintf("the token endpoint has no answer to the exchange of the code: %d, %s", ex.Status, check.Quote(said))
		}
	case c.Login.Token == nil:
		f.Aspect, f.Got, f.Want = "page", media, "application/json"
		f.Message = fmt.Sprintf("the token endpoint answers %d with %s and no JSON object", ex.Status, check.Quote(media))
	case ex.Status != 200:
		f.Got, f.Want = fmt.Sprint(ex.Status), "200"
		f.Message = fmt.Sprintf("the token endpoint answers with %d, not with %d", ex.Status, 200)
	default:
		if t, _, err := mime.ParseMediaType(media); err == nil && (t == "application/json" || strings.HasSuffix(t, "+json")) {
			return nil
		}
		f.Severity, f.Got, f.Want = report.Warning, media, "application/json"
		f.Message = fmt.Sprintf("the token endpoint answers with JSON but says %s, not %q", check.Quote(media), "application/json")
		f.Effect = "A strict library takes the answer for a form and finds no tokens in it."
	}
	return &f
}

func lacking(c *check.Case, f report.Finding) *report.Finding {
	got := c.Login.Token
	text := func(name string) string { s, _ := got[name].(string); return s }
	openid := !c.Config.PlainOAuth() && (len(c.Login.Request) == 0 || !c.Login.Request.Has("scope") || slices.Contains(strings.Fields(c.Login.Request.Get("scope")), "openid"))
	var missing []string
	if text("access_token") == "" {
		missing = append(missing, "access_token")
	}
	if text("token_type") == "" {
		missing = append(missing, "token_type")
	}
	if openid && text("id_token") == "" {
		missing = append(missing, "id_token")
	}
	switch {
	case len(missing) > 0:
		f.Want = strings.Join(missing, " ")
		f.Message = "the answer of the token endpoint lacks " + quoted(missing)
		if scope := text("scope"); slices.Contains(missing, "id_token") && scope != "" && !slices.Contains(strings.Fields(scope), "openid") {
			f.Message += fmt.Sprintf("; the IdP granted %s, without %q", check.Quote(scope), "openid")
		}
		f.Fix = []string{c.AtIdP("let the client use OpenID Connect, with the scope openid", "scopes", "client_id")}
		if len(missing) == 1 && missing[0] == "token_type" {
			f.Severity = report.Warning // most libraries take Bearer for granted
		}
		if len(missing) == 1 && missing[0] == "id_token" && ignoresToken(c) {
			f.Severity = report.Warning
		}
	case strings.EqualFold(text("token_type"), "DPoP"):
		f.Got, f.Want = text("token_type"), "Bearer"
		f.Message = fmt.Sprintf("token_type is %q: the access token is bound to a key that %s does not hold", f.Got, c.TheSP())
		f.Fix = []string{c.AtIdP("switch DPoP off for this client", "dpop")}
	case !strings.EqualFold(text("token_type"), "Bearer"):
		f.Got, f.Want = text("token_type"), "Bearer"
		f.Message = fmt.Sprintf("token_type is %q, not %q", f.Got, "Bearer")
	default:
		return nil
	}
	return &f
}

func storable(c *check.Case, f report.Finding) *report.Finding {
	header := c.Login.Exchange.Head("Cache-Control")
	if strings.Contains(strings.ToLower(header), "no-store") {
		return nil
	}
	f.Got, f.Want = header, "no-store"
	f.Message = fmt.Sprintf("Cache-Control of the answer with tokens is %q, without %q", header, "no-store")
	if header == "" {
		f.Message = fmt.Sprintf("the answer with tokens has no Cache-Control, so nothing says %q", "no-store")
	}
	return &f
}

// longLife is more seconds than access tokens are good for; in milliseconds it is less than nine hours.
const longLife = 365 * 24 * time.Hour

func oddLifetime(c *check.Case, f report.Finding) *report.Finding {
	v, there := c.Login.Token["expires_in"]
	if !there || v == nil {
		return nil // RECOMMENDED only, and some products' tokens never expire
	}
	n, isNumber := v.(json.Number)
	if !isNumber {
		f.Got, f.Want, f.Message = fmt.Sprint(v), "number", fmt.Sprintf("expires_in is %q, a %s where a number is due", fmt.Sprint(v), typeOf(v))
		return &f
	}
	seconds, err := n.Float64()
	f.Got = n.String()
	switch {
	case err != nil || seconds <= 0:
		f.Message = fmt.Sprintf("expires_in is %q, which is no time to live", n.String())
	case ofMilliseconds(c, seconds) || seconds > longLife.Seconds():
		f.Want = fmt.Sprintf("%.0f", seconds/1000)
		f.Message = fmt.Sprintf("expires_in is %q, likely milliseconds: as seconds that is %s", n.String(), lapse(time.Duration(min(seconds, 1e9))*time.Second))
	default:
		return nil
	}
	return &f
}

// ofMilliseconds compares with the access token's own claims, which are in seconds.
func ofMilliseconds(c *check.Case, n float64) bool {
	for _, t := range c.TokensNamed("access_token") {
		exp, ok := t.Seconds("exp")
		iat, ok2 := t.Seconds("iat")
		if ok && ok2 && exp > iat && n >= 900*(exp-iat) && n <= 1100*(exp-iat) {
			return true
		}
	}
	return false
}
