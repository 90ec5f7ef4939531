//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// columns gives the width of a terminal, 0 when f is none.
func columns(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
