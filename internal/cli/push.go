package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/push"
	"github.com/ssoctl/ssoctl/internal/render"
)

// pushing are the flags that push and diff have in common.
type pushing struct {
	network
	config, name, to, as string
	realm, passwordFile  string
	passwordFD           int
	state, format        string
	prune                bool
}

type pushOptions struct {
	pushing
	dryRun, undo, yes    bool
	rotateSecret, resend bool
	secretTo             string
}

func (o *pushing) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "connection `FILE` (default: ssoctl.yaml here or in a parent folder)")
	f.StringVarP(&o.name, "name", "n", "", "the connection of this `NAME`")
	f.StringVar(&o.as, "as", "", "another `FORMAT` of emit than the API's usual one")
	f.StringVar(&o.realm, "admin-realm", "", "Keycloak: `REALM` that the administrator signs in at (default: master)")
	f.StringVar(&o.passwordFile, "password-file", "", "read the administrator's password from `FILE`")
	f.IntVar(&o.passwordFD, "password-fd", -1, "read the administrator's password from file descriptor `N`")
	f.StringVar(&o.state, "state", "", "`FILE` that keeps the former state (default: below $XDG_STATE_HOME/ssoctl)")
	f.StringVar(&o.format, "format", "text", "text or json")
	f.BoolVar(&o.prune, "prune", false, "also take away redirect URIs and mappers that the connection does not need")
	f.DurationVar(&o.timeout, "timeout", pushTimeout, "for the whole of it, your answer included")
	f.StringVar(&o.caFile, "ca-file", "", "also trust the certificates in this PEM `FILE`")
	f.StringArrayVar(&o.resolve, "resolve", nil, "use this address for a host: `HOST:PORT:ADDR`")
}

// pushTimeout leaves a person the time to read a plan; each exchange has a limit of its own.
const pushTimeout = 5 * time.Minute

func newPush(app *App) *cobra.Command {
	var o pushOptions
	cmd := &cobra.Command{
		Use:   "push [NAME] --to TARGET",
		Short: "apply a connection to the IdP or the SP by its API: plan first, then just that",
		Long: `push makes the other side what emit would write for it: it reads what is there, shows what has to change, and applies just that. On a
terminal it asks first. Pushing again changes nothing; after an interruption, push again goes on. The former state is kept for --undo, in a
file that only you can read. No secret is shown, and none is taken from the command line.

` + targetWords(),
		Example: `  SSOCTL_KEYCLOAK_USER=admin ssoctl push orq-keycloak --to keycloak --password-file pw --dry-run
  ssoctl push orq-keycloak --to keycloak --rotate-secret --secret-to secret.txt
  ssoctl push orq-keycloak --to keycloak --undo
  ARCHESTRA_API_KEY=… ssoctl push archestra-okta --to archestra`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.name = args[0]
			}
			return app.push(o)
		},
	}
	o.pushing.register(cmd)
	f := cmd.Flags()
	f.StringVar(&o.to, "to", "", "where to: `TARGET`, one of "+strings.Join(targetIDs(), ", "))
	f.BoolVar(&o.dryRun, "dry-run", false, "only show what would change")
	f.BoolVar(&o.undo, "undo", false, "take the last push back")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&o.rotateSecret, "rotate-secret", false, "let the IdP make a new client secret; it goes to --secret-to")
	f.StringVar(&o.secretTo, "secret-to", "", "write the client secret to `FILE` (for you alone) or keyring:NAME")
	f.BoolVar(&o.resend, "resend-secrets", false, "also send secrets to an API that never shows what it has")
	return cmd
}

func targetIDs() []string {
	var out []string
	for _, t := range push.Targets() {
		out = append(out, t.ID)
	}
	return out
}

// targetWords lists the targets and their credentials for help.
func targetWords() string {
	var b strings.Builder
	b.WriteString("Targets, and the environment variables that they take:\n")
	for _, t := range push.Targets() {
		fmt.Fprintf(&b, "  %-13s %s\n", t.ID, t.Title)
		for _, group := range t.Credentials {
			fmt.Fprintf(&b, "  %-13s   %s\n", "", strings.Join(group, ", "))
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// push applies one connection.
func (a *App) push(o pushOptions) error {
	target, ok := push.Find(o.to)
	switch {
	case !ok:
		return usage("one of: "+strings.Join(targetIDs(), ", "), "unknown --to %q", o.to)
	case o.rotateSecret && o.secretTo == "":
		return usage("name a file or keyring:NAME with --secret-to", "--rotate-secret makes a secret that has to go somewhere")
	case o.undo && (o.rotateSecret || o.secretTo != "" || o.prune || o.resend):
		return usage("", "--undo takes the last push back and does nothing else")
	case o.secretTo != "" && target.Side != emit.IdP:
		return usage("", "%s gives no client secret that could go to --secret-to", target.Title)
	case o.rotateSecret && target.Once:
		return usage("--undo, then push again", "a registered client cannot ask for another secret")
	case o.resend && target.Side != emit.SP:
		return usage("a new one: --rotate-secret", "--resend-secrets is for an application that never shows what it has")
	}
	job, done, err := a.pushJob(o.pushing, target)
	if err != nil {
		return err
	}
	defer done()
	if o.secretTo != "" && job.Input.Connection.OIDC == nil {
		return usage("", "the connection %q is SAML: there is no client secret", job.Input.Connection.Name)
	}
	job.Resend = o.resend
	ctx := job.Session.Context()
	plan, err := planOf(ctx, job, o.undo)
	if err != nil {
		return pushFailed(ctx, err)
	}
	if target.Once && plan.Action == push.Create && o.secretTo == "" && !o.dryRun {
		return usage("name a file or keyring:NAME", "the server shows the client's secret once: say where it goes with --secret-to")
	}
	if o.format == "text" || o.dryRun {
		if err := a.showPlans(o.format, sides{job.Input.Connection.Name, []*push.Plan{plan}}); err != nil {
			return err
		}
	}
	if o.dryRun {
		return nil
	}
	if plan.Action != push.None && !o.yes && a.InTTY && !a.agreed() {
		fmt.Fprintln(a.Err, "nothing was written")
		return exit(1)
	}
	put, err := a.secretPlace(o.secretTo)
	if err != nil {
		return err
	}
	return a.pushApply(ctx, o, job, plan, put)
}

func planOf(ctx context.Context, job *push.Job, undo bool) (*push.Plan, error) {
	if undo {
		return job.PlanUndo(ctx)
	}
	return job.Plan(ctx)
}

// pushApply does what was planned and says how it went.
func (a *App) pushApply(ctx context.Context, o pushOptions, job *push.Job, plan *push.Plan, put func(string) error) error {
	var left []push.Change
	var err error
	if o.undo {
		err = job.ApplyUndo(ctx, plan)
	} else {
		left, err = job.Apply(ctx, plan)
	}
	if err != nil {
		if ctx.Err() != nil {
			fmt.Fprintln(a.Err, "stopped on the way: the same push goes on, push --undo goes back")
		}
		return pushFailed(ctx, err)
	}
	if o.secretTo != "" {
		secret, err := job.Secret(ctx, o.rotateSecret)
		if err != nil {
			return pushFailed(ctx, err)
		}
		if err := put(secret); err != nil {
			return usage("the secret is still to be had: the same push with another --secret-to, without --rotate-secret", "write --secret-to: %w", err)
		}
		fmt.Fprintf(a.Err, "the client secret is in %s\n", o.secretTo)
	}
	if o.format == "json" {
		if err := a.showPlans(o.format, sides{job.Input.Connection.Name, []*push.Plan{plan}}); err != nil {
			return err
		}
	}
	if id := job.Registered(); id != "" && id != job.Input.Connection.OIDC.ClientID {
		fmt.Fprintf(a.Err, "put into the connection: client_id: %s\n", render.Clean(id))
	}
	for _, c := range left {
		fmt.Fprintf(a.Err, "not as sent: %s\n", changeLine(c))
	}
	if len(left) > 0 {
		return exit(1)
	}
	if plan.Action != push.None {
		a.leftToDo(plan.Left)
		fmt.Fprintf(a.Err, "done; next: ssoctl doctor %s\n", job.Input.Connection.Name)
	}
	return nil
}

// pushFailed tells an interruption from a failure.
func pushFailed(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return exit(130)
	}
	return usage("", "%w", err)
}

// agreed asks the person at the terminal.
func (a *App) agreed() bool {
	fmt.Fprint(a.Err, "apply this? [y/N] ")
	line, _ := bufio.NewReader(a.In).ReadString('\n')
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(line)))
}

// sides are the plans of one connection.
type sides struct {
	Connection string       `json:"connection"`
	Plans      []*push.Plan `json:"plans"`
}

// showPlans writes plans to standard output. As JSON every connection stands in connections, and a single one on the top level too.
func (a *App) showPlans(format string, all ...sides) error {
	if format == "json" {
		out := map[string]any{"schema": 1, "connections": all}
		if len(all) == 1 {
			out["connection"], out["plans"] = all[0].Connection, all[0].Plans
		}
		e := json.NewEncoder(a.Out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(out)
	}
	for _, s := range all {
		for _, p := range s.Plans {
			if len(all) > 1 {
				fmt.Fprintf(a.Out, "%s: ", render.Clean(s.Connection))
			}
			a.showPlan(p)
		}
	}
	return nil
}

func (a *App) showPlan(p *push.Plan) {
	word := map[string]string{push.None: "as it should be", push.Create: "to be created", push.Update: "to be changed", push.Delete: "to be removed"}[p.Action]
	fmt.Fprintf(a.Out, "%s: %s: %s\n", p.Target, render.Clean(p.Where), word)
	for _, c := range p.Changes {
		fmt.Fprintln(a.Out, "  "+changeLine(c))
	}
	for _, k := range p.Kept {
		fmt.Fprintln(a.Out, "  = "+render.Clean(k)+" (not from here; left alone)")
	}
}

// changeLine is one difference as a line.
func changeLine(c push.Change) string {
	line := fmt.Sprintf("~ %s: %s -> %s", c.Path, c.Old, c.New)
	switch {
	case c.Old == "":
		line = fmt.Sprintf("+ %s: %s", c.Path, c.New)
	case c.New == "":
		line = fmt.Sprintf("- %s: %s", c.Path, c.Old)
	}
	return render.Clean(line)
}
