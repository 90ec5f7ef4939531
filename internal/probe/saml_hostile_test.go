package probe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// hostileSSO starts an IdP with metadata and the given single sign-on service, looks at it, and gives what came of that and how often
// the service was asked.
func hostileSSO(t *testing.T, quiet bool, sso http.HandlerFunc) (set evidence.Set, asked int) {
	t.Helper()
	mux := http.NewServeMux()
	w := newWorld(t, mux)
	mux.HandleFunc("/md", func(rw http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(rw, `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="%s/idp"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">`+
			`<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="%s/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>`, w.issuer, w.issuer)
	})
	mux.HandleFunc("/sso", func(rw http.ResponseWriter, r *http.Request) { asked++; sso(rw, r) })
	mux.HandleFunc("/acs", func(http.ResponseWriter, *http.Request) { t.Error("the SP was asked") })
	f, err := config.Parse("ssoctl.yaml", []byte("version: 1\nconnections:\n  - name: x\n    sp: {profile: generic, acs_url: \""+w.issuer+"/acs\", entity_id: urn:x}\n    saml: {idp_metadata: "+w.issuer+"/md}\n"))
	if err != nil {
		t.Fatal(err)
	}
	w.env.Passive = quiet
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	start := time.Now()
	set = Gather(ctx, w.env, f.Targets[0], knowledge.New(), nil, map[evidence.Kind]bool{evidence.SAMLMetadata: true, evidence.SAMLSSO: true}).Set
	if took := time.Since(start); took > 6*time.Second {
		t.Errorf("it takes %v", took)
	}
	return set, asked
}

// TestHostileSSO: whatever a single sign-on service answers, it is asked a few times, read to a bound, and the SP hears nothing.
func TestHostileSSO(t *testing.T) {
	n := 0
	for name, c := range map[string]struct {
		sso  http.HandlerFunc
		most int
		why  string // code of the last exchange's failure
	}{
		"redirects without end": {func(w http.ResponseWriter, r *http.Request) {
			n++
			http.Redirect(w, r, fmt.Sprintf("/sso?n=%d", n), http.StatusFound)
		}, 2 * (maxRedirects + 1), "many"},
		"a redirect to the ACS": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/acs?SAMLResponse=abc", http.StatusFound)
		}, 2, ""},
		"a login page": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `<form action="/login"><input type=password></form>`)
		}, 2, ""},
		"a pause": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, 1, "pause"},
		"a body without end": {func(w http.ResponseWriter, _ *http.Request) {
			for _, err := io.WriteString(w, "<p>"); err == nil; _, err = io.WriteString(w, strings.Repeat("x", 1<<16)) {
			}
		}, 2, "limit"},
		"a large response": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `<form method=post action="/acs"><input name=SAMLResponse value="%s"></form>`, strings.Repeat("PHg+", 2<<20))
		}, 2, "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			set, asked := hostileSSO(t, false, c.sso)
			if asked == 0 || asked > c.most {
				t.Errorf("asked %d times, at most %d are due", asked, c.most)
			}
			last := set[evidence.SAMLSSO].Last()
			if last == nil {
				t.Fatal("nothing was kept")
			}
			if code := ""; last.Failure != nil || c.why != "" {
				if last.Failure != nil {
					code = last.Failure.Code
				}
				if code != c.why {
					t.Errorf("failure %q, want %q", code, c.why)
				}
			}
			if len(last.Body) > 5<<20 {
				t.Errorf("%d bytes were kept", len(last.Body))
			}
		})
	}
}

// TestPassiveSAML sends no authentication request.
func TestPassiveSAML(t *testing.T) {
	set, asked := hostileSSO(t, true, func(w http.ResponseWriter, _ *http.Request) {})
	if asked > 0 || set[evidence.SAMLSSO] != nil || set[evidence.SAMLMetadata].Last().Status != http.StatusOK {
		t.Errorf("asked %d times", asked)
	}
}
