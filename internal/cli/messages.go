package cli

import (
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// messages opens the SAML messages of a file that no connection goes with, so that no key is known. What cannot be opened is a
// message with a Problem.
func messages(name string, data []byte) []evidence.Message {
	found, err := unwrap.Open(name, data)
	if err != nil {
		return []evidence.Message{{Source: name, Problem: err.Error()}}
	}
	var out []evidence.Message
	for _, d := range found {
		if !probe.IsMessage(d) {
			continue
		}
		m := probe.Examine(d, xmlsig.Trust{}, nil)
		m.Source, m.Begins = name, d.Pos
		out = append(out, m)
	}
	return out
}
