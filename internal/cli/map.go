package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
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
	claims, err := claimSets(t, name, data, env, key)
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
	if why := unexplained(out, claims); why != "" && len(o.only)+len(o.skip) == 0 {
		out.Undecided = append(out.Undecided, why)
	}
	lift(&out, veil)
	return out, nil
}

// unexplained says what is left open when the user is kept out and no finding tells why: the claims at hand are then not all that the SP
// reads. It is "" when nothing is left open.
func unexplained(c report.Connection, claims []evidence.ClaimSet) string {
	if c.Decision == nil || c.Decision.Allowed || slices.ContainsFunc(c.Findings, func(f report.Finding) bool { return f.Severity != report.Info }) {
		return ""
	}
	if len(claims) == 1 && claims[0].Source == "access_token" {
		return "these are the claims of an access token, and the SP reads others: " + c.Decision.Why
	}
	return "the claims at hand do not decide it: " + c.Decision.Why
}

// claimSets finds the claims in what was given: JSON, a token, a SAML message.
func claimSets(t *config.Target, name string, data []byte, env *probe.Env, spKey string) ([]evidence.ClaimSet, error) {
	text := bytes.TrimSpace(unwrap.Text(data))
	if out, err := fromJSON(t.Name, name, text); out != nil || err != nil {
		return out, err
	}
	found, err := unwrap.Open(name, data)
	if err != nil {
		if _, broken := source.ParseJSON(standardInput(name), text); broken != nil && bytes.HasPrefix(text, []byte("{")) {
			return nil, usage("a JSON object of claims, a JWT, a SAMLResponse or an assertion", "%w", broken)
		}
		return nil, unopened(err)
	}
	if out := fromDocuments(found, env, spKey, t.SAML != nil); len(out) > 0 {
		return out, nil
	}
	return nil, usage("a JSON object of claims, a JWT, a SAMLResponse or an assertion", "%s: there are no claims of a user in it", standardInput(name))
}

// fromDocuments gives the claims of the messages that were opened: the first assertion, or the first token of each kind, whichever the
// connection's protocol asks for, and else the other.
func fromDocuments(found []unwrap.Document, env *probe.Env, spKey string, saml bool) []evidence.ClaimSet {
	var tokens, assertions []evidence.ClaimSet
	for _, d := range found {
		switch {
		case d.Kind == unwrap.KindJWT:
			p := token.Parse(string(d.Data))
			if p.Claims == nil {
				continue
			}
			from := tokenSource(d.Name, p)
			if !slices.ContainsFunc(tokens, func(s evidence.ClaimSet) bool { return s.Source == from }) {
				tokens = append(tokens, evidence.ClaimSet{Source: from, Claims: p.ClaimsJSON()})
			}
		case probe.IsMessage(d) && d.Name != "SAMLRequest" && len(assertions) == 0:
			if claims := assertionClaims(d, env, spKey); claims != nil {
				assertions = append(assertions, evidence.ClaimSet{Source: "assertion", Claims: claims})
			}
		}
	}
	if len(assertions) > 0 && (saml || len(tokens) == 0) {
		return assertions
	}
	slices.SortStableFunc(tokens, func(a, b evidence.ClaimSet) int { return strings.Compare(b.Source, a.Source) }) // the ID token first
	return tokens
}

// tokenSource tells an access token (RFC 9068 §2.1, and Keycloak's typ) from an ID token, which alone has a nonce or at_hash.
func tokenSource(name string, p token.Parsed) string {
	kind, _ := p.Claims["typ"].(string)
	switch {
	case strings.EqualFold(strings.TrimPrefix(p.Text("typ"), "application/"), "at+jwt"), strings.EqualFold(kind, "Bearer"):
		return "access_token"
	case name == "access_token" && p.Claims["nonce"] == nil && p.Claims["at_hash"] == nil && !strings.EqualFold(kind, "ID"):
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

// fromJSON reads an object of claims, one with an object for each source, or the report of test-login, of which it takes the connection
// of the name, or the only one; nothing when it is none of them.
func fromJSON(connection, name string, data []byte) ([]evidence.ClaimSet, error) {
	doc, err := source.ParseJSON(name, data)
	if err != nil || doc.Root.Type != source.Map {
		return nil, nil
	}
	var top map[string]json.RawMessage
	if json.Unmarshal(data, &top) != nil {
		return nil, nil
	}
	if n := doc.Root.Member("connections"); n != nil && n.Type == source.List && (doc.Root.Member("tool") != nil || doc.Root.Member("schema") != nil) {
		return fromReport(connection, name, top["connections"])
	}
	if inner, ok := top["claims"]; ok && doc.Root.Member("claims").Type == source.Map {
		return fromJSON(connection, name, inner)
	}
	var out []evidence.ClaimSet
	for _, s := range []string{"id_token", "userinfo", "access_token", "assertion"} {
		if raw, ok := top[s]; ok && doc.Root.Member(s).Type == source.Map {
			out = append(out, evidence.ClaimSet{Source: s, Claims: evidence.Bytes(raw)})
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	for _, s := range []string{"id_token", "SAMLResponse", "saml_response", "access_token", "log"} { // an answer of an endpoint, or a HAR file
		if _, ok := top[s]; ok {
			return nil, nil
		}
	}
	return []evidence.ClaimSet{{Source: "claims", Claims: evidence.Bytes(data)}}, nil
}

// fromReport takes the claims out of what test-login wrote with --format json.
func fromReport(connection, name string, list []byte) ([]evidence.ClaimSet, error) {
	type entry struct {
		Name   string                     `json:"name"`
		Claims map[string]json.RawMessage `json:"claims"`
	}
	var all, with []entry
	if err := json.Unmarshal(list, &all); err != nil {
		return nil, usage("", "%s: %w", standardInput(name), err)
	}
	var names []string
	for _, e := range all {
		if len(e.Claims) > 0 {
			with, names = append(with, e), append(names, fmt.Sprintf("%q", e.Name))
		}
	}
	i := slices.IndexFunc(with, func(e entry) bool { return e.Name == connection })
	switch {
	case len(with) == 0:
		return nil, usage("ssoctl test-login NAME --format json writes one with claims", "%s: the report holds no claims: nobody was signed in", standardInput(name))
	case i < 0 && len(with) > 1:
		return nil, usage("it has those of "+strings.Join(names, ", "), "%s: the report holds no claims of the connection %q", standardInput(name), connection)
	case i < 0:
		i = 0
	}
	var out []evidence.ClaimSet
	for _, s := range []string{"id_token", "userinfo", "access_token", "assertion", "claims"} {
		if raw, ok := with[i].Claims[s]; ok {
			out = append(out, evidence.ClaimSet{Source: s, Claims: evidence.Bytes(raw)})
		}
	}
	return out, nil
}
