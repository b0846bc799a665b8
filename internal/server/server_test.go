package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
)

// begin makes a server of a data folder and closes it at the end of the test.
func begin(t *testing.T, o Options) *Server {
	t.Helper()
	o.Organisation, o.Log, o.Now, o.RunNow = "default", io.Discard, time.Now, time.Now
	s, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Strangers who can reach a server that has no owner yet must know a code to become one.
func TestSetupCode(t *testing.T) {
	dir := t.TempDir() + "/data"
	if s := begin(t, Options{Dir: dir, Pages: true}); s.SetupCode != "" {
		t.Errorf("this machine alone is asked for %q", s.SetupCode)
	}
	if s := begin(t, Options{Dir: dir, Reachable: true}); s.SetupCode != "" {
		t.Errorf("a server without pages asks for %q", s.SetupCode)
	}
	s := begin(t, Options{Dir: dir, Pages: true, Reachable: true})
	if len(s.SetupCode) != 12 {
		t.Errorf("strangers are asked for %q", s.SetupCode)
	}
	_, _, err := s.Accounts.CreateOwnerByOperator(t.Context(), account.Operator("test"), account.Owner{Email: "olga@acme.test", Name: "Olga", Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	if s := begin(t, Options{Dir: dir, Pages: true, Reachable: true}); s.SetupCode != "" {
		t.Errorf("with an owner strangers are asked for %q", s.SetupCode)
	}
}

// A server answers until it is told to end, and links lead to where it listens.
func TestServe(t *testing.T) {
	s := begin(t, Options{Dir: t.TempDir() + "/data", Pages: true, Worker: true})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if err := s.Start(ctx, l.Addr()); err != nil {
		t.Fatal(err)
	}
	if got := s.publicAddress().String(); got != "http://"+l.Addr().String() {
		t.Errorf("links lead to %s", got)
	}
	warmed, warm := make(chan error, 10), s.warm
	s.warm = func(ctx context.Context, most int64) error {
		err := warm(ctx, most)
		warmed <- err
		return err
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, l) }()
	if err := <-warmed; err != nil {
		t.Error(err)
	}
	res, err := http.Get("http://" + l.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK || s.answers[2].Load() != 1 {
		t.Errorf("status %d, %d answers counted", res.StatusCode, s.answers[2].Load())
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Lists of people are made ready at the start and again and again, also after that did not work once.
func TestKeepWarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var calls atomic.Int64
		s := &Server{log: slog.New(slog.DiscardHandler), warm: func(_ context.Context, most int64) error {
			if calls.Add(1); most != maxWarm {
				t.Errorf("of %d people", most)
			}
			return errors.New("the disk is full")
		}}
		go s.keepWarm(ctx)
		for want := range int64(3) {
			synctest.Wait()
			if n := calls.Load(); n != want+1 {
				t.Errorf("%d calls, want %d", n, want+1)
			}
			time.Sleep(warmEvery)
		}
		stop()
	})
}
