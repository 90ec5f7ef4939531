package cli

import (
	"cmp"
	"slices"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/decode"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/token"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// tokens judges the JWTs among what was opened by the rules on tokens. Times are judged where a recording tells when a token came: what is
// pasted is nearly always older than a token lives.
func (d *decoder) tokens(r *report.Report, found []unwrap.Document) error {
	if !slices.ContainsFunc(found, func(doc unwrap.Document) bool { return doc.Kind == unwrap.KindJWT }) {
		return nil
	}
	target := d.target
	if target != nil && target.OIDC == nil {
		target = nil
	}
	a := token.Against{Issuer: d.client.Issuer, ClientID: d.client.ID, Keys: d.client.Keys}
	env, err := (&network{}).env(d.app, d.base, true)
	if err != nil {
		return err
	}
	s := subject{target: target, at: d.at, set: evidence.Set{}}
	if target != nil {
		s.own, s.ownRaw, _ = ownProfile(target, env.ReadFile)
		s.set[evidence.Config] = &evidence.Observation{Kind: evidence.Config, Source: target.File().Doc.File, At: d.at, Body: target.File().Doc.Raw}
	}
	if k := d.client.Keys; k != nil {
		s.set[evidence.JWKS] = &evidence.Observation{Kind: evidence.JWKS, Source: k.Doc.File, At: d.at, Body: k.Doc.Raw}
	}
	obs := &evidence.Observation{Kind: evidence.Tokens, Source: d.name, At: d.at}
	for _, doc := range found {
		if doc.Kind != unwrap.KindJWT {
			continue
		}
		a.Now = doc.Sent
		t := token.Examine(string(doc.Data), cmp.Or(doc.Name, "id_token"), "", a)
		t.Source = standardInput(d.name)
		if d.many {
			t.Source = decode.Origin(d.name, doc)
		}
		obs.Tokens = append(obs.Tokens, t)
	}
	s.set[evidence.Tokens] = obs
	if !d.o.reveal {
		s.set = evidence.Redact(s.set, d.key)
	}
	c := d.judgedTokens(s)
	for i := range r.Documents {
		if r.Documents[i].Kind == unwrap.KindJWT {
			r.Documents[i].Summary = decode.MarkedToken(r.Documents[i].Summary, c)
		}
	}
	if target != nil || len(c.Findings) > 0 {
		r.Connections = append(r.Connections, c)
	}
	return nil
}

func (d *decoder) judgedTokens(s subject) report.Connection {
	about := *d.j
	about.now = func(time.Time) time.Time { return d.at }
	about.rules = slices.DeleteFunc(slices.Clone(d.j.rules), func(rule check.Rule) bool { return !check.Kinds([]check.Rule{rule})[evidence.Tokens] || ofLogin(rule) })
	if s.target == nil {
		findings, results := check.Run(about.rules, check.New(nil, d.j.lib, s.set, d.at))
		for i := range findings {
			if findings[i].Code == "IDT009" { // nobody said that it is an ID token
				findings[i].Severity = report.Info
			}
		}
		return report.Connection{Name: d.name, Protocol: string(config.OIDC), Findings: findings, Results: results, Where: report.Location{File: d.name}}
	}
	c, _ := about.judged(s)
	c.Lines = nil
	if s.target.File().Doc.File == "" {
		byFlags(&c)
	}
	return c
}
