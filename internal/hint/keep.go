package hint

import (
	"context"
	"errors"
	"time"
)

const (
	// maxWaiting is how many deliveries may be on their way into the store.
	maxWaiting = 1024
	// countEvery is how long counts of refused deliveries may stay in memory: strangers cannot make the
	// database write more often.
	countEvery = 10 * time.Second
)

// kept is a delivery on its way into the store.
type kept struct {
	*Delivery
	done chan error
}

var errFull = errors.New("too many deliveries are waiting")

// keep returns when a delivery is in the store. All that wait at the same time are written by one transaction,
// so that a burst costs a few of them.
func (s *Service) keep(ctx context.Context, d *Delivery) error {
	k := &kept{d, make(chan error, 1)}
	s.mu.Lock()
	if s.closed || len(s.waiting) >= maxWaiting {
		s.mu.Unlock()
		return errFull
	}
	s.waiting = append(s.waiting, k)
	if !s.writing {
		s.writing = true
		s.work.Go(s.write)
	}
	s.mu.Unlock()
	select {
	case err := <-k.done:
		return err
	case <-ctx.Done(): // it may still be written; the same delivery is then known when it comes again
		return context.Cause(ctx)
	}
}

// write writes until nothing waits.
func (s *Service) write() {
	for {
		s.mu.Lock()
		list := s.waiting
		s.waiting = nil
		if s.writing = len(list) > 0; !s.writing {
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		err := s.flush(context.Background(), list)
		for _, k := range list {
			k.done <- err
		}
	}
}

// flush writes deliveries, and what was refused since.
func (s *Service) flush(ctx context.Context, list []*kept) error {
	s.mu.Lock()
	refused := s.refusedOn(s.today())
	s.refused = map[string]int{}
	if s.later != nil {
		s.later.Stop()
		s.later = nil
	}
	s.mu.Unlock()
	deliveries := make([]*Delivery, len(list))
	for i, k := range list {
		deliveries[i] = k.Delivery
	}
	return s.o.Store.Keep(ctx, s.o.Now(), deliveries, s.today(), refused)
}

// today is the day of the counts.
func (s *Service) today() string { return s.o.RunNow().UTC().Format(time.DateOnly) }

// refusedOn is what was refused on a day and is not in the store yet; the caller holds mu.
func (s *Service) refusedOn(day string) map[string]int {
	if s.counted != day {
		return map[string]int{}
	}
	return s.refused
}

// refuse counts a delivery of a connection that was refused.
func (s *Service) refuse(connection string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted, s.refused = s.today(), s.refusedOn(s.today())
	s.refused[connection]++
	if s.later != nil || s.closed {
		return
	}
	s.later = time.AfterFunc(countEvery, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.later = nil; s.closed {
			return
		}
		s.work.Go(func() {
			if err := s.flush(context.Background(), nil); err != nil {
				s.o.Log.Warn("webhooks: deliveries that were refused were not counted", "error", err)
			}
		})
	})
}
