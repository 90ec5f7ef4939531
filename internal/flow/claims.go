package flow

import (
	"encoding/json"
	"time"

	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/mapping"
)

// encode writes claims as JSON; what cannot be written is nothing.
func encode(claims map[string]any) []byte {
	b, err := json.Marshal(claims)
	if err != nil {
		return nil
	}
	return b
}

func (r *Run) decided(at time.Time, who Person) *evidence.Observation {
	return Decided(r.s.Conn(), r.claims, who, at, "the login")
}

// Decided makes evidence of what sources say about a user, with what the SP decides on it. It has to come before redaction.
func Decided(conn *connection.Connection, claims []evidence.ClaimSet, who Person, at time.Time, source string) *evidence.Observation {
	login := mapping.Login{Protocol: string(conn.Protocol()), Now: at, Admin: who.Admin}
	for _, c := range claims {
		login.Sources = append(login.Sources, mapping.Source{Name: c.Source, Claims: c.Values()})
	}
	d := mapping.Decide(conn, login)
	return &evidence.Observation{Kind: evidence.Claims, At: at, Source: source, Claims: claims, Decision: &d}
}
