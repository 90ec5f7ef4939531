package real_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// trials are all responses that both judge.
func trials() []trial {
	return slices.Concat(faultTrials(), methodTrials(), keyTrials(), sealTrials(), clockTrials(), contentTrials())
}

// TestBetterAuth compares what decode predicts of Archestra with what its sign-in library does. What differs without a reason in
// differences, and a reason that explains nothing, end it. docs/better-auth.md is what comes of it.
func TestBetterAuth(t *testing.T) {
	betterAuthSuite.require(t)
	if *wireOnly {
		t.Skip("the verdicts of both are needed")
	}
	b := startBetterAuth(t)
	only := regexp.MustCompile(*betterAuthOnly)
	var all []verdicts
	used := map[string]bool{}
	for i, x := range trials() {
		if !only.MatchString(x.name) {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			v := b.run(t, i, x)
			v.why = explained(x.name, used)
			all = append(all, v)
			if v.why == "" && !(v.agree() && v.foretold()) {
				t.Errorf("%s\nbetter-auth: %s\nssoctl: %s %q\n%s", x.title, v.theirs(), v.ours(), v.said.shows, v.said.text)
			}
			if v.why != "" && v.agree() && v.foretold() {
				t.Errorf("both say the same (%s); %q is no reason any more", v.theirs(), v.why)
			}
			if *betterAuthOnly != "" {
				t.Logf("%s\nbetter-auth: %s\nssoctl: %s %q\n%s", x.title, v.theirs(), v.ours(), v.said.shows, v.said.text)
			}
		})
	}
	if *betterAuthOnly != "" {
		return
	}
	for _, d := range differences {
		if !used[d.trials] {
			t.Errorf("no trial is called %s", d.trials)
		}
	}
	file, text := filepath.Join("..", "..", "docs", "better-auth.md"), verdictReport(b.versions, all)
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if old, err := os.ReadFile(file); err != nil || !bytes.Equal(old, text) {
		t.Errorf("%s is not what this run found (%v); -update writes it", file, err)
	}
}

// agree reports whether both let the user in, or both do not.
func (v verdicts) agree() bool { return v.in == v.said.in }

// theirs and ours are the two verdicts in words.
func (v verdicts) theirs() string {
	if v.in {
		return "signed in"
	}
	return v.shows
}

func (v verdicts) ours() string {
	word := map[bool]string{true: "signed in", false: "refused"}[v.said.in]
	if len(v.said.codes) > 0 {
		word += " (" + strings.Join(v.said.codes, ", ") + ")"
	}
	return word
}

// foretold reports whether what ssoctl says that the user is shown, if it says so, is what the user is shown.
func (v verdicts) foretold() bool {
	return v.in || len(v.said.shows) == 0 || v.named() || strings.HasPrefix(v.shows, "one of several")
}

// quoted is a part of a reason that names a value.
var quoted = regexp.MustCompile(` '[^']*'| …`)

// named reports whether one of the texts that ssoctl names is the one that is shown, or begins it.
func (v verdicts) named() bool {
	shown := quoted.ReplaceAllString(v.shows, "")
	for _, text := range v.said.shows {
		for one := range strings.SplitSeq(text, ", or ") {
			if strings.HasPrefix(shown, strings.TrimSuffix(one, ")")) {
				return true
			}
		}
	}
	return false
}
