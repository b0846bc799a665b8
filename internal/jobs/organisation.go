package jobs

import (
	"context"
	"errors"
	"fmt"
)

// Of is the service as one organisation sees it.
type Of struct {
	s            *Service
	organisation string
}

// Of returns what an organisation sees of the service.
func (s *Service) Of(organisation string) Of { return Of{s, organisation} }

// Jobs lists the newest jobs, newest first, at most limit.
func (o Of) Jobs(ctx context.Context, limit int) ([]Job, error) {
	return o.s.Jobs(ctx, o.organisation, limit)
}

// Health tells whether automatic runs happen.
func (o Of) Health(ctx context.Context) (Health, error) { return o.s.Health(ctx, o.organisation) }

// Health is whether the automatic runs of an organisation happen.
type Health struct {
	Idle   bool     // connections run by themselves, but no process anywhere makes their runs
	Missed []Missed // by connection, as Overdue tells
	Worker *Worker  // who makes automatic runs; nil: nobody
	Silent bool     // it has given no sign of life for a while, and nobody took over
}

// Health looks at the schedules of an organisation and for the process that works the queue, which may be
// another one.
func (s *Service) Health(ctx context.Context, organisation string) (Health, error) {
	h, err := s.health(ctx)
	if err != nil {
		return h, err
	}
	works := h.Worker != nil && !h.Silent
	for _, o := range s.o.Organisations {
		if o.ID != organisation {
			continue
		}
		tables, broken := o.Connections.Timetables(ctx)
		missed, err := s.overdue(ctx, o.ID, tables)
		if err = errors.Join(err, broken); err != nil {
			return h, fmt.Errorf("look for missed runs of %s: %w", o.ID, err)
		}
		h.Missed = missed
		now := s.o.Now()
		for _, t := range tables {
			h.Idle = h.Idle || !works && t.On && !now.Before(t.From)
		}
	}
	return h, nil
}
