package web

import (
	"context"
	"fmt"

	"github.com/rollcall-hr/rollcall/internal/jobs"
)

// alarms says why automatic runs do not happen, for whoever opens a page that shows it (promise SI38,
// contradiction C25). What cannot be found out is said too.
func alarms(o Options) func(context.Context) []string {
	return func(ctx context.Context) []string {
		h, err := o.Queue.Health(ctx)
		if err != nil {
			o.Log.ErrorContext(ctx, "look for missed runs", "error", err)
			return []string{"Whether automatic runs happen could not be found out. The server's log says why."}
		}
		return alarmTexts(h)
	}
}

func alarmTexts(h jobs.Health) []string {
	var out []string
	switch {
	case h.Idle && h.Silent:
		out = append(out, fmt.Sprintf("The worker has given no sign of life since %s: automatic runs do not happen. Restart it, or start \"rollcall serve\" with the worker role once more: it takes over.",
			h.Worker.Seen.UTC().Format("2 January 2006, 15:04:05 MST")))
	case h.Idle:
		out = append(out, "No worker is running: automatic runs do not happen. Start \"rollcall serve\" with the worker role.")
	}
	for _, m := range h.Missed {
		out = append(out, fmt.Sprintf("The run of %s that was due on %s has not been made, nor the one after it. Nothing from BambooHR is carried over meanwhile.",
			m.Name, m.Due.UTC().Format("2 January 2006, 15:04 MST")))
	}
	return out
}
