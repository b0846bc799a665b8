package account

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// Person is what the service needs to know of somebody.
type Person struct {
	ID       string
	Version  int64
	Name     string // for display; the address when there is no other
	Email    string
	Status   directory.Status
	Role     directory.Role
	HireDate string // YYYY-MM-DD, "" when unknown
	// Connection and Location tell whose day it is on which they start; "" for none.
	Connection, Location string
	Hash                 string // of the password in PHC form, "" when there is none
}

// Hash is the SHA-256 of a secret, which is all that is ever stored of one (security §1.6, §1.9).
type Hash = [sha256.Size]byte

// Store keeps accounts of one organisation. Read shows one state of the database, Write is one
// serialisable transaction that is undone when f fails.
type Store interface {
	Read(ctx context.Context, f func(Tx) error) error
	Write(ctx context.Context, f func(Tx) error) error
}

// Tx is what may be asked inside a transaction. A record that is missing is directory.ErrNotFound,
// unless said otherwise; ending or dropping what is gone already is no error.
type Tx interface {
	people
	passwords
	sessions
	links
	tallies
	identities
	tokens
	// Audit appends to the audit trail.
	Audit(e Event) error
	// Preference returns the JSON kept under a name.
	Preference(name string) (value string, ok bool, err error)
	SetPreference(name, value, by string, now time.Time) error
	DropPreference(name string) error
}

// Event is an entry of the audit trail; Detail names no secret.
type Event struct {
	At                    time.Time
	Actor, Name, Subject  string // Name: sign_in, sign_in_failed, …
	Before, After, Detail string
}

type people interface {
	Person(id string) (Person, error)
	// PersonByEmail compares addresses as directory.EmailKey does.
	PersonByEmail(email string) (Person, error)
	// CreatePerson writes somebody who does not come from HR.
	CreatePerson(p directory.Person, actor, sentence string) error
	// ChangePerson sets status and role, with a new version and a row in history.
	ChangePerson(p Person, status directory.Status, role directory.Role, actor, sentence string, now time.Time) error
	// Owners returns the active owners.
	Owners() ([]Person, error)
}

type passwords interface {
	SetPassword(personID, hash string, now time.Time) error
	// AnybodySignsIn reports whether the organisation has any password or identity.
	AnybodySignsIn() (bool, error)
}

type sessions interface {
	AddSession(h Hash, s Session) error
	// Session returns a session whatever its age.
	Session(h Hash) (Session, error)
	// SessionsOf returns somebody's sessions whatever their age, the newest first.
	SessionsOf(personID string) ([]Session, error)
	SeeSession(h Hash, now time.Time) error
	// EndSession ends one session of a person by its public name, and reports whether it was there.
	EndSession(personID string, id SessionID) (bool, error)
	// EndSessions ends all sessions of a person but one ("" for none), and counts them.
	EndSessions(personID string, except SessionID) (int, error)
	// PruneSessions drops what was made or last seen before these instants.
	PruneSessions(created, seen time.Time) error
}

type links interface {
	// AddLink replaces every older link of the person.
	AddLink(h Hash, l Link, by string, now time.Time) error
	Link(h Hash) (Link, error)
	DropLinks(personID string) error
}

// Tally counts failures.
type Tally struct {
	Failures int
	Last     time.Time // of the last failure; of the last success when there was none since
}

type tallies interface {
	// Tally returns what is counted under a hash; nothing is the zero Tally.
	Tally(who Hash) (Tally, error)
	SetTally(who Hash, t Tally) error
	// PruneTallies drops what was last written before an instant.
	PruneTallies(before time.Time) error
}

type identities interface {
	// PersonByIdentity returns whom an identity was linked to.
	PersonByIdentity(issuer, subject string) (Person, error)
	// IdentitiesOf returns somebody's identities by issuer and subject.
	IdentitiesOf(personID string) ([]LinkedIdentity, error)
	AddIdentity(personID, issuer, subject string, now time.Time) error
	DropIdentity(personID, issuer, subject string) error
}

type tokens interface {
	AddToken(h Hash, t Token) error
	TokenByHash(h Hash) (Token, error)
	// Token returns a token by its id.
	Token(id string) (Token, error)
	// Tokens returns all tokens, the newest first.
	Tokens() ([]Token, error)
	UseToken(id string, now time.Time) error
	DropToken(id string) error
}
