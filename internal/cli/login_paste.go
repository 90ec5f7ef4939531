package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/flow"
	"github.com/ssoctl/ssoctl/internal/receive"
)

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
