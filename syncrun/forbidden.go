package syncrun

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// Forbidden are the holds, decisions and freezes of administrators that a plan must not go against. The planner heeds
// those that it knows, so what forbids a change when its plan is applied is younger than the plan.
type Forbidden struct {
	holds     map[string][]directory.Hold // by person
	decisions map[int64]directory.Decision
	freezes   []directory.Freeze
}

// NewForbidden gathers the exceptions in force at an instant that the plan of a header has to heed.
func NewForbidden(h *plan.Header, holds []directory.Hold, decisions []directory.Decision, freezes []directory.Freeze, now time.Time) Forbidden {
	f := Forbidden{map[string][]directory.Hold{}, map[int64]directory.Decision{}, nil}
	for _, x := range holds {
		if x.Active(now) && !h.EndsHold(&x) {
			f.holds[x.PersonID] = append(f.holds[x.PersonID], x)
		}
	}
	for _, d := range decisions {
		f.decisions[d.SourceID] = d
	}
	for _, x := range freezes {
		if x.Active(now) && !slices.Contains(h.Freezes, x.ID) {
			f.freezes = append(f.freezes, x)
		}
	}
	return f
}

// None reports that nothing is forbidden.
func (f *Forbidden) None() bool {
	return len(f.holds) == 0 && len(f.decisions) == 0 && len(f.freezes) == 0
}

// Check returns a *ForbiddenError when a change is.
func (f *Forbidden) Check(c *plan.Change) error {
	for i := range f.holds[c.PersonID] {
		if c.HeldBy(&f.holds[c.PersonID][i]) {
			return &ForbiddenError{Name: c.Name, Hold: f.holds[c.PersonID][i].ID}
		}
	}
	if d, ok := f.decisions[c.SourceID]; ok && c.Contradicts(d) {
		return &ForbiddenError{Name: c.Name}
	}
	for i := range f.freezes {
		if c.FrozenBy(&f.freezes[i]) {
			return &ForbiddenError{Name: c.Name, Frozen: f.freezes[i].What}
		}
	}
	return nil
}

// ForbiddenError says that a human has since forbidden a change of a stored plan: by a hold or a freeze, else by a
// decision about who an employee is.
type ForbiddenError struct {
	Name   string
	Hold   string   // id
	Frozen []string // what the freeze is about
}

func (e *ForbiddenError) Error() string {
	switch {
	case e.Hold != "":
		return fmt.Sprintf("hold %s was put on %s since it was made", e.Hold, e.Name)
	case len(e.Frozen) > 0:
		return frozenSince(e.Frozen)
	}
	return fmt.Sprintf("an administrator decided about %s since it was made", e.Name)
}

// frozenSince says that a freeze is younger than a plan.
func frozenSince(what []string) string {
	return strings.Join(what, ", ") + " was frozen since it was made"
}

// unfrozen refuses a plan that does not know of a freeze in force, because it came later.
func (s *session) unfrozen(ctx context.Context, info PlanInfo) error {
	all, err := s.e.Store.Freezes(ctx, s.conn.ID)
	if f := NewForbidden(&info.Header, nil, nil, all, s.e.Now()); len(f.freezes) > 0 {
		return &StaleError{PlanID: info.ID, Why: frozenSince(f.freezes[0].What)}
	}
	return err
}

// unforbidden refuses a plan of which a human has forbidden a change since, or that deactivates somebody whom BambooHR
// keeps by now. An undo is a decision of its own about just these changes.
func (s *session) unforbidden(ctx context.Context, info PlanInfo, w workload) error {
	if info.UndoOf != "" || len(w.seqs) == 0 {
		return nil
	}
	holds, err := s.e.Store.Holds(ctx)
	if err != nil {
		return err
	}
	decisions, err := s.e.Store.Decisions(ctx, s.conn.ID)
	if err != nil {
		return err
	}
	stays, err := s.stays(ctx, info)
	if err != nil {
		return err
	}
	f := NewForbidden(&info.Header, holds, decisions, nil, s.e.Now()) // freezes: see unfrozen
	if f.None() && len(stays) == 0 {
		return nil
	}
	for it, err := range s.chosen(ctx, info, w) {
		if err != nil {
			return err
		}
		if err := f.Check(it.Change); err != nil {
			return &StaleError{PlanID: info.ID, Why: err.Error()}
		}
		if c := it.Change; c.Action == plan.Deactivate && has(stays, c.SourceID) {
			return &StaleError{PlanID: info.ID, Why: fmt.Sprintf("%s was read again since it was made, and stays", c.Name)}
		}
	}
	return nil
}

// stays lists whom looks have found to stay since a plan was made that deactivates somebody.
func (s *session) stays(ctx context.Context, info PlanInfo) ([]int64, error) {
	if info.Header.Counts.Deactivate == 0 {
		return nil, nil
	}
	m, err := s.e.Store.Mark(ctx, s.conn.ID, true)
	return m.People.staysAfter(info.CreatedAt), err
}
