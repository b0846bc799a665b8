package hr

import (
	"errors"
	"iter"
	"time"
)

// ErrWhole says that some employees cannot be read alone; read the whole company instead.
var ErrWhole = errors.New("only the whole company can be read")

// Changes is who changed since an instant, as the HR system lists it. It is no proof that nobody else did:
// a row that came into effect, or a right that was lost, need not show (bamboohr-api §2.7).
type Changes struct {
	Latest    time.Time // what to ask with next time, by the HR system's clock
	Employees []Change  // each once
}

// Change is one employee in Changes.
type Change struct {
	ID      int64
	At      time.Time // zero when the HR system does not say
	Deleted bool      // the record was removed, which is no termination
}

// Partial asks for a reading in which only some employees are read again.
type Partial struct {
	IDs    []int64                 // read these, ascending, at least one
	Known  KnownFunc               // as in a whole reading, for IDs
	Rest   iter.Seq2[int64, Known] // these stand as they are remembered
	Others int                     // employees who count, and of whom nothing is remembered
}
