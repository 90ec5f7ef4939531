package samlrules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

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
		TriesAnyOf: []evidence.Kind{evidence.SAMLMetadata, evidence.SPMetadata}, Uses: []evidence.Kind{evidence.Config},
		Why:     "The other side cannot read the metadata, or refuses it: nothing in it takes effect.",
		Fix:     "export the metadata anew and give it on as a file, not by way of an editor or a chat",
		Refs:    []string{"SAML 2.0 Core §5"},
		Applies: func(c *check.Case) bool { return !guessed(c) },
		Decides: func(c *check.Case) string {
			return unlessTried(c, func(s check.Seen) bool {
				return (s.Parsed == nil || errors.Is(s.Parsed, samldoc.ErrNoMetadata) || markup(s)) && !fetchedPage(s)
			})
		},
		Check: wellFormed,
	},
	{
		Code: "MD002", Title: "the metadata is one entity, or an aggregate of which one entity counts", Severity: report.Error, Protocol: config.SAML,
		TriesAnyOf: []evidence.Kind{evidence.SAMLMetadata, evidence.SPMetadata}, Uses: []evidence.Kind{evidence.Config},
		Explains: []string{"CFG003", "MD007"},
		Why:      "The other side takes the wrong entity of the document, or finds none.",
		Fix:      "give the metadata of the one entity, or name the entity in idp_entity_id",
		Refs:     []string{"SAML 2.0 Metadata §2.3"},
		Applies:  func(c *check.Case) bool { return !guessed(c) },
		Decides: func(c *check.Case) string {
			if c.Config == nil && severalEntities(c) {
				return "the document holds several entities; which one counts is told by idp_entity_id of a connection"
			}
			return unlessTried(c, func(s check.Seen) bool {
				return (s.Parsed == nil || errors.Is(s.Parsed, samldoc.ErrNoMetadata)) && !fetchedPage(s)
			})
		},
		Check: entityOf,
	},
	onEntity(check.Rule{
		Code: "MD008", Title: "the metadata is still valid", Severity: report.Error,
		Why:  "The other side no longer takes the metadata once validUntil is past, and every login through it stops.",
		Fix:  "fetch the metadata anew; when it comes the same, let its publisher issue it again",
		Refs: []string{refEntity},
	}, ofEither, validity),
	onEntity(check.Rule{
		Code: "MD009", Title: "cacheDuration is a duration of ISO 8601", Severity: report.Warning,
		Why:  "Software that fetches metadata by itself does not know when to fetch it again, or refuses it.",
		Fix:  "write it like PT24H or P7D, or leave it out",
		Refs: []string{refEntity},
	}, ofEither, cacheDuration),
}

// unlessTried gives the reason why no document of either side was seen in a state that a rule reads.
func unlessTried(c *check.Case, readable func(check.Seen) bool) string {
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

// tried gives the documents that came, whether or not they could be parsed.
func tried(c *check.Case) []evidence.Kind {
	var out []evidence.Kind
	for _, kind := range []evidence.Kind{evidence.SAMLMetadata, evidence.SPMetadata} {
		seen := c.Seen[kind]
		last := seen.Obs.Last()
		came := seen.Obs != nil && seen.Obs.Failure == nil && (last == nil || last.Status == 200 && !last.Cut && last.Failure == nil && !fetchedPage(seen))
		if came && (kind == evidence.SAMLMetadata || c.Config == nil) {
			out = append(out, kind)
		}
	}
	return out
}

// markup reports whether what came is meant to be XML: then it is damaged, and not something else altogether.
func markup(s check.Seen) bool {
	return s.Obs.FromFile() || strings.HasPrefix(opening(s), "<") && !isPage(opening(s))
}

// opening is the beginning of a document in small letters.
func opening(s check.Seen) string {
	b := s.Obs.Document()
	return strings.ToLower(strings.TrimLeft(string(b[:min(len(b), 4096)]), "\ufeff \t\r\n"))
}

// fetchedPage reports whether an HTML page came in place of a document: MD049.
func fetchedPage(s check.Seen) bool { return !s.Obs.FromFile() && isPage(opening(s)) }

// isPage reports whether a text, in small letters, is an HTML page.
func isPage(text string) bool {
	return strings.HasPrefix(text, "<!doctype html") || strings.HasPrefix(text, "<html")
}

func wellFormed(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, kind := range tried(c) {
		seen := c.Seen[kind]
		if seen.Parsed != nil && !errors.Is(seen.Parsed, samldoc.ErrNoMetadata) {
			if markup(seen) {
				out = append(out, damaged(c, kind, seen))
			}
			continue
		}
		doc, err := xmltree.Parse(seen.Obs.Source, seen.Obs.Document())
		if err != nil {
			continue
		}
		d := metadoc{c: c, kind: kind}
		if !doc.Doctype.IsZero() {
			f := report.Finding{Where: placeIn(c, kind, doc.Doctype), Message: "the metadata has a document type declaration, which parsers of SAML refuse since it can name files and expand without end"}
			f.Fix = []string{d.step("publish the metadata without <!DOCTYPE>")}
			out = append(out, f)
		}
		if doc.Encoding != "UTF-8" {
			f := report.Finding{Severity: report.Warning, Got: doc.Encoding, Want: "UTF-8", Where: placeIn(c, kind, source.Pos{Line: 1, Col: 1}),
				Message: fmt.Sprintf("the metadata is encoded in %q, which not every parser reads: %q is what all of them do", doc.Encoding, "UTF-8")}
			f.Fix = []string{d.step("publish the metadata in UTF-8")}
			out = append(out, f)
		}
	}
	return out
}

// damaged tells what keeps a document from being XML.
func damaged(c *check.Case, kind evidence.Kind, seen check.Seen) report.Finding {
	f := report.Finding{Message: "the metadata is no XML that can be read: " + seen.Parsed.Error(), Where: report.Location{Evidence: seen.Obs.Name(), File: ""}}
	if e, ok := errors.AsType[*source.Error](seen.Parsed); ok {
		f.Message, f.Where = "the metadata is no XML that can be read: "+e.Msg, placeIn(c, kind, e.Pos)
	}
	d := metadoc{c: c, kind: kind}
	f.Fix = []string{d.step("export the metadata anew")}
	return f
}

// placeIn locates a place of a document: in its file, else by the exchange that brought it.
func placeIn(c *check.Case, kind evidence.Kind, pos source.Pos) report.Location {
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

func severalEntities(c *check.Case) bool {
	return c.Metadata != nil && len(c.Metadata.All) > 1 || c.SPEntity != nil && len(c.SPEntity.All) > 1
}

// entityOf judges the root, and which of several entities counts.
func entityOf(c *check.Case) []report.Finding {
	var out []report.Finding
	for _, kind := range tried(c) {
		seen := c.Seen[kind]
		if errors.Is(seen.Parsed, samldoc.ErrNoMetadata) {
			out = append(out, noEntity(c, kind, seen))
		}
	}
	if m := c.Metadata; m != nil && c.Config != nil && len(m.All) != 1 && slices.Contains(tried(c), evidence.SAMLMetadata) {
		out = append(out, aggregate(c, m))
	}
	return out
}

// noEntity tells what the root is in place of an entity.
func noEntity(c *check.Case, kind evidence.Kind, seen check.Seen) report.Finding {
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

// aggregate tells which entity of several counts for the connection, or that none does.
func aggregate(c *check.Case, m *samldoc.Entities) report.Finding {
	d := metadoc{c: c, kind: evidence.SAMLMetadata}
	wanted := ""
	if c.Config.SAML != nil {
		wanted = c.Config.SAML.IdPEntityID
	}
	ids := identities(m.All)
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

func identities(all []*xmltree.Element) []string {
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

// bounded gives the elements whose validUntil and cacheDuration hold for the role that counts.
func (d metadoc) bounded() []*xmltree.Element {
	var out []*xmltree.Element
	for e := d.entity; e != nil; e = e.Parent {
		out = append(out, e)
	}
	if d.role != nil {
		out = append(out, d.role)
	}
	return out
}

// validity judges validUntil; the moment itself is past already (it names the time at which the metadata expires).
func validity(d metadoc) []report.Finding {
	var out []report.Finding
	for _, e := range d.bounded() {
		text, there := e.Lookup("", "validUntil")
		if !there {
			continue
		}
		until, _, ok := samldoc.Time(text)
		left := until.Sub(d.c.Now)
		var f report.Finding
		switch now := d.c.Now.UTC().Format(time.RFC3339); {
		case !ok:
			f = d.about(e, "validUntil", text, "2027-01-01T00:00:00Z", "validUntil is %s, which is no time such as %q", check.Quote(text), "2027-01-01T00:00:00Z")
		case left <= 0:
			f = d.about(e, "validUntil", text, "after "+now, "the metadata was valid until %s, %s ago (it is %q)", check.Quote(text), lasting(-left), now)
		case left < 7*24*time.Hour:
			f = d.about(e, "validUntil", text, "after "+now, "the metadata is valid until %s, for another %s (it is %q)", check.Quote(text), lasting(left), now)
			f.Severity = report.Warning
		default:
			continue
		}
		if d.c.Seen[d.kind].Obs.FromFile() {
			f.Fix = []string{d.step("fetch the metadata anew")}
		} else {
			f.Fix = []string{d.step("issue the metadata again, or let it be issued by itself")}
		}
		out = append(out, f)
	}
	return out
}

// lasting words a duration in its largest unit.
func lasting(d time.Duration) string {
	n, unit := int64(d/time.Second), "second"
	switch {
	case d >= 730*24*time.Hour:
		n, unit = int64(d/(365*24*time.Hour)), "year"
	case d >= 48*time.Hour:
		n, unit = int64(d/(24*time.Hour)), "day"
	case d >= 2*time.Hour:
		n, unit = int64(d/time.Hour), "hour"
	case d >= 2*time.Minute:
		n, unit = int64(d/time.Minute), "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

var durationLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^-?P(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$`)
})

func cacheDuration(d metadoc) []report.Finding {
	var out []report.Finding
	for _, e := range d.bounded() {
		text, there := e.Lookup("", "cacheDuration")
		clean := strings.TrimSpace(text)
		if !there || durationLike().MatchString(clean) && clean[len(clean)-1] != 'P' && clean[len(clean)-1] != 'T' && clean[0] != '-' {
			continue
		}
		f := d.about(e, "cacheDuration", text, "PT24H", "cacheDuration is %s, which is no duration such as %q", check.Quote(text), "PT24H")
		f.Fix = []string{d.step("write cacheDuration like PT24H, or leave it out")}
		out = append(out, f)
	}
	return out
}
