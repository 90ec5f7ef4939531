package probe

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// live finds what the SP's profile says about one of its public interfaces, with the values filled in; ok is false when the
// profile knows none, a value is missing, or the interface answers without a login to nobody.
func (r *run) live(name string) (probe knowledge.Live, address string, ok bool) {
	probe, known := r.conn.SP.Live[name]
	if !known {
		return probe, "", false
	}
	address, ok = r.conn.Expand(probe.URL)
	return probe, address, ok
}

// perSP bounds each question to the SP: its answer is welcome, but the IdP is what the run is about, and the SP is often not
// reachable from where an admin sits.
const perSP = 3 * time.Second

func spProviders(ctx context.Context, r *run) *evidence.Observation { return r.askSP(ctx, "providers") }
func spMetadata(ctx context.Context, r *run) *evidence.Observation {
	if r.conn.SAML == nil {
		return nil
	}
	return r.askSP(ctx, "metadata")
}

func (r *run) askSP(ctx context.Context, name string) *evidence.Observation {
	_, address, ok := r.live(name)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, perSP)
	defer cancel()
	return observe(address, r.fetch(ctx, request{method: http.MethodGet, url: address, accept: "application/json, application/xml;q=0.9"}))
}

// spSignIn asks the SP to start a login, as its own sign-in page does, and keeps the address that the browser would be sent to.
// Nothing goes to the SP's callback.
func spSignIn(ctx context.Context, r *run) *evidence.Observation {
	probe, address, ok := r.live("signin")
	if !ok {
		return nil
	}
	body := map[string]string{}
	for name, template := range probe.Body {
		value, ok := r.conn.Expand(template)
		if !ok {
			return nil
		}
		body[name] = value
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, perSP)
	defer cancel()
	ex, _ := r.client.send(ctx, request{label: "signin", method: http.MethodPost, url: address, accept: acceptJSON, json: b, effect: true})
	return observe(address, []evidence.Exchange{ex})
}
