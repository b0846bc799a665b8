package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// obstacles are what somebody put in the way of a connection's runs. Reading it makes nothing.
type obstacles struct {
	Pause   *show.Pause         `json:"pause"` // null: automatic runs are not paused
	Freezes []people.FreezeView `json:"freezes"`
}

func (x *session) obstacles(a *app) (obstacles, error) {
	out := obstacles{Freezes: []people.FreezeView{}}
	all, err := x.db.Org(organisation).Settings().Connections(a.ctx)
	if err != nil {
		return out, fmt.Errorf("read whether %s is paused: %w", x.Policy.Name, err)
	}
	at := slices.IndexFunc(all, func(r connection.Record) bool { return r.Name == x.Policy.Name })
	if at < 0 {
		return out, nil
	}
	now := x.Now()
	if p := all[at].Pause; p != nil && (p.Until.IsZero() || now.Before(p.Until)) {
		who, err := x.actorName(a, p.By)
		if err != nil {
			return out, err
		}
		out.Pause = &show.Pause{By: p.By, Who: who, Reason: p.Reason, At: *syncrun.Timestamp(p.At), Until: syncrun.Timestamp(p.Until)}
	}
	freezes, err := x.Store.Freezes(a.ctx, all[at].ID)
	for i := range freezes {
		if f := &freezes[i]; f.Active(now) {
			out.Freezes = append(out.Freezes, people.ViewFreeze(f, x.Policy.Name))
		}
	}
	return out, err
}

// actorName is who an actor of the history is, for a reader.
func (x *session) actorName(a *app, actor string) (string, error) {
	if strings.Contains(actor, ":") {
		return actor, nil
	}
	found, err := x.Store.PersonsByID(a.ctx, []string{actor})
	if err != nil || len(found) == 0 {
		return actor, err
	}
	shown := x.people.View(&found[0], "", func(string) string { return "" }, nil)
	return cmp.Or(text.NameAndMail(show.Title(&shown), text.Dash(shown.Email)), actor), nil
}

// notePause tells whoever runs a connection by hand, or by cron, that its automatic runs are paused.
func (a *app) notePause(x *session) error {
	_, err := a.noted(x)
	return err
}

// noted is notePause; it returns what it looked up.
func (a *app) noted(x *session) (obstacles, error) {
	s, err := x.obstacles(a)
	if err == nil && s.Pause != nil {
		a.note("rollcall: automatic runs of %s are %s; this one goes on, because you asked for it", x.Policy.Name, s.Pause.Words(x.Policy.Zones().Connection()))
	}
	return s, err
}

// noteForUndo is notePause for an undo, which freezes do not keep off a field either.
func (a *app) noteForUndo(x *session) error {
	s, err := a.noted(x)
	for i := range s.Freezes {
		a.note("rollcall: %s; an undo changes that all the same", show.Freeze(&s.Freezes[i], x.Policy.Zones().Connection()))
	}
	return err
}
