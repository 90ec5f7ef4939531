package cli

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/flow"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/token"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

type mapOptions struct {
	judging
	claims  string
	asAdmin bool
}

func newMap(app *App) *cobra.Command {
	var o mapOptions
	cmd := &cobra.Command{
		Use:   "map [NAME] --claims FILE",
		Short: "what the SP decides on a user's claims: let in or not, role, teams, and why",
		Long: `map evaluates what the SP does with a user's claims: allowed domains, every role rule with its own outcome, groups and teams, the
choice of token exchange. The claims come from a JSON file, a JWT, a SAML response or assertion, or the JSON of test-login. No network.`,
		Example: `  ssoctl map archestra-okta --claims ann.json
  pbpaste | ssoctl map torq-entra --claims -             a token that was pasted
  ssoctl map torq-entra --claims me.json --as-admin      would enforcing SSO lock me out?`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := mapClaims(app, o, args)
			if err != nil {
				return err
			}
			return app.finish(r, o.judging)
		},
	}
	o.judging.register(cmd)
	cmd.Flags().StringVar(&o.claims, "claims", "", "`FILE` with the user's claims, - for standard input")
	cmd.Flags().BoolVar(&o.asAdmin, "as-admin", false, "the claims are those of the admin: would enforcing SSO lock him or her out?")
	return cmd
}

// mapClaims makes the report.
func mapClaims(app *App, o mapOptions, args []string) (*report.Report, error) {
	if o.claims == "" {
		return nil, usage("--claims FILE, or - for standard input", "map needs the claims of a user")
	}
	start := app.Now().UTC().Truncate(time.Second)
	now, err := o.now(start)
	if err != nil {
		return nil, err
	}
	rules := all.Rules()
	selection, err := o.selection(rules)
	if err != nil {
		return nil, err
	}
	f, targets, err := app.targets(doctorOptions{judging: o.judging}, args)
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		return nil, usage("", "%s holds no connection", f.Doc.File)
	}
	name, data, err := app.pasted([]string{o.claims})
	if err != nil {
		return nil, err
	}
	about := slices.DeleteFunc(selection.Filter(rules), func(r check.Rule) bool {
		return !check.Kinds([]check.Rule{r})[evidence.Claims] && r.Area() != "CLM"
	})
	j := &judge{rules: about, lib: knowledge.New(), now: func(time.Time) time.Time { return now }}
	if err := j.known(targets); err != nil {
		return nil, err
	}
	r := &report.Report{Tool: report.Tool{Name: "ssoctl", Version: Version}, At: now, Command: "map"}
	for _, t := range targets {
		c, err := app.mapped(j, o, t, base(app, f.Doc.File), name, data)
		if err != nil {
			return nil, err
		}
		r.Connections = append(r.Connections, c)
	}
	r.Conclude()
	return r, nil
}

// mapped judges the claims by one connection.
func (a *App) mapped(j *judge, o mapOptions, t *config.Target, base, name string, data []byte) (report.Connection, error) {
	at := j.now(a.Now())
	s := subject{target: t, at: at}
	env, err := (&network{}).env(a, base, true)
	if err != nil {
		return report.Connection{}, err
	}
	s.own, s.ownRaw, _ = ownProfile(t, env.ReadFile)
	key := ""
	if t.SAML != nil {
		key = t.SAML.SPPrivateKey
	}
	claims, err := claimSets(name, data, env, key)
	if err != nil {
		return report.Connection{}, err
	}
	conn := connection.Resolve(t, j.lib, s.own, connection.Seen{})
	whole := evidence.Set{
		evidence.Config: {Kind: evidence.Config, Source: t.File().Doc.File, At: at, Body: t.File().Doc.Raw},
		evidence.Claims: flow.Decided(conn, claims, flow.Person{Admin: o.asAdmin}, at, standardInput(name)),
	}
	random := sha256.Sum256([]byte(a.Random()))
	var veil evidence.Veil
	s.set, veil = evidence.RedactVeiled(whole, random[:])
	out, c := j.judged(s)
	out.Lines = nil
	showUser(&out, c)
	lift(&out, veil)
	return out, nil
}

// claimSets finds the claims in what was given: JSON, a token, a SAML message.
func claimSets(name string, data []byte, env *probe.Env, spKey string) ([]evidence.ClaimSet, error) {
	if out := fromJSON(name, data); out != nil {
		return out, nil
	}
	found, err := unwrap.Open(name, data)
	if err != nil {
		return nil, unopened(err)
	}
	for _, d := range found {
		switch {
		case d.Kind == unwrap.KindJWT:
			if p := token.Parse(string(d.Data)); p.Claims != nil {
				return []evidence.ClaimSet{{Source: tokenSource(d.Name, p), Claims: p.ClaimsJSON()}}, nil
			}
		case probe.IsMessage(d) && d.Name != "SAMLRequest":
			if claims := assertionClaims(d, env, spKey); claims != nil {
				return []evidence.ClaimSet{{Source: "assertion", Claims: claims}}, nil
			}
		}
	}
	return nil, usage("a JSON object of claims, a JWT, a SAMLResponse or an assertion", "%s: there are no claims of a user in it", standardInput(name))
}

// tokenSource tells an access token (RFC 9068 §2.1) from an ID token.
func tokenSource(name string, p token.Parsed) string {
	if name == "access_token" || strings.EqualFold(strings.TrimPrefix(p.Text("typ"), "application/"), "at+jwt") {
		return "access_token"
	}
	return "id_token"
}

func assertionClaims(d unwrap.Document, env *probe.Env, spKey string) []byte {
	m := probe.Examine(d, xmlsig.Trust{}, probe.SPKeys(env, spKey))
	doc, err := xmltree.Parse("", m.XML)
	if err != nil {
		return nil
	}
	var a *samldoc.AssertionDoc
	if resp := samldoc.ParseResponse(doc); resp != nil && len(resp.Assertions) > 0 {
		a = resp.Assertions[0]
	} else if doc.Root.Local != "Assertion" {
		return nil
	} else {
		a = samldoc.ParseAssertion(doc.Root)
	}
	b, err := json.Marshal(flow.Attributes(a))
	if err != nil {
		return nil
	}
	return b
}

// fromJSON reads an object of claims, or one with an object for each source, as test-login writes it; nil when it is neither.
func fromJSON(name string, data []byte) []evidence.ClaimSet {
	doc, err := source.ParseJSON(name, data)
	if err != nil || doc.Root.Type != source.Map {
		return nil
	}
	var top map[string]json.RawMessage
	if json.Unmarshal(data, &top) != nil {
		return nil
	}
	if inner, ok := top["claims"]; ok && doc.Root.Member("claims").Type == source.Map {
		return fromJSON(name, inner)
	}
	var out []evidence.ClaimSet
	for _, s := range []string{"id_token", "userinfo", "access_token", "assertion"} {
		if raw, ok := top[s]; ok && doc.Root.Member(s).Type == source.Map {
			out = append(out, evidence.ClaimSet{Source: s, Claims: evidence.Bytes(raw)})
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, s := range []string{"id_token", "SAMLResponse", "access_token", "log"} { // an answer of an endpoint, or a HAR file
		if _, ok := top[s]; ok {
			return nil
		}
	}
	return []evidence.ClaimSet{{Source: "claims", Claims: data}}
}
