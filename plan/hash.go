package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// rowHashes hashes the rows of a plan as they are given out. Nothing is kept of those that always come in
// the same order; of the others, which are few, a digest each, so that their order means nothing.
type rowHashes struct {
	ordered bool      // the rows that come now have their place, see Builder.mayBeDrawnIn
	rows    hash.Hash // over the rows that have their place
	others  [][sha256.Size]byte
	one     hash.Hash // over one of the others
	buf     []byte
}

func newRowHashes() rowHashes { return rowHashes{rows: sha256.New(), one: sha256.New()} }

// add takes a row's content. What only repeats the decision in words, or only renews what is remembered
// of an unchanged employee, is left out.
func (r *rowHashes) add(it *Item) {
	const size = 4 // of a row's length, which stands before it
	e := encoder{append(r.buf[:0], make([]byte, size)...)}
	switch {
	case it.Change != nil:
		e.text("change")
		e.change(it.Change)
	case it.Held != nil:
		h := it.Held
		e.text("held", string(h.Kind), string(h.Field), string(h.Reason), h.PersonID, h.Detail)
		e.number(h.SourceID)
		for _, c := range h.Candidates {
			e.text(c.PersonID, c.Why)
		}
		if f := h.Frozen; f != nil {
			e.text("frozen", f.Freeze)
			e.field(&f.Change)
		}
	case it.Left != nil:
		e.text("left")
		e.number(it.Left.SourceID)
	default:
		return
	}
	r.buf = e.b
	if r.ordered {
		binary.BigEndian.PutUint32(e.b, uint32(len(e.b)-size))
		r.rows.Write(e.b)
		return
	}
	r.one.Reset()
	r.one.Write(e.b[size:])
	r.others = append(r.others, [sha256.Size]byte(r.one.Sum(nil)))
}

// sum hashes the settings revision, the reading's content and the rows. The plan's id, the instants and
// the requests are left out: the same content is the same plan.
func (r *rowHashes) sum(h *Header) string {
	e := encoder{}
	e.text(h.Revision, h.Evidence.SnapshotHash, h.Evidence.Grade, string(h.Verdict))
	if h.AsOf != nil {
		e.time(*h.AsOf)
	}
	if h.WithoutFreezes {
		e.text("without freezes")
	}
	for _, x := range h.Reasons {
		e.text(x.Code, string(x.Kind), string(x.Waiting))
		e.number(int64(x.Count))
	}
	all := sha256.New()
	all.Write(e.b)
	all.Write(r.rows.Sum(nil))
	slices.SortFunc(r.others, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	for i := range r.others {
		all.Write(r.others[i][:])
	}
	return "sha256:" + hex.EncodeToString(all.Sum(nil))
}

// encoder writes values so that no two different rows look alike.
type encoder struct{ b []byte }

func (e *encoder) number(n int64) { e.b = binary.AppendVarint(e.b, n) }

func (e *encoder) text(parts ...string) {
	b := e.b
	for _, s := range parts {
		if len(s) < 0x80 {
			b = append(b, byte(len(s))) // most by far; the same as a varint
		} else {
			b = binary.AppendUvarint(b, uint64(len(s)))
		}
		b = append(b, s...)
	}
	e.b = b
}

func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.number(0)
		return
	}
	e.number(t.UnixNano())
}

func (e *encoder) change(c *Change) {
	e.text(string(c.Action), string(c.Reason), c.PersonID, c.Email, c.Name, string(c.StatusBefore), string(c.StatusAfter))
	e.number(c.SourceID)
	e.number(c.Version)
	e.number(int64(c.Kinds))
	e.time(c.EffectiveAt)
	e.number(int64(len(c.Fields)))
	for i := range c.Fields {
		e.field(&c.Fields[i])
	}
	e.number(int64(len(c.DependsOn)))
	for _, k := range c.DependsOn {
		e.text(string(k))
	}
	if c.Group != nil {
		e.group(c.Group)
	}
	for _, h := range c.Holds {
		e.text(h.ID, string(h.Field), h.UntilHR)
	}
}

func (e *encoder) field(f *FieldChange) {
	e.text(string(f.Field), string(f.Kind), f.Before, f.After, f.BeforeID, f.AfterID, f.From)
}

func (e *encoder) group(g *directory.Group) { e.text(g.ID, string(g.Kind), g.Name) }
