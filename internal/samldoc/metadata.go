package samldoc

import (
	"errors"

	"github.com/ssoctl/ssoctl/internal/cert"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Entities is a metadata document: one entity or an aggregate.
type Entities struct {
	Doc    *xmltree.Doc
	Root   *xmltree.Element   // EntityDescriptor or EntitiesDescriptor
	All    []*xmltree.Element // every EntityDescriptor, in order
	Entity *xmltree.Element   // the one that counts; nil when none does
}

// ErrNoMetadata says that a document is XML, but no SAML metadata.
var ErrNoMetadata = errors.New("the document is no SAML metadata")

// ParseMetadata reads metadata and picks the entity of that ID; with an empty ID, the only one, or the only one of that role
// (IDPSSODescriptor, SPSSODescriptor). XML that is no metadata gives ErrNoMetadata beside the document.
func ParseMetadata(file string, data []byte, entityID, role string) (*Entities, error) {
	doc, err := xmltree.Parse(file, data)
	if err != nil {
		return nil, err
	}
	m := &Entities{Doc: doc, Root: doc.Root}
	switch {
	case doc.Root.Is(Metadata, "EntityDescriptor"):
		m.All = []*xmltree.Element{doc.Root}
	case doc.Root.Is(Metadata, "EntitiesDescriptor"):
		doc.Root.Walk(func(e *xmltree.Element) bool {
			if e.Is(Metadata, "EntityDescriptor") {
				m.All = append(m.All, e)
				return false
			}
			return true
		})
	default:
		return m, ErrNoMetadata
	}
	m.pick(entityID, role)
	return m, nil
}

func (m *Entities) pick(entityID, role string) {
	if len(m.All) == 1 {
		m.Entity = m.All[0]
		return
	}
	var ofRole []*xmltree.Element
	for _, e := range m.All {
		if entityID != "" && e.Attr("entityID") == entityID {
			m.Entity = e
			return
		}
		if e.Child(Metadata, role) != nil {
			ofRole = append(ofRole, e)
		}
	}
	if len(ofRole) == 1 && entityID == "" {
		m.Entity = ofRole[0]
	}
}

// EntityID is the entity's ID, "" without an entity.
func (m *Entities) EntityID() string {
	if m == nil || m.Entity == nil {
		return ""
	}
	return m.Entity.Attr("entityID")
}

// Roles gives the role descriptors of a kind: IDPSSODescriptor, SPSSODescriptor.
func (m *Entities) Roles(kind string) []*xmltree.Element {
	if m == nil {
		return nil
	}
	return m.Entity.All(Metadata, kind)
}

// IdP gives the first IDPSSODescriptor, or nil; SP the first SPSSODescriptor.
func (m *Entities) IdP() *xmltree.Element { return first(m.Roles("IDPSSODescriptor")) }
func (m *Entities) SP() *xmltree.Element  { return first(m.Roles("SPSSODescriptor")) }

func first(all []*xmltree.Element) *xmltree.Element {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// Endpoint is one service of a role descriptor.
type Endpoint struct {
	Element                             *xmltree.Element
	Binding, Location, ResponseLocation string
}

// Endpoints lists the services of a role descriptor by element name: SingleSignOnService, AssertionConsumerService ...
func Endpoints(role *xmltree.Element, name string) []Endpoint {
	var out []Endpoint
	for _, e := range role.All(Metadata, name) {
		out = append(out, Endpoint{e, e.Attr("Binding"), e.Attr("Location"), e.Attr("ResponseLocation")})
	}
	return out
}

// SignOnURL is the address of the IdP's single sign-on service: that of the HTTP-Redirect binding, else the first. "" without one.
func (m *Entities) SignOnURL() string {
	address := ""
	for _, e := range Endpoints(m.IdP(), "SingleSignOnService") {
		if e.Binding == Redirect {
			return e.Location
		}
		if address == "" {
			address = e.Location
		}
	}
	return address
}

// Key is one X509Certificate of a KeyDescriptor.
type Key struct {
	Descriptor *xmltree.Element
	Element    *xmltree.Element // the X509Certificate
	Use        string           // signing | encryption | "" for both
	Text       cert.Text
}

// Keys lists the certificates of a role descriptor that serve a use; those without a use serve every one. use "" gives all.
func Keys(role *xmltree.Element, use string) []Key {
	var out []Key
	for _, d := range role.All(Metadata, "KeyDescriptor") {
		u := d.Attr("use")
		if use != "" && u != "" && u != use {
			continue
		}
		d.Walk(func(e *xmltree.Element) bool {
			if e.Is(DSig, "X509Certificate") {
				out = append(out, Key{d, e, u, cert.Parse([]byte(e.Text()))})
			}
			return true
		})
	}
	return out
}
