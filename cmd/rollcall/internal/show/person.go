package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan/explain"
)

// Explanation tells why somebody is as they are, step by step.
func Explanation(p *text.Page, e explain.Explanation) {
	status := "nobody in the directory"
	if e.Status != nil {
		status = string(*e.Status)
	}
	for i, line := range e.Lines() {
		if i > 0 {
			p.Linef("%s", line.Text)
			continue
		}
		p.Linef("%s  %s", p.Paint(text.Bold, line.Text), p.Paint(text.Dim, status))
	}
	if e.Fix != nil {
		p.Linef("What to do: %s", *e.Fix)
	}
	for _, s := range e.Steps {
		line := fmt.Sprintf("  %-9s %s", s.Step, s.Result)
		if s.Value != nil && *s.Value != "" && *s.Value != s.Result {
			line += " = " + *s.Value
		}
		line += ": " + s.Detail
		var tail []string
		for _, t := range []*string{s.From, s.RunID, s.Actor, s.At} {
			if t != nil && *t != "" {
				tail = append(tail, *t)
			}
		}
		if len(tail) > 0 {
			line += p.Paint(text.Dim, "  "+strings.Join(tail, ", "))
		}
		p.Linef("%s", line)
	}
}

// Title is the display name, or first and last name.
func Title(v *people.PersonView) string {
	if v.DisplayName != nil {
		return *v.DisplayName
	}
	var parts []string
	for _, s := range []*string{v.FirstName, v.LastName} {
		if s != nil {
			parts = append(parts, *s)
		}
	}
	return strings.Join(parts, " ")
}

// Person shows one person with every field; holds end in a zone.
func Person(p *text.Page, v *people.PersonView, zone *time.Location) {
	p.Linef("%s  %s", p.Paint(text.Bold, text.NameAndMail(Title(v), text.Dash(v.Email))), v.Status)
	origin := "not from BambooHR"
	if v.Source != nil {
		origin = fmt.Sprintf("employee:%s of %s", v.Source.EmployeeID, v.Source.Connection)
	}
	p.Linef("  id:%s, %s, %s", v.ID, v.Role, origin)
	rows := [][]string{}
	add := func(field string, value string) {
		rows = append(rows, []string{field, value, v.Authority[field]})
	}
	for _, f := range []struct {
		name  string
		value *string
	}{
		{"employee_id", v.EmployeeID}, {"email", v.Email}, {"first_name", v.FirstName}, {"last_name", v.LastName}, {"preferred_name", v.PreferredName},
		{"display_name", v.DisplayName}, {"job_title", v.JobTitle}, {"department", v.Department}, {"division", v.Division}, {"location", v.Location},
	} {
		add(f.name, text.Dash(f.value))
	}
	teams := strings.Join(v.Teams, ", ")
	add("teams", text.Dash(&teams))
	add("manager", text.Dash(v.ManagerEmail))
	for _, f := range []struct {
		name  string
		value *string
	}{
		{"phone", v.Phone}, {"gender", v.Gender}, {"birthday", v.Birthday}, {"hire_date", v.HireDate},
		{"original_hire_date", v.OriginalHireDate}, {"deactivation_date", v.DeactivationDate},
	} {
		add(f.name, text.Dash(f.value))
	}
	for _, name := range slices.Sorted(maps.Keys(v.Budgets)) {
		add("budgets."+name, v.Budgets[name].Amount+" "+v.Budgets[name].Currency)
	}
	for _, name := range slices.Sorted(maps.Keys(v.Custom)) {
		add("custom."+name, cell(v.Custom[name]))
	}
	p.Table([]string{"FIELD", "VALUE", "AUTHORITY"}, rows)
	for _, h := range v.Holds {
		p.Linef("%s", p.Paint(text.Yellow, "On hold: ")+Hold(h, zone))
	}
}

// HoldField is what a hold is on.
func HoldField(v people.HoldView) string {
	if v.Field == nil {
		return "the whole person"
	}
	return *v.Field
}

// HoldEnd is when a hold ends.
func HoldEnd(v people.HoldView, zone *time.Location) string {
	switch {
	case v.Agrees && v.Says == "":
		return "BambooHR has nothing there either"
	case v.Agrees:
		return "BambooHR says " + v.Says
	}
	return text.End(v.Until, zone, "removed")
}

// Hold is a hold on one line.
func Hold(v people.HoldView, zone *time.Location) string {
	return fmt.Sprintf("%s until %s: %s (%s, by %s)", HoldField(v), HoldEnd(v, zone), v.Reason, v.ID, v.CreatedBy)
}

func personRow(v *people.PersonView) []string {
	row := []string{v.ID, string(v.Status)}
	for i, s := range []*string{v.EmployeeID, v.Email, v.FirstName, v.LastName, v.PreferredName, v.DisplayName, v.JobTitle,
		v.Department, v.Division, v.Location, nil, v.ManagerEmail, v.Phone, v.Gender, v.Birthday, v.HireDate, v.OriginalHireDate, v.DeactivationDate} {
		switch {
		case i == 10:
			row = append(row, strings.Join(v.Teams, ","))
		case s == nil:
			row = append(row, "")
		default:
			row = append(row, *s)
		}
	}
	return row
}

func extraCells(v *people.PersonView, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		if own, ok := strings.CutPrefix(name, "budgets."); ok {
			if m, ok := v.Budgets[own]; ok {
				out[i] = m.Amount + " " + m.Currency
			}
			continue
		}
		out[i] = cell(v.Custom[strings.TrimPrefix(name, "custom.")])
	}
	return out
}

// cell writes a JSON value into a cell.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []string:
		return strings.Join(v, ",")
	}
	return fmt.Sprint(v)
}

// People gives people as rows, in the columns that "import people" reads.
func People(views []people.PersonView) (header []string, rows [][]string) {
	extra := map[string]bool{}
	for _, v := range views {
		for name := range v.Budgets {
			extra[string("budgets."+name)] = true
		}
		for name := range v.Custom {
			extra["custom."+name] = true
		}
	}
	more := slices.Sorted(maps.Keys(extra))
	header = append([]string{"id", "status", "employee_id", "email", "first_name", "last_name", "preferred_name", "display_name", "job_title",
		"department", "division", "location", "teams", "manager_email", "phone", "gender", "birthday", "hire_date", "original_hire_date", "deactivation_date"}, more...)
	for i := range views {
		rows = append(rows, append(personRow(&views[i]), extraCells(&views[i], more)...))
	}
	return header, rows
}
