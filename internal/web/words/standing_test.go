package words

import (
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
)

func TestNotYet(t *testing.T) {
	paused := &connection.Pause{Until: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	for want, s := range map[string]connection.Summary{
		"":                           {NextRun: paused.Until, Pause: paused},
		"only by hand":               {State: connection.Checked},
		"after the pause":            {State: connection.Paused, Pause: paused},
		"the set-up is not complete": {State: connection.Draft},
		"once an address for notices is confirmed":                  {State: connection.Checked, Silent: true},
		"after the pause, once an address for notices is confirmed": {State: connection.Checked, Silent: true, Pause: paused},
		"after the pause; the settings wait for an approval":        {State: connection.AwaitingApproval, Pause: paused},
	} {
		if got := NotYet(&s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
