package source

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
)

// readerVersion is part of every fingerprint: raise it when a reader makes other values of the same
// bytes, so that every record is decoded once again.
const readerVersion = "2"

// view is one record of one read: raw bytes to fingerprint, values only on demand.
type view interface {
	Raw() []byte
	// scalars decodes the record by the decoder's columns. The slice is good until the next call.
	scalars() ([]bamboohr.Scalar, bamboohr.Warning, error)
}

// form says how the scalars of one read become the values of one schema.
type form struct {
	schema   *hr.Schema
	column   []int  // per slot: index of the scalar, -1 when it was not asked for
	answered []bool // per slot
	idSlot   int    // -1 without
}

// newForm asks for the columns of a schema; name gives each alias its name at the endpoint ("": the
// endpoint has none), and answered the names the answer really has (bamboohr-api §2.4, §9.4).
func newForm(schema *hr.Schema, columns []string, name func(alias string) string, answered map[string]bool) form {
	at := make(map[string]int, len(columns))
	for i, c := range columns {
		at[c] = i
	}
	f := form{schema: schema, column: make([]int, schema.Len()), answered: make([]bool, schema.Len()), idSlot: -1}
	if slot, ok := schema.Slot(aliasID); ok {
		f.idSlot = slot
	}
	for slot, alias := range schema.Names() {
		n := name(alias)
		i, ok := at[n]
		if !ok {
			i = -1
		}
		f.column[slot], f.answered[slot] = i, ok && answered[n]
	}
	return f
}

// assembler makes records of pairs of views, and counts them. It reuses its buffers: a record is good
// until the next one.
type assembler struct {
	known   hr.KnownFunc
	main    form
	ahead   form
	tally   *tally
	print   *printer
	statusS int // slot of the account status in main, -1 without
	record  hr.Record
	values  []hr.Value
	later   []hr.Value
	hidden  func(main view) (map[int]bool, error) // slots the key may not see in this record; nil: none
}

func newAssembler(reader, secret string, main, ahead form, known hr.KnownFunc) *assembler {
	a := &assembler{
		known: known, main: main, ahead: ahead, statusS: -1, print: newPrinter(secret, fieldsText(reader, main, ahead)),
		tally:  newTally(main.schema, func(slot int) bool { return main.answered[slot] }),
		values: make([]hr.Value, main.schema.Len()), later: make([]hr.Value, ahead.schema.Len()),
	}
	if s, ok := main.schema.Slot(aliasStatus); ok {
		a.statusS = s
	}
	for slot, name := range ahead.schema.Names() {
		if !ahead.answered[slot] {
			a.tally.aheadLost = append(a.tally.aheadLost, name)
		}
	}
	if main.schema.Len() > hr.MaxTrackedFields || known == nil {
		a.known = func(int64) (hr.Known, bool) { return hr.Known{}, false }
	}
	return a
}

// shape tells two assemblers apart whose fingerprints and coverages mean something else.
func (a *assembler) shape() string { return hex.EncodeToString(a.print.seed[:16]) }

// stand makes the record of an employee who is not read again.
func (a *assembler) stand(id int64, k hr.Known) hr.Record {
	a.tally.mix(k.Fingerprint)
	a.tally.unchanged(k.Coverage)
	return hr.Record{ID: strconv.FormatInt(id, 10), Num: id, Fingerprint: k.Fingerprint, Coverage: k.Coverage, Unchanged: true}
}

// fieldsText names everything besides the bytes that decides what a record's values are.
func fieldsText(reader string, forms ...form) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", readerVersion, reader)
	for _, f := range forms {
		b.WriteString("\n")
		for slot, name := range f.schema.Names() {
			fmt.Fprintf(&b, "%q %t,", name, f.answered[slot])
		}
	}
	return b.String()
}

// add makes the record of an employee from both views of one person.
func (a *assembler) add(id int64, main, ahead view) hr.Record {
	print := a.print.of(main.Raw(), ahead.Raw())
	a.tally.mix(print)
	if k, ok := a.known(id); ok && k.Fingerprint == print {
		a.tally.unchanged(k.Coverage)
		a.record = hr.Record{ID: strconv.FormatInt(id, 10), Num: id, Fingerprint: print, Coverage: k.Coverage, Unchanged: true}
		return a.record
	}
	a.record = hr.Record{ID: strconv.FormatInt(id, 10), Num: id, Fingerprint: print}
	if err := a.decode(main, ahead); err != nil {
		return a.unusable(id, err.Error())
	}
	a.tally.decoded(a.values, a.record.Coverage)
	return a.record
}

func (a *assembler) decode(main, ahead view) error {
	scalars, odd, err := main.scalars()
	if err != nil {
		return err
	}
	whole := a.main.fill(a.values, scalars, a.record.ID)
	if a.hidden != nil {
		slots, err := a.hidden(main)
		if err != nil {
			return err
		}
		for slot := range slots {
			a.values[slot] = hr.Hidden()
			whole = false
		}
	}
	scalars, odd2, err := ahead.scalars()
	if err != nil {
		return err
	}
	whole = a.ahead.fill(a.later, scalars, a.record.ID) && whole
	a.warn(odd, odd2)
	for slot, v := range a.values[:min(len(a.values), hr.MaxTrackedFields)] {
		if v.IsSet() {
			a.record.Coverage = a.record.Coverage.With(slot)
		}
	}
	if a.statusS >= 0 {
		a.record.Coverage = accountBits(a.record.Coverage, a.values[a.statusS].Text())
	}
	if !whole { // must be looked at again whatever the bytes say: coverage cannot tell blank from hidden
		a.record.Fingerprint = hr.Fingerprint{}
	}
	a.record.Values, a.record.Ahead = a.values, a.later
	return nil
}

// fill turns scalars into values; it is false when a column that the answer has is missing in this
// record.
func (f form) fill(values []hr.Value, scalars []bamboohr.Scalar, id string) bool {
	whole := true
	for slot := range values {
		if !f.answered[slot] {
			values[slot] = hr.Hidden()
			continue
		}
		v := value(scalars[f.column[slot]])
		if slot == f.idSlot && v.IsSet() {
			v = hr.Text(id)
		}
		whole = whole && !v.IsUnreadable()
		values[slot] = v
	}
	return whole
}

// value tells set, blank and unreadable apart (bamboohr-api §3.3, §3.4).
func value(s bamboohr.Scalar) hr.Value {
	switch {
	case s.Kind == bamboohr.Absent:
		return hr.Hidden()
	case s.Empty() || blankPay(s.Text):
		return hr.Empty()
	case s.Kind == bamboohr.Composite:
		return hr.Text(flatten(s.Text))
	}
	return hr.Text(s.Text)
}

// blankPay tells an amount of money without an amount: a space and a currency code.
func blankPay(s string) bool {
	return len(s) == 4 && s[0] == ' ' && strings.Trim(s[1:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// flatten writes a list of texts as one text with commas, as BambooHR itself does in reports; anything
// else stays JSON. An empty list is blank.
func flatten(raw string) string {
	var items []any
	if json.Unmarshal([]byte(raw), &items) != nil {
		return strings.TrimPrefix(raw, "{}")
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		if s, ok := item.(string); ok {
			texts = append(texts, s)
			continue
		}
		texts = append(texts, fmt.Sprint(item))
	}
	return strings.Join(texts, ",")
}

// warn keeps what was odd about the bytes of the record under way (security §3 #20).
func (a *assembler) warn(odd ...bamboohr.Warning) {
	add := func(text string) {
		a.record.Warnings = append(a.record.Warnings, hr.Warning{Text: text})
		a.tally.warn("employee %s: %s", a.record.ID, text)
	}
	if odd[0].InvalidUTF8 || odd[1].InvalidUTF8 {
		add("bytes that are not UTF-8 were replaced by \ufffd")
	}
	if odd[0].DuplicateKey || odd[1].DuplicateKey {
		add("a field came twice, the last one was taken")
	}
}

// unusable makes the record of an employee about whom nothing can be said, and counts it.
func (a *assembler) unusable(id int64, why string) hr.Record {
	a.tally.unusable()
	return a.problem(id, why)
}

// problem makes such a record without counting: it takes back one that was counted.
func (a *assembler) problem(id int64, why string) hr.Record {
	text := fmt.Sprintf("employee %d: %s", id, why)
	a.tally.mix(a.print.of([]byte(text), nil))
	a.tally.warn("%s", text)
	a.record = hr.Record{ID: strconv.FormatInt(id, 10), Num: id, Problem: why}
	return a.record
}
