package store

import (
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/views"
)

// Views returns the organisation's read models for screens and API. What they keep of large plans to
// page quickly lives as long as s.
func (s *Store) Views() *views.Store { return s.views }

// shared is the transaction as the packages below take it.
func (t tx) shared() orgtx.Tx { return orgtx.Tx{Conn: t.Conn, Org: t.org, OrgID: t.orgID} }
