package connections

import (
	"context"

	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Views is what these pages read.
type Views interface {
	screen.Names
	CountPeople(ctx context.Context, q view.PeopleQuery) (int, error)
	People(ctx context.Context, q view.PeopleQuery) (view.Page[view.PersonRow], error)
	Runs(ctx context.Context, q view.RunQuery) (view.Page[syncrun.Run], error)
	Effects(ctx context.Context, q view.EffectQuery) (view.Page[view.Effect], error)
}
