// Package emit writes a connection down as configuration for one of its two sides: files that the IdP or the SP imports, or a sheet of
// fields for a console. It is pure: connection in, files out. What a product takes is data (emits: in its profile); how a format is written
// is code, one writer a format. No file holds a secret: secrets are variables, references, or left for the product to make.
package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/connection"
)

// Input is a connection with what the files hold that it names. Everything but the connection may be empty.
type Input struct {
	Connection *connection.Connection
	// EntityID, SSOURL and Certificate (PEM) are those of the IdP's metadata; they stand in for what the connection does not state itself.
	EntityID, SSOURL, Certificate string
	// Metadata is that metadata itself, XML.
	Metadata string
	// SPCertificate is the PEM of saml.sp_certificate.
	SPCertificate string
}

// File is one file of an output. Name is a bare file name.
type File struct {
	Name string
	Body []byte
}

// Output is what a writer made: at least one file, how the files get to the other side by hand, and what is left to do after that; in
// order, one sentence or command each.
type Output struct {
	Files []File
	Send  []string
	Notes []string
}

// Left is all that is left to do by hand.
func (o Output) Left() []string { return slices.Concat(o.Send, o.Notes) }

// Side is whom the configuration is for.
type Side string

const (
	IdP Side = "idp"
	SP  Side = "sp"
)

// Format is one way to write an application down.
type Format struct {
	ID    string
	Title string
	Side  Side
	// Protocols that the format can express: oidc, saml.
	Protocols []string
	write     func(*app) (Output, error)
}

var both, oidcOnly, samlOnly = []string{"oidc", "saml"}, []string{"oidc"}, []string{"saml"}

// Formats lists all formats, those of the IdP's side first.
func Formats() []Format {
	return []Format{
		{"keycloak_client", "Keycloak client, JSON", IdP, both, keycloakClient},
		{"keycloak_client_x500", "Keycloak client, JSON, attributes by their X.500 names", IdP, samlOnly, keycloakX500},
		{"authentik_blueprint", "Authentik blueprint, YAML", IdP, both, authentikBlueprint},
		{"okta_api", "Okta Apps API, JSON", IdP, both, oktaAPI},
		{"okta_terraform", "Okta, Terraform", IdP, both, oktaTerraform},
		{"entra_graph", "Microsoft Graph, JSON with az commands", IdP, both, entraGraph},
		{"entra_terraform", "Entra ID, Terraform", IdP, both, entraTerraform},
		{"auth0_api", "Auth0 Management API, JSON", IdP, both, auth0API},
		{"auth0_terraform", "Auth0, Terraform", IdP, both, auth0Terraform},
		{"gitlab_application", "GitLab Applications API, JSON", IdP, oidcOnly, gitlabApplication},
		{"zitadel_api", "Zitadel Management API, JSON", IdP, both, zitadelAPI},
		{"authelia_client", "Authelia configuration, YAML", IdP, oidcOnly, autheliaClient},
		{"dex_client", "Dex configuration, YAML", IdP, oidcOnly, dexClient},
		{"field_sheet", "sheet of the console's fields, Markdown", IdP, both, idpSheet},
		{"client_registration", "dynamic client registration (RFC 7591), JSON", IdP, oidcOnly, clientRegistration},
		{"sp_metadata", "SAML metadata of the SP, XML", IdP, samlOnly, spMetadata},
		{"field_sheet", "sheet of the form's fields, Markdown", SP, both, spSheet},
		{"archestra_api", "Archestra API, JSON", SP, both, archestraAPI},
		{"archestra_terraform", "Archestra, Terraform", SP, both, archestraTerraform},
		{"claim_rules", "claim rules in the form's order, CSV", SP, both, claimRules},
	}
}

// universal are the formats that need nothing of a product; they stand behind those that its profile names.
var universal = []string{"field_sheet", "client_registration", "sp_metadata"}

// For lists the formats that fit a side of a connection, the default first. It is empty only when the connection speaks no protocol.
func For(c *connection.Connection, side Side) []Format {
	ids := slices.Clone(c.IdP.Emits)
	if side == SP {
		ids = slices.Clone(c.SP.Emits)
	}
	var out []Format
	for _, id := range append(ids, universal...) {
		for _, f := range Formats() {
			known := slices.ContainsFunc(out, func(have Format) bool { return have.ID == f.ID })
			if id == "client_registration" && c.PlainOAuth() {
				continue
			}
			if f.ID == id && f.Side == side && !known && slices.Contains(f.Protocols, string(c.Protocol())) {
				out = append(out, f)
			}
		}
	}
	return out
}

// Pick finds a format by its id among those of a side, fitting or not; an empty id is the default. The error lists what fits.
func Pick(c *connection.Connection, side Side, id string) (Format, error) {
	fit := For(c, side)
	if len(fit) == 0 {
		return Format{}, fmt.Errorf("connection %q has neither an oidc nor a saml section", c.Name)
	}
	if id == "" {
		return fit[0], nil
	}
	var ids []string
	for _, f := range fit {
		ids = append(ids, f.ID)
	}
	for _, f := range Formats() {
		switch {
		case f.ID != id || f.Side != side:
		case !slices.Contains(f.Protocols, string(c.Protocol())):
			return Format{}, fmt.Errorf("%q cannot express %s; formats for this side: %s", id, strings.ToUpper(string(c.Protocol())), strings.Join(ids, ", "))
		default:
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("unknown --as %q; formats for this side: %s", id, strings.Join(ids, ", "))
}

// Write makes the files of one format. An error says which value of the connection the format cannot do without.
func (f Format) Write(in Input) (Output, error) {
	a := newApp(in)
	if f.Side == IdP {
		if err := a.complete(); err != nil {
			return Output{}, err
		}
	}
	return f.write(a)
}
