package decode

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"sort"
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

func metadata(data []byte) report.Rows {
	m, err := samldoc.ParseMetadata("", data, "", "")
	if err != nil {
		return add(nil, "problem", err.Error())
	}
	if m.Entity == nil {
		rows := add(nil, "entities", fmt.Sprint(len(m.All)))
		row := &rows[0]
		for i, e := range m.All {
			if i == 20 {
				row.More = append(row.More, fmt.Sprintf("and %d more", len(m.All)-i))
				break
			}
			row.More = append(row.More, e.Attr("entityID"))
		}
		return rows
	}
	rows := add(nil, "entity ID", m.EntityID())
	rows = add(rows, "valid until", m.Entity.Attr("validUntil"))
	for _, kind := range []string{"IDPSSODescriptor", "SPSSODescriptor"} {
		for _, role := range m.Roles(kind) {
			rows = add(rows, "role", map[string]string{"IDPSSODescriptor": "identity provider", "SPSSODescriptor": "service provider"}[kind])
			for _, name := range []string{"SingleSignOnService", "AssertionConsumerService", "SingleLogoutService"} {
				for _, e := range samldoc.Endpoints(role, name) {
					rows = add(rows, name, samldoc.Short(e.Binding)+" "+e.Location)
				}
			}
			for _, k := range samldoc.Keys(role, "") {
				use := k.Use
				if use == "" {
					use = "signing and encryption"
				}
				rows = add(rows, "certificate", use+", "+about(k.Text))
			}
		}
	}
	return rows
}

// about words a certificate: subject, validity, fingerprint.
func about(t cert.Text) string {
	c := t.First()
	if c == nil {
		return "it does not parse: " + t.Problem
	}
	return fmt.Sprintf("%s, valid until %s, sha256 %s", c.Subject, c.NotAfter.UTC().Format("2006-01-02"), cert.Fingerprint(c.Raw))
}

func certificate(data []byte) (report.Rows, any) {
	t := cert.Parse(data)
	var rows report.Rows
	var text strings.Builder
	for _, c := range t.Certs {
		text.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER}))
		if c.Cert == nil {
			rows = add(rows, "problem", c.Problem)
			continue
		}
		rows = add(rows, "subject", c.Cert.Subject.String(), "CERT013", "CERT014")
		rows = add(rows, "issuer", c.Cert.Issuer.String())
		rows = add(rows, "valid", c.Cert.NotBefore.UTC().Format("2006-01-02")+" to "+c.Cert.NotAfter.UTC().Format("2006-01-02"), "CERT002", "CERT003", "CERT004")
		rows = add(rows, "signed with", c.Cert.SignatureAlgorithm.String(), "CERT008")
		rows = add(rows, "key", strength(c.Cert.PublicKey), "CERT005", "CERT006", "CERT007", "CERT009")
		rows = add(rows, "sha256", cert.Fingerprint(c.DER))
	}
	if t.Problem != "" {
		rows = add(rows, "problem", t.Problem)
	}
	return rows, text.String()
}

func word(m map[string]any, name string) string {
	switch v := m[name].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(b)
	}
}

func claims(data []byte, r evidence.Redactor) (report.Rows, any) {
	all := object(data)
	shown := r.Claims(all)
	return Client{}.claims(all, shown, ""), shown
}

func keySet(data []byte, r evidence.Redactor) (report.Rows, any) {
	shown := object(r.Body(data))
	keys, ok := shown["keys"].([]any)
	if !ok {
		keys = []any{shown}
	}
	var rows report.Rows
	for _, k := range keys {
		key, _ := k.(map[string]any)
		rows = add(rows, "key", strings.TrimSpace(strings.Join([]string{word(key, "kid"), word(key, "kty"), word(key, "crv"), word(key, "alg"), word(key, "use")}, " ")))
	}
	return rows, shown
}

func discovery(data []byte) (report.Rows, any) {
	doc := object(data)
	var rows report.Rows
	for _, name := range []string{"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"} {
		rows = add(rows, name, word(doc, name))
	}
	return rows, doc
}

// parameters shows a request or an answer of OIDC.
func parameters(d unwrap.Document, r evidence.Redactor) (report.Rows, any) {
	params := r.Params(d.Params)
	var names []string
	for name := range params {
		names = append(names, name)
	}
	sort.Strings(names)
	rows := add(nil, "to", r.URL(strings.TrimSpace(d.Method+" "+base(d.URL))))
	for _, name := range names {
		rows = add(rows, name, strings.Join(params[name], " "))
	}
	return rows, params
}

func base(address string) string {
	address, _, _ = strings.Cut(address, "#")
	address, _, _ = strings.Cut(address, "?")
	return address
}
