package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
	"github.com/ssoctl/ssoctl/internal/flow"
	"github.com/ssoctl/ssoctl/internal/receive"
	"github.com/ssoctl/ssoctl/internal/report"
)

// run looks at the connection as doctor does, makes the login, and gives everything that was seen.
func (l *login) run(start time.Time) (subject, error) {
	bar := l.app.progress(l.o.judging, "asking "+l.target.Name+" …")
	l.set = l.session.Gather(l.kinds())
	l.set[evidence.Config] = &evidence.Observation{Kind: evidence.Config, Source: l.target.File().Doc.File, At: start, Body: l.target.File().Doc.Raw}
	bar()
	l.spent = l.app.Now().Sub(l.began)
	if err := l.sign(); err != nil {
		return subject{}, err
	}
	if l.o.cleanup && l.made != nil {
		if address := l.made.Cleanup(l.ctx); address != "" {
			l.say("This ends the session in your browser:\n\n    %s\n", address)
		}
	}
	return l.subject(start), nil
}

// subject is everything that was seen so far.
func (l *login) subject(at time.Time) subject {
	set := maps.Clone(l.set)
	if l.made != nil {
		l.made.Evidence(set, flow.Person{Admin: l.o.asAdmin})
	}
	return subject{target: l.target, own: l.own, ownRaw: l.ownRaw, set: set, elapsed: l.spent, at: at}
}

// sign makes the login in the way that the flags ask for.
func (l *login) sign() error {
	switch {
	case l.o.har != "":
		return l.fromFile(l.o.har, "har")
	case l.attempt != nil:
		return l.fromFile(l.o.callbackFile, "file")
	case l.o.callbackFile != "" && l.o.callbackFile != "-":
		return l.fromFile(l.o.callbackFile, "file")
	case l.o.receive == "device":
		return l.device()
	case l.o.driver == "form":
		return l.byForm()
	case l.loopback() != "":
		return l.byLoopback(l.loopback())
	}
	return l.byPaste()
}

// begin makes the request; a connection without anywhere to go to is a run that ended before it began.
func (l *login) begin(o flow.Options, receiver string) bool {
	o.Fresh, o.IdPInitiated = l.o.fresh, l.o.idpInitiated
	a, err := flow.Begin(l.session, o)
	if err != nil {
		l.made = flow.New(l.session, &flow.Attempt{Protocol: string(l.target.Protocol()), Connection: l.target.Name, Began: l.app.Now()}, receiver)
		l.made.End(evidence.EndedUnsent, strings.TrimPrefix(err.Error(), flow.ErrNowhere.Error()+": "))
		return false
	}
	l.attempt, l.made = a, flow.New(l.session, a, receiver)
	l.warm()
	return true
}

// warm redacts and judges what is known so far, and forgets the judgement: profiles are then read and patterns compiled by the time the
// answer comes, after which somebody waits.
func (l *login) warm() {
	l.warming.Go(func() {
		l.early, l.earlyVeil = evidence.RedactVeiled(l.set, l.key[:])
		l.j.judged(subject{target: l.target, own: l.own, ownRaw: l.ownRaw, set: maps.Clone(l.early), at: l.began})
	})
}

// redacted is a set without personal values. What was redacted in the meantime is not redacted again.
func (l *login) redacted(set evidence.Set) (evidence.Set, evidence.Veil) {
	l.warming.Wait()
	rest := evidence.Set{}
	for kind, obs := range set {
		if l.early[kind] == nil || l.set[kind] != obs {
			rest[kind] = obs
		}
	}
	out, veil := evidence.RedactVeiled(rest, l.key[:])
	for kind, obs := range l.early {
		if out[kind] == nil && set[kind] != nil {
			out[kind] = obs
		}
	}
	return out, veil.With(l.earlyVeil)
}

// finish goes on from an answer, and measures how long that takes.
func (l *login) finish(ans flow.Answer) {
	from := l.app.Now()
	l.made.Finish(l.ctx, ans)
	l.spent += l.app.Now().Sub(from)
}

// fromFile takes the answer from a file or standard input: of an attempt, or of a login that somebody else made.
func (l *login) fromFile(name, receiver string) error {
	if l.attempt == nil {
		l.attempt = &flow.Attempt{Protocol: string(l.target.Protocol()), Connection: l.target.Name, Began: l.app.Now(), Unasked: l.o.idpInitiated}
		if c := l.session.Conn(); c.SAML != nil {
			l.attempt.RedirectURI = c.ACSURL()
		} else {
			l.attempt.RedirectURI = c.RedirectURI()
		}
	}
	var data []byte
	var err error
	if name == "" || name == "-" {
		if l.app.ErrTTY {
			l.say("paste it here, then press Ctrl-D:")
		}
		data, err = readAll(l.app.In, "-", maxPaste)
	} else {
		data, err = readCapped(l.app.path(name), maxPaste)
	}
	if err != nil {
		return usage("", "%w", err)
	}
	ans, har, err := flow.Read(string(data), l.attempt, l.app.Now())
	if err != nil {
		return usage("the address after the login, the SAMLResponse, or a HAR file", "%s: %w", standardInput(name), err)
	}
	if har {
		receiver = "har"
	}
	l.made = flow.New(l.session, l.attempt, receiver)
	l.finish(ans)
	return nil
}

// byForm lets the form driver sign in.
func (l *login) byForm() error {
	who, err := l.credentials()
	if err != nil {
		return err
	}
	if !l.begin(flow.Options{Redirect: l.o.redirect}, "form") {
		return nil
	}
	start := l.attempt.URL
	if l.o.idpInitiated {
		if start = l.session.IdPInitiated(); start == "" {
			l.made.End(evidence.EndedUnsent, "where an IdP-initiated login begins is not known for "+l.session.Conn().IdP.Name)
			return nil
		}
	}
	bar := l.app.progress(l.o.judging, "signing in …")
	from := l.app.Now()
	ans, ok := l.made.SignIn(l.ctx, start, who)
	l.spent += l.app.Now().Sub(from)
	if ok {
		l.finish(ans)
	}
	bar()
	return nil
}

// credentials of the form driver come from the environment and a file, never from the command line.
func (l *login) credentials() (flow.Credentials, error) {
	who := flow.Credentials{Username: l.app.Getenv("SSOCTL_USERNAME"), Password: l.app.Getenv("SSOCTL_PASSWORD")}
	if l.o.passwordFile != "" {
		b, err := readCapped(l.app.path(l.o.passwordFile), 64<<10)
		if err != nil {
			return who, usage("", "read --password-file: %w", err)
		}
		who.Password = strings.TrimRight(string(b), "\r\n")
	}
	if who.Username == "" || who.Password == "" {
		return who, usage("set SSOCTL_USERNAME, and SSOCTL_PASSWORD or --password-file", "the form driver needs the name and password of a user")
	}
	return who, nil
}

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

// byPaste lets the person bring the address back.
func (l *login) byPaste() error {
	if !l.begin(flow.Options{Redirect: l.o.redirect, Fragment: true}, "paste") {
		return nil
	}
	a := l.attempt
	if a.URL != "" && a.Form == nil {
		l.open(a.URL, a.URL, 0)
	}
	if a.Form != nil {
		l.say("The request goes by a form (HTTP-POST). Begin the login at %s and bring the answer here.", l.session.Conn().SP.Name)
	}
	if a.Protocol == "saml" {
		l.say("The answer goes to %s by a form: before you sign in, open the developer tools (F12) › Network, keep the log,\nand afterwards copy the SAMLResponse of that request (Payload), or save all as HAR.", a.RedirectURI)
	} else {
		l.say("After the login the address bar shows %s…; copy all of it.", a.RedirectURI)
	}
	for {
		text, err := l.paste()
		if err != nil {
			l.ended(err)
			return nil
		}
		ans, har, err := flow.Read(text, a, l.app.Now())
		switch {
		case err != nil && l.app.InTTY:
			l.say("That is no answer of a login: %v. Once more:", err)
			continue
		case err != nil:
			return usage("the address after the login, or the SAMLResponse", "%w", err)
		case a.Protocol == "oidc" && !har && !a.Ours(flow.Parameters(ans).State) && l.app.InTTY:
			l.made.Login().Foreign++
			l.say("That is the answer of another attempt. The one of this login, please:")
			continue
		}
		l.finish(ans)
		return nil
	}
}

func (l *login) paste() (string, error) {
	left := func() (time.Duration, bool) {
		deadline, ok := l.ctx.Deadline()
		return time.Until(deadline), ok
	}
	return receive.Prompt{In: l.app.In, Out: l.app.Err, TTY: l.app.InTTY && l.app.ErrTTY, Whole: l.whole}.Paste(l.ctx, left)
}

// whole reports whether a text that is being pasted is an answer already.
func (l *login) whole(text string) bool {
	_, _, err := flow.Read(text, l.attempt, l.app.Now())
	return err == nil
}

// ended tells apart how waiting for a person can end.
func (l *login) ended(err error) {
	switch {
	case errors.Is(l.ctx.Err(), context.DeadlineExceeded):
		l.made.End(evidence.EndedTimeout, fmt.Sprintf("no answer within %s", l.o.timeout))
	case errors.Is(err, io.ErrUnexpectedEOF):
		l.made.End(evidence.EndedCancelled, "nothing was pasted")
	default:
		l.made.End(evidence.EndedCancelled, "given up")
	}
}

// device signs in on another device.
func (l *login) device() error {
	if l.session.Conn().OIDC == nil {
		return usage("", "the device flow is one of OpenID Connect, and %s speaks SAML", l.target.Name)
	}
	l.made = flow.New(l.session, &flow.Attempt{Protocol: "oidc", Connection: l.target.Name, Began: l.app.Now()}, "device")
	d, ok := l.made.Device(l.ctx)
	if !ok {
		return nil
	}
	l.say("On any device, go to\n\n    %s\n\nand enter  %s", d.URL, d.UserCode)
	bar := l.app.progress(l.o.judging, "waiting …")
	defer bar()
	l.made.Poll(l.ctx, d)
	if l.ctx.Err() != nil {
		l.ended(l.ctx.Err())
	}
	return nil
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
