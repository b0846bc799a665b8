package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type personCmd struct {
	Show       personShow       `cmd:"" help:"Show a person."`
	Add        personAdd        `cmd:"" help:"Add a person who does not come from BambooHR."`
	Edit       personEdit       `cmd:"" help:"Change fields by hand; locked fields are refused, overwritten ones warned of."`
	Deactivate personDeactivate `cmd:"" help:"End somebody's access by hand; it sticks."`
	Reactivate personReactivate `cmd:"" help:"Return somebody to the state before the deactivation."`
	Invite     personInvite     `cmd:"" help:"Make a provisioned person active."`
}

// who is the argument that names somebody.
type who struct {
	Who string `arg:"" name:"WHO" help:"E-mail, id:PERSON, employee:BAMBOOHR_ID, number:EMPLOYEE_NUMBER, else an exact name."`
}

// sets is the flag for field values.
type sets struct {
	Set map[string]string `placeholder:"FIELD=VALUE" mapsep:"none" help:"Set a field; an empty value clears it. Repeat for more."`
}

func (s *sets) fields() map[directory.Field]string {
	out := map[directory.Field]string{}
	for name, text := range s.Set {
		out[directory.Field(name)] = text
	}
	return out
}

type personShow struct {
	who
	settings
	output
}

// Run shows one person.
func (c *personShow) Run(a *app) error {
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (syncrun.EditResult, error) {
		p, err := x.FindPerson(ctx, c.Who)
		return syncrun.EditResult{Person: p}, err
	})
}

type personAdd struct {
	Email string `arg:"" name:"EMAIL" help:"Work e-mail of the new person."`
	sets
	settings
	output
}

// Run creates a person.
func (c *personAdd) Run(a *app) error {
	if !strings.Contains(c.Email, "@") {
		return badInput("%q is no e-mail address; a new person needs one", c.Email)
	}
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (syncrun.EditResult, error) {
		return x.Add(ctx, c.Email, c.fields())
	})
}

type personEdit struct {
	who
	sets
	settings
	output
}

// Run edits a person.
func (c *personEdit) Run(a *app) error {
	if len(c.Set) == 0 {
		return badInput("nothing to change; give --set FIELD=VALUE")
	}
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (syncrun.EditResult, error) {
		return x.Edit(ctx, c.Who, c.fields())
	})
}

type personDeactivate struct {
	who
	settings
	output
}

// Run deactivates a person.
func (c *personDeactivate) Run(a *app) error {
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (syncrun.EditResult, error) { return x.Deactivate(ctx, c.Who) })
}

type personReactivate struct {
	who
	settings
	output
}

// Run reactivates a person.
func (c *personReactivate) Run(a *app) error {
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (syncrun.EditResult, error) { return x.Reactivate(ctx, c.Who) })
}

type personInvite struct {
	who
	settings
	output
}

// Run invites a person.
func (c *personInvite) Run(a *app) error {
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (syncrun.EditResult, error) { return x.Invite(ctx, c.Who) })
}

// withPerson does something to a person and shows the person afterwards; warnings go to stderr.
func (a *app) withPerson(s *settings, format string, do func(context.Context, *session) (syncrun.EditResult, error)) (err error) {
	x, err := a.open(s)
	if err != nil {
		return err
	}
	defer x.done(&err)
	res, err := do(a.ctx, x)
	if err != nil {
		return err
	}
	for _, w := range res.Warnings {
		a.note("rollcall: %s", w)
	}
	v, err := x.views(a, []directory.Person{res.Person})
	if err != nil {
		return err
	}
	return a.print(format, v[0], func(p *page) { printPerson(p, &v[0]) })
}

// personTitle is the display name, or first and last name.
func personTitle(v *syncrun.PersonView) string {
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

func printPerson(p *page, v *syncrun.PersonView) {
	p.linef("%s  %s", p.paint(bold, nameAndMail(personTitle(v), dash(v.Email))), v.Status)
	origin := "not from BambooHR"
	if v.Source != nil {
		origin = fmt.Sprintf("employee:%s of %s", v.Source.EmployeeID, v.Source.Connection)
	}
	p.linef("  id:%s, %s, %s", v.ID, v.Role, origin)
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
		add(f.name, dash(f.value))
	}
	teams := strings.Join(v.Teams, ", ")
	add("teams", dash(&teams))
	add("manager", dash(v.ManagerEmail))
	for _, f := range []struct {
		name  string
		value *string
	}{
		{"phone", v.Phone}, {"gender", v.Gender}, {"birthday", v.Birthday}, {"hire_date", v.HireDate},
		{"original_hire_date", v.OriginalHireDate}, {"deactivation_date", v.DeactivationDate},
	} {
		add(f.name, dash(f.value))
	}
	for _, name := range slices.Sorted(maps.Keys(v.Budgets)) {
		add("budgets."+name, v.Budgets[name].Amount+" "+v.Budgets[name].Currency)
	}
	for _, name := range slices.Sorted(maps.Keys(v.Custom)) {
		add("custom."+name, cell(v.Custom[name]))
	}
	p.table([]string{"FIELD", "VALUE", "AUTHORITY"}, rows)
	for _, h := range v.Holds {
		p.linef("%s", p.paint(yellow, "On hold: ")+holdLine(h))
	}
}
