package store

import "github.com/rollcall-hr/rollcall/internal/store/outbox"

// Outbox returns the organisation's mails and the recipients of its notices.
func (s *Store) Outbox() *outbox.Store { return outbox.New(s.org) }
