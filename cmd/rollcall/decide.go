package main

import (
	"fmt"
	"strconv"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
)

type decideCmd struct {
	who
	Link   string `placeholder:"PERSON" xor:"decision" help:"Link the employee to this person (a WHO)."`
	New    bool   `xor:"decision" help:"Create a new person for the employee."`
	Ignore bool   `xor:"decision" help:"Leave the employee out."`
	settings
	output
}

type decisionView struct {
	SourceID string  `json:"source_id"`
	Decision string  `json:"decision"`
	PersonID *string `json:"person_id"`
}

// Run settles a held match; the next run acts on it.
func (c *decideCmd) Run(a *app) (err error) {
	kind := directory.DecisionKind("")
	switch {
	case c.Link != "":
		kind = directory.DecideLink
	case c.New:
		kind = directory.DecideNew
	case c.Ignore:
		kind = directory.DecideIgnore
	default:
		return problem.Usage("say how to decide: --link PERSON, --new or --ignore")
	}
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	d, err := x.people.Decide(a.ctx, c.Who, kind, c.Link)
	if err != nil {
		return err
	}
	v := decisionView{SourceID: strconv.FormatInt(d.SourceID, 10), Decision: string(d.Kind)}
	what := map[directory.DecisionKind]string{
		directory.DecideLink:   fmt.Sprintf("will be linked to id:%s", d.PersonID),
		directory.DecideNew:    "will be created as a new person",
		directory.DecideIgnore: "will be left out",
	}[kind]
	if d.PersonID != "" {
		v.PersonID = &d.PersonID
	}
	return a.print(c.Output, v, func(p *text.Page) { p.Linef("employee:%s %s by the next run.", v.SourceID, what) })
}
