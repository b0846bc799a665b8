package plan

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
)

// UndoInput is what an undo is planned from.
type UndoInput struct {
	Input
	RunID   string
	Changes []Change           // what the run applied
	People  []directory.Person // those people as they are now, and whoever has an address of UndoAddresses
	// Managers returns the current manager of anybody, "" for none; nil when nobody needs to be asked.
	Managers func(personID string) string
	Kind     string // an action or a guarded kind: undo only these changes; "" for all
	Person   string // undo only this person's changes; "" for everybody's
}

// UndoEntry is one line of an undo's three lists.
type UndoEntry struct {
	PersonID string
	Name     string
	What     string // e.g. "job_title: Lead back to Engineer"
	Why      string // why it is kept or cannot be reverted
}

// UndoResult is a plan with reason undo, and what it means in three lists.
type UndoResult struct {
	Plan       Plan
	Reverted   []UndoEntry
	Kept       []UndoEntry // changed since the run
	Impossible []UndoEntry
}

// UndoAddresses returns, sorted, the addresses (as EmailKey) that an undo of the changes would give
// back: People must contain whoever has them now.
func UndoAddresses(changes []Change) []string {
	var out []string
	for i := range changes {
		for _, f := range changes[i].Fields {
			if f.Field == directory.Email && f.Before != "" {
				out = append(out, directory.EmailKey(f.Before))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Undo plans the reversal of a run, of one kind or of one person (security §3 #50, contradiction C23):
// only what still has the value that the run wrote goes back. People made by the run are deactivated,
// never deleted. Each reverted field gets a hold that ends when HR says the old value too, each reverted
// deactivation or creation one on the whole person, so that the next run does not redo it. A cleared
// value that comes back is held until HR has it again, one that goes back to blank until HR has none. Only
// somebody who becomes provisioned again is held until a human removes the hold: HR says nothing about that.
// The guard counts the deactivations. Who takes an undo back lets HR lead again: the holds that it put on what goes back
// end, and there are no others.
func Undo(in UndoInput) UndoResult {
	u := undoing{in: in, b: NewBuilder(in.Input), people: map[string]*directory.Person{}, after: map[string]string{}, holds: map[string][]directory.Hold{}}
	for i := range in.People {
		u.people[in.People[i].ID] = &in.People[i]
	}
	u.ofUndo = slices.ContainsFunc(in.Changes, func(c Change) bool { return c.Reason == Undone })
	var drafts []Change
	for i := range in.Changes {
		if c := &in.Changes[i]; u.wanted(c) {
			if back, ok := u.revert(c); ok {
				drafts = append(drafts, back)
				u.holds[c.PersonID] = c.Holds
			}
		}
	}
	for _, c := range u.settleAddresses(drafts) {
		u.finish(c)
	}
	r := &u.result
	r.Plan.Header = u.b.header(Evidence{})
	slices.SortStableFunc(r.Plan.Items, func(x, y Item) int { return Compare(&x, &y) })
	return u.result
}

type undoing struct {
	in     UndoInput
	b      *Builder
	people map[string]*directory.Person
	after  map[string]string           // person → manager after the undo, where it changes
	ofUndo bool                        // what is taken back is an undo itself
	holds  map[string][]directory.Hold // person → what that put on hold
	result UndoResult
}

func (u *undoing) wanted(c *Change) bool {
	if u.in.Person != "" && c.PersonID != u.in.Person {
		return false
	}
	return u.in.Kind == "" || string(c.Action) == u.in.Kind || c.Counted().Has(Kind(u.in.Kind))
}

func (u *undoing) reverted(c *Change, what string) {
	u.result.Reverted = append(u.result.Reverted, UndoEntry{PersonID: c.PersonID, Name: c.Name, What: what})
}

func (u *undoing) kept(c *Change, what, why string) {
	u.result.Kept = append(u.result.Kept, UndoEntry{c.PersonID, c.Name, what, why})
}

func (u *undoing) impossible(c *Change, what, why string) {
	u.result.Impossible = append(u.result.Impossible, UndoEntry{c.PersonID, c.Name, what, why})
}

// revert drafts the change that takes one change back; false when nothing of it can be.
func (u *undoing) revert(c *Change) (Change, bool) {
	if c.Group != nil {
		u.impossible(c, fmt.Sprintf("creation of the %s %s", c.Group.Kind, c.Group.Name), "departments and teams stay; others may use them by now")
		return Change{}, false
	}
	cur := u.people[c.PersonID]
	if cur == nil {
		u.impossible(c, string(c.Action), "the person is not in the directory any more")
		return Change{}, false
	}
	back := Change{Action: Update, Reason: Undone, SourceID: c.SourceID, PersonID: c.PersonID, Version: cur.Version,
		Email: cur.Values.Get(directory.Email), Name: personName(&cur.Values), StatusBefore: cur.Status, StatusAfter: cur.Status,
		Sentence: fmt.Sprintf("Taken back: what run %s changed.", u.in.RunID)}
	// No link state: what was remembered then is not what is known by now, and the person may be another employee since.
	if c.Reason == Linked {
		u.impossible(c, fmt.Sprintf("link to employee %d", c.SourceID), "a link tells who somebody is; it stays")
	}
	u.revertStatus(c, cur, &back)
	if c.Action != Create {
		u.revertFields(c, cur, &back)
	}
	return back, len(back.Fields) > 0 || back.StatusAfter != back.StatusBefore
}

func (u *undoing) revertStatus(c *Change, cur *directory.Person, back *Change) {
	before := c.StatusBefore
	if c.Action == Create {
		before = directory.Deactivated
	}
	what := fmt.Sprintf("status: %s back to %s", c.StatusAfter, before)
	switch {
	case before == c.StatusAfter:
		return
	case cur.Status != c.StatusAfter && cur.Status == before:
		u.kept(c, what, "it is "+string(cur.Status)+" already")
		return
	case cur.Status != c.StatusAfter && c.Action != Create:
		u.kept(c, what, "the status is "+string(cur.Status)+" by now")
		return
	case before == directory.Deactivated && u.b.lastOwner(cur):
		u.impossible(c, what, lastOwnerDetail)
		return
	}
	back.StatusAfter = before
	switch {
	case before == directory.Deactivated:
		back.Action = Deactivate
	case cur.Status == directory.Deactivated:
		back.Action = Reactivate
	default:
		back.Fields = append(back.Fields, FieldChange{Field: statusField, Kind: directory.KindText, Before: string(cur.Status), After: string(before)})
		u.hold(back, statusField, "") // no value of HR's means provisioned or active
		return
	}
	u.hold(back, "", directory.UntilHRSays(string(before)))
}

func (u *undoing) revertFields(c *Change, cur *directory.Person, back *Change) {
	for _, f := range c.Fields {
		if f.Field == statusField {
			continue
		}
		now, wrote, old := cur.Values.Get(f.Field), f.After, f.Before
		if f.Field == directory.Manager {
			wrote, old = f.AfterID, f.BeforeID
		}
		what := fmt.Sprintf("%s: %s back to %s", f.Field, Shown(f.After), Shown(f.Before))
		switch {
		case now == old:
			u.kept(c, what, "it has the old value already")
		case now != wrote:
			u.kept(c, what, "it was changed since, to "+Shown(now))
		case f.Field == directory.Email && cur.Role.Privileged():
			u.impossible(c, what, "the address of an owner or administrator is changed by hand only")
		case f.Field == directory.Manager && u.closesLoop(c.PersonID, old):
			u.impossible(c, what, "the reporting lines would form a loop now")
		default:
			if f.Field == directory.Manager {
				u.after[c.PersonID] = old
			}
			back.Fields = append(back.Fields, FieldChange{Field: f.Field, Kind: f.Kind, Before: f.After, After: f.Before,
				BeforeID: f.AfterID, AfterID: f.BeforeID})
			u.hold(back, f.Field, directory.UntilHRSays(old))
		}
	}
}

// Shown is a stored value for a reader: a list with commas, no value as "blank".
func Shown(text string) string {
	if text == "" {
		return "blank"
	}
	return strings.ReplaceAll(text, directory.ListSeparator, ", ")
}

// closesLoop tells whether a manager, by the lines as they are and as the undo has changed them so far,
// reports to the person already.
func (u *undoing) closesLoop(person, manager string) bool {
	for range maxLevels {
		switch manager {
		case "":
			return false
		case person:
			return true
		}
		if next, ok := u.after[manager]; ok {
			manager = next
		} else if p := u.people[manager]; p != nil {
			manager = p.Values.Get(directory.Manager)
		} else if u.in.Managers != nil {
			manager = u.in.Managers(manager)
		} else {
			return false
		}
	}
	return true
}

// hold keeps the next run from redoing what is taken back of one; no run redoes an undo.
func (u *undoing) hold(c *Change, f directory.Field, untilHR string) {
	if u.ofUndo {
		return
	}
	sum := sha256.Sum256([]byte(u.in.RunID + "\x00" + c.PersonID + "\x00" + string(f)))
	id := strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
	c.Holds = append(c.Holds, directory.Hold{ID: "h_" + id, PersonID: c.PersonID, Field: f, UntilHR: untilHR,
		Reason: "undo of run " + u.in.RunID, CreatedAt: u.in.Now})
}

// settleAddresses leaves out addresses that somebody else has by now and keeps, and ties people who
// give addresses back to each other.
func (u *undoing) settleAddresses(drafts []Change) []Change {
	holder := map[string]string{} // address → person who has it now
	for _, p := range u.in.People {
		holder[directory.EmailKey(p.Values.Get(directory.Email))] = p.ID
	}
	for {
		moves := map[string]bool{}
		for i := range drafts {
			moves[drafts[i].PersonID] = moves[drafts[i].PersonID] || emailChange(&drafts[i]) >= 0
		}
		if !u.dropTaken(drafts, holder, moves) {
			break
		}
	}
	for i := range drafts {
		c := &drafts[i]
		if at := emailChange(c); at >= 0 {
			if other := holder[directory.EmailKey(c.Fields[at].After)]; other != "" && other != c.PersonID {
				c.DependsOn = append(c.DependsOn, directory.PersonKey(other))
			}
		}
	}
	return drafts
}

// dropTaken leaves out one address that is not given up and reports whether there was one.
func (u *undoing) dropTaken(drafts []Change, holder map[string]string, moves map[string]bool) bool {
	for i := range drafts {
		c := &drafts[i]
		at := emailChange(c)
		if at < 0 {
			continue
		}
		other := holder[directory.EmailKey(c.Fields[at].After)]
		if other == "" || other == c.PersonID || moves[other] {
			continue
		}
		u.impossible(c, fmt.Sprintf("email: back to %s", c.Fields[at].After), "the address belongs to somebody else now")
		c.Fields = slices.Delete(c.Fields, at, at+1)
		c.Holds = slices.DeleteFunc(c.Holds, func(h directory.Hold) bool { return h.Field == directory.Email })
		return true
	}
	return false
}

func emailChange(c *Change) int {
	return slices.IndexFunc(c.Fields, func(f FieldChange) bool { return f.Field == directory.Email })
}

// finish enters a drafted change into the plan and the list of what goes back.
func (u *undoing) finish(c Change) {
	if len(c.Fields) == 0 && c.StatusAfter == c.StatusBefore {
		return
	}
	if c.StatusAfter != c.StatusBefore {
		u.reverted(&c, fmt.Sprintf("status: %s back to %s", c.StatusBefore, c.StatusAfter))
	}
	for _, f := range c.Fields {
		if f.Field != statusField {
			u.reverted(&c, fmt.Sprintf("%s: %s back to %s", f.Field, Shown(f.Before), Shown(f.After)))
		}
	}
	for _, h := range u.holds[c.PersonID] {
		if h.Field == "" && c.StatusAfter != c.StatusBefore || h.Field != "" && c.HeldBy(&h) {
			u.b.endedHold[h.ID] = true
		}
	}
	c.Kinds = c.Counted()
	// Collecting rows cannot fail.
	_ = u.b.put(Item{Change: &c}, func(it Item) error {
		u.result.Plan.Items = append(u.result.Plan.Items, it)
		return nil
	})
}
