package check

import (
	"strings"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Cert is one certificate that the connection names, or a bare file of certificates.
type Cert struct {
	evidence.NamedFile
	Text cert.Text
}

// Message is one SAML message. Doc is nil when it could not be parsed; Parsed says why then. At most one of Response, Request and
// Logout is there.
type Message struct {
	*evidence.Message
	Doc      *xmltree.Doc
	Parsed   error
	Response *samldoc.Response
	Request  *samldoc.Request
	Logout   *samldoc.Logout
}

// saml parses what there is of SAML.
func (c *Case) saml() {
	if obs := c.document(evidence.SAMLMetadata); obs != nil {
		c.Metadata = c.metadata(evidence.SAMLMetadata, obs, c.wantedIdP(), "IDPSSODescriptor")
	}
	if obs := c.document(evidence.SPMetadata); obs != nil {
		c.SPEntity = c.metadata(evidence.SPMetadata, obs, "", "SPSSODescriptor")
	}
	if c.Config == nil && c.Metadata != nil {
		id, _ := c.Lib.Detect(Clues(c.Metadata))
		c.IdP, _ = c.Lib.IdP(id)
	}
	if obs := c.got(evidence.SAMLCerts); obs != nil {
		c.Certs = []Cert{}
		for _, f := range obs.Files {
			c.Certs = append(c.Certs, Cert{f, cert.Parse(f.Body)})
		}
	}
	c.SSO = c.attempts(evidence.SAMLSSO)
	if obs := c.got(evidence.SAMLSSO); obs != nil {
		c.Probed = messages(obs)
		c.answered()
	}
	if obs := c.got(evidence.SAMLMessages); obs != nil {
		c.Messages = messages(obs)
	}
}

// answered reads the meaning of the single sign-on service's answers that are SAML responses off their status.
func (c *Case) answered() {
	for _, m := range c.Probed {
		a := c.SSO.Get(m.Label)
		if a == nil || m.Response == nil {
			continue
		}
		code := m.Response.SubCode
		if code == "" {
			code = m.Response.StatusCode
		}
		a.Where, a.Means, a.Certain = "callback", "unknown", false
		a.Error = strings.TrimPrefix(code, samldoc.Status)
		a.Text = strings.TrimSpace(a.Error + " " + m.Response.StatusMessage)
		c.mean("saml", a)
	}
}

// RefusedDestination is the answer to the SP's authentication request when its Destination alone is what the IdP refuses it for: without
// one the IdP takes the request, or finds another fault in it. nil otherwise. Some products answer a wrong Destination as they answer
// an SP that they do not know.
func (c *Case) RefusedDestination() *Attempt {
	sent, bare := c.SSO.Get(evidence.AsSent), c.SSO.Get(evidence.NoDestination)
	if sent == nil || bare == nil || sent.Exchange.Status < 400 || sent.Means != "unknown" && sent.Means != "client_unknown" {
		return nil
	}
	if bare.Exchange.Status < 400 || bare.Means != sent.Means && bare.Means != "unknown" {
		return sent
	}
	return nil
}

// wantedIdP is the entity to look for in an aggregate.
func (c *Case) wantedIdP() string {
	if c.Config == nil || c.Config.SAML == nil {
		return ""
	}
	return c.Config.SAML.IdPEntityID
}

func (c *Case) metadata(kind evidence.Kind, obs *evidence.Observation, entity, role string) *samldoc.Entities {
	m, err := samldoc.ParseMetadata(obs.Source, obs.Document(), entity, role)
	if err != nil {
		c.Seen[kind] = Seen{Obs: obs, Parsed: err}
		return nil
	}
	m.Doc.StartsAt(obs.Begins)
	return m
}

func messages(obs *evidence.Observation) []*Message {
	out := []*Message{}
	for i := range obs.Messages {
		m := &Message{Message: &obs.Messages[i]}
		if len(m.XML) > 0 {
			if m.Doc, m.Parsed = xmltree.Parse(m.Source, m.XML); m.Parsed == nil {
				m.Doc.Shifted(m.Shifts)
				m.Doc.StartsAt(m.Begins)
				m.Response, m.Request, m.Logout = samldoc.ParseResponse(m.Doc), samldoc.ParseRequest(m.Doc), samldoc.ParseLogout(m.Doc)
			} else {
				m.Doc = nil
			}
		}
		out = append(out, m)
	}
	return out
}

// Answers gives every response that there is, pasted or probed.
func (c *Case) Answers() []*Message {
	var out []*Message
	for _, m := range append(append([]*Message{}, c.Messages...), c.Probed...) {
		if m.Response != nil {
			out = append(out, m)
		}
	}
	return out
}

// Requests gives every authentication request that there is, pasted or sent by a probe.
func (c *Case) Requests() []*Message {
	var out []*Message
	for _, m := range append(append([]*Message{}, c.Messages...), c.Probed...) {
		if m.Request != nil {
			out = append(out, m)
		}
	}
	return out
}

// IdPEntityID is the IdP's entity ID as the connection states it, else as its metadata does. IdP metadata is read only by rules
// that declare it.
func (c *Case) IdPEntityID() string {
	if c.Config != nil && c.Config.SAML != nil && c.Config.SAML.IdPEntityID != "" {
		return c.Config.SAML.IdPEntityID
	}
	return c.Metadata.EntityID()
}

// Signing gives the certificates that the SP verifies with: those of the connection file, and those of the IdP's metadata.
func (c *Case) Signing() (configured []Cert, metadata []samldoc.Key) {
	for _, f := range c.Certs {
		if strings.HasSuffix(f.Path, "saml/certificate") || f.Path == "" {
			configured = append(configured, f)
		}
	}
	return configured, samldoc.Keys(c.Metadata.IdP(), "signing")
}

// InXML locates an element, or one of its attributes, of a document: in its file when it stands there as it is, else by its path
// in the message.
func (c *Case) InXML(kind evidence.Kind, e *xmltree.Element, attr string) report.Location {
	obs := c.Seen[kind].Obs
	path := e.Path()
	if attr != "" {
		path += "/@" + attr
	}
	if obs == nil || !obs.FromFile() {
		return report.Location{Evidence: obs.Name(), Path: path}
	}
	return inDoc(obs.Source, e, attr, path)
}

func inDoc(file string, e *xmltree.Element, attr, path string) report.Location {
	var pos source.Pos
	var n int
	switch attr {
	case "":
		pos, n = e.TextPos()
	default:
		pos, n = e.AttrPos(attr)
	}
	return report.Location{File: file, Line: pos.Line, Col: pos.Col, Path: path, Len: n, Snippet: e.Doc().Line(pos.Line)}
}

// In locates an element of a message, or one of its attributes: in the file when the XML stands there as it is, else by its path.
func (m *Message) In(e *xmltree.Element, attr string) report.Location {
	path := e.Path()
	if attr != "" {
		path += "/@" + attr
	}
	if m.Begins.IsZero() || e == nil {
		return report.Location{Evidence: m.Cite(), Path: path}
	}
	return inDoc(m.Source, e, attr, path)
}

// Cite is how findings name the message: where it came from and what it is.
func (m *Message) Cite() string {
	name := m.Name
	if m.Doc != nil {
		name = m.Doc.Root.Local
	}
	switch {
	case m.Source == "":
		return name
	case name == "":
		return m.Source
	}
	return m.Source + " (" + name + ")"
}

// Clues gives what metadata tells about the product that made it.
func Clues(m *samldoc.Entities) knowledge.Clues {
	return knowledge.Clues{EntityID: m.EntityID(), SSOURL: m.SignOnURL()}
}
