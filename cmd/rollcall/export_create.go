package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/exporter"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// create shows an export, asks, and carries it out. It exits with 0 done or nothing to do, 3 somebody was
// not created, 4 stale.
func (c *exportBamboohr) create(a *app) (err error) {
	x, err := a.openToRead(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	conn, err := x.Store.EnsureConnection(a.ctx, x.Policy.Name)
	if err != nil {
		return err
	}
	out := a.exporter(x, conn.ID)
	e, err := c.choose(a, out, conn.ID)
	if err != nil {
		return err
	}
	if e.Left() == 0 {
		return a.print(c.Output, viewExport(x, &e), func(p *page) { printExport(p, &e) })
	}
	if ok, err := c.agree(a, x, &e); err != nil || !ok {
		return err
	}
	before := e
	err = x.Exclusive(a.ctx, conn.ID, e.ID, func(ctx context.Context) error {
		e, err = out.Apply(ctx, e.ID)
		return err
	})
	if err != nil {
		return exportFailed(&before, &e, err)
	}
	if err := a.print(c.Output, viewExport(x, &e), func(p *page) { printExported(p, &e) }); err != nil {
		return err
	}
	if e.Count(exporter.Created) < len(e.Rows) {
		return codeWaiting
	}
	return nil
}

// exporter builds the exporter of a connection.
func (a *app) exporter(x *session, connection string) *exporter.Exporter {
	store := x.db.Org(organisation)
	out := &exporter.Exporter{BambooHR: x.client, People: store, Journal: store, Connection: connection, Targets: exportTargets(x.Policy),
		Now: x.Now, NewID: newID, Actor: actor()}
	if show := a.progress(); show != nil {
		out.Progress = func(done, total int) { show(syncrun.Progress{Phase: "creating", Done: done, Total: total}) }
	}
	return out
}

// exportTargets writes each field where the mapping reads it from.
func exportTargets(conn *policy.Connection) exporter.Targets {
	t := exporter.DefaultTargets()
	for _, r := range conn.Mapping {
		if len(r.From) > 0 {
			t.Redirect(directory.Field(r.Target), string(r.From[0]))
		}
	}
	return t
}

// choose gives the named export, else the one that was interrupted, else a new one.
func (c *exportBamboohr) choose(a *app, out *exporter.Exporter, conn string) (exporter.Export, error) {
	e, err := out.Journal.Export(a.ctx, conn, c.ExportID)
	switch {
	case c.ExportID != "" && errors.Is(err, directory.ErrNotFound):
		return e, fmt.Errorf("there is no export %s; \"rollcall export bamboohr --create\" makes one: %w", c.ExportID, err)
	case err != nil && !errors.Is(err, directory.ErrNotFound):
		return e, err
	case err == nil && (c.ExportID != "" || e.Interrupted()):
		return e, nil
	}
	return out.Plan(a.ctx)
}

// agree shows the export and asks, unless --yes was given. Without a terminal it is shown and kept.
func (c *exportBamboohr) agree(a *app, x *session, e *exporter.Export) (bool, error) {
	if c.Yes {
		return true, nil
	}
	if err := a.print(c.Output, viewExport(x, e), func(p *page) { printExport(p, e) }); err != nil {
		return false, err
	}
	if !a.inTerminal {
		return false, badInput("nothing was created: there is no terminal to ask at; if this is meant, run \"rollcall export bamboohr --create %s --yes\"", e.ID)
	}
	ok, err := a.ask("Create %s in BambooHR company %s? Rollcall cannot delete them again.", count(e.Count(exporter.Planned)+e.Count(exporter.Sending), "employee", "employees"), e.Company)
	if err == nil && !ok {
		return false, fmt.Errorf("nothing was created; export %s is kept", e.ID)
	}
	return ok, err
}

// exportFailed says how far an export came and how it goes on.
func exportFailed(before, after *exporter.Export, err error) error {
	if after.ID == "" || after.Left() == 0 {
		return err
	}
	if _, stale := errors.AsType[*exporter.StaleError](err); stale {
		return err
	}
	done := after.Count(exporter.Created) - before.Count(exporter.Created)
	return fmt.Errorf("%w; %s created now, %s left; \"rollcall export bamboohr --create %s\" goes on and creates nobody twice",
		err, count(done, "person was", "people were"), count(after.Left(), "person is", "people are"), after.ID)
}

// exportView is an export as JSON.
type exportView struct {
	ID         string          `json:"id"`
	Connection string          `json:"connection"`
	Company    string          `json:"company"`
	MadeAt     string          `json:"made_at"`
	Employees  int             `json:"employees"` // whom BambooHR showed
	Counts     map[string]int  `json:"counts"`    // people by state
	Creations  []creationView  `json:"creations"`
	Held       []plan.HeldJSON `json:"held"`
}

type creationView struct {
	PersonID   string            `json:"person_id"`
	Email      string            `json:"email"`
	Name       string            `json:"name"`
	State      exporter.State    `json:"state"`
	EmployeeID *string           `json:"employee_id"`
	ManagerID  *string           `json:"manager_id"`
	Manager    *string           `json:"manager"`
	Detail     *string           `json:"detail"`
	Fields     map[string]string `json:"fields"` // by BambooHR's name
}

func viewExport(x *session, e *exporter.Export) exportView {
	v := exportView{ID: e.ID, Connection: x.Policy.Name, Company: e.Company, MadeAt: e.MadeAt.UTC().Format(time.RFC3339), Employees: e.Employees,
		Counts: map[string]int{}, Creations: []creationView{}, Held: []plan.HeldJSON{}}
	for _, s := range []exporter.State{exporter.Planned, exporter.Sending, exporter.Created, exporter.Exists, exporter.Refused, exporter.Changed} {
		v.Counts[string(s)] = e.Count(s)
	}
	for _, r := range e.Rows {
		fields := map[string]string{}
		for _, f := range r.Fields {
			fields[f.Alias] = f.Value
		}
		v.Creations = append(v.Creations, creationView{r.PersonID, r.Email, r.Name, r.State, syncrun.Optional(r.EmployeeID), syncrun.Optional(r.ManagerID), syncrun.Optional(r.Manager), syncrun.Optional(r.Detail), fields})
	}
	for i := range e.Held {
		v.Held = append(v.Held, e.Held[i].JSON())
	}
	return v
}

// printExport shows what would be created and what is held.
func printExport(p *page, e *exporter.Export) {
	if len(e.Rows) == 0 {
		p.linef("Nothing to create: everybody who could be is in BambooHR company %s already.", e.Company)
	} else {
		p.linef("%s%s", p.paint(bold, fmt.Sprintf("Export of %s into BambooHR company %s", count(len(e.Rows), "person", "people"), e.Company)),
			p.paint(dim, fmt.Sprintf("  %s, %s read %s", e.ID, count(e.Employees, "employee", "employees"), moment(e.MadeAt))))
	}
	for _, r := range e.Rows {
		printRow(p, &r)
		if !r.State.Open() {
			continue
		}
		for _, f := range r.Fields {
			p.linef("    %s: %s", f.Alias, f.Value)
		}
		if r.Manager != "" {
			p.linef("    reportsTo: %s", r.Manager)
		}
	}
	held := &heldGroups{lines: map[plan.Reason][]string{}, n: map[plan.Reason]int{}}
	for _, h := range e.Held {
		if h.Trace.Fix != "" {
			h.Detail += "; " + h.Trace.Fix
		}
		held.add(&h, 0)
	}
	held.print(p, 0)
}

// printExported shows what became of each person.
func printExported(p *page, e *exporter.Export) {
	p.linef("%s  %s", p.paint(bold, fmt.Sprintf("Created %s in BambooHR company %s", count(e.Count(exporter.Created), "employee", "employees"), e.Company)), p.paint(dim, e.ID))
	for i := range e.Rows {
		printRow(p, &e.Rows[i])
	}
	if e.Count(exporter.Created) > 0 {
		p.linef("The next \"rollcall sync\" links them; \"rollcall plan\" shows what it changes.")
	}
}

func printRow(p *page, r *exporter.Row) {
	sign, colour := "!", yellow
	switch r.State {
	case exporter.Planned:
		sign, colour = "+ create", green
	case exporter.Created:
		sign, colour = "+ created", green
	default:
		sign = "! " + strings.ReplaceAll(string(r.State), "_", " ")
	}
	line := p.paint(colour, sign+" "+nameAndMail(r.Name, r.Email))
	if r.EmployeeID != "" {
		line += " employee:" + r.EmployeeID
	}
	if r.Detail != "" {
		line += ": " + r.Detail
	}
	p.linef("%s", line)
}
