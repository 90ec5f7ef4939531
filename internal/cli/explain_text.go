package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/explain"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/render"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	config, name, idp, sp, format, output, color string
}

// maxExplained bounds the text that explain reads, in bytes.
const maxExplained = 4 << 20

// explainText says what the error text of the arguments, or of standard input, means.
func explainText(app *App, o explainOptions, args []string) error {
	text := strings.Join(args, " ")
	if text == "" || text == "-" {
		if text == "" && app.InTTY {
			return usage("pbpaste | ssoctl explain -", "explain needs a code or a text")
		}
		b, err := readAll(app.In, "standard input", maxExplained)
		if err != nil {
			return usage("", "%w", err)
		}
		text = string(b)
	}
	q := explain.Query{Text: opened(text), IdP: o.idp, SP: o.sp, Hide: evidence.NewRedactor([]byte(app.Random()))}
	if err := app.products(&q, o); err != nil {
		return err
	}
	e := explain.New(knowledge.Errors()).Explain(q)
	if err := app.explained(e, o); err != nil {
		return err
	}
	if len(e.Matches) == 0 {
		return exit(report.ExitInconclusive)
	}
	return nil
}

// opened adds what is wrapped inside the text (a SAMLResponse in base64, say) where something is.
func opened(text string) string {
	if !strings.Contains(text, "SAML") && !strings.Contains(text, "PD94") && !strings.Contains(text, "PHNhbW") {
		return text
	}
	documents, err := unwrap.Open("", []byte(text))
	if err != nil {
		return text
	}
	for _, d := range documents {
		if strings.HasPrefix(d.Kind, "saml.") && len(d.Data) < 1<<20 {
			text += "\n" + string(d.Data)
		}
	}
	return text
}

// products fills in the IdP and SP of the connection that -n names, and refuses profiles that do not exist.
func (a *App) products(q *explain.Query, o explainOptions) error {
	if o.name != "" {
		name, err := a.find(o.config)
		if err != nil {
			return err
		}
		f, err := a.load(name)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(f.Targets, func(t *config.Target) bool { return t.Name == o.name })
		if i < 0 {
			return unknownConnection(f, o.name)
		}
		c := connection.Resolve(f.Targets[i], knowledge.New(), nil, connection.Seen{})
		q.IdP, q.SP, q.Name = cmp.Or(q.IdP, c.IdP.ID), cmp.Or(q.SP, c.SP.ID), o.name
		q.Protocol, q.Values, q.Returns = string(c.Protocol()), consoleValues(c), returns(c)
	}
	heads := knowledge.Index{}
	if o.idp != "" || o.sp != "" {
		heads = knowledge.New().Heads()
	}
	if err := knownProfile("IdP", "idps", o.idp, heads.IdPs); err != nil {
		return err
	}
	return knownProfile("SP", "sps", o.sp, heads.SPs)
}

// returns are the addresses that the SP of a connection has answers sent to.
func returns(c *connection.Connection) []string {
	if c.Protocol() == config.SAML {
		return c.ACSURLs()
	}
	if c.OIDC != nil && c.OIDC.RedirectURI != "" {
		return []string{c.OIDC.RedirectURI}
	}
	return c.Callbacks()
}

// consoleValues are the placeholders of console paths, where the connection tells them.
func consoleValues(c *connection.Connection) map[string]string {
	values := map[string]string{"app": c.SP.Name, "app_name": c.SP.Name}
	if c.OIDC != nil && c.OIDC.ClientID != "" {
		values["client"], values["client_id"] = c.OIDC.ClientID, c.OIDC.ClientID
	}
	for name, v := range c.Vars {
		values[name] = v
	}
	return values
}

func knownProfile(kind, list, id string, heads []knowledge.Head) error {
	var ids []string
	for _, h := range heads {
		ids = append(ids, h.ID)
	}
	if id == "" || slices.Contains(ids, id) {
		return nil
	}
	hint := "ssoctl catalog " + list
	if near := source.Nearest(id, ids); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usage(hint, "unknown %s profile %q", kind, id)
}

// explained writes an explanation in the format that was asked for.
func (a *App) explained(e report.Explanation, o explainOptions) error {
	color, err := a.colour(o.color)
	if err != nil {
		return err
	}
	return a.put(o.output, func(w io.Writer) error {
		return render.Explanation(w, o.format, e, render.Options{Width: a.Width, Color: color && o.output == ""})
	})
}

// put writes to a file, or to standard output when name is "".
func (a *App) put(name string, write func(io.Writer) error) error {
	if name == "" {
		return write(a.Out)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := os.WriteFile(a.path(name), b.Bytes(), 0o644); err != nil {
		return usage("", "write --output: %w", err)
	}
	return nil
}
