package source

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
)

// Error is a reading, or a question to BambooHR, that did not succeed: what was tried, for whom, why,
// and what to do next. Everything that was yielded before it is void.
type Error struct {
	Doing   string // e.g. "read the employees"
	Company string // sub-domain, or the name of a CSV file
	Next    string // what a person can do; "" when the cause already says it
	Err     error

	again bool // the stream broke after its beginning, or the data changed while it was read
}

// Error is one line.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s of %s: %v", e.Doing, e.Company, e.Err)
	if e.Next != "" {
		s += "; " + e.Next
	}
	return s
}

// Unwrap is the cause, usually a *bamboohr.Error.
func (e *Error) Unwrap() error { return e.Err }

// Retryable reports that reading once more from the start may succeed: the answer broke off after
// records had been yielded, where the client can no longer retry by itself, or the data changed
// meanwhile.
func (e *Error) Retryable() bool { return e.again }

// Credentials reports a failure that only a person can mend: a refused key, a missing right, or a
// sign-in page or redirect where data should be. The connection goes to its error state at once,
// without three tries (security §3 #10, #13).
func (e *Error) Credentials() bool {
	switch e.Code() {
	case "unauthorized", "forbidden", "not_json", "redirect":
		return true
	}
	return false
}

// RetryAfter is how long BambooHR asked to be left alone, 0 when it did not.
func (e *Error) RetryAfter() time.Duration {
	if b, ok := errors.AsType[*bamboohr.Error](e.Err); ok {
		return b.RetryAfter
	}
	return 0
}

// RequestID is BambooHR's x-request-id of the failed request, "" when there is none.
func (e *Error) RequestID() string {
	if b, ok := errors.AsType[*bamboohr.Error](e.Err); ok {
		return b.RequestID
	}
	return ""
}

// ErrSettings is the cause of an Error about the settings: a field that BambooHR does not have.
var ErrSettings = errors.New("the settings name fields that cannot be read")

// ErrDrift is the cause of an Error about two reads of one company that do not show the same people.
var ErrDrift = errors.New("the data changed while it was read")

// ErrData is the cause of an Error about a record that belongs to nobody: its id is no number.
var ErrData = errors.New("a record cannot be used")

// Code is a stable word for the cause: unauthorized, forbidden, not_found, rate_limited, unavailable,
// network, redirect, not_json, shape, truncated, too_large, too_deep, stalled, bad_page, drift,
// rejected, settings, data, cancelled, or failed for anything else.
func (e *Error) Code() string {
	for _, c := range []struct {
		err  error
		code string
	}{
		{context.Canceled, "cancelled"}, {context.DeadlineExceeded, "cancelled"},
		{bamboohr.ErrUnauthorized, "unauthorized"}, {bamboohr.ErrForbidden, "forbidden"},
		{bamboohr.ErrNotFound, "not_found"}, {bamboohr.ErrRateLimited, "rate_limited"},
		{bamboohr.ErrUnavailable, "unavailable"}, {bamboohr.ErrNetwork, "network"},
		{bamboohr.ErrRedirect, "redirect"}, {bamboohr.ErrNotJSON, "not_json"},
		{bamboohr.ErrShape, "shape"}, {bamboohr.ErrTruncated, "truncated"},
		{bamboohr.ErrTooLarge, "too_large"}, {bamboohr.ErrTooDeep, "too_deep"},
		{bamboohr.ErrStalled, "stalled"}, {bamboohr.ErrBadPage, "bad_page"},
		{bamboohr.ErrDrift, "drift"}, {ErrDrift, "drift"}, {bamboohr.ErrRejected, "rejected"},
		{ErrSettings, "settings"}, {ErrData, "data"},
	} {
		if errors.Is(e.Err, c.err) {
			return c.code
		}
	}
	return "failed"
}

// Retryable reports whether err is an Error for which reading once more from the start may succeed.
func Retryable(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Retryable()
}

// wrap says what was being done when err happened, and what to do next. It leaves nil and what is
// already wrapped alone.
func wrap(doing, company string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	e := &Error{Doing: doing, Company: company, Err: err}
	e.Next = next(e.Code())
	return e
}

// midway is wrap for an error that came after the answer had begun.
func midway(doing, company string, err error) error {
	err = wrap(doing, company, err)
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.Code() {
		case "network", "unavailable", "truncated", "stalled", "shape", "bad_page", "drift":
			e.again = true
		}
	}
	return err
}

// next is the way out of a failure, where the cause does not already name it.
func next(code string) string {
	switch code {
	case "unauthorized":
		return "in BambooHR, keys are under the user's name > \"API Keys\" (or \"My Devices & API Keys\")"
	case "forbidden":
		return "in BambooHR check that the key's user is enabled and that its access level may see all employees, then run \"rollcall check\""
	case "not_found", "redirect", "not_json":
		return "check the sub-domain: it is the first part of the address you sign in to BambooHR with"
	case "truncated", "stalled", "shape", "drift", "bad_page":
		return "nothing was changed; run it again"
	case "network":
		return "nothing was changed; check the sub-domain and whether this machine reaches BambooHR, then run it again"
	case "unavailable", "rate_limited":
		return "nothing was changed; run it again later"
	case "too_large", "too_deep":
		return "nothing was changed; look for an enormous value in BambooHR, or for a proxy in between"
	}
	return ""
}
