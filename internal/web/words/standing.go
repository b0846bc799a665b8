package words

import (
	"net/url"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// Standing says what differs from page to page in what Obstacles tells.
type Standing struct {
	Whose  string // follows "Automatic runs"; "" on a connection's own pages
	Means  string // a sentence about the pause
	Frozen string // what some fields are
	Reason func(string) string
}

// Obstacles tells what keeps runs of a connection off people: that automatic ones are paused, and the freezes.
func (s Standing) Obstacles(d *connection.Detail, freezes []directory.Freeze) []ui.Obstacle {
	var out []ui.Obstacle
	zone, home := d.Settings.Zones().Connection(), "/connections/"+url.PathEscape(d.ID)
	if d.Pause != nil {
		out = append(out, ui.Obstacle{What: "Automatic runs" + s.Whose + " are paused", Until: d.Pause.Until, Zone: zone, Open: "somebody resumes them",
			Means: s.Means, Reason: s.Reason(d.Pause.Reason), Href: home, Link: "Who paused them"})
	}
	for i := range freezes {
		f := &freezes[i]
		out = append(out, ui.Obstacle{What: Fields(f.What) + ": " + s.Frozen, Until: f.Until, Zone: zone, Open: "somebody ends it",
			Reason: s.Reason(f.Reason), Href: home + "/freezes/" + url.PathEscape(f.ID), Link: "What waits"})
	}
	return out
}

// NotYet says in place of the next run when runs of a connection start by themselves, or why they do not; "" where the
// instant is known.
func NotYet(s *connection.Summary) string {
	var why string
	switch {
	case !s.NextRun.IsZero():
		return ""
	case s.State == connection.Draft:
		why = "; the set-up is not complete"
	case s.State == connection.AwaitingApproval:
		why = "; the settings wait for an approval"
	case s.Silent:
		why = ", once an address for notices is confirmed"
	case s.Pause == nil:
		return "only by hand"
	}
	if s.Pause != nil {
		return "after the pause" + why
	}
	return why[2:]
}
