package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const refStatus = "SAML 2.0 Core §3.2.2.2"

// topCodes are the top-level status codes that the standard permits.
var topCodes = []string{"Success", "Requester", "Responder", "VersionMismatch"}

// What the response says came of the login, and whether it carries what follows from that.
var rspStatus = []check.Rule{
	onResponse(check.Rule{
		Code: "RSP012", Title: "the response says in a known way what came of the login", Severity: report.Error, Explains: []string{"RSP021"},
		Why:  "The SP cannot tell whether the login succeeded, and refuses it.",
		Fix:  "let the IdP send Status with one of the four top-level codes of the standard",
		Refs: []string{refStatus},
	}, nil, statusForm),
	onResponse(check.Rule{
		Code: "RSP013", Title: "the IdP says that the login succeeded", Severity: report.Error, Explains: []string{"RSP021"},
		Why:  "The IdP refuses the login, and says so to the SP; what the user sees there is often no more than an error.",
		Fix:  "go by the status code: it says which side has to change what",
		Refs: []string{refStatus},
	}, nil, refusal),
	onResponse(check.Rule{
		Code: "RSP014", Title: "a response that refuses carries no assertion", Severity: report.Warning, Explains: []string{"RSP013"},
		Why:  "An SP that looks for the assertion first lets somebody in whom the IdP refuses.",
		Fix:  "let the IdP send a status that says no without an assertion",
		Refs: []string{refProfile},
	}, nil, func(l letter) []report.Finding {
		code := l.m.Response.StatusCode
		if refused := slices.Contains(topCodes[1:], strings.TrimPrefix(code, samldoc.Status)); !refused || len(enclosed(l)) == 0 {
			return nil
		}
		f := l.about(enclosed(l)[0], "", samldoc.Short(code), "", "the status of the response is %q, and it carries an assertion all the same", samldoc.Short(code))
		f.Fix = []string{l.c.AtIdP("send no assertion with a status that refuses", "log")}
		return []report.Finding{f}
	}),
	onResponse(check.Rule{
		Code: "RSP015", Title: "a response that says yes carries one assertion", Severity: report.Error, Explains: []string{"RSP021"},
		Why:  "Without an assertion the SP learns nothing about the user; of several it takes any one, or refuses them all.",
		Fix:  "let the IdP send one assertion",
		Refs: []string{refProfile},
	}, nil, assertionCount),
}

func statusForm(l letter) []report.Finding {
	e := l.head.Element
	status := e.Child(samldoc.Protocol, "Status")
	code := status.Child(samldoc.Protocol, "StatusCode")
	value, there := code.Lookup("", "Value")
	var f report.Finding
	switch {
	case status == nil:
		f = l.finding(e, "", "the response has no Status")
	case code == nil:
		f = l.finding(status, "", "Status of the response has no StatusCode")
	case !there || value == "":
		f = l.finding(code, "", "StatusCode of the response has no Value")
	case !strings.HasPrefix(value, samldoc.Status) || !slices.Contains(topCodes, strings.TrimPrefix(value, samldoc.Status)):
		want := samldoc.Status + "Success"
		f = l.about(code, "Value", value, want, "the top-level status code of the response is %s, and only %s are permitted there", check.Quote(value), oneOf(topCodes))
	default:
		return nil
	}
	f.Fix = []string{l.c.AtIdP("send Status with a StatusCode of the standard", "log")}
	return []report.Finding{f}
}

// statusMeaning is what a second-level status code says, in plain words, and where it is mended: at the IdP under a path, or at the SP.
type statusMeaning struct {
	says string
	idp  string // what to do at the IdP; "" when there is nothing
	path []string
	sp   string // what to do at the SP; "" when there is nothing
}

// statusMeanings of the second-level codes of SAML 2.0 Core §3.2.2.2.
var statusMeanings = map[string]statusMeaning{
	"AuthnFailed":              {"the user did not get through the IdP's login, or gave up", "look up the sign-in log for the reason: password, second factor, policy, or cancelled", []string{"log"}, ""},
	"InvalidAttrNameOrValue":   {"the request asks for an attribute that the IdP does not know", "release the attributes that the SP asks for", []string{"attributes"}, "ask for no attributes in the request"},
	"InvalidNameIDPolicy":      {"the IdP cannot name the user in the way that the request asks for: the format is not given to this SP, or the user lacks the value (an e-mail address)", "let NameID be the user's e-mail address, and see that the user has one", []string{"nameid", "users"}, "ask for another format, or for none"},
	"NoAuthnContext":           {"the user did not sign in in the way that the request demands", "allow this way of signing in", []string{"policy", "users"}, "leave RequestedAuthnContext out of the request, or send Comparison minimum"},
	"NoAvailableIDP":           {"none of the IdPs that the request lists is there", "", nil, "leave Scoping out of the request"},
	"NoPassive":                {"the request forbids the IdP to show a login page (IsPassive), and the user was not signed in", "", nil, "send the request without IsPassive when a user clicks on sign-in"},
	"NoSupportedIDP":           {"none of the IdPs that the request lists can be used", "", nil, "leave Scoping out of the request"},
	"PartialLogout":            {"not every application could be signed out", "", nil, ""},
	"ProxyCountExceeded":       {"the request may not be passed on to another IdP, and this one has to", "let this IdP answer by itself", []string{"policy"}, "leave ProxyCount out of the request"},
	"RequestDenied":            {"the IdP understood the request and refuses it: most often the user is not assigned to the application, or a policy forbids the login", "assign the user or a group of the user to the application, and look through its policies", []string{"users", "policy"}, ""},
	"RequestUnsupported":       {"the IdP does not support what the request asks for", "look up in the log what it was", []string{"log"}, "send a plain request: no extensions, no Scoping, no Subject"},
	"RequestVersionDeprecated": {"the request is of an older version of SAML", "", nil, "send requests of SAML 2.0"},
	"RequestVersionTooHigh":    {"the request is of a newer version of SAML than the IdP speaks", "", nil, "send requests of SAML 2.0"},
	"RequestVersionTooLow":     {"the request is of an older version of SAML than the IdP speaks", "", nil, "send requests of SAML 2.0"},
	"ResourceNotRecognized":    {"the IdP does not know what the request is about", "compare entity ID and ACS URL of the SP", []string{"entity_id", "acs"}, ""},
	"TooManyResponses":         {"the IdP would have to send more than it can", "look up the log", []string{"log"}, ""},
	"UnknownAttrProfile":       {"the IdP does not know the attribute profile that is asked for", "", nil, "ask for no attributes in the request"},
	"UnknownPrincipal":         {"the IdP does not know the user that the request names, or who signed in", "see that the account exists and may use this application", []string{"users"}, "leave Subject out of the request"},
	"UnsupportedBinding":       {"the IdP cannot answer by the binding that the request asks for", "", nil, "ask for HTTP-POST in ProtocolBinding, or leave it out"},
}

// topMeanings are those of a response that names no second-level code.
var topMeanings = map[string]statusMeaning{
	"Requester":       {"the IdP finds something wrong with the request, and does not say what", "look up the log for the time of the login; compare entity ID and ACS URL of the SP", []string{"log"}, "send a plain request: no RequestedAuthnContext, no NameIDPolicy that the IdP does not know"},
	"Responder":       {"something went wrong at the IdP, and it does not say what", "look up the log for the time of the login: often an attribute or NameID that the user lacks, or a key that cannot be used", []string{"log"}, ""},
	"VersionMismatch": {"the request is of a version of SAML that the IdP does not speak", "", nil, "send requests of SAML 2.0"},
}

// refusal explains a status that says no. That nobody is signed in is what a request with IsPassive of ours is answered with when all
// is well; some IdPs say it without a second-level code, or as AuthnFailed.
func refusal(l letter) []report.Finding {
	r := l.m.Response
	top := strings.TrimPrefix(r.StatusCode, samldoc.Status)
	if top == "Success" || !slices.Contains(topCodes, top) {
		return nil // RSP012
	}
	second := strings.TrimPrefix(r.SubCode, samldoc.Status)
	if l.m.Label == evidence.Passive && (second == "NoPassive" || top == "Responder" && (second == "" || second == "AuthnFailed")) {
		return nil
	}
	what, known := statusMeanings[second]
	if second == "" {
		what, known = topMeanings[top]
	}
	code := l.head.Element.Child(samldoc.Protocol, "Status").Child(samldoc.Protocol, "StatusCode")
	place := code
	if inner := code.Child(samldoc.Protocol, "StatusCode"); inner != nil {
		place = inner
	}
	said := top
	if second != "" {
		said += " / " + second
	}
	f := l.about(place, "Value", said, "Success", "the IdP answers %q", said)
	if r.StatusMessage != "" {
		f.Message += fmt.Sprintf(" and says %s", check.Quote(r.StatusMessage))
		f.Said = r.StatusMessage
	}
	if known {
		f.Message += ": " + what.says
	}
	if what.idp != "" {
		f.Fix = append(f.Fix, l.c.AtIdP(what.idp, what.path...))
	}
	if what.sp != "" {
		f.Fix = append(f.Fix, atSP(l.c, what.sp))
	}
	if !known {
		f.Fix = []string{l.c.AtIdP("look up the log for the time of the login", "log")}
	}
	return []report.Finding{f}
}

// enclosed are the assertions of a response, in the clear or encrypted. Where signatures cover some of those in the clear, the others
// are not counted: they are what an attacker put there (SIG009).
func enclosed(l letter) []*xmltree.Element {
	r := l.m.Response
	var clear, vouched []*xmltree.Element
	for _, a := range r.Assertions {
		if a.Element.Parent != l.head.Element {
			continue // it stands inside its EncryptedAssertion
		}
		clear = append(clear, a.Element)
		if covered(l.m, a) {
			vouched = append(vouched, a.Element)
		}
	}
	if len(vouched) > 0 {
		clear = vouched
	}
	return append(clear, r.Encrypted...)
}

func assertionCount(l letter) []report.Finding {
	all := enclosed(l)
	if l.m.Response.StatusCode != samldoc.Status+"Success" || len(all) == 1 {
		return nil
	}
	if len(all) == 0 {
		f := l.about(l.head.Element, "", "0", "1", "the response says %q and carries no assertion", "Success")
		f.Aspect, f.Fix = "none", []string{l.c.AtIdP("look up the log for the time of the login", "log")}
		return []report.Finding{f}
	}
	if severalUsers(l.m.Response) && !l.refusesSeveral() {
		return nil // AST043
	}
	f := l.about(all[1], "", fmt.Sprint(len(all)), "1", "the response carries %q assertions, and most SPs take one", fmt.Sprint(len(all)))
	f.Fix = []string{l.c.AtIdP("send one assertion, with everything in it", "attributes", "log")}
	if f.Aspect = "several"; !l.refusesSeveral() {
		f.Severity = report.Warning
	}
	return []report.Finding{f}
}

// refusesSeveral reports whether the SP is known to refuse a response with several assertions.
func (l letter) refusesSeveral() bool {
	return l.c.SP.SAML != nil && l.c.SP.SAML.Reactions["RSP015/several"].V == "refused"
}

// severalUsers reports whether the assertions of a response name different users.
func severalUsers(r *samldoc.Response) bool {
	return slices.ContainsFunc(r.Assertions, func(a *samldoc.AssertionDoc) bool {
		return a.NameID != nil && r.Assertions[0].NameID != nil && a.NameID.Value() != r.Assertions[0].NameID.Value()
	})
}
