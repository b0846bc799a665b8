// Package live keeps what was last read of a company in memory, for a short while, and shows what settings
// that nobody has saved would do to its employees: examples for each mapping row and counts for each rule.
// How to reach the company is left to package connection.
package live

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/mapping"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
)

// SampleSize is how many employees, by id, are looked at; KeepFor is how long they stay, in memory only.
const (
	SampleSize = 20_000
	KeepFor    = 15 * time.Minute
)

// Company is what is asked about.
type Company struct {
	ID   string // of the connection
	As   string // sub-domain, reader and key, in one word: what was read with others is not shown
	Name string
	// Open makes a reader with settings; it sends nothing.
	Open func(*policy.Connection) (Reader, error)
}

// Reader asks BambooHR; *source.BambooHR and its client do.
type Reader interface {
	Resolve(ctx context.Context, conn *policy.Connection) (map[string]string, error)
	Read(ctx context.Context, fields []string, known hr.KnownFunc) (*hr.Snapshot, error)
	Lists(ctx context.Context) (map[string][]string, error)
	Fields(ctx context.Context) ([]bamboohr.Field, error)
	Close()
}

// SettingsError says what of settings does not fit the company.
type SettingsError struct{ Faults []policy.Fault }

func (e *SettingsError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Cache holds what was read of an organisation's companies. It may be used by many goroutines.
type Cache struct {
	now func() time.Time

	mu        sync.Mutex
	companies map[string]*entry
}

// NewCache makes an empty cache.
func NewCache(now func() time.Time) *Cache { return &Cache{now: now, companies: map[string]*entry{}} }

// entry is what is known of one company. turn is held by whoever reads, so that many requests make one
// reading; it guards the rest.
type entry struct {
	turn   chan struct{}
	as     string
	sample *Sample
	fields []FieldChoice
	lists  map[string][]string
	asked  time.Time // when fields and lists were asked for
}

// Sample is one reading, kept. It is not changed once it is made.
type Sample struct {
	takenAt  time.Time
	schema   *hr.Schema
	ahead    *hr.Schema
	keyOwner string
	aliases  map[string]string // what the "name:…" references mean
	records  []hr.Record
	more     bool // there are more employees
}

// Forget drops what was read of a company.
func (c *Cache) Forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.companies, id)
}

// Clear drops everything.
func (c *Cache) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.companies)
}

// borrow gives the caller a company's data until done. It drops what is too old, also of other companies.
func (c *Cache) borrow(ctx context.Context, of Company) (e *entry, done func(), err error) {
	c.mu.Lock()
	e, ok := c.companies[of.ID]
	if !ok {
		e = &entry{turn: make(chan struct{}, 1)}
		c.companies[of.ID] = e
	}
	for id, other := range c.companies {
		select {
		case other.turn <- struct{}{}:
			if other.expire(c.now()); id != of.ID && other.sample == nil && other.asked.IsZero() {
				delete(c.companies, id)
			}
			<-other.turn
		default: // somebody uses it
		}
	}
	c.mu.Unlock()
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	if e.as != of.As {
		e.as, e.sample, e.fields, e.lists, e.asked = of.As, nil, nil, nil, time.Time{} // turn is read without it
	}
	e.expire(c.now())
	return e, func() { <-e.turn }, nil
}

func (e *entry) expire(now time.Time) {
	if e.sample != nil && now.Sub(e.sample.takenAt) >= KeepFor {
		e.sample = nil
	}
	if now.Sub(e.asked) >= KeepFor {
		e.fields, e.lists, e.asked = nil, nil, time.Time{}
	}
}

// Sample is one in which settings find every field they need: the last one, or a new reading. A field that
// the company does not have is a *SettingsError.
func (c *Cache) Sample(ctx context.Context, of Company, p *policy.Connection) (*Sample, error) {
	e, done, err := c.borrow(ctx, of)
	if err != nil {
		return nil, err
	}
	defer done()
	if e.sample == nil || !e.sample.covers(p) {
		fresh, err := read(ctx, of, p, e.sample)
		if err != nil {
			return nil, err
		}
		e.sample = fresh
	}
	return e.sample, nil
}

// covers tells that every field which settings need was read.
func (m *Sample) covers(p *policy.Connection) bool {
	for _, f := range policy.SourceFields(*p) {
		if alias, ok := m.aliases[f]; ok {
			f = alias
		}
		if _, ok := m.schema.Slot(f); !ok {
			return false
		}
	}
	return true
}

// read makes a sample for settings that also serves those of the last one, so that two people who try
// different settings do not make it anew in turns.
func read(ctx context.Context, of Company, p *policy.Connection, last *Sample) (*Sample, error) {
	r, err := of.Open(p)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	aliases, err := resolve(ctx, r, p)
	if err != nil {
		return nil, err
	}
	fields := mapping.Fields(p, aliases)
	if last != nil {
		for name, alias := range last.aliases {
			if _, ok := aliases[name]; !ok {
				aliases[name] = alias
			}
		}
		if all := union(fields, last.schema.Names()); len(all) <= bamboohr.MaxFields {
			fields = all
		}
	}
	snap, err := r.Read(ctx, fields, nil)
	if err != nil {
		return nil, err
	}
	m := &Sample{takenAt: snap.TakenAt, schema: snap.Schema, ahead: snap.Ahead, keyOwner: snap.KeyOwner, aliases: aliases}
	seen := map[int64]int{}
	for rec, err := range snap.Records {
		if err != nil {
			return nil, err
		}
		rec.Values, rec.Ahead, rec.Warnings = slices.Clone(rec.Values), slices.Clone(rec.Ahead), nil
		if at, twice := seen[rec.Num]; twice {
			m.records[at] = rec
			continue
		}
		if m.more = len(m.records) == SampleSize; m.more {
			break
		}
		seen[rec.Num] = len(m.records)
		m.records = append(m.records, rec)
	}
	slices.SortFunc(m.records, func(a, b hr.Record) int { return cmp.Compare(a.Num, b.Num) })
	return m, nil
}

// Fit asks the company whether it has every field that settings name: a *SettingsError when it has not, any
// other error when it could not be asked. Where all of them are BambooHR's own, nothing is sent.
func (c *Cache) Fit(ctx context.Context, of Company, p *policy.Connection) error {
	r, err := of.Open(p)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = resolve(ctx, r, p)
	return err
}

// resolve finds what the fields of settings are at the company.
func resolve(ctx context.Context, r Reader, p *policy.Connection) (map[string]string, error) {
	aliases, err := r.Resolve(ctx, p)
	if e, ok := errors.AsType[*source.Error](err); ok && e.Code() == "settings" {
		return nil, &SettingsError{[]policy.Fault{{Place: "mapping", Message: e.Err.Error()}}}
	}
	return aliases, err
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// mapper maps the sample's records under settings.
func (m *Sample) mapper(p *policy.Connection, now time.Time) (*mapping.Mapper, error) {
	mapper, faults := mapping.New(p, m.aliases, m.schema, m.ahead, m.keyOwner, now)
	if len(faults) > 0 {
		return nil, &SettingsError{faults}
	}
	return mapper, nil
}

// value is a raw value of a record.
func (m *Sample) value(rec *hr.Record, field policy.SourceField) hr.Value {
	alias := string(field)
	if a, ok := m.aliases[alias]; ok {
		alias = a
	}
	slot, ok := m.schema.Slot(alias)
	if !ok || slot >= len(rec.Values) {
		return hr.Hidden()
	}
	return rec.Values[slot]
}
