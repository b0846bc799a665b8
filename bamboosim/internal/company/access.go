package company

import "slices"

// Access is what one user may see: the access level joined with the user's own record (bamboohr-api §3.4).
type Access struct {
	level     AccessLevel
	fields    map[string]bool
	ownHidden map[string]bool
	own       int
	catalogue *Catalogue
}

// newAccess compiles a user's access level.
func newAccess(level AccessLevel, own int, c *Catalogue) *Access {
	a := &Access{level: level, fields: map[string]bool{}, ownHidden: map[string]bool{}, own: own, catalogue: c}
	for _, alias := range level.Fields {
		a.fields[alias] = true
	}
	for _, alias := range level.OwnHidden {
		a.ownHidden[alias] = true
	}
	return a
}

// Own is the internal id of the user's own record, 0 for a user who is no employee.
func (a *Access) Own() int { return a.own }

// Column tells whether the user may read the field at all.
func (a *Access) Column(f *Field) bool {
	// The id is always there; time and author of changes are no personal data (assumed).
	if a.level.AllFields || a.fields[f.Alias] || f.Alias == "id" || f.Alias == "lastChanged" || f.Alias == "createdByUserId" {
		return true
	}
	if len(f.needs) == 0 {
		return false
	}
	for _, need := range f.needs {
		if !a.fields[need] {
			return false
		}
	}
	return true
}

// Cell tells whether the user may read a readable column also for this person: rights differ on the own record.
func (a *Access) Cell(f *Field, id int) bool {
	if id != a.own || len(a.ownHidden) == 0 {
		return true
	}
	return !a.ownHidden[f.Alias] && !slices.ContainsFunc(f.needs, func(n string) bool { return a.ownHidden[n] })
}

// Person tells whether the user may see the person the reader stands on; r must read current values.
func (a *Access) Person(r *Reader) bool {
	p := &a.level.People
	if p.All {
		return true
	}
	in := func(accepted []string, value string) bool { return accepted == nil || slices.Contains(accepted, value) }
	return in(p.Location, r.Job.Location) && in(p.Department, r.Job.Department) && in(p.Division, r.Job.Division) &&
		in(p.EmploymentStatus, r.Employment.Status) && in(p.Status, r.Person.Status) &&
		(p.IDs == nil || slices.Contains(p.IDs, r.Person.ID))
}

// Everybody tells whether no person is hidden from the user.
func (a *Access) Everybody() bool { return a.level.People.All }

// EveryField tells whether every field is readable.
func (a *Access) EveryField() bool { return a.level.AllFields }
