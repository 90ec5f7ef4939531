package mapping

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkRules is a decision on ten rules and 200 groups; it reports rules a second. CI asks for 10,000.
func BenchmarkRules(b *testing.B) {
	var rules, groups strings.Builder
	for i := range 10 {
		fmt.Fprintf(&rules, "    - {template: '{{#includes groups \"Team-%d\"}}{{#equals department \"it\"}}true{{/equals}}{{/includes}}', role: member}\n", 190+i)
	}
	for i := range 200 {
		fmt.Fprintf(&groups, ",\"team-%d\"", i)
	}
	conn := connect(b, archestra+viaOkta+"roles:\n  rules:\n"+rules.String())
	claims := claimsOf(b, `{"sub":"1","email":"ann@acme.com","department":"IT","groups":[`+groups.String()[1:]+`]}`)
	for b.Loop() {
		if d := Decide(conn, Login{Sources: []Source{{"id_token", claims}}, Now: noon}); d.Rules[0].Outcome != "matched" {
			b.Fatal(d.Rules[0])
		}
	}
	b.ReportMetric(float64(b.N*10)/b.Elapsed().Seconds(), "rules/s")
}
