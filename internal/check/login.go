package check

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Login is one login as it went. Fields are nil where the login did not come that far.
type Login struct {
	*evidence.Login
	Obs     *evidence.Observation
	Request url.Values // parameters of the authorization request; secrets are pseudonyms, equal where the values were

	Callback *evidence.Exchange // what came back to the redirect URI
	Answer   *oidcdoc.Answer    // its parameters
	Exchange *evidence.Exchange // of the code, or the poll that ended the device flow
	Token    map[string]any     // its JSON answer
	Refused  *Attempt           // the answer, classified, when the exchange was refused
	Page     *Attempt           // the IdP's page or answer that ended the login, classified
	Front    *Attempt           // what became of the authorization request, at the redirect URI or on the IdP's page; its exchange is the request
	Tried    []Attempt          // the exchanges of the code, by the client authentication that was used, and the polls
	Pushed   *Attempt           // the answer to the pushed request, when it was refused
	Started  *Attempt           // the answer of the device authorization endpoint
	Refresh  *evidence.Exchange
	Userinfo *evidence.Exchange
	Emails   *evidence.Exchange
	Device   *evidence.Exchange
}

// Token is one token with its header and claims parsed; both are nil when they cannot be read. Numbers are json.Number.
type Token struct {
	*evidence.Token
	Header, Claims map[string]any
}

// User is what the sources say about the user, and what the SP decides on it.
type User struct {
	Sources  []Source // in the order in which they came
	Decision *report.Decision
}

// Source is one place with claims: id_token, userinfo, access_token, assertion, claims.
type Source struct {
	Name   string
	Claims map[string]any
}

// login parses what a login brought.
func (c *Case) login() {
	if obs := c.got(evidence.LoginRun); obs != nil && obs.Login != nil {
		c.Login = c.newLogin(obs)
	}
	if obs := c.got(evidence.Tokens); obs != nil {
		c.Tokens = []*Token{}
		for i := range obs.Tokens {
			t := &obs.Tokens[i]
			c.Tokens = append(c.Tokens, &Token{Token: t, Header: members(t.Header), Claims: members(t.Claims)})
		}
	}
	if obs := c.got(evidence.Claims); obs != nil {
		c.User = &User{Decision: obs.Decision}
		for _, s := range obs.Claims {
			c.User.Sources = append(c.User.Sources, Source{s.Source, members(s.Claims)})
		}
	}
}

func (c *Case) newLogin(obs *evidence.Observation) *Login {
	l := &Login{Login: obs.Login, Obs: obs, Exchange: answeredBy(obs, evidence.LoginToken), Refresh: answeredBy(obs, evidence.LoginRefresh),
		Userinfo: answeredBy(obs, evidence.LoginUserinfo), Emails: answeredBy(obs, evidence.LoginEmails), Device: answeredBy(obs, evidence.LoginDevice),
		Callback: obs.Labelled(evidence.LoginCallback)}
	if l.Exchange == nil {
		l.Exchange = answeredBy(obs, evidence.LoginPoll)
	}
	if ex := obs.Labelled(evidence.LoginRequest); ex != nil {
		if u, err := url.Parse(ex.URL); err == nil {
			l.Request = u.Query()
		}
	}
	if l.Callback != nil {
		l.Answer, _ = oidcdoc.ParseAnswer(l.Callback.URL)
		if len(l.Callback.Form) > 0 {
			l.Answer = oidcdoc.FormAnswer(l.Callback.URL, l.Callback.Form)
		}
	}
	if l.Exchange != nil {
		l.Token = members(l.Exchange.Body)
		if l.Exchange.Status >= 400 || l.Token["error"] != nil {
			a := c.interpret("token", l.Exchange)
			l.Refused = &a
		}
	}
	if ex := obs.Labelled(evidence.LoginPage); ex != nil && l.End == evidence.EndedRefused {
		a := c.interpret(l.frontProbe(), ex)
		l.Page = &a
	}
	l.answers(c)
	return l
}

// answeredBy gives the last exchange of a label that came to an answer.
func answeredBy(obs *evidence.Observation, label string) *evidence.Exchange {
	ex := obs.Labelled(label)
	if ex == nil || ex.Status == 0 {
		return nil
	}
	return ex
}

// members parses a JSON object; nil when it is none.
func members(b []byte) map[string]any {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var out map[string]any
	if dec.Decode(&out) != nil {
		return nil
	}
	return out
}

// TokensNamed gives the tokens of a name in their order: id_token, access_token …
func (c *Case) TokensNamed(name string) []*Token {
	var out []*Token
	for _, t := range c.Tokens {
		if t.Name == name {
			out = append(out, t)
		}
	}
	return out
}

// IDTokens gives the ID tokens that can be read.
func (c *Case) IDTokens() []*Token {
	return slices.DeleteFunc(c.TokensNamed("id_token"), func(t *Token) bool { return t.Claims == nil })
}

// Str gives a text claim; "" when it is missing or no text.
func (t *Token) Str(claim string) string {
	s, _ := t.Claims[claim].(string)
	return s
}

// Strings gives the texts of a claim that is a text or a list of texts.
func (t *Token) Strings(claim string) []string { return Strings(t.Claims[claim]) }

// Strings gives the texts of a JSON value that is a text or a list of texts.
func Strings(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// Seconds gives a NumericDate claim (RFC 7519 §2) in seconds; ok is false when it is missing or no number.
func (t *Token) Seconds(claim string) (float64, bool) {
	n, ok := t.Claims[claim].(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// Trait reports whether something was noted about the token before it was redacted.
func (t *Token) Trait(name string) bool { return slices.Contains(t.Traits, name) }

// In is the place of a claim for a finding: the token, as it came.
func (t *Token) In(claim string) report.Location {
	where := strings.ReplaceAll(t.Name, "_", " ")
	if t.Name == "id_token" {
		where = "ID token"
	}
	if t.Source != "" {
		where += " of " + t.Source
	}
	loc := report.Location{Evidence: where}
	if claim != "" {
		loc.Path = "/" + claim
	}
	return loc
}

// Source gives the claims of one source; nil when it is not there.
func (u *User) Source(name string) map[string]any {
	if u == nil {
		return nil
	}
	for _, s := range u.Sources {
		if s.Name == name {
			return s.Claims
		}
	}
	return nil
}

// Note gives the notes of a kind that the decision carries.
func (u *User) Notes(kind string) []report.DecisionNote {
	if u == nil || u.Decision == nil {
		return nil
	}
	var out []report.DecisionNote
	for _, n := range u.Decision.Notes {
		if n.Kind == kind {
			out = append(out, n)
		}
	}
	return out
}
