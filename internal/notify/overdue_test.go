package notify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/notify"
)

// Automatic runs that do not happen are told once an episode, whoever looks how often (promise SI38,
// contradiction C25); a mail that did not go out yet is withdrawn when they happen again.
func TestRunsMissed(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	late := []notify.MissedRun{{Connection: w.conn.ID, Due: w.at.Add(-48 * time.Hour)}, {Connection: "c_other", Due: w.at}}
	w.ok(w.RunsMissed(ctx, nil, false))
	if got := w.arrive(); got != "" {
		t.Errorf("while they happen: %s", got)
	}
	w.ok(w.RunsMissed(ctx, late, true))
	w.ok(w.RunsMissed(ctx, late, true))
	mails, err := w.deliver()
	w.ok(err)
	if len(mails) != 1 || subject(mails[0]) != "Acme: automatic runs of Acme HR do not happen" {
		t.Fatalf("%d mails: %+v", len(mails), mails)
	}
	for _, want := range []string{"Thursday 19 November 2026, 13:00", "worker role", "https://rollcall.acme.test/connections/" + w.conn.ID} {
		if text, _ := body(t, mails[0]); !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("the mail does not say %q:\n%s", want, text)
		}
	}
	w.at = w.at.Add(72 * time.Hour)
	w.restart()
	late[0].Due = late[0].Due.Add(24 * time.Hour) // the next start that was missed: the same episode
	w.ok(w.RunsMissed(ctx, late, false))
	w.ok(w.RunsMissed(ctx, nil, false))
	if got := w.arrive(); got != "" {
		t.Errorf("in the same episode, and at its end: %s", got)
	}
	late[0].Due = w.at
	w.ok(w.RunsMissed(ctx, late, false))
	w.ok(w.RunsMissed(ctx, nil, false))
	if got := w.arrive(); got != "" {
		t.Errorf("a mail about an episode that is over: %s", got)
	}
}

// The sender asks by itself, without anybody having made a run.
func TestRunsMissedIsAsked(t *testing.T) {
	w := newWorld(t)
	asked := make(chan struct{}, 1)
	w.opt.Missed = func(context.Context) ([]notify.MissedRun, bool, error) {
		select {
		case asked <- struct{}{}:
		default:
		}
		return []notify.MissedRun{{Connection: w.conn.ID, Due: w.at}}, false, nil
	}
	w.restart()
	w.ok(w.Start(t.Context()))
	<-asked
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	w.ok(w.Stop(ctx))
	box, err := w.Outbox(t.Context(), notify.Page{})
	w.ok(err)
	if len(box.Items) != 1 || box.Items[0].Kind != notify.Overdue {
		t.Errorf("the outbox has %+v", box.Items)
	}
}
