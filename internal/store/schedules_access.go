package store

import "github.com/rollcall-hr/rollcall/internal/store/schedules"

// OpenQueue opens the queue of automatic runs, which the caller closes.
func (db *DB) OpenQueue() (*schedules.Queue, error) { return schedules.Open(db.dir) }
