package people

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// Subject is whom a WHO means: a person, an employee of the connection, or both.
type Subject struct {
	Who      string
	Person   *directory.Person // nil: not in the directory
	SourceID int64             // 0: no employee of this connection is known
	Name     string
	Email    string
}

// AmbiguousError lists whom a WHO could mean.
type AmbiguousError struct {
	Who        string
	Candidates []string
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q means several people: %s; use an e-mail address, id:PERSON, employee:BAMBOOHR_ID or number:EMPLOYEE_NUMBER", e.Who, strings.Join(e.Candidates, "; "))
}

// NobodyError says that a WHO means nobody that Rollcall knows.
type NobodyError struct{ Who string }

func (e *NobodyError) Error() string {
	return fmt.Sprintf("nobody is known as %q; use an e-mail address, id:PERSON, employee:BAMBOOHR_ID, number:EMPLOYEE_NUMBER or an exact name", e.Who)
}

func (e *NobodyError) Unwrap() error { return directory.ErrNotFound }

// whoLimit is how many candidates an ambiguous name lists.
const whoLimit = 10

// Find resolves a WHO (surface, "Commands"): e-mail, id:, employee:, number:, else an exact name. It
// looks among people first, then among the employees of the connection's latest plan.
func (e *Editor) Find(ctx context.Context, who string) (Subject, error) {
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return Subject{}, err
	}
	people, err := e.findPeople(ctx, conn.ID, who)
	if err != nil {
		return Subject{}, err
	}
	switch len(people) {
	case 1:
		return subjectOf(who, conn.ID, &people[0]), nil
	case 0:
		return e.findThroughPlan(ctx, conn.ID, who)
	}
	amb := &AmbiguousError{Who: who}
	for i := range people {
		amb.Candidates = append(amb.Candidates, fmt.Sprintf("%s <%s> id:%s", people[i].Name(), people[i].Values.Get(directory.Email), people[i].ID))
	}
	return Subject{}, amb
}

// findThroughPlan finds the employee whom the latest plan knows by who, and the person linked to it: an
// address or name that was changed since still tells who is meant.
func (e *Editor) findThroughPlan(ctx context.Context, connection, who string) (Subject, error) {
	s, err := e.findEmployee(ctx, connection, who)
	if err != nil || s.SourceID == 0 {
		return s, err
	}
	p, err := e.Store.PersonBySource(ctx, connection, strconv.FormatInt(s.SourceID, 10))
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return s, nil
	case err != nil:
		return Subject{}, err
	}
	return subjectOf(who, connection, &p), nil
}

// FindPerson is Find for commands that need somebody in the directory.
func (e *Editor) FindPerson(ctx context.Context, who string) (directory.Person, error) {
	s, err := e.Find(ctx, who)
	if err != nil {
		return directory.Person{}, err
	}
	if s.Person == nil {
		return directory.Person{}, inputError("who", "%s is an employee in BambooHR but nobody in the directory; \"rollcall explain %s\" tells why", s.Name, quoteArg(who))
	}
	return *s.Person, nil
}

func quoteArg(s string) string {
	if strings.ContainsAny(s, " '\"$") {
		return strconv.Quote(s)
	}
	return s
}

func subjectOf(who, connection string, p *directory.Person) Subject {
	s := Subject{Who: who, Person: p, Name: p.Name(), Email: p.Values.Get(directory.Email)}
	if p.Link != nil && p.Link.Connection == connection {
		s.SourceID, _ = strconv.ParseInt(p.Link.SourceID, 10, 64)
	}
	return s
}

func (e *Editor) findPeople(ctx context.Context, connection, who string) ([]directory.Person, error) {
	one := func(p directory.Person, err error) ([]directory.Person, error) {
		if errors.Is(err, directory.ErrNotFound) {
			return nil, nil
		}
		return []directory.Person{p}, err
	}
	if id, ok := strings.CutPrefix(who, "id:"); ok {
		return one(e.Store.Person(ctx, id))
	}
	if id, ok := strings.CutPrefix(who, "employee:"); ok {
		return one(e.Store.PersonBySource(ctx, connection, canonicalID(id)))
	}
	if n, ok := strings.CutPrefix(who, "number:"); ok {
		return e.Store.FindPeople(ctx, "employee_id", n, whoLimit)
	}
	if strings.Contains(who, "@") {
		return e.Store.FindPeople(ctx, "email", who, whoLimit)
	}
	return e.Store.FindPeople(ctx, "name", who, whoLimit)
}

func canonicalID(id string) string {
	if n, err := strconv.ParseInt(strings.TrimSpace(id), 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return id
}

// findEmployee looks for somebody who is not in the directory among the rows of the latest plan.
func (e *Editor) findEmployee(ctx context.Context, connection, who string) (Subject, error) {
	info, err := e.Store.Plan(ctx, connection, "")
	if errors.Is(err, directory.ErrNotFound) {
		return Subject{}, &NobodyError{Who: who}
	}
	if err != nil {
		return Subject{}, err
	}
	match := employeeMatcher(who)
	found := map[int64]Subject{}
	amb := &AmbiguousError{Who: who}
	add := func(s Subject) {
		if _, ok := found[s.SourceID]; s.SourceID != 0 && !ok && match(s) {
			s.Who = who
			found[s.SourceID] = s
			if len(amb.Candidates) < whoLimit {
				amb.Candidates = append(amb.Candidates, fmt.Sprintf("%s <%s> employee:%d", s.Name, s.Email, s.SourceID))
			}
		}
	}
	for it, err := range e.Store.Items(ctx, info.ID, 0, true) {
		if err != nil {
			return Subject{}, err
		}
		add(subjectOfItem(it.Item))
	}
	if len(found) > 1 {
		return Subject{}, amb
	}
	for _, s := range found {
		return s, nil
	}
	return e.findLeft(ctx, connection, who)
}

// findLeft looks an employee number up among those remembered as left before they were ever linked, then among those
// whom older plans name.
func (e *Editor) findLeft(ctx context.Context, connection, who string) (Subject, error) {
	id, ok := strings.CutPrefix(who, "employee:")
	n, err := strconv.ParseInt(id, 10, 64)
	if !ok || err != nil {
		return Subject{}, &NobodyError{Who: who}
	}
	states, err := e.Store.LinkStatesOf(ctx, connection, []int64{n})
	if err != nil {
		return Subject{}, err
	}
	if _, ok := states[n]; ok {
		return Subject{Who: who, SourceID: n, Name: "employee " + id}, nil
	}
	history, err := e.Store.History(ctx, "", connection, n)
	if err != nil {
		return Subject{}, err
	}
	if history.Name == "" {
		return Subject{}, &NobodyError{Who: who}
	}
	return Subject{Who: who, SourceID: n, Name: history.Name}, nil
}

func employeeMatcher(who string) func(Subject) bool {
	if id, ok := strings.CutPrefix(who, "employee:"); ok {
		return func(s Subject) bool { return strconv.FormatInt(s.SourceID, 10) == canonicalID(id) }
	}
	if strings.HasPrefix(who, "id:") || strings.HasPrefix(who, "number:") {
		return func(Subject) bool { return false }
	}
	if strings.Contains(who, "@") {
		return func(s Subject) bool { return directory.EmailKey(s.Email) == directory.EmailKey(who) }
	}
	return func(s Subject) bool { return directory.NameKey(s.Name) == directory.NameKey(who) }
}

func subjectOfItem(it plan.Item) Subject {
	switch {
	case it.Change != nil && it.Change.Group == nil:
		return Subject{SourceID: it.Change.SourceID, Name: it.Change.Name, Email: it.Change.Email}
	case it.Held != nil:
		return Subject{SourceID: it.Held.SourceID, Name: it.Held.Name, Email: it.Held.Email}
	case it.Left != nil:
		return Subject{SourceID: it.Left.SourceID, Name: it.Left.Name, Email: it.Left.Email}
	}
	return Subject{}
}
