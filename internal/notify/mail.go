package notify

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/plan"
)

// Kind is what a mail is about.
type Kind string

// The kinds.
const (
	PasswordLink Kind = "password_link" // a link that somebody asked for
	Welcome      Kind = "welcome"       // a run made an account; its link is made when the mail goes out
	Failing      Kind = "connection_failing"
	Recovered    Kind = "connection_recovered"
	Overdue      Kind = "runs_missed" // automatic runs do not happen
	PlanWaits    Kind = "plan_waits"
	PlanExpired  Kind = "plan_expired" // nobody decided in time
	Approval     Kind = "approval"     // of settings, to administrators
	Troubled     Kind = "records"      // employees whose record went wrong in a run
	Digest       Kind = "digest"
	Confirmation Kind = "confirm" // asks a recipient of failures whether they agree
)

// State is where a mail stands.
type State string

// The states. Queued goes out when it is due; the others are left alone until somebody acts.
const (
	Queued    State = "queued"
	Waiting   State = "waiting"   // for an administrator: the run made too many accounts
	Kept      State = "kept"      // shown on the outbox page instead of sent (demo)
	Sent      State = "sent"      // the mail server took it
	GaveUp    State = "gave_up"   // not taken for 24 hours, or cannot be written
	Discarded State = "discarded" // by somebody, or no longer true
)

// Mail is one mail to one recipient.
type Mail struct {
	No           int64 // grows with every mail
	ID           string
	Key          string // see Tx.Add
	Kind         Kind
	State        State
	To           string // address; "" for a welcome that was not tried yet
	PersonID     string
	Connection   string // id
	RunID        string
	PlanID       string
	Content      Content
	Sealed       string    // the secret in its link; "" once delivered
	NotBefore    time.Time // by the clock of runs
	NextAt       time.Time // of the next attempt
	ClaimedUntil time.Time // a sender works on it; zero: nobody does
	UselessAt    time.Time // not sent from then on; zero: never
	Attempts     int
	FirstTry     time.Time
	CreatedAt    time.Time
	DoneAt       time.Time
	Problem      string // why the last attempt went wrong, or why it is not sent
}

// Content is what a mail says, without secrets. Which parts are set follows from the kind.
type Content struct {
	Name       string    `json:"name,omitempty"`       // of the person it is to
	Purpose    string    `json:"purpose,omitempty"`    // account.Invite or account.Reset
	Zone       string    `json:"zone,omitempty"`       // IANA, of the person or the connection
	Connection string    `json:"connection,omitempty"` // name
	Problem    string    `json:"problem,omitempty"`    // one sentence
	Since      time.Time `json:"since,omitzero"`
	Next       time.Time `json:"next,omitzero"` // when the connection is tried again
	Waits      []Wait    `json:"waits,omitempty"`
	Approvers  []string  `json:"approvers,omitempty"` // who may approve what the guard does not refuse
	Releasers  []string  `json:"releasers,omitempty"` // who may release what it does
	Later      *Later    `json:"later,omitempty"`     // nobody may release; who will
	Reminder   bool      `json:"reminder,omitempty"`
	Former     time.Time `json:"former,omitzero"`   // when the plan was made that expired before this one
	Expires    time.Time `json:"expires,omitzero"`  // of the plan
	Version    int64     `json:"version,omitempty"` // of the settings
	Entries    []Entry   `json:"entries,omitempty"`
	Total      int       `json:"total,omitempty"`
	OnPurpose  int       `json:"on_purpose,omitempty"`
	Idle       bool      `json:"idle,omitempty"`   // no process makes automatic runs
	Holds      []Entry   `json:"holds,omitempty"`  // that end soon; freezes too
	Pause      *Pause    `json:"pause,omitempty"`  // of automatic runs, in force
	Failed     int       `json:"failed,omitempty"` // readings
	// Language is the one that the mail was written in, once somebody tried to send it; every copy is alike.
	Language string `json:"language,omitempty"`
}

// Wait is a kind of changes that the guard does not let through.
type Wait struct {
	Kind    plan.Kind `json:"kind"`
	Count   int       `json:"count"`
	Of      int       `json:"of,omitempty"`
	Limit   int       `json:"limit,omitempty"`
	Hours   int       `json:"hours,omitempty"`   // in which Limit goes through by itself
	Refused bool      `json:"refused,omitempty"` // an approval is not enough
}

// Later is a release.Later.
type Later struct {
	Names []string  `json:"names,omitempty"`
	From  time.Time `json:"from,omitzero"`
}

// Pause is a pause of automatic runs.
type Pause struct {
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until,omitzero"` // zero: until somebody resumes
}

// Entry is a line of a mail that lists something.
type Entry struct {
	Name   string      `json:"name,omitempty"`
	Text   string      `json:"text,omitempty"`   // in English, from the planner, or what somebody wrote
	Source int64       `json:"source,omitempty"` // of an employee without a name
	Reason plan.Reason `json:"reason,omitempty"` // why a record is left aside
	Count  int         `json:"count,omitempty"`  // of all records with Reason
	First  []Entry     `json:"first,omitempty"`  // of them
	Until  time.Time   `json:"until,omitzero"`
	Frozen []string    `json:"frozen,omitempty"` // of a freeze: groups and fields
}

// Filter narrows a list of mails; zero parts do not.
type Filter struct {
	States     []State
	Kind       Kind
	Connection string
	PersonID   string
	RunID      string
	PlanID     string
	Before     int64 // Mail.No
	Limit      int   // 0: all
}

// Recipient is an address that may learn about failures.
type Recipient = connection.Recipient

// Hash is the SHA-256 of a secret, which is all that is stored of one.
type Hash = [sha256.Size]byte

// RunMark says what is known of a run.
type RunMark struct {
	RunID  string
	Invite *bool     // whether whoever started it chose to invite new people; nil: nobody said
	Done   time.Time // its mails are in the outbox; zero: not yet
}

// Store keeps the outbox of one organisation. Read shows one state of the database, Write is one
// serialisable transaction that is undone when f fails.
type Store interface {
	Read(ctx context.Context, f func(Tx) error) error
	Write(ctx context.Context, f func(Tx) error) error
}

// Tx is what may be asked inside a transaction. What is missing is directory.ErrNotFound, unless said
// otherwise.
type Tx interface {
	// Add queues a mail, unless one with the same Key was ever added; it reports whether it did.
	Add(m *Mail) (bool, error)
	Mail(id string) (Mail, error)
	// Save writes what may change: all but No, ID, Key, Kind and CreatedAt.
	Save(m *Mail) error
	// Due returns the queued mail that has waited longest among those nobody works on.
	Due(now, runNow time.Time) (Mail, error)
	// Mails lists the newest first.
	Mails(f Filter) ([]Mail, error)
	Counts() (map[State]int, error)
	// Welcomes counts the welcomes of a run, and those of them that are queued for a later day of work.
	Welcomes(runID string, runNow time.Time) (states map[State]int, later int, err error)
	// Release queues the waiting mails of a run and counts them.
	Release(runID string, now time.Time) (int, error)
	// Prune drops what was done before an instant; of a welcome it keeps that there was one. It drops
	// marks of runs too.
	Prune(before time.Time) error
	// Memory is what Remember kept for a connection, "" for nothing.
	Memory(connection string) (string, error)
	Remember(connection, value string) error
	// Run returns what is known of a run; nothing is no error.
	Run(id string) (RunMark, error)
	MarkRun(m RunMark) error
	// Recipient compares addresses as directory.EmailKey does.
	Recipient(email string) (Recipient, error)
	RecipientByHash(h Hash) (Recipient, error)
	// Recipients lists everybody who was ever asked.
	Recipients() ([]Recipient, error)
	// SaveRecipient adds or replaces one; a nil hash takes the link away.
	SaveRecipient(r Recipient, h *Hash) error
	// AdministratorAddresses are the addresses of active admins and owners.
	AdministratorAddresses() ([]string, error)
	// Audit appends to the audit trail.
	Audit(e account.Event) error
}
