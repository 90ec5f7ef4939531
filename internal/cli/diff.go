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
		Long: `diff reads what is registered on both sides by their APIs and compares it with what emit would write; nothing is written. Without NAME
it takes every connection of the file, without --to every side that the environment has credentials for. Exit 0: no drift, 1: drift, 3: a side
could not be asked.

` + targetWords(),
		Example: `  SSOCTL_KEYCLOAK_CLIENT_ID=ci SSOCTL_KEYCLOAK_CLIENT_SECRET=… ssoctl diff
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

// drift is what diff saw of one connection.
type drift struct {
	sides
	drifted, failed bool
	asked           int
}

// diff compares the named connection, or all of the file, with both sides.
func (a *App) diff(o pushing) error {
	targets := push.Targets()
	if o.to != "" {
		t, ok := push.Find(o.to)
		if !ok {
			return usage("one of: "+strings.Join(targetIDs(), ", "), "unknown --to %q", o.to)
		}
		targets = []push.Target{t}
	}
	names, err := a.connections(o)
	if err != nil {
		return err
	}
	var shown []sides
	drifted, open := false, false
	for _, o.name = range names {
		d, err := a.drift(o, targets, len(names) > 1)
		if err != nil {
			return err
		}
		switch {
		case d.asked == 0 && len(names) == 1:
			return usage("ssoctl diff --help lists them", "no side of %q can be asked: the environment holds no credentials for it", o.name)
		case d.asked == 0:
			fmt.Fprintf(a.Err, "%s: not compared: no side of it can be asked with the credentials of the environment\n", render.Clean(o.name))
			open = true
			continue
		}
		shown = append(shown, d.sides)
		drifted, open = drifted || d.drifted, open || d.failed
	}
	if len(shown) == 0 {
		return usage("ssoctl diff --help lists them", "no side of any connection can be asked with the credentials of the environment")
	}
	if err := a.showPlans(o.format, shown...); err != nil {
		return err
	}
	switch {
	case drifted:
		return exit(1)
	case open:
		return exit(3)
	}
	return nil
}

// connections are the names of those to compare.
func (a *App) connections(o pushing) ([]string, error) {
	if o.name != "" {
		return []string{o.name}, nil
	}
	file, err := a.find(o.config)
	if err != nil {
		return nil, err
	}
	f, err := a.load(file)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range f.Targets {
		names = append(names, t.Name)
	}
	return names, nil
}

// drift compares one connection with every side. A side that cannot be asked is passed over, but for the one that --to names of the one
// connection at hand: there it is an error.
func (a *App) drift(o pushing, targets []push.Target, many bool) (drift, error) {
	d := drift{sides: sides{o.name, []*push.Plan{}}}
	for _, t := range targets {
		job, done, err := a.pushJob(o, t)
		if err != nil {
			return d, err
		}
		if (o.to == "" || many) && !a.canAsk(job) {
			done()
			continue
		}
		d.asked++
		job.Look = true
		plan, err := job.Plan(job.Session.Context())
		if err == nil && plan.Action != push.Create {
			a.secretDrift(job, plan)
		}
		stopped := job.Session.Context().Err()
		done()
		switch {
		case errors.Is(stopped, context.Canceled):
			return d, exit(130)
		case err != nil:
			fmt.Fprintf(a.Err, "%s: %s: %s\n", render.Clean(o.name), t.ID, render.Clean(err.Error()))
			d.failed = true
		default:
			d.Plans, d.drifted = append(d.Plans, plan), d.drifted || plan.Action != push.None
		}
	}
	return d, nil
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
