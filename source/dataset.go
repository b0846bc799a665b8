package source

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// vocabulary gives each alias its name in the employee dataset (bamboohr-api §2.6).
type vocabulary map[string]string

// name is the dataset's name of an alias, "" when the dataset has no such field.
func (v vocabulary) name(alias string) string { return v[alias] }

// openDataset reads the employee dataset in pages ordered by id, and the employment status table for
// what lies in the future, which the dataset does not show. Values keep their report aliases in the
// schema.
func (b *BambooHR) openDataset(ctx context.Context, schema, ahead *hr.Schema, known hr.KnownFunc) (*pass, error) {
	words, err := b.vocabulary(ctx, schema.Names())
	if err != nil {
		return nil, err
	}
	future, err := b.readFuture(ctx)
	if err != nil {
		return nil, err
	}
	stream, columns, err := b.openRows(ctx, words.columns(schema, ahead))
	if err != nil {
		return nil, err
	}
	answered := make(map[string]bool, len(columns))
	for _, c := range columns {
		answered[c] = true
	}
	main := newForm(schema, columns, words.name, answered)
	later := newForm(ahead, columns, words.name, answered)
	if !future.readable {
		for _, alias := range []string{aliasEmployment, aliasTerminationDate} {
			if slot, ok := ahead.Slot(alias); ok {
				later.answered[slot] = false
			}
		}
	}
	build := newAssembler("dataset", b.secret, main, later, known)
	if future.why != "" {
		build.tally.warn("%s", future.why)
	}
	d := &dataset{
		side: newSide(stream, columns), columns: columns, future: future, build: build,
		employment: slices.Index(columns, words.name(aliasEmployment)), termination: slices.Index(columns, words.name(aliasTerminationDate)),
	}
	return &pass{"dataset", build, func(yield func(hr.Record, error) bool) {
		defer stream.Close()
		if err := d.run(yield); err != nil {
			yield(hr.Record{}, err)
		}
	}}, nil
}

// vocabulary asks for the field list only when a custom field needs its number.
func (b *BambooHR) vocabulary(ctx context.Context, aliases []string) (vocabulary, error) {
	v := vocabulary{}
	for _, c := range columns() {
		v[c.alias] = c.dataset
	}
	if !slices.ContainsFunc(aliases, func(a string) bool { return strings.HasPrefix(a, "custom") }) {
		return v, nil
	}
	fields, err := b.fieldList(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if strings.HasPrefix(f.Alias, "custom") && v[f.Alias] == "" {
			v[f.Alias] = "customField" + string(f.ID)
		}
	}
	return v, nil
}

// columns are the dataset's names of both schemas, id first.
func (v vocabulary) columns(schemas ...*hr.Schema) []string {
	out := []string{v.name(aliasID)}
	for _, s := range schemas {
		for _, alias := range s.Names() {
			if n := v.name(alias); n != "" && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

var invalidField = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`Invalid field name: (?:employee_)?(\w+)`) })

// openRows opens the dataset. It refuses a request that names a field it does not have, so the request
// is made again without it, and the field counts as not answered (bamboohr-api §2.6).
func (b *BambooHR) openRows(ctx context.Context, columns []string) (*bamboohr.Stream, []string, error) {
	for {
		stream, err := b.client.DatasetRows(ctx, bamboohr.DatasetQuery{Fields: columns})
		e, ok := errors.AsType[*bamboohr.Error](err)
		if !ok || e.Kind != bamboohr.ErrRejected {
			return stream, columns, err
		}
		m := invalidField().FindStringSubmatch(e.Message)
		if m == nil || m[1] == columns[0] || !slices.Contains(columns, m[1]) {
			return nil, nil, err
		}
		columns = slices.DeleteFunc(columns, func(c string) bool { return c == m[1] })
	}
}

// dataset is one walk over the employee dataset.
type dataset struct {
	*side
	columns []string
	future  *future
	build   *assembler
	values  []bamboohr.Scalar // of the row it stands on, restricted ones absent

	employment, termination int // their columns
}

func (d *dataset) run(yield func(hr.Record, error) bool) error {
	revoked := map[int64]bool{}
	for {
		if err := d.advance(); err != nil {
			return err
		}
		var r hr.Record
		switch {
		case d.id == 0:
			noteStats(d.build.tally, d.stream.Stats(), d.side)
			return nil
		case d.revoked && revoked[d.id]:
			continue
		case d.revoked:
			revoked[d.id] = true
			r = d.build.problem(d.id, twoRecords)
		case d.broken != "":
			r = d.build.unusable(d.id, d.broken)
		default:
			r = d.build.add(d.id, d, &aheadOfDataset{d, d.future.last[d.id]})
		}
		if !yield(r, nil) {
			return nil
		}
	}
}

// scalars decodes the row; a column named in its _restrictedFields is absent, not empty
// (bamboohr-api §3.4).
func (d *dataset) scalars() ([]bamboohr.Scalar, bamboohr.Warning, error) {
	values, odd, err := d.side.scalars()
	if err != nil {
		return nil, odd, err
	}
	hidden, err := d.row.Restricted()
	if err != nil {
		return nil, odd, err
	}
	for _, name := range hidden {
		if i := slices.Index(d.columns, strings.TrimPrefix(name, "employee_")); i > 0 {
			values[i] = bamboohr.Scalar{}
		}
	}
	d.values = values
	return values, odd, nil
}

// aheadOfDataset is what a report with onlyCurrent=false would say of the row the walk stands on: the
// same, but for the newest employment status and its date when it ends the employment.
type aheadOfDataset struct {
	d    *dataset
	last statusRow
}

// Raw is what is added to the row itself.
func (a *aheadOfDataset) Raw() []byte { return append(a.last.date[:], a.last.status...) }

func (a *aheadOfDataset) scalars() ([]bamboohr.Scalar, bamboohr.Warning, error) {
	values := slices.Clone(a.d.values)
	if a.last.status != "" {
		set := func(column int, text string) {
			if column >= 0 && values[column].Kind != bamboohr.Absent {
				values[column] = bamboohr.Scalar{Kind: bamboohr.String, Text: text}
			}
		}
		set(a.d.employment, a.last.status)
		if policy.SameStatus(a.last.status, terminated) {
			set(a.d.termination, string(a.last.date[:]))
		}
	}
	return values, bamboohr.Warning{}, nil
}

// terminated is a permanent built-in employment status (bamboohr-api §3.5).
const terminated = "Terminated"

// future is each employee's newest employment status row, dated ahead or not.
type future struct {
	readable bool
	why      string // a sentence, when it is not
	last     map[int64]statusRow
}

type statusRow struct {
	date   [10]byte // YYYY-MM-DD
	status string
}

// readFuture reads the employment status table of everybody. A key that may not see it reads the rest:
// the values ahead are then unreadable, and mean nothing to anybody.
func (b *BambooHR) readFuture(ctx context.Context) (*future, error) {
	f := &future{last: map[int64]statusRow{}}
	stream, err := b.client.AllTableRows(ctx, "employmentStatus")
	if errors.Is(err, bamboohr.ErrForbidden) || errors.Is(err, bamboohr.ErrNotFound) {
		f.why = fmt.Sprintf("future terminations cannot be seen: the key may not read the employment status table (%v)", err)
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	decoder := bamboohr.NewDecoder("employeeId", "date", "employmentStatus")
	names := map[string]string{}
	f.readable = true
	for row, err := range stream.Rows() {
		if err != nil {
			return nil, err
		}
		v, err := row.Decode(decoder)
		if err != nil {
			return nil, err
		}
		if v[1].Kind == bamboohr.Absent || v[2].Kind == bamboohr.Absent {
			f.readable, f.why = false, "future terminations cannot be seen: the key may not read date and status in the employment status table"
			continue
		}
		id, err := parseID(v[0].Text)
		if err != nil {
			return nil, err
		}
		f.add(id, v[1], v[2], names)
	}
	return f, nil
}

// add keeps the row with the greatest date, of equal ones the last (bamboohr-api §2.8).
func (f *future) add(id int64, date, status bamboohr.Scalar, names map[string]string) {
	if date.Empty() || status.Empty() || len(date.Text) != 10 {
		return
	}
	r := statusRow{status: names[status.Text]}
	if r.status == "" {
		r.status = strings.Clone(status.Text)
		names[r.status] = r.status
	}
	copy(r.date[:], date.Text)
	if before, ok := f.last[id]; !ok || string(before.date[:]) <= string(r.date[:]) {
		f.last[id] = r
	}
}
