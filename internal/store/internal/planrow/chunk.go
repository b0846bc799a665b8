package planrow

import (
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/fold"
	"github.com/rollcall-hr/rollcall/plan"
)

// Rows that follow each other in a plan are stored together, as one chunk: a table row for each of a hundred
// thousand costs a first sync more than deciding about them, and a page of a plan, which a filter picks from
// anywhere in it, must not look at each. A chunk has what filters ask first and together.

const (
	// ChunkRows is how many rows a chunk has at most; a byte numbers their marks.
	ChunkRows = 256
	// chunkBytes is how much text its rows have, before one more ends it.
	chunkBytes = 64 << 10
)

// Mark is what filters and counts ask, and what many rows have in common.
type Mark struct {
	Rank   int64
	Kind   int64 // Change, …
	Action plan.Action
	Reason plan.Reason
	Kinds  plan.KindSet
	Fields FieldSet
	New    Newcomer
	Seats  int8 // how many more active people there are
}

// Newcomer tells of a row whether it makes somebody an account.
type Newcomer uint8

// What becomes of new people.
const (
	NotNew       Newcomer = iota
	Starts                // can be invited as soon as there is an account
	StartsLater           // can be invited on a first day that may lie ahead
	NoAddress             // cannot be invited
	StaysOutside          // gets an account that nobody may use
)

// About is what is asked of a row beside its columns.
type About struct {
	Fields        FieldSet // that a change writes or a held entry names
	New           Newcomer
	Seats         int8   // how many more active people there are
	Day, Location string // when and where somebody StartsLater
}

// aboutOf takes any first day for one that may lie ahead.
func aboutOf(it *plan.Item) About {
	var a About
	switch {
	case it.Change != nil:
		c := it.Change
		for i := range c.Fields {
			f := &c.Fields[i]
			a.Fields |= FieldBit(f.Field)
			switch f.Field {
			case directory.HireDate:
				a.Day = f.After
			case directory.Location:
				a.Location = f.After
			}
		}
		a.Seats = int8(c.StatusAfter.Seats() - c.StatusBefore.Seats())
		switch {
		case c.Action != plan.Create || c.Group != nil:
		case c.Email == "":
			a.New = NoAddress
		case c.PersonID == "" || c.StatusAfter == directory.Deactivated:
			a.New = StaysOutside
		case a.Day == "":
			a.New = Starts
		default:
			a.New = StartsLater
		}
	case it.Held != nil && it.Held.Field != "":
		a.Fields = FieldBit(it.Held.Field)
	}
	if a.New != StartsLater {
		a.Day, a.Location = "", ""
	}
	return a
}

// Chunk is rows as they are stored, in parts that are read apart.
type Chunk struct {
	Rows   int64
	First  Key    // of its first row
	Marks  string // what ParseMarks reads
	Found  string // a line per row: name and address of changes and held entries as they are searched
	Heads  string // the rest of each row's Head
	Names  string // names and addresses
	Bodies string
}

// Size is how many bytes it takes.
func (c *Chunk) Size() int {
	return len(c.Marks) + len(c.Found) + len(c.Heads) + len(c.Names) + len(c.Bodies)
}

// Row is one packed row.
type Row struct {
	Head  Head
	About About
	Body  string
}

// Key orders the row within its plan.
func (r *Row) Key() Key { return r.Head.Key() }

// Pack packs one row. It keeps nothing of the item.
func Pack(it *plan.Item, words *Words) Row {
	r := Row{Head: HeadOf(it), About: aboutOf(it), Body: string(Append(nil, it, words))}
	for _, s := range []*string{&r.Head.Person, &r.Head.Name, &r.Head.Email, &r.About.Day, &r.About.Location} {
		*s = strings.Clone(*s) // else it keeps a whole record alive
	}
	return r
}

// Builder packs rows, which come in plan order, into chunks.
type Builder struct {
	// Since is the earliest first day that may lie ahead for whoever reads the rows, as YYYY-MM-DD.
	Since string

	rows   int64
	first  Key
	source int64 // of the last row
	marks  []Mark
	of     []byte // number of each row's mark
	found  []byte
	heads  packer
	names  []byte
	bodies []byte
	ahead  packer // row, day and location of those who start later
}

// Add adds a row.
func (b *Builder) Add(it *plan.Item, words *Words) {
	h, from := HeadOf(it), len(b.bodies)
	b.bodies = Append(b.bodies, it, words)
	a := aboutOf(it)
	b.head(&h, &a, len(b.bodies)-from)
}

// AddRow adds a row that is packed already.
func (b *Builder) AddRow(r *Row) {
	b.bodies = append(b.bodies, r.Body...)
	b.head(&r.Head, &r.About, len(r.Body))
}

func (b *Builder) head(h *Head, a *About, body int) {
	if b.rows == 0 {
		b.first, b.source = h.Key(), 0
	}
	start := a.New
	if start == StartsLater && a.Day < b.Since {
		start = Starts
	}
	if start == StartsLater {
		b.ahead.uint(uint64(b.rows))
		b.ahead.string(a.Day)
		b.ahead.string(a.Location)
	}
	b.rows++
	m := Mark{h.Rank, h.Kind, plan.Action(h.Action), plan.Reason(h.Reason), plan.KindSet(h.Kinds), a.Fields, start, a.Seats}
	no := len(b.marks) - 1 // mostly that of the row before
	if no < 0 || b.marks[no] != m {
		if no = slices.Index(b.marks, m); no < 0 {
			no = len(b.marks)
			b.marks = append(b.marks, m)
		}
	}
	b.of = append(b.of, byte(no))
	b.heads.int(h.Source - b.source)
	b.source = h.Source
	b.heads.int(h.Version)
	b.heads.string(h.Person)
	b.heads.uint(uint64(len(h.Name)))
	b.heads.uint(uint64(len(h.Email)))
	b.heads.uint(uint64(body))
	b.names = append(append(b.names, h.Name...), h.Email...)
	if h.Kind == Change || h.Kind == Held {
		b.found = fold.Append(append(fold.Append(b.found, h.Name), '\t'), h.Email)
	}
	b.found = append(b.found, '\n')
}

// Full tells that the next row belongs into another chunk.
func (b *Builder) Full() bool {
	return b.rows == ChunkRows || len(b.bodies) >= chunkBytes
}

// Rows is how many rows the next chunk has so far.
func (b *Builder) Rows() int64 { return b.rows }

// Chunk returns the rows that were added, and begins another chunk.
func (b *Builder) Chunk() Chunk {
	var p packer
	p.uint(uint64(len(b.marks)))
	for _, m := range b.marks {
		p.int(m.Rank)
		p.int(m.Kind)
		p.string(string(m.Action))
		p.string(string(m.Reason))
		p.uint(uint64(m.Kinds))
		p.uint(uint64(m.Fields))
		p.uint(uint64(m.New))
		p.int(int64(m.Seats))
	}
	p.string(string(b.ahead.b))
	c := Chunk{Rows: b.rows, First: b.first, Marks: string(append(p.b, b.of...)), Found: string(b.found), Heads: string(b.heads.b),
		Names: string(b.names), Bodies: string(b.bodies)}
	c.First.Person = strings.Clone(c.First.Person)
	*b = Builder{Since: b.Since, ahead: packer{b: b.ahead.b[:0]}, marks: b.marks[:0], of: b.of[:0], found: b.found[:0], heads: packer{b: b.heads.b[:0]}, names: b.names[:0], bodies: b.bodies[:0]}
	return c
}

// Marks are the marks of a chunk's rows.
type Marks struct {
	List  []Mark
	ahead string
	of    string
}

// Rows is how many rows there are.
func (m *Marks) Rows() int { return len(m.of) }

// No is the number, in List, of a row's mark; rows count from 0.
func (m *Marks) No(row int) int { return int(m.of[row]) }

// Of is the mark of a row.
func (m *Marks) Of(row int) *Mark { return &m.List[m.of[row]] }

// Later calls do for every row of somebody who StartsLater.
func (m *Marks) Later(do func(row int, day, location string)) {
	for u := (unpacker{s: m.ahead}); u.s != ""; {
		row, day, location := u.uint(), u.string(), u.string()
		if u.bad || row >= uint64(m.Rows()) {
			return
		}
		do(int(row), day, location)
	}
}

// ParseMarks reads what Chunk.Marks has.
func ParseMarks(s string) (Marks, error) {
	u := unpacker{s: s}
	m := Marks{List: make([]Mark, u.count())}
	for i := range m.List {
		m.List[i] = Mark{u.int(), u.int(), plan.Action(u.string()), plan.Reason(u.string()), plan.KindSet(u.uint()), FieldSet(u.uint()), Newcomer(u.uint()), int8(u.int())}
	}
	m.ahead = u.string()
	m.of = u.s
	for i := range len(m.of) {
		u.bad = u.bad || int(m.of[i]) >= len(m.List)
	}
	if u.bad {
		return Marks{}, ErrDamaged
	}
	return m, nil
}

// Rows are the rows of a chunk. Names, addresses and bodies are there when they were read. Its zero value has none.
type Rows struct {
	Marks  Marks
	Heads  []Head
	bodies string
	ends   []int
}

// Open unpacks the heads of a chunk whose parts, down to Heads, were read; names and bodies may be left out. It takes
// the place of the chunk that r had before, in the same memory.
func (r *Rows) Open(c *Chunk) error {
	marks, err := ParseMarks(c.Marks)
	if err != nil {
		return err
	}
	n := marks.Rows()
	r.Marks, r.bodies = marks, c.Bodies
	r.Heads, r.ends = slices.Grow(r.Heads[:0], n)[:n], slices.Grow(r.ends[:0], n)[:n]
	u, names := unpacker{s: c.Heads}, unpacker{s: c.Names}
	source, end := int64(0), 0
	for i := range r.Heads {
		m := marks.Of(i)
		source += u.int()
		r.Heads[i] = Head{Rank: m.Rank, Source: source, Kind: m.Kind, Action: string(m.Action), Reason: string(m.Reason), Kinds: int64(m.Kinds),
			Version: u.int(), Person: u.string()}
		name, email := u.uint(), u.uint()
		if c.Names != "" {
			r.Heads[i].Name, r.Heads[i].Email = names.take(name), names.take(email)
		}
		body := u.uint()
		u.bad = u.bad || body > 1<<30
		end += int(body)
		r.ends[i] = end
	}
	if u.bad || names.bad || u.s != "" || names.s != "" || c.Bodies != "" && end != len(c.Bodies) {
		return ErrDamaged
	}
	return nil
}

// All returns the rows, packed.
func (r *Rows) All() []Row {
	out := make([]Row, len(r.Heads))
	for i := range out {
		m := r.Marks.Of(i)
		out[i] = Row{Head: r.Heads[i], About: About{Fields: m.Fields, New: m.New, Seats: m.Seats}, Body: r.body(i)}
	}
	r.Marks.Later(func(row int, day, location string) { out[row].About.Day, out[row].About.Location = day, location })
	return out
}

// Item restores one of the rows.
func (r *Rows) Item(i int, of *Reader) (plan.Item, error) { return of.Unpack(&r.Heads[i], r.body(i)) }

// body is the body of a row, "" when it was not read.
func (r *Rows) body(i int) string {
	from := 0
	if i > 0 {
		from = r.ends[i-1]
	}
	if r.ends[i] > len(r.bodies) {
		return ""
	}
	return r.bodies[from:r.ends[i]]
}

// FieldSet tells which fields a row is about: a bit per standard field, in the order of
// directory.Standard, and one for all others together.
type FieldSet uint32

const otherFields = directory.StandardCount

// FieldBit returns the set of one field; of one that is not a standard field, the set of all such.
func FieldBit(f directory.Field) FieldSet {
	if slot := f.Slot(); slot >= 0 {
		return 1 << slot
	}
	return 1 << otherFields
}
