package api

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func (a *api) figureEndpoints() []endpoint {
	return []endpoint{
		on("GET", "/overview", account.Read, "getOverview", "Counts people and seats", a.getOverview),
		on("GET", "/headcount", account.Read, "listHeadcount", "Counts joiners, leavers and active people month by month", a.headcount).
			Note("The last twelve months unless from and to say otherwise, ten years at most."),
		on("GET", "/chart", account.Read, "getChart", "Shows the reporting lines", a.chart).Fails("not_found"),
	}
}

// overviewView is how the organisation stands.
type overviewView struct {
	Seats    int                      `json:"seats" doc:"Active people."`
	People   int                      `json:"people" doc:"All people, deactivated ones too."`
	Statuses map[directory.Status]int `json:"statuses"`
	FromHR   int                      `json:"from_hr" doc:"People who come from a connection."`
	Holds    int                      `json:"holds" doc:"In force."`
	OnHold   int                      `json:"on_hold" doc:"People with a hold in force."`
}

func (a *api) getOverview(r *http.Request, _ none) (overviewView, error) {
	o, err := a.Views.Overview(r.Context(), a.Now())
	v := overviewView{o.Seats, o.People, map[directory.Status]int{}, o.FromHR, o.Holds, o.OnHold}
	for s, n := range o.Statuses {
		v.Statuses[s] = n
	}
	return v, err
}

type headcountQuery struct {
	From         string `query:"from" doc:"The first month: YYYY-MM."`
	To           string `query:"to" doc:"The last month: YYYY-MM."`
	Zone         string `query:"time_zone" doc:"IANA name: whose calendar tells the day of a deactivation; UTC unless given."`
	Department   string `query:"department" doc:"Only people of this department, by its name."`
	ByDepartment bool   `query:"by_department" doc:"A row per month and department."`
	FromHR       bool   `query:"from_hr" doc:"Only people who come from a connection."`
}

// monthView is the headcount of a month, or of a department in a month.
type monthView struct {
	Month      string  `json:"month" doc:"YYYY-MM"`
	Department *string `json:"department" doc:"With by_department; null: people without one."`
	Joined     int     `json:"joined"`
	Left       int     `json:"left"`
	Active     int     `json:"active" doc:"At the month's end."`
}

const (
	month     = "2006-01"
	mostYears = 10
)

func (a *api) headcount(r *http.Request, in headcountQuery) (page[monthView], error) {
	q, err := in.query(a.Now())
	if err != nil {
		return page[monthView]{}, err
	}
	months, err := a.Views.Headcount(r.Context(), q)
	return pageOf(view.Page[view.Month]{Items: months}, func(m *view.Month) monthView {
		return monthView{m.Month, syncrun.Optional(m.Department), m.Joiners, m.Leavers, m.Active}
	}), err
}

func (in *headcountQuery) query(now time.Time) (view.HeadcountQuery, error) {
	q := view.HeadcountQuery{Zone: time.UTC, Department: in.Department, ByDepartment: in.ByDepartment, LinkedOnly: in.FromHR}
	var err error
	if in.Zone != "" {
		if q.Zone, err = time.LoadLocation(in.Zone); err != nil || in.Zone == "Local" {
			return q, rest.BadQuery("time_zone is %q; it is an IANA name such as Europe/Amsterdam", in.Zone)
		}
	}
	now = now.In(q.Zone)
	q.To = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, q.Zone)
	if in.To != "" {
		if q.To, err = time.ParseInLocation(month, in.To, q.Zone); err != nil {
			return q, rest.BadQuery("to is %q; it is a month such as 2026-11", in.To)
		}
	}
	q.From = q.To.AddDate(0, -11, 0)
	if in.From != "" {
		if q.From, err = time.ParseInLocation(month, in.From, q.Zone); err != nil {
			return q, rest.BadQuery("from is %q; it is a month such as 2026-11", in.From)
		}
	}
	if q.To.Before(q.From) || !q.To.Before(q.From.AddDate(mostYears, 0, 0)) {
		return q, rest.BadQuery("from %s to %s is not 1 to %d months", q.From.Format(month), q.To.Format(month), 12*mostYears)
	}
	return q, nil
}

type chartQuery struct {
	Root  string `query:"root" doc:"A person's id; without it everybody who reports to nobody is a root."`
	Depth int    `query:"depth" min:"0" max:"100" default:"2" doc:"How many levels below the roots."`
}

// chartView is a part of the reporting lines.
type chartView struct {
	Nodes []nodeView  `json:"nodes" doc:"Each manager before their reports, reports by name. Deactivated people only while somebody below them is not."`
	Above []briefView `json:"above" doc:"With root: whom they report to, the highest first."`
	Loops [][]string  `json:"loops" doc:"Ids of people who report to each other in a ring."`
}

type nodeView struct {
	ID         string           `json:"id"`
	Name       string           `json:"name"`
	JobTitle   *string          `json:"job_title"`
	Department *string          `json:"department"`
	Status     directory.Status `json:"status"`
	ManagerID  *string          `json:"manager_id"`
	Level      int              `json:"level" doc:"0: a root of this answer."`
	Reports    int              `json:"reports" doc:"Who report to them directly."`
	Below      int              `json:"below" doc:"Everybody below them."`
}

type briefView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (a *api) chart(r *http.Request, in chartQuery) (chartView, error) {
	c, err := a.Views.OrgChart(r.Context(), in.Root, in.Depth)
	if err != nil {
		return chartView{}, err
	}
	v := chartView{Nodes: make([]nodeView, len(c.Nodes)), Above: []briefView{}, Loops: append([][]string{}, c.Loops...)}
	for i, n := range c.Nodes {
		v.Nodes[i] = nodeView{n.ID, n.Name, syncrun.Optional(n.Title), syncrun.Optional(n.Department), n.Status, syncrun.Optional(n.ManagerID), n.Level, n.Reports, n.Below}
	}
	if in.Root != "" && len(c.Nodes) > 0 {
		v.Above, err = a.above(r, c.Nodes[0].ManagerID)
	}
	return v, err
}

// above walks up from a manager to the top.
func (a *api) above(r *http.Request, id string) ([]briefView, error) {
	e, err := a.editor(r)
	if err != nil {
		return nil, err
	}
	var ids []string
	for id != "" && !slices.Contains(ids, id) {
		m, err := e.Store.Person(r.Context(), id)
		if errors.Is(err, directory.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
		id = m.Values.Get(directory.Manager)
	}
	briefs, err := a.Views.Briefs(r.Context(), ids)
	out := make([]briefView, len(ids))
	for i, id := range ids {
		out[len(ids)-1-i] = briefView{id, briefs[id].Name}
	}
	return out, err
}
