package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/lab"
)

func newLab(app *App) *cobra.Command {
	var list bool
	var fault, addr, dir, protocol string
	cmd := &cobra.Command{
		Use: "lab", Short: "run an identity provider on loopback that is wrong in one chosen way", Args: cobra.NoArgs,
		Long: `lab runs an identity provider for OpenID Connect and SAML on this machine, sound or with one named fault, and writes a
connection file and a CA certificate for it, so that every diagnosis can be seen. It ends with an interrupt.`,
		Example: "  ssoctl lab --list\n  ssoctl lab --fault DISC008\n  ssoctl lab --protocol saml",
		RunE: func(*cobra.Command, []string) error {
			if list {
				return listFaults(app)
			}
			return runLab(app, lab.Options{Fault: fault, Addr: addr, Protocol: protocol}, dir)
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "name the faults")
	cmd.Flags().StringVar(&fault, "fault", "", "break this one thing: `NAME` of the list")
	cmd.Flags().StringVar(&protocol, "protocol", "", "what the connection file speaks, oidc or saml (default: that of the fault, else oidc)")
	cmd.Flags().StringVar(&addr, "listen", "127.0.0.1:0", "listen on this loopback `ADDR:PORT`")
	cmd.Flags().StringVar(&dir, "dir", "", "write the connection file and the CA certificate into this `FOLDER` (default: a new temporary one)")
	return cmd
}

func listFaults(app *App) error {
	t := tabwriter.NewWriter(app.Out, 0, 4, 2, ' ', 0)
	for _, f := range lab.Faults() {
		fmt.Fprintf(t, "%s\t%s\n", f.Name, f.Title)
	}
	return t.Flush()
}

func runLab(app *App, o lab.Options, dir string) error {
	ctx, stop := app.Context()
	defer stop()
	l, err := lab.Start(o)
	if err != nil {
		return usage("ssoctl lab --list", "%w", err)
	}
	defer l.Close()
	file, ca, secret, clean, err := labFiles(app, l, dir)
	if err != nil {
		return err
	}
	defer clean()
	fmt.Fprintf(app.Out, "issuer    %s\nsign in   %s, password %s\nstop      ctrl-c\n\nin another terminal:\n  ssoctl doctor -c %s --ca-file %s", l.Issuer, l.Users[0].Email, l.Password, file, ca)
	for _, r := range l.Resolves() {
		fmt.Fprintf(app.Out, " --resolve %s", r)
	}
	fmt.Fprintf(app.Out, "\n(the client secret is in %s)\n", secret)
	<-ctx.Done()
	return nil
}

// labFiles writes what another process needs to look at the lab. The secret goes to a file that only the user can read, and
// the connection file refers to it.
func labFiles(app *App, l *lab.Lab, dir string) (file, ca, secret string, clean func(), err error) {
	clean = func() {}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "ssoctl-lab-"); err != nil {
			return "", "", "", clean, err
		}
		clean = func() { os.RemoveAll(dir) }
	} else {
		dir = app.path(dir)
		if err = os.MkdirAll(dir, 0o755); err != nil {
			return "", "", "", clean, usage("", "%w", err)
		}
	}
	file, ca, secret = filepath.Join(dir, "ssoctl.yaml"), filepath.Join(dir, "ca.pem"), filepath.Join(dir, "client-secret")
	files := map[string]string{file: labConnection(l), ca: string(l.CAPEM), secret: l.ClientSecret}
	if key, _ := l.SPKeys(); key != "" {
		files[filepath.Join(dir, "sp.key")] = key
	}
	for name, text := range files {
		if err = os.WriteFile(name, []byte(text), 0o600); err != nil {
			return "", "", "", clean, usage("", "%w", err)
		}
	}
	return file, ca, secret, clean, nil
}

// labConnection is the lab's connection file with the secret by file, for another process that has no such environment.
func labConnection(l *lab.Lab) string {
	return strings.NewReplacer("env:"+lab.SecretEnv, "file:client-secret", "env:"+lab.SPKeyEnv, "file:sp.key").Replace(l.Connection())
}
