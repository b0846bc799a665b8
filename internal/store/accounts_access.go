package store

import "github.com/rollcall-hr/rollcall/internal/store/accounts"

// Accounts returns the organisation's passwords, sessions, links, tokens, identities and preferences.
func (s *Store) Accounts() *accounts.Store { return accounts.New(s.org) }
