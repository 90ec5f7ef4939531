package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/source"
)

type initOptions struct {
	network
	sp, idp, protocol, name, clientID string
	set, domains                      []string
	output                            string
	force, stdout                     bool
}

func newInit(app *App) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init [URL]",
		Short: "write a connection file: from a few answers, flags, or the IdP's address",
		Long: `init writes ssoctl.yaml, or adds a connection to it. Given an address of the IdP (issuer, discovery URL, metadata) it recognises the
product and fills in what it can. On a terminal it asks for the rest; without one, what is not known gets an example to replace, which
is named at the end.`,
		Example: `  ssoctl init https://login.acme.com/realms/main --sp orq --set workspace=acme-corp
  ssoctl init --sp archestra --idp okta --protocol saml --set base_url=https://archestra.acme.com --set provider_id=Okta
  ssoctl init --stdout --sp generic                      only show it`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runInit(app, o, args) },
	}
	o.network.register(cmd)
	f := cmd.Flags()
	f.StringVar(&o.sp, "sp", "", "profile of the application: `ID` of ssoctl catalog sps")
	f.StringVar(&o.idp, "idp", "", "profile of the IdP: `ID` of ssoctl catalog idps; recognised by its address")
	f.StringVar(&o.protocol, "protocol", "", "oidc or saml")
	f.StringVar(&o.name, "name", "", "`NAME` of the connection (default: SP-IDP)")
	f.StringVar(&o.clientID, "client-id", "", "client `ID` as registered at the IdP")
	f.StringArrayVar(&o.set, "set", nil, "a parameter of the application: `KEY=VALUE`")
	f.StringSliceVar(&o.domains, "domain", nil, "e-mail `DOMAIN` that the application lets in")
	f.StringVarP(&o.output, "output", "o", "ssoctl.yaml", "the connection `FILE`")
	f.BoolVar(&o.force, "force", false, "replace the file in place of adding to it")
	f.BoolVar(&o.stdout, "stdout", false, "write to standard output")
	return cmd
}

func runInit(app *App, o initOptions, args []string) error {
	lib := knowledge.New()
	s := &starter{lib: lib, protocol: o.protocol, idp: o.idp, clientID: o.clientID, domains: o.domains}
	address := ""
	if len(args) > 0 {
		address = args[0]
	}
	ask := asker{app: app, in: bufio.NewScanner(app.In)}
	if address == "" && ask.can() {
		address = ask.text("Address of the IdP (issuer, discovery URL or metadata; empty: not known yet)", "")
	}
	if address != "" {
		if err := app.detect(o, s, lib, address); err != nil {
			return err
		}
	}
	id := cmp.Or(o.sp, ask.choice("Application (ssoctl catalog sps)", "generic", spIDs(lib)))
	var ok bool
	if s.sp, ok = lib.SP(id); !ok {
		return unknownProfile("SP", id, spIDs(lib))
	}
	if _, ok := lib.IdP(s.idp); s.idp != "" && !ok {
		return unknownProfile("IdP", s.idp, idpIDs(lib))
	}
	var err error
	if s.params, err = setParams(lib, s.sp, o.set); err != nil {
		return err
	}
	if err := s.settle(ask); err != nil {
		return err
	}
	s.name = cmp.Or(o.name, strings.TrimSuffix(s.sp.ID+"-"+s.idp, "-"))
	return app.writeStarter(o, s)
}

// detect recognises the IdP at an address and takes over what its documents say.
func (a *App) detect(o initOptions, s *starter, lib *knowledge.Library, address string) error {
	f, err := fromURL(address)
	if err != nil {
		return err
	}
	env, err := o.env(a, a.path("."), false)
	if err != nil {
		return err
	}
	ctx, stop := a.Context()
	defer stop()
	one, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	j := &judge{rules: all.Rules(), lib: lib}
	env.Passive = true
	seen := j.gather(one, env, a, f.Targets[0])
	adopt(&seen)
	if seen.target.SAML != nil {
		s.metadata = seen.target.SAML.IdPMetadata
		s.protocol = cmp.Or(s.protocol, "saml")
	} else {
		s.issuer = seen.target.OIDC.Issuer
		s.protocol = cmp.Or(s.protocol, "oidc")
	}
	known := discovered(seen.set)
	clues := knowledge.Clues{Issuer: s.issuer, EntityID: known.EntityID, SSOURL: known.SSOURL, Discovery: known.Discovery}
	if id, how := lib.Detect(clues); how != "" {
		s.idp = cmp.Or(s.idp, id)
		fmt.Fprintf(a.Err, "%s is recognised %s\n", address, how)
	}
	for _, kind := range []evidence.Kind{evidence.Discovery, evidence.SAMLMetadata} {
		if obs := seen.set[kind]; obs != nil && (obs.Failure != nil || obs.Last() != nil && obs.Last().Status != 200) {
			fmt.Fprintf(a.Err, "%s could not be looked at; ssoctl doctor says why\n", address)
		}
	}
	return nil
}

// settle asks for, or refuses, what is not clear yet.
func (s *starter) settle(ask asker) error {
	if s.protocol == "" {
		s.protocol = ask.choice("Protocol", s.sp.Protocols[0], s.sp.Protocols)
	}
	if !slices.Contains(s.sp.Protocols, s.protocol) {
		return usage("", "%s speaks %s, not %q", s.sp.Name, strings.Join(s.sp.Protocols, " and "), s.protocol)
	}
	for _, p := range s.sp.Params {
		if s.params[p.Name] == "" && slices.Contains(p.Required, s.protocol) && ask.can() {
			s.params[p.Name] = ask.shaped(s.lib, p)
		}
	}
	if s.protocol == "oidc" && s.clientID == "" && ask.can() {
		s.clientID = ask.text("Client ID as registered at the IdP (empty: later)", "")
	}
	return nil
}

// writeStarter writes the file, or adds the connection to one that is there.
func (a *App) writeStarter(o initOptions, s *starter) error {
	if o.stdout {
		_, err := fmt.Fprint(a.Out, s.file())
		if len(s.open) > 0 {
			fmt.Fprintf(a.Err, "replace the examples: %s\n", strings.Join(s.open, ", "))
		}
		return err
	}
	name := a.path(o.output)
	old, err := os.ReadFile(name)
	text := s.file()
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return usage("", "%w", err)
	case err == nil && !o.force:
		if text, err = added(o.output, old, s); err != nil {
			return err
		}
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		return usage("", "write --output: %w", err)
	}
	fmt.Fprintf(a.Out, "%s: connection %s written\n", o.output, s.name)
	if len(s.open) > 0 {
		fmt.Fprintf(a.Out, "replace the examples: %s\n", strings.Join(s.open, ", "))
	}
	fmt.Fprintf(a.Out, "then: ssoctl check %s, ssoctl doctor %s\n", o.output, s.name)
	return nil
}

// added appends the connection to a file whose list of connections is the last thing in it.
func added(name string, old []byte, s *starter) (string, error) {
	f, err := config.Parse(name, old)
	if err != nil || len(f.Targets) == 0 {
		return "", usage("--force replaces it", "%s is there and holds no connections to add to", name)
	}
	for _, t := range f.Targets {
		if t.Name == s.name {
			return "", usage("--name gives another name, --force replaces the file", "%s has a connection %q already", name, s.name)
		}
	}
	last := f.Doc.Root.Members[len(f.Doc.Root.Members)-1]
	first := f.Doc.Root.Member("connections")
	if last.Key != "connections" || first.Type != source.List || !strings.Contains(string(old), "\n  - ") {
		return "", usage("--stdout shows the connection, to be pasted", "%s is not laid out so that a connection can be added", name)
	}
	return strings.TrimRight(string(old), "\n") + "\n" + s.entry(), nil
}

func unknownProfile(kind, id string, known []string) error {
	hint := "ssoctl catalog " + strings.ToLower(kind) + "s"
	if near := source.Nearest(id, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usage(hint, "unknown %s profile %q", kind, id)
}

func spIDs(lib *knowledge.Library) []string {
	var out []string
	for _, h := range lib.Heads().SPs {
		out = append(out, h.ID)
	}
	return out
}

func idpIDs(lib *knowledge.Library) []string {
	var out []string
	for _, h := range lib.Heads().IdPs {
		out = append(out, h.ID)
	}
	return out
}

// asker puts questions to the person at the terminal; without one, the default is the answer.
type asker struct {
	app *App
	in  *bufio.Scanner
}

func (q asker) can() bool { return q.app.InTTY && q.app.ErrTTY }

func (q asker) text(question, otherwise string) string {
	if !q.can() {
		return otherwise
	}
	if otherwise != "" {
		question += " [" + otherwise + "]"
	}
	fmt.Fprint(q.app.Err, question+": ")
	if !q.in.Scan() {
		return otherwise
	}
	return cmp.Or(strings.TrimSpace(q.in.Text()), otherwise)
}

// shaped asks for a parameter until the answer has its shape, three times at most; then its example stands there to be changed.
func (q asker) shaped(lib *knowledge.Library, p knowledge.Param) string {
	for range 3 {
		got := q.text(p.Name+": "+p.Say, p.Example)
		why := misshapen(lib, p, got)
		if why == "" {
			return got
		}
		fmt.Fprintln(q.app.Err, why)
	}
	return p.Example
}

// choice asks until the answer is one of the known ones, three times at most.
func (q asker) choice(question, otherwise string, known []string) string {
	for range 3 {
		got := q.text(question, otherwise)
		if !q.can() || slices.Contains(known, got) {
			return got
		}
		fmt.Fprintf(q.app.Err, "one of: %s\n", strings.Join(known, ", "))
	}
	return otherwise
}
