package plan

import (
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// World is what a plan over slices is made from.
type World struct {
	Wanted        []directory.Wanted // every evaluated employee, in any order
	People        []directory.Person
	Links         []directory.LinkState // what is remembered of employees of this connection; may be nil
	StatusVisible map[int64]bool        // see Builder.ConfirmNoStatus
	Deleted       map[int64]bool        // missing employees that HR lists as deleted
}

// Make plans in memory: the Builder over slices, in plan order. It is for previews, tests and programs
// with a few thousand people; a run streams instead.
func Make(in Input, world World, ev Evidence) Plan {
	p := maker{world: world, people: map[string]*directory.Person{}, links: map[int64]*directory.LinkState{}}
	for i := range world.People {
		p.people[world.People[i].ID] = &world.People[i]
	}
	for i := range world.Links {
		p.links[world.Links[i].SourceID] = &world.Links[i]
	}
	p.inferLinks(in.Connection)
	if err := p.run(NewBuilder(in), ev); err != nil {
		// Every call above is in order and collecting cannot fail.
		panic(fmt.Sprintf("plan.Make: %v", err))
	}
	slices.SortStableFunc(p.plan.Items, func(a, b Item) int { return Compare(&a, &b) })
	return p.plan
}

// inferLinks gives linked people of whom nothing is remembered the state of somebody seen long ago.
func (m *maker) inferLinks(connection string) {
	for i := range m.world.People {
		p := &m.world.People[i]
		if p.Link == nil || p.Link.Connection != connection {
			continue
		}
		if id := sourceID(p.Link.SourceID); m.links[id] == nil {
			m.links[id] = &directory.LinkState{SourceID: id, PersonID: p.ID, Outcome: directory.OutcomeLinked}
		}
	}
}

type maker struct {
	world  World
	people map[string]*directory.Person
	links  map[int64]*directory.LinkState
	plan   Plan
}

func (m *maker) emit(it Item) error {
	m.plan.Items = append(m.plan.Items, it.clone())
	return nil
}

func (m *maker) run(b *Builder, ev Evidence) error {
	wanted := m.survey(b)
	b.Unreadable(ev.Unreadable)
	if ev.Grade == gradeDoubtful {
		b.Doubtful()
	}
	for i := range m.world.People {
		brief := BriefOf(&m.world.People[i])
		b.AddPerson(&brief)
	}
	for _, id := range b.Suspects() {
		p := m.people[id]
		var link *directory.LinkState
		if b.ours(p) {
			link = m.links[sourceID(p.Link.SourceID)]
		}
		b.Examine(p, link)
	}
	b.Resolve(m.missing(wanted), m.world.Deleted)
	for _, w := range wanted {
		var cur *directory.Person
		if id, ok := b.Target(w.SourceID); ok {
			cur = m.people[id]
		}
		if err := b.Decide(w, cur, m.links[w.SourceID], m.emit); err != nil {
			return err
		}
	}
	for _, id := range b.Extra() {
		cur, ok := m.people[id]
		if !ok {
			continue
		}
		var link *directory.LinkState
		if cur.Link != nil {
			link = m.links[sourceID(cur.Link.SourceID)]
		}
		if err := b.DecideExtra(cur, link, m.emit); err != nil {
			return err
		}
	}
	var err error
	m.plan.Header, err = b.Finish(ev, m.emit)
	return err
}

// survey surveys everybody and returns the records to decide, by ascending id, one of each.
func (m *maker) survey(b *Builder) []*directory.Wanted {
	var wanted []*directory.Wanted
	for i := range m.world.Wanted {
		w := &m.world.Wanted[i]
		b.Survey(w, m.links[w.SourceID] != nil && m.links[w.SourceID].Outcome == directory.OutcomeLinked)
		if link := m.links[w.SourceID]; link != nil && link.Adopted {
			b.Adopted(w.SourceID)
		}
		wanted = append(wanted, w)
	}
	b.ConfirmNoStatus(m.world.StatusVisible)
	slices.SortStableFunc(wanted, func(x, y *directory.Wanted) int {
		if x.SourceID != y.SourceID {
			return compareInt(x.SourceID, y.SourceID)
		}
		return len(y.Problem) - len(x.Problem) // the one with a problem counts
	})
	return slices.CompactFunc(wanted, func(x, y *directory.Wanted) bool { return x.SourceID == y.SourceID })
}

func (m *maker) missing(wanted []*directory.Wanted) []directory.LinkState {
	present := make(map[int64]bool, len(wanted))
	for _, w := range wanted {
		present[w.SourceID] = true
	}
	var out []directory.LinkState
	for id, ls := range m.links {
		if ls.Outcome == directory.OutcomeLinked && !present[id] {
			out = append(out, *ls)
		}
	}
	return out
}

// BriefOf returns the little of a person that AddPerson wants.
func BriefOf(p *directory.Person) directory.Brief {
	v := &p.Values
	out := directory.Brief{ID: p.ID, Status: p.Status, Email: v.Get(directory.Email), EmployeeID: v.Get(directory.EmployeeID),
		Name: personName(v), ManagerID: v.Get(directory.Manager), Privileged: p.Role.Privileged(), ManualLock: p.ManualLock,
		NameKey: directory.NameKey(v.Get(directory.FirstName) + " " + v.Get(directory.LastName))}
	if p.Link != nil {
		out.Connection, out.SourceID = p.Link.Connection, sourceID(p.Link.SourceID)
	}
	return out
}

func sourceID(text string) int64 {
	var id int64
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0
		}
		id = id*10 + int64(c-'0')
	}
	return id
}
