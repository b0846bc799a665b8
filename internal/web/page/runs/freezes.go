package runs

import (
	"context"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
)

// freezes are the freezes in force of a plan's connection.
func (p *pages) freezes(ctx context.Context, connectionID string) ([]directory.Freeze, error) {
	e, err := p.Connections.Engine(ctx, "", connectionID)
	if err != nil {
		return nil, err
	}
	return e.Freezes(ctx)
}

// obstacles says that automatic runs of a connection are paused, and which freezes are on.
func (p *pages) obstacles(ctx context.Context, d *connection.Detail) ([]ui.Obstacle, error) {
	all, err := p.freezes(ctx, d.ID)
	var out []ui.Obstacle
	zone := d.Settings.Zones().Connection()
	if d.Pause != nil {
		out = append(out, ui.Obstacle{What: "Automatic runs are paused", Until: d.Pause.Until, Zone: zone, Open: "somebody resumes them",
			Means: "What somebody applies by hand is applied all the same.", Reason: sentence(d.Pause.Reason), Href: "/connections/" + d.ID, Link: "Who paused them"})
	}
	for i := range all {
		f := &all[i]
		out = append(out, ui.Obstacle{What: words.Fields(f.What) + ": frozen", Until: f.Until, Zone: zone, Open: "somebody ends it",
			Reason: sentence(f.Reason), Href: freezeAddress(d, f.ID), Link: "What waits"})
	}
	return out, err
}

// stand puts the obstacles of a connection above a page.
func (p *pages) stand(ctx context.Context, page *ui.Page, d *connection.Detail) error {
	list, err := p.obstacles(ctx, d)
	page.Standing = ui.Standing(list)
	return err
}

func freezeAddress(d *connection.Detail, id string) string {
	return "/connections/" + d.ID + "/freezes/" + id
}

// frozenSince tells a plan that knows nothing of a freeze in force, because it came later; "" for none.
func (p *pages) frozenSince(ctx context.Context, connectionID string, h *plan.Header) (string, error) {
	all, err := p.freezes(ctx, connectionID)
	for _, f := range all {
		if !slices.Contains(h.Freezes, f.ID) {
			return "This plan is stale: " + words.InSentence(words.Fields(f.What)) + " was frozen since it was made.", nil
		}
	}
	return "", err
}

// frozenRows shows the value now and the one that waits.
func frozenRows(f *plan.Frozen) []fieldRow {
	if f == nil {
		return nil
	}
	return fieldRows(&plan.Change{Fields: []plan.FieldChange{f.Change}})
}
