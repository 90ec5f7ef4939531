package samlrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// References that several rules on metadata share.
const (
	mdRefEntity   = "SAML 2.0 Metadata §2.3.2"
	mdRefEndpoint = "SAML 2.0 Metadata §2.2.2"
	mdRefRole     = "SAML 2.0 Metadata §2.4.1"
	mdRefKeys     = "SAML 2.0 Metadata §2.4.1.1"
	mdRefIdPRole  = "SAML 2.0 Metadata §2.4.3"
	mdRefSPRole   = "SAML 2.0 Metadata §2.4.4"
)

// metadoc is one metadata document that is judged: the IdP's or the SP's.
type metadoc struct {
	c      *check.Case
	kind   evidence.Kind
	all    *samldoc.Entities
	entity *xmltree.Element // nil when none of several counts
	role   *xmltree.Element // IDPSSODescriptor or SPSSODescriptor; nil when there is none
}

// side says which documents a rule reads.
type side int

const (
	ofIdP    side = iota
	ofSP          // also what the SP of a connection serves
	ofEither      // the IdP's, or a bare file of an SP's; what the SP of a connection serves is not the admin's to mend
)

const (
	idpRole = "IDPSSODescriptor"
	spRole  = "SPSSODescriptor"
)

// mdGuessed reports whether the IdP's metadata was found at a usual address that the connection does not name: it is compared with, and
// is not judged itself.
func mdGuessed(c *check.Case) bool {
	obs := c.Seen[evidence.SAMLMetadata].Obs
	return obs != nil && obs.Guessed
}

// metadocs gives the documents of a side.
func metadocs(c *check.Case, of side) []metadoc {
	var out []metadoc
	add := func(kind evidence.Kind, all *samldoc.Entities, role string) {
		out = append(out, metadoc{c, kind, all, all.Entity, roleOf(all, role)})
	}
	if of != ofSP && c.Metadata != nil && !mdGuessed(c) {
		add(evidence.SAMLMetadata, c.Metadata, idpRole)
	}
	if c.SPEntity != nil && (of == ofSP || of == ofEither && c.Config == nil) {
		add(evidence.SPMetadata, c.SPEntity, spRole)
	}
	return out
}

// roleOf picks the role descriptor that speaks SAML 2.0, else the first.
func roleOf(all *samldoc.Entities, name string) *xmltree.Element {
	roles := all.Roles(name)
	for _, r := range roles {
		if slices.Contains(strings.Fields(r.Attr("protocolSupportEnumeration")), samldoc.Protocol) {
			return r
		}
	}
	if len(roles) == 0 {
		return nil
	}
	return roles[0]
}

// onEntity makes a rule that judges the entities of documents, onRole one that judges their role descriptors.
func onEntity(r check.Rule, of side, judge func(metadoc) []report.Finding) check.Rule {
	return onMetadata(r, of, func(d metadoc) bool { return d.entity != nil }, judge)
}

func onRole(r check.Rule, of side, judge func(metadoc) []report.Finding) check.Rule {
	return onMetadata(r, of, func(d metadoc) bool { return d.role != nil }, judge)
}

func onMetadata(r check.Rule, of side, has func(metadoc) bool, judge func(metadoc) []report.Finding) check.Rule {
	r.Protocol = config.SAML
	switch of {
	case ofIdP:
		r.Needs = append(r.Needs, []evidence.Kind{evidence.SAMLMetadata}...)
	case ofSP:
		r.Needs = append(r.Needs, []evidence.Kind{evidence.SPMetadata}...)
	default:
		r.AnyOf = []evidence.Kind{evidence.SAMLMetadata, evidence.SPMetadata}
	}
	r.Uses = append(r.Uses, []evidence.Kind{evidence.Config}...)
	applies := r.Applies
	r.Applies = func(c *check.Case) bool { return len(metadocs(c, of)) > 0 && (applies == nil || applies(c)) }
	decides := r.Decides
	r.Decides = func(c *check.Case) string {
		docs := metadocs(c, of)
		if !slices.ContainsFunc(docs, has) {
			return docs[0].lacks()
		}
		if decides != nil {
			return decides(c)
		}
		return ""
	}
	r.Check = func(c *check.Case) []report.Finding {
		var out []report.Finding
		for _, d := range metadocs(c, of) {
			if has(d) {
				out = append(out, d.byMisspelling(r.Code, judge(d))...)
			}
		}
		return out
	}
	return r
}

// lacks says why there is nothing to judge in a document.
func (d metadoc) lacks() string {
	if d.entity == nil {
		return fmt.Sprintf("the metadata holds %d entities, and nothing says which one counts", len(d.all.All))
	}
	return "the metadata has no " + d.roleName()
}

func (d metadoc) isIdP() bool { return d.kind == evidence.SAMLMetadata }

func (d metadoc) roleName() string {
	if d.isIdP() {
		return idpRole
	}
	return spRole
}

// finding is one about an element, or about an attribute of it.
func (d metadoc) finding(e *xmltree.Element, attr string, format string, args ...any) report.Finding {
	return report.Finding{Where: d.c.InXML(d.kind, e, attr), Message: fmt.Sprintf(format, args...)}
}

// about is finding with the two values.
func (d metadoc) about(e *xmltree.Element, attr, got, want string, format string, args ...any) report.Finding {
	f := d.finding(e, attr, format, args...)
	f.Got, f.Want = got, want
	return f
}

// step is one of a fix on the side that the document is of.
func (d metadoc) step(do string, keys ...string) string {
	if d.isIdP() {
		return d.c.AtIdP(do, append(keys, "metadata")...)
	}
	return d.c.AtSP(do, "sp_metadata")
}

// services lists every endpoint of the role descriptor, in document order.
func (d metadoc) services() []samldoc.Endpoint {
	var out []samldoc.Endpoint
	for _, e := range d.role.Elements() {
		if e.Space == samldoc.Metadata && e.Has("Location") || e.Space == samldoc.Metadata && e.Has("Binding") {
			out = append(out, samldoc.Endpoint{Element: e, Binding: e.Attr("Binding"), Location: e.Attr("Location"), ResponseLocation: e.Attr("ResponseLocation")})
		}
	}
	return out
}

// main is the service that logins depend on.
func (d metadoc) main() string {
	if d.isIdP() {
		return "SingleSignOnService"
	}
	return "AssertionConsumerService"
}

// mdNow is the time of judgement in whole seconds, as certificates count and recordings keep it.
func mdNow(c *check.Case) time.Time { return c.Now.Truncate(time.Second) }

// mdKeys gives the first certificate of each KeyDescriptor: further ones are of the same key, or its issuers (MD030).
func mdKeys(role *xmltree.Element, use string) []samldoc.Key {
	var out []samldoc.Key
	for _, k := range samldoc.Keys(role, use) {
		if len(out) == 0 || out[len(out)-1].Descriptor != k.Descriptor {
			out = append(out, k)
		}
	}
	return out
}

// mdUsable reports whether a binding brings a browser to the service.
func mdUsable(binding string) bool {
	return binding == samldoc.Redirect || binding == samldoc.POST || binding == simpleSign
}

const simpleSign = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign"

// mdTrusty reports whether plain http is fine for an address: this machine, while the SP is on it too or is nobody in particular.
func mdTrusty(c *check.Case, u *url.URL) bool {
	return exact.Loopback(u.Hostname()) && (c.Config == nil || c.Config.Local() || c.SP.Kind == "generic")
}

// binding that the SP of the connection sends its requests by, and whether its profile is sure of it; "" when not known.
func requestBinding(c *check.Case) (binding string, certain bool) {
	if c.Config == nil || c.SP.SAML == nil {
		return "", false
	}
	f := c.SP.SAML.RequestBinding
	switch f.V {
	case "HTTP-Redirect":
		return samldoc.Redirect, f.Certain()
	case "HTTP-POST":
		return samldoc.POST, f.Certain()
	}
	return "", false
}
