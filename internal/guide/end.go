package guide

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// file is the connection file: what was taken along at the IdP, written down once, so that ssoctl can compare both sides with it.
func (b *builder) file() report.GuidePart {
	name := b.connectionName()
	p := report.GuidePart{Title: "In ssoctl.yaml", Side: "start"}
	s := report.GuideStep{Title: "Write the connection down"}
	_, builtIn := b.c.Lib.SP(b.c.SPProfile())
	if b.name != "" {
		s.Title = "Compare the connection " + b.name
	} else if builtIn { // init knows no other profiles
		command := "ssoctl init --sp " + b.c.SP.ID + " --idp " + b.c.IdP.ID + " --protocol " + b.protocol
		for _, param := range b.c.SP.Params {
			if slices.Contains(param.Required, b.protocol) {
				command += " --set " + param.Name + "=" + cmp.Or(b.c.Vars[param.Name], param.Example)
			}
		}
		s.Do = []string{"start from " + command}
	}
	for _, param := range b.c.SP.Params {
		if value := b.c.Vars[param.Name]; value != "" || slices.Contains(param.Required, b.protocol) {
			s.Fields = append(s.Fields, report.GuideRow{Label: "sp." + param.Name, Value: cmp.Or(value, b.sp.fill("{"+param.Name+"}")), Note: param.Say})
		}
	}
	keys := []string{"issuer", "client_id", "client_secret"}
	if b.protocol == "saml" {
		keys = []string{"idp_metadata", "idp_entity_id", "sso_url", "certificate"}
		s.Notes = append(s.Notes, "idp_metadata is enough where the IdP publishes metadata; the other three stand in for it")
	}
	for _, key := range keys {
		value := b.stated(key)
		if steps := b.shown(key); value == "" && steps != "" {
			value = b.unknown(key) + ", from " + steps
		} else if value == "" {
			value = b.unknown(key)
		}
		row := report.GuideRow{Label: b.protocol + "." + key, Value: value}
		if key == "client_secret" && b.stated(key) == "" {
			row.Note = "only a reference: env:NAME, file:PATH or keyring:NAME"
		}
		s.Fields = append(s.Fields, row)
	}
	if d := b.c.SP.Domains; d != nil {
		s.Fields = append(s.Fields, report.GuideRow{Label: "allowed_domains", Value: cmp.Or(b.stated("allowed_domains"), b.unknown("allowed_domains"))})
	}
	p.Steps = []report.GuideStep{b.step(s)}
	p.Checks = []report.GuideCheck{
		{Command: "ssoctl check", Say: "lints the file, without the network"},
		{Command: "ssoctl doctor " + name, Say: b.c.IdP.Name + " is reached, and what it says of itself fits the file"},
	}
	return p
}

// lookAtIdP shows after the IdP's part that it can be reached.
func (b *builder) lookAtIdP() []report.GuideCheck {
	if b.name != "" {
		return []report.GuideCheck{{Command: "ssoctl doctor " + b.name, Say: "the application is known at " + b.c.IdP.Name}}
	}
	key, what := "issuer", "the discovery document"
	if b.protocol == "saml" {
		key, what = "idp_metadata_url", "the metadata"
		if b.shown("metadata_url") == "" {
			return []report.GuideCheck{{Command: "ssoctl check --as idp-metadata " + mark("metadata file"), Say: "reads the metadata that " + b.c.IdP.Name + " offers to download"}}
		}
	}
	b.opened(key, map[string]string{"issuer": "the issuer, as " + b.c.IdP.Name + " shows it", "idp_metadata_url": "the address of the IdP's metadata"}[key])
	return []report.GuideCheck{{Command: "ssoctl doctor " + mark(key), Say: "reads " + what + " of " + b.c.IdP.Name}}
}

// end is the first login, what to do afterwards, and where to look when it does not work.
func (b *builder) end() report.GuidePart {
	sp, name := b.c.SP, b.connectionName()
	p := report.GuidePart{Title: "Try it", Side: "end"}
	try := report.GuideStep{Title: "Sign in"}
	for _, t := range sp.Tests {
		try.Do = append(try.Do, b.says(b.sp, t.V, t.Note, t.Certain()))
	}
	if len(try.Do) == 0 {
		try.Do = []string{"sign in at " + sp.Name + " in a private window, as a user who may"}
	}
	p.Steps = append(p.Steps, b.step(try))
	after := report.GuideStep{Title: "Know what follows", Notes: b.facts(b.sp, sp.Accounts, before)}
	if len(after.Notes) > 0 {
		p.Steps = append(p.Steps, b.step(after))
	}
	if trouble := b.trouble(); len(trouble) > 0 {
		p.Steps = append(p.Steps, b.step(report.GuideStep{Title: "When it does not work", Fields: trouble, Notes: []string{"any other text: ssoctl explain -n " + name + " 'the text'"}}))
	}
	p.Checks = []report.GuideCheck{
		{Command: "ssoctl test-login " + name, Say: "signs in once and shows what " + sp.Name + " reads of it"},
	}
	if sp.Roles != nil && sp.Roles.Language != "none" {
		p.Checks = append(p.Checks, report.GuideCheck{Command: "ssoctl map " + name + " --claims FILE", Say: "says which role saved claims give"})
	}
	return p
}

// trouble lists the SP's troubleshooting entries that this IdP and protocol can run into.
func (b *builder) trouble() []report.GuideRow {
	var out []report.GuideRow
	for _, e := range b.c.SP.Entries {
		if len(e.IdPs) > 0 && !slices.Contains(e.IdPs, b.c.IdP.ID) || e.Protocol != "" && e.Protocol != b.protocol {
			continue
		}
		fix := e.FixBy[b.c.IdP.ID]
		if len(fix) == 0 {
			fix = e.Fix
		}
		var fixes []string
		for _, f := range fix {
			fixes = append(fixes, b.sp.fill(f))
		}
		out = append(out, report.GuideRow{Label: cmp.Or(e.Title, e.ID), Value: b.sp.fill(e.Cause), Note: strings.Join(fixes, "; ")})
	}
	return out
}
