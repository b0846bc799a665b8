package exporter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/directory"
)

// reportingLines writes who reports to whom, once everybody is there. Unlike a creation it may be
// repeated without harm. It is written apart because no recording shows in which form BambooHR takes a
// manager (we send the internal id): a refusal then costs a reporting line, not a person, and each line
// is read back (bamboohr-api §2.10).
func (x *Exporter) reportingLines(ctx context.Context, e *Export) error {
	managers, err := x.managers(ctx, e)
	if err != nil {
		return err
	}
	for i := range e.Rows {
		r := &e.Rows[i]
		if r.State != Created || r.LineDone {
			continue
		}
		why, err := x.reportingLine(ctx, r, managers[r.ManagerID])
		if err != nil {
			return fmt.Errorf("write the reporting line of %s (employee:%s): %w", r.Name, r.EmployeeID, err)
		}
		r.LineDone, r.Detail = true, why
		if err := x.Journal.SettleRow(ctx, *e, *r, x.Actor, x.Now()); err != nil {
			return err
		}
	}
	return nil
}

// managers finds the employees behind the managing people: by their link, by the link that the next sync
// makes, else by their address.
func (x *Exporter) managers(ctx context.Context, e *Export) (map[string]string, error) {
	decisions, err := x.People.Decisions(ctx, x.Connection)
	if err != nil {
		return nil, fmt.Errorf("read the decisions: %w", err)
	}
	out := map[string]string{}
	for _, d := range decisions {
		if d.Kind == directory.DecideLink {
			out[d.PersonID] = strconv.FormatInt(d.SourceID, 10)
		}
	}
	var ids []string
	for i := range e.Rows {
		if r := &e.Rows[i]; r.State == Created && !r.LineDone && !slices.Contains(ids, r.ManagerID) {
			ids = append(ids, r.ManagerID)
		}
	}
	people, err := x.People.PersonsByID(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the managers: %w", err)
	}
	for i := range people {
		p := &people[i]
		if p.Link != nil && p.Link.Connection == x.Connection {
			out[p.ID] = p.Link.SourceID
		}
		if out[p.ID] != "" || p.Values.Get(directory.Email) == "" {
			continue
		}
		found, err := x.find(ctx, p.Values.Get(directory.Email))
		if err != nil {
			return nil, err
		}
		if len(found) == 1 {
			out[p.ID] = found[0].id
		}
	}
	return out, nil
}

// reportingLine writes one line and reads it back; why says what is missing.
func (x *Exporter) reportingLine(ctx context.Context, r *Row, manager string) (why string, err error) {
	if manager == "" {
		return "created without a reporting line: the manager is not in BambooHR", nil
	}
	err = x.BambooHR.UpdateEmployee(ctx, r.EmployeeID, map[string]any{"reportsTo": manager})
	switch {
	case errors.Is(err, bamboohr.ErrUnsure):
		return "", err
	case errors.Is(err, bamboohr.ErrConflict), errors.Is(err, bamboohr.ErrRejected), errors.Is(err, bamboohr.ErrForbidden), errors.Is(err, bamboohr.ErrNotFound):
		return fmt.Sprintf("created without a reporting line to employee:%s: %s", manager, words(err)), nil
	case err != nil:
		return "", err
	}
	back, err := x.BambooHR.Employee(ctx, r.EmployeeID, []string{"supervisorEId"}, false)
	if err != nil {
		return "", err
	}
	if got := back.Text("supervisorEId"); got != manager {
		return fmt.Sprintf("the reporting line to employee:%s was sent and cannot be seen in BambooHR; look there", manager), nil
	}
	return "", nil
}
