package flow

import (
	"crypto/subtle"
	"net/url"
	"strings"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/probe"
	"github.com/ssoctl/ssoctl/internal/samldoc"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// saml goes on from what came to the ACS, or should have: its signatures are verified, what is encrypted is opened, and the request
// is put beside it.
func (r *Run) saml(ans Answer) {
	if artifact(ans) {
		r.End(evidence.EndedRefused, evidence.SentArtifact+" (SAMLart), which the SP would have to exchange at the IdP itself, and not with a SAMLResponse by HTTP-POST")
		return
	}
	trust, keys := r.s.Trust()
	if r.a.URL != "" && !r.a.Unasked {
		r.request()
	}
	for _, d := range ans.Messages {
		if !probe.IsMessage(d) || d.Name == "SAMLRequest" && r.a.URL != "" {
			continue
		}
		m := probe.Examine(d, trust, keys)
		m.RequestID, m.Source, m.Sent = r.a.RequestID, "the answer of this login", ans.At
		if ans.URL != "" && m.To == "" {
			m.To = ans.URL
		}
		if m.RelayState != nil && r.a.State != "" && *m.RelayState != r.a.State {
			m.Notes = append(m.Notes, "RelayState came back changed")
		}
		r.message = append(r.message, m)
		r.raw.SAMLResponse = string(d.Data)
		r.attributes(m)
	}
}

// artifact reports whether an answer has but a reference to the response (SAML 2.0 Bindings §3.6).
func artifact(ans Answer) bool {
	if ans.Form["SAMLResponse"] != "" {
		return false
	}
	if ans.Form["SAMLart"] != "" {
		return true
	}
	u, err := url.Parse(ans.URL)
	return err == nil && u.Query().Get("SAMLart") != "" && !u.Query().Has("SAMLResponse")
}

// request puts the request of this login among the messages.
func (r *Run) request() {
	text := r.a.URL
	if v := r.a.Form["SAMLRequest"]; v != "" {
		text = "SAMLRequest=" + strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(v)
	}
	found, err := unwrap.Open("", []byte(text))
	if err != nil {
		return
	}
	trust, _ := r.s.Trust()
	for _, d := range found {
		if d.Name == "SAMLRequest" {
			m := probe.Examine(d, trust, nil)
			m.Source, m.Sent, m.To = "the request of this login", r.a.Began, r.s.Conn().SAML.SSOURL
			if r.a.Form != nil {
				m.Binding, m.Method, m.To = unwrap.POST, "POST", r.a.URL
			}
			r.message = append(r.message, m)
		}
	}
}

// attributes makes claims of an assertion: the SP reads the first that can be read.
func (r *Run) attributes(m evidence.Message) {
	doc, err := xmltree.Parse("", m.XML)
	if err != nil || len(r.claims) > 0 {
		return
	}
	resp := samldoc.ParseResponse(doc)
	if resp == nil || len(resp.Assertions) == 0 {
		return
	}
	if claims := Attributes(resp.Assertions[0]); len(claims) > 0 {
		r.claims = append(r.claims, evidence.ClaimSet{Source: "assertion", Claims: encode(claims)})
	}
}

// Attributes gives the attributes of an assertion by name, a text or a list of texts, and the NameID as "nameID".
func Attributes(a *samldoc.AssertionDoc) map[string]any {
	out := map[string]any{}
	if a.NameID != nil {
		out["nameID"] = a.NameID.Value()
	}
	for _, attr := range a.Attributes {
		for _, v := range attr.Values {
			switch have := out[attr.Name].(type) {
			case nil:
				out[attr.Name] = v
			case string:
				out[attr.Name] = []any{have, v}
			case []any:
				out[attr.Name] = append(have, v)
			}
		}
		if _, there := out[attr.Name]; !there {
			out[attr.Name] = ""
		}
	}
	return out
}

// Posted opens the SAML response of a form that came to the ACS, with whatever is odd about how it is encoded.
func Posted(acs string, form map[string]string) []unwrap.Document {
	v := url.Values{}
	for name, value := range form {
		v.Set(name, value)
	}
	return opened("curl -X POST '" + strings.ReplaceAll(acs, "'", "%27") + "' --data '" + v.Encode() + "'") // that says how it travelled
}

// Answers reports whether an encoded response says that it answers a request.
func Answers(encoded, requestID string) bool {
	for _, d := range Posted("http://127.0.0.1/", map[string]string{"SAMLResponse": encoded}) {
		doc, err := xmltree.Parse("", d.Data)
		if err != nil || requestID == "" {
			return false
		}
		return subtle.ConstantTimeCompare([]byte(doc.Root.Attr("InResponseTo")), []byte(requestID)) == 1
	}
	return false
}
