package xmlsig

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// What came of a decryption.
const (
	Decrypted      = "decrypted"
	NoKey          = "no_key"            // no private key was given
	WrongKey       = "wrong_key"         // the EncryptedKey is for another key than those given
	WrongAlgorithm = "wrong_algorithm"   // a key at hand fits, but only with other algorithms than the document names; Problem says which
	KeyMissing     = "key_missing"       // there is no EncryptedKey, or it is not where the document says
	Unsupported    = "unknown_algorithm" // Problem names it
	Damaged        = "damaged"           // the key fits, but what it opens is not what was encrypted, or is no XML
)

// Encryption is what was found out about one EncryptedData.
type Encryption struct {
	Path      string   `json:"path"`                // of the element around it: EncryptedAssertion, EncryptedID, EncryptedAttribute
	Data      string   `json:"data,omitempty"`      // block encryption
	Transport string   `json:"transport,omitempty"` // key transport
	Digest    string   `json:"digest,omitempty"`    // of OAEP; SHA-1 when the document names none
	Mask      string   `json:"mask,omitempty"`      // of OAEP, when named
	Found     string   `json:"found,omitempty"`     // where the EncryptedKey stands: inside | retrieval | beside
	Recipient string   `json:"recipient,omitempty"` // that the EncryptedKey names
	For       [][]byte `json:"for,omitempty"`       // DER of the certificates that the EncryptedKey names
	State     string   `json:"state"`               // decrypted | no_key | wrong_key | wrong_algorithm | key_missing | unknown_algorithm | damaged | not_computed
	Holds     string   `json:"holds,omitempty"`     // name of the element that came out, without its prefix
	Problem   string   `json:"problem,omitempty"`   // for people
}

// Bounds of decryption: how many EncryptedData are looked at in each of how many rounds. What was decrypted may hold more.
const (
	maxEncrypted = 50
	maxRounds    = 3
)

// Decrypt opens every EncryptedData with the keys that fit and puts what comes out in its place, inside the EncryptedAssertion,
// EncryptedID or EncryptedAttribute. The document that it gives is the given one when nothing could be opened; places in it are
// those of its own text. The error is about that document only.
func Decrypt(doc *xmltree.Doc, keys []*rsa.PrivateKey) (*xmltree.Doc, []Encryption, error) {
	var out []Encryption
	seen := map[string]bool{} // paths of what could not be opened
	for range maxRounds {
		found := encrypted(doc.Root, seen)
		if len(found) == 0 {
			break
		}
		if len(found) > maxEncrypted {
			out = append(out, Encryption{Path: around(found[maxEncrypted]), State: string(NotComputed), Problem: fmt.Sprintf("the document holds more than %d encrypted parts", maxEncrypted)})
			seen[found[maxEncrypted].Path()] = true
			found = found[:maxEncrypted]
		}
		raw, round := openAll(doc, found, keys, seen)
		out = append(out, round...)
		if raw == nil {
			break
		}
		next, err := xmltree.Parse(doc.File, raw)
		if err != nil {
			return doc, out, fmt.Errorf("read the decrypted document: %w", err)
		}
		doc = next
	}
	return doc, out, nil
}

// Open decrypts a document and computes all its signatures: those outside of what was encrypted over the document as it came, since
// they were made over the cipher text, those inside over the document as it is decrypted (SAML 2.0 Core §6.2).
func Open(doc *xmltree.Doc, trust Trust, keys []*rsa.PrivateKey) (*xmltree.Doc, []Signature, []Encryption, error) {
	sigs := Verify(doc, trust)
	opened, encs, err := Decrypt(doc, keys)
	if err != nil || opened == doc {
		return opened, sigs, encs, err
	}
	for _, s := range Verify(opened, trust) {
		for _, e := range encs {
			if e.State == Decrypted && strings.HasPrefix(s.Path, e.Path+"/") {
				sigs = append(sigs, s)
				break
			}
		}
	}
	return opened, sigs, encs, nil
}

// encrypted finds the EncryptedData that were not tried yet, in document order, one more than are looked at.
func encrypted(root *xmltree.Element, seen map[string]bool) []*xmltree.Element {
	var out []*xmltree.Element
	root.Walk(func(e *xmltree.Element) bool {
		if len(out) <= maxEncrypted && e.Is(Enc, "EncryptedData") && !seen[e.Path()] {
			out = append(out, e)
		}
		return len(out) <= maxEncrypted && !e.Is(Enc, "EncryptedData")
	})
	return out
}

// around is the path of the element that an EncryptedData is in.
func around(e *xmltree.Element) string {
	if e.Parent == nil {
		return e.Path()
	}
	return e.Parent.Path()
}

// openAll decrypts the parts of one round. The text is nil when nothing changed.
func openAll(doc *xmltree.Doc, found []*xmltree.Element, keys []*rsa.PrivateKey, seen map[string]bool) ([]byte, []Encryption) {
	var out []Encryption
	raw, changed, all := inUTF8(doc), false, ids(doc)
	for _, e := range slices.Backward(found) { // from the end, so that the offsets before stay
		enc, plain := open(e, all, keys)
		if enc.State == Decrypted {
			from, _, to := e.Span()
			next := bytes.Join([][]byte{raw[:from], plain, raw[to:]}, nil)
			if enc.Holds = holds(next, from, from+len(plain)); enc.Holds == "" {
				enc.State, enc.Problem = Damaged, "what came out is no XML element that could stand there"
			} else {
				raw, changed = next, true
			}
		}
		if enc.State != Decrypted {
			seen[e.Path()] = true
		}
		out = append(out, enc)
	}
	slices.Reverse(out)
	if !changed {
		return nil, out
	}
	return raw, out
}

// inUTF8 is the document's text without an XML declaration that names the encoding it had before.
func inUTF8(doc *xmltree.Doc) []byte {
	raw := bytes.Clone(doc.Raw)
	if doc.Encoding == "UTF-8" || !bytes.HasPrefix(raw, []byte("<?xml")) {
		return raw
	}
	for i := range max(bytes.Index(raw, []byte("?>"))+2, 0) {
		if raw[i] != '\n' {
			raw[i] = ' '
		}
	}
	return raw
}

// holds gives the local name of the one element that takes up all of a part of a text; "" when there is none. What would end the
// elements around it and begin others is none.
func holds(text []byte, from, to int) string {
	doc, err := xmltree.Parse("", text)
	if err != nil {
		return ""
	}
	name := ""
	doc.Root.Walk(func(e *xmltree.Element) bool {
		a, _, b := e.Span()
		if a == from && b == to {
			name = e.Local
		}
		return name == "" && a <= from && b >= to
	})
	return name
}

// open decrypts one EncryptedData.
func open(e *xmltree.Element, ids map[string][]*xmltree.Element, keys []*rsa.PrivateKey) (Encryption, []byte) {
	enc := Encryption{Path: around(e), Data: e.Child(Enc, "EncryptionMethod").Attr("Algorithm")}
	ek := encryptedKey(&enc, e, ids)
	stop := func(state, problem string, args ...any) (Encryption, []byte) {
		enc.State, enc.Problem = state, fmt.Sprintf(problem, args...)
		return enc, nil
	}
	if ek == nil {
		if enc.Problem == "" {
			enc.Problem = "there is no EncryptedKey, neither in the EncryptedData nor beside it"
		}
		return stop(KeyMissing, "%s", enc.Problem)
	}
	t, err := readTransport(&enc, ek)
	if err != nil {
		return stop(Unsupported, "%v", err)
	}
	b, known := blocks[enc.Data]
	if !known {
		return stop(Unsupported, "the encryption method %q is not known", enc.Data)
	}
	wrapped, err1 := cipherValue(ek)
	data, err2 := cipherValue(e)
	for _, err := range []error{err1, err2} {
		if err != nil {
			return stop(Damaged, "%v", err)
		}
	}
	if len(keys) == 0 {
		return stop(NoKey, "no private key is at hand")
	}
	key, state, problem := unwrapKey(t, keys, wrapped, b.size)
	if key == nil {
		return stop(state, "%s", problem)
	}
	plain, err := b.decrypt(key, data)
	if err != nil {
		return stop(Damaged, "%v", err)
	}
	enc.State = Decrypted
	return enc, trimmed(plain)
}

// trimmed takes off what may stand before and behind an element that is a document of its own.
func trimmed(plain []byte) []byte {
	plain = bytes.TrimSpace(bytes.TrimPrefix(plain, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(plain, []byte("<?xml")) {
		if _, rest, ok := bytes.Cut(plain, []byte("?>")); ok {
			plain = bytes.TrimSpace(rest)
		}
	}
	return plain
}

// unwrapKey tries the keys whose size fits; without success it says whether none is the right one, or the algorithms are not those
// that the document names.
func unwrapKey(t transport, keys []*rsa.PrivateKey, wrapped []byte, size int) (key []byte, state, problem string) {
	state = WrongKey
	for _, k := range keys {
		if k.Size() != len(wrapped) {
			problem = fmt.Sprintf("the EncryptedKey is for a key of %d bits, the one at hand has %d", 8*len(wrapped), k.N.BitLen())
			continue
		}
		key, err := t.unwrap(k, wrapped)
		if err == nil && len(key) == size {
			return key, Decrypted, ""
		}
		if err == nil && t.algorithm != RSA15 { // RSA 1.5 lets some wrong keys pass
			return nil, WrongAlgorithm, fmt.Sprintf("the EncryptedKey holds %d bits, the encryption method that is named takes %d", 8*len(key), 8*size)
		}
		if other := t.really(k, wrapped, size); other != "" {
			return nil, WrongAlgorithm, "the key at hand opens the EncryptedKey, but with " + other + ", which it does not name"
		}
		problem = "the key at hand does not open the EncryptedKey: it was made for another one"
	}
	return nil, state, problem
}

// really finds the key transport that a key opens an EncryptedKey with.
func (t transport) really(k *rsa.PrivateKey, wrapped []byte, size int) string {
	for _, digest := range []string{SHA1, SHA224, SHA256, SHA384, SHA512} {
		for _, mask := range []string{"mgf1sha1", "mgf1sha224", "mgf1sha256", "mgf1sha384", "mgf1sha512"} {
			o := transport{OAEP, digests[digest], masks[Enc11+mask], t.label}
			if key, err := o.unwrap(k, wrapped); err == nil && len(key) == size {
				return fmt.Sprintf("OAEP of digest %q and mask generation %q", digest, Enc11+mask)
			}
		}
	}
	if key, err := (transport{algorithm: RSA15}).unwrap(k, wrapped); err == nil && len(key) == size {
		return fmt.Sprintf("%q", RSA15)
	}
	return ""
}
