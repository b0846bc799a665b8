package company

import (
	"container/heap"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

// Errors of the store.
var (
	ErrNotFound  = errors.New("no such record")
	ErrDuplicate = errors.New("the value exists already")
)

// Actions of a Change, as BambooHR words them (bamboohr-api §2.7, §4).
const (
	Created = "Created"
	Updated = "Updated"
	Deleted = "Deleted"
)

// Change is one thing that happened to one person; Fields are the aliases whose current value changed.
type Change struct {
	ID     int
	Action string
	Fields []string
	At     time.Time
}

// Store is a company that can be read, edited and moved through time. It is safe for concurrent use.
type Store struct {
	Company   Company // normalised, without its people
	Catalogue *Catalogue
	Lists     *Lists

	zone *time.Location
	wall func() time.Time

	mu       sync.Mutex
	view     *View
	shared   bool // view has been handed out: copy before writing
	version  uint64
	users    []User
	deleted  map[int]int64
	nextID   int
	nextRow  int
	mails    map[uint64]int // number of addresses by hash; nil until asked for
	pending  []Change
	due      dueQueue
	dueKnown bool
	running  bool
	started  time.Time // wall time at which the running clock showed view.Now
}

// NewStore loads a company; wall is the clock that a running simulator clock follows.
// It reports every fault of the company at once.
func NewStore(c Company, wall func() time.Time) (*Store, error) {
	if err := c.normalise(); err != nil {
		return nil, fmt.Errorf("load company %q: %w", c.Subdomain, err)
	}
	now, _ := c.StartInstant()               // checked by normalise
	zone, _ := time.LoadLocation(c.TimeZone) // likewise
	s := &Store{Catalogue: NewCatalogue(c.CustomFields), zone: zone, wall: wall, users: c.Users, deleted: map[int]int64{}}
	base := c.People
	if base == nil {
		base = s.load(c.Employees, now)
	}
	s.nextID = 1
	if n := base.Len(); n > 0 {
		s.nextID = base.ID(n-1) + 1
	}
	s.nextRow = max(s.nextRow, s.nextID*rowsPerPerson)
	s.view = &View{base: base, over: map[int]*Employee{}}
	s.setNow(now)
	s.Lists = newLists(s.Catalogue, base.Lists(), now)
	c.Employees, c.People = nil, nil
	s.Company = c
	return s, nil
}

// rowsPerPerson spaces the table row ids that sources of computed people give.
const rowsPerPerson = 8

// load prepares the records of a file: rows get ids, and everything counts as changed a day before the clock
// starts (assumed: the file does not say).
func (s *Store) load(list []Employee, now time.Time) Source {
	kept := make([]*Employee, len(list))
	for i := range list {
		e := list[i].Clone()
		if e.Changed == 0 {
			e.Changed = now.Add(-24 * time.Hour).Unix()
		}
		if e.Created == 0 {
			e.Created = e.Changed
		}
		kept[i] = e
	}
	source := newPeople(kept)
	for _, e := range kept {
		s.numberRows(e)
	}
	return source
}

func (s *Store) numberRows(e *Employee) {
	for i := range e.JobInfo {
		if e.JobInfo[i].RowID == 0 {
			s.nextRow++
			e.JobInfo[i].RowID = s.nextRow
		}
	}
	for i := range e.EmploymentStatus {
		if e.EmploymentStatus[i].RowID == 0 {
			s.nextRow++
			e.EmploymentStatus[i].RowID = s.nextRow
		}
	}
}

// setNow gives the view another instant; a view that was handed out keeps its own.
func (s *Store) setNow(now time.Time) {
	v := s.view
	s.view = &View{Now: now, Today: now.In(s.zone).Format(time.DateOnly), base: v.base, over: v.over, extra: v.extra}
}

// Snapshot is the company as it is now, with its version: equal versions mean equal people.
func (s *Store) Snapshot() (v *View, version uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick()
	s.shared = true
	return s.view, s.version
}

// Find returns a copy of one person as of now.
func (s *Store) Find(id int) (*Employee, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick()
	e, ok := s.view.Find(id, new(Employee))
	if !ok {
		return nil, false
	}
	return e.Clone(), true
}

// TakeChanges returns what happened since the last call, oldest first.
func (s *Store) TakeChanges() []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick()
	changes := s.pending
	s.pending = nil
	return changes
}

// Tombstones are the deleted people: id and unix seconds of the deletion.
func (s *Store) Tombstones() map[int]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.deleted)
}

// Update edits an existing person. The edit gets a copy and today's date; when it fails nothing changes.
func (s *Store) Update(id int, edit func(e *Employee, today string) error) (*Employee, error) {
	return s.write(id, false, edit)
}

// Put edits a person or creates the id; a created one starts Active and blank.
func (s *Store) Put(id int, edit func(e *Employee, today string) error) (*Employee, error) {
	return s.write(id, true, edit)
}

// Create adds a person under the next free id; ids are never given twice.
func (s *Store) Create(edit func(e *Employee, today string) error) (*Employee, error) {
	return s.write(0, true, edit)
}

func (s *Store) write(id int, create bool, edit func(e *Employee, today string) error) (*Employee, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick()
	if id == 0 {
		id = s.nextID
	}
	before, exists := s.view.Find(id, new(Employee))
	if !exists && !create {
		return nil, fmt.Errorf("employee %d: %w", id, ErrNotFound)
	}
	after := &Employee{ID: id, Status: Active, Created: s.view.Now.Unix(), Custom: map[string]string{}}
	if exists {
		after = before.Clone()
	} else {
		before = nil
	}
	if err := edit(after, s.view.Today); err != nil {
		return nil, err
	}
	s.commit(before, after)
	return after.Clone(), nil
}

func (s *Store) commit(before, after *Employee) {
	s.own()
	s.numberRows(after)
	after.Changed = s.view.Now.Unix()
	s.nextID = max(s.nextID, after.ID+1)
	change := Change{ID: after.ID, Action: Updated, At: s.view.Now}
	if before == nil {
		change.Action = Created
		delete(s.deleted, after.ID)
	} else {
		change.Fields = s.diff(before, after, s.view.Today, s.view.Today)
	}
	s.countMails(before, -1)
	s.countMails(after, +1)
	s.replace(after.ID, after)
	s.Lists.Learn(after, s.view.Now)
	if s.dueKnown {
		s.addDue(after, s.view.Today)
	}
	s.pending = append(s.pending, change)
}

// Delete removes a person for good; false when there is none.
func (s *Store) Delete(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick()
	e, ok := s.view.Find(id, new(Employee))
	if !ok {
		return false
	}
	s.own()
	s.countMails(e, -1)
	s.replace(id, nil)
	s.deleted[id] = s.view.Now.Unix()
	s.pending = append(s.pending, Change{ID: id, Action: Deleted, At: s.view.Now})
	return true
}

// own makes the view writable, copying the edits when somebody still reads them.
func (s *Store) own() {
	s.version++
	v := s.view
	next := &View{Now: v.Now, Today: v.Today, base: v.base, over: v.over, extra: v.extra}
	if s.shared {
		next.over, next.extra = maps.Clone(v.over), slices.Clone(v.extra)
		s.shared = false
	}
	s.view = next
}

func (s *Store) replace(id int, e *Employee) {
	if _, known := s.view.over[id]; !known {
		if _, inBase := s.view.base.Index(id); !inBase {
			s.view.extra = slices.Insert(s.view.extra, sort.SearchInts(s.view.extra, id), id)
		}
	}
	s.view.over[id] = e
}

// diff names the aliases whose shown value differs between two records, each on its own day.
func (s *Store) diff(before, after *Employee, dayBefore, dayAfter string) []string {
	old := NewReader(&View{Now: s.view.Now, Today: dayBefore, base: s.view.base, over: s.view.over}, true)
	now := NewReader(&View{Now: s.view.Now, Today: dayAfter, base: s.view.base, over: s.view.over}, true)
	old.Stand(before)
	now.Stand(after)
	var changed []string
	for _, f := range s.Catalogue.Fields {
		if f.ID == "" || f.Internal || len(f.needs) > 0 { // computed values and twins follow the others
			continue
		}
		if f.Alias == "reportsTo" && old.Job.ReportsTo == now.Job.ReportsTo {
			continue
		}
		if old.Value(f) != now.Value(f) || f.Alias == "reportsTo" {
			changed = append(changed, f.Alias)
		}
	}
	return changed
}

// MailTaken tells whether anybody but the person with id except has the address as work or home e-mail,
// whatever the case of its letters (bamboohr-api §3.2).
func (s *Store) MailTaken(address string, except int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mails == nil {
		s.mails = map[uint64]int{}
		for e := range s.view.All() {
			s.countMails(e, +1)
		}
	}
	if s.mails[mailHash(address)] == 0 {
		return false
	}
	address = strings.TrimSpace(address)
	for e := range s.view.All() {
		if e.ID != except && (strings.EqualFold(e.WorkEmail, address) || strings.EqualFold(e.HomeEmail, address)) {
			return true
		}
	}
	return false
}

func (s *Store) countMails(e *Employee, by int) {
	if s.mails == nil || e == nil {
		return
	}
	for _, address := range []string{e.WorkEmail, e.HomeEmail} {
		if address == "" {
			continue
		}
		h := mailHash(address)
		if s.mails[h] += by; s.mails[h] == 0 {
			delete(s.mails, h)
		}
	}
}

func mailHash(address string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(strings.ToLower(strings.TrimSpace(address))))
	return h.Sum64()
}

// addDue remembers the dates after today on which something about the person changes by itself.
func (s *Store) addDue(e *Employee, today string) {
	dates := []string{e.TerminationDate}
	for _, row := range e.JobInfo {
		dates = append(dates, row.Date)
	}
	for _, row := range e.EmploymentStatus {
		dates = append(dates, row.Date)
	}
	slices.Sort(dates)
	for _, date := range slices.Compact(dates) {
		if date <= today {
			continue
		}
		if at, err := time.ParseInLocation(time.DateOnly, date, s.zone); err == nil {
			heap.Push(&s.due, dueDay{at: at, date: date, id: e.ID})
		}
	}
}
