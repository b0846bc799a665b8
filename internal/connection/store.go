package connection

import (
	"context"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Settings keeps what people set on connections. Unknown and deleted connections are
// directory.ErrNotFound.
type Settings interface {
	// Connections lists the organisation's connections by name, deleted ones left out.
	Connections(ctx context.Context) ([]Record, error)
	Connection(ctx context.Context, id string) (Record, error)
	// Change reads a connection, lets f change it, and writes what f changed, with an audit entry for every
	// event that f returns, in one transaction. A Version with a new Number is added to the versions; a nil
	// Key erases the key. An error of f is returned as it is, and nothing is written. f must not use the
	// store. Another connection of the new name is a *NameError.
	Change(ctx context.Context, id, actor string, now time.Time, f func(*Record) ([]Event, error)) (Record, error)
	// Versions lists the stored settings, newest first.
	Versions(ctx context.Context, id string) ([]Version, error)
	// Delete takes a connection out of every list: its key is erased, its people are no longer from HR (and
	// stay as they are), its name is free again. It checks the lease, under which it is done.
	Delete(ctx context.Context, l syncrun.Lease, actor string, now time.Time) error
	// Row is what a run needs to know of the connection.
	Row(ctx context.Context, id string) (syncrun.Connection, error)
	// Reviewers tells who asked for a plan, who is behind that and other actors, who is an administrator, and who
	// became or ceased to be one after since.
	Reviewers(ctx context.Context, planID string, actors []string, since time.Time) (release.Reviewers, error)
	// Unsaved returns what a person typed into a form and did not save, if that was since an instant; nil for none.
	Unsaved(ctx context.Context, id, person, form string, since time.Time) (*Unsaved, error)
	// KeepUnsaved stores it in place of what is there, as Unsaved.After says, returns it as stored, and drops
	// everybody's from before since.
	KeepUnsaved(ctx context.Context, id, person string, u Unsaved, known, since time.Time) (Unsaved, error)
	DropUnsaved(ctx context.Context, id, person, form string) error
}

// Record is a connection as stored.
type Record struct {
	ID        string
	Name      string
	State     State
	Origin    Origin
	Failures  int
	Version   Version // Number 0: no settings are stored
	Key       *SealedKey
	Check     *Check
	Passed    time.Time // when a check last passed with this key and sub-domain; zero: never
	Previewed time.Time // first preview of the settings in force
	Approved  *ApprovedVersion
	Pause     *Pause
	CreatedAt time.Time
}

// ApprovedVersion is the approval with what it is of.
type ApprovedVersion struct {
	Approval
	Version  int64
	Revision string // of that version
}

// SealedKey is an API key at rest.
type SealedKey struct {
	KeyHint
	Sealed string
}

// Event is an audit entry about a connection; ids and states, never values.
type Event struct {
	Name          string // connection_created, settings_saved, key_set, connection_enabled, …
	Before, After string
	Detail        string
}

// NameError says that another connection has the name.
type NameError struct{ Name string }

func (e *NameError) Error() string {
	return "another connection is called " + e.Name + "; choose another name"
}
