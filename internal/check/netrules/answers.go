package netrules

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
)

// Answers that are not the IdP's: redirects, pages, refusals for want of capacity.
var answers = []check.Rule{
	{
		Code: "NET013", Title: "the documents are answered where they are asked for", Severity: report.Error, Explains: append(afterwards(), "NET001", "NET002", "NET020"),
		TriesAnyOf: []evidence.Kind{evidence.Discovery, evidence.SAMLMetadata}, Uses: []evidence.Kind{evidence.JWKS, evidence.Config, evidence.Network},
		Why:     "Many SPs follow no redirect when they fetch these documents, and none should follow one to another host or to plain http.",
		Refs:    []string{"OpenID Connect Discovery 1.0 §4.1"},
		Fix:     "enter the address that answers itself, or take the redirect away",
		Decides: unanswered,
		Check:   func(c *check.Case) []report.Finding { return first(c, elsewhere) },
	},
	{
		Code: "NET014", Title: "no page for people comes in place of the document", Severity: report.Error, Explains: afterwards(),
		TriesAnyOf: []evidence.Kind{evidence.Discovery, evidence.SAMLMetadata}, Uses: []evidence.Kind{evidence.JWKS, evidence.Config, evidence.Network},
		Why:     "A login page, a captive portal or a firewall answers in place of the IdP; the SP is likely to get the same page.",
		Refs:    []string{"OpenID Connect Discovery 1.0 §4.2"},
		Fix:     "let the documents (below /.well-known/, the key set, SAML metadata) be fetched without a login, a challenge or a filter",
		Decides: unanswered,
		Check:   func(c *check.Case) []report.Finding { return first(c, page) },
	},
	{
		Code: "NET015", Title: "the IdP has time to answer", Severity: report.Info, Inconclusive: true, Explains: afterwards(),
		TriesAnyOf: []evidence.Kind{evidence.Discovery, evidence.SAMLMetadata}, Uses: []evidence.Kind{evidence.JWKS, evidence.Config, evidence.Network},
		Why:     "Nothing is known of the connection until the IdP answers again; the SP meets the same while it lasts.",
		Fix:     "wait, then ask again; if it stays, look at the IdP and at what stands before it",
		Decides: unanswered,
		Check:   func(c *check.Case) []report.Finding { return both(c, busy) },
	},
	{
		Code: "NET019", Title: "the documents come quickly and are small", Severity: report.Info,
		TriesAnyOf: []evidence.Kind{evidence.Discovery, evidence.SAMLMetadata}, Uses: []evidence.Kind{evidence.JWKS, evidence.Config, evidence.Network},
		Why:     "SPs give up after a few seconds or a few hundred kilobytes, each at its own limit.",
		Fix:     "look at the IdP and at what stands before it: these documents can be cached",
		Decides: unanswered,
		Check:   func(c *check.Case) []report.Finding { return both(c, slow) },
	},
	{
		Code: "NET021", Title: "redirects lead to an answer", Severity: report.Error, Explains: afterwards(),
		TriesAnyOf: []evidence.Kind{evidence.Discovery, evidence.SAMLMetadata}, Uses: []evidence.Kind{evidence.JWKS, evidence.Config, evidence.Network},
		Why:     "Whoever follows them ends nowhere: the SP gets no document.",
		Refs:    []string{"RFC 9110 §15.4"},
		Fix:     "let the address of the document answer by itself, without a login and without a redirect",
		Decides: unanswered,
		Check:   func(c *check.Case) []report.Finding { return first(c, lost) },
	},
}

// unanswered says why there is no answer to judge, "" when there is one.
func unanswered(c *check.Case) string {
	for _, kind := range []evidence.Kind{evidence.Discovery, evidence.JWKS, evidence.SAMLMetadata} {
		if len(exchanges(c, kind)) > 0 {
			return ""
		}
	}
	for _, kind := range []evidence.Kind{evidence.Discovery, evidence.SAMLMetadata} {
		if obs := c.Seen[kind].Obs; obs != nil && obs.Failure != nil {
			return obs.Failure.Text
		}
	}
	return "no answer of the IdP"
}

// exchanges are the fetched answers of one kind; none for a file.
func exchanges(c *check.Case, kind evidence.Kind) []evidence.Exchange {
	obs := c.Seen[kind].Obs
	if obs == nil || obs.Last() == nil || obs.Last().Status == 0 && !ledAway(obs.Exchanges) {
		return nil
	}
	return obs.Exchanges
}

// ledAway reports whether a redirect to another host came, at which nothing answered.
func ledAway(all []evidence.Exchange) bool {
	return len(all) > 1 && !strings.EqualFold(hostOf(all[0].URL), hostOf(all[len(all)-1].URL))
}

// first judges the discovery document's fetch alone: what a page or a redirect in place of the keys means, the rules on keys say.
func first(c *check.Case, judge func(*check.Case, string, []evidence.Exchange) *report.Finding) []report.Finding {
	return fetched(c, judge, evidence.Discovery, evidence.SAMLMetadata)
}

// both judges the discovery document's fetch, and that of the keys only when the first gave no finding.
func both(c *check.Case, judge func(*check.Case, string, []evidence.Exchange) *report.Finding) []report.Finding {
	return fetched(c, judge, evidence.Discovery, evidence.SAMLMetadata, evidence.JWKS)
}

func fetched(c *check.Case, judge func(*check.Case, string, []evidence.Exchange) *report.Finding, kinds ...evidence.Kind) []report.Finding {
	names := map[evidence.Kind]string{evidence.Discovery: "discovery document", evidence.JWKS: "key set", evidence.SAMLMetadata: "SAML metadata"}
	for _, kind := range kinds {
		all := exchanges(c, kind)
		if len(all) == 0 {
			continue
		}
		if f := judge(c, names[kind], all); f != nil {
			if f.Where.IsZero() {
				f.Where = report.Location{Evidence: all[len(all)-1].Name()}
			}
			return []report.Finding{*f}
		}
	}
	return nil
}

func elsewhere(c *check.Case, name string, all []evidence.Exchange) *report.Finding {
	first, last := all[0], all[len(all)-1]
	if last.Failure != nil && last.Failure.Code == "downgrade" {
		return &report.Finding{Got: last.Head("Location"), Want: last.URL,
			Message: fmt.Sprintf("asked for the %s, %q redirects to %q, from https to plain http", name, last.URL, last.Head("Location"))}
	}
	from, to := hostOf(first.URL), hostOf(last.URL)
	if len(all) < 2 || strings.EqualFold(from, to) {
		return nil
	}
	f := &report.Finding{Got: last.URL, Want: first.URL, Message: fmt.Sprintf("asked for the %s, %q redirects to another host: %q", name, first.URL, last.URL)}
	if last.Status == 200 && !html(&last) && c.Config != nil && name == "discovery document" {
		f.Fix = []string{c.AtSP("enter the issuer that the document at "+last.URL+" names", "issuer"), "or let " + from + " serve the document itself"}
	}
	return f
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Hostname()
}

// html reports whether an answer is a page for people, by its type or its first bytes.
func html(ex *evidence.Exchange) bool {
	if strings.HasPrefix(strings.ToLower(ex.Head("Content-Type")), "text/html") {
		return true
	}
	return markup(ex)
}

// markup reports whether a body begins as an HTML page.
func markup(ex *evidence.Exchange) bool {
	body := bytes.ToLower(bytes.TrimSpace(ex.Body[:min(len(ex.Body), 512)]))
	return bytes.HasPrefix(body, []byte("<!doctype html")) || bytes.HasPrefix(body, []byte("<html"))
}

// page recognises a page where a document should be. A 404 with a page is the server's ordinary "not here".
func page(_ *check.Case, name string, all []evidence.Exchange) *report.Finding {
	last := all[len(all)-1]
	usual := last.Status == 200 || last.Status == 401 || last.Status == 403 || last.Status == 511
	if !usual || !html(&last) || last.Failure != nil || redirected(all) || mislabelled(&last, name) {
		return nil
	}
	what := "a page"
	if bytes.Contains(bytes.ToLower(last.Body), []byte("type=\"password\"")) || bytes.Contains(bytes.ToLower(last.Body), []byte("type=password")) {
		what = "a login page"
	}
	want, form := "application/json", "JSON"
	if name == "SAML metadata" {
		want, form = "application/samlmetadata+xml", "XML"
	}
	return &report.Finding{Got: last.Head("Content-Type"), Want: want,
		Message: fmt.Sprintf("asked for the %s, %q answers %d with %s in HTML, not with %s: %q", name, last.URL, last.Status, what, form, excerpt(last.Body))}
}

// mislabelled reports whether a document has come that is only said to be a page: servers that do not know the ending of a metadata
// file call it text/html, and who fetches it reads the XML.
func mislabelled(ex *evidence.Exchange, name string) bool {
	return name == "SAML metadata" && ex.Status == 200 && !markup(ex) &&
		(bytes.Contains(ex.Body, []byte("EntityDescriptor")) || bytes.Contains(ex.Body, []byte("EntitiesDescriptor")))
}

// excerpt is the beginning of a page's text.
func excerpt(page []byte) string {
	text := []rune(check.PageText(page))
	if len(text) > 80 {
		text = append(text[:79], '…')
	}
	return string(text)
}

func redirected(all []evidence.Exchange) bool { return len(all) > 1 }

func busy(_ *check.Case, name string, all []evidence.Exchange) *report.Finding {
	last := all[len(all)-1]
	if last.Status != 429 && (last.Status < 500 || last.Status == 511) {
		return nil
	}
	f := &report.Finding{Got: fmt.Sprint(last.Status), Message: fmt.Sprintf("asked for the %s, %q answers %d, so nothing could be decided", name, last.URL, last.Status)}
	if last.Status == 429 {
		f.Message = fmt.Sprintf("asked for the %s, %q answers 429 (too many requests), so nothing could be decided", name, last.URL)
	}
	if after := last.Head("Retry-After"); after != "" {
		f.Message += fmt.Sprintf(" (Retry-After is %q)", after)
		f.Fix = []string{"ask again after the time that Retry-After names: " + after}
	}
	return f
}

func slow(_ *check.Case, name string, all []evidence.Exchange) *report.Finding {
	var took time.Duration
	for _, ex := range all {
		took += ex.Elapsed
	}
	last := all[len(all)-1]
	switch {
	case last.Failure != nil:
		return nil
	case took > 2*time.Second:
		return &report.Finding{Got: took.Round(100 * time.Millisecond).String(), Want: "2s",
			Message: fmt.Sprintf("the %s took %.1f s to come from %q", name, took.Seconds(), last.URL)}
	case max(last.Bytes, int64(len(last.Body))) > 1<<20:
		size := max(last.Bytes, int64(len(last.Body)))
		return &report.Finding{Got: fmt.Sprint(size), Message: fmt.Sprintf("the %s at %q is %d kB large", name, last.URL, size>>10)}
	}
	return nil
}

func lost(_ *check.Case, name string, all []evidence.Exchange) *report.Finding {
	first, last := all[0], all[len(all)-1]
	if last.Failure != nil && last.Failure.Stage == evidence.StageRedirect && last.Failure.Code != "downgrade" {
		return &report.Finding{Got: last.Head("Location"), Message: fmt.Sprintf("asked for the %s at %q: %s (%d)", name, first.URL, last.Failure.Text, last.Status)}
	}
	if redirected(all) && strings.EqualFold(hostOf(first.URL), hostOf(last.URL)) && html(&last) && last.Status < 500 && last.Status != 404 && last.Status != 429 {
		return &report.Finding{Got: last.URL, Want: first.URL,
			Message: fmt.Sprintf("asked for the %s, %q redirects to %q, which is a page in HTML and no document", name, first.URL, last.URL)}
	}
	return nil
}
