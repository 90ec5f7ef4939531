package cli

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ssoctl/ssoctl/internal/lab"
)

// BenchmarkDoctor looks at a healthy lab that waits 100 ms before each answer. The longest chain is discovery, then one of the
// requests that need it: 200 ms.
func BenchmarkDoctor(b *testing.B) {
	bench := newBench(b, lab.Options{Latency: 100 * time.Millisecond})
	for b.Loop() {
		bench.doctor(b, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/200, "x_longest_chain")
}

// BenchmarkCheck lints a folder of 200 connection files.
func BenchmarkCheck(b *testing.B) {
	bench := newBench(b, lab.Options{})
	for i := range 200 {
		bench.write(b, fmt.Sprintf("c%03d.yaml", i), bench.lab.Connection())
	}
	o := checkOptions{judging: judging{format: "line", failOn: "error", color: "never"}}
	for b.Loop() {
		r, err := runCheck(bench.app, o, []string{filepath.Join(bench.dir)})
		if err != nil || r.Files != 202 { // with the lab's own, and its certificate
			b.Fatalf("%v, %d files", err, r.Files)
		}
	}
	b.ReportMetric(float64(b.N*202)/b.Elapsed().Seconds(), "files/s")
}
