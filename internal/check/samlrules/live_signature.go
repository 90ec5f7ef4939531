package samlrules

import (
	"fmt"
	"strings"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
)

// Whether requests are signed where they have to be: by what the connection file records, by what the IdP answers, and by the
// signature of a request that was recorded.
var reqSigned = []check.Rule{
	{
		Code: "REQ012", Title: "requests are signed where the IdP demands it, and the signature is good", Severity: report.Error, Protocol: config.SAML,
		Needs: []evidence.Kind{evidence.Config}, Uses: []evidence.Kind{evidence.SAMLSSO, evidence.SAMLMessages, evidence.SAMLCerts},
		Why:  "The IdP refuses every login request, or leads the user round in a circle.",
		Fix:  "switch the demand for signed requests off, or let the SP sign with the key whose certificate the IdP holds",
		Refs: []string{refRedirect},
		Applies: func(c *check.Case) bool {
			return len(c.Requirements("REQ012")) > 0 || c.SSO != nil || len(signedRequests(c)) > 0
		},
		Decides: undecidedSignature,
		Check: func(c *check.Case) []report.Finding {
			out := c.Required("REQ012")
			if len(out) == 0 {
				out = refusedUnsigned(c)
			}
			for _, l := range signedRequests(c) {
				out = append(out, requestSignature(l)...)
			}
			return out
		},
	},
}

func undecidedSignature(c *check.Case) string {
	if len(c.Requirements("REQ012")) > 0 && c.Unstated("REQ012") == "" || passed(c) || len(refusedUnsigned(c)) > 0 {
		return ""
	}
	for _, l := range signedRequests(c) {
		if len(requestSignature(l)) > 0 || holdsSPCertificate(c) {
			return ""
		}
	}
	switch a := sentAttempt(c); {
	case a != nil:
		return "the answer of the IdP does not decide it: " + check.Quote(worded(a))
	case len(signedRequests(c)) > 0:
		return "the SP's certificate is not known (saml.sp_certificate)"
	}
	return c.Unstated("REQ012")
}

// signedRequests lists the requests that carry a signature.
func signedRequests(c *check.Case) []letter {
	var out []letter
	for _, l := range requestsOf(c) {
		if ownSignature(l.m) {
			out = append(out, l)
		}
	}
	return out
}

// refusedUnsigned tells of a request that is refused because it is not signed, or not by the key that the IdP knows.
func refusedUnsigned(c *check.Case) []report.Finding {
	a, signed := c.SSO.Means("signature_required"), c.SSO.Get(evidence.Signed)
	certain := a != nil && a.Certain
	if sent := c.SSO.Get(evidence.AsSent); a == nil && turnedAway(sent) && taken(signed) {
		a, certain = sent, true // the one difference was the signature
	}
	if a == nil {
		return nil
	}
	id := c.Config.SPEntityID()
	f := report.Finding{Where: statedAt(c, "sp", "saml/sp_entity_id"), Fix: []string{c.AtIdP("switch the demand for signed requests off", "signature")}}
	signs := c.SP.SAML != nil && c.SP.SAML.RequestSigned.V
	switch {
	case signs || turnedAway(signed):
		f.Message = fmt.Sprintf("the IdP refuses the signed request of the SP %s: it answers %s", check.Quote(id), check.Quote(worded(a)))
		f.Fix = []string{c.AtIdP("upload the SP's current certificate", "signature", "keys")}
	case c.SP.SAML != nil && c.SP.SAML.RequestSigned.Known():
		f.Message = fmt.Sprintf("the IdP takes only signed requests from the SP %s, and %s signs none: it answers %s", check.Quote(id), c.TheSP(), check.Quote(worded(a)))
	default:
		f.Message = fmt.Sprintf("the IdP takes only signed requests from the SP %s: it answers %s", check.Quote(id), check.Quote(worded(a)))
		f.Fix = append(f.Fix, atSP(c, "or let it sign its requests, and upload its certificate at the IdP"))
	}
	return byAnswer(f, a, certain)
}

// holdsSPCertificate reports whether the connection names the certificate that the SP signs with.
func holdsSPCertificate(c *check.Case) bool {
	for _, f := range c.Certs {
		if strings.HasSuffix(f.Path, "saml/sp_certificate") && f.Text.First() != nil {
			return true
		}
	}
	return false
}

// requestSignature judges the signature of one request. Without the SP's certificate only its form is judged.
func requestSignature(l letter) []report.Finding {
	var out []report.Finding
	add := func(f report.Finding, do string) {
		f.Fix = []string{atSP(l.c, do)}
		out = append(out, f)
	}
	known := holdsSPCertificate(l.c)
	if q := l.m.Query; q != nil {
		switch {
		case q.Problem == evidence.SignatureRemoved:
		case q.State == xmlsig.NotComputed:
			add(envelope(l.m, "", "", "the signature of the request's address cannot be computed: %s", q.Problem), "sign the address as the HTTP-Redirect binding says")
		case q.State == xmlsig.Bad && known && q.Altered != "":
			add(envelope(l.m, "", "", "the signature of the request's address does not verify over the octets that were sent: %s", q.Altered), "sign the address octet for octet as it is sent")
		case known && !q.Trusted():
			add(envelope(l.m, "", "", "the signature of the request's address does not verify with the SP's certificate: another key signed it, or the address was changed afterwards"), "sign with the key of sp_certificate, and change nothing afterwards")
		}
	}
	for i := range l.m.Signatures {
		s := &l.m.Signatures[i]
		e := l.m.Doc.At(s.Path)
		switch {
		case e == nil || e.Parent != l.head.Element:
		case s.Digests() == xmlsig.Bad:
			add(l.finding(e, "", "the request was changed after it was signed: a digest of its signature differs"), "sign the request last")
		case s.State != xmlsig.NotComputed && known && !s.Trusted():
			add(l.finding(e, "", "the signature of the request does not verify with the SP's certificate"), "sign with the key of sp_certificate")
		}
	}
	return out
}
