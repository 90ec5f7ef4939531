package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/report"
)

func newDemo(app *App) *cobra.Command {
	var color string
	cmd := &cobra.Command{
		Use: "demo", Short: "see ssoctl at work: a broken connection, its diagnosis, the fix, healthy", Args: cobra.NoArgs,
		Long:    "demo starts the embedded lab on loopback, shows a connection with a typical mistake, runs doctor on it, applies the fix to a copy\nof the file and runs doctor again. It needs no set-up and no network, and leaves nothing behind.",
		Example: "  ssoctl demo\n  ssoctl demo --color never > demo.txt",
		RunE:    func(*cobra.Command, []string) error { return demo(app, color) },
	}
	cmd.Flags().StringVar(&color, "color", "auto", "colour: auto, always, never")
	return cmd
}

// demoFault is the mistake of the demo: the most common one, an issuer without its slash.
const demoFault = "DISC008"

func demo(app *App, color string) error {
	l, err := lab.Start(lab.Options{Fault: demoFault, Now: app.Now})
	if err != nil {
		return err
	}
	defer l.Close()
	dir, err := os.MkdirTemp("", "ssoctl-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	inner := *app
	inner.Dir = dir
	getenv := app.Getenv
	inner.Getenv = func(name string) string {
		if name == lab.SecretEnv {
			return l.ClientSecret
		}
		if strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			return "" // the lab is on loopback
		}
		return getenv(name)
	}
	before := []byte(l.Connection())
	for name, text := range map[string][]byte{"ssoctl.yaml": before, "ca.pem": l.CAPEM} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	o := doctorOptions{judging: judging{format: "text", failOn: "error", color: color}, network: network{timeout: defaultTimeout, caFile: "ca.pem", resolve: l.Resolves()}}
	heading := func(n int, text string) { fmt.Fprintf(app.Out, "\n%d. %s\n\n", n, text) }

	heading(1, "A connection, as an admin wrote it down (ssoctl.yaml)")
	fmt.Fprint(app.Out, indent(string(before)))
	heading(2, "ssoctl doctor")
	r, err := doctor(&inner, o, nil)
	if err != nil {
		return err
	}
	if err := ignoreExit(inner.finish(r, o.judging)); err != nil {
		return err
	}
	heading(3, "The fix, in a copy of the file (ssoctl check --fix)")
	if _, err := inner.applyFixes(r); err != nil {
		return err
	}
	after, err := os.ReadFile(filepath.Join(dir, "ssoctl.yaml"))
	if err != nil {
		return err
	}
	fmt.Fprint(app.Out, indent(diff(string(before), string(after))))
	heading(4, "ssoctl doctor, once more")
	if r, err = doctor(&inner, o, nil); err != nil {
		return err
	}
	if err := ignoreExit(inner.finish(r, o.judging)); err != nil {
		return err
	}
	if r.Connections[0].Verdict != report.VerdictHealthy || bytes.Equal(before, after) {
		return fmt.Errorf("the demo did not end healthy: a defect of ssoctl")
	}
	fmt.Fprint(app.Out, "\nOn your own connection:\n  ssoctl doctor https://your-idp.example.com     look at an IdP, no file needed\n  ssoctl doctor                                  judge the connections of ssoctl.yaml\n  ssoctl check                                   lint the file, without the network\n")
	return nil
}

// ignoreExit lets the demo go on after a doctor that found something: that is what it is for.
func ignoreExit(err error) error {
	if _, ok := err.(exit); ok {
		return nil
	}
	return err
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	return b.String()
}

// diff shows the lines that changed.
func diff(before, after string) string {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	var out strings.Builder
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			fmt.Fprintf(&out, "- %s\n+ %s\n", a[i], b[i])
		}
	}
	return out.String()
}
