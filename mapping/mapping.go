package mapping

import (
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// Mapper maps the records of one reading. It keeps scratch memory, so it is for one goroutine.
type Mapper struct {
	now      time.Time
	keyOwner string
	fields   []field          // mapped from BambooHR fields, then by expression
	wants    []directory.Want // of the current record, in the order of fields
	extras   []int            // the budgets and custom fields among fields, by name
	manager  []source         // nil: not mapped
	match    []matchKey
	rules    []scopeRule
	life     lifecycle
	targets  map[string]directory.Field // which field an alias fills, for the reader's warnings
}

// New prepares a mapper for readings with these schemas. conn is what policy parsed; aliases answers
// which BambooHR alias each "name:…" reference means; ahead is the schema of the view with future rows
// (bamboohr-api §3.5), nil when there is none; keyOwner is the internal id of the employee whose key
// reads, "" for none. Only whether a hire date has come depends on now. It reports every fault at once,
// such as a column that the reading was not asked for.
func New(conn *policy.Connection, aliases map[string]string, schema, ahead *hr.Schema, keyOwner string, now time.Time) (*Mapper, []policy.Fault) {
	c := compiler{conn: conn, aliases: aliases, schema: schema, ahead: ahead}
	m := &Mapper{now: now, keyOwner: keyOwner, targets: map[string]directory.Field{}}
	c.mapping(m)
	c.matchKeys(m)
	c.scope(m)
	c.lifecycle(m)
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	return m, nil
}

// Fields returns the BambooHR aliases that a reading for conn must ask for, sorted: those of
// policy.SourceFields with "name:…" resolved. A reference that aliases does not answer is left as it
// is; New reports it.
func Fields(conn *policy.Connection, aliases map[string]string) []string {
	fields := policy.SourceFields(*conn)
	for i, f := range fields {
		if alias, ok := aliases[f]; ok {
			fields[i] = alias
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// Map fills w from a record, which must not be one that is Unchanged; what w held before is gone.
// Instants are in UTC. These rules hold for every field:
//
//   - The first source that is not blank supplies the value. A source that is unreadable or that cannot
//     be understood ends the search: falling back would change people whenever a right is lost
//     (promise SI39).
//   - An unreadable source gives WantUnreadable, without a note; From names the source.
//   - A value that cannot be used gives WantInvalid and a note with reason invalid_value; one that was
//     only cleaned is used and noted with reason "".
//   - A leaving signal that cannot be judged, because its column is unreadable or no date, and whose
//     column no field shows, gives a note with reason unreadable and no field.
//   - The termination date is the one of the view with future rows where that has one, both as value
//     and as signal.
//
// A record with a Problem gives only SourceID, Name, Problem and the warnings. The manager is in
// w.Manager alone, because only package plan knows which person it is.
func (m *Mapper) Map(rec *hr.Record, w *directory.Wanted) {
	w.Reset()
	w.SourceID = rec.Num
	w.Fingerprint = rec.Fingerprint
	w.Coverage = uint64(rec.Coverage)
	w.KeyOwner = m.keyOwner != "" && rec.ID == m.keyOwner
	w.Problem = rec.Problem
	m.warnings(rec, w)
	if rec.Problem != "" {
		w.Name = unnamed(rec.Num)
		return
	}
	m.mapFields(rec, w)
	m.mapNames(w)
	if m.manager != nil {
		w.Manager = managerRef(m.manager, rec, w)
	}
	for i := range m.match {
		w.Match = append(w.Match, directory.MatchKey{Name: m.match[i].name, Value: m.match[i].value(rec)})
	}
	w.Scope = m.scope(rec)
	m.mapLifecycle(rec, w)
}

func (m *Mapper) warnings(rec *hr.Record, w *directory.Wanted) {
	for _, x := range rec.Warnings {
		detail := x.Text
		if x.Field != "" {
			detail = x.Field + ": " + x.Text
		}
		w.Notes = append(w.Notes, directory.Note{Field: m.targets[x.Field], Detail: detail})
	}
}

func (m *Mapper) mapFields(rec *hr.Record, w *directory.Wanted) {
	for i := range m.fields {
		f := &m.fields[i]
		if f.expr != nil {
			m.wants[i] = m.evaluate(f, rec, w)
		} else {
			m.wants[i] = f.firstSet(rec, w)
		}
		if f.slot >= 0 && !f.hidden {
			w.Fields[f.slot] = m.wants[i]
		}
	}
	for _, i := range m.extras {
		f := &m.fields[i]
		w.Extras = append(w.Extras, directory.WantExtra{Field: f.target, Kind: f.kind, Want: m.wants[i]})
	}
}

// mapNames derives the name for people, and the display name unless it is mapped.
func (m *Mapper) mapNames(w *directory.Wanted) {
	given, last := &w.Fields[slotPreferred], &w.Fields[slotLast]
	if given.State == directory.NotMapped || given.State == directory.WantBlank {
		given = &w.Fields[slotFirst]
	}
	derived := derive(given, last)
	if w.Fields[slotDisplay].State == directory.NotMapped {
		w.Fields[slotDisplay] = derived
	}
	switch {
	case derived.Text != "":
		w.Name = derived.Text
	case w.Fields[slotFirst].Text != "" || last.Text != "":
		w.Name = joinNames(w.Fields[slotFirst].Text, last.Text)
	default:
		w.Name = unnamed(w.SourceID)
	}
}

// derive joins two wants; what is not known of either is not known of the whole.
func derive(given, last *directory.Want) directory.Want {
	for _, state := range []directory.WantState{directory.WantUnreadable, directory.WantInvalid} {
		for _, part := range []*directory.Want{given, last} {
			if part.State == state {
				return directory.Want{State: state, From: part.From}
			}
		}
	}
	from := given.From
	if given.Text == "" {
		from = last.From
	}
	text := joinNames(given.Text, last.Text)
	switch {
	case text != "":
		return directory.Want{State: directory.WantSet, Text: text, From: from}
	case given.State == directory.NotMapped && last.State == directory.NotMapped:
		return directory.Want{}
	}
	return directory.Want{State: directory.WantBlank, From: from}
}

func joinNames(given, last string) string {
	if given == "" || last == "" {
		return given + last
	}
	return given + " " + last
}

func unnamed(id int64) string { return "employee " + strconv.FormatInt(id, 10) }

// matchKey reads one correlation value in the form in which package plan compares it: EmailKey for
// every key (trimmed, ASCII lower-case; product, "Matching").
type matchKey struct {
	name  string
	src   source
	email bool
}

// value is "" for blank, unreadable and unusable values: on none of them may anybody be matched.
func (k *matchKey) value(rec *hr.Record) string {
	text, state := k.src.read(rec)
	if state != hr.Set {
		return ""
	}
	text, _ = directory.CleanText(text)
	if k.email && emailFault(text) != "" {
		return ""
	}
	return directory.EmailKey(text)
}

func invalid(w *directory.Wanted, f directory.Field, detail string) {
	w.Notes = append(w.Notes, directory.Note{Field: f, Reason: invalidValue, Detail: detail})
}
