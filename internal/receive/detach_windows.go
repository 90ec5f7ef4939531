package receive

import "os/exec"

// detach has nothing to do: a graphical program of Windows has no part in this console.
func detach(*exec.Cmd) {}
