// Package push applies a connection to one of its two sides by that side's API. What is to be there is what package emit writes: this
// package reads what is there, plans the difference, applies just that, and keeps the former state so that it can be taken back. Every
// request goes through the session's recording client.
package push

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ssoctl/ssoctl/internal/emit"
	"github.com/ssoctl/ssoctl/internal/probe"
)

// rep is a JSON object as an API gives and takes it.
type rep = map[string]any

// Target is an API that a connection can be pushed to.
type Target struct {
	ID, Title string
	// Format of package emit whose output is the desired state, and the side that it is for.
	Format string
	Side   emit.Side
	// Credentials are the environment variables that the API asks for; any one group will do.
	Credentials [][]string
	// Once says that the server shows the client's secret only when it makes it.
	Once bool
	open func(*Job) (remote, error)
}

// Targets lists all APIs.
func Targets() []Target {
	return []Target{
		{"keycloak", "Keycloak's Admin REST API", "keycloak_client", emit.IdP, [][]string{{envToken}, {envClientID, envClientSecret}, {envUser, envPassword}}, false, openKeycloak},
		{"registration", "dynamic client registration (RFC 7591, 7592); " + envInitial + " where the server wants one", "client_registration", emit.IdP, nil, true, openRegistration},
		{"archestra", "Archestra's API", "archestra_api", emit.SP, [][]string{{envArchestra}}, false, openArchestra},
	}
}

// Find gives the target of an id.
func Find(id string) (Target, bool) {
	for _, t := range Targets() {
		if t.ID == id {
			return t, true
		}
	}
	return Target{}, false
}

// Job is one connection and one target.
type Job struct {
	Target  Target
	Session *probe.Session
	Input   emit.Input
	// Format overrides the target's own format; "" keeps it.
	Format string
	// Realm is the realm of the administrator, for an API that has such.
	Realm string
	// Getenv reads credentials. Password, when not empty, stands for the one of the environment.
	Getenv   func(string) string
	Password string
	// Prune also takes away what stands there beside what the connection needs.
	Prune bool
	// Resend also sends secrets that are there already, to an API that never shows them.
	Resend bool
	// Look says that nothing will be applied: secrets are not needed.
	Look bool
	// StateFile is where the former state is kept, mode 0600.
	StateFile string
	Now       func() time.Time

	remote  remote
	want    rep
	left    []string // notes of the emitted file
	state   *state
	secrets []string // that were sent
}

// Plan is what has to change.
type Plan struct {
	Target string `json:"target"`
	Where  string `json:"where"` // the object, as a reader knows it
	// Action is create, update, delete or none.
	Action  string   `json:"action"`
	Changes []Change `json:"changes"`
	// Kept is what stands there beside what the connection needs; it is left alone.
	Kept []string `json:"kept,omitempty"`
	// Left is what the API does not do, to be done by hand.
	Left []string `json:"left,omitempty"`

	now, next rep
}

// changes reports whether the plan changes what can be read there, and not only secrets.
func (p *Plan) changes() bool { return p.Action == Create || !same(stripped(p.now), stripped(p.next)) }

// Change is one difference. Old and New are JSON texts, masked when secret; "" stands for nothing.
type Change struct {
	Path string `json:"path"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// The actions of a plan.
const (
	None   = "none"
	Create = "create"
	Update = "update"
	Delete = "delete"
)

// remote is the object at the API that stands for the connection.
type remote interface {
	where() string
	// read gives the object, nil when there is none.
	read(context.Context) (rep, error)
	// desired fills in what the emitted file leaves open.
	desired(want rep) (rep, error)
	rules() rules
	create(ctx context.Context, want rep) error
	update(ctx context.Context, now, next rep) error
	remove(ctx context.Context, now rep) error
}

// prepare writes the desired state down and opens the API.
func (j *Job) prepare() error {
	if j.remote != nil {
		return nil
	}
	var err error
	if j.state, err = loadState(j.StateFile); err != nil {
		return err
	}
	format := j.Format
	if format == "" {
		format = j.Target.Format
	}
	if !strings.HasPrefix(format, j.Target.Format) { // variants carry the name of what they vary
		return fmt.Errorf("%s takes %s and its variants, not %q", j.Target.Title, j.Target.Format, format)
	}
	f, err := emit.Pick(j.Input.Connection, j.Target.Side, format)
	if err != nil {
		return err
	}
	out, err := f.Write(j.Input)
	if err != nil {
		return err
	}
	j.left = out.Notes
	if j.want, err = object(out.Files[0].Body); err != nil {
		return fmt.Errorf("%s is no JSON object: name a format that %s takes", f.ID, j.Target.Title)
	}
	remote, err := j.Target.open(j)
	if err != nil {
		return err
	}
	if j.want, err = remote.desired(j.want); err != nil {
		return err
	}
	if path := open(j.want, ""); path != "" {
		return fmt.Errorf("the connection does not say what belongs into %s", path)
	}
	j.remote = remote
	return nil
}

// Plan reads what is there and says what has to change. Nothing is written.
func (j *Job) Plan(ctx context.Context) (*Plan, error) {
	if err := j.prepare(); err != nil {
		return nil, err
	}
	now, err := j.remote.read(ctx)
	if err != nil {
		return nil, err
	}
	p := j.planned(now)
	if j.Resend && p.Action != Create {
		p.Action, p.Changes = Update, append(p.Changes, Change{Path: "secrets", Old: "[secret]", New: "[secret], sent again"})
	}
	return p, nil
}

func (j *Job) planned(now rep) *Plan {
	p := &Plan{Target: j.Target.ID, Where: j.remote.where(), Action: None, Changes: []Change{}, now: now}
	m := merger{rules: j.remote.rules(), prune: j.Prune}
	next := m.merge("", any(now), any(j.want))
	p.next, p.Changes, p.Kept = next.(rep), m.changes, m.kept
	p.Left = j.left
	switch {
	case now == nil:
		p.Action = Create
	case len(m.changes) > 0:
		p.Action = Update
	}
	if p.Changes == nil {
		p.Changes = []Change{}
	}
	return p
}

// Apply does what the plan says and nothing else. The former state is on disk before the first write. When somebody changed the object
// since it was planned, nothing is written. It may be interrupted at any point: what is there then is either the former state or a part of
// the plan, and the next Plan holds the rest. What the server took and then has otherwise is given back.
func (j *Job) Apply(ctx context.Context, p *Plan) ([]Change, error) {
	if p.Action == None {
		return nil, j.conclude(p)
	}
	now, err := j.unchanged(ctx, p)
	if err != nil {
		return nil, err
	}
	if p.changes() {
		if err := j.keep(p, now); err != nil {
			return nil, err
		}
	}
	if p.Action == Create {
		err = j.remote.create(ctx, p.next)
	} else {
		err = j.remote.update(ctx, now, p.next)
	}
	if err != nil {
		return nil, err
	}
	after, err := j.remote.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("applied, but it could not be read again: %w", err)
	}
	if p.changes() {
		j.state.After, j.state.Complete = stripped(after), true
		if err := j.state.save(j.StateFile); err != nil {
			return nil, err
		}
	}
	return j.planned(after).Changes, nil
}

// conclude ends a push that was interrupted after its last write.
func (j *Job) conclude(p *Plan) error {
	if j.state.Target == "" || !j.state.unfinished(p) {
		return nil
	}
	j.state.After, j.state.Complete = stripped(p.now), true
	return j.state.save(j.StateFile)
}

// unchanged reads the object once more, right before it is written.
func (j *Job) unchanged(ctx context.Context, p *Plan) (rep, error) {
	now, err := j.remote.read(ctx)
	if err != nil {
		return nil, err
	}
	if !same(stripped(now), stripped(p.now)) {
		return nil, fmt.Errorf("%s was changed by somebody else since it was planned; nothing was written: plan again", p.Where)
	}
	return now, nil
}

// keep puts the former state on disk. That of a push that was interrupted stays: it is the one to go back to.
func (j *Job) keep(p *Plan, now rep) error {
	if !j.state.unfinished(p) {
		j.state.Before = stripped(now)
	}
	j.state.Target, j.state.Where, j.state.At = p.Target, p.Where, j.Now().UTC().Truncate(time.Second)
	j.state.After, j.state.Complete = nil, false
	return j.state.save(j.StateFile)
}
