package people

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
)

// Holds lists the holds that are in force.
func (e *Editor) Holds(ctx context.Context) ([]directory.Hold, error) {
	all, err := e.Store.Holds(ctx)
	if err != nil {
		return nil, err
	}
	now, out := e.Now(), all[:0]
	for _, h := range all {
		if h.Active(now) {
			out = append(out, h)
		}
	}
	return out, nil
}

// AddHold keeps runs off a person, or off one field, until an instant (zero: until removed).
func (e *Editor) AddHold(ctx context.Context, who string, field directory.Field, until time.Time, reason string) (directory.Hold, error) {
	h, _, err := e.newHold(ctx, who, field, reason)
	if err != nil {
		return directory.Hold{}, err
	}
	if wrong := directory.WrongEnd(until, e.Now()); wrong != "" {
		return directory.Hold{}, inputError("until", "the hold %s", wrong)
	}
	h.Until = until
	return h, e.Store.AddHold(ctx, h)
}

// AddHoldUntilHR keeps runs off a person, or off one field, until BambooHR says what is here now: the
// field's value, which may be blank, or of a whole person the status (contradiction C2).
func (e *Editor) AddHoldUntilHR(ctx context.Context, who string, field directory.Field, reason string) (directory.Hold, error) {
	h, p, err := e.newHold(ctx, who, field, reason)
	if err != nil {
		return directory.Hold{}, err
	}
	value, filled := p.Values.Get(field), true
	switch field {
	case "", "status":
		value = string(p.Status)
	case directory.DisplayName: // made of the names where it is not mapped
	default:
		_, filled = e.Policy.Rule(string(field))
	}
	h.UntilHR = directory.UntilHRSays(value)
	switch {
	case p.Link == nil:
		return directory.Hold{}, inputError("until_hr_agrees", "%s does not come from BambooHR, so BambooHR never agrees", p.Name())
	case !filled:
		return directory.Hold{}, inputError("until_hr_agrees", "the settings fill %s from nothing in BambooHR, so BambooHR never agrees", field)
	}
	return h, e.Store.AddHold(ctx, h)
}

// newHold checks what every hold needs, and finds whom it is on.
func (e *Editor) newHold(ctx context.Context, who string, field directory.Field, reason string) (directory.Hold, directory.Person, error) {
	reason, _ = directory.CleanText(reason)
	var fault error
	switch {
	case reason == "":
		fault = inputError("reason", "a hold needs a reason, for whoever finds it later")
	case utf8.RuneCountInString(reason) > directory.MaxText:
		fault = inputError("reason", "a reason has at most %d characters", directory.MaxText)
	case field != "" && field.Slot() < 0 && field != "status":
		_, _, fault = e.canonical(ctx, field, "")
	}
	if fault != nil {
		return directory.Hold{}, directory.Person{}, fault
	}
	p, err := e.FindPerson(ctx, who)
	return directory.Hold{ID: e.NewID("hold"), PersonID: p.ID, Field: field, Reason: reason, CreatedBy: e.Actor, CreatedAt: e.Now()}, p, err
}

// RemoveHold ends a hold; the next run treats the person as any other.
func (e *Editor) RemoveHold(ctx context.Context, id string) error {
	err := e.Store.RemoveHold(ctx, id, e.Actor, e.Now())
	if errors.Is(err, directory.ErrNotFound) {
		return fmt.Errorf("there is no hold %s; \"rollcall holds\" lists them: %w", id, err)
	}
	return err
}

// Decide settles a held match: link the employee to a person, create a new person, or leave the
// employee out. The next run acts on it. About who is linked already there is nothing to decide.
func (e *Editor) Decide(ctx context.Context, who string, kind directory.DecisionKind, person string) (directory.Decision, error) {
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return directory.Decision{}, err
	}
	s, err := e.Find(ctx, who)
	if err != nil {
		return directory.Decision{}, err
	}
	if s.SourceID == 0 {
		// The name or address may be a person's who is not from HR; the held employee has the same one.
		if s, err = e.findEmployee(ctx, conn.ID, who); err != nil {
			return directory.Decision{}, err
		}
	}
	d := directory.Decision{SourceID: s.SourceID, Kind: kind}
	if kind == directory.DecideLink {
		p, err := e.FindPerson(ctx, person)
		if err != nil {
			return directory.Decision{}, fmt.Errorf("find the person to link to: %w", err)
		}
		// Who left as one employee may come back as another (security §3 #30); the plan checks that.
		other := p.Link != nil && (p.Link.Connection != conn.ID || p.Link.SourceID != fmt.Sprint(s.SourceID))
		if other && (p.Link.Connection != conn.ID || p.Status != directory.Deactivated) {
			return directory.Decision{}, inputError("person", "%s is linked to employee %s already; one person has one employee", p.Name(), p.Link.SourceID)
		}
		d.PersonID = p.ID
	}
	states, err := e.Store.LinkStatesOf(ctx, conn.ID, []int64{s.SourceID})
	if err != nil {
		return directory.Decision{}, err
	}
	if now := states[s.SourceID]; now.Outcome == directory.OutcomeLinked {
		return directory.Decision{}, inputError("kind",
			"employee %d has the account id:%s already, and decisions are about employees without one; a hold keeps runs off an account", s.SourceID, now.PersonID)
	}
	return d, e.Store.Decide(ctx, conn.ID, d, e.Actor, e.Now())
}
