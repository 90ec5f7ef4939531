package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

const about = `ssoctl tells why single sign-on between an identity provider (IdP) and an application (SP) does not
work, what exactly to change and where. It speaks OpenID Connect and SAML 2.0.`

func newRoot(app *App) *cobra.Command {
	root := &cobra.Command{
		Use: "ssoctl", Short: "find out why single sign-on does not work", Long: about,
		Example: `  ssoctl demo                                             see it at work, without any set-up
  ssoctl doctor https://login.example.com/realms/main     look at an IdP
  ssoctl doctor                                           judge the connections of ssoctl.yaml
  ssoctl check sso/                                       lint files, without the network`,
		SilenceErrors: true, SilenceUsage: true, SuggestionsMinimumDistance: 2,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return settings(app, cmd) },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(cmd.CommandPath()+" --help", "%w", err)
	})
	root.AddCommand(newInit(app), newGuide(app), newDoctor(app), newCheck(app), newTestLogin(app), newMap(app), newDecode(app), newCatalog(app), newExplain(app), newEmit(app), newPush(app), newDiff(app), newSchema(app), newLab(app), newDemo(app), newCompletion(app), newVersion(app))
	completions(app, root)
	return root
}

func unknownCommand(cmd *cobra.Command, word string) error {
	hint := "ssoctl --help"
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		hint = "did you mean ssoctl " + near[0] + "?"
	}
	return usage(hint, "unknown command %q", word)
}

func newVersion(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: cobra.NoArgs,
		Example: "  ssoctl version\n  ssoctl version >> ticket.txt",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(app.Out, "ssoctl "+Version)
			return err
		},
	}
}
