package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/push"
	"github.com/ssoctl/ssoctl/internal/render"
)

func newDiff(app *App) *cobra.Command {
	var o pushing
	cmd := &cobra.Command{
		Use:   "diff [NAME]",
		Short: "show where the IdP or the SP has drifted away from the connection file",
		Long: `diff reads what is registered on both sides by their APIs and compares it with what emit would write; nothing is written. Without --to
it asks every side that the environment has credentials for. Exit 0: no drift, 1: drift, 3: a side could not be asked.

` + targetWords(),
		Example: `  SSOCTL_KEYCLOAK_CLIENT_ID=ci SSOCTL_KEYCLOAK_CLIENT_SECRET=… ssoctl diff orq-keycloak
  ARCHESTRA_API_KEY=… ssoctl diff archestra-okta --to archestra --format json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.name = args[0]
			}
			return app.diff(o)
		},
	}
	o.register(cmd)
	cmd.Flags().StringVar(&o.to, "to", "", "only this `TARGET`: "+strings.Join(targetIDs(), ", "))
	return cmd
}

// diff compares a connection with both sides.
func (a *App) diff(o pushing) error {
	targets := push.Targets()
	if o.to != "" {
		t, ok := push.Find(o.to)
		if !ok {
			return usage("one of: "+strings.Join(targetIDs(), ", "), "unknown --to %q", o.to)
		}
		targets = []push.Target{t}
	}
	var plans []*push.Plan
	name, drift, asked, failed := "", false, 0, false
	for _, t := range targets {
		job, done, err := a.pushJob(o, t)
		if err != nil {
			return err
		}
		name = job.Input.Connection.Name
		if o.to == "" && !a.canAsk(job) {
			done()
			continue
		}
		asked++
		job.Look = true
		plan, err := job.Plan(job.Session.Context())
		if err == nil && plan.Action != push.Create {
			a.secretDrift(job, plan)
		}
		stopped := job.Session.Context().Err()
		done()
		switch {
		case errors.Is(stopped, context.Canceled):
			return exit(130)
		case err != nil:
			fmt.Fprintf(a.Err, "%s: %s\n", t.ID, render.Clean(err.Error()))
			failed = true
		default:
			plans, drift = append(plans, plan), drift || plan.Action != push.None
		}
	}
	if asked == 0 {
		return usage("ssoctl diff --help lists them", "no side of %q can be asked: the environment holds no credentials for it", name)
	}
	if err := a.showPlans(o.format, name, plans); err != nil {
		return err
	}
	switch {
	case drift:
		return exit(1)
	case failed:
		return exit(3)
	}
	return nil
}

// canAsk reports whether a target fits a connection and the environment holds credentials for it.
func (a *App) canAsk(j *push.Job) bool {
	fits := slices.ContainsFunc(emit.For(j.Input.Connection, j.Target.Side), func(f emit.Format) bool { return f.ID == j.Target.Format })
	if len(j.Target.Credentials) == 0 {
		return fits && j.Known()
	}
	return fits && slices.ContainsFunc(j.Target.Credentials, func(group []string) bool {
		return !slices.ContainsFunc(group, func(name string) bool {
			return a.Getenv(name) == "" && !(j.Password != "" && strings.HasSuffix(name, "_PASSWORD"))
		})
	})
}

// secretDrift adds a difference of the secrets to a plan, or says why they were not compared.
func (a *App) secretDrift(j *push.Job, p *push.Plan) {
	if j.Target.Side != emit.IdP {
		if j.Input.Connection.OIDC != nil {
			fmt.Fprintf(a.Err, "%s: the client secret is not compared: the API does not show it\n", j.Target.ID)
		}
		return
	}
	c, err := j.SecretDrift(j.Session.Context())
	switch {
	case err != nil:
		fmt.Fprintf(a.Err, "%s: %s\n", j.Target.ID, render.Clean(err.Error()))
	case c != nil:
		p.Changes, p.Action = append(p.Changes, *c), push.Update
	}
}
