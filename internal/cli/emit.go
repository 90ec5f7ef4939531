package cli

import (
	"bytes"
	"cmp"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/render"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

type emitOptions struct {
	config string
	name   string
	side   string
	as     string
	output string
	quiet  bool
}

func newEmit(app *App) *cobra.Command {
	var o emitOptions
	cmd := &cobra.Command{
		Use:   "emit [NAME] --for idp|sp",
		Short: "write the configuration for the other side, as a file to import or a sheet to fill in",
		Long: `emit writes a connection down for one of its two sides: for the IdP the application to register, complete for what the SP needs;
for the SP its form, API or Terraform. The format that fits the product is the default, --as chooses another one. No file holds a secret:
secrets are variables, references, or left for the product to make. What is left to do by hand stands on standard error. No network.

Formats for the IdP:
` + formatIDs(emit.IdP) + `
Formats for the SP:
` + strings.TrimRight(formatIDs(emit.SP), "\n"),
		Example: `  ssoctl emit orq-keycloak --for idp > client.json          import it: kcadm.sh create clients -f client.json
  ssoctl emit archestra-okta --for idp --as okta_terraform -o okta.tf
  ssoctl emit orq-entra --for idp -o entra/                 several files: JSON and the az commands
  ssoctl emit torq-keycloak --for sp                        the fields of Torq's form, in their order`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.name = args[0]
			}
			return app.emit(o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "connection `FILE` (default: ssoctl.yaml here or in a parent folder)")
	f.StringVarP(&o.name, "name", "n", "", "the connection of this `NAME`")
	f.StringVar(&o.side, "for", "", "whose configuration, `SIDE`: idp or sp")
	f.StringVar(&o.as, "as", "", "another `FORMAT` than the usual one")
	f.StringVarP(&o.output, "output", "o", "", "write to this `PATH`, a file or a folder, instead of standard output")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not say what is left to do")
	return cmd
}

// emit writes one connection in one format.
func (a *App) emit(o emitOptions) error {
	side := emit.Side(o.side)
	if side != emit.IdP && side != emit.SP {
		return usage("for the identity provider: --for idp; for the application: --for sp", "--for %q is neither idp nor sp", o.side)
	}
	name, err := a.find(o.config)
	if err != nil {
		return err
	}
	f, err := a.load(name)
	if err != nil {
		return err
	}
	t, err := oneTarget(f, o.name)
	if err != nil {
		return err
	}
	lib := knowledge.New()
	if err := (&judge{lib: lib}).known([]*config.Target{t}); err != nil {
		return err
	}
	in, err := a.emitInput(t, lib, connection.Seen{})
	if err != nil {
		return err
	}
	format, err := emit.Pick(in.Connection, side, o.as)
	if err != nil {
		return usage("", "%w", err)
	}
	out, err := format.Write(in)
	if err != nil {
		return usage("ssoctl check "+name, "%w", err)
	}
	if err := a.putOut(out, o.output); err != nil {
		return err
	}
	if !o.quiet {
		a.leftToDo(out.Left())
	}
	return nil
}

// oneTarget is the named connection, or the only one.
func oneTarget(f *config.File, name string) (*config.Target, error) {
	if name == "" && len(f.Targets) == 1 {
		return f.Targets[0], nil
	}
	var names []string
	for _, t := range f.Targets {
		if t.Name == name && name != "" {
			return t, nil
		}
		names = append(names, t.Name)
	}
	switch {
	case len(names) == 0:
		return nil, usage("ssoctl init", "%s holds no connection", f.Doc.File)
	case name == "":
		return nil, usage("connections there: "+strings.Join(names, ", "), "%s holds %d connections: name one", f.Doc.File, len(names))
	}
	return nil, unknownConnection(f, name)
}

// emitInput resolves a connection and reads the files that it names: the IdP's metadata and the two certificates. A file that is not
// there leaves its place marked in the output; check says what is wrong with it.
func (a *App) emitInput(t *config.Target, lib *knowledge.Library, seen connection.Seen) (emit.Input, error) {
	env, err := (&network{}).env(a, base(a, t.File().Doc.File), true)
	if err != nil {
		return emit.Input{}, err
	}
	own, _, err := ownProfile(t, env.ReadFile)
	if err != nil {
		return emit.Input{}, usage("", "read the SP profile: %w", err)
	}
	in := emit.Input{EntityID: seen.EntityID, SSOURL: seen.SSOURL}
	if s := t.SAML; s != nil {
		in.Certificate = certificateOf(s.Certificate, env.ReadFile)
		in.SPCertificate = certificateOf(s.SPCertificate, env.ReadFile)
		if s.IdPMetadata != "" && !strings.Contains(s.IdPMetadata, "://") {
			fromMetadata(&in, s, env.ReadFile)
			seen.EntityID, seen.SSOURL = in.EntityID, in.SSOURL
		}
	}
	in.Connection = connection.Resolve(t, lib, own, seen)
	return in, nil
}

// fromMetadata fills in what the IdP's metadata says.
func fromMetadata(in *emit.Input, s *config.SAMLPart, read func(string) ([]byte, error)) {
	b, err := read(s.IdPMetadata)
	if err != nil {
		return
	}
	m, err := samldoc.ParseMetadata(s.IdPMetadata, b, s.IdPEntityID, "IDPSSODescriptor")
	if err != nil || m.Entity == nil || m.IdP() == nil {
		return
	}
	in.EntityID, in.SSOURL, in.Metadata = m.EntityID(), m.SignOnURL(), string(b)
	for _, k := range samldoc.Keys(m.IdP(), "signing") {
		if in.Certificate == "" && len(k.Text.Certs) > 0 {
			in.Certificate = asPEM(k.Text.Certs[0].DER)
		}
	}
}

// certificateOf is the first certificate of a field, as PEM; the field holds a path or the certificate itself. "" when there is none.
func certificateOf(field string, read func(string) ([]byte, error)) string {
	if field == "" {
		return ""
	}
	text := cert.Parse([]byte(field))
	if len(text.Certs) == 0 {
		b, err := read(field)
		if err != nil {
			return ""
		}
		text = cert.Parse(b)
	}
	if len(text.Certs) == 0 {
		return ""
	}
	return asPEM(text.Certs[0].DER)
}

func asPEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// putOut writes an output: to a file, into a folder, or to standard output, where several files have a line with their name before them.
func (a *App) putOut(out emit.Output, to string) error {
	path := a.path(to)
	info, err := os.Stat(path)
	folder := to != "" && (err == nil && info.IsDir() || os.IsPathSeparator(to[len(to)-1]) || len(out.Files) > 1)
	switch {
	case to == "":
		var b bytes.Buffer
		for _, f := range out.Files {
			if len(out.Files) > 1 {
				fmt.Fprintf(&b, "-- %s --\n", f.Name)
			}
			b.Write(f.Body)
		}
		_, err := a.Out.Write(b.Bytes())
		return err
	case folder && err == nil && !info.IsDir():
		return usage("", "%d files are to be written and %s is a file: name a folder", len(out.Files), to)
	case folder:
		_, err := writeFiles(path, out)
		return err
	}
	if err := os.WriteFile(path, out.Files[0].Body, 0o644); err != nil {
		return usage("", "write --output: %w", err)
	}
	return nil
}

// writeFiles writes all files of an output into a folder and gives their paths.
func writeFiles(dir string, out emit.Output) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, usage("", "%w", err)
	}
	var paths []string
	for _, f := range out.Files {
		mode := os.FileMode(0o644)
		if bytes.HasPrefix(f.Body, []byte("#!")) {
			mode = 0o755
		}
		path := filepath.Join(dir, filepath.Base(f.Name))
		if err := os.WriteFile(path, f.Body, mode); err != nil {
			return paths, usage("", "%w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// leftToDo tells what no file does by itself.
func (a *App) leftToDo(notes []string) {
	if len(notes) == 0 {
		return
	}
	fmt.Fprintln(a.Err, "left to do:")
	for i, n := range notes {
		fmt.Fprintf(a.Err, "  %d. %s\n", i+1, render.Clean(n))
	}
}

// formatIDs lists the formats of one side, a line each, for help.
func formatIDs(side emit.Side) string {
	var b strings.Builder
	for _, f := range emit.Formats() {
		if f.Side == side {
			fmt.Fprintf(&b, "  %-21s %s\n", f.ID, f.Title)
		}
	}
	return b.String()
}

// nameOf is a connection's name as a folder.
func nameOf(name string) string {
	return cmp.Or(strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r < ' ' {
			return '-'
		}
		return r
	}, strings.Trim(name, ".")), "connection")
}
