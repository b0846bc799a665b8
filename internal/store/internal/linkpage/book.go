package linkpage

import (
	"cmp"
	"maps"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Book changes the states of a connection within one transaction. Instants are written at once, pages by Close: until
// then only the book knows what they say.
type Book struct {
	c         sqldb.Conn
	org, conn int64
	pages     map[int64]*page
	at        *page // used last
	last      int64 // the highest page that was there before
	buf       []byte
}

type page struct {
	no           int64
	entries      []Entry // by number
	there, dirty bool
}

// Open makes a book.
func Open(c sqldb.Conn, org, conn int64) (*Book, error) {
	b := &Book{c: c, org: org, conn: conn, pages: map[int64]*page{}, last: -1}
	_, err := sqldb.First(c, "select max(page) from link_pages where org = $1 and connection = $2", func(st sqldb.Stmt) {
		if !st.ColNull(0) {
			b.last = st.ColInt(0)
		}
	}, org, conn)
	return b, err
}

// Find returns an employee's entry, to be read only and but for its instant; nil when nothing is remembered.
func (b *Book) Find(id int64) (*Entry, error) {
	p, i, found, err := b.find(id)
	if err != nil || !found {
		return nil, err
	}
	return &p.entries[i], nil
}

func (b *Book) find(id int64) (p *page, i int, found bool, err error) {
	if p, err = b.page(id >> pageBits); err != nil {
		return nil, 0, false, err
	}
	if n := len(p.entries); n == 0 || p.entries[n-1].SourceID < id { // as in a first load
		return p, n, false, nil
	}
	i, found = slices.BinarySearchFunc(p.entries, id, func(e Entry, id int64) int { return cmp.Compare(e.SourceID, id) })
	return p, i, found, nil
}

func (b *Book) page(no int64) (*page, error) {
	if b.at != nil && b.at.no == no {
		return b.at, nil
	}
	p := b.pages[no]
	if p == nil {
		p = &page{no: no, entries: make([]Entry, 0, pageSize)}
		if err := b.load(p); err != nil {
			return nil, err
		}
		b.pages[no] = p
	}
	b.at = p
	return p, nil
}

func (b *Book) load(p *page) (err error) {
	if p.no > b.last {
		return nil
	}
	if b.buf, err = load(b.c, b.org, b.conn, p.no, b.buf); err != nil || len(b.buf) == 0 {
		return err
	}
	p.there = true
	var u unpacker
	if err := u.open(p.no, b.buf); err != nil {
		return err
	}
	for {
		e := Entry{LinkState: new(directory.LinkState)}
		if more, err := u.next(&e, true); err != nil || !more {
			return err
		}
		p.entries = append(p.entries, e)
	}
}

// Put writes an employee's state over the one before, if there was one; touched is the audit entry that it belongs to.
// The state must stay as it is until Close.
func (b *Book) Put(ls *directory.LinkState, touched int64) error {
	p, i, found, err := b.find(ls.SourceID)
	if err != nil {
		return err
	}
	if !found {
		p.entries = slices.Insert(p.entries, i, Entry{})
	}
	e := &p.entries[i]
	had := e.due
	*e = Entry{LinkState: ls, Touched: touched, due: ls.Due != nil}
	p.dirty = true
	switch {
	case ls.Due != nil:
		return b.putDue(ls, had)
	case had:
		return b.dropDue(ls.SourceID)
	}
	return nil
}

func (b *Book) putDue(ls *directory.LinkState, had bool) error {
	sql := `insert into dues (org, connection, source_id, person_id, hire_date, due_at, due_action, due_reason, due_date)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	if had {
		sql = `update dues set person_id = $4, hire_date = $5, due_at = $6, due_action = $7, due_reason = $8, due_date = $9
			where org = $1 and connection = $2 and source_id = $3`
	}
	_, err := sqldb.Exec(b.c, sql, b.org, b.conn, ls.SourceID, sqldb.Optional(ls.PersonID), sqldb.Optional(ls.HireDate), ls.Due.At,
		sqldb.Optional(ls.Due.Action), sqldb.Optional(ls.Due.Reason), sqldb.Optional(ls.Due.Date))
	return err
}

func (b *Book) dropDue(id int64) error {
	_, err := sqldb.Exec(b.c, "delete from dues where org = $1 and connection = $2 and source_id = $3", b.org, b.conn, id)
	return err
}

// Unclean makes the next run look at an employee again, if anything is remembered.
func (b *Book) Unclean(id, touched int64) error {
	p, i, found, err := b.find(id)
	if err == nil && found {
		e := &p.entries[i]
		ls := *e.LinkState
		ls.Clean = false
		e.LinkState, e.Touched, p.dirty = &ls, touched, true
	}
	return err
}

// Forget removes what is remembered of an employee who was a person, and says whether there was anything. No calendar
// tells it: it is no instant that was moved.
func (b *Book) Forget(id int64, person string) (bool, error) {
	p, i, found, err := b.find(id)
	if err != nil || !found || p.entries[i].PersonID != person {
		return false, err
	}
	if p.entries[i].due {
		if err := b.dropDue(id); err != nil {
			return false, err
		}
	}
	p.entries, p.dirty = slices.Delete(p.entries, i, i+1), true
	_, err = sqldb.Exec(b.c, "delete from due_moves where org = $1 and connection = $2 and source_id = $3", b.org, b.conn, id)
	return true, err
}

// Close writes the pages that changed. The book must not be used any more.
func (b *Book) Close() error {
	for _, no := range slices.Sorted(maps.Keys(b.pages)) {
		if p := b.pages[no]; p.dirty {
			if err := b.write(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Book) write(p *page) error {
	sql := "insert into link_pages (org, connection, page, body) values ($1, $2, $3, $4)"
	switch {
	case len(p.entries) == 0:
		_, err := sqldb.Exec(b.c, "delete from link_pages where org = $1 and connection = $2 and page = $3", b.org, b.conn, p.no)
		return err
	case p.there:
		sql = "update link_pages set body = $4 where org = $1 and connection = $2 and page = $3"
	}
	b.buf = pack(b.buf[:0], p.entries)
	st := b.c.Prepare(sql)
	st.Int(b.org)
	st.Int(b.conn)
	st.Int(p.no)
	st.Blob(b.buf)
	_, err := st.Run()
	return err
}

// Unclean is that of a book of one connection, where nothing else is to be written.
func Unclean(c sqldb.Conn, org, conn, id, touched int64) error {
	b, err := Open(c, org, conn)
	if err != nil {
		return err
	}
	if err := b.Unclean(id, touched); err != nil {
		return err
	}
	return b.Close()
}
