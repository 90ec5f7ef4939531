package cli

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/decode"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmltree"
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
	}
	if err != nil {
		return "", nil, usage("", "%w", err)
	}
	return name, data, nil
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

// decoder is one run of decode.
type decoder struct {
	app  *App
	o    decodeOptions
	j    *judge
	name string
	at   time.Time
	key  []byte
	many bool

	target *config.Target // the connection to judge by, nil without one
	client decode.Client  // what tokens are held against

	kinds  []string           // of the messages
	parts  []evidence.Message // of messages that do not parse: what can be read of them
	second [][]string         // for each message, under -v: one for each signature
}

// messages judges the SAML messages together, as one login, and summarises them.
func (d *decoder) messages(r *report.Report, found []unwrap.Document) error {
	target, base, err := d.connection()
	if err != nil {
		return err
	}
	d.target = target
	if !slices.ContainsFunc(found, probe.IsMessage) {
		return nil
	}
	if target == nil {
		go func() { // parsing them takes as long as all the rest; who needs one waits for it
			d.j.lib.IdP("generic")
			d.j.lib.SP("generic")
		}()
	}
	s := subject{target: target, at: d.at, set: evidence.Set{}}
	env, err := (&network{}).env(d.app, base, true)
	if err != nil {
		return err
	}
	entity, keys := "", probe.SPKeys(env, d.keyReference(target))
	if target != nil {
		s.own, _, _ = ownProfile(target, env.ReadFile)
		want := map[evidence.Kind]bool{evidence.SAMLCerts: true, evidence.SAMLMetadata: true}
		s.set = probe.Gather(d.app.background(), env, target, d.j.lib, s.own, want).Set
		s.set[evidence.Config] = &evidence.Observation{Kind: evidence.Config, Source: target.File().Doc.File, At: d.at, Body: target.File().Doc.Raw}
		if target.SAML != nil {
			entity = target.SAML.IdPEntityID
		}
	}
	given(s.set, d.name, found)
	obs := &evidence.Observation{Kind: evidence.SAMLMessages, Source: d.name, At: d.at}
	for _, doc := range found {
		if !probe.IsMessage(doc) {
			continue
		}
		trust := probe.TrustIn(doc, s.set, entity)
		m := probe.Examine(doc, trust, keys)
		if d.o.verbose {
			d.second = append(d.second, secondOpinions(doc, m, trust))
		}
		m.Source, m.Begins, m.RequestID = d.name, doc.Pos, d.o.hand.requestID
		if m.Sent.IsZero() && d.o.at != "" {
			m.Sent = d.at
		}
		d.kinds = append(d.kinds, doc.Kind)
		d.parts = append(d.parts, evidence.Message{})
		if _, err := xmltree.Parse("", doc.Data); err != nil {
			d.parts[len(d.parts)-1].XML = decode.Closed(doc.Data)
		}
		if d.many {
			m.Source = decode.Origin(d.name, doc)
		}
		obs.Messages = append(obs.Messages, m)
	}
	s.set[evidence.SAMLMessages] = obs
	if !d.o.reveal {
		s.set = evidence.Redact(s.set, d.key)
		d.parts = evidence.Redact(evidence.Set{evidence.SAMLMessages: {Messages: d.parts}}, d.key)[evidence.SAMLMessages].Messages
	}
	d.judge(r, s)
	return nil
}

// judge runs the rules about messages and summarises each message by what they found.
func (d *decoder) judge(r *report.Report, s subject) {
	about := *d.j
	about.rules = slices.DeleteFunc(slices.Clone(d.j.rules), func(rule check.Rule) bool {
		return !check.Kinds([]check.Rule{rule})[evidence.SAMLMessages]
	})
	var conn report.Connection
	var c *check.Case
	if s.target != nil {
		conn, c = about.judged(s)
		conn.Lines = nil
		if s.target.File().Doc.File == "" {
			byFlags(&conn)
		}
	} else {
		c = check.New(nil, d.j.lib, s.set, d.at)
		findings, results := check.Run(about.rules, c)
		conn = report.Connection{Name: d.name, Protocol: "saml", Findings: findings, Results: results, Where: report.Location{File: d.name}}
	}
	for i, m := range c.Messages {
		doc := decode.Message(c, m, d.kinds[i])
		doc.Source = standardInput(m.Source) + " (" + decode.Wrapping(m.Layers, "XML", m.Size) + ")"
		if i < len(d.second) {
			beside(doc.Summary, d.second[i])
		}
		doc.Summary = append(decode.Marked(doc.Summary, m, conn, s.target != nil), decode.Partial(c, d.parts[i])...)
		r.Documents = append(r.Documents, doc)
	}
	r.Connections = append(r.Connections, conn)
}

// documents summarises everything else, and judges what a document alone can show.
func (d *decoder) documents(r *report.Report, found []unwrap.Document) {
	hide := evidence.NewRedactor(d.key)
	if d.o.reveal {
		hide = evidence.Redactor{}
	}
	kinds := map[string]evidence.Kind{unwrap.KindDiscovery: evidence.Discovery, unwrap.KindJWKS: evidence.JWKS, unwrap.KindCertificate: evidence.SAMLCerts, unwrap.KindMetadata: evidence.SAMLMetadata}
	for _, doc := range found {
		if probe.IsMessage(doc) {
			continue
		}
		out := decode.Document(d.name, doc, hide, d.client)
		out.Source += " (" + decode.Wrapping(doc.Layers, out.Title, len(doc.Data)) + ")"
		r.Documents = append(r.Documents, out)
		kind, judged := kinds[doc.Kind]
		if doc.Kind == unwrap.KindMetadata && doc.Role == "sp" {
			kind = evidence.SPMetadata
		}
		if judged {
			c := d.j.document(input{name: d.name, data: doc.Data}, kind)
			r.Connections = append(r.Connections, c)
		}
	}
}

// held is what tokens are held against: the flags, else the connection of -n.
func (d *decoder) held() (decode.Client, error) {
	k := decode.Client{Issuer: d.o.hand.issuer, ID: d.o.hand.clientID, At: d.at}
	if t := d.target; t != nil && t.OIDC != nil {
		k.Issuer, k.ID = cmp.Or(k.Issuer, t.OIDC.Issuer), cmp.Or(k.ID, t.OIDC.ClientID)
	}
	if d.o.hand.jwks == "" {
		return k, nil
	}
	b, err := readCapped(d.app.path(d.o.hand.jwks), maxInput)
	if err != nil {
		return k, usage("", "read --jwks: %w", err)
	}
	if k.Keys, err = oidcdoc.ParseJWKS(d.o.hand.jwks, b); err != nil {
		return k, usage("--jwks takes the document behind jwks_uri", "read --jwks: %w", err)
	}
	if len(k.Keys.Keys) == 0 {
		return k, usage("--jwks takes the document behind jwks_uri", "%s holds no keys", d.o.hand.jwks)
	}
	return k, nil
}

func (d *decoder) keyReference(t *config.Target) string {
	switch {
	case d.o.hand.spKey != "":
		return "file:" + d.o.hand.spKey
	case t != nil && t.SAML != nil:
		return t.SAML.SPPrivateKey
	}
	return ""
}

// connection finds the connection to judge by: that of -n, or the one that the flags describe; nil without either. base is the
// folder that its references are relative to.
func (d *decoder) connection() (*config.Target, string, error) {
	wd := d.app.path(".")
	if len(d.o.names) > 0 {
		name, err := d.app.find(d.o.config)
		if err != nil {
			return nil, "", err
		}
		f, err := d.app.load(name)
		if err != nil {
			return nil, "", err
		}
		i := slices.IndexFunc(f.Targets, func(t *config.Target) bool { return t.Name == d.o.names[0] })
		if i < 0 {
			return nil, "", unknownConnection(f, d.o.names[0])
		}
		if err := d.j.known(f.Targets[i : i+1]); err != nil {
			return nil, "", err
		}
		return f.Targets[i], base(d.app, name), nil
	}
	text := d.o.hand.file()
	if text == nil {
		return nil, wd, nil
	}
	f, err := config.Parse("", text)
	if err != nil {
		return nil, "", err
	}
	return f.Targets[0], wd, nil
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

// given adds the metadata that was pasted beside the messages, or that the browser fetched, where the connection brings none.
func given(set evidence.Set, name string, found []unwrap.Document) {
	for _, doc := range found {
		kind := evidence.SAMLMetadata
		if doc.Role == "sp" {
			kind = evidence.SPMetadata
		}
		if doc.Kind == unwrap.KindMetadata && set[kind] == nil {
			set[kind] = &evidence.Observation{Kind: kind, Source: decode.Origin(name, doc), Body: doc.Data, Begins: doc.Pos}
		}
	}
}
