//go:build !windows

package receive

import (
	"errors"
	"syscall"
)

// exclusive has nothing to set: two listeners of one address need SO_REUSEPORT, which nobody sets here.
func exclusive(_, _ string, _ syscall.RawConn) error { return nil }

func inUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
