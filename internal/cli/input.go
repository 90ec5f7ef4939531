package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/knowledge"
)

// maxInput bounds any file that is read, in bytes.
const maxInput = 16 << 20

// openRegular opens a regular file: a device or a pipe would never end.
func openRegular(name string) (io.ReadCloser, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "read", Path: name, Err: errors.New("is no regular file")}
	}
	return os.Open(name)
}

// readCapped reads a regular file of at most limit bytes.
func readCapped(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, &os.PathError{Op: "read", Path: name, Err: errors.New("is a directory")}
	}
	if info.Size() > limit {
		return nil, &os.PathError{Op: "read", Path: name, Err: fmt.Errorf("is %d MiB large; at most %d MiB are read", info.Size()>>20, limit>>20)}
	}
	return readAll(f, name, limit)
}

func readAll(r io.Reader, name string, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = &os.PathError{Op: "read", Path: name, Err: fmt.Errorf("is larger than %d MiB", limit>>20)}
	}
	return b, err
}

// find gives the connection file: the flag, else ssoctl.yaml here or in a parent folder.
func (a *App) find(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	dir := a.Dir
	if dir == "" {
		dir = "."
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	start := dir
	for {
		for _, name := range []string{"ssoctl.yaml", "ssoctl.yml"} {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err == nil {
				if rel, err := filepath.Rel(start, path); err == nil {
					return rel, nil
				}
				return path, nil
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", usage("give a file with -c, or start without one: ssoctl doctor https://your-idp.example.com", "no ssoctl.yaml here or in a parent folder")
		}
		dir = parent
	}
}

// load reads and parses a connection file. Secrets that stand in it in plain text are gone from what is returned.
func (a *App) load(name string) (*config.File, error) {
	b, err := readCapped(a.path(name), config.MaxSize)
	if err != nil {
		return nil, usage("", "%w", err)
	}
	return parseRedacted(name, b)
}

// parseRedacted parses twice when the first look finds a secret in plain text: nothing may hold on to it.
func parseRedacted(name string, b []byte) (*config.File, error) {
	f, err := config.Parse(name, b)
	if err != nil {
		return nil, err
	}
	if f.InPlain() {
		return config.Parse(name, f.Redacted())
	}
	return f, nil
}

// ownProfile loads the SP profile of the user's own that a target names by path; nil when it names a built-in one.
func ownProfile(t *config.Target, read func(string) ([]byte, error)) (sp *knowledge.SP, raw []byte, err error) {
	name := t.SPProfile()
	if !isProfilePath(name) {
		return nil, nil, nil
	}
	raw, err = read(name)
	if err != nil {
		return nil, nil, err
	}
	sp, _, _, err = knowledge.ParseSP(name, raw)
	return sp, raw, err
}

// isProfilePath tells a path from the id of a built-in profile.
func isProfilePath(name string) bool {
	return filepath.Ext(name) == ".yaml" || filepath.Ext(name) == ".yml" || filepath.Base(name) != name
}
