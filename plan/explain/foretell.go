package explain

import (
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// Rule is what runs do with a field of the person.
type Rule struct {
	Writes Writes
	Clears bool   // with WritesAlways: a blank value counts too
	By     string // the setting that says so; "" when none does
}

// Writes tells when a run writes a field.
type Writes int

// When runs write a field.
const (
	WritesNever  Writes = iota
	WritesNobody        // the address of an owner or administrator, whatever the settings say
	WritesNew           // only when it makes the account
	WritesBlank         // while it is blank
	WritesAlways
)

// foretell tells what the next run does with the fields that somebody edited since the latest reading, but for those
// that are held or frozen, which is told as such.
func (in *Input) foretell() (lines []string) {
	var words []string
	fields := map[string]*plan.Change{} // by what is said of them
	for _, f := range in.edited() {
		w := foretold(in.Rules[f.Field], f.After == "")
		if fields[w] == nil {
			words, fields[w] = append(words, w), &plan.Change{}
		}
		fields[w].Fields = append(fields[w].Fields, f)
	}
	for _, w := range words {
		lines = append(lines, fmt.Sprintf(w, fields[w].FieldNames()))
	}
	return lines
}

// edited are the last edits by hand of the fields that have a rule, by when they were first edited.
func (in *Input) edited() (out []plan.FieldChange) {
	since := 0
	if in.Reading != nil {
		since = in.Older
	}
	for i := since; i < len(in.Entries); i++ {
		e := &in.Entries[i]
		if !e.Applied || e.Item.Change == nil {
			continue
		}
		for _, f := range e.Item.Change.Fields {
			at := slices.IndexFunc(out, func(o plan.FieldChange) bool { return o.Field == f.Field })
			_, known := in.Rules[f.Field]
			switch {
			case !e.Human && at >= 0: // a run has written it since
				out = slices.Delete(out, at, at+1)
			case !e.Human || !known || in.keeps(f.Field):
			case at >= 0:
				out[at] = f
			default:
				out = append(out, f)
			}
		}
	}
	return out
}

// keeps reports a hold or freeze on a field, or on the whole person.
func (in *Input) keeps(f directory.Field) bool {
	return in.onHold("") || in.onHold(f) || slices.ContainsFunc(in.Freezes, func(x directory.Freeze) bool { return x.Covers(f) })
}

// foretold is a sentence with a place for the fields that a rule is about.
func foretold(r Rule, blank bool) string {
	by := ""
	if r.By != "" {
		by = " (" + r.By + ")"
	}
	switch {
	case r.Writes == WritesAlways && r.Clears:
		return "The next run overwrites %s with what BambooHR has" + by + "."
	case r.Writes == WritesAlways:
		return "The next run overwrites %s with what BambooHR has, unless that is blank" + by + "."
	case r.Writes == WritesBlank && blank:
		return "The next run fills %s with what BambooHR has, because it is blank" + by + "."
	case r.Writes == WritesBlank:
		return "No run overwrites %s: BambooHR fills it only while it is blank" + by + "."
	case r.Writes == WritesNew:
		return "No run overwrites %s: BambooHR fills it only when the account is made" + by + "."
	case r.Writes == WritesNobody:
		return "No run overwrites %s: that of an owner or administrator is changed by hand only" + by + "."
	case r.By == "":
		return "No run overwrites %s: the settings fill it from nothing in BambooHR."
	}
	return "No run overwrites %s: it is kept here" + by + "."
}
