package docs

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/cli"
)

// TestReadme runs the commands that README.md shows, in testdata/readme, and keeps their output there.
func TestReadme(t *testing.T) {
	b, err := os.ReadFile(root + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	const mark, fence = "<!-- run: ", "```\n"
	parts := strings.Split(string(b), mark)
	if len(parts) < 3 {
		t.Fatalf("%d outputs in README.md", len(parts)-1)
	}
	for i := 1; i < len(parts); i++ {
		args, rest, _ := strings.Cut(parts[i], " -->\n"+fence)
		_, after, ok := strings.Cut("\n"+rest, "\n"+fence)
		if !ok {
			t.Fatalf("the output of %q has no end", args)
		}
		parts[i] = args + " -->\n" + fence + "$ ssoctl " + args + "\n" + output(t, strings.Fields(args)) + fence + after
	}
	fresh(t, "README.md", strings.Join(parts, mark))
}

// output runs a command in testdata/readme with a clock that stands still.
func output(t *testing.T, args []string) string {
	t.Helper()
	dir, err := filepath.Abs(root + "testdata/readme")
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	app := cli.System()
	app.Dir, app.Out, app.Err, app.OutTTY, app.ErrTTY, app.Width = dir, &out, &errs, false, false, 110
	app.Getenv = func(string) string { return "" }
	app.Now = func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
	app.Random = func() string { return "always-the-same-so-that-pseudonyms-are" }
	if code := cli.Main(args, app); code == 2 {
		t.Fatalf("ssoctl %v: %s", args, &errs)
	}
	return out.String()
}
