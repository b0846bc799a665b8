package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
)

// Missed is a connection whose automatic runs do not happen.
type Missed struct {
	Organisation string
	Connection   string
	Name         string
	Due          time.Time // of the run that should long be done
}

// Overdue lists the connections whose run was due two starts ago and is not done (promise SI38; C25).
func (s *Service) Overdue(ctx context.Context) ([]Missed, error) {
	var out []Missed
	for _, o := range s.o.Organisations {
		tables, broken := o.Connections.Timetables(ctx)
		missed, err := s.overdue(ctx, o.ID, tables)
		if err = errors.Join(err, broken); err != nil {
			return nil, fmt.Errorf("look for missed runs of %s: %w", o.ID, err)
		}
		out = append(out, missed...)
	}
	return out, nil
}

func (s *Service) overdue(ctx context.Context, organisation string, tables []connection.Timetable) (out []Missed, err error) {
	tx, err := s.o.Queue.DB().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	rows, err := s.o.Queue.Rows(ctx, tx, organisation)
	if err != nil {
		return nil, err
	}
	open, err := s.open(ctx, tx, organisation)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		at := rowOf(rows, t.ID, Run).Next
		for _, task := range open[t.ID] {
			if at.IsZero() || task.Due.Before(at) {
				at = task.Due
			}
		}
		if s.missed(t, at) {
			out = append(out, Missed{organisation, t.ID, t.Name, at})
		}
	}
	return out, nil
}

// missed tells whether two starts after an instant are over.
func (s *Service) missed(t connection.Timetable, at time.Time) bool {
	if at.IsZero() || !t.On {
		return false
	}
	second := t.Next(t.Next(at, at), at)
	return !second.IsZero() && !second.After(s.o.Now())
}
