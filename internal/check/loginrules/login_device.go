package loginrules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// A login by the device flow (RFC 8628).
var loginDevice = []check.Rule{
	ofDevice("DEV001", "the device endpoint answers with codes, address and lifetime", report.Error,
		"The device has nothing to show to the user, or nothing to ask the token endpoint with.",
		"let the IdP answer with device_code, user_code, verification_uri and expires_in", "RFC 8628 §3.2",
		func(c *check.Case) string {
			if a := c.Login.Started; a != nil && a.Exchange.Status >= 300 {
				return "the device authorization endpoint refuses the request: " + check.Quote(orStatus(a))
			}
			return ""
		}, deviceAnswer),
	ofDevice("DEV002", "the user approves the device in time", report.Error,
		"The device waits and is told that nothing will come.",
		"start anew and enter the code before it expires", "RFC 8628 §3.5",
		func(c *check.Case) string {
			if len(c.Login.Tried) == 0 {
				return "the token endpoint was not asked"
			}
			return ""
		}, notApproved),
	ofDevice("DEV004", "the device flow needs no PKCE", report.Warning,
		"RFC 8628 knows no PKCE, so that most devices send none and are refused.",
		"demand PKCE of other clients only, or let the device send a code challenge", "RFC 8628 §3.1", nil, devicePKCE),
}

func ofDevice(code, title string, severity report.Severity, why, fix, ref string, decides func(*check.Case) string, judge func(*check.Case) []report.Finding) check.Rule {
	return check.Rule{
		Code: code, Title: title, Severity: severity, Protocol: config.OIDC, Why: why, Fix: fix, Refs: []string{ref},
		Needs: []evidence.Kind{evidence.Config, evidence.LoginRun}, Explains: []string{"AUTHZ035"},
		Applies: func(c *check.Case) bool { return c.Login.Grant == "device" },
		Decides: func(c *check.Case) string {
			if c.Login.Started == nil {
				return "the device authorization endpoint gave no answer"
			}
			if decides == nil {
				return ""
			}
			return decides(c)
		},
		Check: judge,
	}
}

func deviceAnswer(c *check.Case) []report.Finding {
	var got map[string]any
	f := report.Finding{Where: cite(c.Login.Started)}
	if json.Unmarshal(c.Login.Started.Exchange.Body, &got) != nil {
		f.Got = c.Login.Started.Exchange.Head("Content-Type")
		f.Message = fmt.Sprintf("the device authorization endpoint answers with no JSON object but %s", check.Quote(f.Got))
		return []report.Finding{f}
	}
	var missing []string
	for _, name := range []string{"device_code", "user_code", "verification_uri", "expires_in"} {
		if got[name] == nil {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	f.Want = strings.Join(missing, " ")
	f.Message = "the answer of the device authorization endpoint lacks " + quoted(missing)
	if slices.Contains(missing, "verification_uri") && got["verification_url"] != nil { // the name before RFC 8628
		f.Severity = report.Info
		f.Message += fmt.Sprintf("; it has %q, the name of a draft", "verification_url")
	}
	return []report.Finding{f}
}

// deviceEnds are the errors that end polling (RFC 8628 §3.5), with the word that some servers had before it.
func deviceEnds() []string {
	return []string{"expired_token", "access_denied", "authorization_declined", "code_expired", "invalid_grant"}
}

func notApproved(c *check.Case) []report.Finding {
	a := c.Login.Refused
	if a == nil || demandsPKCE(a) || !slices.Contains(deviceEnds(), a.Error) { // DEV004
		return nil
	}
	f := report.Finding{}
	switch a.Error {
	case "expired_token", "code_expired":
		f.Severity, f.Inconclusive = report.Warning, true
		f.Message = fmt.Sprintf("the user code expired before anybody had entered it: the token endpoint answers %s", check.Quote(orStatus(a)))
		f.Fix = []string{"start anew, and enter the code sooner"}
	case "invalid_grant":
		f.Message = fmt.Sprintf("the IdP does not take the device code: the token endpoint answers %s", check.Quote(orStatus(a)))
		f.Fix = []string{c.AtIdP("see what its log says of the device login", "log")}
	default:
		f.Message = fmt.Sprintf("the user, or the IdP, turned the device down: the token endpoint answers %s", check.Quote(orStatus(a)))
		f.Fix = []string{c.AtIdP("see that the user is assigned to the application", "users"), c.AtIdP("see which policy applies to device logins", "policy", "log")}
	}
	return at(a, f)
}

// demandsPKCE reports whether a refusal is about PKCE.
func demandsPKCE(a *check.Attempt) bool {
	return a.Exchange.Status >= 400 && (a.Means == "pkce_required" || hasWord(a.Error+" "+a.Text, "pkce", "code_challenge", "code challenge", "code_verifier", "code verifier"))
}

func devicePKCE(c *check.Case) []report.Finding {
	for _, a := range append([]check.Attempt{*c.Login.Started}, c.Login.Tried...) {
		if !demandsPKCE(&a) {
			continue
		}
		return at(&a, report.Finding{
			Message: fmt.Sprintf("the IdP demands PKCE of the client %s in the device flow too: it answers %s", check.Quote(c.Config.OIDC.ClientID), check.Quote(orStatus(&a))),
			Fix:     []string{c.AtIdP("do not demand PKCE of this client, or use another one for devices", "pkce")},
		})
	}
	return nil
}
