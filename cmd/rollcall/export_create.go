package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/exporter"
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
		return a.print(c.Output, show.ViewExport(x.Policy.Name, &e), func(p *text.Page) { show.Export(p, &e) })
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
	if err := a.print(c.Output, show.ViewExport(x.Policy.Name, &e), func(p *text.Page) { show.Exported(p, &e) }); err != nil {
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
		return e, problem.Missing("there is no export %s; \"rollcall export bamboohr --create\" makes one", c.ExportID)
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
	if err := a.print(c.Output, show.ViewExport(x.Policy.Name, e), func(p *text.Page) { show.Export(p, e) }); err != nil {
		return false, err
	}
	if !a.inTerminal {
		return false, problem.Usage("nothing was created: there is no terminal to ask at; if this is meant, run \"rollcall export bamboohr --create %s --yes\"", e.ID)
	}
	ok, err := a.ask("Create %s in BambooHR company %s? Rollcall cannot delete them again.", text.Count(e.Count(exporter.Planned)+e.Count(exporter.Sending), "employee", "employees"), e.Company)
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
		err, text.Count(done, "person was", "people were"), text.Count(after.Left(), "person is", "people are"), after.ID)
}
