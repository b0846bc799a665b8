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
	e, err := p.Connections.Editor(ctx, "", connectionID)
	if err != nil {
		return nil, err
	}
	return e.Freezes(ctx)
}

// obstacles says that automatic runs of a connection are paused, and which freezes are on.
func (p *pages) obstacles(ctx context.Context, d *connection.Detail) ([]ui.Obstacle, error) {
	all, err := p.freezes(ctx, d.ID)
	about := words.Standing{Means: "What somebody applies by hand is applied all the same.", Frozen: "frozen", Reason: sentence}
	return about.Obstacles(d, all), err
}

// stand puts the obstacles of a connection above a page.
func (p *pages) stand(ctx context.Context, page *ui.Page, d *connection.Detail) error {
	list, err := p.obstacles(ctx, d)
	page.Standing = ui.Standing(list)
	return err
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
