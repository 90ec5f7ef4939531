package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ssoctl/ssoctl/internal/check/all"
	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/knowledge"
	"github.com/ssoctl/ssoctl/internal/lab"
	"github.com/ssoctl/ssoctl/internal/render"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", Short: "print the script that completes commands, flags and names in a shell",
		Long: `completion prints a script for a shell. With it, the shell completes commands, flags and their values, the names of the connections of
ssoctl.yaml, products, rule codes and formats.`,
		Example: `  source <(ssoctl completion bash)                       now; to keep it, into a file of /etc/bash_completion.d
  ssoctl completion zsh > "${fpath[1]}/_ssoctl"
  ssoctl completion fish > ~/.config/fish/completions/ssoctl.fish
  ssoctl completion powershell | Out-String | Invoke-Expression`,
		Args: cobra.ExactArgs(1), ValidArgs: shells, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(app.Out, true)
			case "zsh":
				return root.GenZshCompletion(app.Out)
			case "fish":
				return root.GenFishCompletion(app.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(app.Out)
			}
			return usage("one of: "+strings.Join(shells, ", "), "unknown shell %q", args[0])
		},
	}
}

// completer completes one word; done are the arguments before it.
type completer func(cmd *cobra.Command, done []string) []cobra.Completion

// completions tells every command below root how its arguments and flags are completed.
func completions(app *App, root *cobra.Command) {
	names := func(cmd *cobra.Command, done []string) []cobra.Completion { return connectionNames(app, cmd, done) }
	arguments := map[string]completer{
		"doctor": names, "test-login": names, "map": names, "emit": names, "push": names, "diff": names,
		"guide": guideWords, "catalog": catalogWords, "explain": func(*cobra.Command, []string) []cobra.Completion { return append(ruleWords(false), errorWords()...) },
	}
	files := []string{"check", "decode"}
	for _, cmd := range root.Commands() {
		if complete := arguments[cmd.Name()]; complete != nil {
			cmd.ValidArgs, cmd.ValidArgsFunction = nil, word(complete, false)
		} else if len(cmd.ValidArgs) == 0 && !slices.Contains(files, cmd.Name()) {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			complete := flagWords(f)
			if f.Name == "name" && cmd.Name() != "init" {
				complete = func(cmd *cobra.Command, _ []string) []cobra.Completion { return connectionNames(app, cmd, nil) }
			}
			if complete != nil {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, word(complete, f.Value.Type() == "stringSlice")) // only a flag that is not there is refused
			}
		})
	}
}

// word makes a completer into what cobra asks: no file names among the answers.
// Of a list with commas the last entry is completed.
func word(complete completer, list bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, done []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := ""
		if list {
			before = typed[:strings.LastIndexByte(typed, ',')+1]
		}
		var out []cobra.Completion
		for _, c := range complete(cmd, done) {
			if strings.HasPrefix(before+c, typed) {
				out = append(out, before+c)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// flagWords completes the values of a flag; nil where any text or a file is right.
func flagWords(f *pflag.Flag) completer {
	fixed := map[string][]string{
		"protocol": {"oidc", "saml"}, "color": {"auto", "always", "never"}, "fail-on": {"error", "warning", "never"}, "for": {"idp", "sp"},
		"receive": {"auto", "paste", "loopback", "device"}, "driver": {"browser", "form", "none"},
	}
	list := fixed[f.Name]
	if before, values, ok := strings.Cut(f.Usage, ": "); ok && (f.Name == "format" && before == "output" || f.Name == "as" && before == "what the files are") {
		list = strings.Split(values, ", ")
	}
	if f.Name == "to" {
		list = targetIDs()
	}
	switch {
	case len(list) > 0:
		return func(*cobra.Command, []string) []cobra.Completion { return list }
	case f.Name == "sp":
		return func(*cobra.Command, []string) []cobra.Completion { return profileWords(knowledge.New().Heads().SPs) }
	case f.Name == "idp":
		return func(*cobra.Command, []string) []cobra.Completion { return profileWords(knowledge.New().Heads().IdPs) }
	case f.Name == "as":
		return func(cmd *cobra.Command, _ []string) []cobra.Completion {
			var out []cobra.Completion
			for _, format := range emit.Formats() {
				if side := cmd.Flag("for"); side == nil || side.Value.String() == "" || side.Value.String() == string(format.Side) {
					out = append(out, cobra.CompletionWithDesc(format.ID, format.Title))
				}
			}
			return out
		}
	case f.Name == "fault":
		return func(*cobra.Command, []string) []cobra.Completion {
			var out []cobra.Completion
			for _, fault := range lab.Faults() {
				out = append(out, cobra.CompletionWithDesc(fault.Name, fault.Title))
			}
			return out
		}
	case f.Name == "only", f.Name == "skip":
		return func(*cobra.Command, []string) []cobra.Completion { return ruleWords(true) }
	}
	return nil
}

// connectionNames lists the connections of the file that the command line names, without those that stand on it already. A file that cannot
// be read has none: nobody wants an error while typing.
func connectionNames(app *App, cmd *cobra.Command, done []string) []cobra.Completion {
	config, err := cmd.Flags().GetString("config")
	if err != nil {
		return nil
	}
	name, err := app.find(cmp.Or(config, app.Getenv(envName("config"))))
	if err != nil {
		return nil
	}
	f, err := app.load(name)
	if err != nil {
		return nil
	}
	var out []cobra.Completion
	for _, t := range f.Targets {
		if t.Name == "" || render.Clean(t.Name) != t.Name || slices.Contains(done, t.Name) {
			continue
		}
		about := strings.TrimSuffix(strings.Join([]string{t.SPProfile(), t.IdPProfile(), string(t.Protocol())}, " "), " ")
		out = append(out, cobra.CompletionWithDesc(t.Name, render.Clean(strings.Join(strings.Fields(about), ", "))))
	}
	return out
}

func profileWords(heads []knowledge.Head) []cobra.Completion {
	var out []cobra.Completion
	for _, h := range heads {
		out = append(out, cobra.CompletionWithDesc(h.ID, h.Name))
	}
	return out
}

// ruleWords lists the codes, and the areas where those select too.
func ruleWords(areas bool) []cobra.Completion {
	var out []cobra.Completion
	for _, r := range all.Rules() {
		if area := r.Area(); areas && (len(out) == 0 || !slices.ContainsFunc(out, func(c cobra.Completion) bool { return strings.HasPrefix(c, area+"\t") })) {
			out = append(out, cobra.CompletionWithDesc(area, "all rules of this area"))
		}
		out = append(out, cobra.CompletionWithDesc(r.Code, r.Title))
	}
	return out
}

func guideWords(_ *cobra.Command, done []string) []cobra.Completion {
	switch len(done) {
	case 0:
		return profileWords(knowledge.New().Heads().SPs)
	case 1:
		return profileWords(knowledge.New().Heads().IdPs)
	}
	return nil
}

func catalogWords(cmd *cobra.Command, done []string) []cobra.Completion {
	if len(done) == 0 {
		return strings.Split(strings.Fields(strings.TrimPrefix(cmd.Use, "catalog "))[0], "|")
	}
	if len(done) > 1 {
		return nil
	}
	switch done[0] {
	case "sps":
		return profileWords(knowledge.New().Heads().SPs)
	case "idps":
		return profileWords(knowledge.New().Heads().IdPs)
	case "rules":
		return ruleWords(true)
	case "errors":
		return errorWords()
	}
	return nil
}

func errorWords() []cobra.Completion {
	var out []cobra.Completion
	for _, r := range errorRows(knowledge.Errors()) {
		out = append(out, cobra.CompletionWithDesc(r.ID, r.Title))
	}
	return out
}
