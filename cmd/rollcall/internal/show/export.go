package show

import (
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/internal/exporter"
	"github.com/rollcall-hr/rollcall/plan/planjson"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// ExportView is an export as JSON.
type ExportView struct {
	ID         string          `json:"id"`
	Connection string          `json:"connection"`
	Company    string          `json:"company"`
	MadeAt     string          `json:"made_at"`
	Employees  int             `json:"employees"` // whom BambooHR showed
	Counts     map[string]int  `json:"counts"`    // people by state
	Creations  []creationView  `json:"creations"`
	Held       []planjson.Held `json:"held"`
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

// ViewExport shows an export of a connection.
func ViewExport(connection string, e *exporter.Export) ExportView {
	v := ExportView{ID: e.ID, Connection: connection, Company: e.Company, MadeAt: e.MadeAt.UTC().Format(time.RFC3339), Employees: e.Employees,
		Counts: map[string]int{}, Creations: []creationView{}, Held: []planjson.Held{}}
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
		v.Held = append(v.Held, planjson.OfHeld(&e.Held[i]))
	}
	return v
}

// Export shows what would be created and what is held.
func Export(p *text.Page, e *exporter.Export) {
	if len(e.Rows) == 0 {
		p.Linef("Nothing to create: everybody who could be is in BambooHR company %s already.", e.Company)
	} else {
		p.Linef("%s%s", p.Paint(text.Bold, fmt.Sprintf("Export of %s into BambooHR company %s", text.Count(len(e.Rows), "person", "people"), e.Company)),
			p.Paint(text.Dim, fmt.Sprintf("  %s, %s read %s", e.ID, text.Count(e.Employees, "employee", "employees"), text.Moment(e.MadeAt))))
	}
	for _, r := range e.Rows {
		exportRow(p, &r)
		if !r.State.Open() {
			continue
		}
		for _, f := range r.Fields {
			p.Linef("    %s: %s", f.Alias, f.Value)
		}
		if r.Manager != "" {
			p.Linef("    reportsTo: %s", r.Manager)
		}
	}
	held := newHeld()
	for _, h := range e.Held {
		if h.Trace.Fix != "" {
			h.Detail += "; " + h.Trace.Fix
		}
		held.add(&h, 0)
	}
	held.print(p, 0)
}

// Exported shows what became of each person.
func Exported(p *text.Page, e *exporter.Export) {
	p.Linef("%s  %s", p.Paint(text.Bold, fmt.Sprintf("Created %s in BambooHR company %s", text.Count(e.Count(exporter.Created), "employee", "employees"), e.Company)), p.Paint(text.Dim, e.ID))
	for i := range e.Rows {
		exportRow(p, &e.Rows[i])
	}
	if e.Count(exporter.Created) > 0 {
		p.Linef("The next \"rollcall sync\" links them; \"rollcall plan\" shows what it changes.")
	}
}

func exportRow(p *text.Page, r *exporter.Row) {
	sign, colour := "!", text.Yellow
	switch r.State {
	case exporter.Planned:
		sign, colour = "+ create", text.Green
	case exporter.Created:
		sign, colour = "+ created", text.Green
	default:
		sign = "! " + strings.ReplaceAll(string(r.State), "_", " ")
	}
	line := p.Paint(colour, sign+" "+text.NameAndMail(r.Name, r.Email))
	if r.EmployeeID != "" {
		line += " employee:" + r.EmployeeID
	}
	if r.Detail != "" {
		line += ": " + r.Detail
	}
	p.Linef("%s", line)
}
