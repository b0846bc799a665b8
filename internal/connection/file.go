package connection

import (
	"context"
	"fmt"

	"github.com/rollcall-hr/rollcall/internal/connection/note"
	"github.com/rollcall-hr/rollcall/policy"
)

// actorFile is who changes what the operator's file says.
const actorFile = "file"

// Adopt brings in the connections of the operator's file, at start-up: their settings are stored when they
// changed and can only be read on screen; the base URL and the key, for which keys is asked whenever it is
// needed, stay in memory. Each connection is then checked in the background. It returns the connections'
// ids in the order of the file.
func (s *Service) Adopt(ctx context.Context, file policy.File, keys func(*policy.Connection) (string, error)) ([]string, error) {
	ids := make([]string, 0, len(file.Connections))
	for _, p := range file.Connections {
		row, err := s.o.Store.EnsureConnection(ctx, p.Name)
		if err != nil {
			return ids, fmt.Errorf("bring in the connection %s: %w", p.Name, err)
		}
		f := fileConnection{policy: p, key: func() (string, error) { return keys(&p) }}
		if err := s.adopt(ctx, row.ID, f); err != nil {
			return ids, err
		}
		ids = append(ids, row.ID)
	}
	for _, id := range ids {
		s.checks.Add(1)
		begun := s.background(func() {
			defer s.checks.Done()
			// What is wrong is kept with the connection, where a screen shows it.
			_, _ = s.Check(s.ctx, actorFile, id)
		})
		if !begun {
			s.checks.Done()
		}
	}
	return ids, nil
}

// Settle waits until the checks that Adopt began are over, or ctx ends. Until then a connection that is new runs by
// itself only some time later.
func (s *Service) Settle(ctx context.Context) {
	over := make(chan struct{})
	go func() {
		s.checks.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-ctx.Done():
	}
}

func (s *Service) adopt(ctx context.Context, id string, f fileConnection) error {
	_, err := s.change(ctx, actorFile, id, func(c *current) ([]Event, error) {
		if c.Origin == FromWeb {
			return nil, fmt.Errorf("the connection %q of the configuration file was set up on the web already; give one of them another name", c.Name)
		}
		var events []Event
		now := s.o.Now()
		if c.Origin != FromFile {
			events = append(events, Event{Name: "connection_created", Before: string(c.Origin), After: string(FromFile), Detail: f.policy.Preset})
			c.Origin, c.CreatedAt = FromFile, now
		}
		stored := c.policy
		if c.Version.Number > 0 {
			var err error
			if stored, err = parseStored(c.Version); err != nil {
				return nil, err
			}
		}
		switch changed := note.Of(stored, f.policy); {
		case c.Version.Number == 0:
			c.setSettings(f.policy, now, actorFile, "brought in from the configuration file")
		case changed != "":
			from := c.Version.label()
			c.policy = stored
			c.setSettings(f.policy, now, actorFile, changed)
			events = append(events, Event{Name: "settings_saved", Before: from, After: c.Version.label()})
		}
		c.policy, c.file, c.known = f.policy, &f, true
		return events, nil
	})
	if err == nil {
		s.mu.Lock()
		s.files[id] = f
		s.mu.Unlock()
		s.live.Forget(id)
	}
	return err
}
