package syncrun

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/list"
)

// spoolMemory is how many bytes of evaluated records stay in memory; more go to a temporary file, so
// that the first sync of a million people does not hold a million people. spoolBlock is how much is
// taken at once: one growing buffer would be copied again and again.
const (
	spoolMemory = 8 << 20
	spoolBlock  = 256 << 10
	spoolAhead  = 16 << 10 // read at once from the file
)

// spool keeps the records of a reading that have to be decided, between the planner's two passes.
type spool struct {
	names   *directory.Names
	blocks  []*block
	used    int // bytes in blocks
	record  []byte
	file    *os.File
	size    int64  // bytes in file
	ahead   []byte // of the file, from aheadAt on
	aheadAt int64
	index   list.List[spoolEntry]
}

// block is a piece of memory, of which records are read without copying them; start is where it stands behind file
// and earlier blocks.
type block struct {
	strings.Builder
	start int64
}

type spoolEntry struct {
	id    int64
	off   int64 // counts over file and blocks
	len   int32
	block int32 // unless it is in the file
}

func newSpool() *spool { return &spool{names: new(directory.Names)} }

func (s *spool) add(w *directory.Wanted) error {
	s.record = w.AppendBinary(s.record[:0], s.names)
	n := len(s.record)
	off := s.size + int64(s.used)
	last := len(s.blocks) - 1
	if last < 0 || s.blocks[last].Cap()-s.blocks[last].Len() < n {
		b := &block{start: off}
		b.Grow(max(spoolBlock, n))
		s.blocks = append(s.blocks, b)
		last++
	}
	s.index.Append(spoolEntry{w.SourceID, off, int32(n), int32(last)})
	s.blocks[last].Write(s.record)
	if s.used += n; s.used < spoolMemory {
		return nil
	}
	if err := s.spill(); err != nil {
		return fmt.Errorf("keep evaluated employees in a temporary file: %w", err)
	}
	return nil
}

// spill moves what is in memory to the file.
func (s *spool) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp("", "rollcall-run-*")
		if err != nil {
			return err
		}
		// The name goes at once, so that a killed process leaves nothing behind.
		os.Remove(f.Name())
		s.file = f
	}
	for i := range s.blocks {
		n, err := s.file.WriteString(s.blocks[i].String())
		s.size += int64(n)
		if err != nil {
			return err
		}
	}
	s.blocks, s.used = nil, 0
	return nil
}

// sort orders the records by employee id; of several records of one id the last one counts.
func (s *spool) sort() {
	s.index.Sort(func(a, b *spoolEntry) int { return cmp.Compare(a.id, b.id) }, func(first, next *spoolEntry) { *first = *next })
}

func (s *spool) len() int { return s.index.Len() }

// read decodes the i-th record into w.
func (s *spool) read(i int, w *directory.Wanted) error {
	e := s.index.At(i)
	if e.off >= s.size {
		in := s.blocks[e.block]
		return directory.DecodeWanted(in.String()[e.off-in.start:][:e.len], s.names, w)
	}
	b, err := s.fromFile(e)
	if err != nil {
		return fmt.Errorf("read evaluated employees back: %w", err)
	}
	return directory.DecodeWanted(string(b), s.names, w)
}

// fromFile returns a record's bytes, until the next call. What stands behind it is mostly asked for next,
// and is read with it.
func (s *spool) fromFile(e *spoolEntry) ([]byte, error) {
	if e.off < s.aheadAt || e.off+int64(e.len) > s.aheadAt+int64(len(s.ahead)) {
		n := int(min(max(spoolAhead, int64(e.len)), s.size-e.off))
		s.ahead, s.aheadAt = slices.Grow(s.ahead[:0], n)[:n], e.off
		if _, err := s.file.ReadAt(s.ahead, e.off); err != nil {
			s.ahead = s.ahead[:0]
			return nil, err
		}
	}
	return s.ahead[e.off-s.aheadAt:][:e.len], nil
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
}
