package cli

import (
	"fmt"

	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/report"
	"github.com/ssoctl/ssoctl/internal/unwrap"
	"github.com/ssoctl/ssoctl/internal/xmlsig"
	"github.com/ssoctl/ssoctl/internal/xmltree"
)

// secondOpinions asks goxmldsig about each signature of a message, before the message is redacted: those of the document as it came,
// and those that were encrypted in the document as it was decrypted.
func secondOpinions(doc unwrap.Document, m evidence.Message, trust xmlsig.Trust) []string {
	var out []string
	came, err := xmltree.Parse("", doc.Data)
	if err != nil {
		return nil
	}
	opened, err := xmltree.Parse("", m.XML)
	if err != nil {
		opened = came
	}
	for _, s := range m.Signatures {
		in := came
		if in.At(s.Path) == nil {
			in = opened
		}
		words := "accepts it"
		if said := xmlsig.SecondOpinion(in, s, trust); said != "" {
			words = fmt.Sprintf("refuses it: %q", said)
		}
		out = append(out, "second opinion: goxmldsig "+words)
	}
	return out
}

// beside puts the opinions under the rows of the signatures that they are about.
func beside(rows report.Rows, opinions []string) {
	n := 0
	for i := range rows {
		if rows[i].Path != "" && n < len(opinions) {
			rows[i].More = append(rows[i].More, opinions[n])
			n++
		}
	}
}
