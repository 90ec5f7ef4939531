package evidence

import (
	"strings"
	"testing"
)

// TestShapes: what rules judge a personal value by is still there once it is redacted, and the value is not.
func TestShapes(t *testing.T) {
	r := redactor{key: []byte("a key for tests")}
	for _, c := range []struct {
		value, hidden string
		keeps         func(string) bool
	}{
		{"ann@acme.com", "ann", func(s string) bool { return strings.HasSuffix(s, "@acme.com") }},
		{"admin@localhost", "admin", func(s string) bool { return strings.HasSuffix(s, "@localhost") }},
		{"handle@secret", "secret", func(s string) bool { return !strings.Contains(s, "@") }},
		{"user.name@acme.com", "user.name", func(s string) bool { return strings.HasSuffix(s, "@acme.com") }},
		{"user.mail", "", func(s string) bool { return s == "user.mail" }},
		{"${user.email}", "", func(s string) bool { return s == "${user.email}" }},
		{"JÃ¼rgen", "rgen", Recoded},
		{"Jürgen São", "rgen", func(s string) bool { return !Recoded(s) && strings.Contains(s, "é") }},
		{"0f3c1b52-6a1e-4f0f-9d0a-2d7a1be1f3a1", "0f3c1b52", func(s string) bool { return guidLike().MatchString(s) }},
	} {
		got := r.personal(c.value)
		if !c.keeps(got) || c.hidden != "" && strings.Contains(got, c.hidden) {
			t.Errorf("%q became %q", c.value, got)
		}
		if again := r.personal(got); again != got {
			t.Errorf("%q became %q when redacted again", got, again)
		}
	}
}

func TestAlike(t *testing.T) {
	r := redactor{key: []byte("a key for tests")}
	for _, c := range []struct {
		a, b string
		want bool
	}{{"ann@acme.com", "Ann@acme.com", true}, {"ANN@acme.com", "ann@ACME.com", true}, {"ann@acme.com", "anna@acme.com", false}, {"ann@acme.com", "ann@acme.io", false}} {
		if Alike(c.a, c.b) != c.want || Alike(r.personal(c.a), r.personal(c.b)) != c.want {
			t.Errorf("%q and %q: not %v (%q, %q)", c.a, c.b, c.want, r.personal(c.a), r.personal(c.b))
		}
	}
}

func TestRecoded(t *testing.T) {
	for text, want := range map[string]bool{"JÃ¼rgen": true, "Ã„rger": true, "lost\uFFFD": true, "Ärger": false, "SÃO PAULO": false, "": false, "Åse": false} {
		if Recoded(text) != want {
			t.Errorf("%q: not %v", text, want)
		}
	}
}
