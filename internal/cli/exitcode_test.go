package cli

import (
	"errors"
	"os/exec"
	"strconv"
)

// exitCode gives the exit code behind an error of a command.
func exitCode(err error) string {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return strconv.Itoa(e.ExitCode())
	}
	return err.Error()
}
