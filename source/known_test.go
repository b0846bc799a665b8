package source

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/hr"
)

// sample is an invented company: what each read shows of each employee, in the order it is sent.
type sample struct {
	columns []string
	main    map[int64]string
	ahead   map[int64]string
	order   []int64
}

func drawRow(t *rapid.T, id int64, columns []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"id":"%d"`, id)
	for _, c := range columns {
		value := rapid.SampledFrom([]string{`null`, `""`, `"0000-00-00"`, `"Active"`, `"Inactive"`, `"2026-12-31"`, `"é\n"`, `7`, `["a","b"]`, "absent"}).Draw(t, c)
		if value != "absent" {
			fmt.Fprintf(&b, ",%q:%s", c, value)
		}
	}
	return b.String() + "}"
}

func drawSample(t *rapid.T) sample {
	s := sample{main: map[int64]string{}, ahead: map[int64]string{}}
	s.columns = rapid.SliceOfDistinct(rapid.SampledFrom([]string{"status", "hireDate", "firstName", "customX"}), rapid.ID).Draw(t, "columns")
	ids := rapid.SliceOfNDistinct(rapid.Int64Range(1, 40), 0, 12, rapid.ID).Draw(t, "ids")
	for _, id := range ids {
		s.main[id], s.ahead[id] = drawRow(t, id, s.columns), drawRow(t, id, []string{"status", "terminationDate"})
	}
	s.order = ids
	return s
}

// mutate is the same company later: some rows changed, some people came or went, perhaps a column.
func (s sample) mutate(t *rapid.T) sample {
	out := sample{columns: s.columns, main: maps.Clone(s.main), ahead: maps.Clone(s.ahead)}
	if rapid.Bool().Draw(t, "other columns") {
		out.columns = drawSample(t).columns
	}
	for id := range int64(40) {
		switch rapid.IntRange(0, 9).Draw(t, "fate") {
		case 0:
			delete(out.main, id)
			delete(out.ahead, id)
		case 1:
			out.main[id+1], out.ahead[id+1] = drawRow(t, id+1, s.columns), drawRow(t, id+1, []string{"status", "terminationDate"})
		}
	}
	out.order = rapid.Permutation(slices.Sorted(maps.Keys(out.main))).Draw(t, "order")
	return out
}

func (s sample) stub(t *rapid.T) *stub {
	var main, ahead []string
	for _, id := range s.order {
		main = append(main, s.main[id])
		ahead = append(ahead, s.ahead[id])
	}
	if len(s.order) > 0 && rapid.Bool().Draw(t, "repeat a row") {
		main = append(main, main[0])
	}
	return company(people(append([]string{"id"}, s.columns...), main...), people([]string{"id", "status", "terminationDate"}, ahead...))
}

// TestKnownChangesNothing: for any company and any earlier state of it, a reading that knows the earlier
// state counts and decides the same as one that knows nothing.
func TestKnownChangesNothing(t *testing.T) {
	fields := []string{"status", "hireDate", "firstName", "customX"}
	rapid.Check(t, func(rt *rapid.T) {
		before := drawSample(rt)
		old, _ := mustRead(t, open(t, before.stub(rt), nil), fields, nil)
		known, was := remember(old), byID(old)
		after := before.mutate(rt)
		s := after.stub(rt)
		fresh, wantReading := mustRead(t, open(t, s, nil), fields, nil)
		records, gotReading := mustRead(t, open(t, s, nil), fields, known)
		if diff := cmp.Diff(wantReading, gotReading); diff != "" {
			rt.Fatalf("reading (-without known +with):\n%s", diff)
		}
		if len(records) != len(fresh) {
			rt.Fatalf("%d records with known, %d without", len(records), len(fresh))
		}
		for i, want := range fresh {
			got := records[i]
			if got.Unchanged {
				w := was[got.Num]
				if showRecord(w) != showRecord(want) || got.Coverage != want.Coverage || got.Fingerprint != want.Fingerprint {
					rt.Fatalf("%d is called unchanged, but was\n%s\nand is\n%s", got.Num, showRecord(w), showRecord(want))
				}
				continue
			}
			if showRecord(got) != showRecord(want) || got.Fingerprint != want.Fingerprint || got.Coverage != want.Coverage {
				rt.Fatalf("with known\n%s\nwithout\n%s", showRecord(got), showRecord(want))
			}
		}
	})
}

func byID(records []hr.Record) map[int64]hr.Record {
	m := map[int64]hr.Record{}
	for _, r := range records {
		m[r.Num] = r
	}
	return m
}

// TestJoinAnyOrder: whatever the order of the two reads, everybody in both is paired, once, and the
// hash is the same.
func TestJoinAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSample(rt)
		other := rapid.Permutation(s.order).Draw(rt, "order of the second read")
		var main, ahead []string
		for i := range s.order {
			main, ahead = append(main, s.main[s.order[i]]), append(ahead, s.ahead[other[i]])
		}
		head, tail := append([]string{"id"}, s.columns...), []string{"id", "status", "terminationDate"}
		records, reading := mustRead(t, open(t, company(people(head, main...), people(tail, ahead...)), nil), s.columns, nil)
		sorted, want := mustRead(t, open(t, s.sorted(), nil), s.columns, nil)
		if len(records) != len(s.order) || reading.Hash != want.Hash || reading.Requests != 3 {
			rt.Fatalf("%d records of %d, hash %s, want %s", len(records), len(s.order), reading.Hash, want.Hash)
		}
		got := byID(records)
		for _, r := range sorted {
			if showRecord(got[r.Num]) != showRecord(r) {
				rt.Fatalf("got %s, want %s", showRecord(got[r.Num]), showRecord(r))
			}
		}
	})
}

func (s sample) sorted() *stub {
	var main, ahead []string
	for _, id := range slices.Sorted(maps.Keys(s.main)) {
		main, ahead = append(main, s.main[id]), append(ahead, s.ahead[id])
	}
	return company(people(append([]string{"id"}, s.columns...), main...), people([]string{"id", "status", "terminationDate"}, ahead...))
}
