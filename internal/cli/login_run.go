package cli

import (
	"maps"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/flow"
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
