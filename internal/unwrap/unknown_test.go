package unwrap

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// TestRedirectAndPost is REQ001: both encodings are tried, and the one that does not belong to the binding is told.
func TestRedirectAndPost(t *testing.T) {
	plain, def := url.QueryEscape(b64(request1)), url.QueryEscape(b64(deflated(request1)))
	for _, c := range []struct{ data, note string }{
		{"https://idp.test/sso?SAMLRequest=" + def, ""},
		{"https://idp.test/sso?SAMLRequest=" + plain, NoteNotDeflated},
		{"curl https://idp.test/sso --data 'SAMLRequest=" + plain + "'", ""},
		{"curl https://idp.test/sso --data 'SAMLRequest=" + def + "'", NoteDeflated},
	} {
		docs, err := Open("", []byte(c.data))
		if err != nil || len(docs) != 1 {
			t.Fatalf("%s: %v %v", c.data, docs, err)
		}
		if string(docs[0].Data) != request1 {
			t.Errorf("%.60s: data %q", c.data, docs[0].Data)
		}
		if got := strings.Join(docs[0].Notes, " | "); got != c.note {
			t.Errorf("%.60s: notes %q, want %q", c.data, got, c.note)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"empty", " \r\n", "empty"},
		{"page", "<html><head><title>Sign in – Acme</title></head><body>x</body></html>", `titled "Sign in – Acme"`},
		{"zip", "PK\x03\x04\x14\x00 whatever", "zip archive"},
		{"Word", "PK\x03\x04\x14\x00 xx word/document.xml", "Word document"},
		{"gzip", "\x1f\x8b\x08\x00\x00", "gzip"},
		{"png", "\x89PNG\r\n\x1a\n\x00", "PNG"},
		{"pdf", "%PDF-1.7\n", "PDF"},
		{"code", "SplxlOBeZQQYbYS6WxSbIA_xyz", "opaque token or an authorization code"},
		{"artifact", "AAQAAMFbLinlXaCM+FIxiDwGOLAy2T71gbpO7ZhNzAgEANlB90ECfpNEVLg=", "SAML artifact"},
		{"base64", b64("hello there, this is nothing but a greeting to you"), "base64 of a text"},
		{"address", "https://idp.test/login", "address without"},
		{"text", "it does not work", "text, beginning"},
		{"error text", "AADSTS50105: the user is not assigned", "ssoctl explain"},
		{"connection", "version: 1\nconnections:\n  - name: x\n", "connection file"},
		{"har", `{"log":{"version":"1.2","entries":[{"request":{"method":"GET","url":"https://a.test/"}}]}}`, "HAR whose 1 entries"},
		{"bomb", b64(deflated(strings.Repeat("a", maxInflate+10))), "grows beyond 4 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs, err := Open("x", []byte(c.data))
			var unknown *Unknown
			if !errors.As(err, &unknown) {
				t.Fatalf("documents %s, error %v", summary(docs), err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not say %q", err, c.want)
			}
			if unknown.Paste == "" {
				t.Error("does not say what to paste instead")
			}
		})
	}
}

func TestLimits(t *testing.T) {
	deep := response
	for range maxBase64 {
		deep = b64(deep)
	}
	if docs, err := Open("", []byte(deep)); err != nil || string(docs[0].Data) != response {
		t.Errorf("%d layers: %v", maxBase64, err)
	}
	if _, err := Open("", []byte(b64(deep))); err == nil || !strings.Contains(err.Error(), fmt.Sprint(maxBase64)) {
		t.Errorf("%d layers: %v", maxBase64+1, err)
	}
	if _, err := Open("", make([]byte, maxInput+1)); err == nil {
		t.Error("more than 64 MiB are taken")
	}
}
