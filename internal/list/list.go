// Package list holds very many values in blocks, so that nothing is copied and nothing doubles as they
// grow. What the values mean and how they are looked up is left to others.
package list

import (
	"iter"
	"slices"
)

// A List starts small, so that a company of ten costs little, and goes on by whole blocks.
const (
	blockBits = 10
	blockLen  = 1 << blockBits
	firstLen  = 32
)

// List is a list that only grows. The zero value is empty.
type List[T any] struct {
	blocks [][]T // all full but the last one
	n      int
}

// Len returns how many values there are.
func (l *List[T]) Len() int { return l.n }

// At returns the i-th value. It stays where it is until the next Append or Sort.
func (l *List[T]) At(i int) *T { return &l.blocks[i>>blockBits][i&(blockLen-1)] }

// Append adds a value at the end.
func (l *List[T]) Append(v T) {
	at := l.n >> blockBits
	if at == len(l.blocks) {
		size := blockLen
		if at == 0 {
			size = firstLen
		}
		l.blocks = append(l.blocks, make([]T, 0, size))
	}
	b := l.blocks[at]
	if len(b) == cap(b) {
		b = slices.Grow(b, len(b)) // only of the first block; doubled, so that it ends at blockLen
	}
	l.blocks[at] = append(b, v)
	l.n++
}

// All yields every value by ascending index, as At returns them.
func (l *List[T]) All() iter.Seq2[int, *T] {
	return func(yield func(int, *T) bool) {
		i := 0
		for _, b := range l.blocks {
			for j := range b {
				if !yield(i, &b[j]) {
					return
				}
				i++
			}
		}
	}
}

// Sort orders the values, equal ones as they came, and then keeps of several equal ones what merge makes
// of them: it gets two that follow each other and changes the first. Values that ascend already, without
// equal ones, are only looked at.
func (l *List[T]) Sort(compare func(a, b *T) int, merge func(first, next *T)) {
	ascending := true
	for i := 1; i < l.n && ascending; i++ {
		ascending = compare(l.At(i-1), l.At(i)) < 0
	}
	if ascending {
		return
	}
	all := slices.Concat(l.blocks...)
	slices.SortStableFunc(all, func(a, b T) int { return compare(&a, &b) })
	*l = List[T]{}
	for i := range all {
		if last := l.n - 1; last >= 0 && compare(l.At(last), &all[i]) == 0 {
			merge(l.At(last), &all[i])
			continue
		}
		l.Append(all[i])
	}
}
