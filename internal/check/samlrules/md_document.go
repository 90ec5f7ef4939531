package samlrules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// The metadata as a document: whether it can be read, what it is, how long it is good for.
var mdDocument = []check.Rule{
	{
		Code: "MD001", Title: "the metadata is well-formed XML in UTF-8, without a document type", Severity: report.Error, Protocol: config.SAML,
		Explains:   []string{"AUTHZ035"},
		TriesAnyOf: []evidence.Kind{evidence.SAMLMetadata, evidence.SPMetadata}, Uses: []evidence.Kind{evidence.Config},
		Why:     "The other side cannot read the metadata, or refuses it: nothing in it takes effect.",
		Fix:     "export the metadata anew and give it on as a file, not by way of an editor or a chat",
		Refs:    []string{"SAML 2.0 Core §5"},
		Applies: func(c *check.Case) bool { return !mdGuessed(c) },
		Decides: func(c *check.Case) string {
			return mdUnlessTried(c, func(s check.Seen) bool {
				return (s.Parsed == nil || errors.Is(s.Parsed, samldoc.ErrNoMetadata) || mdMarkup(s)) && !mdFetchedPage(s)
			})
		},
		Check: mdWellFormed,
	},
	{
		Code: "MD002", Title: "the metadata is one entity, or an aggregate of which one entity counts", Severity: report.Error, Protocol: config.SAML,
		TriesAnyOf: []evidence.Kind{evidence.SAMLMetadata, evidence.SPMetadata}, Uses: []evidence.Kind{evidence.Config},
		Explains: []string{"CFG003", "MD007", "AUTHZ035"},
		Why:      "The other side takes the wrong entity of the document, or finds none.",
		Fix:      "give the metadata of the one entity, or name the entity in idp_entity_id",
		Refs:     []string{"SAML 2.0 Metadata §2.3"},
		Applies:  func(c *check.Case) bool { return !mdGuessed(c) },
		Decides: func(c *check.Case) string {
			if c.Config == nil && mdSeveralEntities(c) {
				return "the document holds several entities; which one counts is told by idp_entity_id of a connection"
			}
			if mdNotListed(c) != nil {
				return ""
			}
			return mdUnlessTried(c, func(s check.Seen) bool {
				return (s.Parsed == nil || errors.Is(s.Parsed, samldoc.ErrNoMetadata)) && !mdFetchedPage(s)
			})
		},
		Check: mdEntityOf,
	},
}

// mdUnlessTried gives the reason why no document of either side was seen in a state that a rule reads.
func mdUnlessTried(c *check.Case, readable func(check.Seen) bool) string {
	reason := "no metadata"
	for _, kind := range []evidence.Kind{evidence.SAMLMetadata, evidence.SPMetadata} {
		seen := c.Seen[kind]
		switch {
		case seen.Obs == nil:
		case seen.Obs.Failure != nil:
			reason = seen.Obs.Failure.Text
		case seen.Obs.Last() != nil && (seen.Obs.Last().Status != 200 || seen.Obs.Last().Cut || seen.Obs.Last().Failure != nil):
			reason = "no document came from " + seen.Obs.Last().Name()
		case readable(seen):
			return ""
		default:
			reason = fmt.Sprint(seen.Parsed)
		}
	}
	return reason
}

// mdTried gives the documents that came, whether or not they could be parsed.
func mdTried(c *check.Case) []evidence.Kind {
	var out []evidence.Kind
	for _, kind := range []evidence.Kind{evidence.SAMLMetadata, evidence.SPMetadata} {
		seen := c.Seen[kind]
		last := seen.Obs.Last()
		came := seen.Obs != nil && seen.Obs.Failure == nil && (last == nil || last.Status == 200 && !last.Cut && last.Failure == nil && !mdFetchedPage(seen))
		if came && (kind == evidence.SAMLMetadata || c.Config == nil) {
			out = append(out, kind)
		}
	}
	return out
}

// mdMarkup reports whether what came is meant to be XML: then it is damaged, and not something else altogether.
func mdMarkup(s check.Seen) bool {
	return s.Obs.FromFile() || strings.HasPrefix(mdOpening(s), "<") && !mdIsPage(mdOpening(s))
}

// mdOpening is the beginning of a document in small letters.
func mdOpening(s check.Seen) string {
	b := s.Obs.Document()
	return strings.ToLower(strings.TrimLeft(string(b[:min(len(b), 4096)]), "\ufeff \t\r\n"))
}

// mdFetchedPage reports whether an HTML page came in place of a document: MD049.
func mdFetchedPage(s check.Seen) bool { return !s.Obs.FromFile() && mdIsPage(mdOpening(s)) }

// mdIsPage reports whether a text, in small letters, is an HTML page.
func mdIsPage(text string) bool {
	return strings.HasPrefix(text, "<!doctype html") || strings.HasPrefix(text, "<html")
}

func mdWellFormed(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, kind := range mdTried(c) {
		seen := c.Seen[kind]
		if seen.Parsed != nil && !errors.Is(seen.Parsed, samldoc.ErrNoMetadata) {
			if mdMarkup(seen) {
				out = append(out, mdDamaged(c, kind, seen))
			}
			continue
		}
		doc, err := xmltree.Parse(seen.Obs.Source, seen.Obs.Document())
		if err != nil {
			continue
		}
		d := metadoc{c: c, kind: kind}
		if !doc.Doctype.IsZero() {
			f := report.Finding{Where: mdPlaceIn(c, kind, doc.Doctype), Message: "the metadata has a document type declaration, which parsers of SAML refuse since it can name files and expand without end"}
			f.Fix = []string{d.step("publish the metadata without <!DOCTYPE>")}
			out = append(out, f)
		}
		if doc.Encoding != "UTF-8" {
			f := report.Finding{Severity: report.Warning, Got: doc.Encoding, Want: "UTF-8", Where: mdPlaceIn(c, kind, source.Pos{Line: 1, Col: 1}),
				Message: fmt.Sprintf("the metadata is encoded in %q, which not every parser reads: %q is what all of them do", doc.Encoding, "UTF-8")}
			f.Fix = []string{d.step("publish the metadata in UTF-8")}
			out = append(out, f)
		}
	}
	return out
}

// mdDamaged tells what keeps a document from being XML.
func mdDamaged(c *check.Case, kind evidence.Kind, seen check.Seen) report.Finding {
	f := report.Finding{Message: "the metadata is no XML that can be read: " + seen.Parsed.Error(), Where: report.Location{Evidence: seen.Obs.Name(), File: ""}}
	if e, ok := errors.AsType[*source.Error](seen.Parsed); ok {
		f.Message, f.Where = "the metadata is no XML that can be read: "+e.Msg, mdPlaceIn(c, kind, e.Pos)
	}
	if what := mdSomethingElse(mdOpening(seen)); what != "" {
		f.Message, f.Where = "the metadata is "+what+" and no XML of SAML", mdPlaceIn(c, kind, source.Pos{Line: 1, Col: 1})
	}
	d := metadoc{c: c, kind: kind}
	f.Fix = []string{d.step("export the metadata anew")}
	return f
}

// mdSomethingElse names what a text that is no XML is, by its beginning in small letters; "" when it is meant to be XML.
func mdSomethingElse(text string) string {
	switch {
	case mdIsPage(text):
		return "an HTML page, perhaps that of a login,"
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return "JSON"
	case strings.HasPrefix(text, "-----begin certificate"):
		return "a certificate"
	case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"):
		return "an address"
	}
	return ""
}

// mdPlaceIn locates a place of a document: in its file, else by the exchange that brought it.
func mdPlaceIn(c *check.Case, kind evidence.Kind, pos source.Pos) report.Location {
	obs := c.Seen[kind].Obs
	if !obs.FromFile() {
		return report.Location{Evidence: obs.Name()}
	}
	if !obs.Begins.IsZero() { // the document is a part of its file
		if pos.Line == 1 {
			pos.Col += obs.Begins.Col - 1
		}
		pos.Line += obs.Begins.Line - 1
	}
	return report.Location{File: obs.Source, Line: pos.Line, Col: pos.Col}
}

func mdSeveralEntities(c *check.Case) bool {
	return c.Metadata != nil && len(c.Metadata.All) > 1 || c.SPEntity != nil && len(c.SPEntity.All) > 1
}

// mdEntityOf judges the root, and which of several entities counts.
func mdEntityOf(c *check.Case) []report.Finding {
	if f := mdNotListed(c); f != nil {
		return []report.Finding{{Got: c.Config.SAML.IdPEntityID, Where: c.Config.Pos("saml/idp_entity_id"), Message: f.Text,
			Fix: []string{c.AtIdP("copy the entity ID as the metadata has it", "entity_id", "metadata"), c.AtSP("enter it", "idp_entity_id")}}}
	}
	var out []report.Finding
	for _, kind := range mdTried(c) {
		seen := c.Seen[kind]
		if errors.Is(seen.Parsed, samldoc.ErrNoMetadata) {
			out = append(out, mdNoEntity(c, kind, seen))
		}
	}
	if m := c.Metadata; m != nil && c.Config != nil && len(m.All) != 1 && slices.Contains(mdTried(c), evidence.SAMLMetadata) {
		out = append(out, mdAggregate(c, m))
	}
	return out
}

// mdNotListed is the failure to find the connection's entity in an aggregate that is too large to be kept as a whole; nil otherwise.
func mdNotListed(c *check.Case) *evidence.Failure {
	obs := c.Seen[evidence.SAMLMetadata].Obs
	if obs == nil || c.Config == nil || c.Config.SAML == nil {
		return nil
	}
	f := obs.Failure
	if last := obs.Last(); last != nil && last.Failure != nil {
		f = last.Failure
	}
	if f == nil || f.Code != evidence.NotListed {
		return nil
	}
	return f
}

// mdNoEntity tells what the root is in place of an entity.
func mdNoEntity(c *check.Case, kind evidence.Kind, seen check.Seen) report.Finding {
	m, _ := samldoc.ParseMetadata(seen.Obs.Source, seen.Obs.Document(), "", "")
	d := metadoc{c: c, kind: kind}
	if m == nil || m.Root == nil {
		return report.Finding{Message: "the document is no SAML metadata", Where: report.Location{Evidence: seen.Obs.Name()}}
	}
	m.Doc.StartsAt(seen.Obs.Begins)
	what := "the document is " + check.Quote(m.Root.Name())
	switch {
	case m.Root.Space == samldoc.Metadata:
		what = fmt.Sprintf("the root of the metadata is <%s>, a part that belongs inside <EntityDescriptor>", m.Root.Name())
	case m.Root.Space == samldoc.Protocol || m.Root.Space == samldoc.Assertion:
		what = fmt.Sprintf("the document is a SAML message, <%s>, and no metadata", m.Root.Name())
	case m.Root.Local == "EntityDescriptor" || m.Root.Local == "EntitiesDescriptor":
		what = fmt.Sprintf("the root is <%s> of the namespace %s, where metadata has %s", m.Root.Name(), check.Quote(m.Root.Space), check.Quote(samldoc.Metadata))
	default:
		what = fmt.Sprintf("the document is <%s> and no SAML metadata, which begins with <EntityDescriptor>", m.Root.Name())
	}
	f := d.about(m.Root, "", m.Root.Name(), "EntityDescriptor", "%s", what)
	f.Fix = []string{d.step("export the metadata of the whole entity")}
	return f
}

// mdAggregate tells which entity of several counts for the connection, or that none does.
func mdAggregate(c *check.Case, m *samldoc.Entities) report.Finding {
	d := metadoc{c: c, kind: evidence.SAMLMetadata}
	wanted := ""
	if c.Config.SAML != nil {
		wanted = c.Config.SAML.IdPEntityID
	}
	ids := mdIdentities(m.All)
	switch {
	case len(m.All) == 0:
		return d.finding(m.Root, "", "the aggregate holds no entity")
	case m.Entity != nil:
		f := d.about(m.Root, "", fmt.Sprint(len(m.All)), "1", "the metadata is an aggregate of %q entities, of which this connection means %s: software that reads only the first may take another", fmt.Sprint(len(m.All)), check.Quote(m.EntityID()))
		f.Severity = report.Info
		f.Fix = []string{d.step("give " + c.TheSP() + " the metadata of this entity alone, where it takes no aggregates")}
		return f
	case wanted == "":
		f := d.about(m.Root, "", fmt.Sprint(len(m.All)), "1", "the metadata is an aggregate of %q entities (%s) and nothing says which one signs users in", fmt.Sprint(len(m.All)), listed(ids))
		f.Fix = []string{"name it in idp_entity_id, or give the metadata of the one entity"}
		return f
	}
	f := report.Finding{Got: wanted, Want: strings.Join(ids, ", "), Where: c.Config.Pos("saml/idp_entity_id"), Related: []report.Location{c.InXML(evidence.SAMLMetadata, m.Root, "")},
		Message: fmt.Sprintf("idp_entity_id is %s but the %d entities of the metadata are %s", check.Quote(wanted), len(ids), listed(ids))}
	if near, _ := check.Closest(ids, wanted); near != "" {
		f.Want = near
		f.Message += fmt.Sprintf(" (did you mean %s?)", check.Quote(near))
		step, edits := c.InFile("saml/idp_entity_id", near)
		f.Fix, f.Edits = []string{step}, edits
	} else {
		f.Fix = []string{"enter the one that is meant, or take the metadata that holds it"}
	}
	return f
}

func mdIdentities(all []*xmltree.Element) []string {
	var out []string
	for _, e := range all {
		out = append(out, e.Attr("entityID"))
	}
	return out
}

// listed quotes the first few of many.
func listed(ids []string) string {
	var out []string
	for i, id := range ids {
		if i == 5 {
			out = append(out, fmt.Sprintf("%d more", len(ids)-i))
			break
		}
		out = append(out, check.Quote(id))
	}
	return strings.Join(out, ", ")
}
