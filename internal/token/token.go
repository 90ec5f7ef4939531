// Package token reads JSON Web Tokens and finds out what can be told about them only while they are whole: who signed them, whether
// their hashes fit, what a strict library says. It does no I/O.
package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/source"
)

// Parsed is a token taken apart (RFC 7515 §7.1, RFC 7516 §7.1). Header and Claims are nil when they cannot be read; Problem says why.
type Parsed struct {
	Raw     string
	Parts   int // as they are separated by dots: 3 is a JWS, 5 a JWE, anything else is opaque
	Header  map[string]any
	Claims  map[string]any // numbers are json.Number
	Problem string
	Doubled []string // claims that stand twice

	header, claims []byte
}

// Parse takes a token apart. It never fails: what is no JWT has 1 part and a Problem.
func Parse(raw string) Parsed {
	raw = strings.TrimSpace(raw)
	p := Parsed{Raw: raw}
	pieces := strings.Split(raw, ".")
	p.Parts = len(pieces)
	if p.Parts != 3 && p.Parts != 5 {
		p.Problem = "it is opaque: it has no three parts separated by dots"
		return p
	}
	var problem string
	if p.Header, p.header, problem = object(pieces[0]); problem != "" {
		p.Problem = "the header " + problem
		return p
	}
	if p.Parts == 5 {
		p.Problem = "it is encrypted"
		return p
	}
	if p.Claims, p.claims, problem = object(pieces[1]); problem != "" {
		p.Problem = "the payload " + problem
		return p
	}
	if doc, err := source.ParseJSON("", p.claims); err == nil {
		seen := map[string]bool{}
		for _, m := range doc.Root.Members {
			if seen[m.Key] {
				p.Doubled = append(p.Doubled, m.Key)
			}
			seen[m.Key] = true
		}
	}
	return p
}

// object decodes one part. Padding, which RFC 7515 §2 does not allow, is passed over.
func object(part string) (map[string]any, []byte, string) {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return nil, nil, "is not base64url"
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil || out == nil {
		return nil, b, "is no JSON object"
	}
	return out, b, ""
}

// Text gives a text member of the header.
func (p Parsed) Text(name string) string {
	s, _ := p.Header[name].(string)
	return s
}

// Examine makes evidence of a token that came in an exchange (label) or was pasted (""). Whatever cannot be told once the token is
// redacted is found out here; redaction itself is the set's (evidence.Redact).
func Examine(raw, name, label string, a Against) evidence.Token {
	p := Parse(raw)
	t := evidence.Token{Name: name, Label: label, Parts: p.Parts, Size: len(p.Raw), Problem: p.Problem, Header: p.header, Claims: p.claims, At: a.Now}
	t.Traits = traits(p)
	if p.Parts != 3 || p.Header == nil {
		t.Signature = evidence.Verified{State: evidence.SigNotComputed, Alg: p.Text("alg"), Kid: p.Text("kid")}
		return t
	}
	t.Signature = a.verify(p)
	if name == "id_token" {
		t.AtHash = hashOf(p, "at_hash", a.AccessToken)
		t.CHash = hashOf(p, "c_hash", a.Code)
		t.Opinion, t.Judged = a.opinion(p.Raw)
	}
	return t
}

// traits notes what redaction destroys.
func traits(p Parsed) []string {
	var out []string
	if sub, ok := p.Claims["sub"].(string); ok {
		if len(sub) > 255 {
			out = append(out, "sub_long")
		}
		if strings.ContainsFunc(sub, func(c rune) bool { return c > unicode.MaxASCII }) {
			out = append(out, "sub_not_ascii")
		}
		if iss, _ := p.Claims["iss"].(string); iss == sub && sub != "" {
			out = append(out, "sub_is_iss")
		}
		if strings.TrimSpace(sub) == "" {
			out = append(out, "sub_empty")
		}
	}
	if strings.ContainsFunc(p.Raw, func(c rune) bool { return c < 0x20 || c > 0x7e }) {
		out = append(out, "not_visible_ascii")
	}
	if strings.ContainsAny(p.Raw, "+/=") {
		out = append(out, "not_base64url")
	}
	for _, name := range p.Doubled {
		out = append(out, "doubled:"+name)
	}
	return out
}

// ClaimsJSON gives the payload as it stands in the token.
func (p Parsed) ClaimsJSON() []byte { return p.claims }
