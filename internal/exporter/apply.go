package exporter

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/directory"
)

// Apply carries a stored export out, or goes on where an earlier process stopped: everybody who is still
// open is created, then reporting lines are written. What concerns one person is recorded with that
// person; an error means that the rest was left as it was, and the same call goes on later. The export
// that is returned says how far it came, also beside an error.
func (x *Exporter) Apply(ctx context.Context, id string) (Export, error) {
	e, err := x.Journal.Export(ctx, x.Connection, id)
	if err != nil {
		return Export{}, fmt.Errorf("find export %s: %w", id, err)
	}
	if e.Company != x.BambooHR.Company() {
		return e, &StaleError{e.ID, fmt.Sprintf("it was made for company %s, the connection is with %s now", e.Company, x.BambooHR.Company())}
	}
	for i := range e.Rows {
		r := &e.Rows[i]
		if !r.State.Open() {
			continue
		}
		if err := x.create(ctx, &e, r); err != nil {
			return e, fmt.Errorf("create %s in BambooHR: %w", r.Name, err)
		}
		x.progress(i+1, len(e.Rows))
	}
	return e, x.reportingLines(ctx, &e)
}

func (x *Exporter) progress(done, total int) {
	if x.Progress != nil {
		x.Progress(done, total)
	}
}

// create settles one row. Nothing is sent before a look for the address, also on a second attempt.
func (x *Exporter) create(ctx context.Context, e *Export, r *Row) error {
	found, err := x.find(ctx, r.Email)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return x.settleFound(ctx, e, r, found)
	}
	why, err := x.changed(ctx, r)
	if err != nil {
		return err
	}
	if why != "" {
		return x.settle(ctx, e, r, Changed, "", why)
	}
	if err := x.Journal.ClaimRow(ctx, e.ID, *r); err != nil {
		return err
	}
	r.State, r.Attempts = Sending, r.Attempts+1
	id, err := x.BambooHR.CreateEmployee(ctx, values(r))
	if err != nil {
		return x.failed(ctx, e, r, err)
	}
	return x.settle(ctx, e, r, Created, id, "")
}

func values(r *Row) map[string]any {
	out := make(map[string]any, len(r.Fields))
	for _, f := range r.Fields {
		out[f.Alias] = f.Value
	}
	return out
}

// changed tells why a person may not be created any more as planned, "" when nothing is in the way.
func (x *Exporter) changed(ctx context.Context, r *Row) (string, error) {
	people, err := x.People.PersonsByID(ctx, []string{r.PersonID})
	switch {
	case err != nil:
		return "", err
	case len(people) == 0:
		return "is not in the directory any more", nil
	case people[0].Link != nil:
		return "is linked to an employee by now", nil
	case people[0].Version != r.Version:
		return "was changed after the export was planned; plan again", nil
	}
	return "", nil
}

// settleFound deals with somebody who has the address in BambooHR: the employee whom an attempt of ours
// created, or anybody else.
func (x *Exporter) settleFound(ctx context.Context, e *Export, r *Row, found []employee) error {
	f := found[0]
	switch {
	case len(found) > 1:
		return x.settle(ctx, e, r, Exists, "", fmt.Sprintf("%d employees have this address in BambooHR", len(found)))
	case r.Attempts > 0 && f.nameKey == r.nameKey():
		return x.settle(ctx, e, r, Created, f.id, "")
	}
	return x.settle(ctx, e, r, Exists, f.id, f.name+" has this address in BambooHR")
}

// nameKey is the compare form of the name that is sent.
func (r *Row) nameKey() string {
	name := map[directory.Field]string{}
	for _, f := range r.Fields {
		name[f.Field] = f.Value
	}
	return directory.NameKey(name[directory.FirstName] + " " + name[directory.LastName])
}

// failed sorts out a creation that BambooHR did not confirm.
func (x *Exporter) failed(ctx context.Context, e *Export, r *Row, err error) error {
	switch {
	case errors.Is(err, bamboohr.ErrUnsure):
		// It may have been carried out: look, and send nothing again in this process.
		found, lookErr := x.find(ctx, r.Email)
		if lookErr == nil && len(found) > 0 {
			return x.settleFound(ctx, e, r, found)
		}
		return errors.Join(err, lookErr)
	case errors.Is(err, bamboohr.ErrConflict):
		found, lookErr := x.find(ctx, r.Email)
		if lookErr != nil {
			return errors.Join(x.settle(ctx, e, r, Planned, "", ""), err, lookErr)
		}
		if len(found) > 0 {
			return x.settleFound(ctx, e, r, found)
		}
		return x.settle(ctx, e, r, Refused, "", words(err))
	case errors.Is(err, bamboohr.ErrRejected):
		return x.settle(ctx, e, r, Refused, "", words(err))
	}
	// Surely not carried out, and not about this person: the next one would fare no better.
	return errors.Join(err, x.settle(context.WithoutCancel(ctx), e, r, Planned, "", ""))
}

// words are BambooHR's own words of a refusal, else what kind of refusal it is.
func words(err error) string {
	if b, ok := errors.AsType[*bamboohr.Error](err); ok {
		return strings.TrimSuffix(fmt.Sprintf("BambooHR said no (%d): %s", b.Status, b.Message), ": ")
	}
	return err.Error()
}

func (x *Exporter) settle(ctx context.Context, e *Export, r *Row, to State, employeeID, detail string) error {
	r.State, r.EmployeeID, r.Detail = to, employeeID, detail
	if to == Planned {
		r.Attempts-- // it surely never came to anything
	}
	return x.Journal.SettleRow(ctx, *e, *r, x.Actor, x.Now())
}
