package cli

import (
	"errors"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/flow"
	"github.com/ssoctl/ssoctl/internal/receive"
	"github.com/ssoctl/ssoctl/internal/report"
)

// defaultLoopback is where the answer is awaited when no redirect URI on loopback is named. The port is fixed: IdPs compare it, and
// containers and ssh have to forward it.
const defaultLoopback = "http://127.0.0.1:8250/callback"

// loopback is the address to listen on; "" when the answer has to be pasted.
func (l *login) loopback() string {
	if l.o.receive == "paste" || l.o.callbackFile != "" {
		return ""
	}
	redirect := l.o.redirect
	conn := l.session.Conn()
	registered := conn.RedirectURI()
	if conn.SAML != nil {
		registered = conn.ACSURL()
	}
	if u, err := url.Parse(registered); redirect == "" && err == nil && u.Scheme == "http" && exact.Loopback(u.Hostname()) {
		redirect = registered
	}
	if redirect == "" && l.o.receive != "loopback" {
		return ""
	}
	if redirect == "" {
		redirect = defaultLoopback
	}
	if u, err := url.Parse(redirect); l.o.port != 0 && err == nil {
		u.Host = u.Hostname() + ":" + strconv.Itoa(l.o.port)
		redirect = u.String()
	}
	return redirect
}

// byLoopback awaits the browser on a socket of this machine.
func (l *login) byLoopback(redirect string) error {
	saml := l.session.Conn().SAML != nil
	listener, err := receive.Listen(receive.Options{Redirect: redirect, SAML: saml, Accept: l.ours, IdPOrigins: l.origins(), Now: l.app.Now, Random: nil})
	if err != nil {
		hint := "--receive paste needs no port"
		if errors.Is(err, receive.ErrInUse) {
			hint = "--port takes another one, which has to be registered as well; --receive paste needs none"
		}
		return usage(hint, "%w", err)
	}
	defer listener.Close()
	if !l.begin(flow.Options{Redirect: listener.Redirect(), Query: true}, "loopback") {
		return nil
	}
	l.made.Login().Listener, l.made.Login().Redirect = strings.Join(listener.Addresses(), ", "), listener.Redirect()
	l.say("The IdP has to know this address, for the time of the test:  %s", listener.Redirect())
	start := listener.Start(l.attempt.URL)
	if l.attempt.Form != nil {
		start = listener.StartPost(l.attempt.URL, l.attempt.Form)
	}
	if l.o.idpInitiated {
		l.say("Begin the login at the IdP now (its tile for this application).")
	} else {
		l.open(start, l.attempt.URL, listener.Port())
	}
	got, err := l.await(listener)
	l.made.Login().Foreign = listener.Foreign()
	if err != nil {
		l.ended(err)
		if away := listener.Refusals(); len(away) > 0 { // an IdP that leaves the state out of its errors, most likely
			l.made.Login().Detail += "; a request was turned away: " + away[len(away)-1].Why
		}
		return nil
	}
	l.finish(l.answer(got))
	listener.Conclude(l.page())
	return nil
}

// await shows on a terminal how much time is left.
func (l *login) await(listener *receive.Loopback) (receive.Answer, error) {
	bar := l.app.progress(l.o.judging, "waiting for the browser … (Ctrl-C gives up)")
	defer bar()
	return listener.Wait(l.ctx)
}

// ours tells whose answer it is: of OIDC by its state, of SAML by RelayState or by the request that it answers.
func (l *login) ours(a receive.Answer) bool {
	if l.attempt == nil {
		return false
	}
	if l.attempt.Protocol == "saml" {
		return a.Form["SAMLResponse"] != "" && (l.attempt.Unasked || l.attempt.Ours(a.Form["RelayState"]) || flow.Answers(a.Form["SAMLResponse"], l.attempt.RequestID))
	}
	return l.attempt.Ours(flow.Parameters(l.answer(a)).State)
}

func (l *login) answer(a receive.Answer) flow.Answer {
	out := flow.Answer{Method: a.Method, URL: a.URL, ContentType: a.ContentType, At: a.At}
	if a.Method == "POST" {
		out.Form = a.Form
	}
	if a.Form["SAMLResponse"] != "" {
		out.Messages = flow.Posted(a.URL, a.Form)
	}
	return out
}

// origins are those of the IdP's pages, from which a form may post.
func (l *login) origins() []string {
	var out []string
	conn := l.session.Conn()
	addresses := []string{conn.Issuer()}
	if conn.SAML != nil {
		addresses = append(addresses, conn.SAML.SSOURL, l.session.SSOURL())
	} else {
		addresses = append(addresses, l.session.Endpoint("authorization"))
	}
	for _, s := range addresses {
		if u, err := url.Parse(s); err == nil && u.Host != "" && !slices.Contains(out, u.Scheme+"://"+u.Host) {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	return out
}

// open shows the address and, unless that is not wanted, opens it.
func (l *login) open(address, whole string, port int) {
	l.say("Sign in here:\n\n    %s\n", address)
	if whole != address && l.o.verbose {
		l.say("which leads to\n\n    %s\n", whole)
	}
	around := receive.Look(l.app.Getenv, func(name string) ([]byte, error) { return readCapped(name, 64<<10) }, runtime.GOOS)
	if port > 0 {
		for _, advice := range around.Advice(strconv.Itoa(port)) {
			l.say("%s", advice)
		}
	}
	if l.o.noBrowser || l.o.driver == "none" || around.SSH || around.CI && l.o.browser == "" && l.app.Getenv("BROWSER") == "" {
		return
	}
	out, _ := l.app.Err.(*os.File) // a browser outlives this process, so it can only be given a file
	opener := receive.Opener{Env: l.app.Getenv, Surroundings: around, GOOS: runtime.GOOS, Out: out}
	if _, err := opener.Open(l.ctx, l.o.browser, address); err != nil {
		l.say("No browser could be opened (%v): copy the address.", err)
	}
}

// page is what the waiting browser is shown, after the exchange.
func (l *login) page() receive.Page {
	p := receive.Page{Next: "Return to the terminal."}
	s := l.subject(l.app.Now())
	var veil evidence.Veil
	s.set, veil = l.redacted(s.set)
	c := l.app.loginJudged(l.j, s, veil)
	if c.SignedIn != nil {
		for _, row := range c.SignedIn.Rows {
			p.Claims = append(p.Claims, row.Name)
		}
	}
	for _, f := range c.Findings {
		if f.Severity == report.Error && f.CausedBy == "" && !f.Inconclusive {
			p.Title, p.Detail = upperFirst(f.Message), f.Code+": ssoctl says in the terminal what to change."
			return p
		}
	}
	if c.SignedIn == nil || c.SignedIn.Who == "" {
		p.Title = "Nobody is signed in"
		return p
	}
	p.OK, p.Title = true, "Signed in as "+c.SignedIn.Who
	return p
}

// upperFirst begins a sentence.
func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
