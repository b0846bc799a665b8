package connections

import (
	"context"

	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Views is what these pages read.
type Views interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
	CountPeople(ctx context.Context, q view.PeopleQuery) (int, error)
	People(ctx context.Context, q view.PeopleQuery) (view.Page[view.PersonRow], error)
	NewestPlan(ctx context.Context, connection string) (string, error)
	PlanRows(ctx context.Context, planID string, q view.PlanQuery) (view.Page[syncrun.StoredItem], error)
	Runs(ctx context.Context, q view.RunQuery) (view.Page[syncrun.Run], error)
	Effects(ctx context.Context, q view.EffectQuery) (view.Page[view.Effect], error)
}
