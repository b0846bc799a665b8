package exporter

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// Plan reads BambooHR and the directory and stores what an export would create; it creates nothing. An
// export without rows is not stored.
func (x *Exporter) Plan(ctx context.Context) (Export, error) {
	roster, err := x.readRoster(ctx)
	if err != nil {
		return Export{}, err
	}
	options, err := x.listOptions(ctx)
	if err != nil {
		return Export{}, err
	}
	decisions, err := x.People.Decisions(ctx, x.Connection)
	if err != nil {
		return Export{}, fmt.Errorf("read the decisions: %w", err)
	}
	p := planner{x: x, roster: roster, options: options, decided: map[string]int64{}, known: map[string]bool{}, names: map[string]string{}}
	for _, d := range decisions {
		p.known[strconv.FormatInt(d.SourceID, 10)] = true
		if d.Kind == directory.DecideLink {
			p.decided[d.PersonID] = d.SourceID
		}
	}
	if err := p.read(ctx); err != nil {
		return Export{}, err
	}
	e := Export{ID: x.NewID("exp"), Connection: x.Connection, Company: x.BambooHR.Company(), Actor: x.Actor, MadeAt: x.Now(), Employees: len(roster.all)}
	for i := range p.people {
		p.decide(&e, &p.people[i])
	}
	if len(e.Rows) == 0 {
		return e, nil
	}
	return e, x.Journal.SaveExport(ctx, e)
}

// planner decides who is created with which values.
type planner struct {
	x       *Exporter
	roster  *roster
	options map[string]map[string]string // of list fields: compare form → value
	decided map[string]int64             // person → the employee an administrator or an earlier export chose
	known   map[string]bool              // employees who are linked or decided about
	people  []directory.Person           // without link, not deactivated
	names   map[string]string            // of everybody, by person
}

// read gathers the people without a link, and holds the roster against the linked ones.
func (p *planner) read(ctx context.Context) error {
	linked, missing := 0, 0
	for person, err := range p.x.People.AllPeople(ctx) {
		if err != nil {
			return fmt.Errorf("read the directory: %w", err)
		}
		p.names[person.ID] = person.Name()
		switch {
		case person.Link == nil && person.Status != directory.Deactivated:
			p.people = append(p.people, *person)
		case person.Link != nil && person.Link.Connection == p.x.Connection:
			p.known[person.Link.SourceID] = true
			if linked++; !p.roster.ids[person.Link.SourceID] {
				missing++
			}
		}
	}
	if missing > max(5, linked*5/100) {
		return &DoubtfulError{Company: p.x.BambooHR.Company(), Missing: missing, Linked: linked}
	}
	return nil
}

// DoubtfulError says that BambooHR shows too few of the people who are linked already, so that "nobody
// has this address" proves nothing.
type DoubtfulError struct {
	Company         string
	Missing, Linked int
}

func (e *DoubtfulError) Error() string {
	return fmt.Sprintf("BambooHR does not show %d of the %d linked employees of %s; find out why (\"rollcall check\") before anybody is created", e.Missing, e.Linked, e.Company)
}

// Code is the error's stable code.
func (e *DoubtfulError) Code() string { return "doubtful" }

// decide adds a person to the rows or to the held.
func (p *planner) decide(e *Export, person *directory.Person) {
	row := Row{Seq: len(e.Rows) + 1, PersonID: person.ID, Version: person.Version, Name: person.Name(), Email: person.Values.Get(directory.Email),
		ManagerID: person.Values.Get(directory.Manager), State: Planned}
	row.Manager = p.names[row.ManagerID]
	if h, no := p.reason(person, &row); no {
		h.Kind, h.PersonID, h.Name, h.Email = plan.HeldPerson, row.PersonID, row.Name, row.Email
		e.Held = append(e.Held, h)
		return
	}
	row.LineDone = row.ManagerID == ""
	for _, f := range directory.Standard() {
		alias, text := p.x.Targets[f], person.Values.Get(f)
		if alias == "" || text == "" {
			continue
		}
		value, why := p.value(f, alias, text)
		if why != "" {
			e.Held = append(e.Held, plan.Held{Kind: plan.HeldPerson, Field: f, Reason: plan.InvalidValue, PersonID: row.PersonID, Name: row.Name, Email: row.Email, Detail: why})
			continue
		}
		row.Fields = append(row.Fields, Field{Field: f, Alias: alias, Value: value})
	}
	e.Rows = append(e.Rows, row)
}

// reason tells why somebody is not created, and the way out.
func (p *planner) reason(person *directory.Person, row *Row) (plan.Held, bool) {
	held := func(why plan.Reason, employeeID, detail, fix string) (plan.Held, bool) {
		id, _ := strconv.ParseInt(employeeID, 10, 64) // 0 for nobody
		return plan.Held{Reason: why, SourceID: id, Detail: detail, Trace: plan.Trace{Fix: fix}}, true
	}
	if id, ok := p.decided[person.ID]; ok {
		return held(plan.NotFromHR, strconv.FormatInt(id, 10), "is to be linked to this employee", "the next \"rollcall sync\" does it")
	}
	if row.Email == "" {
		return held(plan.NoEmail, "", "has no e-mail address, so nobody can tell whether BambooHR knows this person", "give the person an address")
	}
	if e := p.roster.byMail[directory.EmailKey(row.Email)]; e != nil {
		return held(plan.EmailTaken, e.id, e.name+" has this address in BambooHR", "\"rollcall plan\" shows whether they are matched")
	}
	for _, f := range []directory.Field{directory.FirstName, directory.LastName} {
		if person.Values.Get(f) == "" {
			return held(plan.InvalidValue, "", fmt.Sprintf("has no %s, which BambooHR requires", f), "fill it in")
		}
	}
	name := directory.NameKey(person.Values.Get(directory.FirstName) + " " + person.Values.Get(directory.LastName))
	for _, e := range p.roster.names[name] {
		if !p.known[e.id] {
			return held(plan.AmbiguousMatch, e.id, e.name+" has the same name and another address",
				fmt.Sprintf("decide with \"rollcall decide employee:%s --link id:%s\", or --new if they are two people", e.id, person.ID))
		}
	}
	return plan.Held{}, false
}

// value gives a field the form that BambooHR accepts, or says why it is left out.
func (p *planner) value(f directory.Field, alias, text string) (value, why string) {
	switch f {
	case directory.EmployeeID:
		if e := p.roster.numbers[text]; e != nil {
			return "", fmt.Sprintf("Employee # %s is %s's in BambooHR; it is left out", text, e.title())
		}
	case directory.Birthday:
		if strings.HasPrefix(text, "--") {
			return "", "a birthday without its year cannot be written to BambooHR; it is left out"
		}
	case directory.Gender:
		genders := []string{"Male", "Female", "Non-binary"} // bamboohr-api §3.5
		i := slices.IndexFunc(genders, func(g string) bool { return strings.EqualFold(g, text) })
		if i < 0 {
			return "", fmt.Sprintf("%q is none of BambooHR's %s; it is left out", text, strings.Join(genders, ", "))
		}
		return genders[i], ""
	}
	options, isList := p.options[alias]
	if !isList {
		return text, ""
	}
	option, ok := options[directory.NameKey(text)]
	if !ok {
		return "", fmt.Sprintf("BambooHR's list %s has no %q; add it there first, or it is left out", alias, text)
	}
	return option, ""
}
