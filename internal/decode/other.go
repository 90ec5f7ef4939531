package decode

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
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
					rows = add(rows, name, short(e.Binding)+" "+e.Location)
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

// token opens a JWT without verifying it.
func token(text, name string, r evidence.Redactor) (report.Rows, any) {
	parts := strings.Split(text, ".")
	header := part(parts, 0)
	content := map[string]any{"header": r.Claims(header)}
	rows := add(nil, "algorithm", word(header, "alg"))
	rows = add(rows, "key", word(header, "kid"))
	rows = add(rows, "type", word(header, "typ"))
	if len(parts) != 3 {
		return append(rows, report.Row{Key: "content", Value: "encrypted; it is not opened"}), content
	}
	payload := part(parts, 1)
	shown := r.Claims(payload)
	content["claims"] = shown
	return append(rows, claimRows(payload, shown)...), content
}

func part(parts []string, i int) map[string]any {
	if i >= len(parts) {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[i], "="))
	if err != nil {
		return nil
	}
	return object(b)
}

// claimRows shows what every token has in the order of a login, and the rest by name.
func claimRows(claims, shown map[string]any) report.Rows {
	rows := report.Rows{}
	first := []string{"iss", "aud", "azp", "sub"}
	for _, name := range first {
		rows = add(rows, map[string]string{"iss": "issuer", "aud": "audience", "azp": "authorized party", "sub": "subject"}[name], word(shown, name))
	}
	for _, name := range []string{"iat", "nbf", "exp", "auth_time"} {
		if n, ok := claims[name].(json.Number); ok {
			if seconds, err := n.Int64(); err == nil {
				rows = add(rows, map[string]string{"iat": "issued", "nbf": "not before", "exp": "expires", "auth_time": "signed in"}[name], unix(seconds))
			}
		}
		first = append(first, name)
	}
	row := report.Row{Key: "claims"}
	for name := range shown {
		if !slices.Contains(first, name) {
			row.More = append(row.More, name+" = "+word(shown, name))
		}
	}
	sort.Strings(row.More)
	row.Value = fmt.Sprint(len(row.More))
	return append(rows, row)
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
	return claimRows(all, shown), shown
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
