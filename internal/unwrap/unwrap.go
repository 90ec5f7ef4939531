// Package unwrap recognises what people paste and opens it: SAML messages and OIDC traffic in any wrapping (base64, deflate, URL
// encoding, form bodies, addresses, HAR files, "copy as cURL", web pages, log lines), tokens, key sets, metadata, certificates.
// It repairs what copying breaks, says what it repaired, and judges nothing.
package unwrap

import (
	"fmt"
	"time"

	"github.com/ssoctl/ssoctl/internal/source"
)

// Kinds of documents. Data holds the document named.
const (
	KindResponse           = "saml.response"
	KindRequest            = "saml.request" // an AuthnRequest
	KindLogoutRequest      = "saml.logout_request"
	KindLogoutResponse     = "saml.logout_response"
	KindAssertion          = "saml.assertion"
	KindEncryptedAssertion = "saml.encrypted_assertion"
	KindArtifact           = "saml.artifact" // Data is the value of SAMLart
	KindArtifactResolve    = "saml.artifact_resolve"
	KindArtifactResponse   = "saml.artifact_response"
	KindMetadata           = "saml.metadata"    // Role tells whose
	KindSAML1              = "saml1"            // a message or assertion of SAML 1.x
	KindUndecodable        = "saml.undecodable" // a SAML parameter whose value is neither base64 nor XML; Data is the value
	KindXML                = "xml"              // any other well-formed XML
	KindAuthorization      = "oidc.authorization_request"
	KindCallback           = "oidc.callback" // what came to a redirect URI: a code, tokens or an error
	KindTokenRequest       = "oidc.token_request"
	KindTokenResponse      = "oidc.token_response"
	KindUserinfo           = "oidc.userinfo"
	KindClaims             = "oidc.claims" // the decoded payload of a token
	KindDiscovery          = "oidc.discovery"
	KindJWKS               = "oidc.jwks"
	KindJWK                = "oidc.jwk" // a single key
	KindLogout             = "oidc.logout_request"
	KindIntrospection      = "oauth.introspection"
	KindOAuthError         = "oauth.error" // an error object of a back channel
	KindJWT                = "jwt"         // signed: three parts
	KindJWE                = "jwe"         // encrypted: five parts
	KindWSFed              = "wsfed.request"
	KindCertificate        = "certificate"
	KindPrivateKey         = "private_key"
	KindPublicKey          = "public_key"
	KindCSR                = "certificate_request"
	KindPKCS7              = "pkcs7"
	KindPKCS12             = "pkcs12"
	KindHAR                = "har" // Recognise only: Open gives what is inside
)

// Notes: what had to be repaired, or is odd about the wrapping. NoteCut and NoteBroken are followed by a colon and the details.
const (
	NoteBlanks          = "blanks in place of +"
	NotePlus            = "+ not URL-encoded"
	NoteTwice           = "URL-encoded twice"
	NoteLines           = "line breaks"
	NoteAlphabet        = "base64url alphabet"
	NotePadding         = "padding missing"
	NoteSurplus         = "padding surplus"
	NoteCut             = "cut off"
	NoteBroken          = "the XML does not parse"
	NoteDeflated        = "deflated although it came by POST"
	NoteNotDeflated     = "not deflated although it came by Redirect"
	NoteZlib            = "zlib header before the deflated data"
	NoteGzip            = "gzip in place of deflate"
	NoteQuotes          = "quotes around it"
	NoteTypographic     = "typographic quotes"
	NoteEntities        = "HTML entities"
	NoteEscapes         = "backslash escapes"
	NoteStray           = "other text around it"
	NoteSpace           = "white space before the document"
	NoteUTF16           = "UTF-16"
	NoteMarked          = "quoted in a mail"
	NoteHex             = "hexadecimal digits"
	NotePrefixed        = "the same text before every line"
	NoteInvisible       = "invisible characters"
	NoteSource          = "the source of a page, shown by another"
	NoteQuotedPrintable = "quoted-printable"
	NoteDeclared        = "namespace declarations of the surrounding XML were copied into it"
)

// Bindings, as the last part of their URN (SAML Bindings §3).
const (
	Redirect = "HTTP-Redirect"
	POST     = "HTTP-POST"
)

// Bounds on what is opened.
const (
	maxInput   = 64 << 20 // bytes of what is given
	maxInflate = 4 << 20  // bytes that deflated data may grow to
	maxBase64  = 4        // nested layers of base64
	maxDepth   = 16       // nested layers of any kind
	maxHits    = 1000     // documents found in one text by searching it
)

// Document is one thing that was found in what was given. Data, URL, Query, Params, RelayState and Answer.Page may hold secrets and
// personal values: redact before showing.
type Document struct {
	Kind   string   // one of the constants
	Role   string   // of metadata: "idp", "sp", "idp+sp", "federation" (many entities), "" (neither role)
	Name   string   // of the parameter or member that carried it: SAMLResponse, id_token …
	Layers []string // outermost first, for people: "HAR", "form body", "URL encoding", "base64", "deflate"
	Data   []byte   // the innermost document: XML, a token's text, JSON, PEM or DER, or the address or form body of an OIDC message

	Binding    string              // of a SAML message with a known carrier: HTTP-POST or HTTP-Redirect
	Method     string              // of the request that carried it, or of the form
	URL        string              // of the request that carried it; of a form: its action
	Query      string              // the query string octet for octet, over which the Redirect binding signs (SAML Bindings §3.4.4.1)
	RelayState *string             // nil: there was none
	Params     map[string][]string // of an OIDC or WS-Federation message
	Form       *Form               // the HTML form that carried the message, or that the browser sent it from

	Sent       time.Time // of a HAR or trace: when the request began
	Entry      int       // of a HAR or trace: which entry, from 0; otherwise -1
	Answer     *Answer   // of a HAR or trace: what the server said to the request that carried the document
	Cookies    []string  // of a HAR or trace: names of the cookies that the request carried
	SetEarlier []string  // of a HAR or trace: Set-Cookie, without values, of the answer that redirected to this request

	Notes []string   // what had to be repaired
	Path  string     // JSON pointer within the source; "" when the source is not JSON
	Pos   source.Pos // where it begins, when lines of the source count
}

// Form is an HTML form as a page has it.
type Form struct {
	Action, Method string   // as written
	Fields         []string // names, in order
}

// Answer is what a server said to the request that carried a document.
type Answer struct {
	Status     int
	Location   string
	Type       string   // media type
	Page       string   // the readable text of the body, at most 4 KiB
	Blocked    string   // why the browser sent nothing or dropped the answer: "net::ERR_BLOCKED_BY_CLIENT"
	SetCookies []string // "name; Path=/; SameSite=Lax": values are left out
}

// Open recognises data and gives the documents in it, in their order; those of a HAR by time. The name is used in places of errors
// only. When nothing is recognised the error is an *Unknown.
func Open(name string, data []byte) ([]Document, error) {
	if len(data) > maxInput {
		return nil, &Unknown{Name: name, Looks: fmt.Sprintf("%d MiB", len(data)>>20), Paste: fmt.Sprintf("at most %d MiB are read", maxInput>>20)}
	}
	o := &opener{name: name, work: 16*len(data) + 64<<20}
	var notes []string
	o.text, notes = asText(data)
	if named := fileLike().Match(head(o.text)) && connectionLike().Match(head(o.text)); named { // its certificates are not what it is about
		return nil, o.unknown(data)
	}
	if text, note := plainly(o.text); note != "" {
		o.text, notes = text, append(notes, note)
	}
	o.open(piece{data: o.text, whole: true, doc: Document{Entry: -1, Notes: notes}})
	if !opened(o.docs) {
		if docs := o.again(); docs != nil {
			return docs, nil
		}
	}
	if len(o.docs) == 0 {
		return nil, o.unknown(data)
	}
	return o.docs, nil
}

// opener holds what Open has found so far.
type opener struct {
	name    string
	text    []byte // the whole, as UTF-8 when it is text
	lines   []int  // offsets of line beginnings in text; built on first use
	docs    []Document
	work    int             // bytes that may still be looked at, all layers counted
	refused string          // why something was not opened
	tokens  map[string]bool // of a HAR: tokens already given
}

// piece is something on its way to becoming a document.
type piece struct {
	data   []byte
	doc    Document // what is known so far
	whole  bool     // data is a part of opener.text, at offset off
	off    int
	depth  int  // layers around it
	base64 int  // of these: base64
	quiet  bool // do not search it as free text
}

// within gives a piece inside p.
func (p piece) within(data []byte, layer string) piece {
	p.data, p.whole, p.off = data, false, 0
	p.depth++
	if layer != "" {
		p.doc.Layers = append(p.doc.Layers[:len(p.doc.Layers):len(p.doc.Layers)], layer)
	}
	return p
}

// note adds notes that are not there yet.
func (p piece) note(notes ...string) piece {
	p.doc.Notes = p.doc.Notes[:len(p.doc.Notes):len(p.doc.Notes)]
	for _, n := range notes {
		if n != "" && !p.has(n) {
			p.doc.Notes = append(p.doc.Notes, n)
		}
	}
	return p
}

func (p piece) has(note string) bool {
	for _, n := range p.doc.Notes {
		if n == note {
			return true
		}
	}
	return false
}

// open tries what a piece could be, the most telling forms first, and reports whether anything was found.
func (o *opener) open(p piece) bool {
	if p.depth > maxDepth || len(p.data) == 0 {
		return false
	}
	if o.work -= len(p.data); o.work < 0 {
		o.refused = "more layers than are opened"
		return false
	}
	p = o.trim(p)
	for _, try := range []func(piece) bool{o.der, o.json, o.pem, o.command, o.markup, o.http, o.address, o.form, o.token, o.percent, o.encoded, o.entities, o.search} {
		if try(p) {
			return true
		}
	}
	return false
}

// add takes a document.
func (o *opener) add(p piece, kind string, data []byte) bool {
	d := p.doc
	d.Kind, d.Data = kind, data
	if p.whole && d.Pos.IsZero() {
		d.Pos = o.at(p.off)
	}
	o.docs = append(o.docs, d)
	return true
}

// collect runs find and gives what it has found, apart from what was found before.
func (o *opener) collect(find func()) []Document {
	before := o.docs
	o.docs = nil
	find()
	found := o.docs
	o.docs = before
	return found
}
