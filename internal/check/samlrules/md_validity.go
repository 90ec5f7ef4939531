package samlrules

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// How long the metadata is good for.
var mdValid = []check.Rule{
	onEntity(check.Rule{
		Code: "MD008", Title: "the metadata is still valid", Severity: report.Error,
		Why:  "The other side no longer takes the metadata once validUntil is past, and every login through it stops.",
		Fix:  "fetch the metadata anew; when it comes the same, let its publisher issue it again",
		Refs: []string{mdRefEntity},
	}, ofEither, mdValidity),
	onEntity(check.Rule{
		Code: "MD009", Title: "cacheDuration is a duration of ISO 8601", Severity: report.Warning,
		Why:  "Software that fetches metadata by itself does not know when to fetch it again, or refuses it.",
		Fix:  "write it like PT24H or P7D, or leave it out",
		Refs: []string{mdRefEntity},
	}, ofEither, mdCacheDuration),
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

// mdValidity judges validUntil; the moment itself is past already (it names the time at which the metadata expires).
func mdValidity(d metadoc) []report.Finding {
	var out []report.Finding
	for _, e := range d.bounded() {
		text, there := e.Lookup("", "validUntil")
		if !there {
			continue
		}
		until, _, ok := samldoc.Time(text)
		left := until.Sub(mdNow(d.c))
		var f report.Finding
		switch now := mdNow(d.c).UTC().Format(time.RFC3339); {
		case !ok:
			f = d.about(e, "validUntil", text, "2027-01-01T00:00:00Z", "validUntil is %s, which is no time such as %q", check.Quote(text), "2027-01-01T00:00:00Z")
		case left <= 0:
			f = d.about(e, "validUntil", text, "after "+now, "the metadata was valid until %s, %s ago (it is %q)", check.Quote(text), mdLasting(-left), now)
		case left < 7*24*time.Hour:
			f = d.about(e, "validUntil", text, "after "+now, "the metadata is valid until %s, for another %s (it is %q)", check.Quote(text), mdLasting(left), now)
			f.Severity = report.Warning
			if d.madeAnew(e, left) {
				f.Severity = report.Info
			}
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

// madeAnew reports whether metadata that was fetched looks made at every request, for so long from then on: a whole number of hours is left
// to the second, and whoever keeps a copy is told for how long.
func (d metadoc) madeAnew(e *xmltree.Element, left time.Duration) bool {
	off := left - left.Round(time.Hour)
	return !d.c.Seen[d.kind].Obs.FromFile() && e.Has("cacheDuration") && off.Abs() < 2*time.Second && left > time.Hour
}

// mdLasting words a duration in its largest unit.
func mdLasting(d time.Duration) string {
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

var mdDurationLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^-?P(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$`)
})

func mdCacheDuration(d metadoc) []report.Finding {
	var out []report.Finding
	for _, e := range d.bounded() {
		text, there := e.Lookup("", "cacheDuration")
		clean := strings.TrimSpace(text)
		if !there || mdDurationLike().MatchString(clean) && clean[len(clean)-1] != 'P' && clean[len(clean)-1] != 'T' && clean[0] != '-' {
			continue
		}
		f := d.about(e, "cacheDuration", text, "PT24H", "cacheDuration is %s, which is no duration such as %q", check.Quote(text), "PT24H")
		f.Fix = []string{d.step("write cacheDuration like PT24H, or leave it out")}
		out = append(out, f)
	}
	return out
}
