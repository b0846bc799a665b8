package view

import (
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// EffectKind is what a date brings about.
type EffectKind string

// The kinds, in the order in which effects of one instant are listed: what ends with a day comes before what
// begins with the next.
const (
	Deactivation EffectKind = "deactivation"
	Decision     EffectKind = "decision" // a date of leaving that the settings leave to a human
	HoldEnd      EffectKind = "hold_end"
	FreezeEnd    EffectKind = "freeze_end"
	PauseEnd     EffectKind = "pause_end" // automatic runs go on
	Start        EffectKind = "start"     // who was provisioned ahead becomes active
	Arrival      EffectKind = "arrival"   // an employee who is nobody in the directory yet gets an account
)

// EffectKinds lists the kinds.
func EffectKinds() []EffectKind {
	return []EffectKind{Deactivation, Decision, HoldEnd, FreezeEnd, PauseEnd, Start, Arrival}
}

// OfConnection reports a kind that happens to a connection, not to one person.
func (k EffectKind) OfConnection() bool { return k == FreezeEnd || k == PauseEnd }

// EndsDay reports a kind that comes at the end of a day, not at the beginning of one.
func (k EffectKind) EndsDay() bool { return k != Start && k != Arrival }

// EffectRule is what a connection's settings say about its dates.
type EffectRule struct {
	Zone      func(location string) *time.Location // where days begin and end for people there; "": the connection's
	Activates bool                                 // who was provisioned ahead becomes active on the first day
}

// EffectQuery picks dated effects that are still to come, or have come and are not done yet.
type EffectQuery struct {
	Connection string     // id; "": all
	Kind       EffectKind // "": all
	From, To   time.Time  // at or after, and before; what ends a day belongs to it. Zero: open
	Now        time.Time
	Rules      map[string]EffectRule // by connection; one that is missing brings nobody in
	After      string                // cursor
	Limit      int                   // 0: 50; at most 1000
}

// Effect is something that happens to one person, or to a connection, because a date comes.
type Effect struct {
	At         time.Time
	Kind       EffectKind
	Reason     plan.Reason      // why, e.g. terminated; "" of the end of a hold, freeze or pause
	Date       string           // YYYY-MM-DD in BambooHR that caused it, "" for none
	Connection string           // id; "" when the person is not from HR
	SourceID   int64            // 0: not an employee
	PersonID   string           // "": nobody yet
	Name       string           // "" when nothing names them
	Status     directory.Status // of the person now; "": nobody yet
	Location   string           // whose zone the person lives by
	Field      directory.Field  // the hold is on this field only; "": on the whole person
	Note       string           // the reason that was given for a hold, freeze or pause
	Freeze     string           // id of the freeze that ends
	What       []string         // of a freeze: the field groups and fields that it is about
	Waits      *EffectWaits     // for the end of a freeze or pause; nil: nobody knows, or it is no such end
	WithRun    bool             // it waits for the first run that starts then or later
	Held       bool             // a hold in force at that instant keeps the person as they are
	Moved      *EffectMove      // nil: as the run before it left it
	Cancelled  bool             // Moved tells since when nothing comes at this instant any more
}

// EffectWaits counts what waits for a freeze or pause to end: what the newest plan held back for the freeze; who
// has a date that comes before the pause is over.
type EffectWaits struct {
	People, Fields int
	More           bool // at least so many
}

// EffectMove is what the last run that touched an effect did to it.
type EffectMove struct {
	WasAt   time.Time
	WasDate string // YYYY-MM-DD in BambooHR, "" for none
	RunID   string
	At      time.Time // when that run started
	Undo    bool      // it took another run back
}

// Place is the instant by which an effect is listed: within the day that it belongs to.
func (e *Effect) Place() time.Time {
	if e.Kind.EndsDay() {
		return e.At.Add(-time.Millisecond)
	}
	return e.At
}

// EffectCount is how many effects of a kind are listed at one place.
type EffectCount struct {
	Place time.Time
	Kind  EffectKind
	Count int
}
