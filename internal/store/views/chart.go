package views

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
)

// OrgChart returns the people below root, and root, down to depth levels below it (0: root alone, -1:
// everybody). Root "" means everybody whose manager is blank or not there. directory.ErrNotFound when
// root is nobody in the chart.
func (s *Store) OrgChart(ctx context.Context, root string, depth int) (Chart, error) {
	var c chart
	err := s.org.Read(ctx, func(t tx) error {
		return t.Each(`select id, display_name, first_name, last_name, email, job_title, department, status, manager from people
			where org = $1 order by `+strings.ReplaceAll(nameKey, "p.", "")+`, id`, func(st stmt) error {
			c.nodes = append(c.nodes, ChartNode{ID: st.ColText(0), Name: nameAt(st, 1), Title: st.ColText(5), Department: st.ColText(6),
				Status: directory.Status(st.ColText(7)), ManagerID: st.ColText(8)})
			return nil
		}, t.Org)
	})
	if err != nil {
		return Chart{}, fmt.Errorf("draw the organisation chart: %w", err)
	}
	c.connect()
	begin := c.roots
	if root != "" {
		i, ok := c.index[root]
		if !ok || !c.shown[i] {
			return Chart{}, fmt.Errorf("person %s in the organisation chart: %w", root, directory.ErrNotFound)
		}
		begin = []int{i}
	}
	out := Chart{Loops: c.loops}
	c.draw(begin, depth, &out)
	return out, nil
}

// chart is everybody, in the order of names.
type chart struct {
	nodes   []ChartNode
	index   map[string]int
	parent  []int // -1: none
	reports [][]int
	shown   []bool
	roots   []int
	loops   [][]string
}

// connect finds reports, cuts rings, and counts.
func (c *chart) connect() {
	c.index = make(map[string]int, len(c.nodes))
	for i := range c.nodes {
		c.index[c.nodes[i].ID] = i
	}
	c.parent = make([]int, len(c.nodes))
	for i := range c.nodes {
		c.parent[i] = -1
		if m, ok := c.index[c.nodes[i].ManagerID]; ok {
			c.parent[i] = m
		}
	}
	for _, loop := range directory.FindLoops(len(c.nodes), func(i int) int { return c.parent[i] }) {
		ids := make([]string, len(loop))
		for i, n := range loop {
			ids[i] = c.nodes[n].ID
		}
		c.loops = append(c.loops, ids)
		c.parent[loop[0]] = -1
	}
	order := c.topDown()
	c.shown = make([]bool, len(c.nodes))
	for _, i := range slices.Backward(order) {
		n := &c.nodes[i]
		c.shown[i] = c.shown[i] || n.Status != directory.Deactivated
		if p := c.parent[i]; p >= 0 && c.shown[i] {
			c.shown[p] = true
			c.nodes[p].Reports++
			c.nodes[p].Below += n.Below + 1
		}
	}
}

// topDown lists everybody, managers before their reports.
func (c *chart) topDown() []int {
	c.reports = make([][]int, len(c.nodes))
	order := make([]int, 0, len(c.nodes))
	for i, p := range c.parent {
		if p < 0 {
			order = append(order, i)
			c.nodes[i].ManagerID = ""
			continue
		}
		c.reports[p] = append(c.reports[p], i)
	}
	c.roots = slices.Clone(order)
	for i := 0; i < len(order); i++ {
		order = append(order, c.reports[order[i]]...)
	}
	return order
}

// draw appends people and those below them, without recursion: a line of managers may be any length.
func (c *chart) draw(begin []int, depth int, out *Chart) {
	type step struct{ node, level int }
	var todo []step
	push := func(list []int, level int) {
		for _, i := range slices.Backward(list) {
			if c.shown[i] {
				todo = append(todo, step{i, level})
			}
		}
	}
	push(begin, 0)
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		n := c.nodes[at.node]
		n.Level = at.level
		out.Nodes = append(out.Nodes, n)
		if depth < 0 || at.level < depth {
			push(c.reports[at.node], at.level+1)
		}
	}
}
