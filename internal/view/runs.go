package view

import (
	"time"

	"github.com/rollcall-hr/rollcall/syncrun"
)

// RunQuery picks runs; what is blank does not filter.
type RunQuery struct {
	Connection string // id
	Outcome    syncrun.Outcome
	Running    bool // only those under way; Outcome does not matter then
	Trigger    syncrun.Trigger
	From, To   time.Time // started at or after, and before
	After      string    // cursor
	Limit      int       // 0: 50; at most 1000
}
