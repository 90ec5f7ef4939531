package real_test

import (
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// surfer walks through pages as a browser without scripts does that fills in what it knows.
type surfer struct {
	s      *realServer
	client *http.Client
	fields map[string]string // by name of the field
	press  string            // name of the button, where there are several
	stops  bool              // where a page leads no further, it is returned
}

func (s *realServer) surfer(t *testing.T, who account) *surfer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := s.front.client()
	client.Jar = jar
	return &surfer{s: s, client: client, press: "accept", fields: map[string]string{"username": who.name, "password": who.password}}
}

// goTo walks from an address until one is reached that begins with home, which it does not open, or a page holds the text done. It
// returns the address, or the page.
func (b *surfer) goTo(t *testing.T, address, home, done string) string {
	t.Helper()
	method, form := "GET", url.Values(nil)
	for range 20 {
		if home != "" && strings.HasPrefix(address, home) {
			return address
		}
		req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		if form != nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		page, next := b.s.step(t, b.client, req)
		if next != "" {
			method, address, form = "GET", next, nil
			continue
		}
		if done != "" && strings.Contains(page, done) {
			return page
		}
		block := formLike.FindString(page)
		if block == "" && b.stops {
			return page
		}
		if block == "" {
			t.Fatalf("the way ends at %s: %.2000s", address, page)
		}
		method, form = "POST", b.fill(block)
		if m := actionLike.FindStringSubmatch(block); m != nil {
			address = absolute(t, address, html.UnescapeString(m[1]))
		}
	}
	t.Fatalf("the way from %s does not end", address)
	return ""
}

func (b *surfer) fill(block string) url.Values {
	form := url.Values{}
	for _, field := range fieldLike.FindAllString(block, -1) {
		name := nameLike.FindStringSubmatch(field)
		if name == nil || strings.Contains(field, `type="submit"`) && name[1] != b.press {
			continue
		}
		value := ""
		if m := valueLike.FindStringSubmatch(field); m != nil {
			value = html.UnescapeString(m[1])
		}
		if known, ok := b.fields[name[1]]; ok {
			value = known
		}
		form.Set(name[1], value)
	}
	return form
}
