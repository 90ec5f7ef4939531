package samlrules

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// Whether the single sign-on URL is one, and takes what the SP sends.
var reqEndpoint = []check.Rule{
	{
		Code: "MD017", Title: "the single sign-on URL takes the binding that the SP uses", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLMetadata, evidence.SAMLSSO}, Explains: []string{"MD015", "MD016", "REQ012", "AUTHZ031"},
		Why:  "The IdP finds no request in what arrives, and shows an error page of its own.",
		Fix:  "enter the IdP's address for the binding that the SP uses",
		Refs: []string{"SAML 2.0 Profiles §4.1.3.3"},
		Applies: func(c *check.Case) bool {
			return c.Config.SAML.SSOURL != "" || c.Metadata != nil || c.SSO != nil || len(c.Requirements("MD017")) > 0
		},
		Check: func(c *check.Case) []report.Finding {
			for _, judge := range []func(*check.Case) []report.Finding{postOnly, notOffered, otherBinding} {
				if out := judge(c); len(out) > 0 {
					return append(out, c.Required("MD017")...)
				}
			}
			return c.Required("MD017")
		},
	},
	{
		Code: "MD057", Title: "the single sign-on URL is where logins begin", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLSSO},
		Explains: []string{"AUTHZ031", "AUTHZ034", "CFG003", "REQ004", "REQ006", "REQ009", "REQ012", "AUTHZ018", "AUTHZ020"},
		Why:      "The user ends on a page of XML, of the console, or of another protocol, and no login begins.",
		Fix:      "enter the address of SingleSignOnService in the IdP's metadata",
		Applies:  func(c *check.Case) bool { return c.Config.SAML.SSOURL != "" || c.SSO != nil },
		Check: func(c *check.Case) []report.Finding {
			if out := mistakenAddress(c); len(out) > 0 {
				return out
			}
			return noService(c)
		},
	},
}

// postOnly recognises an address for form posts by its shape, where the SP sends a redirect.
func postOnly(c *check.Case) []report.Finding {
	got := c.Config.SAML.SSOURL
	if c.SP.SAML == nil || c.SP.SAML.RequestBinding.V != "HTTP-Redirect" || got == "" {
		return nil
	}
	pattern := ""
	if c.IdP.SAML != nil {
		pattern = c.IdP.SAML.PostOnly.V
	}
	if generic, ok := c.Lib.IdP("generic"); ok && pattern == "" && generic.SAML != nil {
		pattern = generic.SAML.PostOnly.V
	}
	if pattern == "" || !c.Lib.Matches(pattern, got) {
		return nil
	}
	f := report.Finding{Got: got, Where: c.Config.Pos("saml/sso_url"),
		Message: fmt.Sprintf("sso_url is %s, an address for the HTTP-POST binding, but %s sends its request by %q", check.Quote(got), c.TheSP(), c.SP.SAML.RequestBinding.V)}
	if want := strings.Replace(got, "/binding/post", "/binding/redirect", 1); want != got {
		f.Want = want
		step, edits := c.InFile("saml/sso_url", want)
		f.Fix, f.Edits = []string{c.AtSP("enter "+want, "sso_url"), step}, edits
	}
	return []report.Finding{f}
}

// notOffered compares the SP's binding with the services that the IdP's metadata lists.
func notOffered(c *check.Case) []report.Finding {
	binding, certain := requestBinding(c)
	all := samldoc.Endpoints(roleOf(c.Metadata, idpRole), "SingleSignOnService")
	if binding == "" || len(all) == 0 {
		return nil
	}
	entered, want := c.Config.SAML.SSOURL, ""
	var there []string
	for _, s := range all {
		if entered != "" && s.Location != entered {
			if s.Binding == binding && want == "" {
				want = s.Location
			}
			continue
		}
		if s.Binding == binding {
			return nil
		}
		there = append(there, samldoc.Short(s.Binding))
	}
	if len(there) == 0 {
		return nil // an address that the metadata does not have is CFG003
	}
	f := report.Finding{Got: strings.Join(there, ", "), Want: samldoc.Short(binding), Where: c.InXML(evidence.SAMLMetadata, all[0].Element, "Binding")}
	f.Message = fmt.Sprintf("%s sends its request by %q, and the IdP's single sign-on takes %s alone", c.TheSP(), samldoc.Short(binding), oneOf(there))
	f.Fix = []string{c.AtIdP("switch on single sign-on by "+samldoc.Short(binding), "metadata")}
	if entered != "" {
		f.Got, f.Want, f.Where = entered, want, c.Config.Pos("saml/sso_url")
		f.Message = fmt.Sprintf("sso_url is %s, which takes %s, but %s sends its request by %q", check.Quote(entered), oneOf(there), c.TheSP(), samldoc.Short(binding))
		if want != "" {
			step, edits := c.InFile("saml/sso_url", want)
			f.Fix, f.Edits = []string{c.AtSP("enter "+want, "sso_url"), step}, edits
		}
	}
	if !certain {
		f.Message, f.Severity = "likely: "+f.Message, report.Warning
	}
	return []report.Finding{f}
}

// otherBinding tells of an address that refuses the request by one binding and takes it by the other.
func otherBinding(c *check.Case) []report.Finding {
	a, other := c.SSO.Get(evidence.AsSent), c.SSO.Get(evidence.OtherBinding)
	if !turnedAway(a) || !taken(other) {
		return nil
	}
	name := map[string]string{"GET": "HTTP-Redirect", "POST": "HTTP-POST"}
	got := a.Exchange.Base()
	f := report.Finding{Got: got, Where: statedAt(c, "saml", "saml/sso_url", "saml/idp_metadata")}
	f.Message = fmt.Sprintf("the single sign-on URL %s refuses the request by %q (%s) and takes it by %q", check.Quote(got), name[a.Exchange.Method], worded(a), name[firstMethod(c, evidence.OtherBinding)])
	f.Fix = []string{c.AtIdP("copy the address for "+name[a.Exchange.Method], "metadata"), c.AtSP("enter it", "sso_url"),
		"if that address is there already, look for a proxy that drops the query or changes the method on the way"}
	_, certain := requestBinding(c)
	return byAnswer(f, a, certain)
}

// firstMethod is the method by which an attempt began, whatever redirects followed.
func firstMethod(c *check.Case, label string) string {
	for _, ex := range c.SSO.Obs.Exchanges {
		if ex.Label == label {
			return ex.Method
		}
	}
	return ""
}

// mistakenAddress recognises addresses that are pasted in place of the single sign-on URL, by what their paths say.
func mistakenAddress(c *check.Case) []report.Finding {
	got := c.Config.SAML.SSOURL
	u, err := url.Parse(got)
	if err != nil || u.Host == "" {
		return nil // CFG001
	}
	what := mistaken(u)
	if slices.Contains(c.Config.ACSURLs(), got) {
		what = c.TheSP() + "'s own ACS URL"
	}
	if what == "" {
		return nil
	}
	return []report.Finding{{Got: got, Where: c.Config.Pos("saml/sso_url"), Message: fmt.Sprintf("sso_url is %s, which is %s and no single sign-on URL", check.Quote(got), what), Fix: enterSignOn(c)}}
}

func enterSignOn(c *check.Case) []string {
	return []string{c.AtIdP("copy the Location of SingleSignOnService", "metadata"), c.AtSP("enter it", "sso_url")}
}

// mistaken says what an address is when its path shows that it is no single sign-on URL; "" otherwise.
func mistaken(u *url.URL) string {
	segments := strings.FieldsFunc(strings.ToLower(u.Path), func(r rune) bool { return r == '/' })
	has := func(words ...string) bool {
		return slices.ContainsFunc(segments, func(s string) bool { return slices.Contains(words, s) })
	}
	first, final := "", ""
	if len(segments) > 0 {
		first, final = segments[0], segments[len(segments)-1]
	}
	switch {
	case has("descriptor", "metadata") || strings.HasSuffix(final, ".xml"):
		return "the address of the metadata"
	case has("openid-connect", ".well-known") || final == "authorize" || final == "token" || final == "openid-configuration":
		return "an address of OpenID Connect"
	case first == "admin" || first == "console" || strings.HasPrefix(u.Fragment, "/"):
		return "a page of the admin console"
	case final == "slo" || final == "logout" || final == "singlelogoutservice":
		return "the address for sign-out"
	}
	return ""
}

// noService tells of an address whose answer shows that it is no single sign-on service. An answer that the IdP's profile knows comes
// from one.
func noService(c *check.Case) []report.Finding {
	a := sentAttempt(c)
	if a == nil || a.Means != "unknown" || taken(c.SSO.Get(evidence.OtherBinding)) || c.RefusedDestination() != nil {
		return nil
	}
	what := notSignOn(a)
	if what == "" {
		return nil
	}
	if format, _ := refusedFormat(c); len(format) > 0 {
		return nil // REQ009: what refuses a format of NameID alone is a single sign-on service
	}
	got := a.Exchange.Base()
	f := report.Finding{Got: got, Where: statedAt(c, "saml", "saml/sso_url", "saml/idp_metadata"), Fix: enterSignOn(c)}
	f.Message = fmt.Sprintf("the address %s is no single sign-on URL: it answers with %s", check.Quote(got), what)
	return byAnswer(f, a, true)
}

// notSignOn says what an answer is that no single sign-on service gives; "" otherwise.
func notSignOn(a *check.Attempt) string {
	body, status := a.Exchange.Body, a.Exchange.Status
	low := bytes.ToLower(body)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(low, []byte(w)) })
	}
	switch {
	case bytes.Contains(body, []byte("EntityDescriptor")) || bytes.Contains(body, []byte("EntitiesDescriptor")):
		return "SAML metadata"
	case a.Answer != nil && slices.Contains(oauthCodes, a.Error) || slices.Contains(oauthCodes, a.Error) && has(`"error_description"`) || namesParameter(a.Text) && status >= 400:
		return "an error of OpenID Connect (" + worded(a) + ")"
	case status == 404 || status == 410 || status == 405 || status == 406:
		return "status " + fmt.Sprint(status)
	case status == 200 && has("<html") && !has("<form", "<input", "<script", "<iframe", "http-equiv"):
		return "a page on which nobody can sign in (" + check.Quote(excerptOf(a)) + ")"
	}
	return ""
}

// namesParameter reports whether the text of a page, which is not its links, names a parameter that only OAuth has.
func namesParameter(text string) bool {
	low := strings.ToLower(text)
	return strings.Contains(low, "client_id") || strings.Contains(low, "response_type")
}

func excerptOf(a *check.Attempt) string {
	if r := []rune(a.Text); len(r) > 60 {
		return string(r[:57]) + "…"
	}
	return a.Text
}

// oauthCodes are error codes of RFC 6749 §4.1.2.1 that SAML does not have.
var oauthCodes = []string{"invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_client", "invalid_scope", "server_error"}
