package hint

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
)

// State says how a connection's webhook stands.
type State string

// The states.
const (
	Off        State = "off"        // the settings do not ask for one
	Waiting    State = "waiting"    // they do, but the connection does not run by itself yet, or BambooHR was not asked yet
	Registered State = "registered" // BambooHR delivers
	Refused    State = "problem"    // it could not be registered
)

// Status is a connection's webhook as people see it.
type Status struct {
	State     State
	Since     time.Time // when it was registered; zero: it is not
	Watched   []string  // BambooHR fields whose changes are told
	Unwatched []string  // fields that a run reads and a webhook cannot watch: only full reads see them change
	Last      time.Time // the last delivery; zero: none came
	Today     int       // deliveries that were taken, today in UTC
	Refused   int       // deliveries that were refused, today in UTC
	Problem   string    // a sentence about the last attempt, "" when it went well
}

// Status tells how a connection's webhook stands; directory.ErrNotFound for one that is unknown.
func (s *Service) Status(ctx context.Context, id string) (Status, error) {
	wanted, err := s.o.Connections.Webhooks(ctx)
	i := slices.IndexFunc(wanted, func(w connection.Webhook) bool { return w.ID == id })
	if i < 0 {
		if err == nil {
			err = fmt.Errorf("connection %s: %w", id, directory.ErrNotFound)
		}
		return Status{}, err
	}
	hooks, err := s.o.Store.Hooks(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("read the webhook of connection %s: %w", id, err)
	}
	h := hookOf(hooks, id)
	s.mu.Lock()
	refused := s.refusedOn(s.today())[id]
	s.mu.Unlock()
	t := h.Traffic.on(s.today())
	out := Status{State: Off, Last: t.Last, Today: t.Delivered, Refused: t.Refused + refused, Problem: h.Problem}
	switch {
	case h.ID != "":
		out.State, out.Since, out.Watched, out.Unwatched = Registered, h.Since, h.Fields, h.LeftOut
	case wanted[i].Asked && h.Problem != "":
		out.State = Refused
	case wanted[i].Asked:
		out.State = Waiting
	}
	return out, nil
}
