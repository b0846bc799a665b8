package linkpage

import (
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Each yields the states of all employees of a connection by number, as one that is used again for the next. Without
// full they have no person, hire date and Since.
func Each(c sqldb.Conn, org, conn int64, full bool, yield func(*Entry) error) error {
	dues := map[int64]*directory.Due{}
	err := sqldb.Each(c, "select "+dueColumns+" from dues where org = $1 and connection = $2", func(st sqldb.Stmt) error {
		dues[st.ColInt(0)] = scanDue(st)
		return nil
	}, org, conn)
	if err != nil {
		return err
	}
	var u unpacker
	var body []byte
	e := Entry{LinkState: new(directory.LinkState)}
	return sqldb.Each(c, "select page, body from link_pages where org = $1 and connection = $2 order by page", func(st sqldb.Stmt) error {
		body = st.ColBytes(1, body)
		if err := u.open(st.ColInt(0), body); err != nil {
			return err
		}
		for {
			more, err := u.next(&e, full)
			if err != nil || !more {
				return err
			}
			if e.due {
				if e.Due = dues[e.SourceID]; e.Due == nil {
					return errDamaged
				}
			}
			if err := yield(&e); err != nil {
				return err
			}
		}
	}, org, conn)
}

const dueColumns = "source_id, due_at, due_action, due_reason, due_date"

func scanDue(st sqldb.Stmt) *directory.Due {
	return &directory.Due{At: sqldb.Instant(st.ColInt(1)), Action: st.ColText(2), Reason: st.ColText(3), Date: st.ColText(4)}
}

// DueBy returns the employees for whom something is done by an instant, by instant, then by number.
func DueBy(c sqldb.Conn, org, conn int64, at time.Time) (ids []int64, err error) {
	err = sqldb.Each(c, `select source_id from dues where org = $1 and connection = $2 and due_at <= $3 and due_action is not null
		order by due_at, source_id`, func(st sqldb.Stmt) error {
		ids = append(ids, st.ColInt(0))
		return nil
	}, org, conn, at)
	return ids, err
}

// Reader finds single states. It keeps the page that it read last, so numbers are best asked for in order.
type Reader struct {
	c         sqldb.Conn
	org, conn int64
	u         unpacker
	no        int64
	read      bool
	body      []byte // of page no; empty: there is none
}

// NewReader makes a reader for one state of a connection.
func NewReader(c sqldb.Conn, org, conn int64) *Reader { return &Reader{c: c, org: org, conn: conn} }

// Find returns the full state of an employee, false when nothing is remembered.
func (r *Reader) Find(id int64) (e Entry, found bool, err error) {
	if no := id >> pageBits; !r.read || no != r.no {
		if r.body, err = load(r.c, r.org, r.conn, no, r.body); err != nil {
			return e, false, err
		}
		r.no, r.read = no, true
	}
	if len(r.body) == 0 {
		return Entry{}, false, nil
	}
	e.LinkState = new(directory.LinkState)
	if err := r.u.open(r.no, r.body); err != nil {
		return e, false, err
	}
	for more := true; more && !found; found = more && e.SourceID == id {
		if more, err = r.u.next(&e, true); err != nil {
			return e, false, err
		}
	}
	if !found {
		return Entry{}, false, nil
	}
	return e, true, e.complete(r.c, r.org, r.conn)
}

// load reads a page; it is empty when there is none.
func load(c sqldb.Conn, org, conn, no int64, buf []byte) ([]byte, error) {
	buf = buf[:0]
	_, err := sqldb.First(c, "select body from link_pages where org = $1 and connection = $2 and page = $3",
		func(st sqldb.Stmt) { buf = st.ColBytes(0, buf) }, org, conn, no)
	return buf, err
}

// complete reads the instant that an entry says it has.
func (e *Entry) complete(c sqldb.Conn, org, conn int64) error {
	if !e.due {
		return nil
	}
	there, err := sqldb.First(c, "select "+dueColumns+" from dues where org = $1 and connection = $2 and source_id = $3",
		func(st sqldb.Stmt) { e.Due = scanDue(st) }, org, conn, e.SourceID)
	if err == nil && !there {
		err = errDamaged
	}
	return err
}
