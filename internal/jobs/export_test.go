package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Tick looks at the schedules once, for tests that move the clock.
func (s *Service) Tick(ctx context.Context) error {
	t := s.current()
	if t == nil {
		return ErrLocked
	}
	return s.tick(ctx, t)
}

// Silence tells, look by look, whether a process that stands by takes the one that works the queue for one that stands
// still, after a minute.
func Silence() func(of Worker, now time.Time) bool {
	var w watch
	return func(of Worker, now time.Time) bool { return w.silent(of, now, time.Minute) }
}

// Begin is a job that was fetched.
func (s *Service) Begin(ctx context.Context, task Task) error {
	w := &runWorker{t: s.current()}
	return w.Work(ctx, &river.Job[runArgs]{JobRow: &rivertype.JobRow{}, Args: runArgs{task}})
}
