package explain

import (
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// What somebody edited by hand since the latest reading is overwritten by the next run or not, as the settings say.
func TestExplainForetellsWhatBecomesOfAnEdit(t *testing.T) {
	const edited = stands + " The record was last changed at 2026-11-21 12:00 UTC: ana edited this person (phone)."
	first := applied(created(), "run1", made())
	edit := func(after string, fields ...directory.Field) Entry {
		e := stored(change(plan.Update, plan.FieldChanged, directory.Active, directory.Active, "ana edited this person", fields...), "", "ana", true)
		e.Human = true
		for i := range e.Item.Change.Fields {
			e.Item.Change.Fields[i].After = after
		}
		return e
	}
	hold := func(f directory.Field) []Hold {
		return []Hold{{Hold: directory.Hold{ID: "h1", Field: f, Reason: "r", CreatedAt: testNow}, By: "ana"}}
	}
	always := Rule{Writes: WritesAlways, By: "authority overwrite"}
	phone := func(r Rule) map[directory.Field]Rule { return map[directory.Field]Rule{directory.Phone: r} }
	const unread = " BambooHR was not read in full since then"
	for name, c := range map[string]struct {
		in   Input
		want string
	}{
		"overwritten":          {Input{Rules: phone(always)}, edited + " The next run overwrites phone with what BambooHR has, unless that is blank (authority overwrite)." + unread},
		"cleared":              {Input{Rules: phone(Rule{Writes: WritesAlways, Clears: true, By: "authority overwrite"})}, edited + " The next run overwrites phone with what BambooHR has (authority overwrite)." + unread},
		"filled":               {Input{Rules: phone(Rule{Writes: WritesBlank, By: "authority fill_empty"})}, edited + " No run overwrites phone: BambooHR fills it only while it is blank (authority fill_empty)." + unread},
		"filled again":         {Input{Entries: []Entry{edit("", directory.Phone)}, Rules: phone(Rule{Writes: WritesBlank, By: "authority fill_empty"})}, edited + " The next run fills phone with what BambooHR has, because it is blank (authority fill_empty)." + unread},
		"at first":             {Input{Rules: phone(Rule{Writes: WritesNew, By: "authority on_create"})}, edited + " No run overwrites phone: BambooHR fills it only when the account is made (authority on_create)." + unread},
		"kept":                 {Input{Rules: phone(Rule{By: "authority local"})}, edited + " No run overwrites phone: it is kept here (authority local)." + unread},
		"not mapped":           {Input{Rules: phone(Rule{})}, edited + " No run overwrites phone: the settings fill it from nothing in BambooHR." + unread},
		"an owner's":           {Input{Rules: phone(Rule{Writes: WritesNobody})}, edited + " No run overwrites phone: that of an owner or administrator is changed by hand only." + unread},
		"no run's":             {Input{}, edited + unread},
		"read since":           {Input{Rules: phone(always), Older: 2}, edited + " The latest reading"},
		"held":                 {Input{Rules: phone(always), Holds: hold(directory.Phone)}, edited + unread},
		"held as a whole":      {Input{Rules: phone(always), Holds: hold("")}, edited + unread},
		"held in another":      {Input{Rules: phone(always), Holds: hold(directory.Gender)}, edited + " The next run overwrites phone"},
		"frozen":               {Input{Rules: phone(always), Freezes: []directory.Freeze{{ID: "f1", What: []string{"phone"}}}}, edited + unread},
		"written by a run":     {Input{Entries: []Entry{edit("b", directory.Phone), applied(change(plan.Update, plan.FieldChanged, directory.Active, directory.Active, "", directory.Phone), "run2", made())}, Rules: phone(always)}, "(run2, by schedule). The latest reading"},
		"each by its own rule": {Input{Entries: []Entry{edit("b", directory.Phone, directory.Gender, directory.Location)}, Rules: map[directory.Field]Rule{directory.Phone: always, directory.Gender: {By: "authority local"}, directory.Location: always}}, "The next run overwrites phone and location with what BambooHR has, unless that is blank (authority overwrite). No run overwrites gender: it is kept here"},
	} {
		in := c.in
		if in.Entries == nil {
			in.Entries = []Entry{edit("b", directory.Phone)}
		}
		in.Status, in.Reading, in.Entries = directory.Active, made(), append([]Entry{first}, in.Entries...)
		in.Older = max(in.Older, 1)
		is := ResultNotRead
		if name == "read since" || name == "written by a run" {
			is = ResultNothing
		}
		(&answered{in, c.want, is, ""}).check(t, name)
	}
}
