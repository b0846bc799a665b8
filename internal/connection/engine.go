package connection

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// pinned is the store of an engine that works on one connection, whatever its name is by now: settings that
// are not saved, or were renamed meanwhile, must not make another connection. Without an id there is none.
type pinned struct {
	syncrun.Store
	settings Settings
	id       string
	acquired func(error) // told how each Acquire ended; may be nil
	may      permission  // asked under every lease; may be nil
}

// permission tells whether work may begin, and go on where no lease tells.
type permission func(context.Context) error

type permissionKey struct{}

// While makes work that is begun with the context give way, with the answer of ok and without having written anything,
// unless that is nil. It is asked once the work has its lease: whoever takes the right to work away can end that
// lease too, so that the work either learns of it here or loses its lease.
func While(ctx context.Context, ok func(context.Context) error) context.Context {
	return context.WithValue(ctx, permissionKey{}, permission(ok))
}

func permissionOf(ctx context.Context) permission {
	may, _ := ctx.Value(permissionKey{}).(permission)
	return may
}

// lost asks for the permission; nil while there is one, or none is needed.
func (p pinned) lost(ctx context.Context) error {
	if p.may == nil {
		return nil
	}
	return p.may(ctx)
}

// EnsureConnection implements syncrun.Connections.
func (p pinned) EnsureConnection(ctx context.Context, name string) (syncrun.Connection, error) {
	if p.id == "" {
		return syncrun.Connection{Name: name}, nil
	}
	return p.settings.Row(ctx, p.id)
}

// Acquire implements syncrun.Connections.
func (p pinned) Acquire(ctx context.Context, connection, runID string, ttl time.Duration) (syncrun.Lease, error) {
	l, err := p.Store.Acquire(ctx, connection, runID, ttl)
	if err == nil {
		if err = p.lost(ctx); err != nil {
			err = errors.Join(err, p.Store.Release(context.WithoutCancel(ctx), l))
		}
	}
	if p.acquired != nil {
		p.acquired(err)
	}
	return l, err
}

// MoveMark implements syncrun.Marks, which needs no lease.
func (p pinned) MoveMark(ctx context.Context, connection string, m syncrun.Mark) error {
	if err := p.lost(ctx); err != nil {
		return err
	}
	return p.Store.MoveMark(ctx, connection, m)
}

// engine builds a connection's engine without a source.
func (s *Service) engine(actor string, p *policy.Connection, store syncrun.Store) *syncrun.Engine {
	return &syncrun.Engine{Organisation: s.o.Organisation, Policy: p, Store: store, Now: s.o.Now, NewID: s.o.NewID, Actor: actor,
		LeaseFor: s.o.LeaseFor, Retryable: source.Retryable}
}

// connect gives an engine its source, which hangUp ends.
func (s *Service) connect(e *syncrun.Engine, c *current) (hangUp func(), err error) {
	key, err := s.key(c)
	if err != nil {
		return nil, err
	}
	r, err := s.open(e.Policy, key)
	if err != nil {
		return nil, err
	}
	e.Source = r.BambooHR
	return r.close, nil
}

// Engine is a connection's engine for what needs no reading, such as what an undo leaves as it is. Previews and syncs
// go through Preview and Sync, what people do by hand through Editor.
func (s *Service) Engine(ctx context.Context, actor, connection string) (*syncrun.Engine, error) {
	c, err := s.current(ctx, connection)
	if err != nil {
		return nil, err
	}
	return s.engine(actor, &c.policy, pinned{Store: s.o.Store, settings: s.o.Settings, id: c.ID}), nil
}

// editor builds what people do by hand on a connection's people.
func (s *Service) editor(actor string, p *policy.Connection, store people.Store) *people.Editor {
	return &people.Editor{Policy: p, Store: store, Now: s.o.Now, NewID: s.o.NewID, Actor: actor}
}

// Editor is what somebody does by hand on the people of a connection: edits, holds, decisions and explanations.
func (s *Service) Editor(ctx context.Context, actor, connection string) (*people.Editor, error) {
	c, err := s.current(ctx, connection)
	if err != nil {
		return nil, err
	}
	return s.editor(actor, &c.policy, pinned{Store: s.o.Store, settings: s.o.Settings, id: c.ID}), nil
}

// EditorFor is the editor of the connection that owns a person. Somebody who is not from HR has that of the
// only connection, else one with the default settings.
func (s *Service) EditorFor(ctx context.Context, actor string, person directory.Person) (*people.Editor, error) {
	if person.Link != nil {
		return s.Editor(ctx, actor, person.Link.Connection)
	}
	all, err := s.o.Settings.Connections(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the connections: %w", err)
	}
	if len(all) == 1 {
		return s.Editor(ctx, actor, all[0].ID)
	}
	p := policy.Defaults()
	return s.editor(actor, &p, pinned{Store: s.o.Store, settings: s.o.Settings}), nil
}
