package people

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan/explain"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
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
	in := explain.Input{Who: who, SourceID: s.SourceID, Name: s.Name, At: at, Zone: cmp.Or(e.Zone, e.Policy.Zones().Connection())}
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
	x := explaining{e: e, conn: conn, in: &in, history: &history}
	if err := x.entries(ctx, at); err != nil {
		return explain.Explanation{}, err
	}
	if !at.IsZero() {
		in.Status = statusThen(in.Entries)
	}
	if !in.Past {
		if err := x.present(ctx, s.Person); err != nil {
			return explain.Explanation{}, err
		}
	}
	return explain.Of(in), nil
}

// explaining gathers what an explanation is made from.
type explaining struct {
	e       *Editor
	conn    syncrun.Connection
	in      *explain.Input
	history *syncrun.History
	emails  map[string]string // of people who did something, by id
}

// entries fills in what was decided up to an instant (zero: now).
func (x *explaining) entries(ctx context.Context, at time.Time) error {
	actors := make([]string, 0, len(x.history.Entries))
	for i := range x.history.Entries {
		actors = append(actors, x.history.Entries[i].Actor)
	}
	if err := x.know(ctx, actors...); err != nil {
		return err
	}
	for i := range x.history.Entries {
		h := &x.history.Entries[i]
		if !at.IsZero() && h.At.After(at) {
			continue
		}
		entry := explain.Entry{At: h.At, Actor: h.Actor, By: x.by(h.Actor), Human: h.Plan == nil, Applied: h.Applied, Item: h.Item, Plan: x.plan(h.Plan, h.Begun)}
		if h.Run != nil {
			entry.RunID, entry.UndoOf = h.Run.ID, h.Run.UndoOf
		}
		x.in.Entries = append(x.in.Entries, entry)
	}
	return nil
}

// plan tells what became of a stored plan that a run (nil: none) began to apply.
func (x *explaining) plan(info *syncrun.PlanInfo, begun *syncrun.Run) *explain.Plan {
	if info == nil {
		return nil
	}
	p := &explain.Plan{ID: info.ID, At: info.CreatedAt, Header: &info.Header, UndoOf: info.UndoOf, Due: info.Person == syncrun.PlanOfDates,
		Expired: x.e.Now().Sub(info.CreatedAt) > x.e.Policy.PlanExpires}
	if begun != nil {
		p.Begun, p.Interrupted = begun.ID, begun.Outcome == syncrun.OutcomeInterrupted
	}
	return p
}

// present fills in what holds only now: the latest reading, decisions, holds and freezes.
func (x *explaining) present(ctx context.Context, person *directory.Person) error {
	x.in.Reading, x.in.Older = x.plan(x.history.Reading, nil), x.history.Older
	if err := x.failed(ctx); err != nil {
		return err
	}
	if person == nil {
		return x.absent(ctx)
	}
	all, err := x.e.Holds(ctx)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(h directory.Hold) bool { return h.PersonID != person.ID })
	for _, h := range all {
		ids := []string{h.CreatedBy}
		if manager, ok := h.Awaits(); ok && h.Field == directory.Manager {
			ids = append(ids, manager)
		}
		if err := x.know(ctx, ids...); err != nil {
			return err
		}
		says := ViewHold(h).Says
		if h.Field == directory.Manager {
			says = cmp.Or(x.emails[says], says)
		}
		x.in.Holds = append(x.in.Holds, explain.Hold{Hold: h, By: x.by(h.CreatedBy), Says: says})
	}
	if person.Link == nil || person.Link.Connection != x.conn.ID {
		return nil
	}
	states, err := x.e.Store.LinkStatesOf(ctx, x.conn.ID, []int64{x.in.SourceID})
	if err != nil {
		return err
	}
	state := states[x.in.SourceID]
	if x.in.Due = state.Due; state.NoEmail {
		x.in.Email = person.Values.Get(directory.Email)
	}
	x.rules(person, state.Adopted)
	freezes, err := x.e.Store.Freezes(ctx, x.conn.ID)
	for _, f := range freezes {
		if f.Active(x.e.Now()) {
			x.in.Freezes = append(x.in.Freezes, f)
		}
	}
	return err
}

// rules fills in what runs do with the fields that somebody edited by hand.
func (x *explaining) rules(person *directory.Person, adopted bool) {
	if person.Status == directory.Deactivated { // runs leave the fields of whoever is gone
		return
	}
	x.in.Rules = map[directory.Field]explain.Rule{}
	for i := range x.in.Entries {
		if e := &x.in.Entries[i]; e.Human {
			for _, f := range e.Item.Change.Fields {
				if f.Field != "status" && f.Field != "role" {
					x.in.Rules[f.Field] = x.rule(person, f.Field, adopted)
				}
			}
		}
	}
}

// rule tells what runs do with a field of a person, who was linked under match_mode adopt or not.
func (x *explaining) rule(person *directory.Person, f directory.Field, adopted bool) explain.Rule {
	authority := x.e.AuthorityOf(person, f)
	mapped, ok := x.e.Policy.Rule(string(f))
	r := explain.Rule{Clears: mapped.ClearWhenBlank && f != directory.Email, By: "authority " + string(authority)}
	leads := authority == policy.AuthorityOverwrite || authority == policy.AuthorityLocked
	switch {
	case f == directory.Email && person.Role.Privileged():
		return explain.Rule{Writes: explain.WritesNobody}
	case !ok && f != directory.DisplayName:
		return explain.Rule{}
	case leads && adopted && x.e.Policy.MatchMode == policy.MatchAdopt:
		r.Writes, r.By = explain.WritesBlank, "match_mode adopt"
	case leads:
		r.Writes = explain.WritesAlways
	case authority == policy.AuthorityFillEmpty:
		r.Writes = explain.WritesBlank
	case authority == policy.AuthorityOnCreate:
		r.Writes = explain.WritesNew
	}
	return r
}

// failedAmong is how many runs are looked through for the one that tells why BambooHR could not be read.
const failedAmong = 20

// failed fills in the last reading that failed, when none has succeeded since.
func (x *explaining) failed(ctx context.Context) error {
	if x.conn.Failures == 0 || x.in.Reading == nil {
		return nil
	}
	runs, err := x.e.Store.RunList(ctx, x.conn.ID, failedAmong)
	for i := range runs {
		r := &runs[i]
		if r.Outcome == syncrun.OutcomeFailed && r.PlanID == "" && len(r.Errors) > 0 && !r.StartedAt.Before(x.in.Reading.At) {
			x.in.Failed = &explain.Failed{At: r.StartedAt, Why: r.Errors[0].Message}
			return nil
		}
	}
	return err
}

// absent fills in why an employee is nobody in the directory.
func (x *explaining) absent(ctx context.Context) error {
	states, err := x.e.Store.LinkStatesOf(ctx, x.conn.ID, []int64{x.in.SourceID})
	if err != nil {
		return err
	}
	x.in.Left = states[x.in.SourceID].Outcome == directory.OutcomeLeft
	d := x.history.Decided
	if d == nil {
		return nil
	}
	if err := x.know(ctx, d.Actor, d.PersonID); err != nil {
		return err
	}
	x.in.Decided = &explain.Decided{Decision: d.Decision, Name: cmp.Or(x.emails[d.PersonID], d.PersonID), By: x.by(d.Actor), At: d.At}
	return nil
}

// know looks the addresses of people up by their ids; what is no person's id stays unknown.
func (x *explaining) know(ctx context.Context, ids ...string) error {
	if x.emails == nil {
		x.emails = map[string]string{}
	}
	slices.Sort(ids)
	found, err := x.e.Store.PersonsByID(ctx, slices.Compact(ids))
	for i := range found {
		x.emails[found[i].ID] = found[i].Values.Get(directory.Email)
	}
	return err
}

func (x *explaining) by(actor string) string {
	return cmp.Or(x.emails[actor], directory.ActorWords(actor))
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
