package company

import (
	"iter"
	"sort"
	"sync"
	"time"
)

// View is the company at one instant. It never changes, so an answer that streams for minutes is of one piece.
type View struct {
	Now   time.Time
	Today string // the date of Now in the company's time zone

	base  Source
	over  map[int]*Employee // edited and created people by id; nil: deleted
	extra []int             // ids in over that base does not have, ascending

	managersOnce sync.Once
	managers     map[int]bool
}

// Find returns the person with that id, in scratch or elsewhere; ok is false when there is none.
func (v *View) Find(id int, scratch *Employee) (e *Employee, ok bool) {
	if e, edited := v.over[id]; edited {
		return e, e != nil
	}
	i, ok := v.base.Index(id)
	if !ok {
		return nil, false
	}
	return v.base.Load(i, scratch), true
}

// All yields everybody by ascending id. A record is valid until the next one is asked for.
func (v *View) All() iter.Seq[*Employee] { return v.From(0) }

// From yields everybody with an id of at least first, by ascending id, each valid until the next one.
func (v *View) From(first int) iter.Seq[*Employee] {
	return func(yield func(*Employee) bool) {
		var scratch Employee
		at, n := v.firstIndex(first), v.base.Len()
		extra := v.extra[sort.SearchInts(v.extra, first):]
		for at < n || len(extra) > 0 {
			if at >= n || len(extra) > 0 && extra[0] < v.base.ID(at) {
				if e := v.over[extra[0]]; e != nil && !yield(e) {
					return
				}
				extra = extra[1:]
				continue
			}
			if e := v.loadAt(at, &scratch); e != nil && !yield(e) {
				return
			}
			at++
		}
	}
}

func (v *View) loadAt(i int, scratch *Employee) *Employee {
	if len(v.over) > 0 {
		if e, edited := v.over[v.base.ID(i)]; edited {
			return e
		}
	}
	return v.base.Load(i, scratch)
}

func (v *View) firstIndex(id int) int {
	if id == 0 {
		return 0
	}
	return sort.Search(v.base.Len(), func(i int) bool { return v.base.ID(i) >= id })
}

// ChangedSince yields everybody changed at or after the instant (unix seconds), by ascending id.
func (v *View) ChangedSince(since int64) iter.Seq[*Employee] {
	return func(yield func(*Employee) bool) {
		var scratch Employee
		extra := v.extra
		for i := range v.base.Len() {
			for ; len(extra) > 0 && extra[0] < v.base.ID(i); extra = extra[1:] {
				if e := v.over[extra[0]]; e != nil && e.Changed >= since && !yield(e) {
					return
				}
			}
			e, edited := v.over[v.base.ID(i)]
			if !edited && v.base.Changed(i) >= since {
				e = v.base.Load(i, &scratch)
			}
			if e != nil && e.Changed >= since && !yield(e) {
				return
			}
		}
		for _, id := range extra {
			if e := v.over[id]; e != nil && e.Changed >= since && !yield(e) {
				return
			}
		}
	}
}

// Rank is the person's position among all ids ever given, from 0; used to choose an exact share of people.
func (v *View) Rank(id int) int {
	if i, ok := v.base.Index(id); ok {
		return i + sort.SearchInts(v.extra, id)
	}
	return v.firstIndex(id) + sort.SearchInts(v.extra, id)
}

// Count is the number of people.
func (v *View) Count() int {
	n := v.base.Len()
	for id, e := range v.over {
		_, inBase := v.base.Index(id)
		switch {
		case e == nil && inBase:
			n--
		case e != nil && !inBase:
			n++
		}
	}
	return n
}

// Manages tells whether anybody's current job row reports to the person.
func (v *View) Manages(id int) bool {
	v.managersOnce.Do(func() {
		v.managers = map[int]bool{}
		r := NewReader(v, true)
		for e := range v.All() {
			r.Stand(e)
			if r.Job.ReportsTo != 0 {
				v.managers[r.Job.ReportsTo] = true
			}
		}
	})
	return v.managers[id]
}

// people is a Source over records held in memory, sorted by id.
type people struct {
	list  []*Employee
	index map[int]int
}

func newPeople(list []*Employee) *people {
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	p := &people{list: list, index: make(map[int]int, len(list))}
	for i, e := range list {
		p.index[e.ID] = i
	}
	return p
}

func (p *people) Len() int                          { return len(p.list) }
func (p *people) ID(i int) int                      { return p.list[i].ID }
func (p *people) Index(id int) (int, bool)          { i, ok := p.index[id]; return i, ok }
func (p *people) Load(i int, _ *Employee) *Employee { return p.list[i] }
func (p *people) Changed(i int) int64               { return p.list[i].Changed }

// Lists gathers the values in use, in order of first appearance.
func (p *people) Lists() map[string][]string {
	lists, seen := map[string][]string{}, map[[2]string]bool{}
	add := func(alias, value string) {
		if key := [2]string{alias, value}; value != "" && !seen[key] {
			seen[key] = true
			lists[alias] = append(lists[alias], value)
		}
	}
	for _, e := range p.list {
		eachListValue(e, add)
	}
	return lists
}

// eachListValue calls add for every value of the built-in list fields that the record uses, and for all custom values.
func eachListValue(e *Employee, add func(alias, value string)) {
	for _, row := range e.JobInfo {
		add("jobTitle", row.JobTitle)
		add("department", row.Department)
		add("division", row.Division)
		add("location", row.Location)
	}
	for _, row := range e.EmploymentStatus {
		add("employmentHistoryStatus", row.Status)
	}
	add("pronouns", e.Pronouns)
	for alias, value := range e.Custom {
		add(alias, value)
	}
}
