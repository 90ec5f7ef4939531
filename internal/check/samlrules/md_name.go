package samlrules

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// The entity ID: a name that is compared as a string everywhere, so that nothing of it may be almost right.
var mdName = []check.Rule{
	onEntity(check.Rule{
		Code: "MD004", Title: "the entity has an ID, an absolute URI", Severity: report.Error, Explains: []string{"MD007", "CFG003"},
		Why:  "Without its name nobody can tell whose metadata it is: the import stops, or every response seems to come from somebody else.",
		Fix:  "set the entity ID at the product that publishes the metadata",
		Refs: []string{mdRefEntity},
	}, ofEither, mdEntityID),
	onEntity(check.Rule{
		Code: "MD005", Title: "the entity ID has at most 1024 characters", Severity: report.Warning,
		Why:  "The schema allows no more, and databases cut what is longer.",
		Fix:  "choose a shorter entity ID",
		Refs: []string{"SAML 2.0 Metadata §2.2.1"},
	}, ofEither, func(d metadoc) []report.Finding {
		id := d.entity.Attr("entityID")
		n := utf8.RuneCountInString(id)
		if n <= 1024 {
			return nil
		}
		f := d.about(d.entity, "entityID", fmt.Sprint(n), "1024", "entityID is %s and has %q characters, %q are allowed", excerpt(id), fmt.Sprint(n), "1024")
		f.Fix = []string{d.step("choose a shorter entity ID", "entity_id")}
		return []report.Finding{f}
	}),
	onEntity(check.Rule{
		Code: "MD006", Title: "no white space stands in the entity ID", Severity: report.Error, Explains: []string{"MD007", "CFG003", "CFG001", "RSP016", "AST002"},
		Why: "Nobody sees a blank at the end of a name, and every comparison does.",
		Fix: "enter the entity ID anew, without white space around it or in it",
	}, ofEither, mdSpaced),
	{
		Code: "MD007", Title: "the connection calls the IdP what its metadata calls it", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config, evidence.SAMLMetadata}, Explains: []string{"RSP016", "AST002"},
		Why:     "The SP compares the issuer of every response with the entity ID that it holds, letter by letter, and refuses any other.",
		Fix:     "enter the entity ID exactly as the IdP's metadata has it",
		Refs:    []string{"SAML 2.0 Core §8.3.6"},
		Applies: func(c *check.Case) bool { return c.Config.SAML.IdPEntityID != "" && mdGuessed(c) },
		Decides: func(c *check.Case) string {
			if c.Metadata.EntityID() == "" {
				return "the metadata names no entity"
			}
			return ""
		},
		Check: func(c *check.Case) []report.Finding { return mdIdpMisnamed(c) },
	},
	{
		Code: "MD056", Title: "the SP's metadata calls it what the connection calls it", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config, evidence.SPMetadata}, Explains: []string{"AST026", "AST027", "REQ005"},
		Why:     "The IdP that imports the metadata knows the SP by one name, and the SP expects assertions made out to another.",
		Fix:     "use one and the same entity ID in the SP's metadata, at the IdP and in the connection",
		Refs:    []string{"SAML 2.0 Core §8.3.6"},
		Applies: func(c *check.Case) bool { return c.Config.SPEntityID() != "" },
		Decides: func(c *check.Case) string {
			if c.SPEntity.EntityID() == "" {
				return "the metadata names no entity"
			}
			return ""
		},
		Check: mdSpMisnamed,
	},
}

func mdEntityID(d metadoc) []report.Finding {
	id, there := d.entity.Lookup("", "entityID")
	var f report.Finding
	switch u, err := url.Parse(strings.TrimSpace(id)); {
	case !there:
		f = d.about(d.entity, "", "", "a URI", "EntityDescriptor has no entityID")
	case strings.TrimSpace(id) == "":
		f = d.about(d.entity, "entityID", id, "a URI", "entityID is %s, where the name of the entity belongs", check.Quote(id))
	case exact.HasPlaceholder(id):
		f = d.about(d.entity, "entityID", id, "", "entityID is %s, in which a placeholder was left", check.Quote(id))
	case err != nil || u.Scheme == "" && !strings.ContainsFunc(id, unicode.IsSpace):
		f = d.about(d.entity, "entityID", id, "a URI such as "+mdExampleID(d), "entityID is %s, which is no absolute URI such as %q", check.Quote(id), mdExampleID(d))
		f.Severity = report.Info // the standard asks for a URI, and hardly a product minds
		if !d.isIdP() && d.c.Config == nil {
			f.Message += "; it works as long as the IdP holds the same text"
		}
	default:
		return nil
	}
	f.Fix = []string{d.step("set the entity ID", "entity_id")}
	return []report.Finding{f}
}

func mdExampleID(d metadoc) string {
	if d.isIdP() {
		return "https://idp.example.com/saml"
	}
	return "https://app.example.com/saml"
}

func mdSpaced(d metadoc) []report.Finding {
	id := d.entity.Attr("entityID")
	seen := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) { // takes no room: zero width space, byte order mark
			return -1
		}
		return r
	}, id)
	clean, what := strings.Join(strings.Fields(seen), ""), "white space"
	if seen != id {
		what = "characters that nobody sees"
	}
	if clean == id || clean == "" {
		return nil
	}
	f := d.about(d.entity, "entityID", id, clean, "entityID is %s, with %s in it, where %s is meant", check.Quote(id), what, check.Quote(clean))
	f.Fix = []string{d.step("enter "+clean, "entity_id")}
	return []report.Finding{f}
}

// mdIdpMisnamed compares the entity ID of the connection with that of the metadata.
func mdIdpMisnamed(c *check.Case) []report.Finding {
	got, want := c.Config.SAML.IdPEntityID, c.Metadata.EntityID()
	if c.Metadata.Entity == nil || want == "" || got == "" || got == want {
		return nil
	}
	diff := exact.Compare(got, want)
	f := report.Finding{Got: got, Want: want, Where: c.Config.Pos("saml/idp_entity_id"), Related: []report.Location{c.InXML(evidence.SAMLMetadata, c.Metadata.Entity, "entityID")},
		Message: fmt.Sprintf("idp_entity_id is %s but the IdP's metadata says %s (%s)", check.Quote(got), check.Quote(want), check.Difference(got, diff))}
	if diff.Only {
		f.Where.Mark = diff.String()
	}
	step, edits := c.InFile("saml/idp_entity_id", want)
	f.Fix, f.Edits = append(c.IfAtSP("enter "+want, "idp_entity_id"), step), edits
	if !diff.Only {
		f = mdEitherSide(c, f, "idp_entity_id")
	}
	if c.Metadata.SP() != nil && c.Metadata.IdP() == nil {
		f.Fix, f.Edits = []string{c.AtIdP("take the metadata of the IdP; this is that of an SP", "metadata")}, nil
	}
	return []report.Finding{f}
}

func mdSpMisnamed(c *check.Case) []report.Finding {
	got, want := c.SPEntity.EntityID(), c.Config.SPEntityID()
	if got == want {
		return nil
	}
	f := report.Finding{Got: got, Want: want, Where: c.InXML(evidence.SPMetadata, c.SPEntity.Entity, "entityID"),
		Message: fmt.Sprintf("entityID in the SP's metadata is %s but the connection's SP entity ID is %s (%s)", check.Quote(got), check.Quote(want), check.Difference(got, exact.Compare(got, want)))}
	f.Fix = []string{c.AtSP("let its entity ID be "+want, "sp_entity_id")}
	if c.Config.SAML.SPEntityID != "" {
		f.Related = []report.Location{c.Config.Pos("saml/sp_entity_id")}
		step, _ := c.InFile("saml/sp_entity_id", got)
		f.Fix = append(f.Fix, "or, when the metadata is right: "+step)
	}
	f.Fix = append(f.Fix, c.AtIdP("hold the same one there", "entity_id"))
	if c.SP.SAML != nil && c.Config.SAML.SPEntityID == "" && !c.SP.SAML.EntityID.S.Certain() {
		f.Severity, f.Message = report.Warning, "likely: "+f.Message
	}
	return []report.Finding{f}
}

// The roles that the entity plays, and by which protocols.
var mdRole = []check.Rule{
	onEntity(check.Rule{
		Code: "MD010", Title: "the IdP's metadata is that of an IdP", Severity: report.Error, Explains: []string{"CFG003", "MD003", "MD004", "MD007"},
		Why:  "The SP finds neither a sign-on address nor a certificate in it.",
		Fix:  "take the metadata that the IdP publishes, not the SP's",
		Refs: []string{mdRefIdPRole},
	}, ofIdP, func(d metadoc) []report.Finding { return mdWrongRole(d, idpRole, spRole) }),
	onEntity(check.Rule{
		Code: "MD011", Title: "the SP's metadata is that of an SP", Severity: report.Error, Explains: []string{"MD003"},
		Why:  "The IdP finds no address in it to send responses to.",
		Fix:  "take the metadata that the SP publishes, not the IdP's",
		Refs: []string{mdRefSPRole},
	}, ofSP, func(d metadoc) []report.Finding { return mdWrongRole(d, spRole, idpRole) }),
	onRole(check.Rule{
		Code: "MD012", Title: "the role speaks SAML 2.0", Severity: report.Error,
		Why:  "Software that reads the metadata takes the role for one of another protocol and passes it over.",
		Fix:  "list urn:oasis:names:tc:SAML:2.0:protocol in protocolSupportEnumeration",
		Refs: []string{mdRefRole},
	}, ofEither, mdProtocolList),
	onRole(check.Rule{
		Code: "MD013", Title: "every protocol that is listed has an address", Severity: report.Info,
		Why:  "A protocol that nobody speaks here is listed; it does no harm and can mislead.",
		Fix:  "list only urn:oasis:names:tc:SAML:2.0:protocol where nothing else is offered",
		Refs: []string{mdRefRole},
	}, ofEither, mdLegacyProtocols),
}

// mdWrongRole tells which metadata was given in place of the one that is asked for.
func mdWrongRole(d metadoc, want, other string) []report.Finding {
	if d.role != nil {
		return nil
	}
	f := d.about(d.entity, "", "", want, "the metadata has no <%s>", want)
	if e := d.entity.Child(samldoc.Metadata, other); e != nil {
		given, asked := "an SP", "the IdP"
		if want == spRole {
			given, asked = "an IdP", "the SP"
		}
		f = d.about(e, "", other, want, "the metadata of %s is that of %s: it has <%s>, where <%s> is needed", asked, given, other, want)
	} else if e := d.entity.Find(samldoc.Metadata, "RoleDescriptor"); e != nil {
		f.Message += ", only roles of other protocols"
	}
	f.Fix = []string{d.step("export the metadata of the " + map[string]string{idpRole: "identity provider", spRole: "application"}[want])}
	return []report.Finding{f}
}

func mdProtocolList(d metadoc) []report.Finding {
	text, there := d.role.Lookup("", "protocolSupportEnumeration")
	for _, p := range strings.Fields(text) {
		if p == samldoc.Protocol {
			return nil
		}
	}
	f := d.about(d.role, "protocolSupportEnumeration", text, samldoc.Protocol, "protocolSupportEnumeration is %s but SAML 2.0 is %q", check.Quote(text), samldoc.Protocol)
	if !there {
		f = d.about(d.role, "", "", samldoc.Protocol, "<%s> has no protocolSupportEnumeration, where %q belongs", d.role.Name(), samldoc.Protocol)
	}
	f.Fix = []string{d.step("add " + samldoc.Protocol + " to protocolSupportEnumeration, or switch SAML 2.0 on")}
	return []report.Finding{f}
}

// mdFamilies are the beginnings of binding names that belong to protocols other than SAML 2.0.
var mdFamilies = map[string][]string{
	"urn:oasis:names:tc:SAML:1.1:protocol": {"urn:oasis:names:tc:SAML:1.0:", "urn:mace:shibboleth:1.0:"},
	"urn:oasis:names:tc:SAML:1.0:protocol": {"urn:oasis:names:tc:SAML:1.0:", "urn:mace:shibboleth:1.0:"},
	"urn:mace:shibboleth:1.0":              {"urn:mace:shibboleth:1.0:", "urn:oasis:names:tc:SAML:1.0:"},
}

// mdLegacyProtocols finds protocols of old in the list for which the role offers no address.
func mdLegacyProtocols(d metadoc) []report.Finding {
	var out []report.Finding
	all := strings.Fields(d.role.Attr("protocolSupportEnumeration"))
	if !slices.Contains(all, samldoc.Protocol) {
		return nil // MD012
	}
	for _, p := range all {
		prefixes := mdFamilies[p]
		if len(prefixes) == 0 {
			continue
		}
		offered := false
		for _, s := range d.services() {
			for _, prefix := range prefixes {
				offered = offered || strings.HasPrefix(s.Binding, prefix)
			}
		}
		if offered {
			continue
		}
		f := d.about(d.role, "protocolSupportEnumeration", p, samldoc.Protocol, "protocolSupportEnumeration lists %q beside %q but no address of the role speaks it", p, samldoc.Protocol)
		f.Fix = []string{d.step("take it out of the list, where that can be set")}
		out = append(out, f)
	}
	return out
}
