package samlrules

import (
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

const (
	attrUnspecified = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified"
	attrURI         = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
	attrBasic       = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
)

// mdAttributeFormats are the attribute name formats of SAML 2.0 Core §8.2.
var mdAttributeFormats = []string{attrUnspecified, attrURI, attrBasic}

// mdWantedAttributes judges the attributes that the SP's metadata asks for.
func mdWantedAttributes(d metadoc) []report.Finding {
	var out []report.Finding
	d.role.Walk(func(e *xmltree.Element) bool {
		if !e.Is(samldoc.Metadata, "RequestedAttribute") {
			return true
		}
		if f := mdRequestedAttribute(d, e); f != nil {
			out = append(out, *f)
		}
		return false
	})
	return out
}

func mdRequestedAttribute(d metadoc, e *xmltree.Element) *report.Finding {
	name, format := e.Attr("Name"), e.Attr("NameFormat")
	var f report.Finding
	switch near, _ := check.Closest(mdAttributeFormats, format); {
	case strings.TrimSpace(name) == "":
		f = d.about(e, "", name, "a name", "a RequestedAttribute has no Name")
	case strings.HasPrefix(format, "urn:oasis:names:tc:SAML:2.0:") && !slices.Contains(mdAttributeFormats, format) || near != "" && near != format:
		f = d.about(e, "NameFormat", format, near, "NameFormat of the RequestedAttribute %s is %s, which the standard does not know: it has %q, %q and %q", check.Quote(name), check.Quote(format), "uri", "basic", "unspecified")
		f.Fix = []string{d.step("write the NameFormat as the standard does")}
		return &f
	case format == attrURI && !strings.Contains(name, ":"):
		f = d.about(e, "Name", name, "", "the RequestedAttribute %s has the NameFormat %q, and its name is no URI", check.Quote(name), "uri")
		f.Severity = report.Info
	case truth(e.Attr("isRequired")) && mdUnreleased(d.c, name, format):
		f = d.about(e, "Name", "", name, "the SP's metadata requires the attribute %s, and no assertion that was seen holds it", check.Quote(name))
		f.Fix = []string{d.c.AtIdP("send the attribute "+name, "attributes", "claims")}
		return &f
	default:
		return nil
	}
	f.Fix = []string{d.step("give the attribute a name")}
	return &f
}

// mdUnreleased reports whether assertions were seen and none of them holds the attribute.
func mdUnreleased(c *check.Case, name, format string) bool {
	seen := false
	for _, m := range c.Messages {
		if m.Response == nil {
			continue
		}
		for _, a := range m.Response.Assertions {
			seen = true
			for _, at := range a.Attributes {
				if at.Name == name && (format == "" || format == attrUnspecified || at.NameFormat == "" || at.NameFormat == format) {
					return false
				}
			}
		}
	}
	return seen
}
