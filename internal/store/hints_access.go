package store

import "github.com/rollcall-hr/rollcall/internal/store/hints"

// Hints returns the organisation's webhooks and what they told.
func (s *Store) Hints() *hints.Store { return hints.New(s.org) }
