package real_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// server is a child process that serves until its standard input is closed.
type server struct {
	stdin  io.Closer
	up     chan struct{} // closed when it is ready
	kill   func()
	exited chan struct{} // closed when the process is gone and its output is read
	tail   []string      // its last lines; read only after exited
}

// prepare runs a set-up script's installation, which is quick when the cache has everything.
func prepare(t *testing.T, script string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", filepath.Join("setup", script), "prepare")
	cmd.WaitDelay = 10 * time.Second // its children may keep the output open after it was stopped
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s prepare: %v\n%s", script, err, out)
	}
	t.Logf("%s", out)
}

// startServer runs `bash setup/SCRIPT run` with the additional environment and returns once ready has said
// true to one of its output lines. A process that is not ready within the limit is killed and started once more, since
// a runtime may hang before its first line; then the test ends. The server is stopped with the test.
func startServer(t *testing.T, script string, env []string, limit time.Duration, ready func(line string) bool) *server {
	t.Helper()
	for attempt := 1; ; attempt++ {
		s := spawn(t, script, env, ready)
		select {
		case <-s.up:
			t.Cleanup(func() { s.stop(t) })
			return s
		case <-s.exited:
			t.Fatalf("%s ended before it was ready:\n%s", script, strings.Join(s.tail, "\n"))
		case <-time.After(limit):
			s.kill()
			t.Logf("%s was not ready after %s (attempt %d)", script, limit, attempt)
		}
		if attempt == 3 {
			t.Fatalf("%s was not ready after %d attempts", script, attempt)
		}
	}
}

// spawn starts one process.
func spawn(t *testing.T, script string, env []string, ready func(line string) bool) *server {
	t.Helper()
	cmd := exec.Command("bash", filepath.Join("setup", script), "run")
	cmd.Env = append(os.Environ(), env...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", script, err)
	}
	s := &server{stdin: stdin, exited: make(chan struct{}), up: make(chan struct{}), kill: func() { _ = cmd.Process.Kill() }}
	go func() {
		err := cmd.Wait()
		w.CloseWithError(err)
	}()
	go s.read(r, ready, s.up)
	return s
}

// read takes the lines of the server, closes up at the first that ready accepts, and keeps the last ones.
func (s *server) read(r io.Reader, ready func(string) bool, up chan struct{}) {
	defer close(s.exited)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	waiting := true
	for lines.Scan() {
		s.tail = append(s.tail, lines.Text())
		if len(s.tail) > 40 {
			s.tail = s.tail[1:]
		}
		if waiting && ready(lines.Text()) {
			waiting = false
			close(up)
		}
	}
}

// stop ends the server and waits until it is gone; a second call returns at once.
func (s *server) stop(t *testing.T) {
	_ = s.stdin.Close()
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		s.kill()
		t.Error("the server did not end within 30 s of its standard input")
	}
}
