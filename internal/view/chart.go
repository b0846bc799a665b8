package view

import (
	"github.com/rollcall-hr/rollcall/directory"
)

// ChartNode is a person in the organisation chart.
type ChartNode struct {
	ID         string
	Name       string
	Title      string
	Department string
	Status     directory.Status
	ManagerID  string // "" at the top
	Level      int    // 0 for the roots of the chart that was asked for
	Reports    int    // who report to them directly
	Below      int    // everybody below them
}

// Chart is a part of the reporting lines. Deactivated people stand in it only while somebody below them
// is not deactivated.
type Chart struct {
	Nodes []ChartNode // each manager before their reports, reports by name
	Loops [][]string  // ids of people who report to each other in a ring; the first of a ring stands as a root
}
