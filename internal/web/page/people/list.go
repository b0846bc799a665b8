package people

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
)

// rowsPerPage is how many people one page lists.
const rowsPerPage = 50

// listPage is the people that a filter picks.
type listPage struct {
	ui.Page
	Selects  []ui.Input
	Filter   listFilter
	Rows     []listRow
	Summary  string
	Narrowed bool
	Next     string
	CSV      string
	MayAdd   bool
	Heads    []sortHead
	Connect  bool // there is no connection yet
}

// listRow is a person in the list.
type listRow struct {
	view.PersonRow
	Colour, Status string
	Source         string // name of the connection, "" when made here
}

// sortHead is a column that can order the list.
type sortHead struct {
	Text, Href string
	Current    bool
}

// listFilter is what the list is narrowed to, as it stands in the address.
type listFilter struct {
	Q, Status, Department, Location, Role, Connection, Team, Manager, Sort, After string
	Unlinked, Held                                                                bool
}

func readList(v url.Values) listFilter {
	return listFilter{Q: trim(v.Get("q")), Status: v.Get("status"), Department: v.Get("department"), Location: v.Get("location"), Role: v.Get("role"),
		Connection: v.Get("connection"), Team: v.Get("team"), Manager: v.Get("manager"), Sort: v.Get("sort"), After: v.Get("after"),
		Unlinked: v.Get("unlinked") != "", Held: v.Get("held") != ""}
}

// at is the filter as an address.
func (f listFilter) at(path string) string {
	flag := func(on bool) string { return map[bool]string{true: "on"}[on] }
	return ui.WithQuery(path, "q", f.Q, "status", f.Status, "department", f.Department, "location", f.Location, "role", f.Role, "connection", f.Connection,
		"team", f.Team, "manager", f.Manager, "sort", f.Sort, "after", f.After, "unlinked", flag(f.Unlinked), "held", flag(f.Held))
}

func (f listFilter) narrowed() bool {
	f.Sort, f.After = "", ""
	return f != listFilter{}
}

func (p *pages) listQuery(f listFilter) view.PeopleQuery {
	return view.PeopleQuery{Q: f.Q, Status: directory.Status(f.Status), Department: f.Department, Location: f.Location, Role: directory.Role(f.Role),
		Connection: f.Connection, Team: f.Team, Manager: f.Manager, Unlinked: f.Unlinked, OnHold: f.Held, Now: p.Now(),
		Sort: f.order(), After: f.After, Limit: rowsPerPage}
}

// order is the order asked for, by name when there is no such order.
func (f listFilter) order() view.Sort {
	for _, s := range []view.Sort{"email", "department", "status", "updated"} {
		if string(s) == f.Sort {
			return s
		}
	}
	return ""
}

// list shows people, with how many seats are taken (promise AY14).
func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, f := r.Context(), readList(r.URL.Query())
	page := &listPage{Filter: f, Narrowed: f.narrowed(), CSV: f.at("/people.csv"), MayAdd: viewer(r).May(account.People)}
	conns, err := p.Connections.List(ctx)
	if err != nil {
		return err
	}
	page.Connect = len(conns) == 0
	if !slices.ContainsFunc(conns, func(c connection.Summary) bool { return c.ID == f.Connection }) {
		f.Connection = "" // one that was deleted has nobody to show
	}
	if err := p.fillList(ctx, page, p.listQuery(f), conns); err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "" { // typing in the search takes only the rows
		if err := p.headList(ctx, page, conns); err != nil {
			return err
		}
	}
	page.Actions = listActions(page)
	return ui.Render(w, r, http.StatusOK, listView(page))
}

func (p *pages) fillList(ctx context.Context, page *listPage, q view.PeopleQuery, conns []connection.Summary) error {
	found, err := p.Views.People(ctx, q)
	if err != nil {
		return gate.BadCursor(err)
	}
	n, err := p.Views.CountPeople(ctx, q)
	if err != nil {
		return err
	}
	page.Summary = ui.Count(n, "person", "people")
	names := map[string]string{}
	for _, c := range conns {
		names[c.ID] = c.Name
	}
	for _, row := range found.Items {
		l := listRow{PersonRow: row}
		l.Colour, l.Status = statusTag(row.Status)
		if row.Connection != "" {
			l.Source = cmp.Or(names[row.Connection], "BambooHR")
		}
		page.Rows = append(page.Rows, l)
	}
	if found.Next != "" {
		next := page.Filter
		next.After = found.Next
		page.Next = next.at("/people")
	}
	return nil
}

// headList words the page's head and fills what can be chosen.
func (p *pages) headList(ctx context.Context, page *listPage, conns []connection.Summary) error {
	o, err := p.Views.Overview(ctx, p.Now())
	if err != nil {
		return err
	}
	facets, err := p.Views.PeopleFacets(ctx)
	if err != nil {
		return err
	}
	page.Page = ui.Page{Title: "People", Nav: "people", Lead: fmt.Sprintf("%s. %s taken, %s provisioned, %s deactivated.", ui.Count(o.People, "person", "people"),
		ui.Count(o.Seats, "seat", "seats"), ui.Number(o.Statuses[directory.Provisioned]), ui.Number(o.Statuses[directory.Deactivated]))}
	page.Selects = listSelects(page.Filter, facets, conns)
	for _, h := range []struct{ sort, text string }{{"", "Name"}, {"department", "Department"}, {"status", "Status"}} {
		f := page.Filter
		f.Sort, f.After = h.sort, ""
		page.Heads = append(page.Heads, sortHead{h.text, f.at("/people"), string(page.Filter.order()) == h.sort})
	}
	return nil
}

func listSelects(f listFilter, facets view.PeopleFacets, conns []connection.Summary) []ui.Input {
	choice := func(name, label, all, value string, list []view.Facet, word func(string) string) ui.Input {
		in := ui.Input{Name: name, Label: label, Value: value, Options: []ui.Option{{Text: all}}}
		for _, x := range list {
			if x.Value != "" {
				in.Options = append(in.Options, ui.Option{Value: x.Value, Text: fmt.Sprintf("%s (%s)", word(x.Value), ui.Number(x.Count))})
			}
		}
		return in
	}
	same := func(s string) string { return s }
	status := func(s string) string {
		_, text := statusTag(directory.Status(s))
		return text
	}
	out := []ui.Input{choice("status", "Status", "Any", f.Status, facets.Statuses, status), choice("department", "Department", "All", f.Department, facets.Departments, same),
		choice("location", "Location", "All", f.Location, facets.Locations, same), choice("role", "Role", "Any", f.Role, facets.Roles, words.Capital)}
	if len(conns) > 1 {
		in := ui.Input{Name: "connection", Label: "Connection", Value: f.Connection, Options: []ui.Option{{Text: "Any"}}}
		for _, c := range conns {
			in.Options = append(in.Options, ui.Option{Value: c.ID, Text: c.Name})
		}
		out = append(out, in)
	}
	return out
}
