package check

import (
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
)

var errNoObject = errors.New("the document is no JSON object")

func orNoObject(err error) error {
	if err == nil {
		return errNoObject
	}
	return err
}

// Attempts are the answers to one probe, by label, in the order they were made.
type Attempts struct {
	Obs *evidence.Observation
	All []Attempt
}

// Attempt is one answer, interpreted by the IdP's profile.
type Attempt struct {
	Label    string
	Exchange *evidence.Exchange
	Where    string          // callback | idp | body
	Answer   *oidcdoc.Answer // when the parameters came in a redirect
	Error    string
	Text     string // error_description, or the page's text
	Means    string // word of knowledge.Answer; "unknown" when the profile does not know the answer
	Certain  bool   // the profile's entry was read or observed
}

// Get gives the attempt of a label, or nil.
func (a *Attempts) Get(label string) *Attempt {
	if a == nil {
		return nil
	}
	for i := range a.All {
		if a.All[i].Label == label {
			return &a.All[i]
		}
	}
	return nil
}

// Means gives the first attempt with one of these meanings, or nil.
func (a *Attempts) Means(words ...string) *Attempt {
	if a == nil {
		return nil
	}
	for i := range a.All {
		if slices.Contains(words, a.All[i].Means) {
			return &a.All[i]
		}
	}
	return nil
}

// Quote is the answer as a message cites it: the error code and text, or the status.
func (a *Attempt) Quote() string {
	text := strings.TrimSpace(a.Text)
	if r := []rune(text); len(r) > 160 {
		text = string(r[:157]) + "…"
	}
	switch {
	case a.Error != "" && text != "":
		return a.Error + ": " + text
	case a.Error != "":
		return a.Error
	}
	return text
}

var probeOf = map[evidence.Kind]string{
	evidence.Client: "token", evidence.Authorize: "authorize", evidence.Mutated: "authorize", evidence.PAR: "par",
	evidence.Device: "device", evidence.SAMLSSO: "saml",
}

func (c *Case) attempts(kind evidence.Kind) *Attempts {
	obs := c.got(kind)
	if obs == nil {
		return nil
	}
	out := &Attempts{Obs: obs}
	for i := range obs.Exchanges {
		ex := &obs.Exchanges[i]
		if i+1 < len(obs.Exchanges) && obs.Exchanges[i+1].Label == ex.Label {
			continue // followed on by the IdP's own redirect: the last answer counts
		}
		if ex.Failure != nil || ex.Status == 0 {
			continue
		}
		out.All = append(out.All, c.interpret(probeOf[kind], ex))
	}
	if len(out.All) == 0 {
		return nil
	}
	return out
}

func (c *Case) interpret(probe string, ex *evidence.Exchange) Attempt {
	a := Attempt{Label: ex.Label, Exchange: ex, Where: "body", Means: "unknown"}
	if location := ex.Head("Location"); location != "" && ex.Status >= 300 && ex.Status < 400 {
		c.redirected(&a, ex, location)
	} else {
		a.Error, a.Text = bodyError(ex.Body)
	}
	c.mean(probe, &a)
	return a
}

// mean looks up what the profile, else everybody's, says of an answer.
func (c *Case) mean(probe string, a *Attempt) {
	profiles := []*knowledge.IdP{c.IdP}
	if c.IdP.ID != "generic" {
		if generic, ok := c.Lib.IdP("generic"); ok && generic != nil {
			profiles = append(profiles, generic)
		}
	}
	for _, idp := range profiles {
		for _, entry := range idp.Answers {
			if entry.Probe == probe && c.fits(entry, *a) {
				a.Means, a.Certain = entry.Means, entry.S.Certain()
				return
			}
		}
	}
}

func (c *Case) redirected(a *Attempt, ex *evidence.Exchange, location string) {
	a.Where = "idp"
	base, err := url.Parse(ex.URL)
	target, err2 := url.Parse(location)
	if err != nil || err2 != nil {
		return
	}
	target = base.ResolveReference(target)
	answer, err := oidcdoc.ParseAnswer(target.String())
	if err != nil {
		return
	}
	a.Answer, a.Error, a.Text = answer, answer.Error, answer.Description
	if sent := base.Query().Get("redirect_uri"); sent != "" && sameBase(answer.Base, sent) {
		a.Where = "callback"
		return
	}
	// The IdP's own error page: what it says may stand in any parameter, a hint or an encoded blob.
	a.Text = strings.TrimSpace(a.Text + " " + answer.Params.Get("error_hint") + " " + location)
}

// sameBase compares the address of an answer with the redirect URI that was sent; the answer's own parameters do not count.
func sameBase(got, sent string) bool {
	u, err := url.Parse(sent)
	if err != nil {
		return false
	}
	u.RawQuery, u.Fragment = "", ""
	return exact.Compare(got, u.String()).Equal()
}

func (c *Case) fits(k knowledge.Answer, a Attempt) bool {
	return (len(k.Status) == 0 || slices.Contains(k.Status, a.Exchange.Status)) &&
		(k.Where == "" || k.Where == a.Where) &&
		(k.Error == "" || c.Lib.Matches(k.Error, a.Error)) &&
		(k.Text == "" || c.Lib.Contains(k.Text, a.Text))
}

var (
	hidden   = lazily(`(?is)<(script|style|svg|noscript)\b.*?</(script|style|svg|noscript)>`)
	tags     = lazily(`(?s)<[^>]*>`)
	blanks   = lazily(`\s+`)
	inputTag = lazily(`(?is)<input\b[^>]*\bname="(error|error_description)"[^>]*\bvalue="([^"]*)"`)
	numbered = lazily(`\b[A-Z]{4,8}\d{4,7}\b`) // error numbers that stand only in the scripts of an error page
)

// bodyError reads an OAuth error from a JSON body, or the visible text of a page.
func bodyError(body []byte) (code, text string) {
	var parsed struct {
		Error       any    `json:"error"`
		Description string `json:"error_description"`
		Message     string `json:"message"`
		Summary     string `json:"errorSummary"`
		Code        string `json:"errorCode"`
		Hint        string `json:"error_hint"`
	}
	if json.Unmarshal(body, &parsed) == nil {
		code, _ := parsed.Error.(string)
		if code == "" {
			code = parsed.Code
		}
		text := strings.TrimSpace(firstOf(parsed.Description, parsed.Summary, parsed.Message) + " " + parsed.Hint)
		if strings.Contains(code, " ") && text == "" { // a sentence where the code should be (Keycloak's error page as JSON)
			return "", code
		}
		return code, text
	}
	for _, m := range inputTag().FindAllSubmatch(body, -1) {
		if string(m[1]) == "error" {
			code = html.UnescapeString(string(m[2]))
		} else {
			text = html.UnescapeString(string(m[2]))
		}
	}
	if code != "" {
		return code, text
	}
	text = PageText(body)
	if n := numbered().Find(body); n != nil && !strings.Contains(text, string(n)) {
		text = string(n) + " " + text
	}
	return "", text
}

// lazily compiles a pattern on first use: starting up must not pay for it.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// PageText gives the visible text of an HTML page, or the text itself, with white space folded; at most 4,000 runes.
func PageText(body []byte) string {
	s := string(body)
	if strings.Contains(s, "<") {
		s = hidden().ReplaceAllString(s, " ")
		s = html.UnescapeString(tags().ReplaceAllString(s, " "))
	}
	s = strings.TrimSpace(blanks().ReplaceAllString(s, " "))
	if r := []rune(s); len(r) > 4000 {
		s = string(r[:4000])
	}
	return s
}
