package real_test

import (
	"regexp"
	"slices"
	"testing"
)

func trials() []trial {
	return slices.Concat(faultTrials(), methodTrials(), keyTrials(), sealTrials(), clockTrials(), contentTrials())
}

func TestBetterAuth(t *testing.T) {
	b := startBetterAuth(t)
	for i, x := range trials() {
		if *betterAuthOnly != "" && !regexp.MustCompile(*betterAuthOnly).MatchString(x.name) {
			continue
		}
		v := b.run(t, i, x)
		flag := "   "
		if v.in != v.said.in {
			flag = "!!!"
		}
		t.Logf("%s %-22s real in=%-5v %-90s | said in=%-5v %v %q", flag, x.name, v.in, v.shows, v.said.in, v.said.codes, v.said.shows)
		if v.in != v.said.in || *betterAuthOnly != "" {
			t.Logf("%s\n%s", x.title, v.said.text)
		}
	}
}
