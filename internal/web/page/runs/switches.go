package runs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
)

// switchWord is how a line of the history calls what somebody did to the automatic runs of a connection.
type switchWord struct{ event, text string }

// switchWords lists the audit events that stand between the runs (promise SI46).
func switchWords() []switchWord {
	return []switchWord{{"connection_paused", "Paused"}, {"connection_resumed", "Resumed"}, {"connection_enabled", "Switched on"}, {"connection_disabled", "Switched off"},
		{"add_freeze", "Fields frozen"}, {"end_freeze", "Freeze ended"}}
}

// mostSwitches is how many events of one kind a page of the history shows.
const mostSwitches = 50

// withSwitches puts who paused, resumed, switched or froze between the runs of a page: from the oldest run on it,
// where older ones follow, to before, the oldest of the page above, zero for the first page.
func (p *pages) withSwitches(ctx context.Context, rows []runRow, connectionID string, names map[string]string, older bool, before time.Time) ([]runRow, error) {
	q := view.AuditQuery{Subject: connectionID, To: before, Limit: mostSwitches}
	if older && len(rows) > 0 {
		q.From = rows[len(rows)-1].At
	}
	var found []view.AuditRecord
	words := map[string]string{}
	var ids []string
	for _, w := range switchWords() {
		words[w.event], q.Event = w.text, w.event
		page, err := p.Views.Audit(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			if _, known := names[e.Subject]; known {
				found, ids = append(found, e), append(ids, e.Actor)
			}
		}
	}
	actors, err := p.actors(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, e := range found {
		rows = append(rows, runRow{Connection: e.Subject, Name: names[e.Subject], At: e.At, Actor: actors[e.Actor], Switch: words[e.Event], Problem: sentence(e.Detail), Until: connection.PauseEnd(e.Event, e.After)})
	}
	slices.SortStableFunc(rows, func(a, b runRow) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Switch, a.Switch)) })
	return rows, nil
}
