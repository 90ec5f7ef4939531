// Package mapping tells what an SP does with the claims of one user: whether it lets the user in, in which role and teams, and why. It
// does no I/O and has no clock.
package mapping

import (
	"slices"
	"time"

	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// Source is one place with claims: id_token, userinfo, access_token, assertion, or claims for a file that does not say. Values are as JSON
// has them (json.Number or float64); of an assertion each attribute is a text or a list, and "nameID" is the NameID.
type Source struct {
	Name   string
	Claims map[string]any
}

// Login is what is known about one login.
type Login struct {
	Sources   []Source
	Protocol  string // oidc | saml; "" when the connection says
	Member    bool   // the user is a member of the SP already
	HasMember bool   // Member is known
	Admin     bool   // who signed in is the admin who sets this up, and asks whether enforcing SSO locks him or her out
	Now       time.Time
}

const nameID = "nameID"

// anySource stands for a file of claims that does not say where they came from.
const anySource = "claims"

// protocol is that of the login, else of the connection.
func protocol(conn *connection.Connection, login Login) string {
	if login.Protocol != "" {
		return login.Protocol
	}
	return string(conn.Protocol())
}

// wanted lists the claims that the SP reads by a protocol.
func wanted(conn *connection.Connection, protocol string) []knowledge.Claim {
	switch {
	case protocol == "saml" && conn.SP.SAML != nil:
		return conn.SP.SAML.Attributes
	case protocol != "saml" && conn.SP.OIDC != nil:
		return conn.SP.OIDC.Claims
	}
	return nil
}

// Read gives what the SP reads for one of its claims: the value, the source and the name under which it was found. Sources are looked
// through in the SP's order, in each the accepted names in theirs; where the SP reads just one place, the others do not stand in for it.
// Empty values count as missing. The NameID stands in where the profile says so.
func Read(conn *connection.Connection, sources []Source, claim knowledge.Claim) (value any, from, name string, ok bool) {
	for _, s := range inOrder(conn, sources, claim) {
		names := claim.Names
		if by := claim.ByExchange[Exchange(conn)]; len(by) > 0 && (s.Name == "id_token" || s.Name == anySource) {
			names = by
		}
		for _, n := range names {
			if v, there := s.Claims[n]; there && !blankValue(v) {
				return v, s.Name, n, true
			}
		}
	}
	if claim.NameID {
		for _, s := range sources {
			if v, there := s.Claims[nameID]; there && !blankValue(v) {
				return v, s.Name, nameID, true
			}
		}
	}
	return nil, "", "", false
}

func blankValue(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0 || len(v) == 1 && blankValue(v[0])
	}
	return false
}

// inOrder gives the sources in which the SP looks for a claim, first the one that it prefers.
func inOrder(conn *connection.Connection, sources []Source, claim knowledge.Claim) []Source {
	order := claim.From
	oidc := conn.SP.OIDC
	if by := claim.ByExchange[Exchange(conn)]; len(by) > 0 {
		order = []string{"id_token"}
	} else if oidc != nil && (len(order) == 0 || oidc.ReadsFirstOnly.V && len(oidc.ReadsFrom.V) > 0 && len(order) > 1) {
		order = oidc.ReadsFrom.V
	}
	var out []Source
	for _, name := range order {
		for _, s := range sources {
			if s.Name == name {
				out = append(out, s)
			}
		}
		if len(out) > 0 && oidc != nil && oidc.ReadsFirstOnly.V {
			break
		}
	}
	for _, s := range sources {
		if s.Name == anySource || s.Name == "assertion" || len(order) == 0 {
			out = append(out, s)
		}
	}
	return out
}

// ruleClaims gives the claims that role rules and team sync see, and where they come from. ok is false when a login of this kind brings
// them none.
func ruleClaims(conn *connection.Connection, login Login) (claims map[string]any, from []string, ok bool) {
	claims = map[string]any{}
	var reads []string
	if conn.SP.Roles != nil {
		reads = conn.SP.Roles.ReadsFrom.V
	}
	saml := protocol(conn, login) == "saml"
	for _, s := range login.Sources {
		if !visible(s.Name, reads, saml, conn.PlainOAuth()) {
			continue
		}
		ok = true
		from = append(from, s.Name)
		for k, v := range s.Claims {
			if _, there := claims[k]; !there {
				claims[k] = v
			}
		}
	}
	return claims, from, ok
}

// visible reports whether rules that read some places see a source.
func visible(source string, reads []string, saml, plain bool) bool {
	if len(reads) == 0 {
		return true
	}
	at := []string{source}
	if source == anySource {
		at = []string{"id_token", "userinfo"}
		if saml {
			at = []string{"assertion"}
		}
	}
	return slices.ContainsFunc(at, func(name string) bool {
		return slices.Contains(reads, name) && !(name == "id_token" && (saml || plain))
	})
}
