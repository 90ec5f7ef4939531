package cli

import (
	"cmp"
	"slices"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/decode"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/oidcdoc"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

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
	base   string         // folder that its references are relative to
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
	d.target, d.base = target, base
	if target != nil && target.OIDC != nil && target.File().Doc.File == "" {
		target = nil // the flags are about tokens
	}
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
		return !check.Kinds([]check.Rule{rule})[evidence.SAMLMessages] || ofLogin(rule)
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

// ofLogin reports whether a rule waits for a login that was made here.
func ofLogin(rule check.Rule) bool {
	return slices.ContainsFunc(rule.Needs, func(k evidence.Kind) bool { return k == evidence.Claims || k == evidence.LoginRun })
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
		out.Summary = append(out.Summary, meaning(doc, hide)...)
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
