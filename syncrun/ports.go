package syncrun

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
)

// Source reads a whole company (package source).
type Source interface {
	// Resolve answers which BambooHR alias each "name:…" reference of the settings means, and refuses
	// an unknown or ambiguous one. It makes no request when there is none.
	Resolve(ctx context.Context, conn *policy.Connection) (map[string]string, error)
	// Read starts one complete reading of fields (aliases). Records that known answers for with an
	// equal fingerprint come back Unchanged. The snapshot is void when its sequence yields an error.
	Read(ctx context.Context, fields []string, known hr.KnownFunc) (*hr.Snapshot, error)
	// ReadAsOf reads the company as it will look at the end of a future day (YYYY-MM-DD), from history
	// rows and dates. Every record comes back in full.
	ReadAsOf(ctx context.Context, fields []string, day string) (*hr.Snapshot, error)
	// StatusReadable tells, of these employees, whose employment status the key may see, by the
	// employee list's _restrictedFields (product, "No status"). An id that is missing is not confirmed.
	StatusReadable(ctx context.Context, ids []int64) (map[int64]bool, error)
	// Deleted tells which of these employees BambooHR lists as deleted since the instant given.
	Deleted(ctx context.Context, since time.Time, ids []int64) (map[int64]bool, error)
	// Requests is the number of HTTP requests made so far, retries included.
	Requests() int
}

// ChangeSource is a Source that tells who changed and can read some employees alone.
type ChangeSource interface {
	Source
	// Changed asks, in one request, who changed at or after an instant of BambooHR's clock; hr.ErrWhole when
	// that question is not open to the key.
	Changed(ctx context.Context, since time.Time) (hr.Changes, error)
	// ReadSome reads some employees; everybody else stands as remembered. It is hr.ErrWhole where that
	// cannot be done.
	ReadSome(ctx context.Context, fields []string, part hr.Partial) (*hr.Snapshot, error)
	// KeyPrint is the same as long as the key is.
	KeyPrint() string
}

// BusyError says that a run of the connection is under way.
type BusyError struct{ RunID string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("run %s of this connection is under way; wait until it is done, or see it with \"rollcall runs %s\"", e.RunID, e.RunID)
}

// StaleError says that a stored plan may no longer be applied.
type StaleError struct {
	PlanID string
	Why    string // a sentence
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("plan %s is stale: %s; make a new one with \"rollcall plan\"", e.PlanID, e.Why)
}

// Lease is the right to write for one connection. Fence grows with every lease; a write under an
// older fence is refused inside its transaction (security §3 #42).
type Lease struct {
	Connection string
	RunID      string
	Fence      int64
}

// Store keeps people, plans and history of one organisation. Every method states what it does when a
// record is missing: directory.ErrNotFound, unless said otherwise. Every method that takes a Lease and
// writes checks it in the transaction that writes, before its first row and after its last: ErrLeaseLost, and
// nothing is written, once another run has taken the connection, or once the lease's time is up by the
// database's clock, whether or not somebody took it (ErrLeaseExpired; security §3 #42).
type Store interface {
	Connections
	Directory
	Plans
	Runs
	Exceptions
	Marks
}

// Connections keeps what is remembered of each connection and its employees.
type Connections interface {
	// EnsureConnection returns the connection of that name, created in state draft when new.
	EnsureConnection(ctx context.Context, name string) (Connection, error)
	// Acquire takes the connection's lease for a run, or answers *BusyError. A lease whose process is
	// gone or whose time is up is taken over; the run that held it is marked interrupted. Time is the
	// database's, not the run's clock.
	Acquire(ctx context.Context, connection, runID string, ttl time.Duration) (Lease, error)
	// Renew extends a lease whose time is not up.
	Renew(ctx context.Context, l Lease, ttl time.Duration) error
	// Release gives the lease back; no error when it was lost, and nothing is written then.
	Release(ctx context.Context, l Lease) error
	// LinkStates yields what is remembered of every employee of a connection by ascending SourceID,
	// reusing the value it yields. PersonID, Since and HireDate are left out unless full is set.
	LinkStates(ctx context.Context, connection string, full bool) iter.Seq2[*directory.LinkState, error]
	// LinkStatesOf returns the full states of some employees; missing ones are left out.
	LinkStatesOf(ctx context.Context, connection string, ids []int64) (map[int64]directory.LinkState, error)
	// DueBy returns the full states whose Due instant is at or before t and has an action.
	DueBy(ctx context.Context, connection string, t time.Time) ([]directory.LinkState, error)
	// FinishReading resets the failures after a good reading, or counts one more, and keeps the
	// baseline; a nil baseline leaves the old one.
	FinishReading(ctx context.Context, l Lease, ok bool, baseline *hr.Baseline) error
	// AcceptBaseline replaces the baseline by hand, with an audit entry.
	AcceptBaseline(ctx context.Context, l Lease, b hr.Baseline, actor string, now time.Time) error
}

// Marks keeps up to where it is known what changed, a mark for each connection.
type Marks interface {
	// Mark returns the mark, the zero Mark when none is kept; its People only when people is set.
	Mark(ctx context.Context, connection string, people bool) (Mark, error)
	// PutMark replaces the mark, whatever its N.
	PutMark(ctx context.Context, l Lease, m Mark) error
	// MoveMark replaces Since and Seen, unless the mark was written since it was read, by its N. It needs no
	// lease: between two marks nothing has to be read.
	MoveMark(ctx context.Context, connection string, m Mark) error
}

// Directory reads and, for human edits, writes people, departments and teams.
type Directory interface {
	Person(ctx context.Context, id string) (directory.Person, error)
	// PersonsByID returns the people that exist among ids, in the order of ids.
	PersonsByID(ctx context.Context, ids []string) ([]directory.Person, error)
	// PersonBySource returns the person linked to an employee.
	PersonBySource(ctx context.Context, connection, sourceID string) (directory.Person, error)
	// Briefs yields everybody, or only the people without a link, in any order.
	Briefs(ctx context.Context, unlinkedOnly bool) iter.Seq2[*directory.Brief, error]
	// BriefsOf yields, each once and all of one moment, the people without a link, then the linked ones whom ask
	// names, by employees of the connection among others, until it names nobody; before ask is called again also
	// everybody above them in the reporting lines.
	BriefsOf(ctx context.Context, connection string, ask func() directory.PeopleQuery) iter.Seq2[*directory.Brief, error]
	// ReportsOf returns, ascending, the employees of a connection whose people report to the person of one of some
	// of its employees.
	ReportsOf(ctx context.Context, connection string, employees []int64) ([]int64, error)
	// AllPeople yields everybody in full, by ascending e-mail then id.
	AllPeople(ctx context.Context) iter.Seq2[*directory.Person, error]
	// FindPeople returns people with that e-mail, employee id or exact name (compare forms), at most limit.
	FindPeople(ctx context.Context, by string, value string, limit int) ([]directory.Person, error)
	Groups(ctx context.Context) ([]directory.Group, error)
	Counts(ctx context.Context, connection string) (plan.LinkedCounts, error)
	// Owners returns the ids of active owners; where accounts are known, of those who can sign in.
	Owners(ctx context.Context) ([]string, error)
	// SavePerson writes a human edit or creation: p.Version is the version that was read (0: new);
	// *StaleRecordError when it has another one by now, *ConflictError when the e-mail is taken. It
	// marks the link state unclean, and appends history and audit rows in the same transaction.
	SavePerson(ctx context.Context, p directory.Person, change plan.Change, actor string, now time.Time) (directory.Person, error)
	// SavePeople is SavePerson for several in one transaction, a change for each: all are written, and get their
	// new versions, or none; failed is then the one that could not be.
	SavePeople(ctx context.Context, people []directory.Person, changes []plan.Change, actor string, now time.Time) (failed int, err error)
}

// Plans stores plans row by row.
type Plans interface {
	// NewPlan starts a plan of the lease's connection; it is invisible until Finish.
	NewPlan(ctx context.Context, l Lease, id, person, undoOf string, now time.Time) (PlanWriter, error)
	// Plan returns a finished plan by id; id "" means the connection's latest.
	Plan(ctx context.Context, connection, id string) (PlanInfo, error)
	// Items yields the rows of a plan in order from seq after (exclusive), changes and held only unless
	// all is set.
	Items(ctx context.Context, planID string, after int64, all bool) iter.Seq2[StoredItem, error]
	// Outline yields, of every change of a plan in order, the little that decides whether it may be applied.
	Outline(ctx context.Context, planID string) iter.Seq2[ChangeOutline, error]
	// Prune drops what nobody needs any more (old previews, unfinished plans) and tells how many plans.
	Prune(ctx context.Context, now time.Time) (int, error)
	// LatestFullPlan returns the newest Seq of a finished plan of the whole connection.
	LatestFullPlan(ctx context.Context, connection string) (int64, error)
	// StaleRecords returns, of the people and groups that the given rows were planned on, those that
	// have another version by now, at most limit.
	StaleRecords(ctx context.Context, planID string, seqs []int64, limit int) ([]directory.Key, error)
}

// PlanWriter takes the rows of one plan as they are decided. Add may be given rows out of plan order
// (departments come last); Finish puts them in order.
type PlanWriter interface {
	Add(ctx context.Context, item plan.Item) error
	Finish(ctx context.Context, h plan.Header, baseline hr.Baseline) (PlanInfo, error)
	Abort(ctx context.Context) error
}

// Runs keeps the history.
type Runs interface {
	StartRun(ctx context.Context, l Lease, r Run) error
	FinishRun(ctx context.Context, l Lease, r Run) error
	Run(ctx context.Context, id string) (Run, error)
	// RunList returns runs, newest first; connection "" means all.
	RunList(ctx context.Context, connection string, limit int) ([]Run, error)
	// ApplyBatch writes the changes at the given positions of a plan in one transaction with one journal row:
	// it checks the lease's fence and every record's version inside it, is idempotent per row, and returns the
	// run with what it did counted in: Counts, KindCounts and RowsWritten, rows of tables. Positions of other
	// rows than changes are passed over. *StaleRecordError leaves the whole batch unwritten, and so does
	// *ForbiddenError, when a human has since forbidden one of the changes, see Forbidden. Of an undo it also ends
	// the holds that the plan ends on the people of these changes.
	ApplyBatch(ctx context.Context, l Lease, run Run, planID string, seqs []int64, now time.Time) (Run, error)
	// ApplyRefreshes stores the plan's Refresh and Left rows, whose person (if any) has not changed since; nothing
	// when the connection has a newer plan that is no undo.
	ApplyRefreshes(ctx context.Context, l Lease, planID string) (int, error)
	// AppliedItems yields the change rows that a run applied, in order.
	AppliedItems(ctx context.Context, runID string) iter.Seq2[StoredItem, error]
	// RecentKinds sums what automatic, unreleased runs applied since t, by guarded kind.
	RecentKinds(ctx context.Context, connection string, since time.Time) (plan.Recent, error)
	// MarkUndone records that a run was undone.
	MarkUndone(ctx context.Context, l Lease, runID string) error
	// EndHolds removes holds that a run found to be over; one that is gone already is no error.
	EndHolds(ctx context.Context, l Lease, ids []string, actor string, now time.Time) error
	// History tells what was decided about a person or employee. A connection of "" has no reading.
	History(ctx context.Context, personID string, connection string, sourceID int64) (History, error)
}

// HistoryEntry is one decision about one person.
type HistoryEntry struct {
	At      time.Time
	Run     *Run // that applied it; nil for a human edit, and for what is planned or held only
	Actor   string
	Applied bool // false: planned or held only
	Item    plan.Item
	Plan    *PlanInfo // whose row it is; nil for a human edit
	Begun   *Run      // of what was not applied: the last run that applied another part of the plan; nil when none did
}

// History is what was decided about one person or employee, and what else tells how they stand.
type History struct {
	// Entries are, oldest first, applied changes and human edits, and the held, left or planned rows of the latest
	// plan that says anything, unless everybody was read and planned again since: what that plan does not say no
	// longer stands.
	Entries []HistoryEntry
	Name    string    // in the last plan that names them, whether or not that still stands; "": none does
	Reading *PlanInfo // the newest plan of the whole connection; nil: none
	Older   int       // how many of Entries were there when it was made
	Decided *Decided  // how an administrator settled who the employee is, after Reading; nil: nobody did
}

// Decided is a directory.Decision with who took it, and when.
type Decided struct {
	directory.Decision
	Actor string
	At    time.Time
}

// Exceptions keeps holds, freezes and decisions.
type Exceptions interface {
	Holds(ctx context.Context) ([]directory.Hold, error)
	AddHold(ctx context.Context, h directory.Hold) error
	RemoveHold(ctx context.Context, id, actor string, now time.Time) error
	// Freezes returns the freezes of a connection, also those that ended.
	Freezes(ctx context.Context, connection string) ([]directory.Freeze, error)
	AddFreeze(ctx context.Context, f directory.Freeze) error
	EndFreeze(ctx context.Context, connection, id, actor string, now time.Time) error
	Decisions(ctx context.Context, connection string) ([]directory.Decision, error)
	Decide(ctx context.Context, connection string, d directory.Decision, actor string, now time.Time) error
}

// StaleRecordError names a record that changed since it was read.
type StaleRecordError struct {
	Key  directory.Key
	Loop bool // the reporting lines of others did: with them the person's new one would form a loop (promise SI45)
}

func (e *StaleRecordError) Error() string { return string(e.Key) + " " + e.became() }

// became tells what became of the record, in words that follow its name.
func (e *StaleRecordError) became() string {
	if e.Loop {
		return "would be in a loop of reporting lines by now, some of which were drawn meanwhile"
	}
	return "was changed meanwhile"
}

// ConflictError says that a value which must be unique belongs to another person.
type ConflictError struct {
	Field directory.Field
	Value string
	Owner string // person id
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s %q belongs to person %s", e.Field, e.Value, e.Owner)
}
