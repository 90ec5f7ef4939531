package real_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// outcome is what was said about one signature of a variant.
type outcome struct {
	variant      variant
	n            int    // which signature of the document, from 1
	theirs, ours bool   // is it accepted
	said, say    string // by xmlsec1 and by internal/xmlsig, when they refuse
	second       string // by goxmldsig, "" when it accepts; notAsked when nothing was signed
}

const notAsked = "-"

// id names the outcome: the variant, and the number of the signature when it is not the first.
func (o outcome) id() string {
	if o.n == 1 {
		return o.variant.String()
	}
	return fmt.Sprintf("%s, signature %d", o.variant, o.n)
}

// TestXmlsec lets xmlsec1 and internal/xmlsig judge the same signatures. They have to agree on all but those that xmlsecReasons
// explains. With -update it writes docs/xmlsec.md and the documents that the unit tests of
// internal/xmlsig do with instead of xmlsec1.
func TestXmlsec(t *testing.T) {
	o := newOracle(t)
	t.Logf("xmlsec1 %s", o.version)
	m := &maker{t: t, o: o, keys: newXMLKeys(t, o)}
	m.algorithms()
	m.forms()
	m.keyInfos()
	m.references()
	m.wrappings()
	m.tampering()
	m.survey()
	m.lab()
	slices.SortStableFunc(m.out, func(a, b variant) int { return strings.Compare(a.String(), b.String()) })
	if len(m.out) < 200 {
		t.Errorf("only %d variants", len(m.out))
	}
	all := o.judgeAll(t, m.out)
	used := map[string]bool{}
	for _, got := range all {
		why := reason(got)
		switch {
		case got.theirs != got.ours && why != "":
			used[why] = true
		case mustBeAccepted(got.variant) && !(got.theirs && got.ours):
			t.Errorf("%s: nothing is wrong with it, and it is refused\nxmlsec1: %s\nxmlsig: %s", got.id(), got.said, got.say)
		case got.theirs != got.ours:
			t.Errorf("%s: xmlsec1 accepts: %v, internal/xmlsig: %v\nxmlsec1: %s\nxmlsig: %s", got.id(), got.theirs, got.ours, got.said, got.say)
		}
	}
	t.Logf("%d variants, %d signatures", len(m.out), len(all))
	if !strings.HasPrefix(o.version, "1.2.") {
		t.Logf("the reasons and docs/xmlsec.md are about xmlsec1 1.2")
		return
	}
	for _, r := range xmlsecReasons {
		if !used[r.why] {
			t.Errorf("they differ on nothing that %s fits", r.variants)
		}
	}
	o.document(t, all)
	if *update && !t.Failed() {
		keepVectors(t, all)
	}
}

// mustBeAccepted reports whether a variant is one that everybody has to accept: what is signed in a usual way and not changed, and the
// healthy lab.
func mustBeAccepted(v variant) bool {
	switch v.group {
	case "method", "digest", "canonical form", "SignedInfo", "prefix list", "xml:base":
		return true
	case "lab":
		return !strings.Contains(v.name, ", ")
	}
	return false
}

// judgeAll judges the variants, group by group side by side.
func (o *oracle) judgeAll(t *testing.T, variants []variant) []outcome {
	t.Helper()
	found := make([][]outcome, len(variants))
	t.Run("judge", func(t *testing.T) {
		for from := 0; from < len(variants); {
			to := from
			for to < len(variants) && variants[to].group == variants[from].group {
				if to > from && variants[to].name == variants[to-1].name {
					t.Errorf("%s is there twice", variants[to])
				}
				to++
			}
			some, into := variants[from:to], found[from:to]
			t.Run(some[0].group, func(t *testing.T) {
				t.Parallel()
				own := *o
				own.dir = t.TempDir()
				for i, v := range some {
					into[i] = own.judge(t, v)
				}
			})
			from = to
		}
	})
	return slices.Concat(found...)
}

// judge asks all about every signature of a document.
func (o *oracle) judge(t *testing.T, v variant) []outcome {
	t.Helper()
	trust := xmlsig.Trust{}
	if v.key != nil {
		trust = v.key.trust()
	}
	doc, err := xmltree.Parse("", v.doc)
	var sigs []xmlsig.Signature
	if err == nil {
		sigs = xmlsig.Verify(doc, trust)
	}
	var out []outcome
	for i := range max(len(sigs), 1) {
		got := outcome{variant: v, n: i + 1, second: notAsked}
		said, ok := o.verify(t, v.doc, i+1, v.key)
		got.theirs, got.said = ok, said
		switch {
		case err != nil:
			got.say = err.Error()
		case len(sigs) == 0:
			got.say = "no signature"
		default:
			s := sigs[i]
			got.ours = s.Trusted() || v.key == nil && s.Intact()
			if !got.ours {
				got.say = fmt.Sprintf("%+v", s)
			}
			got.second = xmlsig.SecondOpinion(doc, s, trust)
		}
		out = append(out, got)
	}
	return out
}

// document compares docs/xmlsec.md with what came out, or writes it.
func (o *oracle) document(t *testing.T, all []outcome) {
	t.Helper()
	const name = "../../docs/xmlsec.md"
	have, err := os.ReadFile(name)
	if err != nil && !*update {
		t.Fatal(err)
	}
	version := o.version
	if found := regexp.MustCompile(`xmlsec1 (\d+\.\d+\.\d+)`).FindSubmatch(have); found != nil && !*update {
		version = string(found[1])
	}
	want := report(version, all)
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(have, want) {
		t.Errorf("docs/xmlsec.md is not what comes out now; write it with `SSOCTL_REAL=1 go test -run TestXmlsec ./test/real -update`:\n%s", want)
	}
}

const vectors = "../../internal/xmlsig/testdata/xmlsec1"

// kept are the variants that the unit tests of internal/xmlsig do with where there is no xmlsec1: some of each kind.
var kept = regexp.MustCompile(`^(KeyInfo/[^,]*$|method/(rsa-sha(1|224|384|512)|rsa-(md5|sha224|sha384) of 768 bits|ecdsa-sha(256 on P-256|384 on P-384|512 on P-521)|dsa-.*)$|digest/sha(1|224|384|512)$|` +
	`canonical form/[^,]*, (assertion|pointer)$|SignedInfo/[^,]*comments$|prefix list/"(xs unused #default|nowhere)"( of SignedInfo)?$|inherited/xml:(lang|base|space)[^,]*, c14n(11)?$|` +
	`reference/(two canonicalisations|two references|comments lost on the way|of the assertion to the whole)|xml:base/"https://a.example/b/c" and "(\.\./d|d\?q#f|\.\.)"$|` +
	`encoding/(UTF-16, little end first|windows-1252|XML 1.1)$|exclusive, response/(CRLF|CR|CDATA in parts|comment changed|declared once more|tab as .*|carriage return.*|namespace .*|xml:lang|indented|attribute value|digest method swapped|SignatureValue longer)$)`)

var noFileName = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// keepVectors writes documents on which both agree, for unit tests without xmlsec1: what is good is so by the key that the signature brings.
func keepVectors(t *testing.T, all []outcome) {
	t.Helper()
	if err := os.RemoveAll(vectors); err != nil {
		t.Fatal(err)
	}
	for _, got := range all {
		doc, err := xmltree.Parse("", got.variant.doc)
		if !kept.MatchString(got.variant.String()) || got.theirs != got.ours || got.n > 1 || err != nil {
			continue
		}
		folder := "bad"
		if got.ours {
			folder = "good"
			if s := xmlsig.Verify(doc, xmlsig.Trust{})[0]; !s.Intact() {
				continue // it brings no key
			}
		}
		path := filepath.Join(vectors, folder, strings.Trim(noFileName.ReplaceAllString(got.variant.String(), "-"), "-")+".xml")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got.variant.doc, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
