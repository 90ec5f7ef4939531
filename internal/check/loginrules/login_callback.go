package loginrules

import (
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// How the answer reached the redirect URI.
var loginCallback = []check.Rule{
	ofCallback("AUTHZ006", "a loopback redirect URI names the address that is listened on", report.Warning,
		"The browser may look for localhost at the other of 127.0.0.1 and ::1 and finds nobody there.",
		"use http://127.0.0.1 or http://[::1] in the redirect URI", "RFC 8252 §8.3",
		func(c *check.Case) string {
			switch {
			case c.Login.Listener == "":
				return "nothing was listened on"
			case strings.Contains(c.Login.Listener, "localhost"):
				return "which addresses were listened on is not known"
			}
			return ""
		}, splitLoopback),
	ofCallback("AUTHZ008", "the answer comes by the method that was asked for", report.Error,
		"The application waits for the other method and answers with an error page, or finds no parameters.",
		"let the IdP answer as response_mode says", "OAuth 2.0 Form Post Response Mode §2", methodUnseen, otherMethod),
	ofCallback("AUTHZ009", "a posted answer is a form", report.Error,
		"The application reads a form and finds nothing in it.",
		"let the IdP post application/x-www-form-urlencoded", "OAuth 2.0 Form Post Response Mode §2",
		func(c *check.Case) string {
			switch {
			case c.Login.Mode != "form_post":
				return "no form_post was asked for"
			case c.Login.Callback == nil || c.Login.Callback.Head("Content-Type") == "":
				return "the media type of the answer is not known"
			}
			return ""
		}, noForm),
	ofCallback("AUTHZ015", "the authorization code is too long to be guessed", report.Info,
		"Codes live for a minute and are bound to the client, so that few guesses are possible; a short one still gives away more than it needs to.",
		"nothing on your side: the IdP makes it so", "RFC 6749 §10.10",
		func(c *check.Case) string {
			if a := c.Login.Front; a != nil && a.Answer != nil && foreign(c, a) {
				return otherAttempt
			}
			if c.Login.CodeLength == 0 {
				return "the length of the code is not known"
			}
			return ""
		}, shortCode),
	ofCallback("AUTHZ030", "the browser brings the answer to the application", report.Info,
		"The user sees a page of the browser in place of the application.",
		"see what blocks the request: an extension, mixed content, a filter of the company", "",
		func(c *check.Case) string {
			if c.Login.Receiver != "har" {
				return "no recording of a browser"
			}
			if c.Login.Callback == nil {
				return "the recording has no answer at the redirect URI"
			}
			return ""
		}, blockedCallback),
}

// ofCallback makes a rule on the way that an answer took; a reason of decides leaves it undecided.
func ofCallback(code, title string, severity report.Severity, why, fix, ref string, decides func(*check.Case) string, judge func(*check.Case) []report.Finding) check.Rule {
	r := check.Rule{Code: code, Title: title, Severity: severity, Protocol: config.OIDC, Why: why, Fix: fix, Decides: decides, Check: judge,
		Needs: []evidence.Kind{evidence.Config, evidence.LoginRun}}
	if ref != "" {
		r.Refs = []string{ref}
	}
	return r
}

func splitLoopback(c *check.Case) []report.Finding {
	uri := c.Login.Request.Get("redirect_uri")
	u, err := url.Parse(uri)
	if err != nil || !strings.EqualFold(u.Hostname(), "localhost") {
		return nil
	}
	four, six := strings.Contains(c.Login.Listener, "127.0.0.1"), strings.Contains(c.Login.Listener, "[::1]")
	if four && six {
		return nil
	}
	return []report.Finding{{
		Got: u.Hostname(), Want: c.Login.Listener, Where: loginPlace(c),
		Message: fmt.Sprintf("the redirect URI is %s and only %s is listened on: a browser that takes localhost for the other address finds nobody", check.Quote(uri), check.Quote(c.Login.Listener)),
		Fix:     []string{"use http://" + c.Login.Listener + u.Path + " as the redirect URI", c.AtIdP("register it", "redirect_uri")},
	}}
}

// methodUnseen says why the method of the answer is not known: what a person pastes has none.
func methodUnseen(c *check.Case) string {
	switch {
	case !slices.Contains([]string{"loopback", "har", "form"}, c.Login.Receiver):
		return "a pasted answer has no method"
	case c.Login.Callback == nil || c.Login.Callback.Method == "":
		return "no answer came to the redirect URI"
	}
	return ""
}

func otherMethod(c *check.Case) []report.Finding {
	want, mode := "GET", c.Login.Mode
	if mode == "form_post" {
		want = "POST"
	}
	if mode == "" {
		mode = "query"
	}
	got := c.Login.Callback.Method
	if got == want {
		return nil
	}
	return []report.Finding{{Got: got, Want: want, Where: atRedirect(c),
		Message: fmt.Sprintf("response_mode is %q, so the answer should come by %s, and it came by %s", mode, want, got)}}
}

// atRedirect cites the answer without its parameters.
func atRedirect(c *check.Case) report.Location {
	return report.Location{Evidence: c.Login.Callback.Method + " " + c.Login.Callback.Base()}
}

func noForm(c *check.Case) []report.Finding {
	const want = "application/x-www-form-urlencoded"
	header := c.Login.Callback.Head("Content-Type")
	if t, _, err := mime.ParseMediaType(header); err == nil && t == want {
		return nil
	}
	return []report.Finding{{Got: header, Want: want, Where: atRedirect(c), Message: fmt.Sprintf("the answer was posted as %s, not as %q", check.Quote(header), want)}}
}

// enoughCode is the shortest code, in characters, that is not remarked on: products in wide use make 20 hexadecimal digits.
const enoughCode = 16

func shortCode(c *check.Case) []report.Finding {
	if n := c.Login.CodeLength; n < enoughCode {
		return []report.Finding{{Got: fmt.Sprint(n), Want: fmt.Sprint(enoughCode), Where: loginPlace(c),
			Message: fmt.Sprintf("the authorization code has %d characters, fewer than %d", n, enoughCode)}}
	}
	return nil
}

func blockedCallback(c *check.Case) []report.Finding {
	failure := c.Login.Callback.Failure
	if failure == nil {
		return nil
	}
	why := failure.Text
	if why == "" {
		why = failure.Code
	}
	return []report.Finding{{Got: why, Where: atRedirect(c), Message: fmt.Sprintf("the browser did not bring the answer to %s: it says %s", check.Quote(c.Login.Callback.Base()), check.Quote(why))}}
}
