package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ssoctl/ssoctl/internal/config"
	"github.com/ssoctl/ssoctl/internal/source"
)

// settings gives every flag its twins: SSOCTL_NAME in the environment and the key name in the settings file. A flag on the
// command line wins, then the environment, then the file.
func settings(app *App, cmd *cobra.Command) error {
	file, err := readSettings(app, cmd.Root())
	if err != nil {
		return err
	}
	var bad error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || bad != nil || f.Name == "help" {
			return
		}
		value, from := app.Getenv(envName(f.Name)), envName(f.Name)
		if value == "" && file != nil {
			value = strings.Join(file.Root.Member(f.Name).Strings(), ",")
			pos, _ := file.Pos("/" + f.Name)
			from = fmt.Sprintf("%s:%d:%d: %s", file.File, pos.Line, pos.Col, f.Name)
		}
		if value == "" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			bad = usage("", "%s: %w", from, err)
		}
	})
	return bad
}

// readSettings reads the settings file; nil when there is none. A key that is no flag of any command is an error.
func readSettings(app *App, root *cobra.Command) (*source.Doc, error) {
	path := settingsFile(app)
	if path == "" {
		return nil, nil
	}
	b, err := readCapped(path, config.MaxSize)
	if errors.Is(err, fs.ErrNotExist) && app.Getenv("SSOCTL_SETTINGS") == "" {
		return nil, nil
	}
	if err != nil {
		return nil, usage("", "read settings: %w", err)
	}
	doc, err := source.ParseYAML(path, b)
	if err != nil {
		return nil, usage("", "read settings %w", err)
	}
	known := flagNames(root)
	for _, m := range doc.Root.Members {
		if slices.Contains(known, m.Key) {
			continue
		}
		hint := "ssoctl --help"
		if near := source.Nearest(m.Key, known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, usage(hint, "%s:%d:%d: no command has a flag %q", path, m.KeyPos.Line, m.KeyPos.Col, m.Key)
	}
	return doc, nil
}

// flagNames lists the flags of all commands.
func flagNames(cmd *cobra.Command) []string {
	var out []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { out = append(out, f.Name) })
	for _, c := range cmd.Commands() {
		out = append(out, flagNames(c)...)
	}
	return out
}

func envName(flag string) string {
	return "SSOCTL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// settingsFile is $SSOCTL_SETTINGS, else ssoctl/settings.yaml in the user's configuration folder.
func settingsFile(app *App) string {
	if path := app.Getenv("SSOCTL_SETTINGS"); path != "" {
		return path
	}
	base := app.Getenv("XDG_CONFIG_HOME")
	if base == "" {
		home := app.Getenv("HOME")
		if home == "" {
			return ""
		}
		base = filepath.Join(home, ".config")
	}
	return filepath.Join(base, "ssoctl", "settings.yaml")
}
