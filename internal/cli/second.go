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
func secondOpinions(doc unwrap.Document, m evidence.Message, trust xmlsig.Trust) report.Rows {
	var rows report.Rows
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
		rows = append(rows, report.Row{Key: "second opinion", Value: "goxmldsig " + words})
	}
	return rows
}
