package directory_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
)

func TestFindLoops(t *testing.T) {
	tests := []struct {
		name string
		next []int
		want [][]int
	}{
		{"nobody", nil, nil},
		{"a tree", []int{-1, 0, 0, 1}, nil},
		{"own manager", []int{-1, 1, 1}, [][]int{{1}}},
		{"two CEOs reporting to each other (SI45)", []int{1, 0, 0, 2}, [][]int{{0, 1}}},
		{"three, with a tail", []int{2, 0, 4, 1, 0}, [][]int{{0, 2, 4}}},
		{"two loops", []int{3, 2, 1, 0, 0}, [][]int{{0, 3}, {1, 2}}},
		{"edge to nowhere", []int{7, 0}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := directory.FindLoops(len(tt.next), func(i int) int { return tt.next[i] })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("loops (-want +got):\n%s", diff)
			}
		})
	}
}

// A node is in a loop exactly when walking n steps from it comes back to it on the way.
func TestFindLoopsAgreesWithWalking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		next := rapid.SliceOfN(rapid.IntRange(-1, 12), 0, 12).Draw(t, "next")
		loops := directory.FindLoops(len(next), func(i int) int { return next[i] })
		seen := slices.Concat(loops...)
		for i := range next {
			back := false
			at := i
			for range next {
				if at = next[at]; at < 0 || at >= len(next) || at == i {
					break
				}
			}
			back = at == i
			if n := count(seen, i); (n == 1) != back || n > 1 {
				t.Fatalf("node %d of %v: in a loop %v, listed %d times in %v", i, next, back, n, loops)
			}
		}
	})
}

func count(s []int, x int) (n int) {
	for _, v := range s {
		if v == x {
			n++
		}
	}
	return n
}

func BenchmarkFindLoops(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		directory.FindLoops(n, func(i int) int { return (i - 1) / 7 * min(i, 1) })
	}
}
