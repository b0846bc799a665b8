package directory

import "slices"

// FindLoops returns the loops of a graph in which each of the nodes 0 to n-1 has at most one edge:
// reporting lines, one manager per person. next answers where the edge of a node leads; anything
// outside 0 to n-1 means no edge. Members and loops are in ascending order; a node that leads to
// itself is a loop of one. It walks each edge once, without recursion, whatever the length of a chain
// (security §3 #33, promise SI45).
func FindLoops(n int, next func(int) int) [][]int {
	var loops [][]int
	walk := make([]int, n) // the walk that reached a node first, from 1; 0: none yet
	for start := range n {
		at := start
		for at >= 0 && at < n && walk[at] == 0 {
			walk[at] = start + 1
			at = next(at)
		}
		if at < 0 || at >= n || walk[at] != start+1 {
			continue
		}
		loop := []int{at}
		for m := next(at); m != at; m = next(m) {
			loop = append(loop, m)
		}
		slices.Sort(loop)
		loops = append(loops, loop)
	}
	slices.SortFunc(loops, func(a, b []int) int { return a[0] - b[0] })
	return loops
}
