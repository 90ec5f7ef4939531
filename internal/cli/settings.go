package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// settings gives every flag its twins: SSOCTL_NAME in the environment and the key name in the settings file. A flag on the
// command line wins, then the environment, then the file. Connection files never come here: viper folds case and splits dots.
func settings(app *App, cmd *cobra.Command) error {
	v := viper.NewWithOptions(viper.KeyDelimiter("\x00"))
	if path := settingsFile(app); path != "" {
		b, err := os.ReadFile(path)
		if err != nil && (!errors.Is(err, fs.ErrNotExist) || app.Getenv("SSOCTL_SETTINGS") != "") {
			return usage("", "read settings: %w", err)
		}
		if err == nil {
			v.SetConfigType("yaml")
			if err := v.ReadConfig(strings.NewReader(string(b))); err != nil {
				return usage("", "read settings %s: %w", path, err)
			}
		}
	}
	var bad error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || bad != nil || f.Name == "help" {
			return
		}
		value := app.Getenv(envName(f.Name))
		if value == "" && v.IsSet(f.Name) {
			value = strings.Join(v.GetStringSlice(f.Name), ",")
			if s := v.GetString(f.Name); s != "" {
				value = s
			}
		}
		if value == "" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			bad = usage("", "%s: %w", envName(f.Name), err)
		}
	})
	return bad
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
