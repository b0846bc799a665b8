package linkpage

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

const schema = `create table link_pages (org, connection, page, body, primary key (org, connection, page));
	create table dues (org, connection, source_id, person_id, hire_date, due_at, due_action, due_reason, due_date, primary key (org, connection, source_id));
	create table due_moves (org, connection, source_id)`

func database(t *testing.T) sqldb.DB {
	db, err := sqldb.OpenSQLite(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Write(t.Context(), func(c sqldb.Conn) error { return c.Script(schema) }); err != nil {
		t.Fatal(err)
	}
	return db
}

func drawState(t *rapid.T, id int64) directory.LinkState {
	at := func(label string) time.Time {
		return time.UnixMilli(rapid.Int64Range(1, 4e12).Draw(t, label)).UTC()
	}
	ls := directory.LinkState{SourceID: id, Outcome: rapid.SampledFrom([]directory.Outcome{directory.OutcomeLinked, directory.OutcomeLeft}).Draw(t, "outcome"),
		PersonID: rapid.SampledFrom([]string{"", "p_1", "p_äö"}).Draw(t, "person"), Adopted: rapid.Bool().Draw(t, "adopted"),
		Coverage: rapid.Uint64().Draw(t, "coverage"), Revision: rapid.SampledFrom([]string{"", "r1", "r2"}).Draw(t, "revision"),
		Clean: rapid.Bool().Draw(t, "clean"), NoEmail: rapid.Bool().Draw(t, "no email"), HireDate: rapid.SampledFrom([]string{"", "2026-02-29", "soon"}).Draw(t, "hired")}
	copy(ls.Fingerprint[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "print"))
	if rapid.IntRange(0, 3).Draw(t, "due") == 0 {
		ls.Due = &directory.Due{At: at("at"), Action: rapid.SampledFrom([]string{"", "deactivate"}).Draw(t, "action"), Reason: "terminated", Date: "2026-01-01"}
	}
	for _, kind := range []directory.SignalKind{directory.SignalStatus, directory.SignalOutOfScope, "r1"} {
		if rapid.IntRange(0, 3).Draw(t, "since") == 0 {
			if ls.Since == nil {
				ls.Since = map[directory.SignalKind]time.Time{}
			}
			ls.Since[kind] = at("since")
		}
	}
	return ls
}

// TestBooksAreAMap: whatever books write, one transaction after the other and in one connection beside another, the
// readers see what a map of states would hold.
func TestBooksAreAMap(t *testing.T) {
	n := 0
	db := database(t)
	rapid.Check(t, func(rt *rapid.T) {
		n++
		org := int64(n)
		want := map[int64]directory.LinkState{}
		touched := map[int64]int64{}
		id := rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(30, 34), rapid.Int64Range(1<<40, 1<<40+2), rapid.Int64Range(60, 200))
		for range rapid.IntRange(1, 4).Draw(rt, "transactions") {
			err := db.Write(t.Context(), func(c sqldb.Conn) error {
				b, err := Open(c, org, 1)
				if err != nil {
					return err
				}
				other, err := Open(c, org, 2)
				if err != nil {
					return err
				}
				for i := range rapid.IntRange(0, 30).Draw(rt, "steps") {
					id := id.Draw(rt, "id")
					old, there := want[id]
					e, err := b.Find(id)
					if err != nil || (e != nil) != there || there && (e.Clean != old.Clean || e.Touched != touched[id]) {
						return fmt.Errorf("employee %d: %+v, %v, want %+v", id, e, err, old)
					}
					switch rapid.IntRange(0, 5).Draw(rt, "what") {
					case 0:
						person := rapid.SampledFrom([]string{old.PersonID, "p_other"}).Draw(rt, "of")
						gone, err := b.Forget(id, person)
						if err != nil || gone != (there && person == old.PersonID) {
							return fmt.Errorf("forget %d: %t, %v", id, gone, err)
						}
						if gone {
							delete(want, id)
						}
					case 1:
						if err := b.Unclean(id, int64(i)); err != nil {
							return err
						}
						if there {
							old.Clean, touched[id] = false, int64(i)
							want[id] = old
						}
					default:
						ls := drawState(rt, id)
						if err := b.Put(&ls, int64(i)); err != nil {
							return err
						}
						want[id], touched[id] = ls, int64(i)
						beside := ls
						beside.Revision = "other"
						if err := other.Put(&beside, 1); err != nil {
							return err
						}
					}
				}
				return errors.Join(b.Close(), other.Close())
			})
			if err != nil {
				rt.Fatal(err)
			}
			check(t, rt, db, org, want, touched)
		}
	})
}

func check(t *testing.T, rt *rapid.T, db sqldb.DB, org int64, want map[int64]directory.LinkState, touched map[int64]int64) {
	err := db.Read(t.Context(), func(c sqldb.Conn) error {
		for _, full := range []bool{true, false} {
			got := map[int64]directory.LinkState{}
			var order []int64
			err := Each(c, org, 1, full, func(e *Entry) error {
				got[e.SourceID] = *e.LinkState
				order = append(order, e.SourceID)
				if e.Touched != touched[e.SourceID] {
					rt.Fatalf("employee %d touched by %d, want %d", e.SourceID, e.Touched, touched[e.SourceID])
				}
				return nil
			})
			brief := cmpopts.IgnoreFields(directory.LinkState{}, "PersonID", "HireDate", "Since")
			if full {
				brief = cmp.Options{}
			}
			if d := cmp.Diff(want, got, brief); d != "" || err != nil || !slices.IsSorted(order) {
				rt.Fatalf("full %t, %v, order %v (-want +got):\n%s", full, err, order, d)
			}
		}
		r := NewReader(c, org, 1)
		for _, id := range append(slices.Sorted(maps.Keys(want)), 3, 33, 1<<40) {
			ls, there := want[id]
			e, found, err := r.Find(id)
			if d := cmp.Diff(ls, state(e)); d != "" || err != nil || found != there {
				rt.Fatalf("employee %d: %t, %v (-want +got):\n%s", id, found, err, d)
			}
		}
		var due []int64
		for id, ls := range want {
			if ls.Due != nil && ls.Due.Action != "" && !ls.Due.At.After(time.UnixMilli(1e12)) {
				due = append(due, id)
			}
		}
		got, err := DueBy(c, org, 1, time.UnixMilli(1e12))
		slices.SortFunc(due, func(a, b int64) int {
			if c := want[a].Due.At.Compare(want[b].Due.At); c != 0 {
				return c
			}
			return int(a - b)
		})
		if d := cmp.Diff(due, got); d != "" || err != nil {
			rt.Fatalf("due (-want +got), %v:\n%s", err, d)
		}
		return nil
	})
	if err != nil {
		rt.Fatal(err)
	}
}

// TestDamagedPage: of bytes that no book wrote nothing is believed, whatever they are.
func TestDamagedPage(t *testing.T) {
	good := pack(nil, []Entry{{LinkState: &directory.LinkState{SourceID: 33, PersonID: "p_33", Revision: "r", Outcome: directory.OutcomeLinked,
		Since: map[directory.SignalKind]time.Time{"x": time.UnixMilli(5)}}, Touched: 300}})
	read := func(body []byte) (n int, err error) {
		var u unpacker
		e := Entry{LinkState: new(directory.LinkState)}
		if err := u.open(1, body); err != nil {
			return 0, err
		}
		for {
			more, err := u.next(&e, true)
			if err != nil || !more {
				return n, err
			}
			n++
		}
	}
	if n, err := read(good); n != 1 || err != nil {
		t.Fatalf("the page itself: %d entries, %v", n, err)
	}
	const words = 6 // the page of nobody
	for cut := range len(good) {
		if n, err := read(good[:cut]); !errors.Is(err, errDamaged) && (n != 0 || cut != words) {
			t.Errorf("cut to %d bytes: %d entries, %v", cut, n, err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		body := slices.Clone(good)
		body[rapid.IntRange(0, len(body)-1).Draw(rt, "at")] = rapid.Byte().Draw(rt, "byte")
		read(append(body, rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(rt, "more")...)) // must not panic, nor run for ever
	})
}

func state(e Entry) directory.LinkState {
	if e.LinkState == nil {
		return directory.LinkState{}
	}
	return *e.LinkState
}
