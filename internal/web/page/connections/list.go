package connections

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// listPage is every connection with its standing.
type listPage struct {
	Rows      []listRow
	Waiting   templ.Component // what waits for somebody; nil: nothing
	Configure bool
}

type listRow struct {
	connection.Summary
	Standing []standing
	Preset   string
	Seats    int // billable: its active people (promise AY14)
	Zone     *time.Location
	PausedBy string
	Operate  bool
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Connections.List(r.Context())
	if err != nil {
		return err
	}
	page := listPage{Configure: may(r.Context(), account.Configure)}
	if p.Waiting != nil {
		if page.Waiting, err = p.Waiting(r); err != nil {
			return err
		}
	}
	var actors []string
	for i := range all {
		if all[i].Pause != nil {
			actors = append(actors, all[i].Pause.By)
		}
	}
	names, err := p.Actors(r.Context(), actors...)
	if err != nil {
		return err
	}
	for _, s := range all {
		row := listRow{Summary: s, Standing: standingsOf(&s), Preset: presetTitle(s.Preset), Zone: screen.Zone(s.TimeZone), Operate: runnable(r.Context(), &s)}
		if s.Pause != nil {
			row.PausedBy = screen.Who(s.Pause.By, names)
		}
		if row.Seats, err = p.Views.CountPeople(r.Context(), view.PeopleQuery{Connection: s.ID, Status: directory.Active, Now: p.Now()}); err != nil {
			return err
		}
		page.Rows = append(page.Rows, row)
	}
	return ui.Render(w, r, http.StatusOK, list(page))
}

// runnable tells whether the viewer may start a run of a connection by hand.
func runnable(ctx context.Context, s *connection.Summary) bool {
	return may(ctx, account.Operate) && s.State != connection.Draft && s.Origin != connection.FromCLI && !s.Absent
}

// setupLink is where a set-up that was left goes on.
func setupLink(s connection.Summary) templ.SafeURL {
	if s.Key == nil {
		return screen.Link(s.ID, "configuration")
	}
	return screen.Link(s.ID, "mapping") + "?setup=1"
}
