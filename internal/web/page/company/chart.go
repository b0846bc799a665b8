package company

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// How much of the organisation one chart draws: a small company as a whole, a large one a few levels at a
// time, and never so many of one manager's reports that a browser has to work.
const (
	smallCompany = 300
	fewLevels    = 2
	mostLevels   = 8
	mostReports  = 250
	mostFound    = 20
)

// chartPage is the reporting lines below somebody, or everybody's.
type chartPage struct {
	ui.Page
	Q       string
	Found   []view.PersonRow
	More    bool
	Root    string
	Above   []named // whom the root reports to, the highest first
	Roots   []*node
	Alone   []*node // without a manager and without reports
	AloneOf int     // how many those are
	Loops   [][]named
	Missing string // who is not in the chart, "" for nobody
	Empty   bool
}

// named is a person with a page.
type named struct{ ID, Name string }

// node is a person in the chart with those of their reports that are drawn.
type node struct {
	view.ChartNode
	Kids   []*node
	Hidden int    // reports that are not drawn here
	Href   string // of the chart below them
	Open   bool
}

// chart draws the reporting lines.
func (p *pages) chart(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	page := &chartPage{Q: strings.TrimSpace(q.Get("q")), Root: q.Get("root")}
	page.Page = ui.Page{Title: "Org chart", Nav: "chart", Lead: "Who reports to whom, as the directory has it."}
	if page.Q != "" {
		found, err := p.Views.People(ctx, view.PeopleQuery{Q: page.Q, Now: p.Now(), Limit: mostFound})
		if err != nil {
			return err
		}
		page.Found, page.More = found.Items, found.Next != ""
	}
	depth, err := p.depth(ctx, q.Get("depth"))
	if err != nil {
		return err
	}
	drawn, err := p.Views.OrgChart(ctx, page.Root, depth)
	if errors.Is(err, directory.ErrNotFound) {
		if page.Missing, err = p.missing(r, page.Root); err != nil {
			return err
		}
		page.Root = ""
		drawn, err = p.Views.OrgChart(ctx, "", depth)
	}
	if err != nil {
		return err
	}
	page.grow(drawn.Nodes)
	if err := p.loops(ctx, page, drawn.Loops); err != nil {
		return err
	}
	if page.Root != "" && len(page.Roots) > 0 {
		if page.Above, err = p.above(r, page.Roots[0].ManagerID); err != nil {
			return err
		}
		page.Title, page.Lead = page.Roots[0].Name, "The reporting line."
		page.Crumbs = []ui.Crumb{{Text: "Org chart", Href: "/chart"}}
	}
	return ui.Render(w, r, http.StatusOK, chartView(page))
}

// depth is how many levels are drawn below the top ones.
func (p *pages) depth(ctx context.Context, asked string) (int, error) {
	if n, err := strconv.Atoi(asked); err == nil && n >= 0 {
		return min(n, mostLevels), nil
	}
	o, err := p.Views.Overview(ctx, p.Now())
	if err != nil {
		return 0, err
	}
	if o.People <= smallCompany {
		return mostLevels, nil
	}
	return fewLevels, nil
}

// missing names somebody who is here but not in the chart: deactivated, and nobody reports to them.
func (p *pages) missing(r *http.Request, id string) (string, error) {
	found, err := p.Views.Briefs(r.Context(), []string{id})
	if err != nil {
		return "", err
	}
	if b, ok := found[id]; ok {
		return b.Name, nil
	}
	return "", directory.ErrNotFound
}

// grow makes trees of the chart's list, in which managers stand before their reports.
func (page *chartPage) grow(list []view.ChartNode) {
	page.Empty = len(list) == 0
	var line []*node // from the top down to the last node
	for _, c := range list {
		n := &node{ChartNode: c, Open: c.Level < 2, Href: ui.WithQuery("/chart", "root", c.ID)}
		n.Hidden = c.Reports
		line = append(line[:c.Level], n)
		switch {
		case c.Level > 0:
			boss := line[c.Level-1]
			if len(boss.Kids) < mostReports {
				boss.Kids = append(boss.Kids, n)
				boss.Hidden--
			}
		case c.Reports == 0 && page.Root == "":
			if page.AloneOf++; len(page.Alone) < mostReports {
				page.Alone = append(page.Alone, n)
			}
		default:
			page.Roots = append(page.Roots, n)
		}
	}
	// The one with most people below stands first: usually the head of the company.
	slices.SortStableFunc(page.Roots, func(a, b *node) int { return b.Below - a.Below })
}

// loops names people who report to each other (promise SI45).
func (p *pages) loops(ctx context.Context, page *chartPage, loops [][]string) error {
	found, err := p.Views.Briefs(ctx, slices.Concat(loops...))
	if err != nil {
		return err
	}
	for _, ids := range loops {
		var ring []named
		for _, id := range ids {
			ring = append(ring, named{id, cmp.Or(found[id].Name, found[id].Email, id)})
		}
		page.Loops = append(page.Loops, ring)
	}
	return nil
}

// above walks up from a manager to the top.
func (p *pages) above(r *http.Request, id string) ([]named, error) {
	e, err := p.Connections.EditorFor(r.Context(), viewer(r).Actor(), directory.Person{})
	if err != nil {
		return nil, err
	}
	return lineAbove(r.Context(), e.Store, id)
}

func lineAbove(ctx context.Context, store syncrun.Directory, id string) (out []named, err error) {
	for seen := map[string]bool{}; id != "" && !seen[id] && len(out) < mostFound; {
		seen[id] = true
		m, err := store.Person(ctx, id)
		if errors.Is(err, directory.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		out = append(out, named{m.ID, words.Name(&m)})
		id = m.Values.Get(directory.Manager)
	}
	slices.Reverse(out)
	return out, nil
}

// countBelow counts direct and all reports.
func countBelow(n *node) string {
	text := ui.Count(n.Reports, "report", "reports")
	if n.Below > n.Reports {
		text += ", " + ui.Number(n.Below) + " in all"
	}
	return text
}
