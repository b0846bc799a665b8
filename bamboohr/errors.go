package bamboohr

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

// Kind says what went wrong in a way a program can test: every [*Error] has
// one, and errors.Is(err, ErrForbidden) compares it.
type Kind string

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return string(k) }

// The kinds of failure (bamboohr-api §1.5, security §3 #9–#18).
const (
	// ErrUnauthorized is a 401: wrong, missing or revoked key. The client
	// sends nothing more after it (bamboohr-api §1.2: lock-out).
	ErrUnauthorized Kind = "the API key was refused; make a new key in BambooHR and enter it"
	// ErrForbidden is a 403: a good key without the right, or an account locked after wrong keys.
	ErrForbidden Kind = "the key's user may not do this"
	// ErrNotFound is a 404: unknown id, table, report or path.
	ErrNotFound Kind = "not found"
	// ErrRejected is any other 4xx: the request itself is wrong.
	ErrRejected Kind = "BambooHR refused the request"
	// ErrConflict is a 409: a duplicate or unknown value in a write.
	ErrConflict Kind = "BambooHR refused a duplicate or unknown value"
	// ErrAccountLimit is a 429 without Retry-After on creating an employee:
	// the account is full (bamboohr-api §1.5).
	ErrAccountLimit Kind = "the account has reached its number of employees"
	// ErrRateLimited is a 429, or a 503 with Retry-After as sent before
	// 2026-09-16; see Error.RetryAfter.
	ErrRateLimited Kind = "rate limited; try again later"
	// ErrUnavailable is a 408 or 5xx that outlasted the retries.
	ErrUnavailable Kind = "BambooHR is unavailable; try again later"
	// ErrNetwork is a connection that could not be made or broke before an answer.
	ErrNetwork Kind = "no connection"
	// ErrRedirect is a 3xx, which is never followed.
	ErrRedirect Kind = "answered with a redirect; is the sub-domain right?"
	// ErrNotJSON is a page where data was expected, such as a sign-in page.
	ErrNotJSON Kind = "not JSON (a sign-in page?); is the sub-domain right?"
	// ErrShape is JSON that is not what the call promises: null, {}, an error
	// object with status 200, an empty body, or broken in the middle.
	ErrShape Kind = "unexpected answer"
	// ErrTruncated is an answer that ended before its end.
	ErrTruncated Kind = "the answer was cut short"
	// ErrTooLarge is an answer or record beyond its limit (security §1.3).
	ErrTooLarge Kind = "the answer is too large"
	// ErrTooDeep is JSON nested deeper than 64 levels.
	ErrTooDeep Kind = "the answer is nested too deeply"
	// ErrCancelled is a call whose context ended, for errors.Is with its cause.
	ErrCancelled Kind = "cancelled"
	// ErrStalled is an answer that did not come, or stopped coming, in time. It
	// is not tried again at once: it has cost enough time.
	ErrStalled Kind = "the answer did not come in time"
	// ErrBadPage is a cursor of [Client.Employees] that is no longer good:
	// somebody changed at a page boundary. Start the walk again.
	ErrBadPage Kind = "the list changed while it was read; read it again"
	// ErrDrift is a walk whose pages do not add up: ids twice, or a total that
	// changed. Start the walk again.
	ErrDrift Kind = "the data changed while it was read; read it again"
	// ErrUnsure marks a write that may or may not have been carried out. Look
	// for its result before sending it again (bamboohr-api §2.10).
	ErrUnsure Kind = "it is not known whether the change was made; look before repeating it"
)

// Error is a failed call. errors.Is compares its Kind (and ErrUnsure when
// Unsure is set); errors.As and Unwrap reach the cause, for example a
// context.Canceled.
type Error struct {
	Kind       Kind
	Company    string        // sub-domain
	Method     string        // GET, POST, …
	Path       string        // from the version on, without the query: /v1/employees/4
	Status     int           // 0 when no answer came
	Code       string        // BambooHR's own word in the body, such as "BadPage"; often ""
	Message    string        // one line, cleaned and capped, without the key
	RetryAfter time.Duration // asked for by the server; 0 when it said nothing usable
	RequestID  string        // x-request-id, for BambooHR's support
	Attempts   int           // how often it was tried; 0: refused before sending
	Unsure     bool          // a write that may have been carried out
	Fields     []string      // that ErrForbidden names, of a webhook

	cause     error
	transient bool // a read may be tried again
	notSent   bool // no byte left this machine
	refused   bool // a 2xx that says no: the write was not carried out
	asked     bool // RetryAfter was sent and usable, also when it is 0
}

// Error is one line: who, what, status, kind, the server's words, request id.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("BambooHR")
	for _, part := range []string{e.Company, e.Method, e.Path} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	b.WriteString(": ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	b.WriteString(string(e.Kind))
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	switch {
	case e.RetryAfter > farAway:
		b.WriteString(" (after more than 30 days)")
	case e.RetryAfter > 0:
		fmt.Fprintf(&b, " (after %s)", e.RetryAfter)
	}
	if e.Unsure {
		b.WriteString("; " + string(ErrUnsure))
	}
	if e.RequestID != "" {
		b.WriteString(" [request " + e.RequestID + "]")
	}
	return b.String()
}

// farAway is a wait whose length nobody wants to read in seconds.
const farAway = 30 * 24 * time.Hour

// GoString is Error, so that %#v shows no inner cause.
func (e *Error) GoString() string { return e.Error() }

// Unwrap is the cause: a context, network or decoding error, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the error's Kind, or ErrUnsure for a write with
// an unknown result.
func (e *Error) Is(target error) bool {
	return target == error(e.Kind) || e.Unsure && target == error(ErrUnsure)
}

// fault makes an Error where the request is not known yet; the request loop
// fills in the rest.
func fault(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// RecordError is one record that cannot be used while the others can: the
// stream goes on behind it (security §3 #18). It unwraps to an [*Error].
type RecordError struct {
	ID     string // the employee's id, "" when it could not be told
	Number int    // position in the answer, from 1
	Err    error
}

// Error names the record and the reason.
func (e *RecordError) Error() string {
	if e.ID == "" {
		return fmt.Sprintf("record %d: %v", e.Number, e.Err)
	}
	return fmt.Sprintf("record %d (employee %s): %v", e.Number, e.ID, e.Err)
}

// Unwrap is the reason.
func (e *RecordError) Unwrap() error { return e.Err }

// asError finds the *Error in err, or makes one: from what is wrong with a
// body, else of the given kind.
func asError(err error, kind Kind) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	e := &Error{Kind: kind, Message: err.Error(), cause: err}
	if body, ok := errors.AsType[*flatjson.Error](err); ok {
		e.cause = nil
		switch body.Reason {
		case flatjson.Broken:
			e.Kind = ErrShape
		case flatjson.Nothing:
			e.Kind, e.transient = ErrShape, true
		case flatjson.NotJSON:
			e.Kind = ErrNotJSON
		case flatjson.Cut:
			e.Kind, e.transient = ErrTruncated, true
		case flatjson.Large:
			e.Kind = ErrTooLarge
		case flatjson.Deep:
			e.Kind = ErrTooDeep
		}
	}
	return e
}
