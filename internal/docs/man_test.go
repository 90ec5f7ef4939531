package docs

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ssoctl/ssoctl/internal/cli"
)

// TestManPages keeps docs/man: one page a command, made of its help.
func TestManPages(t *testing.T) {
	pages := cli.ManPages(&cli.App{})
	if len(pages) < 10 || pages["ssoctl.1"] == "" {
		t.Fatalf("only %d pages", len(pages))
	}
	for name, page := range pages {
		fresh(t, "docs/man/"+name, page)
		for line := range strings.Lines(page) {
			if len(line) > 1 && (line[0] == '.' || line[0] == '\'') && !knownMacro(line) {
				t.Errorf("%s: text is taken for a macro: %q", name, line)
			}
		}
	}
	names, err := filepath.Glob(root + "docs/man/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if pages[filepath.Base(n)] == "" {
			t.Errorf("%s documents no command", n)
		}
	}
}

func knownMacro(line string) bool {
	for _, m := range []string{".TH ", ".SH ", ".TP\n", ".PP\n", ".B ", ".nf\n", ".fi\n"} {
		if strings.HasPrefix(line, m) {
			return true
		}
	}
	return false
}
