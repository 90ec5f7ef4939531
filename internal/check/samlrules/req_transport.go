package samlrules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/samldoc"
)

// References that several rules on how messages travel share.
const (
	refRedirect = "SAML 2.0 Bindings §3.4.4.1"
	refPost     = "SAML 2.0 Bindings §3.5.4"
)

// Limits of the HTTP-Redirect binding: of RelayState by the standard, of the address by what browsers, proxies and servers take.
const (
	maxRelayState = 80
	maxAddress    = 8 << 10
)

// How a request travels.
var reqTransport = []check.Rule{
	{
		Code: "REQ001", Title: "the request can be decoded as its binding says", Severity: report.Error, Protocol: config.SAML,
		AnyOf: []evidence.Kind{evidence.SAMLMessages, evidence.SAMLSSO}, Explains: []string{"REQ002"},
		Why:     "The IdP finds no request in what arrives, and shows an error page of its own.",
		Fix:     "let the SP deflate the request and encode it in base64 for HTTP-Redirect, and encode it in base64 alone for HTTP-POST",
		Refs:    []string{refRedirect, refPost},
		Decides: func(c *check.Case) string { return unlessCarried(c, "SAMLRequest", noRequest) },
		Check: func(c *check.Case) []report.Finding {
			return encodings(c, "SAMLRequest", func(do string) string { return atSP(c, do) })
		},
	},
	onRequest(check.Rule{
		Code: "REQ013", Title: "requests are not signed by way of SHA-1", Severity: report.Warning,
		Why:  "IdPs that have switched SHA-1 off refuse the request.",
		Fix:  "let the SP sign with RSA and SHA-256",
		Refs: []string{refRedirect},
	}, unsignedQuery, func(l letter) []report.Finding {
		if l.m.Query == nil || !strings.HasSuffix(strings.ToLower(l.m.Query.Method), "sha1") {
			return nil
		}
		f := envelope(l.m, l.m.Query.Method, rsaSHA256, "SigAlg of the request is %s, which rests on SHA-1", check.Quote(l.m.Query.Method))
		f.Fix = []string{atSP(l.c, "sign requests with "+rsaSHA256)}
		return []report.Finding{f}
	}),
	onRequest(check.Rule{
		Code: "REQ014", Title: "no XML signature stands in a request by HTTP-Redirect", Severity: report.Error,
		Why:  "The IdP looks for the signature in the address and takes the request for unsigned, or refuses it.",
		Fix:  "let the SP sign the address in place of the XML",
		Refs: []string{refRedirect},
	}, nil, func(l letter) []report.Finding {
		e := l.head.Element.Child(samldoc.DSig, "Signature")
		if l.m.Binding != "HTTP-Redirect" || e == nil {
			return nil
		}
		f := l.finding(e, "", "the request came by %q with an XML signature in it, where the signature belongs into the address (SigAlg and Signature)", l.m.Binding)
		f.Fix = []string{atSP(l.c, "sign the address, or send requests by HTTP-POST")}
		return []report.Finding{f}
	}),
	onRequest(check.Rule{
		Code: "REQ016", Title: "RelayState of the request is short enough", Severity: report.Warning,
		Why:  "An IdP may cut it off or refuse the request, and the user then lands on another page than the one asked for.",
		Fix:  "let the SP send a short reference as RelayState and keep the address itself",
		Refs: []string{"SAML 2.0 Bindings §3.4.3"},
	}, nil, func(l letter) []report.Finding {
		return longRelayState(l.m, func(do string) string { return atSP(l.c, do) })
	}),
	onRequest(check.Rule{
		Code: "REQ017", Title: "the request fits into an address", Severity: report.Warning,
		Why: "Proxies and web servers cut off long addresses, or answer 414.",
		Fix: "let the SP send requests by HTTP-POST, or leave out what makes them large",
	}, nil, func(l letter) []report.Finding {
		if l.m.Binding != "HTTP-Redirect" || l.m.Wire <= maxAddress {
			return nil
		}
		f := envelope(l.m, fmt.Sprint(l.m.Wire), fmt.Sprint(maxAddress), "the address that carries the request has %q bytes, and many servers take %q at most", fmt.Sprint(l.m.Wire), fmt.Sprint(maxAddress))
		f.Fix = []string{atSP(l.c, "send requests by HTTP-POST, or leave out their extensions")}
		return []report.Finding{f}
	}),
}

const rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

// atSP is a step at the SP, of which no profile knows a field: its own settings or its software.
func atSP(c *check.Case, do string) string { return c.TheSP() + ": " + do }

func unsignedQuery(l letter) string {
	if l.m.Query == nil {
		return "the address of the request is not signed"
	}
	return ""
}

// unlessCarried gives a reason when there is no message of that name, opened or not.
func unlessCarried(c *check.Case, name, none string) string {
	for _, m := range slices.Concat(c.Messages, c.Probed) {
		if carries(m, name) {
			return ""
		}
	}
	return none
}

// carries reports whether a message is a request or a response: by what it is, else by the parameter that carried it.
func carries(m *check.Message, name string) bool {
	switch {
	case m.Response != nil:
		return name == "SAMLResponse"
	case m.Request != nil:
		return name == "SAMLRequest"
	case m.Logout != nil:
		return false
	case m.Name == "":
		return name == "SAMLResponse" // what people paste without a name is a response
	}
	return strings.EqualFold(m.Name, name)
}

// mangled are the notes about what copying does to a message, too: they count only for one that was recorded as it travelled.
var mangled = map[string]string{
	"blanks in place of +":   "has blanks where base64 has a plus sign",
	"+ not URL-encoded":      "has plus signs that are not URL-encoded, and receivers read them as blanks",
	"URL-encoded twice":      "is URL-encoded twice",
	"base64url alphabet":     "is in the alphabet of base64url",
	"padding missing":        "lacks the padding of base64",
	"padding surplus":        "has more padding than base64 has",
	"cut off":                "is cut off",
	"double base64 encoding": "is encoded in base64 twice",
}

// misbound are the notes about an encoding that belongs to the other binding.
var misbound = map[string]string{
	"deflated although it came by POST":         "is deflated although it came by HTTP-POST",
	"not deflated although it came by Redirect": "is not deflated although it came by HTTP-Redirect",
	"zlib header before the deflated data":      "has the header of zlib before the deflated data",
	"gzip in place of deflate":                  "is packed with gzip where deflate belongs",
}

// encodings judges how the messages of one name were encoded.
func encodings(c *check.Case, name string, fix func(do string) string) []report.Finding {
	var out []report.Finding
	for _, m := range slices.Concat(c.Messages, c.Probed) {
		if !carries(m, name) {
			continue
		}
		if len(m.XML) == 0 {
			f := envelope(m, "", "", "%s does not decode: %s%s", name, m.Problem, detail(m))
			f.Fix = []string{fix("encode the XML in base64"), "when it was copied by hand: copy the whole value once more"}
			out = append(out, f)
			continue
		}
		for _, said := range deviations(m) {
			f := envelope(m, said, "", "%s %s", name, said)
			f.Fix = []string{fix("encode " + name + " once: " + asBinding(m))}
			out = append(out, f)
		}
	}
	return out
}

// deviations words what had to be repaired to open a message.
func deviations(m *check.Message) []string {
	var out []string
	notes := m.Notes
	for _, layer := range []string{"base64", "URL encoding"} {
		if n := count(m.Layers, layer); n > 1 {
			notes = append(slices.Clone(notes), map[string]string{"base64": "double base64 encoding", "URL encoding": "URL-encoded twice"}[layer])
		}
	}
	for _, note := range notes {
		said := misbound[note]
		if said == "" && recorded(m) && m.Parsed == nil {
			said = mangled[note]
		}
		if said != "" && !slices.Contains(out, said) {
			out = append(out, said)
		}
	}
	return out
}

func count(list []string, word string) int {
	n := 0
	for _, s := range list {
		if s == word {
			n++
		}
	}
	return n
}

func asBinding(m *check.Message) string {
	if m.Binding == "HTTP-Redirect" {
		return "deflate, then base64, then URL encoding"
	}
	return "base64, then the form's own encoding"
}

// detail is what the notes say about a value that did not decode.
func detail(m *check.Message) string {
	for _, n := range m.Notes {
		if strings.Contains(n, "base64") {
			return " (" + n + ")"
		}
	}
	return ""
}

// longRelayState judges the length of RelayState (SAML 2.0 Bindings §3.4.3, §3.5.3: at most 80 bytes).
func longRelayState(m *check.Message, fix func(do string) string) []report.Finding {
	if m.RelayState == nil || len(*m.RelayState) <= maxRelayState {
		return nil
	}
	n := fmt.Sprint(len(*m.RelayState))
	f := envelope(m, n, fmt.Sprint(maxRelayState), "RelayState has %q bytes, and %q are allowed: %s", n, fmt.Sprint(maxRelayState), shortened(*m.RelayState))
	f.Fix = []string{fix("send a short reference as RelayState")}
	return []report.Finding{f}
}
