package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// Aliases is what the company's "name:…" references mean, as far as it is known without asking.
func (c *Cache) Aliases(id string) map[string]string {
	c.mu.Lock()
	e := c.companies[id]
	c.mu.Unlock()
	if e == nil {
		return nil
	}
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
		if e.sample != nil {
			return maps.Clone(e.sample.aliases)
		}
	default: // a reading is under way
	}
	return nil
}

// Fields lists the BambooHR fields that a mapping may name: those of the company's own field list, and the
// standard ones that the list leaves out (bamboohr-api §2.9). By name.
func (c *Cache) Fields(ctx context.Context, of Company, p *policy.Connection) ([]FieldChoice, error) {
	e, done, err := c.borrow(ctx, of)
	if err != nil {
		return nil, err
	}
	defer done()
	err = c.ask(ctx, of, p, e)
	return slices.Clone(e.fields), err
}

// ask fills the field list and the lists of options.
func (c *Cache) ask(ctx context.Context, of Company, p *policy.Connection, e *entry) error {
	if !e.asked.IsZero() {
		return nil
	}
	r, err := of.Open(p)
	if err != nil {
		return err
	}
	defer r.Close()
	listed, err := r.Fields(ctx)
	if err != nil {
		return fmt.Errorf("read the field list of %s: %w", of.Name, err)
	}
	lists, err := r.Lists(ctx)
	if err != nil && !errors.Is(err, bamboohr.ErrForbidden) { // the lists need a right of their own
		return err
	}
	e.fields, e.lists, e.asked = choices(listed), lists, c.now()
	return nil
}

// choices turns BambooHR's field list into what people choose from.
func choices(listed []bamboohr.Field) []FieldChoice {
	var out []FieldChoice
	add := func(f FieldChoice) {
		if f.Alias != "" && !slices.ContainsFunc(out, func(o FieldChoice) bool { return o.Alias == f.Alias }) {
			out = append(out, f)
		}
	}
	for _, f := range listed {
		if !bool(f.Deprecated) {
			add(FieldChoice{Alias: f.Alias, Name: f.Name, Type: f.Type})
		}
	}
	for _, t := range policy.Targets() {
		if t.Kind != policy.KindPhoto {
			add(FieldChoice{Alias: string(t.Alias), Name: string(t.Alias), Type: string(t.Kind)})
		}
	}
	slices.SortStableFunc(out, func(a, b FieldChoice) int {
		return strings.Compare(directory.NameKey(a.Name), directory.NameKey(b.Name))
	})
	return out
}

// maxValues is how many values of a field are offered.
const maxValues = 200

// Values lists what a field can say at the company, at most 200: the options of its list, else what the
// employees read last have, sorted.
func (c *Cache) Values(ctx context.Context, of Company, p policy.Connection, field string) ([]string, error) {
	e, done, err := c.borrow(ctx, of)
	if err != nil {
		return nil, err
	}
	err = c.ask(ctx, of, &p, e)
	options := e.lists[field]
	done()
	if err != nil || len(options) > 0 {
		return slices.Clone(options[:min(len(options), maxValues)]), err
	}
	p.Scope.Include = append(slices.Clone(p.Scope.Include), policy.Rule{Field: policy.SourceField(field), Op: policy.OpIsBlank, Values: []string{"false"}})
	m, err := c.Sample(ctx, of, &p)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for i := range m.records {
		if v := m.value(&m.records[i], policy.SourceField(field)); v.IsSet() {
			if text, _ := directory.CleanText(v.Text()); text != "" {
				found[text] = true
			}
		}
		if len(found) == maxValues {
			break
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}
