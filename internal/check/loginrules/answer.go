package loginrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/report"
)

// What the IdP sends to the redirect URI: seen in its refusal of prompt=none, which goes the way of every later answer.
var answer = []check.Rule{
	atCallback("AUTHZ010", "the answer of the code flow is in the query", report.Error,
		"The application reads the query; what is in the fragment never reaches its server.",
		"let the IdP answer with response_mode query", "OAuth 2.0 Multiple Response Type Encoding Practices §2.1", nil, inFragment),
	atCallback("AUTHZ011", "state comes back as it was sent", report.Error,
		"The application cannot tell that the answer belongs to its request, and refuses it.",
		"look at what stands between IdP and browser: something drops or rewrites the parameter state", "RFC 6749 §4.1.2", nil, stateKept),
	atCallback("AUTHZ013", "iss in the answer is the issuer", report.Error,
		"An application that looks at iss refuses the answer as one of another IdP.",
		"let the IdP send its issuer, byte for byte, as iss", "RFC 9207 §2.4", []evidence.Kind{evidence.Discovery}, issOther),
	atCallback("AUTHZ014", "iss comes where it is announced", report.Error,
		"An application that reads the announcement refuses every answer without iss.",
		"let the IdP send iss, or take authorization_response_iss_parameter_supported out of its discovery document", "RFC 9207 §2.4", []evidence.Kind{evidence.Discovery}, issMissing),
	atCallback("AUTHZ016", "the error of an answer is written as the standard has it", report.Info,
		"Most applications show it anyway; a strict one drops the text, or the answer.",
		"nothing on your side: the IdP writes it so", "RFC 6749 §4.1.2.1", nil, oddError),
	atCallback("AUTHZ017", "an answer with an error carries no code", report.Warning,
		"An application may take the code and overlook the error.",
		"let the IdP send either an error or a code", "OpenID Connect Core 1.0 §3.1.2.6", nil, codeBesideError),
}

// onlyCode is why nothing can be said about what stands beside a code.
const onlyCode = "only the code was pasted, not the whole address"

// atCallback makes a rule about the answer at the redirect URI.
func atCallback(code, title string, severity report.Severity, why, fix, ref string, uses []evidence.Kind, judge func(*check.Case, *oidcdoc.Answer, url.Values) *report.Finding) check.Rule {
	return check.Rule{
		Code: code, Title: title, Severity: severity, Protocol: config.OIDC, Why: why, Fix: fix, Refs: []string{ref},
		Needs: []evidence.Kind{evidence.Config, evidence.Authorize}, Uses: uses,
		Decides: func(c *check.Case) string {
			if code == "AUTHZ011" && foreignOnly(c) {
				return ""
			}
			if code == "AUTHZ014" && c.Discovery == nil {
				return "no oidc.discovery"
			}
			if reason := notCalledBack(c); reason != "" {
				return reason
			}
			if code == "AUTHZ014" && bareCode(c, said(c)) {
				return onlyCode
			}
			if all := calledBack(c); code != "AUTHZ011" && len(all) == 1 && foreign(c, all[0]) {
				return otherAttempt
			}
			return ""
		},
		Check: func(c *check.Case) []report.Finding {
			if code == "AUTHZ011" && foreignOnly(c) {
				return foreignState(c)
			}
			for _, a := range calledBack(c) {
				sent, err := url.Parse(a.Exchange.URL)
				if err != nil || code == "AUTHZ014" && bareCode(c, a) || code != "AUTHZ011" && foreign(c, a) {
					continue
				}
				if f := judge(c, a.Answer, sent.Query()); f != nil {
					f.Where = cite(a)
					return []report.Finding{*f}
				}
			}
			return nil
		},
	}
}

func inFragment(_ *check.Case, a *oidcdoc.Answer, sent url.Values) *report.Finding {
	if !a.Fragment || sent.Get("response_type") != "code" || sent.Get("response_mode") == "fragment" {
		return nil
	}
	return &report.Finding{Got: "fragment", Want: "query",
		Message: fmt.Sprintf("asked for response_type %q, the IdP answers in the fragment of %q, not in its query", "code", a.Base)}
}

func stateKept(c *check.Case, a *oidcdoc.Answer, sent url.Values) *report.Finding {
	want := sent.Get("state")
	byHand := c.Login != nil && a == c.Login.Answer && (c.Login.Receiver == "paste" || c.Login.Receiver == "file")
	switch {
	case want == "" || a.State == want:
		return nil
	case byHand && len(a.Params) == 1 && a.Code != "":
		return &report.Finding{Severity: report.Info, Inconclusive: true, Want: want,
			Message: "only the code was brought, without state, so that nothing shows that it belongs to this login",
			Fix:     []string{"copy the whole address, or the whole line of the request"}}
	case byHand && a.State != "":
		return &report.Finding{Got: a.State, Want: want,
			Message: fmt.Sprintf("the answer that was brought is one to another request: state was sent as %q and is %q in it", want, a.State),
			Fix:     []string{"start anew, and bring the answer of the page that this login opened, not of an earlier one", "if it is the answer of this login, see what between IdP and application changes its address"}}
	case !a.Params.Has("state"):
		return &report.Finding{Want: want, Message: fmt.Sprintf("state was sent to %q and does not come back", a.Base)}
	}
	return &report.Finding{Got: a.State, Want: want, Message: fmt.Sprintf("state was sent as %q and comes back as %q", want, a.State)}
}

// foreignState tells of answers that were turned away because they were none to the request of this login.
func foreignState(c *check.Case) []report.Finding {
	came := "an answer came whose state is"
	if n := c.Login.Foreign; n > 1 {
		came = fmt.Sprintf("%d answers came whose state is", n)
	}
	return []report.Finding{{
		Severity: report.Info, Inconclusive: true, Where: report.Location{Evidence: "login"},
		Message: came + " not the one of this login, and none that belongs to it",
		Fix:     []string{"start anew, and bring the answer of the page that this login opened, not of an earlier one"},
	}}
}

const otherAttempt = "the answer that was brought is one to another request"

// foreign reports whether an answer that a person brought is none to the request of this login: AUTHZ011 says so, and nothing else of it
// counts.
func foreign(c *check.Case, a *check.Attempt) bool {
	if c.Login == nil || a.Answer != c.Login.Answer || c.Login.Receiver != "paste" && c.Login.Receiver != "file" {
		return false
	}
	want := c.Login.Request.Get("state")
	return a.Answer.State != "" && want != "" && a.Answer.State != want
}

// calledBack are the answers that came to the redirect URI: to the probe, and in a login, which says more when it ends well.
func calledBack(c *check.Case) []*check.Attempt {
	var out []*check.Attempt
	for _, label := range []string{evidence.AsSent, evidence.LoginRequest} {
		if a := c.Authorize.Get(label); a != nil && a.Where == "callback" {
			out = append(out, a)
		}
	}
	return out
}

// issuer is what iss has to be: the document's issuer, or the configured one without a document.
func issuer(c *check.Case) string {
	if c.Discovery != nil && c.Discovery.Issuer() != "" {
		return c.Discovery.Issuer()
	}
	return c.Config.Issuer()
}

func issOther(c *check.Case, a *oidcdoc.Answer, _ url.Values) *report.Finding {
	want := issuer(c)
	if a.Iss == "" || a.Iss == want {
		return nil
	}
	return &report.Finding{Got: a.Iss, Want: want,
		Message: fmt.Sprintf("iss in the authorization answer is %q but the issuer is %q (%s)", a.Iss, want, exact.Compare(a.Iss, want)),
		Fix:     []string{c.AtIdP("let it send "+want+" as iss", "issuer")}}
}

func issMissing(c *check.Case, a *oidcdoc.Answer, _ url.Values) *report.Finding {
	const member = "authorization_response_iss_parameter_supported"
	if a.Params.Has("iss") || !c.Discovery.True(member) {
		return nil
	}
	return &report.Finding{Want: issuer(c), Related: []report.Location{c.Place(evidence.Discovery, c.Discovery.Doc, "/"+member)},
		Message: fmt.Sprintf("the discovery document announces iss (%s is true) but the answer at %q has none", member, a.Base)}
}

// registered are the error codes of RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6, RFC 9101 §7 and RFC 9470 §6, and
// those that further registrations in the IANA registry of OAuth extensions errors add for this place.
func registered() []string {
	return []string{"invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope", "server_error", "temporarily_unavailable",
		"interaction_required", "login_required", "account_selection_required", "consent_required", "invalid_request_uri", "invalid_request_object", "request_not_supported",
		"request_uri_not_supported", "registration_not_supported", "unmet_authentication_requirements", "invalid_target", "insufficient_user_authentication", "invalid_authorization_details"}
}

func oddError(_ *check.Case, a *oidcdoc.Answer, _ url.Values) *report.Finding {
	switch {
	case a.Error == "":
		return nil
	case !slices.Contains(registered(), a.Error):
		return &report.Finding{Got: a.Error, Message: fmt.Sprintf("error in the answer is %q, which no standard registers", a.Error)}
	case strings.ContainsFunc(a.Description, outsideCharset):
		return &report.Finding{Got: a.Description, Message: fmt.Sprintf("error_description is %q, with characters that RFC 6749 does not allow there", a.Description)}
	}
	return nil
}

// outsideCharset follows RFC 6749 §4.1.2.1 and §5.2: %x20-21 / %x23-5B / %x5D-7E.
func outsideCharset(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }

func codeBesideError(_ *check.Case, a *oidcdoc.Answer, _ url.Values) *report.Finding {
	if a.Error == "" || !a.Params.Has("code") {
		return nil
	}
	return &report.Finding{Got: "code", Message: fmt.Sprintf("the answer at %q carries error %q and a code beside it", a.Base, a.Error)}
}
