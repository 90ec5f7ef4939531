package receive

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// enableSequences lets a console of Windows understand escape sequences; ok is false where it cannot.
func enableSequences(out io.Writer) (restore func(), ok bool) {
	restore = func() {}
	file, isFile := out.(*os.File)
	if !isFile {
		return restore, false
	}
	console := windows.Handle(file.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil ||
		windows.SetConsoleMode(console, mode|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) != nil {
		return restore, false
	}
	return func() { _ = windows.SetConsoleMode(console, mode) }, true
}
