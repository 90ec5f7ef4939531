package cli

import (
	"crypto/x509"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/zalando/go-keyring"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/render"
	"github.com/ssoctl/ssoctl/internal/report"
)

// judging are the flags of every command that judges (contract §1).
type judging struct {
	config  string
	names   []string
	format  string
	output  string
	failOn  string
	only    []string
	skip    []string
	at      string
	color   string
	quiet   bool
	verbose bool
}

func (j *judging) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&j.config, "config", "c", "", "connection `FILE` (default: ssoctl.yaml here or in a parent folder)")
	f.StringSliceVarP(&j.names, "name", "n", nil, "only the connection of this `NAME`")
	f.StringVar(&j.format, "format", "text", "output: "+strings.Join(render.Formats, ", "))
	f.StringVarP(&j.output, "output", "o", "", "write the report to `FILE` instead of standard output")
	f.StringVar(&j.failOn, "fail-on", "error", "exit 1 from this severity on: error, warning, never")
	f.StringSliceVar(&j.only, "only", nil, "only rules of this `CODE or area`, e.g. DISC008 or JWKS")
	f.StringSliceVar(&j.skip, "skip", nil, "leave out rules of this `CODE or area`")
	f.StringVar(&j.at, "at", "", "judge as of this `DAY or TIME`, e.g. 2027-03-01")
	f.StringVar(&j.color, "color", "auto", "colour: auto, always, never")
	f.BoolVarP(&j.quiet, "quiet", "q", false, "findings and the count only")
	f.BoolVarP(&j.verbose, "verbose", "v", false, "also every rule's outcome and reason")
}

// network are the flags of every command that uses the network.
type network struct {
	timeout  time.Duration
	caFile   string
	resolve  []string
	passive  bool
	deep     bool
	record   string
	evidence string
}

func (n *network) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.DurationVar(&n.timeout, "timeout", defaultTimeout, "for the whole of one connection")
	f.StringVar(&n.caFile, "ca-file", "", "also trust the certificates in this PEM `FILE`")
	f.StringArrayVar(&n.resolve, "resolve", nil, "use this address for a host: `HOST:PORT:ADDR`")
	f.BoolVar(&n.passive, "passive", false, "public GETs only: leaves no trace at the IdP but a line in its access log")
	f.BoolVar(&n.deep, "deep", false, "also opt-in probes (repeated fetches, changed redirect URI, device flow)")
	f.StringVar(&n.record, "record", "", "save the evidence, redacted, to `FILE`")
	f.StringVar(&n.evidence, "evidence", "", "judge a recording instead of the network")
}

// failLevel translates --fail-on.
func (j *judging) failLevel() (report.Severity, error) {
	switch j.failOn {
	case "error":
		return report.Error, nil
	case "warning":
		return report.Warning, nil
	case "never":
		return report.Default, nil
	}
	return 0, usage("", "unknown --fail-on %q; known: error, warning, never", j.failOn)
}

// now is the time to judge by: --at, or the given default.
func (j *judging) now(otherwise time.Time) (time.Time, error) {
	if j.at == "" {
		return otherwise, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, j.at); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("", "--at %q is neither a day (2027-03-01) nor a time (2027-03-01T12:00:00Z)", j.at)
}

// selection checks --only and --skip against the rules that there are.
func (j *judging) selection(rules []check.Rule) (check.Selection, error) {
	s := check.Selection{Only: j.only, Skip: j.skip}
	for _, word := range append(append([]string{}, j.only...), j.skip...) {
		if len((check.Selection{Only: []string{word}}).Filter(rules)) == 0 {
			return s, usage("ssoctl catalog rules", "no rule has the code or area %q", word)
		}
	}
	return s, nil
}

// pins parses --resolve.
func (n *network) pins() (map[string]string, error) {
	out := map[string]string{}
	for _, entry := range n.resolve {
		host, rest, ok := strings.Cut(entry, ":")
		port, addr, ok2 := strings.Cut(rest, ":")
		addr = strings.Trim(addr, "[]")
		if _, err := netip.ParseAddr(addr); !ok || !ok2 || err != nil || host == "" || port == "" {
			return nil, usage("", "--resolve %q is not HOST:PORT:ADDR", entry)
		}
		out[strings.ToLower(host)+":"+port] = addr
	}
	return out, nil
}

// roots gives the system's certificates and, with --ca-file, those together with the user's.
func (n *network) roots(app *App) (system, all *x509.CertPool, err error) {
	if n.caFile == "" {
		return nil, nil, nil
	}
	b, err := os.ReadFile(app.path(n.caFile))
	if err != nil {
		return nil, nil, usage("", "read --ca-file: %w", err)
	}
	system, err = x509.SystemCertPool()
	if err != nil {
		system = x509.NewCertPool()
	}
	all = system.Clone()
	if !all.AppendCertsFromPEM(b) {
		return nil, nil, usage("it has to be PEM: -----BEGIN CERTIFICATE-----", "--ca-file %s holds no certificate", n.caFile)
	}
	return system, all, nil
}

// env makes the world that probes may touch; base is the folder that file references are relative to.
func (n *network) env(app *App, base string, offline bool) (*probe.Env, error) {
	pins, err := n.pins()
	if err != nil {
		return nil, err
	}
	system, all, err := n.roots(app)
	if err != nil {
		return nil, err
	}
	return &probe.Env{
		Now: app.Now, Random: app.Random, Getenv: app.Getenv, Lookup: app.Lookup, Dial: app.Dial, Pins: pins, CAs: all, System: system,
		UserAgent: "ssoctl/" + Version + " (doctor)", Passive: n.passive, Deep: n.deep, Offline: offline,
		Keyring: func(name string) (string, error) { return keyring.Get("ssoctl", name) },
		ReadFile: func(name string) ([]byte, error) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(base, name)
			}
			return readCapped(name, maxInput)
		},
		Open: func(name string) (io.ReadCloser, error) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(base, name)
			}
			return openRegular(name)
		},
	}, nil
}

// path makes a path of the command line absolute to the app's folder.
func (a *App) path(name string) string {
	if a.Dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.Dir, name)
}

// defaultTimeout is for the whole of one connection.
const defaultTimeout = 30 * time.Second
