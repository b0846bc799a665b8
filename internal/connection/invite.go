package connection

import (
	"context"
)

// mayInvite refuses invitations that nobody would get. Settings that say never leave them to people: whoever asks
// for them in the dialog is one.
func (s *Service) mayInvite(invite *bool, undo bool) error {
	switch {
	case invite == nil || !*invite:
		return nil
	case undo:
		return fault("invite", "taking a run back makes no new people whom one could invite")
	case s.o.Observer == nil:
		return fault("invite", "this server sends no mails")
	}
	return nil
}

// askedFor notes the choice for a run that is about to begin.
func (s *Service) askedFor(ctx context.Context, runID string, invite *bool) error {
	if invite == nil || s.o.Observer == nil {
		return nil
	}
	return s.o.Observer.AskedFor(ctx, runID, *invite)
}
