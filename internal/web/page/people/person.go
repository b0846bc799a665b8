package people

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
)

// personPage is one person as they are.
type personPage struct {
	ui.Page
	ID, Home       string
	Colour, Status string
	Meaning        string
	Role           directory.Role
	Email          string
	Source         string // name of the connection, "" when made here
	Employee       string // BambooHR's id
	Why            []line
	Fix            string
	Facts          []fact
	Blank          string // fields that are blank, in words
	Manager        party
	Reports        []party
	ReportCount    int
	Holds          []holdRow
	Frozen         bool // the whole person is on hold
	Zone           *time.Location
	CreatedAt      time.Time
	UpdatedAt      time.Time
	MayEdit        bool
	MayHold        bool
	Above          bool // the viewer edits people, but not this one
	MayInvite      bool
	MayDeactivate  bool
	MayReactivate  bool
	Password       string // where a password link is made, "" for whom it is not allowed
}

// fact is one field with who leads for it.
type fact struct {
	Field       directory.Field
	Label       string
	Values      []factValue
	From        string
	Short, Long string // who leads
	Locked      bool
	Edited      bool
	Held        bool
	Frozen      bool // for everybody
}

// factValue is a value, or one of a list, with where it leads.
type factValue struct{ Text, Href string }

// tabs are the pages of one person.
func tabs(id, current string) []ui.Tab {
	out := []ui.Tab{{Text: "Profile", Href: personPath(id)}, {Text: "Timeline", Href: personPath(id) + "/timeline"}, {Text: "Why", Href: personPath(id) + "/explain"}}
	for i := range out {
		out[i].Current = out[i].Text == current
	}
	return out
}

// frame is the page around one person's screens.
func frame(person *directory.Person, tab string) ui.Page {
	var lead []string
	for _, f := range []directory.Field{directory.JobTitle, directory.Department, directory.Location} {
		if v := person.Values.Get(f); v != "" {
			lead = append(lead, v)
		}
	}
	return ui.Page{Title: words.Name(person), Lead: strings.Join(lead, " · "), Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}}, Tabs: tabs(person.ID, tab)}
}

// person shows somebody: where each value comes from, what holds it, and why they are as they are.
func (p *pages) person(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	person, e, err := p.find(r)
	if err != nil {
		return err
	}
	page := &personPage{Page: frame(&person, "Profile"), ID: person.ID, Home: personPath(person.ID), Role: person.Role, Email: person.Values.Get(directory.Email),
		Meaning: statusMeaning(person.Status), Zone: e.Policy.Zones().Connection(), CreatedAt: person.CreatedAt, UpdatedAt: person.UpdatedAt}
	page.Colour, page.Status = statusTag(person.Status)
	if person.Link != nil {
		page.Source, page.Employee = e.Policy.Name, person.Link.SourceID
	}
	page.permit(viewer(r), &person)
	freezes, err := p.stand(ctx, &page.Page, e, &person)
	if err != nil {
		return err
	}
	if err := p.facts(ctx, page, e, &person, freezes); err != nil {
		return err
	}
	if err := p.line(ctx, page, &person); err != nil {
		return err
	}
	e.Zone = gate.ZoneFrom(ctx)
	why, err := e.Explain(ctx, "id:"+person.ID, time.Time{})
	if err != nil {
		return err
	}
	page.Why, page.Fix = answerLines(&why)
	page.Actions = personActions(page)
	return ui.Render(w, r, http.StatusOK, personView(page))
}

// permit says what this viewer may do with this person.
func (page *personPage) permit(v account.Viewer, person *directory.Person) {
	page.MayHold = v.May(account.People)
	page.MayEdit = v.MayChange(person.Role)
	page.Above = page.MayHold && !page.MayEdit
	page.MayInvite = page.MayEdit && person.Status == directory.Provisioned
	page.MayDeactivate = page.MayEdit && person.Status != directory.Deactivated
	page.MayReactivate = page.MayEdit && person.Status == directory.Deactivated
	if v.May(account.Accounts) && v.MayReach(person.ID, person.Role) && person.Status != directory.Deactivated {
		page.Password = ui.WithQuery("/settings/roles", "q", person.Values.Get(directory.Email))
	}
}

// facts lists the fields that say something, with who leads for each (promises SI4, SI36, AY21, BW10).
func (p *pages) facts(ctx context.Context, page *personPage, e *people.Editor, person *directory.Person, freezes []directory.Freeze) error {
	holds, err := holdsOf(ctx, e, person.ID)
	if err != nil {
		return err
	}
	ids := []string{person.Values.Get(directory.Manager)}
	actors := make([]string, len(holds))
	for i, h := range holds {
		actors[i] = h.CreatedBy
		if manager, ok := h.Awaits(); ok && h.Field == directory.Manager {
			ids = append(ids, manager)
		}
	}
	who, err := p.parties(ctx, append(actors, ids...)...)
	if err != nil {
		return err
	}
	page.Frozen = slices.ContainsFunc(holds, func(h directory.Hold) bool { return h.Field == "" })
	page.Holds = holdRows(holds, person, who, func(id string) string { return who(id).Name })
	var blank []string
	for _, f := range fieldsOf(e, person) {
		if f.Text == "" && f.From == "" {
			blank = append(blank, inSentence(f.Name))
			continue
		}
		fact := factOf(f, person, page.Holds, who)
		fact.Frozen = f.From != "" && slices.ContainsFunc(freezes, func(z directory.Freeze) bool { return z.Covers(f.Name) })
		page.Facts = append(page.Facts, fact)
	}
	if len(blank) > 0 {
		page.Blank = "Blank, and not from BambooHR: " + strings.Join(blank, ", ") + "."
	}
	return nil
}

func factOf(f field, person *directory.Person, holds []holdRow, who func(string) party) fact {
	out := fact{Field: f.Name, Label: words.Field(f.Name), From: f.From, Locked: f.Authority == policy.AuthorityLocked, Edited: slices.Contains(person.Edited, f.Name)}
	out.Short, out.Long = authorityWords(f.Authority)
	out.Held = slices.ContainsFunc(holds, func(h holdRow) bool { return h.Field == f.Name })
	switch {
	case f.Text == "":
	case f.Name == directory.Manager:
		m := who(f.Text)
		if m.ID == "" {
			m.Name = "somebody who is not here (yet)"
		}
		out.Values = []factValue{{m.Name, hrefOf(m)}}
	case f.Name == directory.Teams:
		for _, t := range directory.SplitList(f.Text) {
			out.Values = append(out.Values, factValue{t, ui.WithQuery("/people", "team", t)})
		}
	case f.Name == directory.Department || f.Name == directory.Location:
		out.Values = []factValue{{f.Text, ui.WithQuery("/people", string(f.Name), f.Text)}}
	default:
		out.Values = []factValue{{Text: words.Value(f.Kind, f.Text)}}
	}
	return out
}

func hrefOf(x party) string {
	if x.ID == "" {
		return ""
	}
	return personPath(x.ID)
}

// reportsShown is how many of somebody's reports stand on their page.
const reportsShown = 12

// line fills in whom somebody reports to and who reports to them.
func (p *pages) line(ctx context.Context, page *personPage, person *directory.Person) error {
	if id := person.Values.Get(directory.Manager); id != "" {
		who, err := p.parties(ctx, id)
		if err != nil {
			return err
		}
		if m := who(id); m.ID != "" {
			page.Manager = m
		}
	}
	q := view.PeopleQuery{Manager: person.ID, Now: p.Now(), Limit: reportsShown}
	found, err := p.Views.People(ctx, q)
	if err != nil {
		return err
	}
	for _, row := range found.Items {
		page.Reports = append(page.Reports, party{row.ID, row.Name})
	}
	page.ReportCount, err = p.Views.CountPeople(ctx, q)
	return err
}
