package plan

import (
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// HeldBy reports whether a hold in force is about something that the change writes. The planner makes no such change:
// whoever finds one has a hold that is younger than the plan.
func (c *Change) HeldBy(h *directory.Hold) bool {
	if c.Group != nil || h.PersonID != c.PersonID {
		return false
	}
	switch h.Field {
	case "":
		return true
	case statusField:
		return c.StatusAfter != c.StatusBefore
	}
	return slices.ContainsFunc(c.Fields, func(f FieldChange) bool { return f.Field == h.Field })
}

// FrozenBy reports whether a freeze in force is about something that the change writes of somebody who is in the directory
// already. With a freeze that it knows the planner makes no such change.
func (c *Change) FrozenBy(f *directory.Freeze) bool {
	return c.Version > 0 && slices.ContainsFunc(c.Fields, func(x FieldChange) bool { return f.Covers(x.Field) })
}

// Contradicts reports whether an administrator's decision about the change's employee, who has no account yet, wants
// something else than the change does. The planner makes no such change either.
func (c *Change) Contradicts(d directory.Decision) bool {
	if c.SourceID == 0 || d.SourceID != c.SourceID || c.Action != Create && c.Reason != Linked {
		return false
	}
	switch d.Kind {
	case directory.DecideIgnore:
		return true
	case directory.DecideLink:
		return c.Action == Create || d.PersonID != c.PersonID
	case directory.DecideNew:
		return c.Action != Create
	}
	return false
}

// EndsHold reports whether the plan found that HR says by now what a hold waits for. While a reading is doubtful that
// ends no hold, and yet the plan is made as if it did.
func (h *Header) EndsHold(hold *directory.Hold) bool {
	if slices.Contains(h.EndedHolds, hold.ID) {
		return true
	}
	_, waits := hold.Awaits()
	return waits && len(h.Evidence.Doubts) > 0
}
