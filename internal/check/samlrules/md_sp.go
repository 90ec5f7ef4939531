package samlrules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// What only the SP's metadata has: where responses go, and what the SP asks for.
var mdSP = []check.Rule{
	onRole(check.Rule{
		Code: "MD023", Title: "the SP takes responses by HTTP-POST", Severity: report.Error,
		Why:  "The IdP has no address to send the response to.",
		Fix:  "publish an AssertionConsumerService by HTTP-POST",
		Refs: []string{mdRefSPRole},
	}, ofSP, mdConsumerServices),
	onRole(check.Rule{
		Code: "MD024", Title: "each AssertionConsumerService has an index of its own", Severity: report.Error,
		Why:  "A request that names its address by index means two, or none.",
		Fix:  "number the services 0, 1, 2",
		Refs: []string{"SAML 2.0 Metadata §2.2.3"},
	}, ofSP, mdConsumerIndexes),
	onRole(check.Rule{
		Code: "MD025", Title: "one AssertionConsumerService at most is the default", Severity: report.Warning,
		Why:  "Which of them the IdP takes is chance.",
		Fix:  "set isDefault at one service only",
		Refs: []string{"SAML 2.0 Metadata §2.2.3"},
	}, ofSP, func(d metadoc) []report.Finding {
		var defaults []samldoc.Endpoint
		for _, s := range samldoc.Endpoints(d.role, "AssertionConsumerService") {
			if truth(s.Element.Attr("isDefault")) {
				defaults = append(defaults, s)
			}
		}
		if len(defaults) < 2 {
			return nil
		}
		last := defaults[len(defaults)-1]
		f := d.about(last.Element, "isDefault", fmt.Sprint(len(defaults)), "1", "%q AssertionConsumerServices are the default, the first is %s and the last %s", fmt.Sprint(len(defaults)), check.Quote(defaults[0].Location), check.Quote(last.Location))
		f.Related = []report.Location{d.c.InXML(d.kind, defaults[0].Element, "isDefault")}
		f.Fix = []string{d.step("leave isDefault at one of them")}
		return []report.Finding{f}
	}),
	onRole(check.Rule{
		Code: "MD026", Title: "no AssertionConsumerService is by HTTP-Redirect", Severity: report.Error,
		Why:  "The standard forbids responses by redirect: they are too long for an address, and end up in logs.",
		Fix:  "take responses by HTTP-POST",
		Refs: []string{"SAML 2.0 Profiles §4.1.2"},
	}, ofSP, func(d metadoc) []report.Finding {
		var out []report.Finding
		for _, s := range samldoc.Endpoints(d.role, "AssertionConsumerService") {
			if s.Binding == samldoc.Redirect {
				f := d.about(s.Element, "Binding", samldoc.Short(s.Binding), samldoc.Short(samldoc.POST), "AssertionConsumerService %s is by %q, by which no response may come; %q is meant", check.Quote(s.Location), samldoc.Short(s.Binding), samldoc.Short(samldoc.POST))
				f.Fix = []string{d.step("take responses by HTTP-POST there")}
				out = append(out, f)
			}
		}
		return out
	}),
	{
		Code: "MD027", Title: "the SP's metadata has the connection's ACS URL", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config, evidence.SPMetadata}, Explains: []string{"REQ006", "RSP010", "RSP011", "AST014"},
		Why:     "The IdP that imports the metadata sends responses to an address where this connection does not wait for them.",
		Fix:     "use one and the same address in the SP's metadata, at the IdP and in the connection",
		Refs:    []string{mdRefSPRole},
		Applies: func(c *check.Case) bool { return c.Config.ACSURL() != "" },
		Decides: func(c *check.Case) string {
			if len(samldoc.Endpoints(c.SPEntity.SP(), "AssertionConsumerService")) == 0 {
				return "the metadata names no AssertionConsumerService"
			}
			return ""
		},
		Check: mdConsumerURL,
	},
	onRole(check.Rule{
		Code: "MD033", Title: "an SP that wants encrypted assertions publishes a key for them", Severity: report.Warning,
		Why:  "The IdP has no key to encrypt with: it sends the assertion in clear, which the SP refuses, or nothing at all.",
		Fix:  "publish the SP's encryption certificate in its metadata",
		Refs: []string{mdRefKeys},
		Applies: func(c *check.Case) bool {
			wants, known := mdWantsEncryption(c)
			return wants && known
		},
	}, ofSP, func(d metadoc) []report.Finding {
		if len(samldoc.Keys(d.role, "encryption")) > 0 {
			return nil
		}
		f := d.about(d.role, "", "", "KeyDescriptor use=\"encryption\"", "the metadata of %s has no key to encrypt with, while it wants encrypted assertions", d.c.TheSP())
		f.Fix = []string{d.step("publish its encryption certificate"), d.c.AtIdP("upload that certificate there", "encryption")}
		return []report.Finding{f}
	}),
	onRole(check.Rule{
		Code: "MD038", Title: "an SP that signs its requests publishes the key for it", Severity: report.Error, Explains: []string{"REQ012"},
		Why:  "The IdP cannot verify the requests, and refuses them.",
		Fix:  "publish the SP's signing certificate in its metadata, or set AuthnRequestsSigned to false",
		Refs: []string{mdRefSPRole},
	}, ofSP, func(d metadoc) []report.Finding {
		if text := d.role.Attr("AuthnRequestsSigned"); truth(text) && len(samldoc.Keys(d.role, "signing")) == 0 {
			f := d.about(d.role, "AuthnRequestsSigned", text, "false", "AuthnRequestsSigned is %q but the metadata has no signing key to verify requests with", text)
			f.Fix = []string{d.step("publish its signing certificate, or say that requests are not signed")}
			return []report.Finding{f}
		}
		return nil
	}),
	onRole(check.Rule{
		Code: "MD039", Title: "an SP that wants signed assertions gets them signed", Severity: report.Error,
		Uses: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO},
		Why:  "The signature of the response around the assertion does not count for such an SP: it refuses the login.",
		Fix:  "let the IdP sign the assertion",
		Refs: []string{mdRefSPRole},
		Applies: func(c *check.Case) bool {
			demanded := c.SP.SAML != nil && c.SP.SAML.AssertionSigned.V == "required" // SIG002 tells it then
			return truth(c.SPEntity.SP().Attr("WantAssertionsSigned")) && !demanded
		},
		Decides: func(c *check.Case) string {
			if len(mdWithAssertion(c)) == 0 {
				return "no response with an assertion was seen"
			}
			return ""
		},
	}, ofSP, mdAssertionUnsigned),
	onRole(check.Rule{
		Code: "MD043", Title: "the attributes that the SP's metadata asks for can be sent, and are", Severity: report.Warning,
		Uses: []evidence.Kind{evidence.SAMLMessages},
		Why:  "The IdP does not find the attribute under that name, or the SP goes without what it calls required.",
		Fix:  "release the attribute at the IdP under the name that the SP's metadata has",
		Refs: []string{"SAML 2.0 Metadata §2.4.4.1"},
	}, ofSP, mdWantedAttributes),
}

// truth reads an xs:boolean.
func truth(s string) bool {
	s = strings.TrimSpace(s)
	return s == "true" || s == "1"
}

func mdConsumerServices(d metadoc) []report.Finding {
	all := samldoc.Endpoints(d.role, "AssertionConsumerService")
	var names []string
	for _, s := range all {
		switch b := strings.TrimSpace(s.Binding); {
		case b == samldoc.POST || b == simpleSign || b == samldoc.Redirect: // MD026
			return nil
		case !slices.Contains(names, samldoc.Short(b)):
			names = append(names, samldoc.Short(b))
		}
	}
	f := d.about(d.role, "", "0", "1", "<%s> has no <AssertionConsumerService>, the address that responses are sent to", d.role.Name())
	if len(all) > 0 {
		f = d.about(all[0].Element, "Binding", strings.Join(names, ", "), samldoc.Short(samldoc.POST), "AssertionConsumerService is offered by %q and not by %q, by which IdPs send responses", strings.Join(names, ", "), samldoc.Short(samldoc.POST))
	}
	f.Fix = []string{d.step("publish the ACS URL by HTTP-POST")}
	return []report.Finding{f}
}

func mdConsumerIndexes(d metadoc) []report.Finding {
	var out []report.Finding
	first := map[string]samldoc.Endpoint{}
	for _, s := range samldoc.Endpoints(d.role, "AssertionConsumerService") {
		text, there := s.Element.Lookup("", "index")
		n, err := strconv.Atoi(strings.TrimSpace(text))
		before, again := first[strings.TrimSpace(text)]
		var f report.Finding
		switch {
		case !there:
			f = d.about(s.Element, "", "", "a number", "AssertionConsumerService %s has no index", check.Quote(s.Location))
		case err != nil || n < 0 || n > 65535:
			f = d.about(s.Element, "index", text, "a number from 0 to 65535", "index of AssertionConsumerService %s is %q, and numbers from %q to %q are allowed", check.Quote(s.Location), text, "0", "65535")
		case again:
			f = d.about(s.Element, "index", text, "a number of its own", "index %q stands at two AssertionConsumerServices: %s and %s", text, check.Quote(before.Location), check.Quote(s.Location))
			f.Related = []report.Location{d.c.InXML(d.kind, before.Element, "index")}
		default:
			first[strings.TrimSpace(text)] = s
			continue
		}
		f.Fix = []string{d.step("number the services 0, 1, 2")}
		out = append(out, f)
	}
	return out
}

// mdConsumerURL compares the addresses of the metadata with the one that the connection uses. A wrong address in the connection file itself
// is told there.
func mdConsumerURL(c *check.Case) []report.Finding {
	want := c.Config.ACSURL()
	if documented := c.Config.ACSURLs(); len(documented) > 0 && !slices.Contains(documented, want) {
		return nil // CFG004
	}
	all := samldoc.Endpoints(c.SPEntity.SP(), "AssertionConsumerService")
	var addresses []string
	for _, s := range all {
		addresses = append(addresses, s.Location)
	}
	if slices.Contains(addresses, want) {
		return nil
	}
	near, i := check.Closest(addresses, want)
	if i < 0 {
		near, i = addresses[0], 0
	}
	f := report.Finding{Got: near, Want: want, Where: c.InXML(evidence.SPMetadata, all[i].Element, "Location"),
		Message: fmt.Sprintf("AssertionConsumerService in the SP's metadata is %s but the connection's ACS URL is %s (%s)", check.Quote(near), check.Quote(want), check.Difference(near, exact.Compare(near, want)))}
	f.Fix = []string{c.AtSP("let it publish "+want, "acs_url"), c.AtIdP("register exactly "+want, "acs")}
	return []report.Finding{f}
}

// mdWantsEncryption reports whether the SP demands encrypted assertions; known is false when nobody says.
func mdWantsEncryption(c *check.Case) (wants, known bool) {
	if c.Config != nil && c.Config.SAML != nil && c.Config.SAML.Want != nil && c.Config.SAML.Want.Encrypted != nil {
		return *c.Config.SAML.Want.Encrypted, true
	}
	if c.SP.SAML == nil || !c.SP.SAML.Encryption.Known() || c.SP.SAML.Encryption.V == "unknown" {
		return false, false
	}
	return c.SP.SAML.Encryption.V == "required", true
}

// mdWithAssertion gives the responses that hold an assertion.
func mdWithAssertion(c *check.Case) []*check.Message {
	var out []*check.Message
	for _, m := range c.Answers() {
		if len(m.Response.Assertions) > 0 && m.Response.Element != nil {
			out = append(out, m)
		}
	}
	return out
}

func mdAssertionUnsigned(d metadoc) []report.Finding {
	for _, m := range mdWithAssertion(d.c) {
		for _, a := range m.Response.Assertions {
			if a.Element.Child(samldoc.DSig, "Signature") != nil || m.Response.Element.Child(samldoc.DSig, "Signature") == nil {
				continue
			}
			f := d.about(d.role, "WantAssertionsSigned", "response", "assertion", "WantAssertionsSigned is %q in the SP's metadata but %s has its signature on the %q alone", d.role.Attr("WantAssertionsSigned"), m.Cite(), "Response")
			f.Related = []report.Location{m.In(a.Element, "")}
			f.Fix = []string{d.c.AtIdP("sign the assertion", "signing")}
			return []report.Finding{f}
		}
	}
	return nil
}
