package receive

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestPage(t *testing.T) {
	tests := []struct {
		name   string
		page   Page
		want   []string
		absent []string
	}{
		{"good", Page{OK: true, Title: "Signed in as ann@acme.com", Claims: []string{"sub", "email"}}, []string{"✓", `class="good"`, "Signed in as ann@acme.com", "<li>sub</li><li>email</li>", "Return to the terminal"}, []string{"✗"}},
		{"bad", Page{Title: "issuer differs", Detail: "got \"a\"\nwant \"b\"", Next: "ssoctl doctor orq"}, []string{"✗", `class="bad"`, "got &#34;a&#34;\nwant", "ssoctl doctor orq"}, []string{"✓", "Return to", "<ul>"}},
		{"hostile", Page{OK: true, Title: "</title><script>x", Detail: "<img src=x>", Claims: []string{"<b>"}, Next: "<a href=x>"}, []string{"&lt;/title&gt;&lt;script&gt;x"}, []string{"<script>", "<img", "<b>", "<a "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := string(test.page.HTML("abc123"))
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in %s", want, got)
				}
			}
			for _, absent := range test.absent {
				if strings.Contains(got, absent) {
					t.Errorf("%q in %s", absent, got)
				}
			}
			selfContained(t, got)
		})
	}
}

// selfContained fails for whatever a page would load, and for scripts and styles without the nonce.
func selfContained(t *testing.T, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	nonced := 0
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "src", a.Key == "href" && a.Val != "data:,", a.Key == "style", strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			case a.Key == "nonce" && a.Val == "abc123":
				nonced++
			}
		}
	}
	if nonced != 2 || strings.Contains(page, "url(") || strings.Contains(page, "@import") {
		t.Errorf("%d elements bear the nonce: %s", nonced, page)
	}
}

func TestPageDropsTheCode(t *testing.T) {
	if got := string(Page{}.HTML("n")); !strings.Contains(got, `<script nonce="n">history.replaceState(null,"",location.pathname)</script>`) {
		t.Error(got)
	}
}
