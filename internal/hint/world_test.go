package hint_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const actor = "p_owner"

// told asks for the webhook, and for nothing at intervals.
const told = `{"schedule": {"daily": "03:00"}, "changes": {"webhook": true}, "notify": {"errors": ["hr@acme.test"]}}`

// world is a data folder, a simulated BambooHR, and a server that takes its webhooks.
type world struct {
	*hint.Service
	t           testing.TB
	dir         string
	served      *bamboosim.Server
	sim, hooks  *httptest.Server
	base        *url.URL // where BambooHR may deliver; nil: nowhere
	db          *store.DB
	store       *store.Store
	ring        *seal.Keyring
	connections *connection.Service
	ids         atomic.Int64
	log         bytes.Buffer

	mu        sync.Mutex
	now, real time.Time
	before    func(http.ResponseWriter, *http.Request) bool // true: it answered in the place of the simulator
}

func newWorld(t testing.TB, company bamboosim.Company) *world {
	t.Helper()
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "data"), now: utc("2026-11-21 12:00"), real: utc("2030-01-01 00:00")}
	var err error
	transport := &http.Transport{} // of BambooHR's deliveries
	t.Cleanup(transport.CloseIdleConnections)
	if w.served, err = bamboosim.New(company, bamboosim.WithTransport(transport)); err != nil {
		t.Fatal(err)
	}
	w.sim = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		before := w.before
		w.mu.Unlock()
		if before == nil || !before(rw, r) {
			w.served.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(w.sim.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhooks/bamboohr/{connection}", func(rw http.ResponseWriter, r *http.Request) { w.ServeHTTP(rw, r) })
	w.hooks = httptest.NewServer(mux)
	t.Cleanup(w.hooks.Close)
	if w.base, err = url.Parse(w.hooks.URL); err != nil {
		t.Fatal(err)
	}
	if w.db, err = store.Open(t.Context(), w.dir, store.Options{}); err != nil {
		t.Fatal(err)
	}
	if w.ring, err = seal.OpenOrCreate(filepath.Join(w.dir, "keyring.json")); err != nil {
		t.Fatal(err)
	}
	w.store = w.db.Org("default")
	w.connections = connection.New(connection.Options{Organisation: "default", Store: w.store, Settings: w.store.Settings(), Keys: w.ring, Now: w.clock,
		NewID: func(prefix string) string { return fmt.Sprintf("%s_%d", prefix, w.ids.Add(1)) }, BaseURL: w.sim.URL, Version: "test", LeaseFor: time.Minute,
		Sleep:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Leaving: func(ctx context.Context, id string) { w.Leaving(ctx, id) }})
	w.restart()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for _, f := range []func() error{func() error { return w.Stop(ctx) }, func() error { return w.connections.Close(ctx) }, w.db.Close} {
			if err := f(); err != nil {
				t.Error(err)
			}
		}
	})
	return w
}

// restart makes the service anew, as a program that starts.
func (w *world) restart() {
	w.t.Helper()
	if w.Service != nil {
		if err := w.Stop(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
	w.Service = hint.New(hint.Options{Store: w.store.Hints(), Connections: w.connections, Sealer: sealer{w.ring}, Now: w.wall, RunNow: w.clock,
		Base: func() *url.URL { return w.base }, Log: slog.New(slog.NewTextHandler(&w.log, nil))})
}

type sealer struct{ *seal.Keyring }

func place(row string) seal.Place {
	return seal.Place{Organisation: "default", Purpose: "webhook_key", Row: row}
}

func (s sealer) Seal(plain []byte, row string) (string, error) {
	return s.Keyring.Seal(plain, place(row))
}
func (s sealer) Open(text, row string) ([]byte, error) { return s.Keyring.Open(text, place(row)) }

func utc(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return at
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) wall() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.real
}

// pass lets time pass, by both clocks.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	w.now, w.real = w.now.Add(d), w.real.Add(d)
	now := w.now
	w.mu.Unlock()
	w.control(http.MethodPost, "/clock", fmt.Sprintf(`{"now":%q}`, now.Format(time.RFC3339)))
}

// on lets f answer in the place of the simulator.
func (w *world) on(f func(http.ResponseWriter, *http.Request) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = f
}

// control asks the simulator for something; its webhooks are delivered before it returns.
func (w *world) control(method, path, body string) {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.served.ServeHTTP(rec, httptest.NewRequest(method, "/_sim"+path, strings.NewReader(body)))
	if rec.Code >= 300 {
		w.t.Fatalf("%s /_sim%s: %d %s", method, path, rec.Code, rec.Body)
	}
	w.served.Wait()
}

// enabled makes a connection that runs by itself and has synced everybody once.
func (w *world) enabled(name, key, settings string) string {
	t, ctx := w.t, w.t.Context()
	t.Helper()
	d, err := w.connections.Create(ctx, actor, connection.NewConnection{Name: name, Subdomain: "acme", Key: key, Settings: []byte(settings)})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := w.connections.Check(ctx, actor, d.ID); err != nil || !c.Passed() {
		t.Fatalf("check: %+v, %v", c, err)
	}
	w.good(w.connections.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	w.good(w.connections.Sync(ctx, actor, d.ID))
	w.do(w.connections.Enable(ctx, actor, d.ID))
	return d.ID
}

func (w *world) do(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) good(j connection.Job, err error) {
	w.t.Helper()
	if err == nil {
		j, err = w.connections.Wait(w.t.Context(), j.ID)
	}
	if err != nil || j.Err != nil {
		w.t.Fatalf("%s: %v, %v", j.Kind, err, j.Err)
	}
}

// register looks once at what has to be registered.
func (w *world) register() {
	w.t.Helper()
	w.do(w.Register(w.t.Context()))
}

func (w *world) status(id string) hint.Status {
	w.t.Helper()
	s, err := w.Status(w.t.Context(), id)
	w.do(err)
	return s
}

// hook is a connection's webhook as stored, and its key.
func (w *world) hook(id string) (hint.Hook, string) {
	w.t.Helper()
	all, err := w.store.Hints().Hooks(w.t.Context())
	w.do(err)
	i := slices.IndexFunc(all, func(h hint.Hook) bool { return h.Connection == id })
	if i < 0 || all[i].Sealed == "" {
		return hint.Hook{}, ""
	}
	key, err := sealer{w.ring}.Open(all[i].Sealed, id)
	w.do(err)
	return all[i], string(key)
}

// atBamboo lists the webhooks that BambooHR has.
func (w *world) atBamboo() string {
	w.t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/api/v1/webhooks", nil)
	req.SetBasicAuth(bamboosim.DefaultKey, "x")
	req.Header.Set("Accept", "application/json")
	rec := httptest.NewRecorder()
	w.served.ServeHTTP(rec, req)
	return rec.Body.String()
}

// waiting is what waits for a connection, which then has been looked at.
func (w *world) waiting(id string) hint.Batch {
	w.t.Helper()
	b, err := w.store.Hints().Take(w.t.Context(), id)
	w.do(err)
	w.do(w.store.Hints().Done(w.t.Context(), id, b.Mark))
	b.Mark = 0
	return b
}

func sign(key, body, stamp string) string {
	mac := hmac.New(sha256.New, []byte(key))
	io.WriteString(mac, body+stamp)
	return hex.EncodeToString(mac.Sum(nil))
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// deliver sends a delivery with headers as given, and answers the status and the body.
func (w *world) deliver(id, kind, body, stamp, signature string) (int, string) {
	req := httptest.NewRequest(http.MethodPost, "/webhooks/bamboohr/"+id, strings.NewReader(body))
	req.SetPathValue("connection", id)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("X-BambooHR-Timestamp", stamp)
	req.Header.Set("X-BambooHR-Signature", signature)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, req)
	return rec.Code, rec.Body.String()
}

// office is a small company.
func office(n int) bamboosim.Company {
	c := bamboosim.Company{Subdomain: "acme", Today: "2026-11-21"}
	for i := 1; i <= n; i++ {
		c.Employees = append(c.Employees, bamboosim.Employee{ID: i, EmployeeNumber: fmt.Sprint(1000 + i), FirstName: fmt.Sprintf("Given%d", i),
			LastName: fmt.Sprintf("Family%d", i), WorkEmail: fmt.Sprintf("given%d@acme.test", i), HireDate: "2020-01-06",
			JobInfo: []bamboosim.JobRow{{Date: "2020-01-06", Department: "Engineering", Location: "Utrecht", JobTitle: "Engineer"}}})
	}
	return c
}
