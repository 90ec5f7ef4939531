// Package decode makes readable summaries of what was pasted: SAML messages, metadata, tokens, key sets, certificates, OIDC
// requests and answers. It shows and judges nothing; which rules judge a row is noted in it.
package decode

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// titles names the kinds for people.
var titles = map[string]string{
	unwrap.KindResponse: "SAML Response", unwrap.KindRequest: "SAML AuthnRequest", unwrap.KindLogoutRequest: "SAML LogoutRequest", unwrap.KindLogoutResponse: "SAML LogoutResponse",
	unwrap.KindAssertion: "SAML Assertion", unwrap.KindEncryptedAssertion: "SAML EncryptedAssertion", unwrap.KindMetadata: "SAML metadata", unwrap.KindArtifact: "SAML artifact",
	unwrap.KindUndecodable: "SAML message that does not decode", unwrap.KindAuthorization: "OIDC authorization request", unwrap.KindCallback: "OIDC answer at the redirect URI",
	unwrap.KindTokenRequest: "OIDC token request", unwrap.KindTokenResponse: "OIDC token answer", unwrap.KindUserinfo: "OIDC userinfo answer", unwrap.KindClaims: "claims",
	unwrap.KindDiscovery: "OIDC discovery document", unwrap.KindJWKS: "key set (JWKS)", unwrap.KindJWK: "key (JWK)", unwrap.KindLogout: "OIDC logout request", unwrap.KindIntrospection: "token introspection answer",
	unwrap.KindOAuthError: "OAuth error", unwrap.KindJWT: "JWT", unwrap.KindJWE: "encrypted JWT (JWE)", unwrap.KindWSFed: "WS-Federation request", unwrap.KindCertificate: "X.509 certificate",
	unwrap.KindPKCS7: "PKCS #7 container", unwrap.KindPKCS12: "PKCS #12 container", unwrap.KindPrivateKey: "private key", unwrap.KindPublicKey: "public key", unwrap.KindCSR: "certificate request", unwrap.KindSAML1: "SAML 1 message", unwrap.KindXML: "XML document",
}

// Document summarises one thing that was opened. d must not be a SAML message: those are summarised as the evidence that they
// became (Message). Tokens are held against k.
func Document(name string, d unwrap.Document, r evidence.Redactor, k Client) report.Document {
	out := head(name, d)
	switch d.Kind {
	case unwrap.KindMetadata:
		out.Summary, out.Content = metadata(d.Data), string(d.Data)
	case unwrap.KindJWT, unwrap.KindJWE:
		out.Summary, out.Content = k.Token(string(d.Data), d.Name, r)
	case unwrap.KindCertificate:
		out.Summary, out.Content = certificate(d.Data)
	case unwrap.KindJWKS, unwrap.KindJWK:
		out.Summary, out.Content = keySet(d.Data, r)
	case unwrap.KindDiscovery:
		out.Summary, out.Content = discovery(d.Data)
	case unwrap.KindClaims, unwrap.KindUserinfo, unwrap.KindIntrospection:
		out.Summary, out.Content = claims(d.Data, r)
	case unwrap.KindPrivateKey:
		out.Summary, out.Content = privateKey(d.Data), "[not shown]"
	case unwrap.KindAuthorization, unwrap.KindCallback, unwrap.KindTokenRequest, unwrap.KindLogout, unwrap.KindWSFed, unwrap.KindTokenResponse, unwrap.KindOAuthError:
		out.Summary, out.Content = parameters(d, r)
	default:
		out.Summary, out.Content = rest(d, r)
	}
	return out
}

// head says what the document is and where it came from.
func head(name string, d unwrap.Document) report.Document {
	title := titles[d.Kind]
	if title == "" {
		title = d.Kind
	}
	if d.Name != "" && (d.Kind == unwrap.KindJWT || d.Kind == unwrap.KindJWE) {
		title = d.Name + " (" + title + ")"
	}
	return report.Document{Kind: d.Kind, Title: title, Source: Origin(name, d), Notes: d.Notes}
}

// Origin names the document within what was given: "login.har, entry 12 → base64, 6,021 bytes".
func Origin(name string, d unwrap.Document) string {
	out := name
	if out == "-" || out == "" {
		out = "standard input"
	} else {
		out = path.Base(out)
	}
	if d.Entry >= 0 {
		out += fmt.Sprintf(", entry %d", d.Entry)
	}
	return out
}

// Wrapping says how a document was wrapped and how large it is: "form body → base64 → XML, 6,021 bytes".
func Wrapping(layers []string, what string, size int) string {
	return strings.Join(append(append([]string{}, layers...), what), " → ") + ", " + thousands(size) + " bytes"
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// add appends a row with the rules that judge it; the first of them has to have passed before it is marked as good.
func add(rows report.Rows, key, value string, codes ...string) report.Rows {
	return held(rows, key, value, "", codes...)
}

// held is add for a value that is held against the connection's; holds says so beside the mark.
func held(rows report.Rows, key, value, holds string, codes ...string) report.Rows {
	if value == "" {
		return rows
	}
	row := report.Row{Key: key, Value: value, Codes: codes, Holds: holds}
	if len(codes) > 0 {
		row.Decides = codes[:1]
	}
	return append(rows, row)
}

// object reads a JSON object; nil when the text is none.
func object(b []byte) map[string]any {
	var out map[string]any
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.UseNumber()
	if dec.Decode(&out) != nil {
		return nil
	}
	return out
}
