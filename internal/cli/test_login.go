package cli

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/flow"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/report"
)

type testLoginOptions struct {
	judging
	network
	receive, driver, redirect          string
	port                               int
	callbackFile, har, finish, browser string
	passwordFile, saveTokens           string
	start, idpInitiated, fresh         bool
	noBrowser, reveal, cleanup         bool
	asAdmin                            bool
}

func newTestLogin(app *App) *cobra.Command {
	var o testLoginOptions
	cmd := &cobra.Command{
		Use:   "test-login [NAME]",
		Short: "sign in once for real: which claims come, and what the SP does with them",
		Long: `test-login makes one real login (OpenID Connect or SAML), shows which claims came from where, and says what the SP would do
with them. Nothing is sent to the SP: when the redirect URI is the SP's, you sign in in your browser and bring the address back.
Tokens and messages are not shown or kept unless you ask for it.`,
		Example: `  ssoctl test-login orq-keycloak                         sign in in the browser, paste the address that it ends at
  ssoctl test-login orq-keycloak --receive loopback      the redirect URI http://127.0.0.1:8250/callback is registered
  SSOCTL_USERNAME=ann SSOCTL_PASSWORD=… ssoctl test-login orq-keycloak --driver form      without a browser, for CI
  ssoctl test-login orq-keycloak --start > attempt.json  in two steps: begin here, sign in elsewhere …
  ssoctl test-login --finish attempt.json                … and paste the address here
  ssoctl test-login orq-keycloak --har login.har         what a recorded login of the SP shows`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := testLogin(app, o, args)
			if err != nil || r == nil {
				return err
			}
			return app.finish(r, o.judging)
		},
	}
	o.judging.register(cmd)
	o.network.register(cmd)
	o.timeout = loginTimeout
	cmd.Flags().Lookup("timeout").DefValue = loginTimeout.String()
	cmd.Flags().Lookup("timeout").Usage = "for the whole login, your part included"
	o.register(cmd)
	return cmd
}

// loginTimeout is how long a person may take.
const loginTimeout = 5 * time.Minute

func (o *testLoginOptions) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.receive, "receive", "auto", "how the answer comes back: auto, paste, loopback, device")
	f.StringVar(&o.driver, "driver", "browser", "who signs in: browser, form (user name and password from SSOCTL_USERNAME and SSOCTL_PASSWORD), none")
	f.StringVar(&o.redirect, "redirect", "", "loopback `URL` to use as redirect URI or ACS (default http://127.0.0.1:8250/callback)")
	f.IntVar(&o.port, "port", 0, "`PORT` of the loopback redirect URI")
	f.StringVar(&o.callbackFile, "callback-file", "", "read the answer (address, SAMLResponse …) from `FILE`, - for standard input")
	f.StringVar(&o.har, "har", "", "judge a login that a browser recorded, a HAR `FILE`")
	f.BoolVar(&o.start, "start", false, "only make the request and write what --finish needs to standard output")
	f.StringVar(&o.finish, "finish", "", "finish the attempt in `FILE` that --start wrote")
	f.BoolVar(&o.idpInitiated, "idp-initiated", false, "SAML: the login begins at the IdP, without a request")
	f.BoolVar(&o.fresh, "fresh", false, "the IdP has to ask for the password, also in a browser that is signed in")
	f.BoolVar(&o.noBrowser, "no-browser", false, "only show the address")
	f.StringVar(&o.browser, "browser", "", "open the address with `CMD`")
	f.StringVar(&o.passwordFile, "password-file", "", "read the password of the form driver from `FILE`")
	f.BoolVar(&o.reveal, "reveal", false, "show secrets and identifiers of sessions as they are")
	f.StringVar(&o.saveTokens, "save-tokens", "", "write the tokens, or the SAML response, to `FILE` (for you alone)")
	f.BoolVar(&o.cleanup, "cleanup", false, "revoke the tokens and end the session at the IdP afterwards")
	f.BoolVar(&o.asAdmin, "as-admin", false, "you sign in as the admin: would enforcing SSO lock you out?")
}

// testLogin makes the report on one login. It is nil when there is nothing to report yet (--start).
func testLogin(app *App, o testLoginOptions, args []string) (*report.Report, error) {
	if err := o.consistent(); err != nil {
		return nil, err
	}
	start := app.Now().UTC().Truncate(time.Second)
	rules := all.Rules()
	selection, err := o.selection(rules)
	if err != nil {
		return nil, err
	}
	if _, err := o.now(start); err != nil {
		return nil, err
	}
	j := &judge{rules: selection.Filter(rules), lib: knowledge.New(), now: func(recorded time.Time) time.Time { t, _ := o.now(recorded); return t }}
	r := &report.Report{Tool: report.Tool{Name: "ssoctl", Version: Version}, At: start, Command: "test-login"}
	if o.evidence != "" {
		subjects, at, err := app.fromRecording(doctorOptions{judging: o.judging, network: o.network}, args)
		if err != nil {
			return nil, err
		}
		r.At = at
		for _, s := range subjects {
			r.Connections = append(r.Connections, app.loginJudged(j, s, evidence.Veil{}))
		}
		r.Conclude()
		return r, nil
	}
	l, err := app.prepareLogin(j, o, args)
	if err != nil {
		return nil, err
	}
	defer l.close()
	if o.start {
		return nil, l.writeAttempt()
	}
	s, err := l.run(start)
	if err != nil {
		return nil, err
	}
	c, err := l.judged(s)
	if err != nil {
		return nil, err
	}
	r.Connections = append(r.Connections, c)
	r.Elapsed = l.waited()
	r.Interrupted = l.ctx.Err() == context.Canceled
	if r.At, err = o.now(r.At); err != nil {
		return nil, err
	}
	r.Conclude()
	return r, nil
}

// consistent refuses flags that do not go together.
func (o *testLoginOptions) consistent() error {
	oneOf := func(flag, value string, known ...string) error {
		for _, k := range known {
			if value == k {
				return nil
			}
		}
		return usage("", "unknown --%s %q; known: %s", flag, value, strings.Join(known, ", "))
	}
	if err := errors.Join(oneOf("receive", o.receive, "auto", "paste", "loopback", "device"), oneOf("driver", o.driver, "browser", "form", "none")); err != nil {
		return err
	}
	given := 0
	for _, set := range []bool{o.har != "", o.start, o.finish != ""} {
		if set {
			given++
		}
	}
	switch {
	case given > 1:
		return usage("", "--har, --start and --finish exclude each other")
	case o.har != "" && o.callbackFile != "":
		return usage("", "--har and --callback-file exclude each other")
	case o.driver == "form" && (o.receive == "paste" || o.receive == "loopback" || o.callbackFile != "" || o.har != "" || o.finish != "" || o.start):
		return usage("the form driver takes the answer itself", "--driver form does not go with another way to receive the answer")
	case o.asAdmin && o.start:
		return usage("", "--as-admin goes with --finish, not with --start")
	}
	return nil
}

// login is one run of test-login.
type login struct {
	app       *App
	o         testLoginOptions
	j         *judge
	target    *config.Target
	own       *knowledge.SP
	ownRaw    []byte
	ctx       context.Context
	stop      func()
	session   *probe.Session
	attempt   *flow.Attempt
	made      *flow.Run
	set       evidence.Set      // what was seen beside the login
	key       [sha256.Size]byte // of the pseudonyms
	warming   sync.WaitGroup    // what is done beside waiting for the answer: early and earlyVeil
	early     evidence.Set      // what was seen before the login, redacted
	earlyVeil evidence.Veil
	began     time.Time
	spent     time.Duration // without the time that a person took
}

// prepareLogin finds the connection and opens it.
func (a *App) prepareLogin(j *judge, o testLoginOptions, args []string) (*login, error) {
	l := &login{app: a, o: o, j: j, began: a.Now(), key: sha256.Sum256([]byte(a.Random()))}
	if o.finish != "" {
		b, err := readCapped(a.path(o.finish), maxInput)
		if err != nil {
			return nil, usage("", "%w", err)
		}
		if l.attempt, err = flow.Load(b); err != nil {
			return nil, usage("it is what ssoctl test-login NAME --start writes", "%s: %w", o.finish, err)
		}
		if l.attempt.Expired(a.Now()) {
			return nil, usage("begin again: ssoctl test-login "+l.attempt.Connection+" --start", "%s: the attempt is older than %.0f minutes", o.finish, flow.Life.Minutes())
		}
		if len(args)+len(o.names) == 0 {
			args = []string{l.attempt.Connection}
		}
	}
	f, targets, err := a.targets(doctorOptions{judging: o.judging, network: o.network}, args)
	if err != nil {
		return nil, err
	}
	if len(targets) != 1 {
		var names []string
		for _, t := range targets {
			names = append(names, t.Name)
		}
		return nil, usage("connections there: "+strings.Join(names, ", "), "test-login signs in to one connection: name it")
	}
	if err := j.known(targets); err != nil {
		return nil, err
	}
	l.target = targets[0]
	if l.attempt != nil && l.attempt.Connection != l.target.Name {
		return nil, usage("", "the attempt in %s is of the connection %q, not of %q", o.finish, l.attempt.Connection, l.target.Name)
	}
	env, err := o.env(a, base(a, f.Doc.File), false)
	if err != nil {
		return nil, err
	}
	env.Passive = env.Passive || o.har != "" // the login is over: the public documents are all that is needed
	l.own, l.ownRaw, _ = ownProfile(l.target, env.ReadFile)
	ctx, stop := a.Context()
	limited, cancel := context.WithTimeout(ctx, o.timeout)
	l.ctx, l.stop = limited, func() { cancel(); stop() }
	l.session = probe.Open(limited, env, l.target, j.lib, l.own)
	return l, nil
}

func (l *login) close() {
	l.warming.Wait()
	l.session.Close()
	l.stop()
}

func (l *login) waited() time.Duration { return l.spent }

// say writes a line for the person at the terminal.
func (l *login) say(format string, args ...any) {
	if !l.o.quiet {
		fmt.Fprintf(l.app.Err, format+"\n", args...)
	}
}

// writeAttempt is --start.
func (l *login) writeAttempt() error {
	a, err := flow.Begin(l.session, flow.Options{Redirect: l.o.redirect, Fragment: l.o.redirect == "", Fresh: l.o.fresh, IdPInitiated: l.o.idpInitiated})
	if err != nil {
		return l.nowhere(err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(a); err != nil {
		return err
	}
	l.say("Sign in here, on any machine:\n\n    %s\n", a.URL)
	l.say("Then, within %.0f minutes:  ssoctl test-login --finish FILE --callback-file -\nThe file holds what proves that the login is yours: keep it to yourself.", flow.Life.Minutes())
	if l.o.output != "" {
		if err := os.WriteFile(l.app.path(l.o.output), b.Bytes(), 0o600); err != nil {
			return usage("", "write --output: %w", err)
		}
		return nil
	}
	_, err = l.app.Out.Write(b.Bytes())
	return err
}

// nowhere explains why no login could begin.
func (l *login) nowhere(err error) error {
	return usage("ssoctl doctor "+l.target.Name+" says what is wrong before a login", "%s: %w", l.target.Name, err)
}

// judged redacts what was seen, judges it, and for who made the login puts the personal values back.
func (l *login) judged(s subject) (report.Connection, error) {
	whole := s.set
	var veil evidence.Veil
	s.set, veil = l.redacted(whole)
	if l.o.record != "" {
		if err := l.app.record("test-login", l.o.record, s.at, []subject{s}); err != nil {
			return report.Connection{}, err
		}
	}
	if l.o.reveal {
		s.set, veil = whole, evidence.Veil{}
	}
	if l.o.saveTokens != "" {
		b, err := json.MarshalIndent(l.made.Raw(), "", " ")
		if err == nil {
			err = os.WriteFile(l.app.path(l.o.saveTokens), append(b, '\n'), 0o600)
		}
		if err != nil {
			return report.Connection{}, usage("", "write --save-tokens: %w", err)
		}
	}
	return l.app.loginJudged(l.j, s, veil), nil
}

// loginJudged makes the judgement on one connection with a login.
func (a *App) loginJudged(j *judge, s subject, veil evidence.Veil) report.Connection {
	out, c := j.judged(s)
	out.Lines = dropLine(out.Lines, "login")
	showUser(&out, c)
	lift(&out, veil)
	if c.Login == nil || c.Login.End != evidence.EndedAnswered && c.Login.End != evidence.EndedRefused {
		decide(&out, s)
	}
	if c.Login == nil || c.User == nil { // nothing can be said of what the SP would do
		out.Undecided = append([]string{cmp.Or(out.SignedIn.Ended, "no login was made")}, out.Undecided...)
	}
	return out
}

func dropLine(lines []report.Line, area string) []report.Line {
	var out []report.Line
	for _, l := range lines {
		if l.Area != area || l.Outcome != report.Unknown {
			out = append(out, l)
		}
	}
	return out
}

// kinds are the kinds of evidence that are gathered beside the login itself.
func (l *login) kinds() map[evidence.Kind]bool {
	kinds := check.Kinds(l.j.rules)
	for _, k := range []evidence.Kind{evidence.LoginRun, evidence.Tokens, evidence.Claims, evidence.SAMLMessages, evidence.Repeat, evidence.Mutated} {
		delete(kinds, k)
	}
	return kinds
}
