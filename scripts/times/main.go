// Command times runs two commands alternately and prints the minimum wall time of each, and their ratio:
//
//	times COMMAND ARG... -- COMMAND ARG...
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	i := slices.Index(os.Args, "--")
	if i < 2 || i+1 >= len(os.Args) {
		fmt.Fprintln(os.Stderr, "usage: times COMMAND ARG... -- COMMAND ARG...")
		os.Exit(2)
	}
	const runs = 300
	best := [2]time.Duration{time.Hour, time.Hour}
	for range runs {
		for k, argv := range [2][]string{os.Args[1:i], os.Args[i+1:]} {
			start := time.Now()
			if err := exec.Command(argv[0], argv[1:]...).Run(); err != nil {
				fmt.Fprintln(os.Stderr, argv[0], err)
				os.Exit(1)
			}
			best[k] = min(best[k], time.Since(start))
		}
	}
	fmt.Printf("%s: %.2f ms\n%s: %.2f ms\nratio: %.2f (minimum of %d runs each)\n",
		name(os.Args[1:i]), ms(best[0]), name(os.Args[i+1:]), ms(best[1]), float64(best[1])/float64(best[0]), runs)
}

// name is a command without folders and options.
func name(argv []string) string {
	out := filepath.Base(argv[0])
	if len(argv) > 1 && !strings.HasPrefix(argv[1], "-") {
		out += " " + argv[1]
	}
	return out
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
