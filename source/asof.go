package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// ReadAsOf reads the company as it will look at the end of a future day (YYYY-MM-DD): the present
// state, over which the job information and employment status rows that take effect until then are
// laid, and the termination dates that arrive. Every record comes back in full. The certificate's facts
// are those of the present state. Two more requests than Read are made; a key that may not see the two
// history tables gets an error, because a preview without them would mislead.
//
// The tables name a manager only by name, so a new manager's ids are taken from the read with
// onlyCurrent=false when the row is the person's last, and are unreadable otherwise.
func (b *BambooHR) ReadAsOf(ctx context.Context, fields []string, day string) (*hr.Snapshot, error) {
	const doing = "read the employees as of a future day"
	before, today := b.Requests(), b.now().In(b.conn.Zones().Connection()).Format(time.DateOnly)
	if err := futureDay(day, today); err != nil {
		return nil, b.wrap(doing, err)
	}
	f := &forecast{today: today, day: day}
	var err error
	if f.status, err = b.readRows(ctx, today, "employmentStatus", "employmentStatus"); err != nil {
		return nil, b.wrap("read the employment status table", err)
	}
	if f.job, err = b.readRows(ctx, today, "jobInfo", append(jobAliases(), "reportsTo")...); err != nil {
		return nil, b.wrap("read the job information table", err)
	}
	wide := hr.NewSchema(append(policy.LifecycleFields(), managerAliases()...)...)
	snap, reader, err := b.read(ctx, fields, wide, nil)
	if err != nil {
		return nil, err
	}
	f.schema, f.ahead, f.views = snap.Schema, wide, reader == "report"
	snap.Ahead = hr.NewSchema(policy.LifecycleFields()...)
	snap.Records = f.over(snap.Records, snap.Ahead.Len())
	reading := snap.Reading
	snap.Reading = func() hr.Reading { r := reading(); r.Requests = b.Requests() - before; return r }
	return snap, nil
}

// ReadAsOf reads the file; of the future it knows only the termination dates.
func (c *CSV) ReadAsOf(ctx context.Context, fields []string, day string) (*hr.Snapshot, error) {
	today := c.now().UTC().Format(time.DateOnly)
	if err := futureDay(day, today); err != nil {
		return nil, wrap("read the employees as of a future day", c.name, err)
	}
	snap, err := c.Read(ctx, fields, nil)
	if err != nil {
		return nil, err
	}
	f := &forecast{today: today, day: day, schema: snap.Schema, ahead: snap.Ahead}
	snap.Records = f.over(snap.Records, snap.Ahead.Len())
	return snap, nil
}

func futureDay(day, today string) error {
	if _, err := time.Parse(time.DateOnly, day); err != nil || day <= today {
		return fmt.Errorf("%q is no day after today, %s; write it as YYYY-MM-DD", day, today)
	}
	return nil
}

// jobAliases are the fields that a row of the job information table has by the same name.
func jobAliases() []string { return []string{"jobTitle", "department", "division", "location"} }

// managerAliases are the fields that say who the manager is.
func managerAliases() []string {
	return []string{"supervisorEId", "supervisorId", "supervisorEmail", "supervisor", "reportsTo"}
}

// datedRow is one row of a history table; values follow the columns it was read with.
type datedRow struct {
	date   string
	values []hr.Value
}

// timeline is what one employee's rows say of now and later.
type timeline struct {
	now  datedRow   // in force today, zero when none is
	next []datedRow // later ones, by date
}

// at is the row that takes effect after today and is in force at the end of day; last tells that no
// later one exists. It is nil when nothing changes until then.
func (t timeline) at(day string) (row *datedRow, last bool) {
	for i := range t.next {
		if t.next[i].date <= day {
			row, last = &t.next[i], i == len(t.next)-1
		}
	}
	return row, last
}

// readRows reads a history table, keeping the row in force and the later ones of each employee. Of
// equal dates the last row counts (bamboohr-api §2.8).
func (b *BambooHR) readRows(ctx context.Context, today, table string, columns ...string) (map[int64]timeline, error) {
	stream, err := b.client.AllTableRows(ctx, table)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	decoder := bamboohr.NewDecoder(append([]string{"employeeId", "date"}, columns...)...)
	all := map[int64]timeline{}
	for row, err := range stream.Rows() {
		if err != nil {
			return nil, err
		}
		scalars, err := row.Decode(decoder)
		if err != nil {
			return nil, err
		}
		id, err := parseID(scalars[0].Text)
		if err != nil {
			return nil, err
		}
		if scalars[1].Kind == bamboohr.Absent {
			return nil, errors.New("the key may not see the dates of its rows; grant the whole table in the access level")
		}
		if scalars[1].Empty() {
			continue
		}
		d := datedRow{date: scalars[1].Text}
		for _, s := range scalars[2:] {
			d.values = append(d.values, value(s))
		}
		t := all[id]
		switch {
		case d.date > today:
			at, _ := slices.BinarySearchFunc(t.next, d.date+"~", func(r datedRow, date string) int { return strings.Compare(r.date, date) })
			t.next = slices.Insert(t.next, at, d)
		case d.date >= t.now.date:
			t.now = d
		}
		all[id] = t
	}
	return all, nil
}

// forecast lays what is known of the future over present records.
type forecast struct {
	today, day    string
	status, job   map[int64]timeline
	schema, ahead *hr.Schema
	views         bool // ahead was read with onlyCurrent=false, so it holds everybody's last manager
}

// over changes each record as it passes; the consumer sees the first lifecycle slots of Ahead only.
func (f *forecast) over(records iter.Seq2[hr.Record, error], lifecycle int) iter.Seq2[hr.Record, error] {
	return func(yield func(hr.Record, error) bool) {
		for r, err := range records {
			if err == nil && r.Problem == "" {
				f.applyJob(&r)
				f.applyStatus(&r)
				r.Ahead = r.Ahead[:lifecycle]
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// set changes a value that the key may see.
func (f *forecast) set(r *hr.Record, alias string, v hr.Value) {
	if slot, ok := f.schema.Slot(alias); ok && !r.Values[slot].IsUnreadable() {
		r.Values[slot] = v
	}
}

func (f *forecast) get(r *hr.Record, alias string) hr.Value {
	if slot, ok := f.schema.Slot(alias); ok {
		return r.Values[slot]
	}
	return hr.Hidden()
}

func (f *forecast) getAhead(r *hr.Record, alias string) hr.Value {
	if slot, ok := f.ahead.Slot(alias); ok {
		return r.Ahead[slot]
	}
	return hr.Hidden()
}

func (f *forecast) applyJob(r *hr.Record) {
	t := f.job[r.Num]
	row, last := t.at(f.day)
	if row == nil {
		return
	}
	aliases := jobAliases()
	for i, alias := range aliases {
		f.set(r, alias, row.values[i])
	}
	boss := func(d datedRow) hr.Value {
		if d.values == nil {
			return hr.Empty()
		}
		return d.values[len(aliases)]
	}
	newest := t.next[len(t.next)-1]
	switch {
	case f.views && (last || boss(*row) == boss(newest)):
		for _, alias := range managerAliases() {
			f.set(r, alias, f.getAhead(r, alias))
		}
	case boss(*row) != boss(t.now):
		for _, alias := range managerAliases() {
			f.set(r, alias, hr.Hidden())
		}
	}
}

func (f *forecast) applyStatus(r *hr.Record) {
	t := f.status[r.Num]
	if row, _ := t.at(f.day); row != nil {
		f.set(r, aliasEmployment, row.values[0])
		left := t.now.values != nil && policy.SameStatus(t.now.values[0].Text(), terminated)
		switch {
		case policy.SameStatus(row.values[0].Text(), terminated):
			f.set(r, aliasTerminationDate, hr.Text(row.date))
			f.set(r, aliasStatus, hr.Text("Inactive"))
		case left: // a rehire; that the account comes back by itself is assumed
			f.set(r, aliasTerminationDate, hr.Empty())
			f.set(r, aliasStatus, hr.Text("Active"))
		}
		return
	}
	ends := f.getAhead(r, aliasTerminationDate)
	if !ends.IsSet() {
		ends = f.get(r, aliasTerminationDate)
	}
	if ends.IsSet() && ends.Text() > f.today && ends.Text() <= f.day {
		f.set(r, aliasTerminationDate, ends)
		f.set(r, aliasStatus, hr.Text("Inactive"))
	}
}
