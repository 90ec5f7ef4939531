package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ManPages gives the manual: file name (ssoctl-doctor.1) -> page, in the macros of man(7). Only the generator of docs/man calls it, so the
// linker leaves it out of the program.
func ManPages(app *App) map[string]string {
	root := newRoot(app)
	out := map[string]string{}
	for _, cmd := range append([]*cobra.Command{root}, commands(root)...) {
		out[strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"] = manPage(cmd)
	}
	return out
}

// commands are the commands that a person sees.
func commands(root *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(root.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() })
}

func manPage(cmd *cobra.Command) string {
	var b strings.Builder
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"ssoctl\" \"ssoctl manual\"\n", roff(strings.ToUpper(name)))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(cmd.Short))
	use := cmd.UseLine()
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(use))
	long := cmd.Long
	if long == "" {
		long = strings.ToUpper(cmd.Short[:1]) + cmd.Short[1:] + "."
	}
	b.WriteString(".SH DESCRIPTION\n")
	for line := range strings.Lines(long) {
		b.WriteString(roff(strings.TrimRight(line, "\n")) + "\n")
	}
	manCommands(&b, cmd)
	manFlags(&b, cmd)
	if cmd.Example != "" {
		b.WriteString(".SH EXAMPLES\n.nf\n")
		for line := range strings.Lines(cmd.Example) {
			b.WriteString(roff(strings.TrimPrefix(strings.TrimRight(line, "\n"), "  ")) + "\n")
		}
		b.WriteString(".fi\n")
	}
	b.WriteString(".SH EXIT STATUS\n.TP\n.B 0\nnothing wrong\n.TP\n.B 1\nfindings at or above \\-\\-fail\\-on\n.TP\n.B 2\nwrong usage, unreadable input, or a defect of ssoctl\n" +
		".TP\n.B 3\ninconclusive: nothing wrong was seen, but what was asked could not be decided\n.TP\n.B 130\ninterrupted\n")
	manSeeAlso(&b, cmd)
	return b.String()
}

func manCommands(b *strings.Builder, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	b.WriteString(".SH COMMANDS\n")
	for _, c := range commands(cmd) {
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(c.Name()), roff(c.Short))
	}
}

func manFlags(b *strings.Builder, cmd *cobra.Command) {
	b.WriteString(".SH OPTIONS\n")
	cmd.InitDefaultHelpFlag()
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, say := pflag.UnquoteUsage(f)
		option := "--" + f.Name
		if f.Shorthand != "" {
			option = "-" + f.Shorthand + ", " + option
		}
		fmt.Fprintf(b, ".TP\n.B %s", roff(option))
		if value != "" {
			b.WriteString(" " + roff(value))
		}
		b.WriteString("\n" + roff(say))
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" {
			b.WriteString(" (default " + roff(f.DefValue) + ")")
		}
		b.WriteString("\n")
	})
	b.WriteString(".PP\nEvery option has a twin in the environment, such as SSOCTL_FORMAT for \\-\\-format, and a key in the settings file.\n")
}

func manSeeAlso(b *strings.Builder, cmd *cobra.Command) {
	b.WriteString(".SH SEE ALSO\n")
	var names []string
	if cmd.HasParent() {
		names = append(names, "ssoctl(1)")
	} else {
		for _, c := range commands(cmd) {
			names = append(names, "ssoctl-"+c.Name()+"(1)")
		}
	}
	b.WriteString(roff(strings.Join(names, ", ")) + "\n")
}

// roff makes text stand for itself: backslashes, hyphens that are to be copied, and what would begin a macro.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}
