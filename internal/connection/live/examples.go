package live

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// The examples of a mapping row: so many people, one of them with a blank value where there is one.
const (
	examples      = 5
	examplesBlank = 1
)

// Examples shows for each mapping row of settings what it gives for up to five real people, always the same
// ones for the same employees: active people first, most of them with a value, one blank, and before all one
// whose value cannot be used.
func (m *Sample) Examples(p *policy.Connection, now time.Time) (map[string][]Example, error) {
	mapper, err := m.mapper(p, now)
	if err != nil {
		return nil, err
	}
	rows := make([]*picks, len(p.Mapping))
	for i, r := range p.Mapping {
		rows[i] = &picks{target: directory.Field(r.Target), kind: r.Kind(), fields: policy.RuleFields(r, p.Mapping)}
	}
	managers := m.managers()
	var w directory.Wanted
	for _, active := range []bool{true, false} {
		for i := range m.records {
			rec := &m.records[i]
			if rec.Coverage.Active() != active || rec.Problem != "" {
				continue
			}
			full := true
			for _, row := range rows {
				full = full && row.full()
			}
			if full {
				break
			}
			mapper.Map(rec, &w)
			for _, row := range rows {
				row.see(m, rec, &w, managers)
			}
		}
	}
	out := make(map[string][]Example, len(rows))
	for _, row := range rows {
		out[string(row.target)] = row.choose()
	}
	return out, nil
}

// picks gathers the examples of one mapping row.
type picks struct {
	target            directory.Field
	kind              policy.Kind
	fields            []policy.SourceField
	set, blank, wrong []Example
}

func (p *picks) full() bool {
	return len(p.set) >= examples && len(p.blank) >= examplesBlank && len(p.wrong) > 0
}

// see takes an employee as an example when there is room for one of that kind.
func (p *picks) see(m *Sample, rec *hr.Record, w *directory.Wanted, managers func(*directory.ManagerRef) string) {
	want := w.Want(p.target)
	if p.kind == policy.KindManager {
		want = directory.Want{State: w.Manager.State, From: w.Manager.From}
		if want.State == directory.WantSet {
			want.Text = managers(&w.Manager)
		}
	}
	into, room := &p.blank, examples
	switch want.State {
	case directory.WantSet:
		into = &p.set
	case directory.WantInvalid, directory.WantUnreadable:
		into, room = &p.wrong, 1
	}
	if len(*into) >= room {
		return
	}
	ex := Example{SourceID: rec.ID, Name: w.Name, Value: shown(p.kind, want.Text)}
	for _, f := range p.fields {
		v := m.value(rec, f)
		ex.Source = append(ex.Source, Part{Field: string(f), Value: v.Text(), State: v.State().String()})
	}
	switch want.State {
	case directory.WantUnreadable:
		ex.Note = "the key cannot read " + want.From + " for this employee, so the field keeps its value"
	case directory.WantInvalid:
		ex.Note = cmp.Or(note(w, p.target), "the value cannot be used")
	case directory.NotMapped:
		ex.Note = "this field is never written (authority local)"
	}
	*into = append(*into, ex)
}

// choose puts a value that cannot be used first, keeps a place for a blank one, and fills up with values.
func (p *picks) choose() []Example {
	out := p.wrong
	blank := min(len(p.blank), examplesBlank)
	out = append(out, p.set[:min(len(p.set), examples-len(out)-blank)]...)
	return append(out, p.blank[:min(len(p.blank), examples-len(out))]...)
}

// note is why a field's value could not be used.
func note(w *directory.Wanted, f directory.Field) string {
	for _, n := range w.Notes {
		if n.Field == f && n.Reason != "" {
			return n.Detail
		}
	}
	return ""
}

// shown writes a wanted value as people read it.
func shown(kind policy.Kind, text string) string {
	switch {
	case kind == policy.KindList:
		return strings.Join(directory.SplitList(text), ", ")
	case kind == policy.KindBoolean && text != "":
		return map[string]string{"true": "yes", "false": "no"}[text]
	}
	return text
}

// managers names the employee whom a reference means: by internal id, then employee number, then e-mail.
func (m *Sample) managers() func(*directory.ManagerRef) string {
	byID, byNumber, byEmail := map[int64]string{}, map[string]string{}, map[string]string{}
	for i := range m.records {
		rec := &m.records[i]
		name := m.name(rec)
		byID[rec.Num] = name
		if v := m.value(rec, policy.SourceField(policy.MatchEmployeeNumber.Alias())); v.IsSet() {
			byNumber[directory.EmailKey(v.Text())] = name
		}
		if v := m.value(rec, policy.SourceField(policy.MatchWorkEmail.Alias())); v.IsSet() {
			byEmail[directory.EmailKey(v.Text())] = name
		}
	}
	return func(ref *directory.ManagerRef) string {
		id := ""
		if ref.SourceID != 0 {
			id = "employee " + strconv.FormatInt(ref.SourceID, 10)
		}
		return cmp.Or(byID[ref.SourceID], byNumber[ref.Number], byEmail[ref.Email], id, ref.Number, ref.Email)
	}
}

// name is what the columns that were read say of an employee's name.
func (m *Sample) name(rec *hr.Record) string {
	var parts []string
	for _, f := range []policy.SourceField{"firstName", "lastName"} {
		if v := m.value(rec, f); v.IsSet() {
			text, _ := directory.CleanText(v.Text())
			parts = append(parts, text)
		}
	}
	return cmp.Or(strings.Join(parts, " "), "employee "+rec.ID)
}
