package hint_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// work makes automatic runs until the test ends, on real time that the test lets pass.
func (w *world) work() *jobs.Service {
	w.t.Helper()
	queue, err := w.db.OpenQueue()
	w.do(err)
	s, err := jobs.New(w.t.Context(), jobs.Options{Queue: queue, Organisations: []jobs.Organisation{{ID: "default", Connections: w.connections, Hints: w.store.Hints()}},
		Now: w.clock, Real: w.wall, Log: slog.New(slog.DiscardHandler), Every: 5 * time.Millisecond, Poll: 5 * time.Millisecond})
	w.do(err)
	w.do(s.Start(w.t.Context()))
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			w.t.Error(err)
		}
		if err := queue.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return s
}

// ended waits for n jobs to be done, and returns them.
func (w *world) ended(s *jobs.Service, n int) []jobs.Job {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		list, err := s.Jobs(w.t.Context(), "default", 100)
		w.do(err)
		if len(list) >= n && !slices.ContainsFunc(list, func(j jobs.Job) bool { return j.Finished.IsZero() }) {
			return list
		}
		if time.Now().After(end) {
			w.t.Fatalf("still not %d jobs: %+v", n, list)
		}
	}
}

// burst sends n deliveries, about employee 1, 2, … of so many, through so many connections, and tells how long each
// answer took.
func (w *world) burst(id string, n, employees, connections int) []time.Duration {
	w.t.Helper()
	_, key := w.hook(id)
	stamp := unix(w.clock())
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	took := make([]time.Duration, n)
	var next, refused atomic.Int64
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				body := fmt.Sprintf(`{"type":"employee.updated","timestamp":"%d","data":{"companyId":"1","employeeId":"%d","changedFields":["lastName"]}}`, i, i%employees+1)
				req, err := http.NewRequest(http.MethodPost, w.hooks.URL+"/webhooks/bamboohr/"+id, strings.NewReader(body))
				if err != nil {
					panic(err) // the address is a good one
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("X-BambooHR-Timestamp", stamp)
				req.Header.Set("X-BambooHR-Signature", sign(key, body, stamp))
				began := time.Now()
				res, err := client.Do(req)
				if err != nil {
					refused.Add(1)
					continue
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if took[i] = time.Since(began); res.StatusCode != http.StatusAccepted {
					refused.Add(1)
				}
			}
		})
	}
	group.Wait()
	if refused.Load() > 0 {
		w.t.Errorf("%d of %d deliveries were not taken", refused.Load(), n)
	}
	return took
}

// TestBurst: 10,000 deliveries at once are one reading, and no change is lost (security §3 #48, promise BW2). How fast they are
// answered is for BenchmarkBurst to tell.
func TestBurst(t *testing.T) {
	t.Parallel()
	const people = 300
	w := newWorld(t, office(people))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	w.register()
	w.waiting(id)
	s := w.work()
	for i := 1; i <= people; i++ {
		w.control(http.MethodPut, fmt.Sprintf("/employees/%d", i), fmt.Sprintf(`{"lastName":"Changed%d"}`, i))
	}
	w.burst(id, 10_000-people, people, 64)
	if got := w.status(id); got.Today != 10_000 || got.Refused != 0 {
		t.Errorf("status %+v", got)
	}
	if list, err := s.Jobs(t.Context(), "default", 10); err != nil || len(list) != 0 {
		t.Fatalf("before the burst is over: %+v, %v", list, err)
	}
	w.pass(5 * time.Second)
	if list := w.ended(s, 1); len(list) != 1 || list[0].State != jobs.Done || !list[0].Hinted {
		t.Errorf("jobs %+v", list)
	}
	w.pass(time.Minute) // nothing is left to be looked at
	if list := w.ended(s, 1); len(list) != 1 {
		t.Errorf("jobs %+v", list)
	}
	runs, err := w.store.RunList(t.Context(), id, 10)
	w.do(err)
	if runs[0].Trigger != syncrun.TriggerWebhook || runs[0].Outcome != syncrun.OutcomeApplied {
		t.Errorf("run %+v", runs[0])
	}
	changed := 0
	for p, err := range w.store.AllPeople(t.Context()) {
		w.do(err)
		if p.Link != nil && p.Values.Get(directory.LastName) == "Changed"+p.Link.SourceID {
			changed++
		}
	}
	if changed != people {
		t.Errorf("%d of %d people follow", changed, people)
	}
	if b := w.waiting(id); len(b.IDs) != 0 || b.Everything {
		t.Errorf("left: %+v", b)
	}
}

// BenchmarkBurst sends 10,000 deliveries from 64 connections; the promise is that the 99th of 100 answers takes less
// than 50 ms (issue 4).
func BenchmarkBurst(b *testing.B) {
	w := newWorld(b, office(300))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	w.register()
	for range b.N {
		w.pass(time.Second)
		b.StartTimer()
		took := w.burst(id, 10_000, 300, 64)
		b.StopTimer()
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	}
}
