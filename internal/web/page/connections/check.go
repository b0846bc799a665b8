package connections

import (
	"fmt"
	"net/http"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
)

// checkPage is the permission doctor: what the key can read, field by field, and how to give it more.
type checkPage struct {
	connection.Detail
	Guide guide
	Run   bool // the viewer may run it
}

func (p *pages) check(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	recipe, err := p.Connections.Recipe(r.Context(), d.ID, nil)
	if err != nil {
		return err
	}
	page := checkPage{Detail: d, Guide: guide{Preset: presetTitle(d.Preset), Parts: guideParts(recipe), Fields: policy.SourceFields(d.Settings)}}
	page.Run = mayCheck(r, &d)
	return ui.Render(w, r, http.StatusOK, check(page))
}

func (p *pages) runCheck(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	result, err := p.Connections.Check(r.Context(), screen.Actor(r), d.ID)
	if err != nil {
		return err
	}
	if result.Error != "" {
		return p.NotDone(w, r, screen.Path(d.ID, "check"), "Checked: BambooHR could not be read.")
	}
	return p.Done(w, r, screen.Path(d.ID, "check"), fmt.Sprintf("Checked: this key sees %s.", ui.Count(result.Report.Employees.Total, "employee", "employees")))
}

// mayCheck tells whether the viewer may run the check: also where the settings come from the operator's file.
func mayCheck(r *http.Request, d *connection.Detail) bool {
	return may(r.Context(), account.Configure) && d.Origin != connection.FromCLI && !d.Absent
}
