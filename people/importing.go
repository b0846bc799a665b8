package people

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// ImportFault is one thing wrong in an imported file.
type ImportFault struct {
	Line   int
	Column string
	Text   string
}

// ImportError lists everything wrong in an imported file; nothing was imported.
type ImportError struct{ Faults []ImportFault }

func (e *ImportError) Error() string {
	var b strings.Builder
	for i, f := range e.Faults {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "line %d", f.Line)
		if f.Column != "" {
			fmt.Fprintf(&b, ", %s", f.Column)
		}
		fmt.Fprintf(&b, ": %s", f.Text)
	}
	return b.String()
}

// ImportPeople brings an existing user base in from CSV, for adoption (promise SI28). The header names
// fields as the person JSON does; email is required; status, role and manager_email are understood,
// id is ignored. Columns are separated by comma, semicolon or tab; the file is UTF-8 or UTF-16. Either every
// row is good and new, or nothing is imported.
func (e *Editor) ImportPeople(ctx context.Context, r io.Reader) ([]directory.Person, error) {
	rows, err := readImport(r)
	if err != nil {
		return nil, err
	}
	imp := importer{e: e, byEmail: map[string]int{}}
	for _, row := range rows {
		imp.add(ctx, row)
	}
	imp.managers(ctx, rows)
	imp.loops(rows)
	if err := imp.taken(ctx, rows); err != nil {
		return nil, err
	}
	if len(imp.faults) > 0 {
		slices.SortStableFunc(imp.faults, func(a, b ImportFault) int { return cmp.Compare(a.Line, b.Line) })
		return nil, &ImportError{imp.faults}
	}
	changes := make([]plan.Change, len(imp.people))
	for i := range imp.people {
		p := &imp.people[i]
		changes[i] = plan.Change{Action: plan.Create, Reason: plan.FieldChanged, PersonID: p.ID, Email: p.Values.Get(directory.Email), Name: p.Name(),
			StatusBefore: p.Status, StatusAfter: p.Status, Sentence: e.Actor + " imported this person"}
	}
	if failed, err := e.Store.SavePeople(ctx, imp.people, changes, e.Actor, e.Now()); err != nil {
		return nil, fmt.Errorf("import line %d (%s): %w; nobody was imported, try again", rows[failed].line, changes[failed].Email, err)
	}
	return imp.people, nil
}

type importer struct {
	e       *Editor
	people  []directory.Person
	byEmail map[string]int // index in people
	faults  []ImportFault
}

func (i *importer) fault(row importRow, column, format string, a ...any) {
	i.faults = append(i.faults, ImportFault{row.line, column, fmt.Sprintf(format, a...)})
}

func (i *importer) add(ctx context.Context, row importRow) {
	p := directory.Person{ID: i.e.NewID("p"), Status: directory.Active, Role: directory.RoleMember, CreatedAt: i.e.Now()}
	names := make([]string, 0, len(row.values))
	for n := range row.values {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, name := range names {
		i.set(ctx, row, &p, name, row.values[name])
	}
	key := directory.EmailKey(row.values["email"])
	switch at, twice := i.byEmail[key]; {
	case key == "":
		i.fault(row, "email", "is blank; a person needs an address")
	case twice:
		i.fault(row, "email", "%s stands twice, first for %s", row.values["email"], i.people[at].Name())
	}
	i.byEmail[key] = len(i.people)
	i.people = append(i.people, p)
}

func (i *importer) set(ctx context.Context, row importRow, p *directory.Person, name, text string) {
	switch name {
	case "id", "manager_id", "manager_email", "manager":
		return
	case "status":
		switch s := directory.Status(text); s {
		case directory.Active, directory.Provisioned, directory.Deactivated:
			p.Status = s
		case "":
		default:
			i.fault(row, name, "%q is none of provisioned, active, deactivated", text)
		}
		return
	case "role":
		if text != "" {
			if err := i.e.setRole(p, text, &plan.Change{}); err != nil {
				i.fault(row, name, "%v", err)
			}
		}
		return
	}
	canonical, kind, err := i.e.canonical(ctx, directory.Field(name), text)
	if err != nil {
		i.fault(row, name, "%v", err)
		return
	}
	p.Values.Set(directory.Field(name), kind, canonical)
}

// managers resolves manager addresses among the imported people, then in the directory.
func (i *importer) managers(ctx context.Context, rows []importRow) {
	for at, row := range rows {
		address := row.values["manager_email"]
		if address == "" {
			address = row.values["manager"]
		}
		if address == "" {
			continue
		}
		if m, ok := i.byEmail[directory.EmailKey(address)]; ok {
			i.people[at].Values.Set(directory.Manager, directory.KindPerson, i.people[m].ID)
			continue
		}
		m, err := i.e.FindPerson(ctx, address)
		if err != nil {
			i.fault(row, "manager_email", "%v", err)
			continue
		}
		i.people[at].Values.Set(directory.Manager, directory.KindPerson, m.ID)
	}
}

// loops refuses reporting lines that form a loop; people already there cannot report to imported ones.
func (i *importer) loops(rows []importRow) {
	index := map[string]int{}
	for at := range i.people {
		index[i.people[at].ID] = at
	}
	next := func(at int) int {
		if m, ok := index[i.people[at].Values.Get(directory.Manager)]; ok {
			return m
		}
		return -1
	}
	for _, loop := range directory.FindLoops(len(i.people), next) {
		i.fault(rows[loop[0]], "manager_email", "the reporting lines of %s form a loop", i.people[loop[0]].Name())
	}
}

// taken refuses addresses that the directory has already.
func (i *importer) taken(ctx context.Context, rows []importRow) error {
	for b, err := range i.e.Store.Briefs(ctx, false) {
		if err != nil {
			return err
		}
		if at, ok := i.byEmail[directory.EmailKey(b.Email)]; ok && b.Email != "" {
			i.fault(rows[at], "email", "%s is in the directory already", b.Email)
		}
	}
	return nil
}
