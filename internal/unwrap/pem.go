package unwrap

import (
	"bytes"
	"strings"
)

var pemLike = lazily(`-----BEGIN ([A-Z0-9 ]{1,40})-----`)

// pemKinds tells PEM blocks by their label (RFC 7468).
func pemKind(label string) string {
	switch {
	case strings.HasSuffix(label, "PRIVATE KEY"):
		return KindPrivateKey
	case strings.HasSuffix(label, "PUBLIC KEY"):
		return KindPublicKey
	case strings.Contains(label, "CERTIFICATE REQUEST"):
		return KindCSR
	case strings.HasSuffix(label, "CERTIFICATE"):
		return KindCertificate
	case label == "PKCS7" || label == "CMS":
		return KindPKCS7
	}
	return ""
}

// pem opens PEM blocks, one document each, whatever text is around them.
func (o *opener) pem(p piece) bool {
	starts := pemLike().FindAllSubmatchIndex(p.data, maxHits)
	found := false
	for i, m := range starts {
		label := string(p.data[m[2]:m[3]])
		kind := pemKind(label)
		if kind == "" {
			continue
		}
		end := len(p.data)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		in := p.within(p.data[m[0]:end], "PEM")
		in.doc.Name = ""
		if p.whole {
			in.doc.Pos = o.at(p.off + m[0])
		}
		closing := []byte("-----END " + label + "-----")
		if at := bytes.Index(in.data, closing); at >= 0 {
			in.data = in.data[:at+len(closing)]
		} else {
			in = in.note(NoteCut + ": there is no END line")
		}
		if bytes.Contains(in.data, []byte(`\n`)) { // copied out of JSON or an environment file
			in.data = unescape(in.data)
			in = in.note(NoteEscapes)
		}
		found = o.add(in, kind, in.data) || found
	}
	return found
}

// der opens DER (X.690): certificates and keys.
func (o *opener) der(p piece) bool {
	kind, length := derKind(p.data)
	if kind == "" {
		return false
	}
	in := p.within(p.data, "DER")
	if p.whole {
		in.doc.Pos.Line, in.doc.Pos.Col = 0, 0
	}
	if length > len(p.data) {
		in = in.note(NoteCut + ": the DER ends early, " + itoa(len(p.data)) + " of " + itoa(length) + " bytes")
	}
	return o.add(in, kind, p.data[:min(length, len(p.data))])
}

// tlv is one element of DER; content may be shorter than length when the data is cut off.
type tlv struct {
	tag     byte
	content []byte
	total   int // header and content, as announced
}

// readTLV reads the element that data begins with.
func readTLV(data []byte) (t tlv, ok bool) {
	if len(data) < 2 {
		return t, false
	}
	length, head := int(data[1]), 2
	if length >= 0x80 {
		n := length & 0x7f
		if n < 1 || n > 3 || len(data) < 2+n || data[2] == 0 {
			return t, false
		}
		length = 0
		for _, c := range data[2 : 2+n] {
			length = length<<8 | int(c)
		}
		head += n
	}
	return tlv{data[0], data[head:min(len(data), head+length)], head + length}, true
}

// children reads up to n elements inside an element.
func (t tlv) children(n int) []tlv {
	var out []tlv
	rest := t.content
	for len(out) < n {
		c, ok := readTLV(rest)
		if !ok {
			break
		}
		out = append(out, c)
		rest = rest[min(len(rest), c.total):]
	}
	return out
}

const (
	tagInteger, tagBits, tagOctets, tagOID, tagSequence = 0x02, 0x03, 0x04, 0x06, 0x30
)

// derKind tells DER by its outer structure and gives the length that it announces; "" when it is something else. It need not be whole.
func derKind(data []byte) (kind string, length int) {
	if len(data) < 24 || data[0] != tagSequence {
		return "", 0
	}
	outer, ok := readTLV(data)
	parts := outer.children(3)
	if !ok || outer.total < 24 || len(parts) == 0 {
		return "", 0
	}
	first := parts[0]
	if first.tag == tagOID && bytes.HasPrefix(first.content, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}) {
		return KindPKCS7, outer.total
	}
	if first.tag == tagInteger && len(first.content) > 0 && len(parts) > 1 {
		return versioned(first.content, parts[1].tag), outer.total
	}
	if first.tag != tagSequence {
		return "", 0
	}
	inner := first.children(4)
	switch {
	case len(inner) == 0:
		return "", 0
	case inner[0].tag == tagOID && len(parts) > 1 && parts[1].tag == tagBits:
		return KindPublicKey, outer.total
	case inner[0].tag == 0xa0 && len(inner) > 1 && inner[1].tag == tagInteger: // version, serial number
		return KindCertificate, outer.total
	case inner[0].tag == tagInteger && len(inner) > 3 && inner[1].tag == tagSequence && inner[2].tag == tagSequence && inner[3].tag == tagSequence:
		return KindCertificate, outer.total // X.509 v1: serial number, algorithm, issuer, validity
	case inner[0].tag == tagInteger && len(inner) > 3 && inner[3].tag == 0xa0:
		return KindCSR, outer.total
	}
	return "", 0
}

// versioned tells the structures that begin with a version number.
func versioned(version []byte, second byte) string {
	switch {
	case len(version) > 1:
		return ""
	case version[0] == 3 && second == tagSequence:
		return KindPKCS12
	case version[0] == 0 && (second == tagSequence || second == tagInteger), version[0] == 1 && second == tagOctets:
		return KindPrivateKey
	}
	return ""
}
