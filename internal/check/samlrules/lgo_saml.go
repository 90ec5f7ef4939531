package samlrules

import (
	"slices"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Single logout (SAML 2.0 Profiles §4.4).
var lgoSAML = []check.Rule{
	onLetters(check.Rule{
		Code: "LGO004", Title: "a logout request is signed and is about the session of the login", Severity: report.Warning,
		Uses: []evidence.Kind{evidence.SAMLMetadata, evidence.SAMLCerts},
		Why:  "The other side refuses it, or ends nothing: the user stays signed in.",
		Fix:  "let the side that begins the sign-out sign its request and repeat NameID and SessionIndex of the login",
		Refs: []string{"SAML 2.0 Profiles §4.4.4.1"},
	}, func(c *check.Case) []letter { return logouts(c, false) }, "no logout request was seen", nil, logoutRequest),
	onLetters(check.Rule{
		Code: "LGO005", Title: "a logout response is signed, answers the request and says that the sign-out succeeded", Severity: report.Warning,
		Uses: []evidence.Kind{evidence.SAMLMetadata, evidence.SAMLCerts},
		Why:  "The side that began the sign-out shows an error, or the user stays signed in somewhere.",
		Fix:  "look up in the log of the side that answered why it did not end the session",
		Refs: []string{"SAML 2.0 Profiles §4.4.4.2"},
	}, func(c *check.Case) []letter { return logouts(c, true) }, "no logout response was seen", nil, logoutResponse),
}

func logouts(c *check.Case, answers bool) []letter {
	var out []letter
	for _, m := range c.Messages {
		if m.Logout != nil && m.Logout.Answer == answers {
			out = append(out, letter{c, m, m.Logout.Head})
		}
	}
	return out
}

// author names the side that wrote a logout message, as far as its issuer tells, and how to tell it what to do.
func (l letter) author() (who string, fix func(do string) string) {
	idp := func(do string) string { return l.c.AtIdP(do, "log") }
	switch issuer := l.head.Issuer.Value(); {
	case issuer != "" && issuer == l.c.IdPEntityID():
		return "the IdP", idp
	case l.c.Config != nil && issuer != "" && issuer == l.c.Config.SPEntityID():
		return "the SP", func(do string) string { return atSP(l.c, do) }
	}
	return "", func(do string) string { return "at the side that wrote it: " + do }
}

// logoutForm judges what both kinds of logout message share: who wrote them, and whether they are signed.
func (l letter) logoutForm(what string) []report.Finding {
	var out []report.Finding
	who, fix := l.author()
	add := func(f report.Finding, do string) {
		f.Fix = []string{fix(do)}
		out = append(out, f)
	}
	issuer := l.head.Issuer
	idp, sp := l.c.IdPEntityID(), ""
	if l.c.Config != nil {
		sp = l.c.Config.SPEntityID()
	}
	switch {
	case issuer.Value() == "":
		add(l.finding(l.head.Element, "", "%s does not name its issuer", what), "send the entity ID as Issuer")
	case who == "" && idp != "" && sp != "":
		got := issuer.Value()
		want := closestOf([]string{idp, sp}, got)
		add(l.about(issuer, "", got, want, "%s comes from %s, which is neither the IdP %s nor the SP %s", what, check.Quote(got), check.Quote(idp), check.Quote(sp)), "send the entity ID that the other side knows")
	}
	if l.m.Binding != "" && !ownSignature(l.m) {
		add(l.finding(l.head.Element, "", "%s came by %q without a signature, and one that a browser carries must be signed", what, l.m.Binding), "sign logout messages")
	}
	if certs, keys := l.c.Signing(); who == "the IdP" && ownSignature(l.m) && len(certs)+len(keys) > 0 && !vouchedFor(l.m) {
		add(l.finding(l.head.Element, "", "the signature of %s verifies with none of the IdP's certificates that are known", what), "sign with the key that the metadata publishes")
	}
	return out
}

// vouchedFor reports whether the signature of the message itself verifies with a key that the receiver knows.
func vouchedFor(m *check.Message) bool {
	if m.Query != nil {
		return m.Query.Trusted()
	}
	for _, s := range m.Signatures {
		if s.Trusted() && s.Covers(m.Doc.Root.Path()) {
			return true
		}
	}
	return false
}

func logoutRequest(l letter) []report.Finding {
	out := l.logoutForm("the logout request")
	_, fix := l.author()
	add := func(f report.Finding, do string) {
		f.Fix = []string{fix(do)}
		out = append(out, f)
	}
	names, sessions := l.signedIn()
	encrypted := l.head.Element.Child(samldoc.Assertion, "EncryptedID") != nil
	switch name := l.m.Logout.NameID; {
	case name == nil && !encrypted:
		add(l.finding(l.head.Element, "", "the logout request does not say whom to sign out: it has no NameID"), "send the NameID of the login")
	case name != nil && len(names) > 0 && !slices.Contains(names, name.Value()):
		add(l.about(name, "", name.Value(), names[0], "the logout request is about %s but %s signed in", check.Quote(name.Value()), check.Quote(names[0])), "repeat the NameID of the login")
	}
	for _, s := range l.m.Logout.Sessions {
		if len(sessions) > 0 && !slices.Contains(sessions, s.Value()) {
			add(l.about(s, "", s.Value(), sessions[0], "the logout request is about the session %s but the login began %s", check.Quote(s.Value()), check.Quote(sessions[0])), "repeat the SessionIndex of the login")
		}
	}
	return out
}

// signedIn are the NameIDs and the sessions of the logins that stand before the message.
func (l letter) signedIn() (names, sessions []string) {
	for _, m := range l.before(func(m *check.Message) bool { return m.Response != nil }) {
		for _, a := range m.Response.Assertions {
			if a.NameID != nil {
				names = append(names, a.NameID.Value())
			}
			for _, s := range a.AuthnStatements {
				if v := s.Attr("SessionIndex"); v != "" {
					sessions = append(sessions, v)
				}
			}
		}
	}
	return names, sessions
}

func logoutResponse(l letter) []report.Finding {
	out := l.logoutForm("the logout response")
	_, fix := l.author()
	add := func(f report.Finding, do string) {
		f.Fix = []string{fix(do)}
		out = append(out, f)
	}
	status := l.head.Element.Child(samldoc.Protocol, "Status")
	code := status.Child(samldoc.Protocol, "StatusCode")
	second := code.Child(samldoc.Protocol, "StatusCode").Attr("Value")
	switch value := l.m.Logout.StatusCode; {
	case value == "":
		add(l.finding(l.head.Element, "", "the logout response has no status code"), "send Status")
	case second == samldoc.Status+"PartialLogout":
		add(l.about(code, "Value", "PartialLogout", "Success", "the logout response says %q: not every application could be signed out", "PartialLogout"), "look up which application did not answer")
	case value != samldoc.Status+"Success":
		add(l.about(code, "Value", samldoc.Short(value), "Success", "the logout response says %q%s", samldoc.Short(value), says(status)), "look up the log for the time of the sign-out")
	}
	asked := l.before(func(m *check.Message) bool { return m.Logout != nil && !m.Logout.Answer })
	switch got := l.head.InResponseTo; {
	case got == "":
		add(l.finding(l.head.Element, "", "the logout response does not say which request it answers: it has no InResponseTo"), "send the ID of the logout request as InResponseTo")
	case len(asked) > 0 && !slices.ContainsFunc(asked, func(m *check.Message) bool { return m.Logout.ID == got }):
		want := asked[0].Logout.ID
		add(l.about(l.head.Element, "InResponseTo", got, want, "the logout response answers the request %s but %s was sent", check.Quote(got), check.Quote(want)), "answer the request that came")
	}
	return out
}

// says quotes the message of a status.
func says(status *xmltree.Element) string {
	if text := status.Child(samldoc.Protocol, "StatusMessage").Value(); text != "" {
		return " and " + check.Quote(text)
	}
	return ""
}
