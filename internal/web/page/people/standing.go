package people

import (
	"context"
	"errors"
	"net/url"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// stand tells above a page what keeps runs off a person: that automatic runs of their connection are paused, and its
// freezes, which it returns.
func (p *pages) stand(ctx context.Context, page *ui.Page, e *syncrun.Engine, person *directory.Person) ([]directory.Freeze, error) {
	if person.Link == nil {
		return nil, nil
	}
	d, err := p.Connections.Get(ctx, person.Link.Connection)
	if errors.Is(err, directory.ErrNotFound) { // deleted meanwhile
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	freezes, err := e.Freezes(ctx)
	if err != nil {
		return nil, err
	}
	var list []ui.Obstacle
	zone, home := d.Settings.Zones().Connection(), "/connections/"+url.PathEscape(d.ID)
	if d.Pause != nil {
		list = append(list, ui.Obstacle{What: "Automatic runs of " + d.Name + " are paused", Until: d.Pause.Until, Zone: zone, Open: "somebody resumes them",
			Means: "What changes in BambooHR gets here when somebody starts a run.", Reason: sentence(d.Pause.Reason), Href: home, Link: "Who paused them"})
	}
	for i := range freezes {
		f := &freezes[i]
		list = append(list, ui.Obstacle{What: words.Fields(f.What) + ": frozen for everybody", Until: f.Until, Zone: zone, Open: "somebody ends it",
			Reason: sentence(f.Reason), Href: home + "/freezes/" + url.PathEscape(f.ID), Link: "What waits"})
	}
	page.Standing = ui.Standing(list)
	return freezes, nil
}
