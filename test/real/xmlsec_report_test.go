package real_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// report is docs/xmlsec.md. Of the lab it tells no numbers, which grow with its faults.
func report(version string, all []outcome) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `# Signatures: what ssoctl, xmlsec1 and goxmldsig say

<!-- written by TestXmlsec in test/real: SSOCTL_REAL=1 go test -run TestXmlsec ./test/real -update -->

ssoctl computes XML signatures itself (internal/xmlsig), since it has to tell what is wrong with one, and no library does. Every build compares it with xmlsec1, which shares nothing with it:
the same documents are judged by both, signature by signature, and the test fails when they differ on one that is not explained below. Encryption is compared in both directions too.

The documents are signed by xmlsec1 and by ssoctl, with all methods, digests and canonical forms that both know, at different places, with different references and ds:KeyInfo; they are then
changed in ways that XML takes for nothing and in ways that it does not, written in other encodings, wrapped. The last group is what the lab makes with each of its faults. This table was made with
xmlsec1 %s. "Accepts" means: all digests are right and the key that the receiver holds verifies the value (where it holds none: the key that the signature brings).

`, version)
	groups(&b, all)
	b.WriteString("\n## Where xmlsec1 and ssoctl differ\n\n| signature | xmlsec1 | ssoctl | why |\n|---|---|---|---|\n")
	for _, r := range xmlsecReasons {
		var names []string
		verdict := [2]string{}
		for _, o := range all {
			if o.theirs != o.ours && regexp.MustCompile(r.variants).MatchString(o.id()) {
				names, verdict = append(names, o.id()), [2]string{accepts(o.theirs), accepts(o.ours)}
			}
		}
		slices.Sort(names)
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", escaped(strings.Join(names, "; ")), verdict[0], verdict[1], r.why)
	}
	second(&b, all)
	return []byte(b.String())
}

func accepts(ok bool) string {
	if ok {
		return "accepts"
	}
	return "refuses"
}

func escaped(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "\n", " ").Replace(s)
}

// groups writes how many of each group there are.
func groups(b *strings.Builder, all []outcome) {
	type tally struct{ documents, signatures, accepted, same, asked, second int }
	by := map[string]*tally{}
	for _, o := range all {
		g := by[o.variant.group]
		if g == nil {
			g = &tally{}
			by[o.variant.group] = g
		}
		g.signatures++
		g.documents += btoi(o.n == 1)
		g.accepted += btoi(o.ours)
		g.same += btoi(o.ours == o.theirs)
		g.asked += btoi(o.second != notAsked)
		g.second += btoi(o.second != notAsked && (o.second == "") == o.ours)
	}
	b.WriteString("| group | documents | signatures | ssoctl accepts | xmlsec1 says the same | goxmldsig says the same as ssoctl |\n|---|---|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(by)) {
		g := by[name]
		if name == "lab" {
			fmt.Fprintf(b, "| lab | every fault with a signature | | | all but those below | |\n")
			continue
		}
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d of %d |\n", name, g.documents, g.signatures, g.accepted, g.same, g.second, g.asked)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// second writes where goxmldsig differs, by its own words.
func second(b *strings.Builder, all []outcome) {
	words := map[string][]string{}
	for _, o := range all {
		if o.variant.group != "lab" && o.second != notAsked && (o.second == "") != o.ours {
			said := cmp.Or(o.second, "(accepts)")
			words[said] = append(words[said], o.id())
		}
	}
	b.WriteString("\n## Where goxmldsig and ssoctl differ\n\nUnder `-v`, `decode` shows what goxmldsig says of each signature, in its own words: it is what many products written in Go use. It was asked at a time at which the\n" +
		"certificate is valid. No verdict rests on it.\n\n| goxmldsig's words | ssoctl | signatures | for example |\n|---|---|---|---|\n")
	for _, said := range slices.SortedFunc(maps.Keys(words), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(words[b]), len(words[a])), strings.Compare(a, b))
	}) {
		names := words[said]
		slices.Sort(names)
		fmt.Fprintf(b, "| %s | %s | %d | %s |\n", escaped(said), accepts(said != "(accepts)"), len(names), escaped(strings.Join(names[:min(len(names), 4)], "; ")))
	}
	b.WriteString("\nIt adds 135 KB to the binary (measured with `-trimpath -ldflags \"-s -w\"`).\n")
}
