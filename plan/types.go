package plan

import (
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// Action is what a change does.
type Action string

// The actions; one change per person, the strongest carries all fields
// (deactivate > reactivate > create > link > update).
const (
	Create           Action = "create"
	Update           Action = "update"
	Deactivate       Action = "deactivate"
	Reactivate       Action = "reactivate"
	LinkPerson       Action = "link"
	CreateDepartment Action = "create_department"
	CreateTeam       Action = "create_team"
)

// Reason says why a change or a held entry exists; the codes are the surface's.
type Reason string

// Reasons of changes.
const (
	NewInHR        Reason = "new_in_hr"
	FieldChanged   Reason = "field_changed"
	StatusInactive Reason = "status_inactive"
	Terminated     Reason = "terminated"
	StatusBlocked  Reason = "status_blocked"
	StatusBlank    Reason = "status_blank" // also a held reason
	OutOfScope     Reason = "out_of_scope" // also a held reason
	MissingInHR    Reason = "missing_in_hr"
	DeletedInHR    Reason = "deleted_in_hr"
	Returned       Reason = "returned"
	Linked         Reason = "linked"
	Undone         Reason = "undo"
)

// Reasons of held entries.
const (
	NoEmail          Reason = "no_email"
	DuplicateEmail   Reason = "duplicate_email"
	AmbiguousMatch   Reason = "ambiguous_match"
	IdentityConflict Reason = "identity_conflict"
	EmailTaken       Reason = "email_taken"
	ManagerLoop      Reason = "manager_loop"
	ManagerMissing   Reason = "manager_missing"
	Unreadable       Reason = "unreadable"
	InactiveUnknown  Reason = "inactive_unknown"
	NotStarted       Reason = "not_started"
	OnHold           Reason = "on_hold"
	LockedByAdmin    Reason = "locked_by_admin"
	NotFromHR        Reason = "not_from_hr"
	InvalidValue     Reason = "invalid_value"
	LastOwner        Reason = "last_owner"
)

// Kind is what the guard counts and an administrator approves or releases.
type Kind string

// The guarded kinds. KindNewDepartments also covers the people who depend on a department that waits;
// KindIDChurn covers creations and links while too many ids changed; KindBaseline covers
// deactivations and blanking while the certificate is doubtful.
const (
	KindDeactivate     Kind = "deactivate"
	KindMoveEmail      Kind = "move_email"
	KindBlank          Kind = "blank"
	KindNewDepartments Kind = "new_departments"
	KindIDChurn        Kind = "id_churn"
	KindBaseline       Kind = "baseline"
)

// Kinds returns the guarded kinds in a fixed order; bit i of a KindSet is Kinds()[i].
func Kinds() [6]Kind {
	return [6]Kind{KindDeactivate, KindMoveEmail, KindBlank, KindNewDepartments, KindIDChurn, KindBaseline}
}

// KindSet is a set of guarded kinds.
type KindSet uint8

// With returns s and k.
func (s KindSet) With(k Kind) KindSet {
	for i, x := range Kinds() {
		if x == k {
			return s | 1<<uint(i)
		}
	}
	return s
}

// Has reports whether k is in s.
func (s KindSet) Has(k Kind) bool { return s&KindSet(0).With(k) != 0 }

// Waiting says why a change is not applied by itself; "" when it is.
type Waiting string

// A change waits for an approval, or is refused until another administrator releases it by count.
const (
	NotWaiting      Waiting = ""
	WaitingApproval Waiting = "approval"
	WaitingRefused  Waiting = "refused"
)

// FieldChange is one field of a change. Before and After are canonical text ("" = blank); for the
// manager they are e-mail addresses and the ids stand beside.
type FieldChange struct {
	Field    directory.Field
	Kind     directory.Kind
	Before   string
	After    string
	BeforeID string // manager only
	AfterID  string // manager only
	From     string // BambooHR field that supplied After; "expr"; "" when Rollcall itself decides
}

// Change is one computed change: data only, stored as a row with the version of what it was made from.
type Change struct {
	Action       Action
	Reason       Reason
	Sentence     string // why, for a reader who knows neither system
	SourceID     int64  // 0 when no employee is behind it
	PersonID     string // of a creation: the derived id the person will have; "" for groups
	Email        string
	Name         string
	EffectiveAt  time.Time // zero: now
	Fields       []FieldChange
	StatusBefore directory.Status
	StatusAfter  directory.Status     // what the person's status will be
	Version      int64                // of the record it was planned on; 0 for creations
	DependsOn    []directory.Key      // groups that must be there before; people whose changes must be applied together with this one
	Kinds        KindSet              // it waits when one of these does; see Counted for what it adds to the guard
	Link         *directory.LinkState // to be stored with the change
	Group        *directory.Group     // of a group creation
	Holds        []directory.Hold     // to be created with the change (undo keeps the next run off)
	Trace        Trace
}

// Key names the record that the change writes.
func (c *Change) Key() directory.Key {
	if c.Group != nil {
		return directory.GroupKey(c.Group.Kind, c.Group.Name)
	}
	return directory.PersonKey(c.PersonID)
}

// HeldKind tells whether a held entry is about one person or about a column.
type HeldKind string

// The kinds of held entries.
const (
	HeldPerson HeldKind = "person"
	HeldField  HeldKind = "field"
)

// Held is somebody (or a column) that is not changed although one might expect it.
type Held struct {
	Kind       HeldKind
	Field      directory.Field // "" unless the entry is about one field
	Reason     Reason
	SourceID   int64  // 0: not an employee
	PersonID   string // "": nobody yet
	Name       string
	Email      string // the address HR gives, so that explain finds people who are not in the directory
	Detail     string
	Candidates []Candidate // ranked, for a human to decide
	Frozen     *Frozen     // what a freeze holds back; nil unless one does
	Trace      Trace
}

// Frozen is a change of one field that a freeze holds back.
type Frozen struct {
	Freeze string      // id
	Change FieldChange // the value now, and the one that waits
	Since  time.Time   // when a run first held the field back
}

// Candidate is a person whom a held employee may be.
type Candidate struct {
	PersonID string
	Email    string
	Name     string
	Why      string // which keys agree, e.g. "same work e-mail"
}

// Item is one row of a plan; exactly one of its parts is set. Refresh rows only renew what is
// remembered of an unchanged employee; Left rows keep the trace of people who left before they were
// ever linked. Neither is a change.
type Item struct {
	Change  *Change
	Held    *Held
	Left    *Left
	Refresh *directory.LinkState
}

// Name is how the person or employee is called whom the row is about; "" for a group, and for a Refresh row.
func (it *Item) Name() string {
	switch {
	case it.Change != nil && it.Change.Group == nil:
		return it.Change.Name
	case it.Held != nil:
		return it.Held.Name
	case it.Left != nil:
		return it.Left.Name
	}
	return ""
}

// Left is an employee who left before ever being linked (promise C29).
type Left struct {
	SourceID int64
	Name     string
	Email    string // the address HR gives
	Link     directory.LinkState
	Trace    Trace
}

// Trace keeps, for explain, what a decision was made from. Empty parts were not looked at.
type Trace struct {
	Account     string // BambooHR's status
	Employment  string // employment status rule outcome, if a rule looked at it
	Termination string // YYYY-MM-DD
	Hire        string // YYYY-MM-DD
	Scope       string // in, out, unknown
	ScopeRule   string
	ScopeValue  string
	Match       string // how the person was found: link, employee_number, work_email, home_email, decision, new, none
	MatchValue  string
	Signal      string // the leaving signal that decided
	Effective   time.Time
	Fix         string   // what to do about it, "" when nothing needs fixing
	Notes       []string // what was put right in the record, or could not be used
}

// Evidence is what the reading proves, as plain data (filled from the certificate).
type Evidence struct {
	SnapshotID   string
	TakenAt      time.Time
	SnapshotHash string
	Employees    int
	Readable     []string // BambooHR fields
	Unreadable   []string // BambooHR fields nobody's record showed
	Grade        string   // complete, doubtful
	Empty        []string // BambooHR fields that were readable and had a value for nobody
	Doubts       []string // sentences
	Warnings     []string // sentences: what the reader put right or left out, bounded
	HeadBefore   int      // last good head-count, with Grade doubtful
	Requests     int
}

// Limits of what automatic runs applied, unreleased, in the guard's window, by kind.
type Recent map[Kind]int

// Input is everything the planner is told at the start. Now is the only clock.
type Input struct {
	Organisation string
	Connection   string // connection id
	Name         string // connection name, for sentences
	Policy       *policy.Connection
	Revision     string // policy revision
	Now          time.Time
	AsOf         *time.Time // the instant at which a future day is over, to plan for it: the plan can never be applied
	AsOfDay      string     // that day, YYYY-MM-DD
	Groups       []directory.Group
	Holds        []directory.Hold
	Freezes      []directory.Freeze
	Decisions    []directory.Decision
	Owners       []string // ids of active owners
	Recent       Recent
	Linked       LinkedCounts
	Only         []int64 // plan only these employees (--person); empty: everybody

	// WithoutFreezes plans as if no freeze were in force, to show what waits for its end: the plan can
	// never be applied.
	WithoutFreezes bool
}

// LinkedCounts are the guard's bases over people owned by this connection, and the seats.
type LinkedCounts struct {
	People      int                     // linked
	Enabled     int                     // linked and not deactivated
	WithValue   map[directory.Field]int // linked with a value in that field
	ActiveSeats int                     // active people of the whole organisation
}

// Verdict is the plan's grade, worst first: refused, needs_approval, applies, nothing_to_do.
type Verdict string

// The verdicts.
const (
	Refused       Verdict = "refused"
	NeedsApproval Verdict = "needs_approval"
	Applies       Verdict = "applies"
	NothingToDo   Verdict = "nothing_to_do"
)

// VerdictReason explains a guard's decision with its numbers.
type VerdictReason struct {
	Code     string // too_many, too_many_new_departments, id_churn, doubtful_reading
	Kind     Kind
	Count    int
	Of       int
	Limit    int
	Waiting  Waiting
	Sentence string // names numbers and people
}

// Counts of a plan. Create+Update+Deactivate+Reactivate+Link+Unchanged+Left+HeldPeople equals
// employees ∪ people.
type Counts struct {
	Create           int `json:"create"`
	Update           int `json:"update"`
	Deactivate       int `json:"deactivate"`
	Reactivate       int `json:"reactivate"`
	Link             int `json:"link"`
	CreateDepartment int `json:"create_department"`
	CreateTeam       int `json:"create_team"`
	Held             int `json:"held"` // entries
	Unchanged        int `json:"unchanged"`
	Left             int `json:"left"`
	HeldPeople       int `json:"-"` // held entries without a field
}

// Add counts one change.
func (c *Counts) Add(a Action) {
	switch a {
	case Create:
		c.Create++
	case Update:
		c.Update++
	case Deactivate:
		c.Deactivate++
	case Reactivate:
		c.Reactivate++
	case LinkPerson:
		c.Link++
	case CreateDepartment:
		c.CreateDepartment++
	case CreateTeam:
		c.CreateTeam++
	}
}

// Changes is the number of computed changes.
func (c Counts) Changes() int {
	return c.Create + c.Update + c.Deactivate + c.Reactivate + c.Link + c.CreateDepartment + c.CreateTeam
}

// Header is everything of a plan but its rows.
type Header struct {
	Evidence    Evidence
	Revision    string
	MadeAt      time.Time
	AsOf        *time.Time
	AsOfDay     string // YYYY-MM-DD
	Verdict     Verdict
	Reasons     []VerdictReason
	Counts      Counts
	SeatsBefore int
	SeatsAfter  int
	KindCounts  map[Kind]int // changes by guarded kind: what a release must count (see Change.Counted)
	Hash        string       // "sha256:…"
	EndedHolds  []string     // ids of holds that end: HR now says what they waited for, or their undo is taken back; sorted
	Freezes     []string     `json:",omitempty"` // ids of the freezes that the plan respects; sorted

	WithoutFreezes bool `json:",omitempty"` // made as if no freeze were in force

	// LookAt is the next instant, in epoch milliseconds, at which HR must be read for somebody of whom no other
	// instant is kept: the day from which a newcomer may have an account, or the first day of somebody whose last
	// day is known as well. 0: none.
	LookAt int64 `json:",omitempty"`
}

// Hypothetical reports a plan that is only to look at and can never be applied: of a future day, or made
// as if no freeze were in force.
func (h *Header) Hypothetical() bool { return h.AsOf != nil || h.WithoutFreezes }

// Waiting tells whether a change with these kinds waits under this header.
func (h *Header) Waiting(kinds KindSet) Waiting {
	w := NotWaiting
	for _, r := range h.Reasons {
		if !kinds.Has(r.Kind) {
			continue
		}
		if r.Waiting == WaitingRefused {
			return WaitingRefused
		}
		w = r.Waiting
	}
	return w
}

// Plan is a whole plan in memory; Items are in plan order: departments, teams, then by SourceID, then
// by PersonID. Large plans are streamed through Builder instead.
type Plan struct {
	Header Header
	Items  []Item
}
