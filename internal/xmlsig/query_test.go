package xmlsig

import (
	"crypto/elliptic"
	"net/url"
	"strings"
	"testing"
)

func TestQuery(t *testing.T) {
	rsaPair, ec := newPair(t, rsaKey()), newPair(t, mustEC(elliptic.P256()))
	state, empty := "a b&c=d/ä", ""
	for name, c := range map[string]struct {
		p      pair
		relay  *string
		method string
	}{
		"RSA": {rsaPair, &state, ""}, "EC": {ec, nil, ""}, "empty RelayState": {rsaPair, &empty, RSASHA512}, "SHA-1": {rsaPair, nil, RSASHA1}, "PSS": {rsaPair, nil, PSSSHA256},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := SignQuery("SAMLRequest", "fZ+/=x", c.relay, c.p.key, c.method)
			if err != nil {
				t.Fatal(err)
			}
			if v, err := url.ParseQuery(q); err != nil || v.Get("SAMLRequest") != "fZ+/=x" || c.relay != nil && v.Get("RelayState") != *c.relay {
				t.Errorf("%v %s", err, q)
			}
			s := VerifyQuery("?"+q, c.p.trust())
			if !s.Trusted() || s.Altered != "" || c.method != "" && s.Method != c.method {
				t.Errorf("%+v", s)
			}
			if s := VerifyQuery(strings.Replace(q, "fZ", "fY", 1), c.p.trust()); s.State != Bad || s.Altered != "" || s.Trusted() {
				t.Errorf("changed: %+v", s)
			}
			if s := VerifyQuery(q, Trust{}); s.State != Bad {
				t.Errorf("without a key: %+v", s)
			}
		})
	}
	if s := VerifyQuery("SAMLRequest=x&RelayState=y", rsaPair.trust()); s != nil {
		t.Errorf("not signed: %+v", s)
	}
}

// TestQueryAltered: the usual ways in which signers and proxies depart from the standard are named, and never taken for good.
func TestQueryAltered(t *testing.T) {
	p := newPair(t, rsaKey())
	m := methods[RSASHA256]
	alg := url.QueryEscape(RSASHA256)
	for name, c := range map[string]struct{ signed, sent, say string }{
		"order":           {"RelayState=r&SAMLRequest=x&SigAlg=" + alg, "RelayState=r&SAMLRequest=x&SigAlg=" + alg, "order"},
		"lower case":      {"SAMLRequest=x%2fy&SigAlg=" + strings.ReplaceAll(strings.ReplaceAll(alg, "%3A", "%3a"), "%2F", "%2f"), "SAMLRequest=x%2Fy&SigAlg=" + alg, "lower case"},
		"encoded anew":    {"SAMLRequest=x%2By&SigAlg=" + alg, "SAMLRequest=%78%2By&SigAlg=" + alg, "encoded anew"},
		"blanks":          {"SAMLRequest=x&RelayState=a%20b&SigAlg=" + alg, "SAMLRequest=x&RelayState=a+b&SigAlg=" + alg, "encoded anew"},
		"not encoded":     {"SAMLRequest=x/y&SigAlg=" + RSASHA256, "SAMLRequest=x%2Fy&SigAlg=" + alg, "without their URL encoding"},
		"RelayState late": {"SAMLRequest=x&SigAlg=" + alg, "SAMLRequest=x&RelayState=r&SigAlg=" + alg, "RelayState was put in"},
		"RelayState gone": {"SAMLRequest=x&RelayState=&SigAlg=" + alg, "SAMLRequest=x&SigAlg=" + alg, "empty RelayState"},
	} {
		value, err := m.sign(p.key, nil, []byte(c.signed))
		if err != nil {
			t.Fatal(err)
		}
		s := VerifyQuery(c.sent+"&Signature="+url.QueryEscape(b64(value)), p.trust())
		if s.State != Bad || s.Trusted() || !strings.Contains(s.Altered, c.say) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	for name, c := range map[string]struct{ query, say string }{
		"no value":   {"SAMLRequest=x&SigAlg=" + alg, "no Signature"},
		"no method":  {"SAMLRequest=x&Signature=AAAA", "does not name SigAlg"},
		"no message": {"SigAlg=" + alg + "&Signature=AAAA", "neither SAMLRequest"},
		"unknown":    {"SAMLRequest=x&SigAlg=urn:x&Signature=AAAA", `"urn:x"`},
		"HMAC":       {"SAMLRequest=x&SigAlg=" + url.QueryEscape(HMACSHA1) + "&Signature=AAAA", "HMAC"},
		"no base64":  {"SAMLRequest=x&SigAlg=" + alg + "&Signature=*", "not base64"},
		"empty":      {"SAMLRequest=x&SigAlg=" + alg + "&Signature=", "empty"},
		"twice":      {"SAMLRequest=x&SAMLRequest=y&SigAlg=" + alg + "&Signature=AAAA", "more than once"},
		"both":       {"SAMLRequest=x&SAMLResponse=y&SigAlg=" + alg + "&Signature=AAAA", "more than once"},
	} {
		if s := VerifyQuery(c.query, p.trust()); s.State != NotComputed || !strings.Contains(s.Problem, c.say) {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
