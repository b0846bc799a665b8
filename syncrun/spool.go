package syncrun

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// spoolMemory is how many bytes of evaluated records stay in memory; more go to a temporary file, so
// that the first sync of a million people does not hold a million people.
const spoolMemory = 8 << 20

// spool keeps the records of a reading that have to be decided, between the planner's two passes.
type spool struct {
	names *directory.Names
	buf   []byte
	file  *os.File
	size  int64 // bytes in file
	index []spoolEntry
}

type spoolEntry struct {
	id  int64
	off int64
	len int32
	ord int32
}

func newSpool() *spool { return &spool{names: new(directory.Names)} }

func (s *spool) add(w *directory.Wanted) error {
	start := len(s.buf)
	s.buf = w.AppendBinary(s.buf, s.names)
	s.index = append(s.index, spoolEntry{w.SourceID, s.size + int64(start), int32(len(s.buf) - start), int32(len(s.index))})
	if len(s.buf) < spoolMemory {
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "rollcall-run-*")
		if err != nil {
			return fmt.Errorf("keep evaluated employees in a temporary file: %w", err)
		}
		// The name goes at once, so that a killed process leaves nothing behind.
		os.Remove(f.Name())
		s.file = f
	}
	n, err := s.file.Write(s.buf)
	s.size += int64(n)
	s.buf = s.buf[:0]
	if err != nil {
		return fmt.Errorf("keep evaluated employees in a temporary file: %w", err)
	}
	return nil
}

// sort orders the records by employee id; of several records of one id the last one counts.
func (s *spool) sort() {
	slices.SortFunc(s.index, func(a, b spoolEntry) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.ord, b.ord)) })
	kept := s.index[:0]
	for i, e := range s.index {
		if i+1 < len(s.index) && s.index[i+1].id == e.id {
			continue
		}
		kept = append(kept, e)
	}
	s.index = kept
}

func (s *spool) len() int { return len(s.index) }

// read decodes the i-th record into w.
func (s *spool) read(i int, w *directory.Wanted) error {
	e := s.index[i]
	var b []byte
	if e.off >= s.size {
		b = s.buf[e.off-s.size:][:e.len]
	} else {
		b = make([]byte, e.len)
		if _, err := s.file.ReadAt(b, e.off); err != nil && err != io.EOF {
			return fmt.Errorf("read evaluated employees back: %w", err)
		}
	}
	return directory.DecodeWanted(b, s.names, w)
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
}
