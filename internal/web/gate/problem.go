package gate

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Problem is an error for whoever asked: what is wrong and what to do, without an operator's detail. As
// JSON it is RFC 9457.
type Problem struct {
	Status int
	Code   string // stable, for programs
	Title  string
	Detail string
}

// InputError says which field of a request cannot be taken.
type InputError struct{ Field, Text string }

func (e *InputError) Error() string { return e.Field + ": " + e.Text }

// BadCursor makes of an error of a list the InputError of a page whose address names no place in it; any other
// error stays as it is.
func BadCursor(err error) error {
	if wrong, ok := errors.AsType[*view.CursorError](err); ok {
		return &InputError{Field: "after", Text: wrong.Error()}
	}
	return err
}

// Classify words an error. What is not known here is an internal error, whose text only the log gets.
func Classify(err error) Problem {
	for _, rule := range rules() {
		if p, ok := rule(err); ok {
			return p
		}
	}
	return Problem{http.StatusInternalServerError, "internal", "Something went wrong here",
		"Nothing was changed that you were not told of. Try again; if it happens again, whoever runs this server finds the reason in its log."}
}

type rule func(error) (Problem, bool)

// is matches a sentinel, as matches a type; both take the error's own sentence as the detail.
func is(target error, status int, code, title string) rule {
	return func(err error) (Problem, bool) {
		return Problem{status, code, title, sentence(target)}, errors.Is(err, target)
	}
}

// told is for a sentinel whose own text says no more than the title.
func told(target error, status int, code, title, detail string) rule {
	return func(err error) (Problem, bool) {
		return Problem{status, code, title, detail}, errors.Is(err, target)
	}
}

func as[T error](status int, code, title string) rule {
	return func(err error) (Problem, bool) {
		e, ok := errors.AsType[T](err)
		if !ok {
			return Problem{}, false
		}
		return Problem{status, code, title, sentence(e)}, true
	}
}

func rules() []rule {
	return []rule{
		told(errNoPage, http.StatusNotFound, "not_found", "This page does not exist", "The address may be mistyped, or what it showed is gone."),
		is(account.ErrNoSession, http.StatusUnauthorized, "unauthorized", "Not signed in"),
		is(account.ErrSignIn, http.StatusUnauthorized, "sign_in", "Not signed in"),
		told(account.ErrForbidden, http.StatusForbidden, "forbidden", "Your role does not allow this", "An owner or admin can give you another role, or do this for you."),
		is(account.ErrBusy, http.StatusServiceUnavailable, "busy_sign_in", "Just a moment"),
		is(account.ErrLastOwner, http.StatusConflict, "last_owner", "The last owner stays"),
		is(account.ErrOwnerExists, http.StatusConflict, "owner_exists", "There is an owner already"),
		is(account.ErrLink, http.StatusGone, "link_over", "This link no longer works"),
		as[*account.RefusedError](http.StatusForbidden, "refused", "You cannot sign in this way"),
		as[*account.ThrottledError](http.StatusTooManyRequests, "throttled", "Too many tries"),
		as[*account.InputError](http.StatusUnprocessableEntity, "invalid", "Something in the form cannot be taken"),
		as[*syncrun.InputError](http.StatusUnprocessableEntity, "invalid", "This cannot be taken"),
		as[*InputError](http.StatusUnprocessableEntity, "invalid", "Something in the request cannot be taken"),
		as[*connection.SettingsError](http.StatusUnprocessableEntity, "settings", "The settings have faults"),
		as[*connection.NameError](http.StatusConflict, "conflict", "This name is taken"),
		as[*connection.SecondPersonError](http.StatusConflict, "second_person", "Somebody else has to do this"),
		is(connection.ErrCancelled, http.StatusConflict, "cancelled", "Stopped"),
		as[*view.CursorError](http.StatusBadRequest, "bad_query", "This place in the list does not exist"),
		as[*view.NameTakenError](http.StatusConflict, "conflict", "This name is taken"),
		as[*connection.VersionError](http.StatusConflict, "changed_meanwhile", "Changed meanwhile"),
		as[*connection.ReadOnlyError](http.StatusConflict, "read_only", "These settings come from a file"),
		as[*connection.SetupError](http.StatusConflict, "setup", "Not yet possible"),
		as[*connection.KeyError](http.StatusConflict, "setup", "The operator's API key is not there"),
		as[*syncrun.BusyError](http.StatusConflict, "busy", "A run is under way"),
		as[*syncrun.StaleError](http.StatusConflict, "stale", "This plan is stale"),
		as[*syncrun.StaleRecordError](http.StatusConflict, "changed_meanwhile", "Changed meanwhile"),
		as[*syncrun.ConflictError](http.StatusConflict, "conflict", "This value is taken"),
		as[*syncrun.ReleaseError](http.StatusConflict, "release", "This release does not fit the plan"),
		as[*people.LockedError](http.StatusConflict, "locked", "BambooHR controls this field"),
		as[*people.AmbiguousError](http.StatusConflict, "ambiguous", "Several people match"),
		as[*people.NobodyError](http.StatusNotFound, "nobody", "Nobody matches"),
		as[*people.ImportError](http.StatusUnprocessableEntity, "import", "The file has faults; nothing was imported"),
		as[*syncrun.ReadError](http.StatusBadGateway, "read", "BambooHR could not be read"),
		as[*source.Error](http.StatusBadGateway, "read", "BambooHR could not be read"),
		as[*http.MaxBytesError](http.StatusRequestEntityTooLarge, "too_large", "Too much was sent"),
		told(directory.ErrNotFound, http.StatusNotFound, "not_found", "This does not exist", "It was never here, or it is gone meanwhile: somebody removed it, or it ended."),
		is(context.Canceled, 499, "cancelled", "Stopped"),
	}
}

// sentence writes an error as a sentence with a full stop, and with a capital unless a key stands first, as in
// "time_zone: …".
func sentence(err error) string {
	s := err.Error()
	if s == "" {
		return ""
	}
	if word, _, _ := strings.Cut(s, " "); !strings.ContainsAny(word, "_.:[") {
		first, n := utf8.DecodeRuneInString(s)
		s = string(unicode.ToUpper(first)) + s[n:]
	}
	if last := s[len(s)-1]; last != '.' && last != '?' {
		s += "."
	}
	return s
}

// WriteProblem answers with application/problem+json.
func WriteProblem(w http.ResponseWriter, p Problem) {
	WriteProblemWith(w, p, nil)
}

// WriteProblemWith adds members to the problem, such as the faults of settings.
func WriteProblemWith(w http.ResponseWriter, p Problem, more map[string]any) {
	body := map[string]any{"type": "about:blank", "status": p.Status, "code": p.Code, "title": p.Title, "detail": p.Detail}
	for k, v := range more {
		body[k] = v
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked is gone
}

// WriteJSON answers with JSON.
func WriteJSON(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // the status is out; an error means that whoever asked is gone
	return nil
}
