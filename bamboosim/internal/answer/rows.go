package answer

import (
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// Column is one column of an answer with rows.
type Column struct {
	Field    *company.Field
	Key      string // its name in the answer
	Label    string
	OptionOf string // show the option id of this list field instead of the value
	json     []byte // `"key":`
}

// NewColumn shows a field under a key and a label.
func NewColumn(f *company.Field, key, label string) Column {
	return Column{Field: f, Key: key, Label: label, json: append(company.AppendString(nil, key), ':')}
}

// Cell is one value of a row.
type Cell struct {
	Col    *Column
	Text   string // "" is blank
	Hidden bool   // the key's owner may not see it
}

// ColumnFor finds what a client calls name: an alias, or a field id, which answers under "<id>.0"
// ([R] report-saved-legacy, bamboohr-api §2.4). It is false for unknown names, for fields the user may not read and
// for fields that a fault drops.
func (c *Call) ColumnFor(name string) (Column, bool) {
	f, key := c.Store.Catalogue.ByAlias(name), name
	if f == nil {
		if f = c.Store.Catalogue.ByID(strings.TrimSuffix(name, ".0")); f != nil {
			key = strings.TrimSuffix(name, ".0") + ".0"
		}
	}
	if f == nil || f.Internal || !c.Access.Column(f) || c.Dropped(f) {
		return Column{}, false
	}
	return NewColumn(f, key, f.Name), true
}

// ColumnsFor are the columns of several names; unknown, unreadable and repeated ones are left out.
func (c *Call) ColumnsFor(names []string) []Column {
	var cols []Column
	for _, name := range names {
		col, ok := c.ColumnFor(name)
		if ok && !slices.ContainsFunc(cols, func(o Column) bool { return o.Key == col.Key }) {
			cols = append(cols, col)
		}
	}
	return cols
}

// Dropped tells whether a fault takes the column away.
func (c *Call) Dropped(f *company.Field) bool {
	return c.Plan.Rows.Any && slices.Contains(c.Plan.Rows.DropFields, f.Alias)
}

// FieldOf finds a field by one of our own names for it.
func (c *Call) FieldOf(alias string) *company.Field { return c.Store.Catalogue.ByAlias(alias) }

// Person is one step of a walk over people.
type Person struct {
	*company.Reader
	Visible bool // the key's owner may see the record
}

// Walk stands a reader on each person, with the row faults applied: dropped people are missing, changed ones changed,
// doubled ones come twice.
func (c *Call) Walk(people iter.Seq[*company.Employee], onlyCurrent bool) iter.Seq[Person] {
	return func(yield func(Person) bool) {
		v := c.Snapshot()
		p := Person{Reader: company.NewReader(v, onlyCurrent)}
		who := p.Reader // rights depend on current values
		if !onlyCurrent {
			who = company.NewReader(v, true)
		}
		first := true
		stand := func(e *company.Employee) bool {
			p.Visible = true
			if !c.Access.Everybody() {
				who.Stand(e)
				p.Visible = c.Access.Person(who)
			}
			p.Stand(e)
			return yield(p)
		}
		for e := range people {
			if !c.Plan.Rows.Any {
				if !stand(e) {
					return
				}
				continue
			}
			for _, copied := range c.spoilPerson(v, e, first) {
				first = false
				if !stand(copied) {
					return
				}
			}
		}
	}
}

// KeepRows lets no fault remove or double rows: those are faults of bulk answers only.
func (c *Call) KeepRows() {
	r := &c.Plan.Rows
	r.NoPeople, r.DropPercent, r.DropIDs, r.Duplicate = false, 0, nil, nil
}

// spoilPerson applies the row faults to one person: none, one or two records come out.
func (c *Call) spoilPerson(v *company.View, e *company.Employee, first bool) []*company.Employee {
	rows := &c.Plan.Rows
	if rows.Drops(e.ID, v.Rank(e.ID)) {
		return nil
	}
	meant := func(ids []int) bool { return slices.Contains(ids, e.ID) || first && slices.Contains(ids, 0) }
	changed := *e
	if rows.AllInactive {
		changed.Status = company.Inactive
	}
	if meant(rows.HugeName) {
		changed.FirstName = strings.Repeat("A", 10<<20)
	}
	if meant(rows.Recycled) {
		changed.FirstName, changed.LastName, changed.PreferredName = "Robin", "Newcomer", ""
		changed.WorkEmail, changed.HomeEmail = "robin.newcomer@"+c.Store.Company.Subdomain+".test", ""
		changed.HireDate, changed.OriginalHireDate = v.Now.AddDate(0, 0, -3).Format("2006-01-02"), ""
		changed.EmployeeNumber = "7" + strconv.Itoa(e.ID)
	}
	if rows.BadUTF8 && first {
		changed.FirstName += "\xff\xfe"
		changed.LastName += "\xff\xfe"
	}
	if !meant(rows.Duplicate) {
		return []*company.Employee{&changed}
	}
	twin := changed
	if rows.Differs {
		twin.FirstName += " II"
		twin.WorkEmail = "second." + twin.WorkEmail
	}
	return []*company.Employee{&changed, &twin}
}

// Cells evaluates the columns for one person into dst.
func (c *Call) Cells(p Person, cols []Column, dst []Cell) []Cell {
	spoiled := c.Plan.Rows.Any
	dst = dst[:0]
	for i := range cols {
		col := &cols[i]
		value := Cell{Col: col, Hidden: !p.Visible || !c.Access.Column(col.Field) || !c.Access.Cell(col.Field, p.Person.ID)}
		if !value.Hidden && !(spoiled && c.Plan.Rows.Nulls(col.Field.Alias, p.Person.ID)) {
			value.Text = p.Value(col.Field)
			if col.OptionOf != "" {
				value.Text = c.Store.Lists.OptionID(col.OptionOf, value.Text)
			}
		}
		dst = append(dst, value)
	}
	return dst
}

// BlankText is the empty form of a value that is no null (bamboohr-api §3.3).
func BlankText(k company.Kind) string {
	switch k {
	case company.KindDate:
		return company.EmptyDate
	case company.KindPay:
		return " USD"
	case company.KindCheckbox:
		return "0"
	}
	return ""
}

// Blanks says how an endpoint writes blank values.
type Blanks int

const (
	OwnForm  Blanks = iota // reports and get-employee: the empty form of the field's kind
	AllNull                // list-employees, directory, datasets
	NoMarker               // datasets: like AllNull, and "" for what may not be seen
)

// AppendCell writes a value as JSON; all are strings or null, except photoUploaded ([R] report-custom-onlyCurrent-false-2022).
func (c *Call) AppendCell(dst []byte, v Cell, form Blanks) []byte {
	switch kind := v.Col.Field.Kind; {
	case v.Hidden && form == NoMarker:
		return append(dst, `""`...)
	case v.Hidden:
		return append(dst, "null"...)
	case kind == company.KindBool && v.Text != "":
		return append(dst, v.Text...)
	case v.Text != "":
		if c.Plan.Rows.NumberIDs && v.Col.Field.Alias == "id" {
			return append(dst, v.Text...)
		}
		return company.AppendString(dst, v.Text)
	case kind == company.KindText || kind == company.KindBool || form != OwnForm:
		return append(dst, "null"...)
	default:
		return company.AppendString(dst, BlankText(kind))
	}
}

// AppendCells writes `"key":value` pairs, each after a comma unless dst ends with an opening brace.
func (c *Call) AppendCells(dst []byte, cells []Cell, form Blanks) []byte {
	double := c.Plan.Rows.DuplicateKeys
	for i := range cells {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		if double && cells[i].Col.Field.Alias != "id" {
			double = false
			dst = append(append(dst, cells[i].Col.json...), `"Duplicate",`...)
		}
		dst = append(dst, cells[i].Col.json...)
		dst = c.AppendCell(dst, cells[i], form)
	}
	return dst
}

// AppendID writes `{"key":"id"`, with a number instead when a fault says so.
func (c *Call) AppendID(dst []byte, key string, id int) []byte {
	dst = append(company.AppendString(append(dst, '{'), key), ':')
	if c.Plan.Rows.NumberIDs {
		return strconv.AppendInt(dst, int64(id), 10)
	}
	dst = strconv.AppendInt(append(dst, '"'), int64(id), 10)
	return append(dst, '"')
}

// AppendFields writes the `"fields":[…]` of reports and the directory.
func AppendFields(dst []byte, cols []Column, typeOf func(f *company.Field) string) []byte {
	dst = append(dst, `"fields":[`...)
	for i, col := range cols {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = company.AppendString(append(dst, `{"id":`...), col.Key)
		dst = company.AppendString(append(dst, `,"type":`...), typeOf(col.Field))
		dst = append(company.AppendString(append(dst, `,"name":`...), col.Label), '}')
	}
	return append(dst, ']')
}

// AppendXMLRow writes `<tag id="4"><field id="firstName">Ann</field>…</tag>` ([R] tables-4-jobInfo-xml, [D] get-employee).
func AppendXMLRow(dst []byte, tag string, id int, cells []Cell) []byte {
	dst = append(append(append(dst, '<'), tag...), ` id="`...)
	dst = append(strconv.AppendInt(dst, int64(id), 10), `">`...)
	for _, v := range cells {
		text := v.Text
		if text == "" && !v.Hidden {
			text = BlankText(v.Col.Field.Kind)
		}
		dst = AppendXMLField(dst, v.Col.Key, text)
	}
	return append(append(append(dst, "</"...), tag...), '>')
}

// AppendXMLField writes <field id="…">text</field>.
func AppendXMLField(dst []byte, id, text string) []byte {
	dst = append(dst, `<field id="`...)
	dst = append(AppendXML(dst, id), `">`...)
	return append(AppendXML(dst, text), "</field>"...)
}

// AppendXML writes text or an attribute value.
func AppendXML(dst []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '"':
			dst = append(dst, "&quot;"...)
		case r < ' ' && r != '\n' && r != '\t': // not allowed in XML at all
			dst = append(dst, "\uFFFD"...)
		default:
			dst = append(dst, string(r)...)
		}
	}
	return dst
}

// flushAt is how many bytes are gathered before they are written.
const flushAt = 32 << 10

// Spill writes what was gathered once it is enough, and returns the buffer to gather into. It is false when the client
// has left or a fault cut the line.
func Spill(w io.Writer, buf []byte) ([]byte, bool) {
	if len(buf) < flushAt {
		return buf, true
	}
	_, err := w.Write(buf)
	return buf[:0], err == nil
}

// Stream writes head, one piece per visible person and tail, gathering bytes before they are written.
func (c *Call) Stream(w io.Writer, buf []byte, people iter.Seq[Person], sep string,
	row func(buf []byte, p Person, cells []Cell) []byte, cols []Column, tail string) {
	var cells []Cell
	first, ok := true, true
	for p := range people {
		if !p.Visible {
			continue
		}
		if !first {
			buf = append(buf, sep...)
		}
		first = false
		cells = c.Cells(p, cols, cells)
		buf = row(buf, p, cells)
		if buf, ok = Spill(w, buf); !ok {
			return
		}
	}
	_, _ = w.Write(append(buf, tail...))
}

// Readable tells whether the user may read the field of the person; the id always.
func (c *Call) Readable(p Person, f *company.Field) bool {
	return f.Alias == "id" || p.Visible && c.Access.Column(f) && c.Access.Cell(f, p.Person.ID)
}

// AppendRestricted writes the names of the values that may not be seen ([D] bamboohr-api §3.4).
func AppendRestricted(dst []byte, cells []Cell, prefix string) []byte {
	dst = append(dst, `,"_restrictedFields":[`...)
	n := 0
	for _, v := range cells {
		if v.Hidden {
			if n > 0 {
				dst = append(dst, ',')
			}
			n++
			dst = company.AppendString(dst, prefix+v.Col.Key)
		}
	}
	return append(dst, ']')
}
