package main

import (
	"errors"
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// mailFailure tells the error recipients that a sync without a server failed (surface, "Commands"), or
// says on stderr why nobody is told. Its own trouble is the only error it answers.
func (a *app) mailFailure(x *session, run syncrun.Run, cause error) error {
	if busy := new(syncrun.BusyError); errors.As(cause, &busy) || errors.Is(cause, syncrun.ErrLeaseLost) {
		return nil // the other run tells for itself
	}
	to := x.Policy.Notify.Errors
	if why := untold(x); why != "" {
		a.note("rollcall: nobody is told by mail: %s", why)
		return nil
	}
	subject := fmt.Sprintf("Rollcall: sync of %s failed", x.Policy.Name)
	body := fmt.Sprintf("The sync of %s that started %s failed:\n\n%s\n\nNo access was changed beyond what is said above. Run: %s (rollcall runs %s)\n",
		x.Policy.Name, text.Moment(run.StartedAt), problem.OneLine(cause), run.ID, run.ID)
	if err := notify.Post(a.ctx, *x.file.SMTP, to, subject, body); err != nil {
		return fmt.Errorf("tell %s by mail: %w", text.Count(len(to), "recipient", "recipients"), err)
	}
	a.note("rollcall: %s told by mail", text.Count(len(to), "recipient was", "recipients were"))
	return nil
}

// untold is why nobody learns by mail of what fails, "" when somebody does.
func untold(x *session) string {
	switch {
	case x.file.SMTP == nil:
		return "the configuration has no smtp"
	case len(x.Policy.Notify.Errors) == 0:
		return "connection.notify.errors is empty"
	}
	return ""
}
