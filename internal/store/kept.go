package store

import (
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
)

// keepBytes bounds the rows of a plan that stay in memory, packed, from its making until its lease is
// given back: a sync applies what it has just planned without reading it from the database first. Plans
// that need more are read.
const keepBytes = 8 << 20

// keptPlan are the chunks of the plan that was written last, by number. They are the same as the stored ones,
// which do not change; whether the plan still exists and what of it was applied is always asked of the
// database.
type keptPlan struct {
	id     string
	chunks map[int64]planrow.Chunk
	bytes  int
}

// keptChunks returns the chunks of a plan when they are still in memory.
func (s *Store) keptChunks(id string) map[int64]planrow.Chunk {
	if k := s.kept.Load(); k != nil && k.id == id {
		return k.chunks
	}
	return nil
}
