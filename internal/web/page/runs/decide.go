package runs

import (
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

var rowID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^row-[0-9]+$`) })

// decide settles a held match, and comes back to the held entry.
func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Views.PlanSummary(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	kind, person := directory.DecisionKind(r.FormValue("decision")), ""
	done := "Decided: a new person. Make a new preview to see it."
	switch kind {
	case directory.DecideLink:
		person, done = "id:"+r.FormValue("person"), "Decided: the employee will be linked. Make a new preview to see it."
	case directory.DecideIgnore:
		done = "Decided: the employee is left out. Make a new preview to see it."
	case directory.DecideNew:
	default:
		return &gate.InputError{Field: "decision", Text: "choose link, new or ignore"}
	}
	who := r.FormValue("who")
	if !strings.HasPrefix(who, "employee:") {
		return &gate.InputError{Field: "who", Text: "name the employee as employee:ID"}
	}
	e, err := p.Connections.Editor(r.Context(), viewer(r).Actor(), s.Info.Connection)
	if err != nil {
		return err
	}
	if kind == directory.DecideLink { // who links an account to an employee decides what its address becomes
		p, err := e.Store.Person(r.Context(), r.FormValue("person"))
		if err == nil && !viewer(r).MayReach(p.ID, p.Role) {
			err = account.ErrForbidden
		}
		if err != nil {
			return err
		}
	}
	if _, err := e.Decide(r.Context(), who, kind, person); err != nil {
		return refusedDecision(err)
	}
	p.Gate.Flash(w, done)
	target := gate.Next(r.FormValue("back"))
	if target == "/" {
		target = "/plans/" + s.Info.ID + "?part=held"
	}
	if id := r.FormValue("row"); rowID().MatchString(id) {
		target += "#" + id
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// refusedDecision words the one refusal that has no type of its own: the person has an employee already.
func refusedDecision(err error) error {
	if strings.HasSuffix(err.Error(), "one person has one employee") {
		return &gate.InputError{Field: "person", Text: err.Error()}
	}
	return err
}
