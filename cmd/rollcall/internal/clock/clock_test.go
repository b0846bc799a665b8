package clock

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/simcontrol"
	"github.com/rollcall-hr/rollcall/policy"
)

func simulated(base string) *policy.Connection {
	return &policy.Connection{Name: "Acme HR", BambooHR: policy.BambooHR{Subdomain: "acme", BaseURL: base}}
}

// Time that stands passes only by the waits of the command itself.
func TestStanding(t *testing.T) {
	c, err := OfCommand(t.Context(), "2026-11-21T12:00:00Z", simulated("http://127.0.0.1:1"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Sleep(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := c.Now(); !got.Equal(time.Date(2026, 11, 21, 13, 0, 0, 0, time.UTC)) {
		t.Errorf("an hour later it is %s", got)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := c.Sleep(ended, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted wait: %v", err)
	}
}

// Another time than the real one is for simulators only.
func TestRefused(t *testing.T) {
	real := policy.Connection{Name: "Acme HR"}
	for _, c := range []struct {
		name, want string
		err        error
	}{
		{"a real connection", "has no bamboohr.base_url", second(OfCommand(t.Context(), Follow, &real, time.Now))},
		{"no instant", "is neither", second(OfCommand(t.Context(), "soon", simulated("http://127.0.0.1:1"), time.Now))},
		{"nobody there", "follow the simulator's clock", second(OfCommand(t.Context(), Follow, simulated("http://127.0.0.1:1"), time.Now))},
		{"a real one among others", "has no bamboohr.base_url", second(OfServer(t.Context(), Follow, "", []policy.Connection{*simulated("http://127.0.0.1:1"), real}, time.Now, time.Second))},
		{"no simulator", "name one with --bamboohr-url", second(OfServer(t.Context(), Follow, "", nil, time.Now, time.Second))},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, c.err)
		}
	}
}

func second(_ Clock, err error) error { return err }

// A command takes the simulator's time, which stands there unless it was told to run.
func TestOfCommand(t *testing.T) {
	sim, err := bamboosim.New(bamboosim.Company{Subdomain: "acme", Today: "2026-11-21"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	c, err := OfCommand(t.Context(), Follow, simulated(server.URL), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Now().Format(time.DateOnly); got != "2026-11-21" || c.Sleep == nil {
		t.Errorf("it is %s, and passes by itself: %t", got, c.Sleep == nil)
	}
}

// A server follows jumps; while the simulator is silent, the last time it told goes on.
func TestFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		day := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
		var told atomic.Pointer[simcontrol.Clock] // nil: it does not answer
		ask := func(context.Context) (simcontrol.Clock, error) {
			if c := told.Load(); c != nil {
				return *c, nil
			}
			return simcontrol.Clock{}, errors.New("gone")
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		f := &followed{last: simcontrol.Clock{Now: day, Running: true}, asked: time.Now(), now: time.Now}
		go f.keepUp(ctx, ask, time.Minute)
		is := func(when string, want time.Time) {
			t.Helper()
			synctest.Wait()
			if got := f.time(); !got.Equal(want) {
				t.Errorf("%s it is %s, want %s", when, got, want)
			}
		}
		time.Sleep(30 * time.Second)
		is("before it is asked again", day.Add(30*time.Second))
		told.Store(&simcontrol.Clock{Now: day.AddDate(0, 0, 7), Running: true})
		time.Sleep(30 * time.Second)
		is("after a jump", day.AddDate(0, 0, 7))
		told.Store(nil)
		time.Sleep(time.Hour)
		is("in silence", day.AddDate(0, 0, 7).Add(time.Hour))
		told.Store(&simcontrol.Clock{Now: day.AddDate(0, 0, 7)})
		time.Sleep(time.Minute)
		is("when it was stopped", day.AddDate(0, 0, 7))
		time.Sleep(time.Hour)
		is("as long as it stands", day.AddDate(0, 0, 7))
	})
}
