package show

import (
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/people"
)

// Pause is the pause of a connection's automatic runs.
type Pause struct {
	By     string  `json:"by"`
	Who    string  `json:"by_name"` // by for a reader
	Reason string  `json:"reason"`
	At     string  `json:"paused_at"`
	Until  *string `json:"until"` // RFC 3339; null: until somebody resumes
}

// Words is "paused until … by …: reason".
func (p *Pause) Words(zone *time.Location) string {
	return fmt.Sprintf("paused until %s by %s: %s", text.End(p.Until, zone, "somebody resumes"), p.Who, p.Reason)
}

// Paused tells of a pause, if there is one.
func Paused(p *text.Page, connection string, pause *Pause, zone *time.Location) {
	if pause != nil {
		p.Linef("%s Automatic runs of %s are %s (since %s)", p.Paint(text.Yellow, "!"), connection, pause.Words(zone), text.End(&pause.At, zone, ""))
	}
}

// Freezes tells which fields runs leave as they are.
func Freezes(p *text.Page, list []people.FreezeView, zone *time.Location) {
	for i := range list {
		p.Linef("%s %s", p.Paint(text.Yellow, "!"), Freeze(&list[i], zone))
	}
}

// Freeze is a freeze on one line.
func Freeze(f *people.FreezeView, zone *time.Location) string {
	return fmt.Sprintf("Frozen until %s: %s: %s (%s, by %s)", FreezeEnd(f, zone), strings.Join(f.What, ", "), f.Reason, f.ID, f.CreatedBy)
}

// FreezeEnd is when a freeze ends.
func FreezeEnd(f *people.FreezeView, zone *time.Location) string {
	return text.End(f.Until, zone, "somebody ends it")
}
