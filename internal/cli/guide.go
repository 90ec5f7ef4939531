package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/guide"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/render"
	"github.com/ssoctl/ssoctl/internal/report"
)

type guideOptions struct {
	config, name, protocol, format, output, color string
	set                                           []string
}

func newGuide(app *App) *cobra.Command {
	var o guideOptions
	cmd := &cobra.Command{
		Use:   "guide [SP IDP]",
		Short: "how to set a connection up, step by step, at the IdP and at the SP",
		Long: `guide leads through both consoles in the order of the work: what to press, what goes into each field, what to take along to the other
side, the mistakes that usually happen there, and the command that shows whether a part is right. Values come from the connection (-n, or
the only one of ssoctl.yaml that fits) or from --set; what nobody knows yet is marked ‹so›. No network.`,
		Example: `  ssoctl guide orq keycloak --protocol saml --set workspace=acme-corp
  ssoctl guide -n archestra-okta                         with the values of a connection
  ssoctl guide torq entra --format html -o guide.html    a page to hand on`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return writeGuide(app, o, args) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "connection `FILE` (default: ssoctl.yaml here or in a parent folder)")
	f.StringVarP(&o.name, "name", "n", "", "the connection of this `NAME`")
	f.StringVar(&o.protocol, "protocol", "", "oidc or saml (default: the first that both speak)")
	f.StringArrayVar(&o.set, "set", nil, "a parameter of the application: `KEY=VALUE`")
	f.StringVar(&o.format, "format", "text", "output: "+strings.Join(render.GuideFormats, ", "))
	f.StringVarP(&o.output, "output", "o", "", "write the guide to `FILE` instead of standard output")
	f.StringVar(&o.color, "color", "auto", "colour: auto, always, never")
	return cmd
}

// writeGuide makes the guide and writes it.
func writeGuide(app *App, o guideOptions, args []string) error {
	g, err := makeGuide(app, o, args)
	if err != nil {
		return err
	}
	color, err := app.colour(o.color)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := render.Guide(&b, o.format, g, render.Options{Width: app.Width, Color: color && o.output == ""}); err != nil {
		return usage("", "%w", err)
	}
	if o.output == "" {
		_, err := app.Out.Write(b.Bytes())
		return err
	}
	if err := os.WriteFile(app.path(o.output), b.Bytes(), 0o644); err != nil {
		return usage("", "write --output: %w", err)
	}
	return nil
}

// makeGuide finds the connection that the guide is for, or makes one up of the two products.
func makeGuide(app *App, o guideOptions, args []string) (*report.Guide, error) {
	lib := knowledge.New()
	if !slices.Contains([]string{"", "oidc", "saml"}, o.protocol) {
		return nil, usage("", "unknown --protocol %q; known: oidc, saml", o.protocol)
	}
	if o.name != "" {
		return app.guideOf(lib, o, args)
	}
	if len(args) != 2 {
		return nil, usage("ssoctl guide orq keycloak, or ssoctl guide -n NAME", "guide needs an SP and an IdP, or the name of a connection")
	}
	sp, err := app.spOf(lib, args[0])
	if err != nil {
		return nil, err
	}
	idp, ok := lib.IdP(args[1])
	if !ok {
		return nil, unknownProfile("IdP", args[1], idpIDs(lib))
	}
	if t, base := app.fitting(lib, o, args); t != nil {
		fmt.Fprintf(app.Err, "with the values of %s (%s)\n", t.Name, t.File().Doc.File)
		return built(app.resolved(lib, t, base), t.Name)
	}
	c, err := madeUp(lib, sp, idp, args[0], o)
	if err != nil {
		return nil, err
	}
	return built(c, "")
}

func built(c *connection.Connection, name string) (*report.Guide, error) {
	g, err := guide.Build(c, name)
	if err != nil {
		return nil, usage("ssoctl catalog idps", "%w", err)
	}
	return g, nil
}

// guideOf makes the guide of a named connection; products beside the name have to be its own.
func (a *App) guideOf(lib *knowledge.Library, o guideOptions, args []string) (*report.Guide, error) {
	f, targets, err := a.targets(doctorOptions{judging: judging{config: o.config, names: []string{o.name}}}, nil)
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		return nil, usage("", "%s holds no connection", f.Doc.File)
	}
	c := a.resolved(lib, targets[0], base(a, f.Doc.File))
	for i, have := range []string{targets[0].SPProfile(), c.IdP.ID} {
		if i < len(args) && args[i] != have {
			return nil, usage("leave the products out, or -n", "connection %q is one of %q and not of %q", o.name, have, args[i])
		}
	}
	if o.protocol != "" && o.protocol != string(c.Protocol()) {
		return nil, usage("leave --protocol out", "connection %q speaks %q, not %q", o.name, c.Protocol(), o.protocol)
	}
	if c.UnknownSP != "" {
		return nil, unknownProfile("SP", c.UnknownSP, spIDs(lib))
	}
	return built(c, o.name)
}

func (a *App) resolved(lib *knowledge.Library, t *config.Target, base string) *connection.Connection {
	own, _, _ := ownProfile(t, a.reader(base))
	return connection.Resolve(t, lib, own, connection.Seen{})
}

// reader reads files that a connection file names, relative to its folder.
func (a *App) reader(base string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(base, name)
		}
		return readCapped(name, maxInput)
	}
}

// spOf finds an SP profile by its id, or reads one of the user's own.
func (a *App) spOf(lib *knowledge.Library, id string) (*knowledge.SP, error) {
	if isProfilePath(id) {
		b, err := readCapped(a.path(id), maxInput)
		if err != nil {
			return nil, usage("", "%w", err)
		}
		sp, _, problems, err := knowledge.ParseSP(id, b)
		if err == nil && len(problems) > 0 {
			err = errors.New(problems[0].Message())
		}
		if err != nil {
			return nil, usage("ssoctl check "+id, "%s: %w", id, err)
		}
		return sp, nil
	}
	sp, ok := lib.SP(id)
	if !ok {
		return nil, unknownProfile("SP", id, spIDs(lib))
	}
	return sp, nil
}

// fitting is the only connection of the file between the two products; nil when there is no file, none or several. A guide can be had
// without any file, so nothing about the file is an error here.
func (a *App) fitting(lib *knowledge.Library, o guideOptions, args []string) (*config.Target, string) {
	if len(o.set) > 0 {
		return nil, ""
	}
	name, err := a.find(o.config)
	if err != nil {
		return nil, ""
	}
	f, err := a.load(name)
	if err != nil {
		return nil, ""
	}
	var found []*config.Target
	for _, t := range f.Targets {
		c := a.resolved(lib, t, base(a, f.Doc.File))
		if t.SPProfile() == args[0] && c.IdP.ID == args[1] && c.Protocol() != "" && (o.protocol == "" || string(c.Protocol()) == o.protocol) {
			found = append(found, t)
		}
	}
	if len(found) != 1 {
		return nil, ""
	}
	return found[0], base(a, f.Doc.File)
}

// madeUp is a connection of the two products that states nothing but what --set gives.
func madeUp(lib *knowledge.Library, sp *knowledge.SP, idp *knowledge.IdP, profile string, o guideOptions) (*connection.Connection, error) {
	params, err := setParams(lib, sp, o.set)
	if err != nil {
		return nil, err
	}
	protocol := o.protocol
	if protocol == "" {
		both := append(guide.Speaks(sp, idp), sp.Protocols...) // without a common one Build says why
		protocol = cmp.Or(both...)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nconnections:\n  - name: guide\n    sp:\n      profile: %q\n", profile)
	for _, p := range sp.Params {
		if v := params[p.Name]; v != "" {
			fmt.Fprintf(&b, "      %s: %q\n", p.Name, v)
		}
	}
	fmt.Fprintf(&b, "    idp: {profile: %q}\n    %s: {}\n", idp.ID, protocol)
	f, err := config.Parse("", []byte(b.String()))
	if err != nil {
		return nil, err
	}
	return connection.Resolve(f.Targets[0], lib, sp, connection.Seen{}), nil
}
