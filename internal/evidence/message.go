package evidence

import (
	"time"

	"github.com/ssoctl/ssoctl/internal/source"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// Message is one SAML message as it was found. What cannot be told any more once personal values are replaced (signatures, the
// outcome of a decryption, sizes) was found out before and is kept beside the XML.
type Message struct {
	Label      string              `json:"label,omitempty"`   // the attempt of a probe; "" for what was pasted
	Source     string              `json:"source,omitempty"`  // file, or entry of a HAR
	Name       string              `json:"name,omitempty"`    // SAMLRequest | SAMLResponse
	Binding    string              `json:"binding,omitempty"` // HTTP-POST | HTTP-Redirect; "" when it came alone
	Method     string              `json:"method,omitempty"`  // of the request, or of the form, that carried it
	To         string              `json:"to,omitempty"`      // address that it was sent to, or the form's action
	RelayState *string             `json:"relay_state,omitempty"`
	Layers     []string            `json:"layers,omitempty"`  // how it was wrapped, outermost first
	Notes      []string            `json:"notes,omitempty"`   // what had to be repaired to open it
	Problem    string              `json:"problem,omitempty"` // why no document came out
	Sent       time.Time           `json:"sent,omitzero"`
	Size       int                 `json:"size,omitempty"` // bytes of the XML as it was
	Wire       int                 `json:"wire,omitempty"` // bytes of the encoded message, or of the URL that carried it
	XML        Bytes               `json:"xml,omitempty"`  // with the decrypted parts in place
	Shifts     []xmltree.Shift     `json:"shifts,omitempty"`
	Begins     source.Pos          `json:"begins,omitzero"`      // where in Source the XML begins; zero when it was encoded
	RequestID  string              `json:"request_id,omitempty"` // of the request that it should answer, as far as known
	Signatures []xmlsig.Signature  `json:"signatures,omitempty"`
	Query      *xmlsig.Signature   `json:"query_signature,omitempty"` // of the HTTP-Redirect binding
	Decrypted  []xmlsig.Encryption `json:"decrypted,omitempty"`
	Form       *Form               `json:"form,omitempty"`
	Answer     *Exchange           `json:"answer,omitempty"` // what the receiver answered, where a HAR shows it
}

// SignatureRemoved is the Problem of a signature of which only the place is left: the message comes from a HAR that was made safe to send.
const SignatureRemoved = "the signature was taken out when this was made safe to send"

// Form is the HTML form that a browser would post, or posted, the message with.
type Form struct {
	Action string   `json:"action,omitempty"`
	Method string   `json:"method,omitempty"`
	Fields []string `json:"fields,omitempty"` // names, in order
}

// NamedFile is a file that the connection names, or a value that stands in it, read as it is. It holds nothing secret.
type NamedFile struct {
	Path   string `json:"path"` // where it is named, within the connection: saml/certificate
	Name   string `json:"name"` // of the file; that of the connection file when the value stands there
	Inline bool   `json:"inline,omitempty"`
	Body   Bytes  `json:"body,omitempty"`
	State  string `json:"state"`          // ok | missing | unreadable
	Text   string `json:"text,omitempty"` // reason, for people
}
