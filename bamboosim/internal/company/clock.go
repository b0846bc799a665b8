package company

import (
	"container/heap"
	"time"
)

// dueDay is a day on which a dated value of a person takes effect, at midnight in the company's time zone.
type dueDay struct {
	at   time.Time
	date string
	id   int
}

// dueQueue is a heap of days, the earliest first, then by id.
type dueQueue []dueDay

func (q dueQueue) Len() int { return len(q) }
func (q dueQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].id < q[j].id
}
func (q dueQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *dueQueue) Push(x any)   { *q = append(*q, x.(dueDay)) }
func (q *dueQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}

// Clock tells the simulated time and whether it runs.
func (s *Store) Clock() (now time.Time, running bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick()
	return s.view.Now, s.running
}

// SetClock moves the clock, stops it or lets it run at the pace of the wall clock; nil leaves as it is.
// Moving forward applies what falls due in between, in order; moving back undoes nothing.
func (s *Store) SetClock(now *time.Time, running *bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick()
	if now != nil {
		s.moveTo(*now)
		s.started = s.wall()
	}
	if running != nil && *running != s.running {
		s.running = *running
		s.started = s.wall()
	}
}

// tick brings a running clock up to date.
func (s *Store) tick() {
	if !s.running {
		return
	}
	wall := s.wall()
	elapsed := wall.Sub(s.started).Truncate(time.Second) // BambooHR's stamps have whole seconds
	if elapsed > 0 {
		s.moveTo(s.view.Now.Add(elapsed))
		s.started = s.started.Add(elapsed)
	}
}

// moveTo sets the instant, applying what falls due on the way.
func (s *Store) moveTo(to time.Time) {
	if to.After(s.view.Now) {
		if !s.dueKnown {
			s.dueKnown = true
			for e := range s.view.All() {
				s.addDue(e, s.view.Today)
			}
		}
		for len(s.due) > 0 && !s.due[0].at.After(to) {
			day := heap.Pop(&s.due).(dueDay)
			s.setNow(day.at)
			s.arrive(day)
		}
	}
	s.setNow(to)
}

// arrive applies one due day: the stored status flips when the termination date is crossed
// (bamboohr-api §3.5), and a row that takes effect counts as an event, but does not touch lastChanged (assumed).
func (s *Store) arrive(day dueDay) {
	before, ok := s.view.Find(day.id, new(Employee))
	if !ok {
		return
	}
	after := before.Clone()
	if after.TerminationDate == day.date && after.Status != Inactive { // a blank one flips, too
		after.Status = Inactive
		after.Changed = day.at.Unix()
		s.own()
		s.replace(after.ID, after)
	}
	yesterday := day.at.In(s.zone).AddDate(0, 0, -1).Format(time.DateOnly)
	if fields := s.diff(before, after, yesterday, day.date); len(fields) > 0 {
		s.pending = append(s.pending, Change{ID: day.id, Action: Updated, Fields: fields, At: day.at})
	}
}

// Authenticate finds the owner of an API key.
func (s *Store) Authenticate(key string) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		for _, k := range u.APIKeys {
			if k == key {
				return u, true
			}
		}
	}
	return User{}, false
}

// Users lists the users in file order.
func (s *Store) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]User(nil), s.users...)
}

// EnableUser switches a user on or off; ErrNotFound when there is none.
func (s *Store) EnableUser(id string, enabled bool) (User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.users {
		if s.users[i].ID == id {
			s.users[i].Disabled = !enabled
			return s.users[i], nil
		}
	}
	return User{}, ErrNotFound
}

// Access is what the user may see.
func (s *Store) Access(u User) *Access {
	for _, level := range s.Company.AccessLevels {
		if level.Name == u.AccessLevel {
			return newAccess(level, u.EmployeeID, s.Catalogue)
		}
	}
	return newAccess(AccessLevel{}, u.EmployeeID, s.Catalogue)
}

// FullAccess is the right to see everything.
func (s *Store) FullAccess() *Access {
	return newAccess(AccessLevel{AllFields: true, People: People{All: true}}, 0, s.Catalogue)
}
