package samlrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
)

// The addresses of the IdP and how they are reached.
var mdService = []check.Rule{
	onRole(check.Rule{
		Code: "MD014", Title: "the IdP has a single sign-on service", Severity: report.Error, Explains: []string{"MD017", "CFG003"},
		Why:  "The SP has no address to send users to.",
		Fix:  "publish metadata with the SingleSignOnService",
		Refs: []string{mdRefIdPRole},
	}, ofIdP, func(d metadoc) []report.Finding {
		if len(samldoc.Endpoints(d.role, "SingleSignOnService")) > 0 {
			return nil
		}
		f := d.about(d.role, "", "0", "1", "<%s> has no <SingleSignOnService>, the address that logins begin at", d.role.Name())
		f.Fix = []string{d.step("publish the address of single sign-on in the metadata", "endpoints")}
		return []report.Finding{f}
	}),
	onRole(check.Rule{
		Code: "MD015", Title: "single sign-on can be reached by HTTP-Redirect", Severity: report.Warning,
		Why:  "Most SPs send their request by redirect; one that does finds no address.",
		Fix:  "offer SingleSignOnService by HTTP-Redirect as well",
		Refs: []string{"SAML 2.0 Profiles §4.1.3.3"},
	}, ofIdP, func(d metadoc) []report.Finding { return offers(d, samldoc.Redirect) }),
	onRole(check.Rule{
		Code: "MD016", Title: "single sign-on can be reached by HTTP-POST", Severity: report.Info,
		Why:     "An SP that sends its request by POST, as one that signs long requests does, finds no address.",
		Fix:     "offer SingleSignOnService by HTTP-POST as well",
		Refs:    []string{"SAML 2.0 Profiles §4.1.3.3"},
		Applies: func(c *check.Case) bool { return c.Config != nil },
	}, ofIdP, func(d metadoc) []report.Finding { return offers(d, samldoc.POST) }),
	onRole(check.Rule{
		Code: "MD018", Title: "each binding has one single sign-on service", Severity: report.Warning,
		Why:  "Which of the two addresses an SP uses is chance.",
		Fix:  "leave one address a binding",
		Refs: []string{mdRefIdPRole},
	}, ofIdP, mdTwiceBound),
	orStated(onRole(check.Rule{
		Code: "MD019", Title: "every address is https", Severity: report.Error,
		Why:  "Requests and responses travel in the clear, and SPs and browsers refuse such addresses.",
		Fix:  "publish addresses of https; behind a proxy, tell the product its public address",
		Refs: []string{"SAML 2.0 Bindings §3.4.5.1"},
	}, ofEither, mdPlainHTTP)),
	onRole(check.Rule{
		Code: "MD020", Title: "every address is an absolute URL, written once and without blanks", Severity: report.Error,
		Why:  "The browser is sent to an address that does not exist.",
		Fix:  "enter the address anew",
		Refs: []string{mdRefEndpoint},
	}, ofEither, mdServiceAddresses),
	onRole(check.Rule{
		Code: "MD021", Title: "single sign-on has no ResponseLocation", Severity: report.Warning,
		Why:  "The attribute is meant for services that take answers; strict parsers refuse it here.",
		Fix:  "leave ResponseLocation out of SingleSignOnService",
		Refs: []string{mdRefIdPRole},
	}, ofIdP, func(d metadoc) []report.Finding {
		var out []report.Finding
		for _, s := range samldoc.Endpoints(d.role, "SingleSignOnService") {
			if s.Element.Has("ResponseLocation") {
				f := d.about(s.Element, "ResponseLocation", s.ResponseLocation, "", "SingleSignOnService has the ResponseLocation %s, where only a Location of %s belongs", check.Quote(s.ResponseLocation), check.Quote(s.Location))
				f.Fix = []string{d.step("leave ResponseLocation out")}
				out = append(out, f)
			}
		}
		return out
	}),
	onRole(check.Rule{
		Code: "MD022", Title: "every binding is one that exists", Severity: report.Error, Explains: []string{"MD015", "MD016", "MD017", "MD023"},
		Why:  "Software passes over an address whose binding it does not know.",
		Fix:  "spell the binding as the standard does",
		Refs: []string{mdRefEndpoint},
	}, ofEither, mdBindingNames),
	onRole(check.Rule{
		Code: "MD042", Title: "the IdP offers sign-out where the SP does", Severity: report.Info,
		Why:  "Signing out at the SP leaves the session at the IdP: the next sign-in asks for no password.",
		Fix:  "switch single logout on at the IdP, or live without it",
		Refs: []string{"SAML 2.0 Metadata §2.4.2"},
		Uses: []evidence.Kind{evidence.SPMetadata},
		Applies: func(c *check.Case) bool {
			return len(samldoc.Endpoints(c.SPEntity.SP(), "SingleLogoutService")) > 0
		},
	}, ofIdP, func(d metadoc) []report.Finding {
		if len(samldoc.Endpoints(d.role, "SingleLogoutService")) > 0 {
			return nil
		}
		f := d.about(d.role, "", "", "SingleLogoutService", "the metadata of %s has no <SingleLogoutService>, while that of %s has", d.c.TheIdP(), d.c.TheSP())
		f.Fix = []string{d.step("switch single logout on, where it is wanted")}
		return []report.Finding{f}
	}),
	onRole(check.Rule{
		Code: "MD054", Title: "single sign-on works with a browser alone", Severity: report.Warning, Explains: []string{"MD015", "MD017"},
		Why:  "Only clients with a certificate of their own, or with a channel to the IdP beside the browser, can use these addresses.",
		Fix:  "offer SingleSignOnService by HTTP-Redirect or HTTP-POST",
		Refs: []string{"SAML 2.0 Profiles §4.1.3.3"},
	}, ofIdP, mdOddBindings),
}

// offers tells that a binding is not there. What the SP of the connection is known to use has a rule of its own, and what only other
// clients use as well.
func offers(d metadoc, binding string) []report.Finding {
	all := samldoc.Endpoints(d.role, "SingleSignOnService")
	reachable := slices.ContainsFunc(all, func(s samldoc.Endpoint) bool { return mdUsable(strings.TrimSpace(s.Binding)) })
	if used, _ := requestBinding(d.c); used != "" || !reachable {
		return nil
	}
	var there []string
	for _, s := range all {
		if strings.TrimSpace(s.Binding) == binding {
			return nil
		}
		there = append(there, samldoc.Short(s.Binding))
	}
	f := d.about(d.role, "", strings.Join(there, ", "), samldoc.Short(binding), "SingleSignOnService is offered by %q and not by %q", strings.Join(there, ", "), samldoc.Short(binding))
	f.Fix = []string{d.step("offer single sign-on by "+samldoc.Short(binding)+" as well", "endpoints")}
	return []report.Finding{f}
}

func mdTwiceBound(d metadoc) []report.Finding {
	var out []report.Finding
	first := map[string]samldoc.Endpoint{}
	for _, s := range samldoc.Endpoints(d.role, "SingleSignOnService") {
		before, again := first[s.Binding]
		if !again {
			first[s.Binding] = s
			continue
		}
		f := d.about(s.Element, "", s.Location, before.Location, "SingleSignOnService by %q is there twice: %s and %s", samldoc.Short(s.Binding), check.Quote(before.Location), check.Quote(s.Location))
		f.Related = []report.Location{d.c.InXML(d.kind, before.Element, "")}
		f.Fix = []string{d.step("leave one address by "+samldoc.Short(s.Binding), "endpoints")}
		out = append(out, f)
	}
	return out
}

// each gives every address of the role with the attribute that holds it.
func (d metadoc) each(judge func(s samldoc.Endpoint, attr, address string) *report.Finding) []report.Finding {
	var out []report.Finding
	for _, s := range d.services() {
		for _, attr := range []string{"Location", "ResponseLocation"} {
			if !s.Element.Has(attr) {
				continue
			}
			if f := judge(s, attr, s.Element.Attr(attr)); f != nil {
				out = append(out, *f)
			}
		}
	}
	return out
}

func mdPlainHTTP(d metadoc) []report.Finding {
	return d.each(func(s samldoc.Endpoint, attr, address string) *report.Finding {
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil || !strings.EqualFold(u.Scheme, "http") || mdTrusty(d.c, u) {
			return nil
		}
		want := "https" + strings.TrimSpace(address)[len(u.Scheme):]
		f := d.about(s.Element, attr, address, want, "%s of %s is %s, which is not https", attr, s.Element.Local, check.Quote(address))
		f.Fix = []string{d.step("let it publish "+want, "endpoints")}
		if s.Element.Local != d.main() {
			f.Severity = report.Warning // logins do not pass there
		}
		return &f
	})
}

func mdServiceAddresses(d metadoc) []report.Finding {
	return d.each(func(s samldoc.Endpoint, attr, address string) *report.Finding {
		var f report.Finding
		clean := strings.Join(strings.Fields(address), "")
		decoded, _ := url.QueryUnescape(clean)
		u, err := url.Parse(clean)
		of := attr + " of " + s.Element.Local
		switch {
		case clean == "":
			f = d.about(s.Element, attr, address, "a URL", "%s is %s", of, check.Quote(address))
		case exact.HasPlaceholder(address):
			f = d.about(s.Element, attr, address, "", "%s is %s, in which a placeholder was left", of, check.Quote(address))
		case strings.ContainsFunc(address, unicode.IsSpace):
			f = d.about(s.Element, attr, address, clean, "%s is %s, with white space in it, where %s is meant", of, check.Quote(address), check.Quote(clean))
		case strings.HasPrefix(strings.ToLower(clean), "http%3a"):
			f = d.about(s.Element, attr, address, decoded, "%s is %s, URL-encoded as a whole, where %s is meant", of, check.Quote(address), check.Quote(decoded))
		case strings.HasPrefix(strings.ToLower(clean), "https%3a"):
			f = d.about(s.Element, attr, address, decoded, "%s is %s, URL-encoded as a whole, where %s is meant", of, check.Quote(address), check.Quote(decoded))
		case err == nil && strings.Contains(u.EscapedPath()+"?"+u.RawQuery, "%25"):
			f = d.about(s.Element, attr, address, strings.ReplaceAll(clean, "%25", "%"), "%s is %s, URL-encoded twice, where %s is meant", of, check.Quote(address), check.Quote(strings.ReplaceAll(clean, "%25", "%")))
			f.Severity = report.Warning // a percent sign can be meant
		case err != nil || u.Scheme == "" || u.Host == "":
			f = d.about(s.Element, attr, address, "an absolute URL", "%s is %s, which is no absolute URL such as %q", of, check.Quote(address), mdExampleID(d))
		case mdUsable(s.Binding) && !strings.EqualFold(u.Scheme, "https") && !strings.EqualFold(u.Scheme, "http"):
			f = d.about(s.Element, attr, address, "https", "%s is %s, and a browser comes by %q", of, check.Quote(address), "https")
		default:
			return nil
		}
		if s.Element.Local != d.main() && f.Severity == report.Default {
			f.Severity = report.Warning
		}
		f.Fix = []string{d.step("enter the address anew", "endpoints")}
		return &f
	})
}

// mdKnownBindings are the bindings that metadata may name: those of SAML 2.0, of SAML 1.x, and profiles that stand in their place.
var mdKnownBindings = []string{
	samldoc.Redirect, samldoc.POST, simpleSign, samldoc.Artifact, samldoc.SOAP, samldoc.PAOS, "urn:oasis:names:tc:SAML:2.0:bindings:URI",
	"urn:oasis:names:tc:SAML:1.0:bindings:SOAP-binding", "urn:oasis:names:tc:SAML:1.0:profiles:browser-post", "urn:oasis:names:tc:SAML:1.0:profiles:artifact-01",
	"urn:mace:shibboleth:1.0:profiles:AuthnRequest", "urn:mace:shibboleth:2.0:profiles:AuthnRequest", mdHolderOfKey,
	"urn:oasis:names:tc:SAML:profiles:SSO:request-init", "urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol",
	"http://schemas.xmlsoap.org/ws/2003/07/secext", "urn:kantara:names:tc:SAML:2.0:bindings:async-slo",
}

const mdHolderOfKey = "urn:oasis:names:tc:SAML:2.0:profiles:holder-of-key:SSO:browser"

func mdBindingNames(d metadoc) []report.Finding {
	var out []report.Finding
	for _, s := range d.services() {
		b := s.Binding
		if slices.Contains(mdKnownBindings, b) {
			continue
		}
		clean := strings.Join(strings.Fields(b), "")
		near, _ := check.Closest(mdKnownBindings, clean)
		for _, k := range mdKnownBindings {
			if near == "" && strings.EqualFold(samldoc.Short(k), clean) {
				near = k
			}
		}
		var f report.Finding
		switch {
		case !s.Element.Has("Binding"):
			f = d.about(s.Element, "", "", samldoc.POST, "%s has no Binding", s.Element.Local)
		case clean != b && slices.Contains(mdKnownBindings, clean):
			f = d.about(s.Element, "Binding", b, clean, "Binding of %s is %s, with white space around %s", s.Element.Local, check.Quote(b), check.Quote(clean))
		case strings.EqualFold(clean, near) || near != "" || strings.HasPrefix(clean, "urn:oasis:names:tc:SAML:"):
			if near == "" {
				near = source.Nearest(clean, mdKnownBindings)
			}
			f = d.about(s.Element, "Binding", b, near, "Binding of %s is %s, which the standard does not know", s.Element.Local, check.Quote(b))
			if near != "" {
				f.Message += fmt.Sprintf(" (did you mean %q?)", near)
			}
		default:
			f = d.about(s.Element, "Binding", b, "", "Binding of %s is %s, of a protocol that ssoctl does not know", s.Element.Local, check.Quote(b))
			f.Severity = report.Info
		}
		if s.Element.Local != d.main() && f.Severity == report.Default {
			f.Severity = report.Warning
		}
		f.Fix = []string{d.step("spell the binding as the standard does", "endpoints")}
		out = append(out, f)
	}
	return out
}

// mdOddBindings tells that only unusual clients can sign in, and, in passing, of holder-of-key beside the usual.
func mdOddBindings(d metadoc) []report.Finding {
	all := samldoc.Endpoints(d.role, "SingleSignOnService")
	if len(all) == 0 {
		return nil
	}
	var names []string
	key := false
	for _, s := range all {
		if mdUsable(strings.TrimSpace(s.Binding)) {
			names = nil
			key = slices.ContainsFunc(all, func(s samldoc.Endpoint) bool { return s.Binding == mdHolderOfKey })
			break
		}
		if s.Binding == "" {
			return nil // MD022
		}
		name := samldoc.Short(s.Binding)
		if s.Binding == mdHolderOfKey {
			name = "holder of key"
		}
		if !slices.Contains(mdKnownBindings, s.Binding) {
			return nil // MD022
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var f report.Finding
	switch {
	case len(names) > 0:
		f = d.about(all[0].Element, "Binding", strings.Join(names, ", "), samldoc.Short(samldoc.Redirect), "SingleSignOnService is offered by %q alone, where browsers come by %q or %q", strings.Join(names, ", "), samldoc.Short(samldoc.Redirect), samldoc.Short(samldoc.POST))
	case key:
		i := slices.IndexFunc(all, func(s samldoc.Endpoint) bool { return s.Binding == mdHolderOfKey })
		f = d.about(all[i].Element, "Binding", "holder of key", "", "SingleSignOnService is offered for holders of a key too (%q), which hardly an SP uses", mdHolderOfKey)
		f.Severity = report.Info
	default:
		return nil
	}
	f.Fix = []string{d.step("offer single sign-on by HTTP-Redirect", "endpoints")}
	return []report.Finding{f}
}
