package syncrun

import (
	"context"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
)

// known is what is remembered of every employee, packed: about 50 bytes each.
type known struct {
	rows []knownRow
	next int // where the last look-up ended; readings come by ascending id
}

type knownRow struct {
	id       int64
	print    hr.Fingerprint
	coverage hr.Coverage
	linked   bool
	adopted  bool
	skip     bool // may be skipped while its raw record is unchanged
	seen     bool
	skipped  bool // its record was unchanged
}

// loadKnown reads the link states. A record may be skipped only when nothing but the source could
// change the decision: clean, decided under these settings, and no effect due.
// people is how many are linked, so that the rows need not grow by copying.
func (e *Engine) loadKnown(ctx context.Context, connection, revision string, people int, now time.Time) (*known, error) {
	k := &known{rows: make([]knownRow, 0, people+people/8)}
	for ls, err := range e.Store.LinkStates(ctx, connection, false) {
		if err != nil {
			return nil, err
		}
		k.rows = append(k.rows, knownRow{id: ls.SourceID, print: ls.Fingerprint, coverage: hr.Coverage(ls.Coverage),
			linked: ls.Outcome == directory.OutcomeLinked, adopted: ls.Adopted,
			skip: ls.Clean && ls.Revision == revision && (ls.Due == nil || ls.Due.At.After(now))})
	}
	return k, nil
}

func (k *known) find(id int64) (int, bool) {
	if k.next < len(k.rows) && k.rows[k.next].id == id {
		k.next++
		return k.next - 1, true
	}
	i, ok := slices.BinarySearchFunc(k.rows, id, func(r knownRow, id int64) int {
		switch {
		case r.id < id:
			return -1
		case r.id > id:
			return 1
		}
		return 0
	})
	if ok {
		k.next = i + 1
	}
	return i, ok
}

// fingerprint is the hr.KnownFunc of a reading.
func (k *known) fingerprint(id int64) (hr.Known, bool) {
	i, ok := k.find(id)
	if !ok || !k.rows[i].skip {
		return hr.Known{}, false
	}
	return hr.Known{Fingerprint: k.rows[i].print, Coverage: k.rows[i].coverage}, true
}

// see marks an employee as present in the reading, and whether the record is skipped. It returns what
// was known before.
func (k *known) see(id int64, skipped bool) (knownRow, bool) {
	// The look-up of the fingerprint left next just behind the row.
	if k.next > 0 && k.rows[k.next-1].id == id {
		k.next--
	}
	i, ok := k.find(id)
	if !ok {
		return knownRow{}, false
	}
	row := k.rows[i]
	k.rows[i].seen, k.rows[i].skipped = true, skipped
	return row, true
}

// missing lists the linked employees that the reading did not show.
func (k *known) missing() []int64 {
	var out []int64
	for _, r := range k.rows {
		if r.linked && !r.seen {
			out = append(out, r.id)
		}
	}
	return out
}
