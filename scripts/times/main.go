// Command times runs two commands alternately and prints the minimum wall time of each, and their ratio:
//
//	times NOTHING -- COMMAND ARG...
package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

func main() {
	i := slices.Index(os.Args, "--")
	if i < 2 || i+1 >= len(os.Args) {
		fmt.Fprintln(os.Stderr, "usage: times NOTHING -- COMMAND ARG...")
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
	fmt.Printf("a program that does nothing: %.2f ms\n%v: %.2f ms\nratio: %.2f (minimum of %d runs each)\n",
		ms(best[0]), os.Args[i+1:], ms(best[1]), float64(best[1])/float64(best[0]), runs)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
