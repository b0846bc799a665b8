package people

import (
	"context"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan/explain"
)

// Explain answers why somebody is as they are, or is not there, from stored decisions only; at is the
// instant asked for (zero: now).
func (e *Editor) Explain(ctx context.Context, who string, at time.Time) (explain.Explanation, error) {
	if directory.Distant(at) { // and so would be the answer's
		return explain.Explanation{}, inputError("at", "the instant asked for is too far away; choose a day before the year 9999")
	}
	s, err := e.Find(ctx, who)
	if err != nil {
		return explain.Explanation{}, err
	}
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return explain.Explanation{}, err
	}
	in := explain.Input{Who: who, SourceID: s.SourceID, Name: s.Name, At: at}
	if at.IsZero() {
		in.At = e.Now()
	} else {
		in.Past = at.Before(e.Now())
	}
	if s.Person != nil {
		in.PersonID, in.Status = s.Person.ID, s.Person.Status
	}
	history, err := e.Store.History(ctx, in.PersonID, conn.ID, s.SourceID)
	if err != nil {
		return explain.Explanation{}, err
	}
	for _, h := range history.Entries {
		if !at.IsZero() && h.At.After(at) {
			continue
		}
		entry := explain.Entry{At: h.At, Actor: h.Actor, Human: h.Plan == nil, Applied: h.Applied, Item: h.Item}
		if h.Run != nil {
			entry.RunID = h.Run.ID
		}
		in.Entries = append(in.Entries, entry)
	}
	if !at.IsZero() {
		in.Status = statusThen(in.Entries)
	}
	return explain.Of(in), nil
}

// statusThen is the status that the last applied decision left somebody in; "" when there is none.
func statusThen(entries []explain.Entry) directory.Status {
	var s directory.Status
	for _, en := range entries {
		if c := en.Item.Change; en.Applied && c != nil {
			s = c.StatusAfter
		}
	}
	return s
}
