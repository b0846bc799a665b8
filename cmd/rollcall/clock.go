package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/simcontrol"
	"github.com/rollcall-hr/rollcall/policy"
)

// clock is the time that a command works with: the real one, a given instant, or the simulator's.
type clock struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error // nil: real time passes
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

func standsAt(t time.Time) clock {
	s := &standing{at: t}
	return clock{s.now, s.sleep}
}

// clock chooses the time by the flag, else by the file.
func (a *app) clock(file *config.Loaded, conn *policy.Connection, flag string) (clock, error) {
	text := flag
	if text == "" {
		text = file.Clock
	}
	if text == "" {
		return clock{now: a.now}, nil
	}
	if conn.BambooHR.BaseURL == "" {
		return clock{}, problem.Usage("--clock works only with a simulator; connection %q has no bamboohr.base_url", conn.Name)
	}
	if text == "follow" {
		return a.followClock(conn)
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return clock{}, problem.Usage("--clock %q is neither \"follow\" nor an RFC 3339 time such as 2026-11-21T12:00:00Z", text)
	}
	return standsAt(t), nil
}

// followClock takes the simulator's time at the start of the command and goes on from there when the
// simulator's clock runs.
func (a *app) followClock(conn *policy.Connection) (clock, error) {
	sim, err := simcontrol.New(conn.BambooHR.BaseURL, conn.BambooHR.Subdomain)
	if err != nil {
		return clock{}, err
	}
	ctx, cancel := context.WithTimeout(a.ctx, 10*time.Second)
	defer cancel()
	c, err := sim.Clock(ctx)
	if err != nil {
		return clock{}, fmt.Errorf("follow the simulator's clock: %w", err)
	}
	if !c.Running {
		return standsAt(c.Now), nil
	}
	asked := a.now()
	return clock{now: func() time.Time { return c.Now.Add(a.now().Sub(asked)) }}, nil
}

// keepUp follows the simulator's clock and its jumps until the context ends, asking every so often. While it
// does not answer, the last time it told goes on.
func keepUp(ctx context.Context, sim *simcontrol.Control, now func() time.Time, every time.Duration) (clock, error) {
	ask := func() (simcontrol.Clock, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return sim.Clock(ctx)
	}
	first, err := ask()
	if err != nil {
		return clock{}, fmt.Errorf("follow the simulator's clock: %w", err)
	}
	var mu sync.Mutex
	last, asked := first, now()
	go func() {
		look := time.NewTicker(every)
		defer look.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-look.C:
			}
			if c, err := ask(); err == nil {
				mu.Lock()
				last, asked = c, now()
				mu.Unlock()
			}
		}
	}()
	return clock{now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		if !last.Running {
			return last.Now
		}
		return last.Now.Add(now().Sub(asked))
	}}, nil
}
