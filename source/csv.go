package source

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// CSV reads a company from a file with a header row. Its columns are BambooHR aliases or the names of
// the fixed table ("First Name"); other columns are found by "name:…". A column id (or EEID) is
// required. Fields are separated by comma, semicolon or tab. The file shows one state, so the values
// ahead are the present ones, and there is no key that could hide anything: a column that is missing is
// unreadable. It may be used from several goroutines when open may.
type CSV struct {
	name string
	open func() (io.ReadCloser, error)
	now  func() time.Time
}

// NewCSV makes a reader of the file that open opens; name is what errors call it.
func NewCSV(name string, open func() (io.ReadCloser, error), o Options) *CSV {
	c := &CSV{name: name, open: open, now: o.Now}
	if c.now == nil {
		c.now = time.Now
	}
	return c
}

// Requests is 0: a file needs none.
func (c *CSV) Requests() int { return 0 }

// Resolve finds "name:…" references in the header row.
func (c *CSV) Resolve(_ context.Context, conn *policy.Connection) (map[string]string, error) {
	const doing = "look up the fields"
	refs := references(conn)
	if !hasNames(refs) {
		return map[string]string{}, nil
	}
	f, err := c.start()
	if err != nil {
		return nil, wrap(doing, c.name, err)
	}
	defer f.file.Close()
	fields := make([]bamboohr.Field, len(f.columns))
	for i, alias := range f.columns {
		fields[i] = bamboohr.Field{Name: f.header[i], Alias: alias}
	}
	aliases, faults := resolveAll(refs, func(r reference) bool { return true }, fields)
	return aliases, wrap(doing, c.name, settingsError(faults))
}

// Read reads the file. Errors are those of BambooHR.Read; none is Retryable.
func (c *CSV) Read(ctx context.Context, fields []string, known hr.KnownFunc) (*hr.Snapshot, error) {
	const doing = "read the employees"
	f, err := c.start()
	if err != nil {
		return nil, wrap(doing, c.name, err)
	}
	taken := c.now()
	schema, ahead := hr.NewSchema(fields...), hr.NewSchema(policy.LifecycleFields()...)
	answered := make(map[string]bool, len(f.columns))
	for _, alias := range f.columns {
		answered[alias] = true
	}
	same := func(alias string) string { return alias }
	build := newAssembler("csv", "", newForm(schema, f.columns, same, answered), newForm(ahead, f.columns, same, answered), known)
	return &hr.Snapshot{
		ID:      fmt.Sprintf("%s-%s", c.name, taken.UTC().Format("20060102T150405Z")),
		TakenAt: taken, Schema: schema, Ahead: ahead,
		Records: once(doing, c.name, func(yield func(hr.Record, error) bool) {
			defer f.file.Close()
			if err := f.run(ctx, build, yield); err != nil {
				yield(hr.Record{}, err)
			}
		}),
		Reading: func() hr.Reading { return build.tally.reading(0) },
	}, nil
}

// StatusReadable confirms everybody: a file hides nothing.
func (c *CSV) StatusReadable(_ context.Context, ids []int64) (map[int64]bool, error) {
	all := make(map[int64]bool, len(ids))
	for _, id := range ids {
		all[id] = true
	}
	return all, nil
}

// Deleted answers nobody: a file does not tell whether a missing employee was deleted.
func (c *CSV) Deleted(context.Context, time.Time, []int64) (map[int64]bool, error) {
	return map[int64]bool{}, nil
}

// csvFile is a file behind its header row.
type csvFile struct {
	file    io.Closer
	rows    *csv.Reader
	header  []string // as written
	columns []string // alias of each column, or its header
	id      int      // column of the id

	raw    []byte // the row it stands on, unambiguous
	values []bamboohr.Scalar
	odd    bamboohr.Warning
}

func (c *CSV) start() (*csvFile, error) {
	file, err := c.open()
	if err != nil {
		return nil, err
	}
	f := &csvFile{file: file}
	if err := f.readHeader(bufio.NewReader(file)); err != nil {
		file.Close()
		return nil, err
	}
	return f, nil
}

func (f *csvFile) readHeader(in *bufio.Reader) error {
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		in.Discard(3)
	}
	line, _ := in.Peek(4096) // shorter files give what they have; reading the row tells what is wrong
	line, _, _ = bytes.Cut(line, []byte("\n"))
	f.rows = csv.NewReader(in)
	f.rows.ReuseRecord = true
	for _, separator := range ";\t" {
		if bytes.Count(line, []byte(string(separator))) > bytes.Count(line, []byte(string(f.rows.Comma))) {
			f.rows.Comma = separator
		}
	}
	row, err := f.rows.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the file is empty; it needs a header row", ErrData)
	}
	if err != nil {
		return fmt.Errorf("%w: header row: %w", ErrData, err)
	}
	known := columns()
	for _, name := range row {
		name = strings.TrimSpace(name)
		alias := name
		if i := slices.IndexFunc(known, func(k column) bool { return k.alias == name || nameKey(k.name) == nameKey(name) }); i >= 0 {
			alias = known[i].alias
		}
		if slices.Contains(f.columns, alias) || alias == "" {
			return fmt.Errorf("%w: header row: the column %q is blank or comes twice", ErrData, name)
		}
		f.header, f.columns = append(f.header, strings.Clone(name)), append(f.columns, strings.Clone(alias))
	}
	if f.id = slices.Index(f.columns, aliasID); f.id < 0 {
		return fmt.Errorf("%w: header row: there is no column id (or EEID), BambooHR's internal id", ErrData)
	}
	f.values = make([]bamboohr.Scalar, len(f.columns))
	return nil
}

// run yields every row. Rows that come twice count once, two different ones are a problem, as with
// BambooHR.
func (f *csvFile) run(ctx context.Context, build *assembler, yield func(hr.Record, error) bool) error {
	seen, revoked := newIndex(), map[int64]bool{}
	for {
		row, err := f.rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrData, err)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		line, _ := f.rows.FieldPos(0)
		id, err := parseID(strings.TrimSpace(row[f.id]))
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		f.take(row)
		var r hr.Record
		switch seen.add(id, f.raw) {
		case repeated:
			build.tally.warn("line %d repeats employee %d and counts once", line, id)
			continue
		case differing:
			if revoked[id] {
				continue
			}
			revoked[id] = true
			r = build.problem(id, "the file has two different rows with this id")
		default:
			r = build.add(id, f, f)
		}
		if !yield(r, nil) {
			return nil
		}
	}
}

// take makes a row the one to show. The apostrophe that exports put before what a spreadsheet would
// take for a formula is dropped (security §1 #13).
func (f *csvFile) take(row []string) {
	f.raw, f.odd = f.raw[:0], bamboohr.Warning{}
	for i, text := range row {
		f.raw = binary.AppendUvarint(f.raw, uint64(len(text)))
		f.raw = append(f.raw, text...)
		if len(text) > 1 && text[0] == '\'' && strings.ContainsRune("=+-@\t\r\x00", rune(text[1])) {
			text = text[1:]
		}
		valid := strings.ToValidUTF8(text, "\ufffd")
		f.odd.InvalidUTF8 = f.odd.InvalidUTF8 || valid != text
		f.values[i] = bamboohr.Scalar{Kind: bamboohr.String, Text: valid}
	}
}

// Raw is the row it stands on.
func (f *csvFile) Raw() []byte { return f.raw }

func (f *csvFile) scalars() ([]bamboohr.Scalar, bamboohr.Warning, error) { return f.values, f.odd, nil }
