package company

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Option is one value of a list field. Its id never changes; archiving keeps it for old rows.
type Option struct {
	ID       int
	Name     string
	Archived bool
	Created  time.Time
}

// List is a list field with its options, in order of creation.
type List struct {
	ID         int
	Field      *Field
	Manageable bool
	Multiple   bool
	Options    []Option
}

// Lists are a company's list fields. It is safe for concurrent use.
type Lists struct {
	mu    sync.RWMutex
	order []*List
	alias map[string]*List
	ids   map[string]map[string]int // alias → value → option id
	next  int
}

// firstOptionID is where option ids start; the recordings show ids of that size.
const firstOptionID = 18000

// newLists makes a list of every list field with the values in use, sorted, so that ids depend on the company alone.
func newLists(c *Catalogue, values map[string][]string, at time.Time) *Lists {
	l := &Lists{alias: map[string]*List{}, ids: map[string]map[string]int{}, next: firstOptionID}
	for i, f := range c.Fields {
		if !f.List {
			continue
		}
		// The location list is managed elsewhere ([R] meta-lists: fieldId 18 manageable "no").
		list := &List{ID: 3440 + i, Field: f, Manageable: f.Alias != "location", Multiple: f.Type == "multilist"}
		l.order = append(l.order, list)
		l.alias[f.Alias] = list
		l.ids[f.Alias] = map[string]int{}
		names := slices.Clone(values[f.Alias])
		if f.Alias == "employmentHistoryStatus" { // permanent built-ins (bamboohr-api §3.5)
			names = append(names, "Contractor", Terminated)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			l.append(list, name, at)
		}
	}
	return l
}

func (l *Lists) append(list *List, name string, at time.Time) {
	l.next++
	list.Options = append(list.Options, Option{ID: l.next, Name: name, Created: at})
	l.ids[list.Field.Alias][name] = l.next
}

// Learn adds the values a record uses that are no options yet.
func (l *Lists) Learn(e *Employee, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var missing [][2]string
	eachListValue(e, func(alias, value string) {
		if ids := l.ids[alias]; ids != nil && value != "" && ids[value] == 0 {
			missing = append(missing, [2]string{alias, value})
		}
	})
	slices.SortFunc(missing, func(a, b [2]string) int { return strings.Compare(a[0]+"\x00"+a[1], b[0]+"\x00"+b[1]) })
	for _, m := range slices.Compact(missing) {
		l.append(l.alias[m[0]], m[1], at)
	}
}

// OptionID is the id of a value of a list field as text, blank when it is none.
func (l *Lists) OptionID(alias, value string) string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if id := l.ids[alias][value]; id != 0 {
		return strconv.Itoa(id)
	}
	return ""
}

// Knows tells whether value is an option of the list field; fields without a list know every value.
func (l *Lists) Knows(alias, value string) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	ids, isList := l.ids[alias]
	return !isList || ids[value] != 0
}

// All returns copies of the lists in catalogue order.
func (l *Lists) All() []List {
	l.mu.RLock()
	defer l.mu.RUnlock()
	all := make([]List, len(l.order))
	for i, list := range l.order {
		all[i] = *list
		all[i].Options = slices.Clone(list.Options)
	}
	return all
}

// OptionEdit adds an option (ID 0), renames it or archives it.
type OptionEdit struct {
	ID       int
	Value    *string
	Archived *bool
}

// Update applies the edits to the list of a field, all or none.
// It fails with ErrNotFound for an unknown option and ErrDuplicate for a value that exists.
func (l *Lists) Update(alias string, edits []OptionEdit, at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.alias[alias]
	if list == nil {
		return ErrNotFound
	}
	for _, e := range edits {
		if e.ID != 0 && !slices.ContainsFunc(list.Options, func(o Option) bool { return o.ID == e.ID }) {
			return ErrNotFound
		}
		if e.Value != nil {
			if id := l.ids[alias][*e.Value]; id != 0 && id != e.ID {
				return ErrDuplicate
			}
		}
	}
	for _, e := range edits {
		if e.ID == 0 && e.Value != nil {
			l.append(list, *e.Value, at)
			continue
		}
		for i := range list.Options {
			if o := &list.Options[i]; o.ID == e.ID {
				if e.Value != nil {
					delete(l.ids[alias], o.Name)
					o.Name = *e.Value
					l.ids[alias][o.Name] = o.ID
				}
				if e.Archived != nil {
					o.Archived = *e.Archived
				}
			}
		}
	}
	return nil
}
