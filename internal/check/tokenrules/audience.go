package tokenrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// For whom the token was made (OpenID Connect Core §2, §3.1.3.7 steps 3 to 5).
var audience = []check.Rule{
	forClient(check.Rule{
		Code: "IDT013", Title: "the ID token is made for the SP's client", Severity: report.Error,
		Why: "The SP refuses a token that was made for another client: anybody's token would open its doors.",
		Fix: "use the same client ID on both sides",
	}, notForUs),
	forClient(check.Rule{
		Code: "IDT014", Title: "the ID token is made for the SP's client alone", Severity: report.Info,
		Why: "A careful SP refuses a token with an audience that it does not trust; most do not look.",
		Fix: "let the IdP name the client alone as the audience of ID tokens",
	}, alsoForOthers),
	forClient(check.Rule{
		Code: "IDT015", Title: "azp is the SP's client", Severity: report.Info,
		Why: "Some SPs compare azp with their client ID and refuse the token.",
		Fix: "let the client that signs users in ask for the token itself",
	}, otherParty),
}

// forClient makes a rule that compares with the client ID of the connection.
func forClient(r check.Rule, judge func(*check.Case, *check.Token) *report.Finding) check.Rule {
	r.Refs = []string{"OpenID Connect Core 1.0 §3.1.3.7"}
	r.Decides = func(c *check.Case) string {
		if clientID(c) == "" {
			return "the client ID is not known"
		}
		return ""
	}
	r = onIDToken(r, nil, judge)
	r.Needs = append(r.Needs, evidence.Config)
	return r
}

func notForUs(c *check.Case, t *check.Token) *report.Finding {
	want, aud := clientID(c), t.Strings("aud")
	if slices.Contains(aud, want) {
		return nil
	}
	message := fmt.Sprintf("aud of the %s is %s but the SP's client_id is %s", t.In("").Evidence, check.Quote(strings.Join(aud, " ")), check.Quote(want))
	if len(aud) == 0 {
		message = fmt.Sprintf("the %s has no aud, so it is made for nobody; the SP's client_id is %s", t.In("").Evidence, check.Quote(want))
	}
	if len(aud) == 0 {
		return &report.Finding{Want: want, Where: t.In("aud"), Message: message, Fix: []string{c.AtIdP("send "+want+" as aud of ID tokens for this client", "claims")}}
	}
	return &report.Finding{Got: strings.Join(aud, " "), Want: want, Where: t.In("aud"), Message: message,
		Fix: append([]string{c.AtIdP("see which client ID the application has: the token is made for "+check.Quote(strings.Join(aud, " ")), "client_id")}, c.IfAtSP("enter that client ID", "client_id")...)}
}

func alsoForOthers(c *check.Case, t *check.Token) *report.Finding {
	want := clientID(c)
	aud := t.Strings("aud")
	others := slices.DeleteFunc(slices.Clone(aud), func(a string) bool { return a == want })
	if len(others) == 0 || len(others) == len(aud) { // IDT013
		return nil
	}
	f := &report.Finding{Got: strings.Join(aud, " "), Want: want, Where: t.In("aud"),
		Message: fmt.Sprintf("aud of the %s names %s beside the client %s", t.In("").Evidence, quoted(others), check.Quote(want))}
	if t.Claims["azp"] == nil {
		f.Message += ", and azp is missing"
	}
	return f
}

func otherParty(c *check.Case, t *check.Token) *report.Finding {
	got, want := t.Str("azp"), clientID(c)
	if t.Claims["azp"] == nil || got == want {
		return nil
	}
	return &report.Finding{Got: got, Want: want, Where: t.In("azp"),
		Message: fmt.Sprintf("azp of the %s is %s but the SP's client_id is %s: another client asked for the token", t.In("").Evidence, check.Quote(got), check.Quote(want))}
}
