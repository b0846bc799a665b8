package people

import (
	"context"
	"errors"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
)

// stand tells above a page what keeps runs off a person: that automatic runs of their connection are paused, and its
// freezes, which it returns.
func (p *pages) stand(ctx context.Context, page *ui.Page, e *people.Editor, person *directory.Person) ([]directory.Freeze, error) {
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
	about := words.Standing{Whose: " of " + d.Name, Means: "What changes in BambooHR gets here when somebody starts a run.",
		Frozen: "frozen for everybody", Reason: sentence}
	page.Standing = ui.Standing(about.Obstacles(&d, freezes))
	return freezes, nil
}
