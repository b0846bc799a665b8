package main

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/internal/sheet"
	"github.com/rollcall-hr/rollcall/plan/planjson"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// printPlan writes a stored plan in one of the three formats, row by row.
func (a *app) printPlan(x *session, info syncrun.PlanInfo, format string, limit int) error {
	switch format {
	case "json":
		return a.planJSON(x, info)
	case "csv":
		return a.planCSV(x, info)
	}
	p := a.page()
	if err := show.Plan(p, x.Policy.Name, info, x.Store.Items(a.ctx, info.ID, 0, false), limit); err != nil {
		return err
	}
	return p.Flush()
}

// planJSON writes the plan as surface, "Plan as JSON".
func (a *app) planJSON(x *session, info syncrun.PlanInfo) error {
	e := planjson.NewEncoder(a.out, info.ID, x.Policy.Name, &info.Header)
	for it, err := range x.Store.Items(a.ctx, info.ID, 0, false) {
		if err != nil {
			return fmt.Errorf("read plan %s: %w", info.ID, err)
		}
		e.Item(&it.Item)
	}
	return e.Close()
}

// planCSV writes one row per changed field, and one per held entry.
func (a *app) planCSV(x *session, info syncrun.PlanInfo) error {
	var broken error
	err := a.printCSV(sheet.PlanColumns(), func(yield func([]string) bool) {
		for it, err := range x.Store.Items(a.ctx, info.ID, 0, false) {
			if err != nil {
				broken = err
				return
			}
			for _, row := range sheet.PlanRows(&info.Header, &it.Item) {
				if !yield(row) {
					return
				}
			}
		}
	})
	if broken != nil {
		return fmt.Errorf("read plan %s: %w", info.ID, broken)
	}
	return err
}
