package store

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// errStopped ends a query whose reader has seen enough.
var errStopped = errors.New("stopped")

// yieldError hands the error of an iteration to its reader, who must still be listening.
func yieldError[T any](err error, yield func(T, error) bool) {
	if err != nil && !errors.Is(err, errStopped) {
		var none T
		yield(none, err)
	}
}

// linkColumns are few and numbers where they can be: a run reads them of every employee, whatever changed.
const linkColumns = `source_id, outcome = 'linked', adopted, fingerprint, coverage, revision, clean, due_at`

// linkReader decodes link states; revisions, which repeat, are kept.
type linkReader struct {
	buf      []byte
	revision string
}

func (r *linkReader) scan(st stmt, ls *directory.LinkState) {
	*ls = directory.LinkState{SourceID: st.ColInt(0), Adopted: st.ColInt(2) != 0, Coverage: uint64(st.ColInt(4)), Clean: st.ColInt(6) != 0}
	ls.Outcome = directory.OutcomeLeft
	if st.ColInt(1) != 0 {
		ls.Outcome = directory.OutcomeLinked
	}
	r.buf = st.ColBytes(3, r.buf)
	copy(ls.Fingerprint[:], r.buf)
	if r.buf = st.ColBytes(5, r.buf); string(r.buf) != r.revision {
		r.revision = string(r.buf)
	}
	ls.Revision = r.revision
	if !st.ColNull(7) {
		ls.Due = &directory.Due{At: sqldb.Instant(st.ColInt(7))}
	}
}

const linkColumnsFull = linkColumns + `, due_action, due_reason, due_date, person_id, since, hire_date`

func (r *linkReader) scanFull(st stmt, ls *directory.LinkState) error {
	r.scan(st, ls)
	if ls.Due != nil {
		ls.Due.Action, ls.Due.Reason, ls.Due.Date = st.ColText(8), st.ColText(9), st.ColText(10)
	}
	ls.PersonID, ls.HireDate = st.ColText(11), st.ColText(13)
	if st.ColNull(12) {
		return nil
	}
	var since map[directory.SignalKind]int64
	if err := json.Unmarshal(st.ColBytes(12, r.buf), &since); err != nil {
		return err
	}
	ls.Since = make(map[directory.SignalKind]time.Time, len(since))
	for k, ms := range since {
		ls.Since[k] = sqldb.Instant(ms)
	}
	return nil
}

// LinkStates implements syncrun.Connections.
func (s *Store) LinkStates(ctx context.Context, connection string, full bool) iter.Seq2[*directory.LinkState, error] {
	return func(yield func(*directory.LinkState, error) bool) {
		err := s.read(ctx, func(t tx) error {
			conn, err := t.connection(connection)
			if err != nil {
				return err
			}
			columns := linkColumns
			if full {
				columns = linkColumnsFull
			}
			var r linkReader
			var ls directory.LinkState
			return t.each("select "+columns+" from links where org = $1 and connection = $2 order by source_id", func(st stmt) error {
				if !full {
					r.scan(st, &ls)
				} else if err := r.scanFull(st, &ls); err != nil {
					return err
				}
				if !yield(&ls, nil) {
					return errStopped
				}
				return nil
			}, t.org, conn)
		})
		yieldError(err, yield)
	}
}

// LinkStatesOf implements syncrun.Connections.
func (s *Store) LinkStatesOf(ctx context.Context, connection string, ids []int64) (map[int64]directory.LinkState, error) {
	out := make(map[int64]directory.LinkState, len(ids))
	err := s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		var r linkReader
		for _, id := range ids {
			err := t.each("select "+linkColumnsFull+" from links where org = $1 and connection = $2 and source_id = $3", func(st stmt) error {
				var ls directory.LinkState
				err := r.scanFull(st, &ls)
				out[id] = ls
				return err
			}, t.org, conn, id)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// DueBy implements syncrun.Connections, by instant, then by employee.
func (s *Store) DueBy(ctx context.Context, connection string, at time.Time) ([]directory.LinkState, error) {
	var out []directory.LinkState
	err := s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		var r linkReader
		return t.each("select "+linkColumnsFull+` from links where org = $1 and connection = $2 and due_at is not null
			and due_at <= $3 and due_action is not null order by due_at, source_id`, func(st stmt) error {
			var ls directory.LinkState
			err := r.scanFull(st, &ls)
			out = append(out, ls)
			return err
		}, t.org, conn, at)
	})
	return out, err
}

// newLinks inserts link states; like newPeople with all columns in the table's order.
func newLinks() sqldb.Bulk {
	return sqldb.NewBulk(`insert or fail into links (org, connection, source_id, person_id, outcome, adopted, fingerprint, coverage, revision,
		clean, due_at, due_action, due_reason, due_date, since, hire_date, touched) values`, 17)
}

// insertLinks writes link states of employees who most likely have none; touched is the audit entry that they
// belong to. (One statement that inserts or updates would copy every page before it changes it, because the
// table has a trigger.)
func (t tx) insertLinks(bulk *sqldb.Bulk, conn int64, list []*directory.LinkState, touched int64) (int, error) {
	rows := 0
	for len(list) > 0 {
		st, n := bulk.Prepare(t, len(list))
		for _, ls := range list[:n] {
			if err := t.bindLink(st, conn, ls, touched); err != nil {
				st.Close()
				return rows, err
			}
		}
		done, err := st.Run()
		rows += done
		if errors.Is(err, sqldb.ErrUnique) {
			n = done + 1
			done, err = t.updateLink(conn, list[done], touched)
			rows += done
		}
		if err != nil {
			return rows, err
		}
		list = list[n:]
	}
	return rows, nil
}

// updateLink writes the link state of an employee who has one; it returns 0 when there is none.
func (t tx) updateLink(conn int64, ls *directory.LinkState, touched int64) (int, error) {
	st := t.Prepare(`update links set person_id = $4, outcome = $5, adopted = $6, fingerprint = $7, coverage = $8, revision = $9,
		clean = $10, due_at = $11, due_action = $12, due_reason = $13, due_date = $14, since = $15, hire_date = $16, touched = $17
		where org = $1 and connection = $2 and source_id = $3`)
	if err := t.bindLink(st, conn, ls, touched); err != nil {
		st.Close()
		return 0, err
	}
	return st.Run()
}

// bindLink binds a link state, its columns in the table's order.
func (t tx) bindLink(st stmt, conn int64, ls *directory.LinkState, touched int64) error {
	st.Int(t.org)
	st.Int(conn)
	st.Int(ls.SourceID)
	sqldb.BindOptional(st, ls.PersonID)
	st.Text(string(ls.Outcome))
	st.Int(sqldb.Int(ls.Adopted))
	st.Blob(ls.Fingerprint[:])
	st.Int(int64(ls.Coverage))
	st.Text(ls.Revision)
	st.Int(sqldb.Int(ls.Clean))
	if d := ls.Due; d != nil {
		st.Int(sqldb.Millis(d.At))
		sqldb.BindOptional(st, d.Action)
		sqldb.BindOptional(st, d.Reason)
		sqldb.BindOptional(st, d.Date)
	} else {
		for range 4 {
			st.Null()
		}
	}
	if len(ls.Since) == 0 {
		st.Null()
	} else {
		text, err := json.Marshal(sinceMillis(ls.Since))
		if err != nil {
			return err
		}
		st.Text(string(text))
	}
	sqldb.BindOptional(st, ls.HireDate)
	st.Int(touched)
	return nil
}

func sinceMillis(since map[directory.SignalKind]time.Time) map[directory.SignalKind]int64 {
	out := make(map[directory.SignalKind]int64, len(since))
	for k, at := range since {
		out[k] = sqldb.Millis(at)
	}
	return out
}

// unclean makes the next run look at a person again. It belongs to the transaction's last audit entry.
func (t tx) unclean(link *directory.Link) error {
	if link == nil {
		return nil
	}
	conn, err := t.connection(link.Connection)
	if err != nil {
		return err
	}
	id, err := personrow.SourceNumber(link.SourceID)
	if err != nil {
		return err
	}
	return t.uncleanSource(conn, id)
}

func (t tx) uncleanSource(conn, sourceID int64) error {
	seq, err := t.auditSeq()
	if err != nil {
		return err
	}
	_, err = t.exec("update links set clean = 0, touched = $1 where org = $2 and connection = $3 and source_id = $4",
		seq, t.org, conn, sourceID)
	return err
}
