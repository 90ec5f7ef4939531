package all

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/mapping"
)

// What a login brought, in sections:
//
//	login.http               its exchanges, labelled request, page, callback, token, userinfo …; the status of a callback is "received"
//	login.json               how it went, fields of evidence.Login; default {"protocol": "oidc", "receiver": "paste", "end": "answered"}
//	id_token.json            its claims, verified by key "k1"; also access_token.json, refreshed.json (the ID token of a refresh),
//	                         logout_token.json
//	id_token.meta.json       fields of evidence.Token that differ, "header" and "claims" as objects
//	claims.userinfo.json     what a source says about the user; also claims.id_token.json, claims.assertion.json, claims.access_token.json;
//	                         id_token.json is a source by itself
//
// What the SP decides is worked out by internal/mapping, on the values as they stand; then everything is redacted as test-login does.
func (s story) login(t *testing.T, set evidence.Set, conn *connection.Connection, now time.Time) {
	t.Helper()
	if obs := set[evidence.LoginRun]; obs != nil || s.files["login.json"] != nil {
		if obs == nil {
			obs = &evidence.Observation{Kind: evidence.LoginRun, At: now}
			set[evidence.LoginRun] = obs
		}
		obs.Login = &evidence.Login{Protocol: "oidc", Receiver: "paste", Grant: "code", End: evidence.EndedAnswered, Began: now.Add(-10 * time.Second), Arrived: now}
		s.decode(t, "login.json", obs.Login)
	}
	var tokens []evidence.Token
	var sources []evidence.ClaimSet
	for _, name := range []string{"id_token", "access_token", "refreshed", "logout_token"} {
		if claims, ok := s.files[name+".json"]; ok {
			tokens = append(tokens, s.token(t, name, claims, now))
			if name == "id_token" || name == "access_token" {
				sources = append(sources, evidence.ClaimSet{Source: name, Claims: claims})
			}
		}
	}
	for _, name := range []string{"id_token", "access_token", "userinfo", "assertion", "claims"} {
		if claims, ok := s.files["claims."+name+".json"]; ok {
			sources = append(sources, evidence.ClaimSet{Source: name, Claims: claims})
		}
	}
	if len(tokens) > 0 {
		set[evidence.Tokens] = &evidence.Observation{Kind: evidence.Tokens, At: now, Tokens: tokens}
	}
	if len(sources) > 0 {
		obs := &evidence.Observation{Kind: evidence.Claims, At: now, Claims: sources}
		if conn != nil {
			login := mapping.Login{Protocol: string(conn.Protocol()), Now: now}
			for _, c := range sources {
				login.Sources = append(login.Sources, mapping.Source{Name: c.Source, Claims: c.Values()})
			}
			d := mapping.Decide(conn, login)
			obs.Decision = &d
		}
		set[evidence.Claims] = obs
	}
	redacted := evidence.Redact(set, []byte("a key for cases"))
	for _, kind := range []evidence.Kind{evidence.LoginRun, evidence.Tokens, evidence.Claims} {
		if set[kind] != nil {
			set[kind] = redacted[kind]
		}
	}
}

// token makes evidence of a token's claims.
func (s story) token(t *testing.T, name string, claims []byte, now time.Time) evidence.Token {
	t.Helper()
	out := evidence.Token{Name: name, Label: evidence.LoginToken, Parts: 3, Size: 900, Header: []byte(`{"alg":"RS256","typ":"JWT","kid":"k1"}`), Claims: claims, At: now,
		Signature: evidence.Verified{State: evidence.SigVerified, By: `"k1"`, Kid: "k1", Alg: "RS256"}, AtHash: "absent", CHash: "absent"}
	if name == "refreshed" {
		out.Name, out.Label = "id_token", evidence.LoginRefresh
	}
	var meta map[string]json.RawMessage
	s.decode(t, name+".meta.json", &meta)
	for _, part := range []string{"header", "claims"} { // as they stand; in a recording they are texts
		if raw, ok := meta[part]; ok && !strings.HasPrefix(string(raw), `"`) {
			meta[part], _ = json.Marshal(string(raw))
		}
	}
	b, err := json.Marshal(meta)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatalf("%s.meta.json: %v", name, err)
	}
	return out
}

func (s story) decode(t *testing.T, section string, into any) {
	t.Helper()
	if b, ok := s.files[section]; ok {
		if err := json.Unmarshal(b, into); err != nil {
			t.Fatalf("%s: %v", section, err)
		}
	}
}

// loginSection reports whether a section is one of those above.
func loginSection(name string) bool {
	return name == "login.json" || strings.HasPrefix(name, "claims.") && !strings.HasSuffix(name, ".obs.json") || slices.ContainsFunc([]string{"id_token.", "access_token.", "refreshed.", "logout_token."}, func(p string) bool { return strings.HasPrefix(name, p) })
}
