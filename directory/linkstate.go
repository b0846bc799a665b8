package directory

import "time"

// Due is an effect that comes by itself at an instant.
type Due struct {
	At     time.Time
	Action string // plan action at that instant: "deactivate", or "" when the record must only be looked at again
	Reason string // plan reason, e.g. "terminated"
	Date   string // YYYY-MM-DD in HR that caused it
}

// LinkState is what is remembered of one employee of a connection, so that an unchanged record is
// neither loaded nor compared. Clean is false whenever skipping the record could hide something: a
// held reason, a hold, an unresolved manager, a warning that must be repeated.
type LinkState struct {
	SourceID    int64
	PersonID    string // "" with OutcomeLeft
	Outcome     Outcome
	Adopted     bool // linked to a person that existed before, under match_mode adopt (promise SI28)
	Fingerprint [16]byte
	Coverage    uint64
	Revision    string // policy revision it was evaluated under
	Clean       bool
	NoEmail     bool // HR's record has no address; the person keeps theirs
	Due         *Due
	Since       map[SignalKind]time.Time // when an undated signal with grace was first seen
	HireDate    string                   // YYYY-MM-DD as HR last told it, mapped or not; recognises a recycled id (security §3 #27)
}
