// Package clock chooses the time that a command or a server works with: the real one, a given instant, or that of the
// simulator that stands for BambooHR. Setting the simulator's time is left to package simcontrol.
package clock

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/simcontrol"
	"github.com/rollcall-hr/rollcall/policy"
)

// Follow is what is said instead of an instant to have the simulator's time.
const Follow = "follow"

// Clock is the time that runs work with.
type Clock struct {
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error // nil: real time passes
}

// OfCommand is the clock of a command on one connection. said is "" for the real time, which now tells, Follow, or an
// RFC 3339 time; anything but "" is refused unless a simulator stands for BambooHR. The simulator's time is asked for
// once; it goes on from there when the simulator's clock runs.
func OfCommand(ctx context.Context, said string, conn *policy.Connection, now func() time.Time) (Clock, error) {
	if said == "" {
		return Clock{Now: now}, nil
	}
	ask, given, err := choose(said, "", conn)
	if err != nil || ask == nil {
		return given, err
	}
	c, err := ask(ctx)
	if err != nil {
		return Clock{}, err
	}
	if !c.Running {
		return standsAt(c.Now), nil
	}
	asked := now()
	return Clock{Now: func() time.Time { return c.Now.Add(now().Sub(asked)) }}, nil
}

// OfServer is the clock of a server on several connections, and those that are made with a simulator in the browser; ""
// for none. It is as OfCommand, but a simulator's time and its jumps are followed until the context ends, asking every
// so often. While the simulator does not answer, the last time it told goes on.
func OfServer(ctx context.Context, said, simulator string, conns []policy.Connection, now func() time.Time, every time.Duration) (Clock, error) {
	if said == "" {
		return Clock{Now: now}, nil
	}
	all := make([]*policy.Connection, len(conns))
	for i := range conns {
		all[i] = &conns[i]
	}
	ask, given, err := choose(said, simulator, all...)
	if err != nil || ask == nil {
		return given, err
	}
	first, err := ask(ctx)
	if err != nil {
		return Clock{}, err
	}
	f := &followed{last: first, asked: now(), now: now}
	go f.keepUp(ctx, ask, every)
	return Clock{Now: f.time}, nil
}

// asker asks a simulator for its time.
type asker func(context.Context) (simcontrol.Clock, error)

// choose reads what was said: whom to ask, or a clock that stands.
func choose(said, simulator string, conns ...*policy.Connection) (asker, Clock, error) {
	base, company := simulator, ""
	for _, c := range conns {
		if c.BambooHR.BaseURL == "" {
			return nil, Clock{}, problem.Usage("--clock works only with a simulator; connection %q has no bamboohr.base_url", c.Name)
		}
		if base == "" {
			base = c.BambooHR.BaseURL
		}
		if company == "" {
			company = c.BambooHR.Subdomain
		}
	}
	if base == "" {
		return nil, Clock{}, problem.Usage("--clock works only with a simulator; name one with --bamboohr-url, or connections with bamboohr.base_url in the file")
	}
	if said != Follow {
		t, err := time.Parse(time.RFC3339, said)
		if err != nil {
			return nil, Clock{}, problem.Usage("--clock %q is neither \"follow\" nor an RFC 3339 time such as 2026-11-21T12:00:00Z", said)
		}
		return nil, standsAt(t), nil
	}
	sim, err := simcontrol.New(base, company)
	if err != nil {
		return nil, Clock{}, err
	}
	return func(ctx context.Context) (simcontrol.Clock, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		c, err := sim.Clock(ctx)
		if err != nil {
			return c, fmt.Errorf("follow the simulator's clock: %w", err)
		}
		return c, nil
	}, Clock{}, nil
}

// standing is a clock that only the waits of its own command move: time that does not pass cannot be
// waited for, so a simulated hour between two attempts costs nothing.
type standing struct {
	mu sync.Mutex
	at time.Time
}

func (s *standing) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *standing) sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
	return ctx.Err()
}

func standsAt(t time.Time) Clock {
	s := &standing{at: t}
	return Clock{s.now, s.sleep}
}

// followed is the time that a simulator told last.
type followed struct {
	now func() time.Time // the real one

	mu    sync.Mutex
	last  simcontrol.Clock
	asked time.Time
}

func (f *followed) keepUp(ctx context.Context, ask asker, every time.Duration) {
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		if c, err := ask(ctx); err == nil {
			f.mu.Lock()
			f.last, f.asked = c, f.now()
			f.mu.Unlock()
		}
	}
}

func (f *followed) time() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.last.Running {
		return f.last.Now
	}
	return f.last.Now.Add(f.now().Sub(f.asked))
}
