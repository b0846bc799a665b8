package jobs

import "context"

// Tick looks at the schedules once, for tests that move the clock.
func (s *Service) Tick(ctx context.Context) error { return s.tick(ctx) }
