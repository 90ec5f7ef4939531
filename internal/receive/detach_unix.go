//go:build unix

package receive

import (
	"os/exec"
	"syscall"
)

// detach gives the program a session of its own: Ctrl-C here does not end the browser, and what the opener may choose cannot take
// over the terminal, as it has none.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
