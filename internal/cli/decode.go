package cli

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

type decodeOptions struct {
	judging
	hand      byHand
	reveal    bool
	harRedact string
}

func newDecode(app *App) *cobra.Command {
	var o decodeOptions
	cmd := &cobra.Command{
		Use:   "decode [FILE | -]",
		Short: "open what was pasted: SAML messages, tokens, HAR files, certificates; and judge it",
		Long: `decode recognises what it is given and opens it: SAMLResponse and SAMLRequest (XML, base64, deflated, URL-encoded, in a form or a
callback address), JWT, key sets, metadata, certificates, a HAR file, "copy as cURL". Personal values and secrets are replaced by
pseudonyms unless --reveal is given. With -n NAME, or with the flags that describe a connection, messages are judged by the rules
that doctor uses. Without a file it reads standard input.`,
		Example: `  ssoctl decode response.txt -n orq-keycloak            judge it against a connection of ssoctl.yaml
  pbpaste | ssoctl decode                               what is this?
  ssoctl decode login.har                               every message of a recorded login, in order
  ssoctl decode response.txt --certificate idp.pem --acs https://app.example.com/acs --sp-entity-id urn:app
  ssoctl decode login.har --har-redact safe.har         a copy that is safe to send`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runDecode(app, o, args) },
	}
	o.judging.register(cmd)
	cmd.Flags().Lookup("format").Usage += "; also summary (as text), xml"
	f := cmd.Flags()
	f.StringVar(&o.hand.issuer, "issuer", "", "judge by hand: the `ISSUER` of an OIDC connection")
	f.StringVar(&o.hand.clientID, "client-id", "", "judge by hand: its client `ID`")
	f.StringVar(&o.hand.jwks, "jwks", "", "judge by hand: the key set of the IdP, a `FILE`")
	f.StringVar(&o.hand.idpEntityID, "idp-entity-id", "", "judge by hand: the IdP's entity `ID`")
	f.StringVar(&o.hand.spEntityID, "sp-entity-id", "", "judge by hand: the SP's entity `ID`")
	f.StringVar(&o.hand.acs, "acs", "", "judge by hand: the SP's ACS `URL`")
	f.StringVar(&o.hand.certificate, "certificate", "", "judge by hand: the IdP's signing certificate, a `FILE`")
	f.StringVar(&o.hand.spKey, "sp-key", "", "the SP's private key, a PEM `FILE`, to open encrypted assertions")
	f.StringVar(&o.hand.requestID, "request-id", "", "the `ID` of the AuthnRequest that the response should answer")
	f.BoolVar(&o.reveal, "reveal", false, "show personal values and secrets as they are")
	f.StringVar(&o.harRedact, "har-redact", "", "write a copy of the HAR file that is safe to send to `FILE`")
	return cmd
}

func runDecode(app *App, o decodeOptions, args []string) error {
	name, data, err := app.pasted(args)
	if err != nil {
		return err
	}
	if o.harRedact != "" {
		return app.redactHAR(name, data, o.harRedact)
	}
	r, err := decodeReport(app, o, name, data)
	if err != nil {
		return err
	}
	switch o.format {
	case "xml":
		return app.writeXML(r, o.output)
	case "summary":
		o.format = "text"
	}
	return app.finish(r, o.judging)
}

// maxPaste bounds what decode reads, in bytes: HAR files are large.
const maxPaste = 64 << 20

// pasted reads the file, or standard input.
func (a *App) pasted(args []string) (name string, data []byte, err error) {
	if len(args) == 0 || args[0] == "-" {
		if a.ErrTTY && len(args) == 0 {
			fmt.Fprintln(a.Err, "paste it here, then press Ctrl-D:")
		}
		data, err = readAll(a.In, "-", maxPaste)
		name = "-"
	} else {
		name = args[0]
		data, err = readCapped(a.path(name), maxPaste)
		if err != nil && pastedArgument(name) {
			return "", nil, usage("paste it to standard input: ssoctl decode -", "the argument is no file, and what is to be decoded is not taken from the command line, where others may read it")
		}
	}
	if err != nil {
		return "", nil, usage("", "%w", err)
	}
	return name, data, nil
}

// pastedArgument reports whether an argument is a message where a file's name belongs. It may hold secrets, and is not repeated.
func pastedArgument(arg string) bool {
	return strings.Contains(arg, "://") || strings.HasPrefix(arg, "eyJ") || strings.HasPrefix(arg, "<") || len(arg) > 255
}

func (a *App) redactHAR(name string, data []byte, to string) error {
	key := sha256.Sum256([]byte(a.Random()))
	safe, err := unwrap.RedactHAR(data, key[:])
	if err != nil {
		return usage("a HAR file is what the browser's network tab saves", "%s: %w", name, err)
	}
	if err := os.WriteFile(a.path(to), safe, 0o600); err != nil {
		return usage("", "write --har-redact: %w", err)
	}
	_, err = fmt.Fprintf(a.Out, "%s: written without cookies, codes, tokens, passwords and messages; look through it before you send it\n", to)
	return err
}

// decodeReport opens and judges.
func decodeReport(app *App, o decodeOptions, name string, data []byte) (*report.Report, error) {
	start := app.Now()
	now, err := o.now(start.UTC())
	if err != nil {
		return nil, err
	}
	rules := all.Rules()
	selection, err := o.selection(rules)
	if err != nil {
		return nil, err
	}
	found, err := unwrap.Open(name, data)
	if err != nil {
		return nil, unopened(err)
	}
	j := &judge{rules: selection.Filter(rules), lib: knowledge.New(), now: func(time.Time) time.Time { return now }}
	key := sha256.Sum256([]byte(app.Random()))
	r := &report.Report{Tool: report.Tool{Name: "ssoctl", Version: Version}, At: now.Truncate(time.Second), Command: "decode"}
	d := decoder{app: app, o: o, j: j, name: name, at: now, key: key[:], many: len(found) > 1}
	if err := d.messages(r, found); err != nil {
		return nil, err
	}
	if d.client, err = d.held(); err != nil {
		return nil, err
	}
	d.documents(r, found)
	if err := d.tokens(r, found); err != nil {
		return nil, err
	}
	r.Elapsed = app.Now().Sub(start)
	r.Conclude()
	return r, nil
}

// unopened makes the advice of what to paste instead the hint of the error.
func unopened(err error) error {
	var u *unwrap.Unknown
	if !errors.As(err, &u) {
		return usage("", "%w", err)
	}
	bare := *u
	if bare.Paste, bare.Name = "", standardInput(bare.Name); bare.Looks == "" {
		return usage("", "%w", err)
	}
	return usage(u.Paste, "%w", &bare)
}

// standardInput names - for people.
func standardInput(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// writeXML writes the XML documents, one after the other, as they are.
func (a *App) writeXML(r *report.Report, to string) error {
	var b bytes.Buffer
	for _, d := range r.Documents {
		text, ok := d.Content.(string)
		if !ok || !strings.HasPrefix(strings.TrimSpace(text), "<") {
			continue
		}
		fmt.Fprintln(&b, strings.TrimRight(text, "\n"))
	}
	if b.Len() == 0 {
		return usage("--format json shows every kind", "there is no XML in it")
	}
	if to == "" {
		_, err := a.Out.Write(b.Bytes())
		return err
	}
	if err := os.WriteFile(a.path(to), b.Bytes(), 0o600); err != nil {
		return usage("", "write --output: %w", err)
	}
	return nil
}
