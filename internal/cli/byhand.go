package cli

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/report"
)

// byHand is a connection that is told by flags.
type byHand struct {
	issuer, clientID, jwks                           string
	idpEntityID, spEntityID, acs, certificate, spKey string
	requestID                                        string
}

// file is the connection file that stands for the flags; nil when none was given that describes a connection.
func (h byHand) file() []byte {
	var b strings.Builder
	switch {
	case h.idpEntityID+h.spEntityID+h.acs+h.certificate != "":
	case h.issuer+h.clientID != "":
		b.WriteString("version: 1\nconnections:\n  - name: token\n    sp: {profile: generic}\n    oidc:\n")
		for _, kv := range [][2]string{{"issuer", h.issuer}, {"client_id", h.clientID}} {
			if kv[1] != "" {
				fmt.Fprintf(&b, "      %s: %q\n", kv[0], kv[1])
			}
		}
		return []byte(b.String())
	default:
		return nil
	}
	b.WriteString("version: 1\nconnections:\n  - name: message\n    sp: {profile: generic}\n    saml:\n")
	for _, kv := range [][2]string{{"idp_entity_id", h.idpEntityID}, {"sp_entity_id", h.spEntityID}, {"acs_url", h.acs}, {"certificate", h.certificate}} {
		if kv[1] != "" {
			fmt.Fprintf(&b, "      %s: %q\n", kv[0], kv[1])
		}
	}
	return []byte(b.String())
}

// handFlags are the flags by the keys of a connection that they stand for.
var handFlags = map[string]string{"idp_entity_id": "--idp-entity-id", "sp_entity_id": "--sp-entity-id", "acs_url": "--acs", "certificate": "--certificate", "issuer": "--issuer", "client_id": "--client-id"}

// byFlags lets findings name the flags that a connection was told by, and not the file that stands for them, which nobody has seen.
func byFlags(c *report.Connection) {
	named := func(l report.Location) report.Location {
		if !strings.HasPrefix(l.Path, "/connections/") {
			return l
		}
		flag := handFlags[l.Path[strings.LastIndexByte(l.Path, '/')+1:]]
		if flag == "" {
			flag = "the flags"
		}
		return report.Location{Evidence: flag}
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		f.Where = named(f.Where)
		for n := range f.Related {
			f.Related[n] = named(f.Related[n])
		}
		f.Edits = nil
		f.Check = strings.ReplaceAll(f.Check, " -n "+c.Name, " with the same flags")
		f.Check = strings.ReplaceAll(f.Check, "ssoctl test-login "+c.Name, "ssoctl decode with the same flags on a fresh token")
	}
	c.Where = report.Location{}
}
