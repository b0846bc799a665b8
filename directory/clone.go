package directory

import "slices"

// Clone returns a copy of w that stays as it is when w is used for the next record.
func (w *Wanted) Clone() *Wanted {
	c := *w
	c.Extras = slices.Clone(w.Extras)
	c.Match = slices.Clone(w.Match)
	c.Signals = slices.Clone(w.Signals)
	c.Notes = slices.Clone(w.Notes)
	return &c
}

// Reset empties w and keeps the memory of its lists for the next record.
func (w *Wanted) Reset() {
	*w = Wanted{Extras: w.Extras[:0], Match: w.Match[:0], Signals: w.Signals[:0], Notes: w.Notes[:0]}
}
