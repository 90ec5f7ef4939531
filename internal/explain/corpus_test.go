package explain_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ssoctl/ssoctl/internal/explain"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/source"
)

var update = flag.Bool("update", false, "rewrite docs/accuracy.md")

var engine = sync.OnceValue(func() *explain.Engine { return explain.New(knowledge.Errors()) })

// paste is a text of the corpus and the classes that are right for it.
type paste struct {
	ID      string   `yaml:"id"`
	Address string   `yaml:"address,omitempty"`
	Want    []string `yaml:"want,omitempty"`
	Text    string   `yaml:"text"`
}

func pastes(t testing.TB, pattern string) []paste {
	t.Helper()
	names, err := filepath.Glob("../../testdata/explain/" + pattern)
	if err != nil || len(names) == 0 {
		t.Fatal(pattern, "names no file", err)
	}
	var out []paste
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := source.ParseYAML(name, b)
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			Pastes []paste `yaml:"pastes"`
		}
		if problems := source.Decode(doc.Root, "", &f); len(problems) > 0 {
			t.Fatal(name, problems[0].Message())
		}
		out = append(out, f.Pastes...)
	}
	return out
}

// figures counts the pastes whose first cause is right, and those with no answer; wrong lists what went wrong.
type figures struct {
	all, right, among, none int
	wrong                   []string
}

func measure(ps []paste) figures {
	f := figures{all: len(ps)}
	for _, p := range ps {
		got := engine().Explain(explain.Query{Text: p.Text}).Matches
		if len(got) == 0 {
			f.none++
			f.wrong = append(f.wrong, fmt.Sprintf("%s: no answer, want %s", p.ID, p.Want[0]))
			continue
		}
		if slices.Contains(p.Want, got[0].ID) {
			f.right++
			f.among++
			continue
		}
		var ids []string
		in := false
		for _, m := range got {
			ids = append(ids, m.ID)
			in = in || slices.Contains(p.Want, m.ID)
		}
		if in {
			f.among++
		}
		f.wrong = append(f.wrong, fmt.Sprintf("%s: %s, want %s", p.ID, strings.Join(ids, " "), p.Want[0]))
	}
	return f
}

func (f figures) percent() float64 { return 100 * float64(f.right) / float64(f.all) }

func TestExamples(t *testing.T) {
	if f := measure(pastes(t, "examples.yaml")); f.right < f.all {
		t.Errorf("%d of %d:\n%s", f.right, f.all, strings.Join(f.wrong, "\n"))
	}
}

// TestTune shows what is wrong in the half that may be looked at.
func TestTune(t *testing.T) {
	if f := measure(pastes(t, "tune/*.yaml")); f.percent() < 97 {
		t.Errorf("%d of %d:\n%s", f.right, f.all, strings.Join(f.wrong, "\n"))
	}
}

// TestReport counts the other half and does not show it, so that nobody tunes on it by accident. What a stranger collected is counted apart:
// the bound keeps what was reached.
func TestReport(t *testing.T) {
	for _, x := range []struct {
		pattern string
		least   float64
	}{{"report/[tl]*.yaml", 94}, {"report/stranger.yaml", 72}} {
		if f := measure(pastes(t, x.pattern)); f.percent() < x.least {
			t.Errorf("%s: %d of %d", x.pattern, f.right, f.all)
		}
	}
}

// TestLookalikes: what is no error of a login gets no answer; of what the stranger collected, no more than was reached.
func TestLookalikes(t *testing.T) {
	ps := pastes(t, "lookalikes.yaml")
	if len(ps) < 60 {
		t.Errorf("only %d texts", len(ps))
	}
	for _, p := range ps {
		if got := engine().Explain(explain.Query{Text: p.Text}).Matches; len(got) > 0 {
			t.Errorf("%s: answered with %s", p.ID, got[0].ID)
		}
	}
	for pattern, most := range map[string]int{"lookalikes-tune.yaml": 3, "lookalikes-report.yaml": 14} {
		if n := answered(pastes(t, pattern)); n > most {
			t.Errorf("%s: %d are answered, at most %d before", pattern, n, most)
		}
	}
}

// answered counts the texts that get an answer.
func answered(ps []paste) int {
	n := 0
	for _, p := range ps {
		if len(engine().Explain(explain.Query{Text: p.Text}).Matches) > 0 {
			n++
		}
	}
	return n
}

// TestSplit: which half a paste is in was decided by its id alone.
func TestSplit(t *testing.T) {
	seen := map[string]bool{}
	for half, odd := range map[string]byte{"tune": 0, "report": 1} {
		for _, p := range pastes(t, half+"/*.yaml") {
			if sum := sha256.Sum256([]byte(p.ID)); sum[0]%2 != odd {
				t.Errorf("%s is in the wrong half", p.ID)
			}
			if seen[p.ID] || !strings.HasPrefix(p.Address, "https://") || len(p.Want) == 0 {
				t.Errorf("%s: doubled, or without address or class", p.ID)
			}
			seen[p.ID] = true
		}
	}
	if len(seen) < 400 {
		t.Errorf("only %d pastes", len(seen))
	}
}
