package flow

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// maxSteps bounds the pages and redirects of one login.
const maxSteps = 25

// Credentials of the user that the form driver signs in.
type Credentials struct{ Username, Password string }

// driver walks through the IdP's pages as a browser without scripts does.
type driver struct {
	ctx     context.Context
	r       *Run
	who     Credentials
	origin  string // the password goes nowhere else
	home    string // redirect URI or ACS: where it stops
	named   bool   // the user name was entered
	entered bool   // the password was entered: it is tried once
	passed  int    // pages with a single button
}

// step is one request of the driver.
type step struct {
	method, url string
	form        url.Values
	secret      bool // the form holds the password
}

// SignIn goes through the IdP's login pages by itself, enters user name and password once, and gives the answer that a browser would take
// to the redirect URI or ACS. It stops there. ok is false when the login ended otherwise; the run then says how.
func (r *Run) SignIn(ctx context.Context, start string, who Credentials) (Answer, bool) {
	d := &driver{ctx: ctx, r: r, who: who, origin: start, home: r.a.RedirectURI}
	r.jar = newJar()
	next := step{method: http.MethodGet, url: start}
	if r.a.Form != nil && start == r.a.URL {
		next.method, next.form = http.MethodPost, url.Values{}
		for name, v := range r.a.Form {
			next.form.Set(name, v)
		}
	}
	for range maxSteps {
		ex, cookies := r.s.Send(ctx, probe.Request{Label: evidence.LoginPage, Method: next.method, URL: next.url, Accept: "text/html", Form: next.form, Cookie: r.jar.give(next.url)})
		r.jar.take(next.url, cookies)
		r.keep(nameless(ex))
		if ex.Failure != nil {
			r.End(evidence.EndedUnsent, "the IdP's page did not come: "+ex.Failure.Text)
			return Answer{}, false
		}
		ans, then, done := d.read(ex, next)
		if done {
			return ans, ans.URL != ""
		}
		next = then
	}
	r.End(evidence.EndedInteraction, fmt.Sprintf("the login does not end: %d pages and redirects", maxSteps))
	return Answer{}, false
}

// nameless takes the values out of a form that is recorded: they hold the user's name and password.
func nameless(ex evidence.Exchange) evidence.Exchange {
	form := map[string]string{}
	for name := range ex.Form {
		form[name] = "[not kept]"
	}
	if len(form) > 0 {
		ex.Form = form
	}
	return ex
}

// read decides what a browser would do with an answer.
func (d *driver) read(ex evidence.Exchange, sent step) (Answer, step, bool) {
	if location := ex.Head("Location"); location != "" && ex.Status >= 300 && ex.Status < 400 {
		next, err := follow(sent.url, location)
		switch {
		case err != nil:
			return d.end(evidence.EndedRefused, "the IdP redirects to an address that cannot be read")
		case d.atHome(next):
			return Answer{Method: http.MethodGet, URL: next, At: ex.At, Messages: opened(next)}, step{}, true
		case d.astray(next):
			bare, _, _ := strings.Cut(next, "?")
			bare, _, _ = strings.Cut(bare, "#")
			return d.end(evidence.EndedRefused, fmt.Sprintf("%s %q and not to %q, the redirect URI of the request", evidence.SentElsewhere, bare, d.home))
		}
		then := step{method: http.MethodGet, url: next}
		if (ex.Status == http.StatusTemporaryRedirect || ex.Status == http.StatusPermanentRedirect) && !sent.secret {
			then.method, then.form = sent.method, sent.form
		}
		return Answer{}, then, false
	}
	page := readPage(ex.Body, sent.url)
	for _, f := range page.Forms {
		if ans, ok := d.delivers(ex, sent, f); ok {
			return ans, step{}, true
		}
	}
	if ex.Status >= 400 && d.loginForm(page) == nil {
		return d.refused(ex, page)
	}
	return d.page(ex, sent, page)
}

// readPage reads the page at an address, the actions of its forms being relative to <base> where it has one.
func readPage(body []byte, address string) unwrap.Page {
	page := unwrap.ReadPage(body)
	if page.Base == "" {
		return page
	}
	for i := range page.Forms {
		f := &page.Forms[i]
		if f.Action == "" { // a form without one goes to the page itself
			continue
		}
		base, err := follow(address, page.Base)
		if err != nil {
			continue
		}
		if action, err := follow(base, f.Action); err == nil {
			f.Action = action
		}
	}
	return page
}

// follow resolves a Location, its fragment included (RFC 9110 §10.2.2).
func follow(base, location string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	l, err := url.Parse(location)
	if err != nil {
		return "", err
	}
	return b.ResolveReference(l).String(), nil
}

// atHome reports whether an address is the redirect URI or ACS, whatever its query and fragment.
func (d *driver) atHome(address string) bool {
	bare := func(s string) string {
		u, err := url.Parse(s)
		if err != nil {
			return s
		}
		return strings.ToLower(u.Scheme+"://"+u.Host) + cmp.Or(u.EscapedPath(), "/")
	}
	return d.home != "" && bare(address) == bare(d.home)
}

// astray reports whether an address that is not the redirect URI is sent an answer of this login: its state with a code, a token or an
// error. It is not asked, since the code is meant for nobody there.
func (d *driver) astray(address string) bool {
	if d.r.a.Protocol != "oidc" {
		return false
	}
	a, err := oidcdoc.ParseAnswer(address)
	if err != nil || d.r.a.State == "" || a.State != d.r.a.State {
		return false
	}
	return a.Code != "" || a.Params.Has("id_token") || a.Params.Has("access_token")
}

// delivers reads a form that carries the answer: of form_post, or of the HTTP-POST binding.
func (d *driver) delivers(ex evidence.Exchange, sent step, f unwrap.PageForm) (Answer, bool) {
	fields := map[string]string{}
	for _, field := range f.Fields {
		if field.Name != "" && field.Type != "submit" {
			fields[field.Name] = field.Value
		}
	}
	action, err := follow(sent.url, f.Action)
	if err != nil {
		return Answer{}, false
	}
	saml := fields["SAMLResponse"] != "" && d.r.a.Protocol == "saml"
	if !saml && !d.atHome(action) {
		return Answer{}, false
	}
	ans := Answer{Method: http.MethodPost, URL: action, Form: fields, ContentType: "application/x-www-form-urlencoded", At: ex.At}
	if d.r.a.Protocol == "saml" {
		ans.Messages = Posted(action, fields) // as the SP gets it
	}
	return ans, true
}

// opened gives the SAML messages in a text.
func opened(text string) []unwrap.Document {
	if !strings.Contains(strings.ToLower(text), "saml") {
		return nil
	}
	found, err := unwrap.Open("", []byte(text))
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(found, func(d unwrap.Document) bool { return !probe.IsMessage(d) })
}

// page answers a page of the IdP.
func (d *driver) page(ex evidence.Exchange, sent step, page unwrap.Page) (Answer, step, bool) {
	if f := d.loginForm(page); f != nil {
		return d.enter(ex, sent, page, f)
	}
	if page.Mishap() {
		return d.refused(ex, page)
	}
	if what := asksFor(page); what != "" {
		return d.end(evidence.EndedInteraction, what)
	}
	if f := onlyWay(page); f != nil && d.passed < 4 {
		d.passed++
		return d.submit(sent, f, nil)
	}
	if len(page.Forms) == 0 && d.entered || ex.Status >= 400 {
		return d.refused(ex, page)
	}
	if api := d.r.s.Conn().IdP.LoginAPI.V; api != "" && !d.entered {
		return d.byAPI(api, sent)
	}
	return d.end(evidence.EndedInteraction, "a page that needs scripts or a choice"+said(page))
}

// enter fills in the user's name and password. The password goes to the origin where the login began, once, and never in clear over a network.
func (d *driver) enter(ex evidence.Exchange, sent step, page unwrap.Page, f *unwrap.PageForm) (Answer, step, bool) {
	password := count(f, "password") == 1
	if password && d.entered {
		if len(d.r.jar.Withheld) > 0 {
			return d.end(evidence.EndedPassword, "the IdP sets Secure cookies on plain http, so they are not sent back: "+strings.Join(d.r.jar.Withheld, ", "))
		}
		return d.end(evidence.EndedPassword, strings.TrimPrefix(said(page), ": "))
	}
	action, err := follow(sent.url, cmp.Or(f.Action, sent.url))
	if err != nil || !probe.SameOrigin(action, d.origin) || !probe.SameOrigin(sent.url, d.origin) {
		return d.end(evidence.EndedInteraction, "the password is asked for at another origin than the IdP's: "+origin(sent.url)+", form to "+origin(action))
	}
	if u, err := url.Parse(action); err != nil || u.Scheme != "https" && !exact.Loopback(u.Hostname()) {
		return d.end(evidence.EndedInteraction, "the login page is not https, so no password is sent to it")
	}
	if d.who.Username == "" || password && d.who.Password == "" {
		return d.end(evidence.EndedInteraction, "the IdP asks for user name and password, and none was given")
	}
	values := map[string]string{}
	for _, field := range f.Fields {
		switch {
		case field.Type == "password":
			values[field.Name], d.entered = d.who.Password, true
		case (field.Type == "text" || field.Type == "email") && (field.Name == userField(f) || userField(f) == ""):
			values[field.Name], d.named = d.who.Username, true
		}
	}
	_, next, done := d.submit(sent, f, values)
	next.secret = password
	return Answer{}, next, done
}

// submit sends a form as a browser does that presses its first button.
func (d *driver) submit(sent step, f *unwrap.PageForm, values map[string]string) (Answer, step, bool) {
	action, err := follow(sent.url, cmp.Or(f.Action, sent.url))
	if err != nil {
		return d.end(evidence.EndedInteraction, "the form of the IdP's page leads to an address that cannot be read")
	}
	form, pressed := url.Values{}, false
	for _, field := range f.Fields {
		v, given := values[field.Name]
		switch field.Type {
		case "submit", "image":
			if pressed {
				continue
			}
			pressed = true
		case "checkbox", "radio":
			if !field.Checked {
				continue
			}
		case "button", "reset", "file":
			continue
		}
		if field.Name == "" {
			continue
		}
		if !given {
			v = field.Value
		}
		form.Add(field.Name, v)
	}
	if f.Method == http.MethodPost {
		return Answer{}, step{method: http.MethodPost, url: action, form: form}, false
	}
	u, err := url.Parse(action)
	if err != nil {
		return d.end(evidence.EndedInteraction, "the form of the IdP's page leads to an address that cannot be read")
	}
	u.RawQuery = form.Encode()
	return Answer{}, step{method: http.MethodGet, url: u.String()}, false
}

// refused ends at a page of the IdP that says no.
func (d *driver) refused(ex evidence.Exchange, page unwrap.Page) (Answer, step, bool) {
	return d.end(evidence.EndedRefused, strings.TrimPrefix(said(page), ": "))
}

func (d *driver) end(how, detail string) (Answer, step, bool) {
	d.r.End(how, detail)
	return Answer{}, step{}, true
}

// Callback reports whether the parameters of an answer are an authorization response at all.
func Callback(a *oidcdoc.Answer) bool {
	return a != nil && (a.Code != "" || a.Error != "" || a.Params.Has("id_token") || a.Params.Has("access_token") || a.Params.Has("response"))
}
