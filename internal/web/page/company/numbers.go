package company

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// numbersPage is joiners and leavers, and how directory and BambooHR differ.
type numbersPage struct {
	ui.Page
	From, To    string // YYYY-MM
	Errors      ui.Errors
	Columns     []ui.ColumnGroup
	Months      []monthRow
	Joined      int
	Left        int
	Active      int
	Missing     []missingHere
	Unlinked    []view.PersonRow
	UnlinkedOf  int
	Connections bool
}

// monthRow is one month in the table.
type monthRow struct {
	Label                 string
	Joined, Left, Change  int
	Active                int
	ChangeText, MonthText string
}

// missingHere is who is in one connection's BambooHR but not here.
type missingHere struct {
	Connection, ID string
	PlanAt         time.Time
	Plan           string // address of the held list, "" when there was no plan yet
	Reasons        []reasonCount
	People         []missingPerson
	Count          int
	More           bool // there may be more: the plan holds more than was looked at
	Creating       int  // new people of the plan who wait
	Left           int
}

type reasonCount struct {
	Text, Href string
	Count      int
}

type missingPerson struct{ Name, Email, Why, Href string }

// The numbers begin with a year; more than that many months are not drawn.
const (
	defaultMonths = 12
	mostMonths    = 60
	namesShown    = 10
)

// numbers shows the figures, and both sides of the difference to BambooHR (promise SI51).
func (p *pages) numbers(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	page := &numbersPage{Errors: ui.Errors{}}
	page.Page = ui.Page{Title: "Joiners & leavers", Nav: "numbers", Lead: "People by month, and how the directory differs from BambooHR."}
	from, to := page.months(r.URL.Query().Get("from"), r.URL.Query().Get("to"), p.Now().In(gate.ZoneFrom(ctx)))
	if len(page.Errors) == 0 {
		months, err := p.Views.Headcount(ctx, view.HeadcountQuery{From: from, To: to, Zone: gate.ZoneFrom(ctx)})
		if err != nil {
			return err
		}
		page.fill(months)
	}
	if err := p.difference(ctx, r, page); err != nil {
		return err
	}
	status := http.StatusOK
	if len(page.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return ui.Render(w, r, status, numbersView(page))
}

const monthLayout = "2006-01"

// months reads the first and last month, the last twelve when none is given.
func (page *numbersPage) months(from, to string, now time.Time) (first, last time.Time) {
	read := func(name, text string, otherwise time.Time) time.Time {
		if text == "" {
			return otherwise
		}
		t, err := time.ParseInLocation(monthLayout, text, now.Location())
		if err != nil {
			page.Errors[name] = "Write the month as 2026-11."
		}
		return t
	}
	last = read("to", to, time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, now.Location()))
	first = read("from", from, last.AddDate(0, 1-defaultMonths, 0))
	page.From, page.To = from, to
	if len(page.Errors) > 0 {
		return first, last
	}
	page.From, page.To = first.Format(monthLayout), last.Format(monthLayout)
	switch {
	case last.Before(first):
		page.Errors["to"] = "The last month is before the first."
	case first.AddDate(0, mostMonths, 0).Compare(last) <= 0:
		page.Errors["from"] = "Choose at most five years."
	}
	return first, last
}

func (page *numbersPage) fill(months []view.Month) {
	for i, m := range months {
		t, _ := time.Parse(monthLayout, m.Month) // the view wrote it
		row := monthRow{Label: m.Month, MonthText: t.Format("Jan 2006"), Joined: m.Joiners, Left: m.Leavers, Active: m.Active, Change: m.Joiners - m.Leavers}
		row.ChangeText = ui.Number(row.Change)
		if row.Change > 0 {
			row.ChangeText = "+" + row.ChangeText
		}
		page.Months = append(page.Months, row)
		page.Joined += m.Joiners
		page.Left += m.Leavers
		page.Active = m.Active
		label := t.Format("Jan")
		if len(months) > 24 && (i%6 != 0) {
			label = ""
		} else if len(months) > 12 {
			label = t.Format("1/06")
		}
		page.Columns = append(page.Columns, ui.ColumnGroup{Label: label, Values: []ui.ColumnValue{
			{Kind: "create", Text: row.MonthText + ", " + ui.Number(m.Joiners) + " joined", Value: m.Joiners},
			{Kind: "deactivate", Text: row.MonthText + ", " + ui.Number(m.Leavers) + " left", Value: m.Leavers}}})
	}
	slices.Reverse(page.Months) // the table begins with what is newest
}

// difference lists who is in BambooHR but not here, and who is here but not in BambooHR.
func (p *pages) difference(ctx context.Context, r *http.Request, page *numbersPage) error {
	q := view.PeopleQuery{Unlinked: true, Now: p.Now(), Limit: namesShown}
	found, err := p.Views.People(ctx, q)
	if err != nil {
		return err
	}
	page.Unlinked = found.Items
	if page.UnlinkedOf, err = p.Views.CountPeople(ctx, q); err != nil {
		return err
	}
	conns, err := p.Connections.List(ctx)
	if err != nil {
		return err
	}
	page.Connections = len(conns) > 0
	for _, c := range conns {
		m, err := p.missingHere(ctx, c)
		if err != nil {
			return err
		}
		page.Missing = append(page.Missing, m)
	}
	return nil
}

// newestTries is how many of the latest runs are asked for a plan of the whole connection.
const newestTries = 50

// newestPlan finds the newest plan of today's whole connection; nil when there is none (any more).
func (p *pages) newestPlan(ctx context.Context, id string) (*view.PlanSummary, error) {
	runs, err := p.Views.Runs(ctx, view.RunQuery{Connection: id, Limit: newestTries})
	if err != nil {
		return nil, err
	}
	for _, run := range runs.Items {
		if run.PlanID == "" || run.UndoOf != "" || run.Trigger == syncrun.TriggerPerson {
			continue
		}
		s, err := p.Views.PlanSummary(ctx, run.PlanID)
		switch {
		case errors.Is(err, directory.ErrNotFound):
		case err != nil:
			return nil, err
		case !s.Info.Header.Hypothetical() && s.Info.Person == "":
			return &s, nil
		}
	}
	return nil, nil
}

// missingHere reads from the newest plan which employees are nobody here, and why.
func (p *pages) missingHere(ctx context.Context, c connection.Summary) (missingHere, error) {
	out := missingHere{Connection: c.Name, ID: c.ID}
	s, err := p.newestPlan(ctx, c.ID)
	if err != nil || s == nil {
		return out, err
	}
	out.PlanAt, out.Plan, out.Left = s.Info.CreatedAt, "/plans/"+s.Info.ID, s.Info.Header.Counts.Left
	if out.Creating, err = p.notCreated(ctx, s); err != nil {
		return out, err
	}
	held, err := p.Views.PlanRows(ctx, s.Info.ID, view.PlanQuery{Part: view.PartHeld, Limit: mostLooked})
	if err != nil {
		return out, err
	}
	out.More = held.Next != ""
	counts := map[plan.Reason]int{}
	for _, it := range held.Items {
		h := it.Held
		if h == nil || h.SourceID == 0 || h.PersonID != "" || h.Field != "" {
			continue
		}
		out.Count++
		counts[h.Reason]++
		if len(out.People) < namesShown {
			out.People = append(out.People, missingPerson{h.Name, h.Email, words.Reason(h.Reason), explainEmployee(h.SourceID, c.ID)})
		}
	}
	for reason, n := range counts {
		out.Reasons = append(out.Reasons, reasonCount{words.Reason(reason), ui.WithQuery(out.Plan, "part", view.PartHeld, "reason", string(reason)), n})
	}
	slices.SortFunc(out.Reasons, func(a, b reasonCount) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Text, b.Text)
	})
	return out, nil
}

// mostLooked is how many rows of a plan are looked at.
const mostLooked = 1000

// notCreated counts the new people of a plan who are still to come.
func (p *pages) notCreated(ctx context.Context, s *view.PlanSummary) (n int, err error) {
	if s.Actions[plan.Create] == 0 {
		return 0, nil
	}
	rows, err := p.Views.PlanRows(ctx, s.Info.ID, view.PlanQuery{Part: view.PartChanges, Actions: []plan.Action{plan.Create}, Limit: mostLooked})
	for _, it := range rows.Items {
		if it.RunID == "" {
			n++
		}
	}
	if rows.Next != "" && n == len(rows.Items) {
		n = s.Actions[plan.Create] // nobody of the first page came: the others did not either
	}
	return n, err
}

// explainEmployee leads to why an employee is not here.
func explainEmployee(source int64, connection string) string {
	return ui.WithQuery("/explain", "who", "employee:"+strconv.FormatInt(source, 10), "connection", connection)
}
