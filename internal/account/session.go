package account

import (
	"context"
	"errors"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// How long a session lasts without a request, and at most (security §1.6); and how often the last
// request is written down.
const (
	idle      = 30 * time.Minute
	absolute  = 12 * time.Hour
	seenEvery = time.Minute
)

func (x *Session) over(now time.Time) bool {
	return now.Sub(x.SeenAt) >= idle || now.Sub(x.CreatedAt) >= absolute
}

// Session returns who has a session: ErrNoSession when it is unknown or over, and when its person was
// deactivated or has another role by now.
func (s *Service) Session(ctx context.Context, secret string) (Viewer, error) {
	h, ok := hashed(secret)
	if !ok {
		return Viewer{}, ErrNoSession
	}
	now := s.o.Now()
	var x Session
	var p Person
	err := s.read(ctx, "read the session", func(tx Tx) (err error) {
		if x, err = tx.Session(h); err == nil {
			p, err = tx.Person(x.PersonID)
		}
		if errors.Is(err, directory.ErrNotFound) {
			return ErrNoSession
		}
		return err
	})
	if err != nil {
		return Viewer{}, err
	}
	if x.over(now) || p.Role != x.Role || p.Status != directory.Active {
		return Viewer{}, ErrNoSession
	}
	if gone := now.Sub(x.SeenAt); gone >= seenEvery || gone < 0 {
		// A note that cannot be written ends the session sooner; it must not take the screen away while
		// the disk is full (security §3 #43).
		_ = s.o.Store.Write(ctx, func(tx Tx) error { return tx.SeeSession(h, now) })
	}
	return viewer(&p, x.ID), nil
}

// SignOut ends the viewer's session.
func (s *Service) SignOut(ctx context.Context, v Viewer) error {
	return s.EndSession(ctx, v, v.Session)
}

// EndSession ends one of the viewer's own sessions; one that is gone is no error.
func (s *Service) EndSession(ctx context.Context, v Viewer, id SessionID) error {
	return s.write(ctx, "sign out", func(tx Tx) error {
		ended, err := tx.EndSession(v.PersonID, id)
		if err != nil || !ended {
			return err
		}
		return tx.Audit(Event{At: s.o.Now(), Actor: v.Actor(), Name: "sign_out", Subject: v.PersonID})
	})
}

// SignOutOthers ends the viewer's sessions in all other browsers and counts them.
func (s *Service) SignOutOthers(ctx context.Context, v Viewer) (n int, err error) {
	err = s.write(ctx, "sign out elsewhere", func(tx Tx) error {
		if n, err = tx.EndSessions(v.PersonID, v.Session); err != nil || n == 0 {
			return err
		}
		return tx.Audit(Event{At: s.o.Now(), Actor: v.Actor(), Name: "sign_out", Subject: v.PersonID, Detail: "all other sessions"})
	})
	return n, err
}

// Sessions returns somebody's sessions that are not over, the newest first.
func (s *Service) Sessions(ctx context.Context, personID string) ([]Session, error) {
	var out []Session
	now := s.o.Now()
	err := s.read(ctx, "list sessions", func(tx Tx) error {
		all, err := tx.SessionsOf(personID)
		for _, x := range all {
			if !x.over(now) {
				out = append(out, x)
			}
		}
		return err
	})
	return out, err
}
