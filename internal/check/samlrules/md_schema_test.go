package samlrules

import (
	"strings"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/check"
	"github.com/ssoctl/ssoctl/internal/evidence"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// TestMisspeltMetadata: a misspelt element is one mistake; what is missed for it is its consequence.
func TestMisspeltMetadata(t *testing.T) {
	const sp = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://app.example.com/saml">
  <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <AssertionConsumerServices Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://app.example.com/saml/acs" index="0"/>
  </SPSSODescriptor>
</EntityDescriptor>`
	idp := strings.NewReplacer("SPSSODescriptor", "IDPSSODescriptor", "AssertionConsumerServices", "SingleSignOnServices", ` index="0"`, "").Replace(sp)
	for kind, c := range map[evidence.Kind]struct{ text, missed string }{evidence.SPMetadata: {sp, "MD023"}, evidence.SAMLMetadata: {idp, "MD014"}} {
		set := evidence.Set{kind: {Kind: kind, Source: "metadata.xml", Body: []byte(c.text)}}
		findings, _ := check.Run(Rules, check.New(nil, knowledge.New(), set, time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)))
		causes := map[string]string{}
		for _, f := range findings {
			causes[f.Code] = f.CausedBy
		}
		if by, there := causes[c.missed]; !there || by != "MD003" {
			t.Errorf("%s: %s is caused by %q; %v", kind, c.missed, by, causes)
		}
		if by, there := causes["MD003"]; !there || by != "" {
			t.Errorf("%s: MD003 is caused by %q; %v", kind, by, causes)
		}
	}
}
