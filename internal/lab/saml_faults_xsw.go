package lab

import "strings"

// wrapped is a signed message taken apart, for faults that put it together in another way (SIG008, SIG009). The names XSW1 to XSW8
// are those of the published attacks.
type wrapped struct {
	head, assertion, tail string // around the first assertion
	signature             string // the first ds:Signature of the message
	bare                  string // the assertion without its signature
	evil                  string // the bare assertion about another user, with an ID of its own
}

// takeApart opens a message of which one part is signed.
func takeApart(text string, m *message) wrapped {
	var w wrapped
	w.head, w.assertion, w.tail = cut(text, assertionStart, assertionEnd)
	_, w.signature, _ = cut(text, signatureStart, signatureEnd)
	w.bare = unsigned(w.assertion)
	w.evil = m.forged(w.bare)
	return w
}

// unsigned leaves the first signature out.
func unsigned(text string) string {
	before, _, after := cut(text, signatureStart, signatureEnd)
	return before + after
}

// forged is a text about another user, under other IDs.
func (m *message) forged(text string) string {
	victim := "bob@lab.example"
	if m.user.Email == victim {
		victim = "ann@lab.example"
	}
	text = strings.ReplaceAll(text, ">"+m.user.Email+"<", ">"+victim+"<")
	return strings.ReplaceAll(text, ` ID="`, ` ID="_forged-`)
}

// into puts a text in front of the first end tag of a kind.
func into(text, end, more string) string { return strings.Replace(text, end, more+end, 1) }

// wrappingFaults are those of signatures that cover something else than what is read.
func wrappingFaults() []Fault {
	wrapping := func(signs signedParts, build func(w wrapped, text string, m *message) string) func(*behaviour) {
		return func(b *behaviour) {
			b.saml.message.signs = signs
			b.saml.message.text = func(text string, m *message) string { return build(takeApart(text, m), text, m) }
		}
	}
	const issuerEnd = "</saml:Issuer>"
	withSignature := func(w wrapped, inside string) string { // the forged assertion with the signature behind its Issuer
		return strings.Replace(w.evil, issuerEnd, issuerEnd+into(w.signature, signatureEnd, inside), 1)
	}
	return []Fault{
		{Name: "SIG008", Title: "two assertions have one ID", set: wrapping(signAssertion, func(w wrapped, _ string, m *message) string {
			return w.head + strings.Replace(w.evil, `ID="_forged-`, `ID="`, 1) + w.assertion + w.tail
		})},
		{Name: "SIG009-xsw1", Title: "the signature of the response holds the signed response (XSW1)", set: wrapping(signResponse, func(w wrapped, text string, m *message) string {
			return into(m.forged(text), signatureEnd, unsigned(text))
		})},
		{Name: "SIG009-xsw2", Title: "the signed response stands before its signature in a forged one (XSW2)", set: wrapping(signResponse, func(w wrapped, text string, m *message) string {
			return strings.Replace(m.forged(text), signatureStart, unsigned(text)+signatureStart, 1)
		})},
		{Name: "SIG009-xsw3", Title: "a forged assertion stands before the signed one (XSW3)", set: wrapping(signAssertion, func(w wrapped, _ string, _ *message) string {
			return w.head + w.evil + w.assertion + w.tail
		})},
		{Name: "SIG009-xsw4", Title: "a forged assertion holds the signed one (XSW4)", set: wrapping(signAssertion, func(w wrapped, _ string, _ *message) string {
			return w.head + into(w.evil, assertionEnd, w.assertion) + w.tail
		})},
		{Name: "SIG009-xsw5", Title: "the signature is moved into a forged assertion, the signed one follows (XSW5)", set: wrapping(signAssertion, func(w wrapped, _ string, _ *message) string {
			return w.head + withSignature(w, "") + w.bare + w.tail
		})},
		{Name: "SIG009-xsw6", Title: "the signature is moved into a forged assertion and holds the signed one (XSW6)", set: wrapping(signAssertion, func(w wrapped, _ string, _ *message) string {
			return w.head + withSignature(w, w.bare) + w.tail
		})},
		{Name: "SIG009-xsw7", Title: "a forged assertion stands in Extensions (XSW7)", set: wrapping(signAssertion, func(w wrapped, _ string, _ *message) string {
			return strings.Replace(w.head, issuerEnd, issuerEnd+"<samlp:Extensions>"+w.evil+"</samlp:Extensions>", 1) + w.assertion + w.tail
		})},
		{Name: "SIG009-xsw8", Title: "the signature is moved into a forged assertion and holds the signed one in an Object (XSW8)", set: wrapping(signAssertion, func(w wrapped, _ string, _ *message) string {
			return w.head + withSignature(w, "<ds:Object>"+w.bare+"</ds:Object>") + w.tail
		})},
	}
}
