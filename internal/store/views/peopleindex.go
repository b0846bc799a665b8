package views

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rollcall-hr/rollcall/internal/store/internal/fold"
	"github.com/rollcall-hr/rollcall/plan"
)

// A list of people is filtered, searched and sorted by a dozen columns. Reading a hundred thousand records for a page
// costs twenty times what the page may, and an index in the database for each of them would be paid for by every
// sync. So whoever first looks reads them once (or Warm did), and keeps some two hundred bytes a person; from then on only those
// are read anew whom the audit trail tells of, because whatever changes people leaves an entry there.

// peopleIndex is what lists ask of people, by the number of their rows. Nobody is ever taken out of the directory.
type peopleIndex struct {
	mu     sync.Mutex
	read   bool
	seq    int64     // audit.seq that it is good for
	seen   int64     // audit.seq when Warm last looked, and one; 0: it never did
	rows   []indexed // in the order of their numbers
	texts  [textColumns]texts
	orders map[Sort][]int32 // positions; those that somebody asked for

	notes notes
}

// indexed is a person. The texts share their bytes.
type indexed struct {
	no      int64
	updated int64  // epoch milliseconds
	conn    int64  // connections.no, 0 for none
	name    string // nameKey
	email   string // compare form, "" for none
	search  string // everything that a search looks at, folded, with a NUL between
	codes   [textColumns]uint32
}

// The columns of which many people have the same text.
const (
	statusColumn = iota
	departmentColumn
	locationColumn
	roleColumn
	managerColumn
	teamsColumn
	textColumns
)

// texts numbers the different texts of a column. Those that nobody has any more stay.
type texts struct {
	list  []string
	codes map[string]uint32
}

func (x *texts) code(b []byte) uint32 {
	if c, ok := x.codes[string(b)]; ok { // does not copy the text
		return c
	}
	if x.codes == nil {
		x.codes = map[string]uint32{}
	}
	c := uint32(len(x.list))
	x.list = append(x.list, string(b))
	x.codes[x.list[c]] = c
	return c
}

const indexedColumns = "p.no, " + nameKey + `, p.name_key, p.email_key, p.employee_id, p.updated_at, p.connection,
	p.status, p.department, p.location, p.role, p.manager, p.teams from people p`

// scan reads a person.
func (x *peopleIndex) scan(st stmt, buf []byte) (indexed, []byte) {
	r := indexed{no: st.ColInt(0), name: st.ColText(1), updated: st.ColInt(5), conn: st.ColInt(6)}
	email := st.ColText(3)
	parts := append(make([]string, 0, 4), email)
	for _, s := range []string{fold.Text(r.name), fold.Accents(st.ColText(2)), fold.Text(st.ColText(4))} {
		if s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	r.search = strings.Join(parts, "\x00")
	r.email = r.search[:len(email)]
	if i := strings.Index(r.search, r.name); i >= 0 {
		r.name = r.search[i:][:len(r.name)]
	}
	for c := range x.texts {
		buf = st.ColBytes(7+c, buf)
		r.codes[c] = x.texts[c].code(buf)
	}
	return r, buf
}

// refresh makes the index good for what the transaction sees, or something later. The caller holds the lock.
func (x *peopleIndex) refresh(t tx) error {
	seq, err := lastEntry(t)
	if err != nil || x.read && x.seq >= seq {
		return err
	}
	ids, known := []string(nil), false
	if x.read {
		if ids, known, err = x.changed(t, seq); err != nil {
			return err
		}
	}
	if known {
		err = x.update(t, ids)
	} else {
		err = x.build(t)
	}
	if err != nil {
		x.read = false // half of it may be new
		return err
	}
	x.read, x.seq = true, seq
	x.notes.forget(seq)
	return nil
}

// lastEntry is the number of the newest entry of the audit trail.
func lastEntry(t tx) (seq int64, err error) {
	_, err = t.First("select seq from audit where org = $1 order by seq desc limit 1", func(st stmt) { seq = st.ColInt(0) }, t.Org)
	return seq, err
}

// Warm does ahead what the next list of people would begin with: reading everybody, where they are not more than most, or
// those who changed. It is for calling every few seconds: when entries were added to the audit trail since the last call,
// as by a run under way, it leaves that to the next.
func (s *Store) Warm(ctx context.Context, most int64) error {
	err := s.org.Read(ctx, func(t tx) error {
		seq, err := lastEntry(t)
		if err != nil {
			return err
		}
		all := int64(0) // of every organisation, which costs nothing to know
		if _, err := t.First("select max(no) from people", func(st stmt) { all = st.ColInt(0) }); err != nil {
			return err
		}
		x := &s.people
		x.mu.Lock()
		defer x.mu.Unlock()
		before := x.seen
		if x.seen = seq + 1; before != 0 && before != x.seen || !x.read && all > most {
			return nil
		}
		if err := x.refresh(t); err != nil {
			return err
		}
		_, err = x.order(ByName)
		return err
	})
	if err != nil {
		return fmt.Errorf("read ahead who is in the directory: %w", err)
	}
	return nil
}

// build reads everybody. An organisation that most rows belong to is read as the rows lie on the disk, which takes a
// quarter of the time of finding each by an index.
func (x *peopleIndex) build(t tx) error {
	x.rows, x.texts, x.orders = x.rows[:0], [textColumns]texts{}, nil
	where, mine, all := "p.org", int64(0), int64(0)
	if _, err := t.First("select (select count(*) from people where org = $1), (select max(no) from people)",
		func(st stmt) { mine, all = st.ColInt(0), st.ColInt(1) }, t.Org); err != nil {
		return err
	}
	if 4*mine > all {
		where = "p.org + 0" // in no index
	}
	x.rows = slices.Grow(x.rows, int(mine))
	var buf []byte
	return t.Each("select "+indexedColumns+" where "+where+" = $1 order by p.no", func(st stmt) error {
		var r indexed
		r, buf = x.scan(st, buf)
		x.rows = append(x.rows, r)
		return nil
	}, t.Org)
}

// update reads people anew, and those who are new.
func (x *peopleIndex) update(t tx, ids []string) error {
	var moves []move
	var buf []byte
	last := int64(-1)
	if n := len(x.rows); n > 0 {
		last = x.rows[n-1].no
	}
	known := len(x.rows)
	var r indexed
	if err := t.Each("select "+indexedColumns+" where p.org + 0 = $1 and p.no > $2 order by p.no", func(st stmt) error {
		r, buf = x.scan(st, buf)
		moves = append(moves, move{int32(len(x.rows)), nil})
		x.rows = append(x.rows, r)
		return nil
	}, t.Org, last); err != nil {
		return err
	}
	for _, id := range ids {
		there, err := t.First("select "+indexedColumns+" where p.org = $1 and p.id = $2", func(st stmt) { r, buf = x.scan(st, buf) }, t.Org, id)
		if err != nil {
			return err
		}
		if i, ok := x.position(r.no); there && ok && i < known {
			old := x.rows[i]
			x.rows[i] = r
			moves = append(moves, move{int32(i), &old})
		}
	}
	x.reorder(moves)
	return nil
}

// position finds the number of a row.
func (x *peopleIndex) position(no int64) (int, bool) {
	return slices.BinarySearchFunc(x.rows, no, func(r indexed, no int64) int { return cmp.Compare(r.no, no) })
}

// Beyond so many entries, or people, everybody is read anew.
const (
	maxEntries = 10_000
	maxChanged = 5_000
)

// changed lists the people of whom the entries up to one tell that they changed; false when that cannot be told.
// New people are not listed.
func (x *peopleIndex) changed(t tx, upTo int64) (ids []string, known bool, err error) {
	if upTo-x.seq > maxEntries {
		return nil, false, nil
	}
	known = true
	seen := map[string]bool{}
	add := func(list ...string) {
		for _, id := range list {
			if !seen[id] {
				seen[id], ids = true, append(ids, id)
			}
		}
	}
	err = t.Each("select seq, event, subject, detail from audit where org = $1 and seq > $2 and seq <= $3 order by seq", func(st stmt) error {
		switch event := st.ColText(1); touches(event) {
		case onePerson:
			add(st.ColText(2))
		case aBatch:
			list, ok := x.notes.of(st.ColInt(0))
			add(list...)
			known = known && (ok || onlyCreates(st.ColText(3)))
		case anybody:
			known = false
		}
		return nil
	}, t.Org, x.seq, upTo)
	return ids, known && len(ids) <= maxChanged, err
}

type touched int

const (
	anybody touched = iota // or nobody knows
	nobody
	onePerson // the subject
	aBatch    // of a plan
)

// touches tells whose record may have changed when there is an entry of an event.
func touches(event string) touched {
	switch event {
	case "save_person", "deactivate", "reactivate", "move_email":
		return onePerson
	case "apply":
		return aBatch
	case "sign_in", "sign_in_failed", "sign_out", "settings_saved", "key_set", "connection_checked", "connection_enabled", "connection_disabled",
		"connection_paused", "connection_resumed", "decide", "add_hold", "remove_hold", "add_freeze", "end_freeze", "accept_baseline", "export_person":
		return nobody
	}
	return anybody // merge_groups, rename_group, connection_deleted, and whatever comes to be
}

// onlyCreates tells from the counts of a batch that nobody who was there before was changed.
func onlyCreates(detail string) bool {
	var c plan.Counts
	return json.Unmarshal([]byte(detail), &c) == nil && c.Update+c.Deactivate+c.Reactivate+c.Link == 0
}

// notes are the people whom batches of this process changed, by the batches' audit entries.
type notes struct {
	mu    sync.Mutex
	after int64              // entry: earlier ones are of no use
	ids   map[int64][]string // nil: nobody looks
	n     int
}

// Changed notes the people whom the batch of an audit entry changed, so that lists need not read everybody anew.
// Without such a note, as from another process, they do.
func (s *Store) Changed(audit int64, ids []string) {
	n := &s.people.notes
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ids != nil && audit > n.after && n.n+len(ids) <= maxChanged {
		n.ids[audit], n.n = ids, n.n+len(ids)
	}
}

func (n *notes) of(audit int64) ([]string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	ids, ok := n.ids[audit]
	return ids, ok
}

// forget drops the notes up to an entry, and takes those of later ones.
func (n *notes) forget(audit int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.after = audit
	if n.ids == nil {
		n.ids = map[int64][]string{}
	}
	for seq, ids := range n.ids {
		if seq <= audit {
			n.n -= len(ids)
			delete(n.ids, seq)
		}
	}
}
