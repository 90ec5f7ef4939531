package cli

import (
	"crypto/rsa"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/unwrap"
)

// messages opens the SAML messages of a file and examines them with the keys that are known. set holds the certificates and
// metadata of the connection, entityID its IdP; both may be empty. What cannot be opened is a message with a Problem.
func messages(name string, data []byte, set evidence.Set, entityID string, keys []*rsa.PrivateKey) []evidence.Message {
	found, err := unwrap.Open(name, data)
	if err != nil {
		return []evidence.Message{{Source: name, Problem: err.Error()}}
	}
	var out []evidence.Message
	for _, d := range found {
		if !probe.IsMessage(d) {
			continue
		}
		m := probe.Examine(d, probe.TrustIn(d, set, entityID), keys)
		m.Source, m.Begins = name, d.Pos
		out = append(out, m)
	}
	return out
}
