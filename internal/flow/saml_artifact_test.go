package flow

import "testing"

// TestArtifact tells an answer that is but a reference from one that has the response.
func TestArtifact(t *testing.T) {
	const acs = "https://app.example/saml/acs"
	for name, c := range map[string]struct {
		ans  Answer
		want bool
	}{
		"by redirect":           {Answer{URL: acs + "?SAMLart=AAQAAA&RelayState=x"}, true},
		"by post":               {Answer{URL: acs, Form: map[string]string{"SAMLart": "AAQAAA"}}, true},
		"response by post":      {Answer{URL: acs, Form: map[string]string{"SAMLResponse": "PHM+"}}, false},
		"response by redirect":  {Answer{URL: acs + "?SAMLResponse=fZ"}, false},
		"both, the SP reads it": {Answer{URL: acs, Form: map[string]string{"SAMLResponse": "PHM+", "SAMLart": "AAQAAA"}}, false},
	} {
		if got := artifact(c.ans); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
