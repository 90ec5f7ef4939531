package explain_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const accuracyFile = "../../docs/accuracy.md"

// TestAccuracyPage keeps docs/accuracy.md true: its figures are measured here (-update rewrites it).
func TestAccuracyPage(t *testing.T) {
	want := accuracy(t)
	if *update {
		if err := os.WriteFile(accuracyFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(accuracyFile); err != nil || string(got) != want {
		t.Errorf("docs/accuracy.md is stale (%v): go test ./internal/explain -update", err)
	}
}

func accuracy(t *testing.T) string {
	var b strings.Builder
	b.WriteString(`# How often explain is right

Written by a test (` + "`go test ./internal/explain -update`" + `). A paste counts as right when the first cause that explain gives is one of those that its entry
names; "among" when any of the (at most four) causes is.

| set | texts | right at first | among | no answer |
|---|---|---|---|---|
`)
	row := func(name string, patterns ...string) {
		var ps []paste
		for _, p := range patterns {
			ps = append(ps, pastes(t, p)...)
		}
		f := measure(ps)
		fmt.Fprintf(&b, "| %s | %d | %d (%.1f %%) | %d (%.1f %%) | %d |\n", name, f.all, f.right, f.percent(), f.among, 100*float64(f.among)/float64(f.all), f.none)
	}
	row("examples", "examples.yaml")
	row("tune", "tune/[tl]*.yaml")
	row("report", "report/[tl]*.yaml")
	row("tune, collected after the texts were written", "tune/late.yaml")
	row("report, collected after the texts were written", "report/late.yaml")
	row("tune, lines as their sources print them", "tune/idpside.yaml", "tune/oidcrp.yaml", "tune/samlsp.yaml", "tune/own.yaml")
	row("tune, collected by a stranger", "tune/stranger.yaml")
	row("report, collected by a stranger", "report/stranger.yaml")
	row("blind, from memory; 180 right (81.8 %) when first measured", "blind.yaml")
	row("fresh, found last and in neither half", "fresh.yaml")
	b.WriteString(silent(t))
	doubled, several, texts := 0, 0, map[string]bool{}
	for _, p := range append(pastes(t, "tune/*.yaml"), pastes(t, "report/*.yaml")...) {
		if texts[p.Text] {
			doubled++
		}
		texts[p.Text] = true
		if len(p.Want) > 1 {
			several++
		}
	}
	fmt.Fprintf(&b, `
## How to read this

The pastes (testdata/explain) come from public threads and sources; each entry has its address. Which half one is in follows from a hash of its
id. Names, hosts and ids that are somebody's are replaced, long ones are shortened. %d of the texts stand in the set twice, as people paste
the same line; %d accept more than one class, because the text alone does not decide between them.

The classes were assigned by one person, who also read all pastes while collecting them, before the error texts were widened. Only the tune half was
looked at when something was wrong; the report half was only counted. Since the collector and the author of the texts are the same, the
report figure is better than a stranger's pastes would give.

The rows "collected after" and "fresh" are stricter: those texts were found when the error texts were first done. They are few, and from self-hosted software and plug-ins.

"Lines as their sources print them" were written from the source or documentation of the software whose texts they hold, with made-up values; some from memory. They show that a
known text is found in its surroundings, not how many texts are known.

The pastes of the stranger were collected by somebody who did not know the error texts; its look-alikes are texts of other things with words like ours. What went wrong in the tune halves was
looked at and led to general rules. The report halves were never read, only counted, also while the rules were being made, so that they are not quite untouched either.
"Report, collected by a stranger" is the figure to expect: about seven pastes of ten get the right first answer. Of what is no error of a login, about one text in forty gets an answer all the same.
`, doubled, several)
	return b.String()
}

// silent tells how many look-alikes get no answer.
func silent(t *testing.T) string {
	var b strings.Builder
	for _, x := range []struct{ what, pattern string }{
		{"look-alikes (texts that are no error of a login)", "lookalikes.yaml"}, {"look-alikes of the stranger, the half for tuning,", "lookalikes-tune.yaml"}, {"look-alikes of the stranger, the half for the report,", "lookalikes-report.yaml"},
	} {
		ps := pastes(t, x.pattern)
		fmt.Fprintf(&b, "\nOf %d %s %d get no answer, as they should.\n", len(ps), x.what, len(ps)-answered(ps))
	}
	return b.String()
}
