package view

import (
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// The parts of a plan that a query shows.
const (
	PartChanges = "changes"
	PartHeld    = "held"
)

// Filters of waiting: a plan.Waiting, or one of these.
const (
	WaitingAny  = "any"  // approval or refused
	WaitingNone = "none" // is applied by itself
)

// PlanQuery picks rows of a plan; what is blank does not filter.
type PlanQuery struct {
	Part    string          // PartChanges, PartHeld; "": both
	Actions []plan.Action   // one of these
	Kinds   []plan.Kind     // waits when one of these guarded kinds does
	Waiting string          // WaitingAny, WaitingNone, "approval", "refused"
	Reason  plan.Reason     // of the change or held entry
	Field   directory.Field // the change writes it, the held entry names it
	Freeze  string          // the held entry is held back by this freeze
	Q       string          // part of a name or address, without regard to case and accents, or BambooHR's id
	After   string          // cursor
	Limit   int             // 0: 50; at most 1000
}

// PlanSummary is a plan with what its filters find.
type PlanSummary struct {
	Info        syncrun.PlanInfo
	Changes     int
	Held        int
	Actions     map[plan.Action]int
	Waiting     map[plan.Waiting]int // changes; "" is applied by itself
	Kinds       map[plan.Kind]int    // changes that wait when the guarded kind does
	Reasons     map[plan.Reason]int  // of changes
	HeldReasons map[plan.Reason]int
	Applied     []AppliedPart // in plan order
	Open        []OpenPart    // changes that were not applied
}

// OpenPart is changes of a plan that were not applied and have this in common.
type OpenPart struct {
	Action plan.Action
	Kinds  plan.KindSet
	Seats  int // how many more active people each makes
	Rows   int
}

// AppliedPart is how many changes of a plan a run applied.
type AppliedPart struct {
	RunID string
	Rows  int
}
