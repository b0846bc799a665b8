package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
)

// MissedRun is a connection whose automatic runs do not happen.
type MissedRun struct {
	Connection string    // id
	Due        time.Time // of the run that should long be made
}

// watch tells of automatic runs that do not happen, whichever process should make them.
func (s *Service) watch(ctx context.Context) error {
	if s.o.Missed == nil {
		return nil
	}
	missed, idle, err := s.o.Missed(ctx)
	if err != nil {
		return fmt.Errorf("look for missed runs at organisation %s: %w", s.o.Organisation, err)
	}
	return s.RunsMissed(ctx, missed, idle)
}

// RunsMissed queues one mail an episode about connections whose automatic runs do not happen (promise SI38,
// contradiction C25); idle says that no process makes any. The episode of a connection that is not among them is
// over. It may be called as often as one likes.
func (s *Service) RunsMissed(ctx context.Context, missed []MissedRun, idle bool) error {
	due := map[string]time.Time{}
	for _, m := range missed {
		due[m.Connection] = m.Due
	}
	all, err := s.connections.List(ctx)
	if err != nil {
		return s.explain("tell of missed runs", err)
	}
	for i := range all {
		err = errors.Join(err, s.runsMissed(ctx, &all[i], due[all[i].ID], idle))
	}
	return err
}

// runsMissed begins or ends the episode of one connection; since is zero for none.
func (s *Service) runsMissed(ctx context.Context, sum *connection.Summary, since time.Time, idle bool) error {
	var m memory
	err := s.read(ctx, "look up what was told of "+sum.Name, func(tx Tx) (err error) {
		m, err = recall(tx, sum.ID)
		return err
	})
	if err != nil || m.Missed.IsZero() == since.IsZero() {
		return err
	}
	d, err := s.connections.Get(ctx, sum.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	err = s.write(ctx, "queue the notices of "+d.Name, func(tx Tx) error {
		n, err := s.notice(tx, &d)
		if err != nil || n.memory.Missed.IsZero() == since.IsZero() {
			return err
		}
		n.memory.Missed = since
		if since.IsZero() {
			err = n.withdraw(Overdue, "The run was made meanwhile.")
		} else {
			err = n.tell(Mail{Kind: Overdue, Content: Content{Since: since, Idle: idle}}, fmt.Sprintf("%s/%d", d.ID, since.UnixMilli()))
		}
		return errors.Join(err, n.memory.keep(tx, d.ID))
	})
	s.nudge()
	return err
}

// missed is the letter about automatic runs that do not happen.
func (w *writer) missed() letter {
	l := letter{Subject: w.fill(w.MissedSubject), Opening: []string{w.fill(w.MissedOpening)}, Button: w.OpenConnection,
		Link: w.s.link("connections", w.m.Connection), Closing: []string{w.MissedOnce}}
	if w.c.Idle {
		l.Opening = append(l.Opening, w.MissedNobody)
	}
	l.Opening = append(l.Opening, w.MissedMeaning)
	return l
}
