package store

import "github.com/rollcall-hr/rollcall/internal/store/settings"

// Settings returns what people set on the organisation's connections.
func (s *Store) Settings() *settings.Store { return settings.New(s.org) }
