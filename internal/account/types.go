// Package account answers who somebody is and what they may do: passwords, sessions, links to set a
// password, API tokens, sign-in with OpenID Connect, and the table of roles. People themselves belong to
// directory and the store; what a permission guards, to internal/web.
package account

import (
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// Viewer is whoever makes a request.
type Viewer struct {
	PersonID string // "" for a token of the operator, and for the operator
	Name     string
	Email    string
	Role     directory.Role
	TokenID  string // "" for a browser session
	Session  SessionID
	Operator string // who sits at the command line, e.g. "cli:root"; "" for everybody else
}

// Operator is whoever may run commands on the server, and so stands above every role.
func Operator(name string) Viewer {
	return Viewer{Name: name, Role: directory.RoleOwner, Operator: name}
}

// Actor names the viewer in history and audit: the person's id, "token:ID", or the operator.
func (v Viewer) Actor() string {
	switch {
	case v.Operator != "":
		return v.Operator
	case v.TokenID != "":
		return "token:" + v.TokenID
	}
	return v.PersonID
}

// May reports whether the viewer's role has the permission.
func (v Viewer) May(p Permission) bool { return Allows(v.Role, p) }

// MayChange reports whether the viewer stands at least as high as a role: nobody edits, deactivates or
// demotes somebody above them.
func (v Viewer) MayChange(r directory.Role) bool { return v.May(People) && rank(r) <= rank(v.Role) }

// MayReach reports whether the viewer may open themselves a way into a person's account, which a link to
// set a password is, and another e-mail address to send one to. Into an owner's or admin's that is only
// an owner, or else two administrators were one (security §1.5).
func (v Viewer) MayReach(personID string, r directory.Role) bool {
	return v.is(personID) || v.MayGive(r)
}

// MayGive reports whether the viewer may give a role, or take it from whoever has it. An admin who could
// make another one, or take an admin's role to reach the account, would be two as well.
func (v Viewer) MayGive(r directory.Role) bool {
	return v.MayChange(r) && (!r.Privileged() || v.Role == directory.RoleOwner)
}

// is tells the person in their own browser from a program of theirs.
func (v Viewer) is(personID string) bool { return v.Session != "" && v.PersonID == personID }

// SessionID is the public name of a session, not its secret: the first bytes of the secret's hash in
// hexadecimal.
type SessionID string

// Permission is what a route asks for.
type Permission string

// The permissions, from everybody's to the owner's (product, "Roles").
const (
	Own       Permission = "own"       // one's own profile and sessions: every role
	Read      Permission = "read"      // everything but secrets: auditor and up
	Operate   Permission = "operate"   // preview, and sync what needs no approval: operator and up
	People    Permission = "people"    // edit people, holds, decisions: admin and up
	Configure Permission = "configure" // connections, settings, keys, approvals, undo: admin and up
	Accounts  Permission = "accounts"  // roles and tokens: admin and up, never above one's own role
	Organise  Permission = "organise"  // sign-in and other settings of the organisation: owner
)

// Allows is the table of roles.
func Allows(r directory.Role, p Permission) bool {
	need, known := map[Permission]int{Own: 1, Read: 2, Operate: 3, People: 4, Configure: 4, Accounts: 4, Organise: 5}[p]
	return known && rank(r) >= need
}

// rank orders the roles; an unknown one may do nothing.
func rank(r directory.Role) int {
	return map[directory.Role]int{directory.RoleMember: 1, directory.RoleAuditor: 2, directory.RoleOperator: 3,
		directory.RoleAdmin: 4, directory.RoleOwner: 5}[r]
}

// Roles lists the roles from member to owner.
func Roles() []directory.Role {
	return []directory.Role{directory.RoleMember, directory.RoleAuditor, directory.RoleOperator, directory.RoleAdmin, directory.RoleOwner}
}

// Errors that a screen words for whoever signs in. None of them tells whether an address is known.
var (
	// ErrSignIn says that address and password do not fit, or that the person may not sign in.
	ErrSignIn = errors.New("the e-mail address and password do not fit, or this account cannot sign in")
	// ErrNoSession says that a session or token is unknown, over, or ended by a deactivation.
	ErrNoSession = errors.New("not signed in")
	// ErrLink says that a link to set a password was used, replaced, or is too old.
	ErrLink = errors.New("this link no longer works: it was used, replaced by a newer one, or is too old; ask for a new one")
	// ErrOwnerExists says that the first owner is there already.
	ErrOwnerExists = errors.New("this organisation has an owner already; sign in instead")
	// ErrLastOwner says that a change would leave the organisation without an owner who can sign in.
	ErrLastOwner = errors.New("this is the last owner; make somebody else an owner first")
	// ErrBusy says that too many passwords are being checked already; BusyWait is when to try again.
	ErrBusy = errors.New("many people sign in at this moment; try again in a few seconds")
	// ErrForbidden says that a role does not allow what was asked.
	ErrForbidden = errors.New("your role does not allow this")
)

// BusyWait is how long to wait after ErrBusy.
const BusyWait = 5 * time.Second

// ThrottledError says that there were too many failed sign-ins from this address for this account.
type ThrottledError struct{ Wait time.Duration }

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many failed sign-ins; try again in %s", e.Wait.Round(time.Second))
}

// InputError says which field of a form cannot be taken, and why, in the user's words.
type InputError struct{ Field, Text string }

func (e *InputError) Error() string { return e.Field + ": " + e.Text }

// Session is one signed-in browser, as its owner sees it.
type Session struct {
	ID        SessionID
	PersonID  string
	Role      directory.Role
	Method    string // password, oidc
	Address   string // IP
	Agent     string
	CreatedAt time.Time
	SeenAt    time.Time
}

// Token is an API token without its secret.
type Token struct {
	ID        string
	Name      string
	Role      directory.Role
	PersonID  string // "" for the operator's
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	UsedAt    time.Time // zero: never
}

// Link is a link to set a password, without its secret.
type Link struct {
	PersonID  string
	Email     string
	Name      string
	Purpose   string // invite, reset
	ExpiresAt time.Time
}
