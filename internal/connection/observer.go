package connection

import (
	"context"
	"errors"
	"log/slog"

	"github.com/rollcall-hr/rollcall/syncrun"
)

// Observer is told what happens to connections, after it happened and is stored (internal/notify). What it
// answers changes no run.
type Observer interface {
	// AskedFor tells, before a run begins, whether whoever starts it chose to invite the people it makes
	// accounts for (contradiction C13); otherwise the settings decide.
	AskedFor(ctx context.Context, runID string, invite bool) error
	// RunFinished tells of a run with its plan, nil when there is none. It may be told twice of one run.
	RunFinished(ctx context.Context, run syncrun.Run, info *syncrun.PlanInfo, of Detail) error
	// ConnectionSeen tells how a connection stands after a check.
	ConnectionSeen(ctx context.Context, of Detail) error
	// SettingsSaved tells of new settings in force, and of old ones that were switched on or approved.
	SettingsSaved(ctx context.Context, of Detail) error
}

// ran tells the observer of a run. Credentials that were refused show in the connection's state.
func (s *Service) ran(ctx context.Context, id string, result *Job) {
	if s.o.Observer == nil || result.Run == nil {
		return
	}
	d, err := s.Get(ctx, id)
	if err == nil {
		err = s.o.Observer.RunFinished(ctx, *result.Run, result.Plan, d)
	}
	s.complain("tell of a run", id, err)
}

// seen tells the observer how a connection stands now.
func (s *Service) seen(ctx context.Context, id string) {
	if s.o.Observer == nil {
		return
	}
	d, err := s.Get(ctx, id)
	if err == nil {
		err = s.o.Observer.ConnectionSeen(ctx, d)
	}
	s.complain("tell how a connection stands", id, err)
}

// saved tells the observer of new settings.
func (s *Service) saved(ctx context.Context, id string) {
	if s.o.Observer == nil {
		return
	}
	d, err := s.Get(ctx, id)
	if err == nil {
		err = s.o.Observer.SettingsSaved(ctx, d)
	}
	s.complain("tell of new settings", id, err)
}

// late logs that a run was not the connection's any more.
func (s *Service) late(id, run string, err error) {
	why := syncrun.ErrLeaseLost
	if errors.Is(err, syncrun.ErrLeaseExpired) {
		why = syncrun.ErrLeaseExpired
	}
	if s.o.Log != nil {
		s.o.Log.Warn("a run came too late", "connection", id, "run", run, "reason", why)
	}
}

// complain logs what an observer could not do: the observer catches up later.
func (s *Service) complain(what, id string, err error) {
	if err != nil && s.o.Log != nil && !errors.Is(err, context.Canceled) {
		s.o.Log.LogAttrs(context.Background(), slog.LevelError, what, slog.String("connection", id), slog.Any("error", err))
	}
}
