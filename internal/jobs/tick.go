package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/rollcall-hr/rollcall/internal/connection"
)

const (
	// setBack is how far a clock must go back behind the last run before what it shows is believed more than
	// what was done: a correction or a jump of an hour never repeats a run (security §3 #39).
	setBack = 24 * time.Hour
	// mostMissed is where counting missed runs ends.
	mostMissed = 999
	// remembered is how long after the last run what it remembered of the dates in BambooHR is acted on without
	// reading: a daily run and two hours. After a pause somebody who was to leave may stay by now.
	remembered = 26 * time.Hour
	// tries is how often a job is begun that the database or a dying process kept from its end.
	tries = 5
)

// due is something that has to be done now.
type due struct {
	At     time.Time
	Missed int  // later starts that are over too; all are made up for by this one
	Look   bool // a moment at which BambooHR has to be read
	Hinted bool // BambooHR told of changes
}

// tick finds what is due and turns it into jobs; a job and the schedule that it came from are written
// together or not at all, and only in a term that is not over.
func (s *Service) tick(ctx context.Context, t *term) error {
	s.looking.Lock() // what was read first is written first
	defer s.looking.Unlock()
	var errs []error
	for _, o := range s.o.Organisations {
		now := s.o.Now() // before the settings are read, so that none is older than the instant
		tables, err := o.Connections.Timetables(ctx)
		errs = append(errs, err) // those that can be read go on
		hinted, err := s.hinted(ctx, o, s.o.Real())
		errs = append(errs, err)
		err = s.inTerm(ctx, t, func(tx *sql.Tx) error { return s.schedule(ctx, tx, o.ID, tables, hinted, now) })
		if err != nil {
			errs = append(errs, fmt.Errorf("look at the schedules of %s: %w", o.ID, err))
		}
	}
	return errors.Join(errs...)
}

// schedule does a tick for one organisation.
func (s *Service) schedule(ctx context.Context, tx *sql.Tx, organisation string, tables []connection.Timetable, hinted map[string]bool, now time.Time) error {
	rows, err := s.o.Queue.Rows(ctx, tx, organisation)
	if err != nil {
		return err
	}
	open, err := s.open(ctx, tx, organisation)
	if err != nil {
		return err
	}
	for _, t := range tables {
		was := rowOf(rows, t.ID, Run)
		row, d := nextRun(was, t, now, shift(organisation, t.ID, s.o.Spread))
		if err := s.put(ctx, tx, organisation, was, row, d, now); err != nil {
			return err
		}
		if d != nil || len(open[t.ID]) > 0 {
			continue // it does what came due as well, or soon gives way to it
		}
		was = rowOf(rows, t.ID, Effects)
		m, err := s.o.Queue.Moments(ctx, tx, organisation, t.ID, lastMoment(was, now), now)
		if err != nil {
			return err
		}
		row, d = nextEffects(was, t, m, rowOf(rows, t.ID, Run).Last, now)
		if err := s.put(ctx, tx, organisation, was, row, d, now); err != nil {
			return err
		}
		if d != nil {
			continue
		}
		was = rowOf(rows, t.ID, Changes)
		_, resting := s.rests.on(organisation, t.ID, s.o.Real())
		row, d = nextChanges(was, rowOf(rows, t.ID, Run).Last, t, hinted[t.ID], resting, now)
		if err := s.put(ctx, tx, organisation, was, row, d, now); err != nil {
			return err
		}
	}
	return nil
}

// put keeps a row that changed and the job that came of it.
func (s *Service) put(ctx context.Context, tx *sql.Tx, organisation string, was, row Row, d *due, now time.Time) error {
	if !row.same(was) {
		if err := s.o.Queue.Put(ctx, tx, organisation, row); err != nil {
			return err
		}
	}
	if d == nil {
		return nil
	}
	task := Task{Organisation: organisation, Connection: row.Connection, Due: d.At, Found: now, Missed: d.Missed, Moment: row.Kind == Effects, Hinted: d.Hinted}
	opts := &river.InsertOpts{Queue: queueRuns, MaxAttempts: tries, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
	var job river.JobArgs = runArgs{task}
	switch {
	case row.Kind == Changes:
		job = changesArgs{task}
	case row.Kind == Effects && !d.Look:
		job, opts.Queue = effectsArgs{task}, queueEffects
	}
	// One that is not finished yet stands for this one too.
	_, err := s.client.InsertTx(ctx, tx, job, opts)
	return err
}

// nextRun tells what an instant makes of a connection's schedule. Starts that were missed, because the
// process was down or the clock jumped, are made up for by one run (promise SI38).
func nextRun(row Row, t connection.Timetable, now time.Time, shift time.Duration) (Row, *due) {
	next := func(after, last time.Time) time.Time {
		if !last.IsZero() {
			last = last.Add(-shift)
		}
		at := t.Next(after.Add(-shift), last)
		if at.IsZero() {
			return at
		}
		return at.Add(shift)
	}
	row.Kind, row.Connection = Run, t.ID
	var d *due
	spec := specOf(t)
	switch {
	case row.Last.Sub(now) > setBack:
		row.Last = time.Time{}
		row.Next = next(now, row.Last)
	case t.On && !row.Next.IsZero() && !row.Next.After(now) && !now.Before(t.From):
		d = &due{At: row.Next}
		for at := next(d.At, d.At); !at.IsZero() && !at.After(now) && d.Missed < mostMissed; at = next(at, at) {
			d.Missed++
		}
		row.Last = row.Next
		row.Next = next(now, row.Last)
	case row.Spec != spec:
		row.Next = next(now, row.Last)
	}
	row.Spec = spec
	return row, d
}

// specOf is everything that a connection's next run follows from.
func specOf(t connection.Timetable) string {
	if !t.On {
		return ""
	}
	spec := t.Schedule.String() + " " + t.Zone.String()
	if !t.From.IsZero() {
		spec += " from " + t.From.UTC().Format(time.RFC3339)
	}
	if t.Failing {
		spec += " failing"
	}
	return spec
}

// nextEffects tells whether effects have to be applied. Each instant is tried once; what the guard keeps
// waiting is shown with the run, and planned again by the next one. ran is when the last run started.
func nextEffects(row Row, t connection.Timetable, m Moments, ran, now time.Time) (Row, *due) {
	row.Kind, row.Connection, row.Last, row.Next = Effects, t.ID, lastMoment(row, now), time.Time{}
	if !t.On || m.Next.IsZero() {
		return row, nil
	}
	if row.Next = m.Next; row.Next.Before(t.From) {
		row.Next = t.From
	}
	if m.Last.IsZero() || now.Before(t.From) {
		return row, nil
	}
	row.Last, row.Next = m.Last, time.Time{} // the next look finds what comes next
	// In error BambooHR is asked once a day, whatever comes due.
	return row, &due{At: m.Next, Look: (m.Look || now.Sub(ran) > remembered) && !t.Failing}
}

// lastMoment is the instant after which effects are looked for.
func lastMoment(row Row, now time.Time) time.Time {
	if row.Last.Sub(now) > setBack {
		return now
	}
	return row.Last
}

// shift is a connection's part of the spread, always the same.
func shift(organisation, connection string, spread time.Duration) time.Duration {
	if spread < time.Second {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s", organisation, connection)
	return time.Duration(h.Sum64()%uint64(spread/time.Second)) * time.Second
}

func rowOf(rows []Row, connection string, kind Kind) Row {
	for _, r := range rows {
		if r.Connection == connection && r.Kind == kind {
			return r
		}
	}
	return Row{Connection: connection, Kind: kind}
}

// unfinished are the states of jobs that still have to be done.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled}
}

// open returns the unfinished jobs of an organisation by connection.
func (s *Service) open(ctx context.Context, tx *sql.Tx, organisation string) (map[string][]Task, error) {
	found, err := s.client.JobListTx(ctx, tx, river.NewJobListParams().Kinds(kinds()...).States(unfinished()...).First(10000))
	if err != nil {
		return nil, err
	}
	out := map[string][]Task{}
	for _, row := range found.Jobs {
		var t Task
		if err := json.Unmarshal(row.EncodedArgs, &t); err != nil {
			return nil, fmt.Errorf("job %d: %w", row.ID, err)
		}
		if t.Organisation == organisation {
			out[t.Connection] = append(out[t.Connection], t)
		}
	}
	return out, nil
}
