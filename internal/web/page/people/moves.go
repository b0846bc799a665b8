package people

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
)

// move is a change of status by hand.
type move int

const (
	invitation move = iota
	deactivation
	reactivation
)

// dialogOf words what a change of status does.
func (m move) dialogOf(e *people.Editor, person *directory.Person, self bool) *ui.Question {
	name, home := words.Name(person), personPath(person.ID)
	d := &ui.Question{Back: home}
	d.Page = ui.Page{Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}, {Text: name, Href: home}}}
	switch m {
	case invitation:
		d.Title, d.Action, d.Submit, d.Icon = "Invite "+name+"?", home+"/invite", "Invite", "mail"
		d.Text = []string{"They become active: they can sign in from now on, and take a seat.",
			"No mail is sent. Make a password link for them in Settings, Roles, unless they sign in with your identity provider."}
	case deactivation:
		d.Title, d.Action, d.Submit, d.Icon, d.Danger = "Deactivate "+name+"?", home+"/deactivate", "Deactivate", "user-off", true
		d.Text = []string{"They are signed out everywhere at once and cannot sign in again. Their API tokens and unused password links end. The record is kept.",
			"It sticks: no run reactivates them. It ends when somebody reactivates them here."}
		if person.Link != nil && e.Policy.Lifecycle.ManualDeactivation == policy.ManualOverwrite {
			d.Text[1] = "It may not last: the settings of " + e.Policy.Name + " let a run reactivate whoever is still in BambooHR. Put a hold on them too."
		}
		if self {
			d.Text = append(d.Text, "This is your own account. You are signed out at once, and somebody else has to let you in again.")
		}
	case reactivation:
		to := "provisioned: they cannot sign in until you invite them"
		if person.PreviousStatus == directory.Active {
			to = "active again: they can sign in, and take a seat"
		}
		d.Title, d.Action, d.Submit, d.Icon = "Reactivate "+name+"?", home+"/reactivate", "Reactivate", "user-check"
		d.Text = []string{"They become " + to + "."}
		if person.Link != nil {
			d.Text = append(d.Text, "When BambooHR still says that they left, the next run deactivates them again. Put a hold on them to keep them.")
		}
	}
	return d
}

// ask shows what a change of status does, before it is done.
func (p *pages) ask(m move) gate.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		person, e, err := p.subordinate(r)
		if err != nil {
			return err
		}
		return ui.Render(w, r, http.StatusOK, ui.Ask(m.dialogOf(e, &person, person.ID == viewer(r).PersonID)))
	}
}

// take changes somebody's status (promises AY13, AY14; contradiction C28).
func (p *pages) take(m move) gate.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		person, e, err := p.subordinate(r)
		if err != nil {
			return err
		}
		do, said := e.Invite, " is active now and takes a seat."
		switch m {
		case deactivation:
			do, said = e.Deactivate, " is deactivated."
			err = p.Accounts.KeepsOwner(r.Context(), person.ID)
		case reactivation:
			do, said = e.Reactivate, " is back."
		}
		var res people.EditResult
		if err == nil {
			res, err = do(r.Context(), "id:"+person.ID)
		}
		if err != nil {
			wrong, ok := refusal(err)
			if errors.Is(err, account.ErrLastOwner) {
				wrong, ok = ui.Errors{"": sentence(account.ErrLastOwner.Error())}, true
			}
			if !ok {
				return err
			}
			d := m.dialogOf(e, &person, person.ID == viewer(r).PersonID)
			d.Errors = wrong
			return ui.Render(w, r, http.StatusUnprocessableEntity, ui.Ask(d))
		}
		text := words.Name(&res.Person) + said
		if len(res.Warnings) > 0 {
			text = sentence(strings.Join(res.Warnings, "; "))
		}
		return p.done(w, r, personPath(person.ID), text)
	}
}
