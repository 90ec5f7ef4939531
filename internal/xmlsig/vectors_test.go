package xmlsig

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// TestVectors goes through what xmlsec1 signed, some of it changed afterwards; xmlsec1 has judged each before it was put here (by
// TestXmlsec in test/real). What is good is so by the key that the signature brings.
func TestVectors(t *testing.T) {
	for folder, least := range map[string]int{"good": 30, "bad": 8} {
		names, err := filepath.Glob(filepath.Join("testdata/xmlsec1", folder, "*.xml"))
		if err != nil || len(names) < least {
			t.Fatalf("%s: %d documents, %v", folder, len(names), err)
		}
		for _, name := range names {
			t.Run(folder+"/"+strings.TrimSuffix(filepath.Base(name), ".xml"), func(t *testing.T) {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				s := Verify(parseDoc(t, text), Trust{})[0]
				if s.Intact() != (folder == "good") {
					t.Fatalf("%+v", s)
				}
				if folder == "good" {
					changedVectors(t, text, s)
				}
			})
		}
	}
}

var reference = regexp.MustCompile(`</ds:Reference>`)

// changedVectors: what is good is so no more once the text, or SignedInfo, is another.
func changedVectors(t *testing.T, text []byte, s Signature) {
	t.Helper()
	if s.By != ByEmbedded || s.Trusted() || s.Bits == 0 {
		t.Errorf("by %q, %d bits", s.By, s.Bits)
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) {
		return
	}
	other := bytes.Replace(text, []byte("Assertion xmlns"), []byte("Assertion Consent='x' xmlns"), 1)
	if s := Verify(parseDoc(t, other), Trust{})[0]; s.Digests() != Bad || s.State != Good {
		t.Errorf("with another attribute: %+v", s)
	}
	other = reference.ReplaceAll(text, []byte("<!-- x --> </ds:Reference>"))
	if s := Verify(parseDoc(t, other), Trust{})[0]; s.Digests() != Good || s.State != Bad {
		t.Errorf("with another SignedInfo: %+v", s)
	}
}

// TestBase: xml:base of what is signed, put together with that of what is around it, as Canonical XML 1.1 §2.4 has it. The results
// are those of xmlsec1.
func TestBase(t *testing.T) {
	for _, c := range []struct{ base, reference, want string }{
		{"https://a.example/b/c", "d", "https://a.example/b/d"}, {"https://a.example/b/c", "../../../d", "https://a.example/d"}, {"https://a.example/b/c", "//x.example/d", "https://x.example/d"},
		{"https://a.example", "d", "https://a.example/d"}, {"https://a.example/b/c?x=1", "", "https://a.example/b/c?x=1"}, {"https://a.example/b/c", "..", "https://a.example/"}, {"b/c/", "../d", "b/d"},
		{"..", "d", "../d"}, {"../b", "../../d", "../../../d"}, {"", "", ""}, {"b//c", "d", "b/d"}, {"https://a.example/b", "urn:x", "urn:x"},
	} {
		if got := joined(c.base, c.reference); got != c.want {
			t.Errorf("%q and %q: %q, not %q", c.base, c.reference, got, c.want)
		}
	}
	p := newPair(t, rsaKey())
	signed, err := Sign([]byte(strings.Replace(response, "xml:lang", "xml:base", 1)), "_a1", SignOptions{Key: p.key, Canonical: C14N11})
	if err != nil {
		t.Fatal(err)
	}
	if s := Verify(parseDoc(t, signed), p.trust())[0]; !s.Trusted() {
		t.Errorf("%+v", s)
	}
	if s := Verify(parseDoc(t, bytes.Replace(signed, []byte(`xml:base="de"`), []byte(`xml:base="fr"`), 1)), p.trust())[0]; s.Digests() != Bad {
		t.Errorf("moved to another place: %+v", s)
	}
}

// TestTransforms: what stands where it means nothing, or something else, is told.
func TestTransforms(t *testing.T) {
	p := newPair(t, rsaKey())
	late, err := Sign([]byte(response), "_r1", SignOptions{Key: p.key, Extra: transform(Exclusive)})
	if err != nil {
		t.Fatal(err)
	}
	relative, err := Sign([]byte(strings.Replace(response, "urn:u", "relative/name", 1)), "_a1", SignOptions{Key: p.key})
	if err != nil {
		t.Fatal(err)
	}
	many, err := Sign([]byte(response), "_r1", SignOptions{Key: p.key})
	if err != nil {
		t.Fatal(err)
	}
	many = bytes.Replace(many, []byte("</ds:Transforms>"), []byte(strings.Repeat(transform(C14N), 4)+"</ds:Transforms>"), 1)
	for say, text := range map[string][]byte{"behind a canonicalisation": late, `"relative/name" of <samlp:Response>`: relative, "more than 4 canonicalisations": many} {
		s := Verify(parseDoc(t, text), p.trust())[0]
		if s.Intact() || s.References[0].State != NotComputed || !strings.Contains(s.References[0].Problem, say) {
			t.Errorf("%s: %+v", say, s)
		}
	}
}

// FuzzCanonical: what is in canonical form stays as it is.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(response))
	f.Add([]byte("<a xmlns='u' xmlns:p='u'><p:b p:x='1' x='2'/><?p q?><!-- c --></a>\n<!-- d -->"))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := xmltree.Parse("", data)
		if err != nil {
			return
		}
		for _, a := range []string{C14N, C14NComments, C14N11, Exclusive, ExclusiveComments} {
			once := canonicalText(t, doc, a)
			again, err := xmltree.Parse("", once)
			if err != nil {
				t.Fatalf("%s is not read again: %v\n%s", a, err, once)
			}
			if twice := canonicalText(t, again, a); !bytes.Equal(once, twice) {
				t.Fatalf("%s:\n%q\nbecomes\n%q", a, once, twice)
			}
		}
	})
}

func canonicalText(t testing.TB, doc *xmltree.Doc, algorithm string) []byte {
	t.Helper()
	var b bytes.Buffer
	left := 64 << 20
	if err := (form{algorithm: algorithm, comments: true}).write(&b, doc, nil, &left); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
