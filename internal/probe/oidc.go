package probe

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/ssoctl/ssoctl/internal/connection"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/exact"
)

const acceptJSON = "application/json"

// discovery fetches the document from where the SP would fetch it.
func discovery(ctx context.Context, r *run) *evidence.Observation {
	address := r.conn.DiscoveryURL()
	if address == "" || r.conn.PlainOAuth() && r.conn.OIDC.DiscoveryURL == "" {
		return nil
	}
	obs := observe(address, r.fetch(ctx, request{method: http.MethodGet, url: address, accept: acceptJSON}))
	if obs.Failure == nil {
		return obs
	}
	if why := r.unreachable(); why != nil && sameOrigin(address, why.Source) { // the network probe runs beside this one
		return why
	}
	return obs
}

// unreachable repeats the host's failure, so that one finding is told and not one for each request.
func (r *run) unreachable() *evidence.Observation {
	host := r.get(evidence.Network)
	if host == nil {
		return nil
	}
	if f := host.Failure; f != nil {
		return &evidence.Observation{Source: host.Source, Failure: f}
	}
	if tls := host.Hosts[0].TLS; tls != nil && !tls.Verified && tls.Problem != nil {
		return &evidence.Observation{Source: host.Source, Failure: tls.Problem}
	}
	return nil
}

// observe makes exchanges into an observation; without any answer it carries the failure.
func observe(source string, exchanges []evidence.Exchange) *evidence.Observation {
	obs := &evidence.Observation{Source: source, Exchanges: exchanges}
	if last := obs.Last(); last != nil && last.Status == 0 {
		obs.Failure = last.Failure
	}
	return obs
}

// fetch GETs a public document and follows redirects, each recorded; from https to http it does not follow.
func (r *run) fetch(ctx context.Context, req request) []evidence.Exchange {
	var out []evidence.Exchange
	visited := map[string]bool{}
	for {
		visited[req.url] = true
		ex, _ := r.client.send(ctx, req)
		out = append(out, ex)
		location := ex.Head("Location")
		if ex.Status < 300 || ex.Status > 399 || ex.Status == http.StatusNotModified {
			return out
		}
		last := &out[len(out)-1]
		next, err := resolve(req.url, location)
		switch {
		case location == "" || err != nil:
			last.Failure = &evidence.Failure{Stage: evidence.StageRedirect, Code: "location", Text: "a redirect without a usable Location"}
		case visited[next]:
			last.Failure = &evidence.Failure{Stage: evidence.StageRedirect, Code: "loop", Text: "the redirects lead in a circle, back to " + next}
		case len(visited) > maxRedirects:
			last.Failure = &evidence.Failure{Stage: evidence.StageRedirect, Code: "many", Text: "more than 5 redirects"}
		case strings.HasPrefix(req.url, "https:") && !strings.HasPrefix(next, "https:"):
			last.Failure = &evidence.Failure{Stage: evidence.StageRedirect, Code: "downgrade", Text: "redirected from https to " + next}
		default:
			req.url = next
			continue
		}
		return out
	}
}

func resolve(base, location string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	l, err := url.Parse(location)
	if err != nil {
		return "", err
	}
	next := b.ResolveReference(l)
	next.Fragment = ""
	return next.String(), nil
}

// alternatives asks for the document where a slightly wrong issuer would have it, when the configured one gave none.
func alternatives(ctx context.Context, r *run) *evidence.Observation {
	first := r.get(evidence.Discovery)
	last := first.Last()
	if last == nil || r.discovered() != nil || last.Status == 0 || last.Status == http.StatusTooManyRequests || last.Status >= 500 {
		return nil
	}
	asked := map[string]bool{first.Exchanges[0].URL: true}
	obs := &evidence.Observation{Source: r.conn.Issuer()}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, alt := range variants(r.conn.Issuer(), r.conn.OIDC.DiscoveryURL) {
		if asked[alt.url] {
			continue
		}
		asked[alt.url] = true
		wg.Go(func() {
			got := r.fetch(ctx, request{label: alt.label, method: http.MethodGet, url: alt.url, accept: acceptJSON})
			mu.Lock()
			defer mu.Unlock()
			obs.Exchanges = append(obs.Exchanges, got...)
		})
	}
	wg.Wait()
	if len(obs.Exchanges) == 0 {
		return nil
	}
	sortByLabel(obs.Exchanges)
	return obs
}

// variant is one other place of the discovery document.
type variant struct{ label, url string }

func variants(issuer, discoveryURL string) []variant {
	trimmed := strings.Join(strings.Fields(issuer), "")
	bare, _ := exact.TrimWellKnown(trimmed)
	bare = strings.TrimRight(bare, "/")
	out := []variant{
		{"bare", bare + connection.WellKnown},
		{"oauth", connection.OAuthMetadataURL(bare)},
	}
	if discoveryURL != "" {
		out = append(out, variant{"issuer", connection.DiscoveryURL(issuer)})
	}
	u, err := url.Parse(bare)
	if err != nil || u.Host == "" {
		return nil
	}
	if lower := strings.ToLower(u.Path); lower != u.Path {
		out = append(out, variant{"lower", u.Scheme + "://" + u.Host + lower + connection.WellKnown})
	}
	root := u.Scheme + "://" + u.Host
	switch {
	case strings.HasPrefix(u.Path, "/auth/"):
		out = append(out, variant{"without-auth", root + strings.TrimPrefix(u.Path, "/auth") + connection.WellKnown})
	case u.Path != "":
		out = append(out, variant{"auth", root + "/auth" + u.Path + connection.WellKnown})
		out = append(out, variant{"root", root + connection.WellKnown})
	}
	if u.Scheme == "http" {
		out = append(out, variant{"https", "https" + strings.TrimPrefix(bare, "http") + connection.WellKnown})
	}
	return out
}

// sortByLabel groups exchanges by label and keeps the order within one.
func sortByLabel(all []evidence.Exchange) {
	slices.SortStableFunc(all, func(a, b evidence.Exchange) int { return strings.Compare(a.Label, b.Label) })
}

// oauthMeta asks for the RFC 8414 form of the document.
func oauthMeta(ctx context.Context, r *run) *evidence.Observation {
	address := connection.OAuthMetadataURL(r.conn.Issuer())
	if address == "" || r.discovered() == nil {
		return nil
	}
	return observe(address, r.fetch(ctx, request{method: http.MethodGet, url: address, accept: acceptJSON}))
}

func jwks(ctx context.Context, r *run) *evidence.Observation {
	address := r.endpoint(r.byHand().JWKS, "jwks_uri", "jwks")
	if address == "" {
		return nil
	}
	return observe(address, r.fetch(ctx, request{method: http.MethodGet, url: address, accept: acceptJSON}))
}

// repeat fetches the public documents twice more, to catch half-rolled deployments.
func repeat(ctx context.Context, r *run) *evidence.Observation {
	obs := &evidence.Observation{}
	for label, kind := range map[string]evidence.Kind{"discovery": evidence.Discovery, "jwks": evidence.JWKS} {
		first := r.get(kind).Last()
		if first == nil || first.Status != http.StatusOK {
			continue
		}
		for range 2 {
			ex, _ := r.client.send(ctx, request{label: label, method: http.MethodGet, url: first.URL, accept: acceptJSON})
			obs.Exchanges = append(obs.Exchanges, ex)
		}
	}
	if len(obs.Exchanges) == 0 {
		return nil
	}
	sortByLabel(obs.Exchanges)
	return obs
}
