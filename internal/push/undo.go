package push

import (
	"context"
	"errors"
	"fmt"
)

// PlanUndo says what has to change for the former state to be there again.
func (j *Job) PlanUndo(ctx context.Context) (*Plan, error) {
	if err := j.prepare(); err != nil {
		return nil, err
	}
	if j.state.Target == "" {
		return nil, errors.New("nothing was pushed from here that could be taken back: " + j.StateFile + " does not exist")
	}
	if where := j.remote.where(); j.state.Where != where {
		return nil, fmt.Errorf("what was pushed is %s; the connection now means %s", j.state.Where, where)
	}
	now, err := j.remote.read(ctx)
	if err != nil {
		return nil, err
	}
	if j.state.Complete && !same(stripped(now), j.state.After) {
		return nil, fmt.Errorf("%s was changed after the push: taking the push back would undo that too", j.state.Where)
	}
	p := &Plan{Target: j.Target.ID, Where: j.state.Where, Action: Delete, Changes: []Change{}, now: now}
	if now == nil {
		p.Action = None
		if j.state.Before != nil {
			return nil, fmt.Errorf("%s is not there any more", j.state.Where)
		}
	} else if j.state.Before != nil {
		m := merger{rules: j.remote.rules(), prune: true, whole: true}
		p.next = m.merge("", any(stripped(now)), any(j.state.Before)).(rep)
		p.Action, p.Changes = Update, m.changes
		if len(m.changes) == 0 {
			p.Action, p.Changes = None, []Change{}
		}
	}
	return p, nil
}

// ApplyUndo does what PlanUndo said and forgets the state.
func (j *Job) ApplyUndo(ctx context.Context, p *Plan) error {
	now, err := j.unchanged(ctx, p)
	if err != nil {
		return err
	}
	switch p.Action {
	case Update:
		err = j.remote.update(ctx, now, p.next)
	case Delete:
		err = j.remote.remove(ctx, now)
	}
	if err != nil {
		return err
	}
	return j.state.remove(j.StateFile)
}
