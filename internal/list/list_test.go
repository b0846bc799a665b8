package list_test

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/internal/list"
)

func fill(l *list.List[int], n int) {
	for i := range n {
		l.Append(i)
	}
}

func TestListHoldsEverything(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 33, 1023, 1024, 1025, 5000} {
		var l list.List[int]
		fill(&l, n)
		if l.Len() != n {
			t.Errorf("%d values: Len() = %d", n, l.Len())
		}
		i := 0
		for at, v := range l.All() {
			if at != i || *v != i || l.At(i) != v {
				t.Fatalf("%d values: value %d at %d is %d", n, i, at, *v)
			}
			i++
		}
		if i != n {
			t.Errorf("%d values: %d yielded", n, i)
		}
	}
}

func TestAllStops(t *testing.T) {
	var l list.List[int]
	fill(&l, 3000)
	seen := 0
	for range l.All() {
		if seen++; seen == 1500 {
			break
		}
	}
	if seen != 1500 {
		t.Errorf("%d values seen", seen)
	}
}

// What is full stays where it is: nothing is copied as the list grows.
func TestBlocksStay(t *testing.T) {
	var l list.List[int]
	fill(&l, 1024)
	first := l.At(0)
	fill(&l, 100_000)
	if l.At(0) != first {
		t.Error("the first block moved")
	}
}

type pair struct{ Key, N int }

// Sort does what a stable sort of a slice does; of equal ones merge decides.
func TestSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.IntRange(0, 50), 0, 40).Draw(t, "keys")
		for range rapid.SampledFrom([]int{0, 0, 2000}).Draw(t, "more") {
			keys = append(keys, len(keys))
		}
		var l list.List[pair]
		var all []pair
		for n, k := range keys {
			l.Append(pair{k, n})
			all = append(all, pair{k, n})
		}
		slices.SortStableFunc(all, func(a, b pair) int { return cmp.Compare(a.Key, b.Key) })
		var want, got []pair
		for _, p := range all {
			if n := len(want); n > 0 && want[n-1].Key == p.Key {
				want[n-1].N = 2*want[n-1].N + p.N
				continue
			}
			want = append(want, p)
		}
		l.Sort(func(a, b *pair) int { return cmp.Compare(a.Key, b.Key) }, func(first, next *pair) { first.N = 2*first.N + next.N })
		for _, p := range l.All() {
			got = append(got, *p)
		}
		if diff := gocmp.Diff(want, got); diff != "" || l.Len() != len(want) {
			t.Fatalf("Len() = %d (-want +got):\n%s", l.Len(), diff)
		}
	})
}
