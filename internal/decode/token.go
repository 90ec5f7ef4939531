package decode

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/token"
)

// Client is what tokens are held against. Fields that are empty are not compared.
type Client struct {
	Issuer, ID string
	Keys       *oidcdoc.JWKS // nil: signatures are not verified
	At         time.Time     // when the token is used
}

// Token summarises a JWT and holds it against what is known of the client. name is that of the parameter that carried it: only an ID
// token is made for the client (OpenID Connect Core §2), so only of one is the audience compared.
func (k Client) Token(text, name string, r evidence.Redactor) (report.Rows, any) {
	parts := strings.Split(text, ".")
	header := part(parts, 0)
	content := map[string]any{"header": r.Claims(header)}
	rows := add(nil, "type", word(header, "typ"))
	if len(parts) == 5 || header["enc"] != nil {
		rows = add(rows, "encrypted", strings.TrimSpace(word(header, "alg")+", "+word(header, "enc")))
		rows = add(rows, "key", word(header, "kid"))
		return append(rows, report.Row{Key: "content", Value: "not opened: only the holder of the private key can"}), content
	}
	rows = append(rows, k.signature(text, header))
	payload := part(parts, 1)
	shown := r.Claims(payload)
	content["claims"] = shown
	return append(rows, k.claims(payload, shown, name)...), content
}

// signature verifies the token with the key set.
func (k Client) signature(text string, header map[string]any) report.Row {
	alg, kid := word(header, "alg"), word(header, "kid")
	row := report.Row{Key: "signature", Value: alg}
	if kid != "" {
		row.Value += ", key " + kid
	}
	switch v := token.Verify(text, token.Against{Keys: k.Keys}); {
	case v.State == evidence.SigVerified:
		row.Outcome, row.Text = report.Passed, "by a key of the set"
	case strings.HasPrefix(alg, "HS"):
		row.Text = "not verified: it is made with a shared secret and not with a key of the set"
	case k.Keys == nil && v.State == evidence.SigNotComputed:
		row.Text = "not verified (--jwks)"
	default:
		row.Outcome, row.Severity, row.Text = report.Failed, report.Error, v.Text
	}
	return row
}

// tokenCodes are the rules that speak of a row of a token's summary.
var tokenCodes = map[string][]string{
	"signature": {"JWKS018", "JWKS022", "IDT002", "IDT003", "IDT006", "IDT001"},
	"issuer":    {"IDT010", "IDT011", "IDT036", "IDT009"},
	"audience":  {"IDT013", "IDT009"},
}

// tokenDecides are the rules whose word counts more than the comparison of a row with what was given.
var tokenDecides = map[string]string{"issuer": "IDT011", "audience": "IDT013"}

// MarkedToken puts the code of the rule that speaks of it to each row that is marked as wrong, so that it is not told twice.
func MarkedToken(rows report.Rows, c report.Connection) report.Rows {
	for i := range rows {
		row := &rows[i]
		for _, f := range c.Findings {
			if row.Outcome == report.Failed && row.Code == "" && slices.Contains(tokenCodes[row.Key], f.Code) {
				row.Code, row.Severity = f.Code, f.Severity
			}
		}
		if row.Outcome == report.Failed && row.Code == "" && slices.ContainsFunc(c.Results, func(r report.Result) bool {
			return r.Outcome == report.Passed && r.Code == tokenDecides[row.Key]
		}) { // the rule knows more than the comparison: Google's issuer without its scheme, say
			row.Outcome, row.Severity, row.Text = report.Passed, report.Default, "accepted, although it differs from the one given"
		}
	}
	return rows
}

func part(parts []string, i int) map[string]any {
	if i >= len(parts) {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[i], "="))
	if err != nil {
		return nil
	}
	return object(b)
}

// claims shows what every token has in the order of a login, and the rest by name.
func (k Client) claims(claims, shown map[string]any, name string) report.Rows {
	var rows report.Rows
	compare := func(key, claim, want string, holds bool) {
		value := word(shown, claim)
		rows = add(rows, key, value)
		switch {
		case want == "":
			return
		case value == "":
			rows = append(rows, report.Row{Key: key, Value: "none", Outcome: report.Failed, Severity: report.Error, Text: "expected " + want})
			return
		}
		row := &rows[len(rows)-1]
		if row.Outcome, row.Text = report.Passed, "as given"; !holds {
			row.Outcome, row.Severity, row.Text = report.Failed, report.Error, "expected "+want
		}
	}
	compare("issuer", "iss", k.Issuer, word(claims, "iss") == k.Issuer)
	client := k.ID
	if name == "access_token" || name == "logout_token" {
		client = ""
	}
	compare("audience", "aud", client, slices.Contains(check.Strings(claims["aud"]), client))
	rows = add(rows, "authorized party", word(shown, "azp"))
	rows = add(rows, "subject", word(shown, "sub"))
	rows = append(rows, k.times(claims)...)
	row := report.Row{Key: "claims"}
	for name := range shown {
		if !slices.Contains([]string{"iss", "aud", "azp", "sub", "iat", "nbf", "exp", "auth_time"}, name) {
			row.More = append(row.More, name+" = "+word(shown, name))
		}
	}
	sort.Strings(row.More)
	row.Value = fmt.Sprint(len(row.More))
	return append(rows, row)
}

// usualLeeway is by how much the clocks of two servers may differ.
const usualLeeway = time.Minute

// times shows the instants of a token. What is over is marked, and is no fault by itself: what people paste is nearly always older than
// a token lives.
func (k Client) times(claims map[string]any) report.Rows {
	var rows report.Rows
	for _, c := range [][2]string{{"iat", "issued"}, {"nbf", "not before"}, {"exp", "expires"}, {"auth_time", "signed in"}} {
		n, ok := claims[c[0]].(json.Number)
		if !ok {
			continue
		}
		f, err := n.Float64()
		if err != nil || f > 1e12 || f < -1e12 {
			rows = add(rows, c[1], n.String())
			continue
		}
		at := time.Unix(int64(f), 0)
		row := report.Row{Key: c[1], Value: unix(int64(f))}
		switch judged := !k.At.IsZero(); {
		case judged && c[0] == "exp" && k.At.After(at):
			row.Outcome, row.Severity, row.Text, row.Code = report.Failed, report.Warning, "expired "+ago(k.At.Sub(at))+" ago", ""
		case judged && c[0] == "exp":
			row.Outcome, row.Text = report.Passed, "in "+ago(at.Sub(k.At))
		case judged && c[0] != "exp" && at.Sub(k.At) > usualLeeway:
			row.Outcome, row.Severity, row.Text = report.Failed, report.Warning, ago(at.Sub(k.At))+" ahead"
		}
		rows = append(rows, row)
	}
	return rows
}

// ago words a span of time roughly.
func ago(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
