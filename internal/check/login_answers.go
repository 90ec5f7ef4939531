package check

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/evidence"
)

// frontProbe is the probe whose answers a page of the IdP is classified by.
func (l *Login) frontProbe() string {
	if l.Protocol == "saml" {
		return "saml"
	}
	return "authorize"
}

// answers classifies what the IdP said in the course of a login, as the answers to probes are: an IdP speaks of a client in the same
// words in both. Where everything went well the meaning is "accepted".
func (l *Login) answers(c *Case) {
	for i := range l.Obs.Exchanges {
		ex := &l.Obs.Exchanges[i]
		if ex.Failure != nil || ex.Status == 0 {
			continue
		}
		switch ex.Label {
		case evidence.LoginToken, evidence.LoginPoll:
			l.Tried = append(l.Tried, c.tried(ex))
		case evidence.LoginPush:
			if ex.Status >= 400 {
				a := c.interpret("par", ex)
				l.Pushed = &a
			}
		case evidence.LoginDevice:
			a := c.interpret("device", ex)
			l.Started = &a
		}
	}
	l.front(c)
}

// tried is one exchange of the code, under the label that the probe of the token endpoint gives to that way of proving the client.
func (c *Case) tried(ex *evidence.Exchange) Attempt {
	a := c.interpret("token", ex)
	switch {
	case ex.Form["client_assertion"] != "":
		a.Label = "private_key_jwt"
	case ex.Form["client_secret"] != "":
		a.Label = evidence.Post
	case c.Config != nil && slices.Equal(c.Config.AuthMethods(), []string{evidence.NoSecret}):
		a.Label = evidence.NoSecret
	default:
		a.Label = evidence.Basic
	}
	switch got := members(ex.Body); {
	case ex.Status < 300 && (got["access_token"] != nil || got["id_token"] != nil):
		a.Means, a.Certain = "accepted", true
	case a.Error == "unsupported_grant_type": // of a real code: nothing else is left for it to mean
		a.Means, a.Certain = "grant_off", true
	}
	return a
}

// front is what became of the authorization request.
func (l *Login) front(c *Case) {
	request := l.Obs.Labelled(evidence.LoginRequest)
	switch {
	case l.Answer != nil && (l.Answer.Error != "" || l.Answer.Code != "" || l.Answer.Params.Has("id_token") || l.Answer.Params.Has("access_token")):
		a := Attempt{Where: "callback", Answer: l.Answer, Error: l.Answer.Error, Text: l.Answer.Description, Means: "unknown", Exchange: l.Callback}
		if l.Answer.Error == "" {
			a.Means, a.Certain = "accepted", true
		} else {
			c.mean(l.frontProbe(), &a)
		}
		l.Front = &a
	case l.Page != nil:
		a := *l.Page
		l.Front = &a
	default:
		return
	}
	l.Front.Label = evidence.LoginRequest
	if request != nil {
		ex := *request
		ex.Status = l.Front.Exchange.Status
		l.Front.Exchange = &ex
	}
}
