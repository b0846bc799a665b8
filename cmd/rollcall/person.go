package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type personCmd struct {
	Show       personShow       `cmd:"" help:"Show a person." example:"rollcall person show employee:12"`
	Add        personAdd        `cmd:"" help:"Add a person who does not come from BambooHR." example:"rollcall person add zoe@acme.test --set first_name=Zoe --set last_name=Ng"`
	Edit       personEdit       `cmd:"" help:"Change fields by hand; locked fields are refused, overwritten ones warned of." example:"rollcall person edit ann@acme.test --set location=Utrecht"`
	Deactivate personDeactivate `cmd:"" help:"End somebody's access by hand; it sticks." example:"rollcall person deactivate ann@acme.test"`
	Reactivate personReactivate `cmd:"" help:"Return somebody to the state before the deactivation." example:"rollcall person reactivate ann@acme.test"`
	Invite     personInvite     `cmd:"" help:"Make a provisioned person active." example:"rollcall person invite ann@acme.test"`
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
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (people.EditResult, error) {
		p, err := x.people.FindPerson(ctx, c.Who)
		return people.EditResult{Person: p}, err
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
		return problem.Usage("%q is no e-mail address; a new person needs one", c.Email)
	}
	if again, twice := c.Set["email"]; twice {
		return problem.Usage("two addresses are given, %s and %s; leave --set email out", c.Email, again)
	}
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (people.EditResult, error) {
		return x.people.Add(ctx, c.Email, c.fields())
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
		return problem.Usage("nothing to change; give --set FIELD=VALUE")
	}
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (people.EditResult, error) {
		return x.people.Edit(ctx, c.Who, c.fields())
	})
}

type personDeactivate struct {
	who
	settings
	output
}

// Run deactivates a person.
func (c *personDeactivate) Run(a *app) error {
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (people.EditResult, error) {
		return x.people.Deactivate(ctx, c.Who)
	})
}

type personReactivate struct {
	who
	settings
	output
}

// Run reactivates a person.
func (c *personReactivate) Run(a *app) error {
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (people.EditResult, error) {
		return x.people.Reactivate(ctx, c.Who)
	})
}

type personInvite struct {
	who
	settings
	output
}

// Run invites a person.
func (c *personInvite) Run(a *app) error {
	return a.withPerson(&c.settings, c.Output, func(ctx context.Context, x *session) (people.EditResult, error) { return x.people.Invite(ctx, c.Who) })
}

// whose names the person whom a value belongs to already; any other error stays as it is.
func (x *session) whose(ctx context.Context, err error) error {
	taken, ok := errors.AsType[*syncrun.ConflictError](err)
	if !ok {
		return err
	}
	owner, missing := x.people.Find(ctx, "id:"+taken.Owner)
	if missing != nil {
		return err
	}
	return problem.Coded("conflict", fmt.Errorf("%s %q belongs to %s already (id:%s); nothing was changed", taken.Field, taken.Value, strings.TrimSpace(owner.Name), taken.Owner))
}

// withPerson does something to a person and shows the person afterwards; warnings go to stderr.
func (a *app) withPerson(s *settings, format string, do func(context.Context, *session) (people.EditResult, error)) (err error) {
	x, err := a.open(s)
	if err != nil {
		return err
	}
	defer x.done(&err)
	res, err := do(a.ctx, x)
	if err != nil {
		return x.whose(a.ctx, err)
	}
	for _, w := range res.Warnings {
		a.note("rollcall: %s", w)
	}
	v, err := x.views(a, []directory.Person{res.Person})
	if err != nil {
		return err
	}
	return a.print(format, v[0], func(p *text.Page) { show.Person(p, &v[0], x.Policy.Zones().Connection()) })
}
