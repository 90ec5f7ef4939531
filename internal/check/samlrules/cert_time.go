package samlrules

import (
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

const (
	mdOneDay        = 24 * time.Hour
	mdWithinMonth   = 30 * mdOneDay
	mdWithinQuarter = 90 * mdOneDay
	mdLastsFor      = 20*365*mdOneDay + 40*mdOneDay // twenty years, with their leap days and a month to spare
)

// Whether certificates are valid at the time that is judged. The bounds belong to the validity (RFC 5280 §4.1.2.5).
var certTime = []check.Rule{
	onCerts(check.Rule{
		Code: "CERT002", Title: "the certificate has not run out", Severity: report.Error,
		Why:  "SPs that look at the validity refuse every login from that moment on.",
		Fix:  "make a new signing certificate at the IdP and paste it at the SP",
		Refs: []string{"RFC 5280 §4.1.2.5"},
	}, func(h held) *report.Finding {
		if h.Expiry.IsZero() || !mdNow(h.c).After(h.Expiry) || mdValidAt(h, mdReadAt(h.c)) {
			return nil
		}
		f := h.say(h.Expiry.UTC().Format(time.RFC3339), "after "+mdNow(h.c).UTC().Format(time.RFC3339), "ran out on %q, %s ago (it is %q)", h.Expiry.UTC().Format(time.RFC3339), mdLasting(mdNow(h.c).Sub(h.Expiry)), mdNow(h.c).UTC().Format(time.RFC3339))
		if h.spare && h.vital {
			f.Message += "; another one of the metadata is valid"
		}
		return h.lesser(f)
	}),
	onCerts(check.Rule{
		Code: "CERT003", Title: "the certificate is valid already", Severity: report.Error,
		Why:  "SPs that look at the validity refuse every login until then.",
		Fix:  "go on with the certificate before it until then, or set the clock right",
		Refs: []string{"RFC 5280 §4.1.2.5"},
	}, func(h held) *report.Finding {
		if h.NotBefore.IsZero() || !mdNow(h.c).Before(h.NotBefore) {
			return nil
		}
		f := h.say(h.NotBefore.UTC().Format(time.RFC3339), "before "+mdNow(h.c).UTC().Format(time.RFC3339), "becomes valid on %q, in %s (it is %q)", h.NotBefore.UTC().Format(time.RFC3339), mdLasting(h.NotBefore.Sub(mdNow(h.c))), mdNow(h.c).UTC().Format(time.RFC3339))
		f.Fix = []string{h.c.AtIdP("sign with the certificate before it until then, or set the clock right", "certificate")}
		return h.lesser(f)
	}),
	onCerts(check.Rule{
		Code: "CERT004", Title: "the certificate lasts for another three months", Severity: report.Warning,
		Why:  "On that day every login stops, unless the new certificate is at both sides by then.",
		Fix:  "plan the change: a new certificate at the IdP, the same one at the SP, then the IdP signs with it",
		Refs: []string{"RFC 5280 §4.1.2.5"},
	}, func(h held) *report.Finding {
		left := h.Expiry.Sub(mdNow(h.c))
		if h.Expiry.IsZero() || left < 0 || left >= mdWithinQuarter || !h.vital && h.key == "" {
			return nil
		}
		f := h.say(h.Expiry.UTC().Format(time.RFC3339), "after "+mdNow(h.c).Add(mdWithinQuarter).UTC().Format(time.RFC3339), "runs out on %q, in %s (it is %q)", h.Expiry.UTC().Format(time.RFC3339), mdLasting(left), mdNow(h.c).UTC().Format(time.RFC3339))
		if left >= mdWithinMonth || h.spare {
			f.Severity = report.Info
		}
		return f
	}),
	{
		Code: "CFG018", Title: "no certificate runs out before the day that is asked about", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, AnyOf: []evidence.Kind{evidence.SAMLCerts, evidence.SAMLMetadata}, Uses: []evidence.Kind{evidence.SPMetadata},
		Why:     "Until that day the certificate stops working at SPs that look at the validity.",
		Fix:     "change the certificate before, at both sides",
		Refs:    []string{"RFC 5280 §4.1.2.5"},
		Applies: func(c *check.Case) bool { at := mdReadAt(c); return !at.IsZero() && mdNow(c).Sub(at) > time.Hour },
		Decides: func(c *check.Case) string {
			if len(certificates(c)) == 0 {
				return "no certificate that can be read"
			}
			return ""
		},
		Check: func(c *check.Case) []report.Finding {
			var out []report.Finding
			for _, h := range certificates(c) {
				if !mdNow(c).After(h.Expiry) || !mdValidAt(h, mdReadAt(c)) {
					continue
				}
				f := h.lesser(h.say(h.Expiry.UTC().Format(time.RFC3339), "after "+mdNow(c).UTC().Format(time.RFC3339), "runs out on %q, before the day that is asked about, %q", h.Expiry.UTC().Format(time.RFC3339), mdNow(c).UTC().Format(time.RFC3339)))
				f.Where, f.Related, f.Fix = h.where, h.related, h.renew("make a new one in time")
				out = append(out, *f)
			}
			return out
		},
	},
	onCerts(check.Rule{
		Code: "CERT017", Title: "the certificate lasts no longer than other sides take", Severity: report.Info,
		Why: "Some SPs refuse a certificate that is valid for so long when it is uploaded.",
		Fix: "make a certificate for ten years or less, where the SP asks for it",
	}, func(h held) *report.Finding {
		if h.Expiry.IsZero() || h.Expiry.Sub(h.NotBefore) <= mdLastsFor || !h.vital {
			return nil
		}
		return h.say(mdLasting(h.Expiry.Sub(h.NotBefore)), "20 years", "is valid for %q, and some SPs take none of more than %q or %q", mdLasting(h.Expiry.Sub(h.NotBefore)), "15", "20 years")
	}),
}

// mdReadAt is when the connection file was read: earlier than the time that is judged when a later day is asked about.
func mdReadAt(c *check.Case) time.Time {
	if obs := c.Seen[evidence.Config].Obs; obs != nil {
		return obs.At
	}
	return time.Time{}
}

// mdValidAt reports whether the certificate had not run out at a time; false for no time.
func mdValidAt(h held, at time.Time) bool {
	return !at.IsZero() && mdNow(h.c).Sub(at) > time.Hour && !at.After(h.Expiry)
}
