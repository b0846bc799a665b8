package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// terminalLimit is how many changes a plan shows on a terminal unless --limit says otherwise.
const terminalLimit = 200

type planCmd struct {
	AsOf   string `name:"as-of" placeholder:"DATE" help:"Show the end of a future day (YYYY-MM-DD); such a plan can never be applied."`
	Person string `placeholder:"WHO" help:"Plan one person only."`
	Thawed bool   `name:"without-freezes" help:"Show what would change if every freeze ended now; such a plan can never be applied."`
	Limit  int    `placeholder:"N" default:"-1" help:"Show at most N changes and N held; 0 shows all. Default 200 on a terminal, else all."`
	settings
	rowsOutput
}

// Run exits with 0 nothing to do, 2 changes, 3 something waits or is refused.
func (c *planCmd) Run(a *app) (err error) {
	defer a.roomy()()
	x, err := a.openToRead(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	opt, err := c.options(a, x)
	if err != nil {
		return err
	}
	if err := a.notePause(x); err != nil {
		return err
	}
	info, run, err := x.Preview(a.ctx, opt)
	if err != nil {
		return problem.OfRun(run, err)
	}
	if err := a.printPlan(x, info, c.Output, c.limit(a)); err != nil {
		return err
	}
	return planCode(info.Header.Verdict)
}

func (c *planCmd) limit(a *app) int {
	switch {
	case c.Limit >= 0:
		return c.Limit
	case a.outTerminal:
		return terminalLimit
	}
	return 0
}

func planCode(v plan.Verdict) error {
	switch v {
	case plan.NothingToDo:
		return nil
	case plan.Applies:
		return codeChanges
	}
	return codeWaiting
}

func (c *planCmd) options(a *app, x *session) (syncrun.PreviewOptions, error) {
	opt := syncrun.PreviewOptions{Trigger: syncrun.TriggerManual, Person: c.Person, WithoutFreezes: c.Thawed}
	if c.AsOf != "" {
		end, err := x.FutureDay(c.AsOf)
		if err != nil {
			return opt, problem.Usage("--as-of %w", err)
		}
		opt.AsOf, opt.AsOfDay = &end, c.AsOf
	}
	if c.Person == "" {
		return opt, nil
	}
	id, err := employeeOf(a, x, c.Person)
	opt.Only, opt.Trigger = []int64{id}, syncrun.TriggerPerson
	return opt, err
}

// employeeOf finds the employee that a WHO means, also one whom no plan has seen yet.
func employeeOf(a *app, x *session, who string) (int64, error) {
	s, err := x.people.Find(a.ctx, who)
	if number, ok := strings.CutPrefix(who, "employee:"); ok && err != nil {
		if id, bad := strconv.ParseInt(number, 10, 64); bad == nil && id > 0 {
			return id, nil
		}
	}
	if err != nil {
		return 0, newcomer(err)
	}
	if s.SourceID == 0 {
		return 0, fmt.Errorf("%s is not linked to an employee of %s, so there is nothing to plan", s.Name, x.Policy.Name)
	}
	return s.SourceID, nil
}

// newcomer says of somebody unknown how they would become known; any other error stays as it is.
func newcomer(err error) error {
	if nobody, ok := errors.AsType[*people.NobodyError](err); ok {
		if strings.HasPrefix(nobody.Who, "number:") {
			return fmt.Errorf("%w; a number is known of people in the directory only", nobody)
		}
		return fmt.Errorf("%w; somebody new to BambooHR is known after a whole plan", nobody)
	}
	return err
}
