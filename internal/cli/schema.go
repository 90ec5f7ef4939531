package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/config"
)

func newSchema(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "print the JSON Schema of the connection file", Args: cobra.NoArgs,
		Example: `  ssoctl schema > ssoctl.schema.json     then, in ssoctl.yaml: # yaml-language-server: $schema=ssoctl.schema.json
  ssoctl schema | jq '.properties | keys'`,
		RunE: func(*cobra.Command, []string) error {
			b, err := config.Schema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(app.Out, string(b))
			return err
		},
	}
}
