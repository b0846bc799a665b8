package views

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// rank is a kind's place among the effects of one instant, and how SQL names it; 0 is no kind.
func rank(k view.EffectKind) int64 { return int64(slices.Index(view.EffectKinds(), k) + 1) }

// kindAt is the kind of a rank.
func kindAt(rank int64) view.EffectKind { return view.EffectKinds()[rank-1] }

// ranked puts the ranks into SQL in place of the names of kinds, as in {hold_end}, and the ranks of all kinds that
// come at the end of a day in place of {ends_day}.
func ranked(sql string) string {
	var pairs, ends []string
	for _, k := range view.EffectKinds() {
		no := strconv.FormatInt(rank(k), 10)
		if pairs = append(pairs, "{"+string(k)+"}", no); k.EndsDay() {
			ends = append(ends, no)
		}
	}
	return strings.NewReplacer(append(pairs, "{ends_day}", strings.Join(ends, ", "))...).Replace(sql)
}

// stored is every effect whose instant is kept: of links, of links that were moved away, and the ends of holds,
// freezes and pauses. $1 is the organisation, $2 now. What ends a day has its place in the list a millisecond before.
const stored = `select x.at - (x.rank in ({ends_day})) as place, x.* from (
	select l.due_at as at, case when l.due_action is not null then {deactivation} when l.due_reason = 'on_hold' then {decision} else {start} end as rank,
		l.connection as conn, cast(l.source_id as text) as tie, l.source_id as source, l.person_id as person, l.due_reason as reason, l.due_date as date,
		null as field, null as note, 0 as cancelled, null as what
	from dues l where l.org = $1 and (l.due_action is not null or l.due_date is not null)
	union all select m.was_at, case when m.was_action is not null then {deactivation} when m.was_reason = 'on_hold' then {decision} else {start} end, m.connection,
		cast(m.source_id as text), m.source_id, m.person_id, m.was_reason, m.was_date, null, null, 1, null
	from due_moves m where m.org = $1 and m.was_at > $2 and m.now_at is null
		and not exists (select 1 from dues l where l.org = m.org and l.connection = m.connection and l.source_id = m.source_id)
	union all select h.until, {hold_end}, coalesce((select p.connection from people p where p.org = h.org and p.id = h.person_id), 0), h.id, 0, h.person_id, null, null,
		h.field, h.reason, 0, null
	from holds h where h.org = $1 and h.until > $2
	union all select f.until, {freeze_end}, f.connection, f.id, 0, null, null, null, null, f.reason, 0, f.what
	from freezes f where f.org = $1 and f.until > $2
	union all select c.paused_until, {pause_end}, c.no, c.id, 0, null, null, null, null, c.paused_reason, 0, null
	from connections c where c.org = $1 and c.paused_until > $2 and c.deleted_at is null) x`

// effectKey is the place of an effect in the list.
type effectKey struct {
	place, rank, conn int64
	tie               string
}

func (k effectKey) compare(o effectKey) int {
	return cmp.Or(cmp.Compare(k.place, o.place), cmp.Compare(k.rank, o.rank), cmp.Compare(k.conn, o.conn), strings.Compare(k.tie, o.tie))
}

func (k effectKey) cursor() string {
	return cursor("effects", strconv.FormatInt(k.place, 10), strconv.FormatInt(k.rank, 10), strconv.FormatInt(k.conn, 10), k.tie)
}

func effectAfter(text string) (k effectKey, err error) {
	parts, err := parseCursor(text, "effects", 4)
	if err != nil || parts == nil {
		return k, err
	}
	for i, n := range []*int64{&k.place, &k.rank, &k.conn} {
		if *n, err = strconv.ParseInt(parts[i], 10, 64); err != nil {
			return k, &CursorError{Cursor: text}
		}
	}
	k.tie = parts[3]
	return k, nil
}

// placed is an effect at its place.
type placed struct {
	effectKey
	view.Effect
}

// Effects lists dated effects, the first to come first; directory.ErrNotFound when there is no such
// connection. What a run moved while it was still to come tells so; what it took away is listed where it was.
func (s *Store) Effects(ctx context.Context, q EffectQuery) (Page[Effect], error) {
	var out Page[Effect]
	limit := bounded(q.Limit)
	after, err := effectAfter(q.After)
	if err != nil {
		return out, err
	}
	err = s.org.Read(ctx, func(t tx) error {
		e, err := newEffects(t, &q)
		if err != nil {
			return err
		}
		list, err := e.stored(after, limit+1)
		if err != nil {
			return err
		}
		more, err := s.withRuns(e, after)
		if err != nil {
			return err
		}
		list = append(list, more...)
		slices.SortFunc(list, func(a, b placed) int { return a.compare(b.effectKey) })
		if len(list) > limit {
			list = list[:limit]
			out.Next = list[limit-1].cursor()
		}
		for i := range list {
			x := &list[i].Effect
			if err := waits(e, list[i].conn, x); err != nil {
				return err
			}
			out.Items = append(out.Items, *x)
		}
		return nil
	})
	if err != nil {
		return Page[Effect]{}, fmt.Errorf("read the effects that are to come: %w", err)
	}
	return out, nil
}

// EffectCounts counts dated effects by instant and kind, the first to come first; what was taken away does not
// count.
func (s *Store) EffectCounts(ctx context.Context, q EffectQuery) ([]EffectCount, error) {
	var out []EffectCount
	err := s.org.Read(ctx, func(t tx) error {
		e, err := newEffects(t, &q)
		if err != nil {
			return err
		}
		f := e.filter()
		if err := t.Each("select e.place, e.rank, count(*) from ("+ranked(stored)+") e left join people p on p.org = $1 and p.id = e.person where e.cancelled = 0"+f.sql.String()+
			" group by e.place, e.rank order by e.place, e.rank", func(st stmt) error {
			out = append(out, EffectCount{Place: sqldb.Instant(st.ColInt(0)), Kind: kindAt(st.ColInt(1)), Count: int(st.ColInt(2))})
			return nil
		}, f.all(t)...); err != nil {
			return err
		}
		more, err := s.withRuns(e, effectKey{})
		for i := range more {
			out = append(out, EffectCount{Place: sqldb.Instant(more[i].place), Kind: more[i].Kind, Count: 1})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count the effects that are to come: %w", err)
	}
	slices.SortStableFunc(out, func(a, b EffectCount) int { return a.Place.Compare(b.Place) })
	return out, nil
}

// effects reads what a query picks.
type effects struct {
	t     tx
	q     *EffectQuery
	conns map[int64]string
	only  int64 // connections.no; 0: all
}

func newEffects(t tx, q *EffectQuery) (*effects, error) {
	e := &effects{t: t, q: q}
	var err error
	if e.conns, err = connections(t); err == nil && q.Connection != "" {
		e.only, err = connectionNo(t, q.Connection)
	}
	return e, err
}

// filter picks stored effects that can still happen.
func (e *effects) filter() *filter {
	f := &filter{args: []any{e.q.Now}}
	if e.q.Kind != "" {
		f.add("e.rank = $$", rank(e.q.Kind))
	}
	if !e.q.From.IsZero() {
		f.add("e.place >= $$", e.q.From)
	}
	if !e.q.To.IsZero() {
		f.add("e.place < $$", e.q.To)
	}
	if e.only != 0 {
		f.add("e.conn = $$", e.only)
	}
	active := "false"
	for _, no := range slices.Sorted(maps.Keys(e.conns)) {
		if e.q.Rules[e.conns[no]].Activates {
			active += fmt.Sprintf(" or e.conn = %d", no)
		}
	}
	f.add(ranked("(e.cancelled = 1 or e.rank not in ({deactivation}, {decision}) or p.status <> 'deactivated')" +
		" and (e.cancelled = 1 or e.rank <> {start} or p.status = 'provisioned') and (e.rank <> {start} or " + active + ")"))
	return f
}

// stored reads effects after a place: the page first, then what is shown of it.
func (e *effects) stored(after effectKey, limit int) ([]placed, error) {
	f := e.filter()
	if after != (effectKey{}) {
		f.add("(e.place, e.rank, e.conn, e.tie) > ($$, $$, $$, $$)", after.place, after.rank, after.conn, after.tie)
	}
	f.add("true order by e.place, e.rank, e.conn, e.tie limit $$", int64(limit))
	var out []placed
	err := e.t.Each(ranked(`select e.place, e.rank, e.conn, e.tie, e.source, e.person, e.reason, e.date, e.field, e.note, e.cancelled,
			p.display_name, p.first_name, p.last_name, p.email, p.location, m.was_at, m.was_date, r.id, r.started_at,
			e.rank <> {hold_end} and exists (select 1 from holds h where h.org = $1 and h.person_id = e.person and (h.field is null or h.field = 'status')
				and (h.until is null or h.until > max(e.at, $2))), e.at, p.status, r.undo_of is not null, e.what
		from (select e.* from (`+stored+`) e left join people p on p.org = $1 and p.id = e.person where true`+f.sql.String()+`) e
		left join people p on p.org = $1 and p.id = e.person
		left join due_moves m on m.org = $1 and m.connection = e.conn and m.source_id = e.source
			and (e.cancelled = 1 or m.now_at = e.at and m.was_reason is e.reason)
		left join runs r on r.no = m.run order by e.place, e.rank, e.conn, e.tie`), func(st stmt) error {
		k := effectKey{st.ColInt(0), st.ColInt(1), st.ColInt(2), st.ColText(3)}
		x := view.Effect{At: sqldb.Instant(st.ColInt(21)), Kind: kindAt(k.rank), Connection: e.conns[k.conn], SourceID: st.ColInt(4), PersonID: st.ColText(5),
			Reason: plan.Reason(st.ColText(6)), Date: st.ColText(7), Field: directory.Field(st.ColText(8)), Note: st.ColText(9), Cancelled: st.ColInt(10) != 0,
			Name: nameAt(st, 11), Location: st.ColText(15), Held: st.ColInt(20) != 0, Status: directory.Status(st.ColText(22))}
		if !st.ColNull(18) {
			x.Moved = &view.EffectMove{WasAt: sqldb.Instant(st.ColInt(16)), WasDate: st.ColText(17), RunID: st.ColText(18), At: sqldb.Instant(st.ColInt(19)), Undo: st.ColInt(23) != 0}
		}
		if x.Kind == view.FreezeEnd {
			x.Freeze = k.tie
			if err := json.Unmarshal([]byte(st.ColText(24)), &x.What); err != nil {
				return fmt.Errorf("fields of freeze %s: %w", x.Freeze, err)
			}
		}
		out = append(out, placed{k, x})
		return nil
	}, f.all(e.t)...)
	return out, err
}

// withRuns lists what no instant is kept for, because a run does it: newcomers whom the newest plan of a
// connection lists as not started, and first days of people whose last day is known already.
func (s *Store) withRuns(e *effects, after effectKey) ([]placed, error) {
	var out []placed
	add := func(k effectKey, x view.Effect) {
		x.WithRun, x.Connection, k.place = true, e.conns[k.conn], sqldb.Millis(x.At)
		k.rank = rank(x.Kind)
		if k.compare(after) > 0 && (e.q.Kind == "" || x.Kind == e.q.Kind) && within(e.q, x.At) {
			out = append(out, placed{k, x})
		}
	}
	for _, no := range e.numbers() {
		rule, ok := e.q.Rules[e.conns[no]]
		if !ok {
			continue
		}
		if err := s.arrivals(e.t, no, add); err != nil {
			return nil, err
		}
		if err := firstDays(e.t, no, rule, e.q.Now, add); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// within tells whether a query's bounds let an instant in.
func within(q *EffectQuery, at time.Time) bool {
	return (q.From.IsZero() || !at.Before(q.From)) && (q.To.IsZero() || at.Before(q.To))
}

// numbers lists the connections that are asked for.
func (e *effects) numbers() []int64 {
	if e.only != 0 {
		return []int64{e.only}
	}
	return slices.Sorted(maps.Keys(e.conns))
}

const (
	// newestTries is how many plans are looked at for one that was made with saved settings.
	newestTries = 10
	// maxNewcomers bounds how many are listed of a connection.
	maxNewcomers = 5000
)

// arrivals passes on whom the newest plan of a connection does not bring in yet because of their first day.
func (s *Store) arrivals(t tx, conn int64, add func(effectKey, view.Effect)) error {
	p, err := newestPlan(t, conn)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var rows Page[syncrun.StoredItem]
	if _, err := pick(t, &p, nil, newRowFilter(PlanQuery{Part: PartHeld, Reason: plan.NotStarted}, &p.Info.Header), 0, maxNewcomers, &rows.Items); err != nil {
		return err
	}
	for i := range rows.Items {
		h := rows.Items[i].Held
		if h.Trace.Effective.IsZero() || h.PersonID != "" {
			continue // nobody knows when
		}
		add(effectKey{conn: conn, tie: strconv.FormatInt(h.SourceID, 10)}, view.Effect{At: h.Trace.Effective, Kind: view.Arrival, Reason: h.Reason,
			Date: h.Trace.Hire, SourceID: h.SourceID, Name: h.Name})
	}
	return nil
}

// newestPlan is the newest one of a whole connection that was made with settings somebody saved.
func newestPlan(t tx, conn int64) (p planread.Plan, err error) {
	before := int64(1) << 62
	for range newestTries {
		p, err = planread.Find(t, "and p.connection = $2 and "+planread.Whole+" and p.seq < $3 order by p.seq desc limit 1", "the newest plan", conn, before)
		if err != nil {
			return p, err
		}
		if saved, err := planread.MadeWithSaved(t, &p); err != nil || saved {
			return p, err
		}
		before = p.Info.Seq
	}
	return p, fmt.Errorf("a plan made with saved settings: %w", directory.ErrNotFound)
}

// firstDays passes on people who become active on a day to come while a later last day is kept for them; a
// link keeps one instant, and the run of that day does the other.
func firstDays(t tx, conn int64, rule view.EffectRule, now time.Time, add func(effectKey, view.Effect)) error {
	if !rule.Activates {
		return nil
	}
	return t.Each(`select l.source_id, l.person_id, l.hire_date, p.display_name, p.first_name, p.last_name, p.email, p.location
		from dues l join people p on p.org = l.org and p.id = l.person_id
		where l.org = $1 and l.connection = $2 and l.due_action is not null and l.hire_date >= $3 and p.status = 'provisioned'`,
		func(st stmt) error {
			day, err := time.ParseInLocation(time.DateOnly, st.ColText(2), rule.Zone(st.ColText(7)))
			if err == nil {
				add(effectKey{conn: conn, tie: st.ColText(0)}, view.Effect{At: day, Kind: view.Start, Reason: plan.NotStarted, Date: st.ColText(2), SourceID: st.ColInt(0),
					PersonID: st.ColText(1), Name: nameAt(st, 3), Location: st.ColText(7)})
			}
			return nil
		}, t.Org, conn, now.In(rule.Zone("")).Format(time.DateOnly))
}
