package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/account/openid"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// world is the API on the real services, a real database and a simulated BambooHR. Every answer is held against
// the document.
type world struct {
	t           *testing.T
	api         *httptest.Server
	sim         *httptest.Server
	simStop     atomic.Pointer[chan struct{}] // requests to BambooHR wait for it
	db          *store.DB
	accounts    *account.Service
	connections *connection.Service
	mails       *notify.Service
	now         time.Time
	tokens      map[directory.Role]string
	document    map[string]any
	seen        sync.Map // "operationId status" → true
	log         bytes.Buffer
	ids         atomic.Int64
}

const ours = "default"

// office is a company of n people: the second is a contractor with a name that breaks careless screens, the third
// reports to the first, the fourth has no address.
func office(n int) bamboosim.Company {
	c := bamboosim.Company{Subdomain: "acme", Today: "2026-11-21", CustomFields: []bamboosim.CustomField{{Name: "Size", Alias: "customSize"}}}
	for i := 1; i <= n; i++ {
		e := bamboosim.Employee{ID: i, EmployeeNumber: fmt.Sprint(1000 + i), FirstName: fmt.Sprintf("Given%d", i), LastName: fmt.Sprintf("Family%d", i),
			WorkEmail: fmt.Sprintf("given%d@acme.test", i), HireDate: "2024-01-08", WorkPhone: fmt.Sprintf("555-%04d", i),
			EmploymentStatus: []bamboosim.StatusRow{{Date: "2024-01-08", Status: "Full-Time"}},
			JobInfo:          []bamboosim.JobRow{{Date: "2024-01-08", Department: "Engineering", Location: "Utrecht", JobTitle: "Engineer"}}}
		switch i {
		case 2:
			e.FirstName, e.EmploymentStatus[0].Status = `<script>alert("\u202e=CMD()`, "Contractor"
		case 3:
			e.JobInfo[0].ReportsTo = 1
		case 4:
			e.WorkEmail = ""
		}
		c.Employees = append(c.Employees, e)
	}
	return c
}

func newWorld(t *testing.T, company bamboosim.Company) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), tokens: map[directory.Role]string{}}
	handler, err := bamboosim.New(company)
	if err != nil {
		t.Fatal(err)
	}
	w.sim = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if stop := w.simStop.Load(); stop != nil && strings.HasPrefix(r.URL.Path, "/api/") {
			<-*stop
		}
		handler.ServeHTTP(rw, r)
	}))
	dir := filepath.Join(t.TempDir(), "data")
	if w.db, err = store.Open(t.Context(), dir, store.Options{}); err != nil {
		t.Fatal(err)
	}
	ring, err := seal.OpenOrCreate(filepath.Join(dir, "keyring.json"))
	if err != nil {
		t.Fatal(err)
	}
	w.accounts, w.connections, w.api = w.serve(ours, ring)
	for _, r := range account.Roles() {
		w.tokens[r] = w.token(r)
	}
	text, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	w.document = decode(t, text).(map[string]any)
	t.Cleanup(func() {
		w.api.Close()
		if err := w.connections.Close(context.Background()); err != nil {
			t.Error(err)
		}
		w.sim.Close()
		http.DefaultClient.CloseIdleConnections()
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// serve is the API of an organisation.
func (w *world) serve(org string, ring *seal.Keyring) (*account.Service, *connection.Service, *httptest.Server) {
	kept := w.db.Org(org)
	now := func() time.Time { return w.now }
	place := sealer{ring, org}
	mails := notify.New(notify.Options{Organisation: org, Store: kept.Outbox(), Records: kept, Now: now, Sealer: place, Demo: true, MaxWelcomes: 10,
		BaseURL: &url.URL{Scheme: "https", Host: "rollcall.test"}})
	accounts := account.New(account.Options{Organisation: org, Store: kept.Accounts(), Now: now, Sealer: place, Mailer: mails})
	connections := connection.New(connection.Options{Organisation: org, Store: kept, Settings: kept.Settings(), Keys: ring, Now: now,
		NewID: func(prefix string) string { return fmt.Sprintf("%s_%04d", prefix, w.ids.Add(1)) },
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, BaseURL: w.sim.URL, Version: "test", LeaseFor: time.Minute, Observer: mails})
	mails.Connect(accounts, connections)
	if org == ours {
		w.mails = mails
	}
	g := &gate.Gate{Sessions: accounts, Log: slog.New(slog.NewTextHandler(&w.log, nil)), Now: now}
	return accounts, connections, httptest.NewServer(g.API(Routes(Deps{Accounts: accounts, Connections: connections, Views: kept.Views(), Queue: w.queue(org, connections), Now: now, Version: "test", Mails: mails,
		Verify: kept.VerifyAudit, Provider: provider{}, URL: &url.URL{Scheme: "https", Host: "rollcall.test"}})))
}

// sealer seals what stands in preferences and in the outbox.
type sealer struct {
	ring *seal.Keyring
	org  string
}

func (s sealer) place(row string) seal.Place {
	return seal.Place{Organisation: s.org, Purpose: "test", Row: row}
}

func (s sealer) Seal(plain []byte, row string) (string, error) {
	return s.ring.Seal(plain, s.place(row))
}

func (s sealer) Open(sealed, row string) ([]byte, error) { return s.ring.Open(sealed, s.place(row)) }

// provider is there at one address only.
type provider struct{}

func (provider) Check(_ context.Context, o account.OpenID) error {
	if o.Issuer != "https://login.acme.test" {
		return &openid.Error{Text: "nothing is there", Cause: errors.New("what the other side said")}
	}
	return nil
}

func (w *world) token(r directory.Role) string {
	w.t.Helper()
	_, secret, err := w.accounts.CreateToken(w.t.Context(), account.Operator("test"), account.NewToken{Name: "of " + string(r), Role: r})
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}

func decode(t *testing.T, text []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	return v
}

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	text   []byte
	body   any // nil for an empty answer
}

// at follows keys and positions: "items.0.id".
func (a answer) at(path string) any {
	v := a.body
	for _, key := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i := 0
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) str(path string) string {
	if v := a.at(path); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

func (a answer) items() []any { v, _ := a.at("items").([]any); return v }

// as makes a request with a role's token and holds the answer against the document.
func (w *world) as(r directory.Role, method, path, body string, headers ...string) answer {
	w.t.Helper()
	return w.call(w.tokens[r], method, path, body, headers...)
}

func (w *world) owner(method, path, body string, headers ...string) answer {
	w.t.Helper()
	return w.as(directory.RoleOwner, method, path, body, headers...)
}

// ok is owner for requests that have to work.
func (w *world) ok(method, path, body string, headers ...string) answer {
	w.t.Helper()
	a := w.owner(method, path, body, headers...)
	if a.status >= 300 {
		w.t.Fatalf("%s %s %s: %d %s", method, path, body, a.status, a.text)
	}
	return a
}

// refused is owner for requests that have to be refused with a code.
func (w *world) refused(code, method, path, body string) answer {
	w.t.Helper()
	a := w.owner(method, path, body)
	if a.str("code") != code {
		w.t.Errorf("%s %s %s: %d %s, want the code %s", method, path, body, a.status, a.text, code)
	}
	return a
}

func (w *world) call(token, method, path, body string, headers ...string) answer {
	w.t.Helper()
	a := w.send(w.api.URL, token, method, path, body, headers...)
	w.conform(method, path, a)
	if a.status < 300 && strings.HasPrefix(body, "{") {
		w.conformRequest(method, path, body)
	}
	return a
}

// conformRequest holds a request that was taken against the document.
func (w *world) conformRequest(method, path, body string) {
	w.t.Helper()
	e := endpointOf(w.t, method, path)
	op := w.document["paths"].(map[string]any)[base+e.Path].(map[string]any)[strings.ToLower(method)].(map[string]any)
	content := op["requestBody"].(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)
	for _, fault := range (validator{w.document["components"].(map[string]any)}).check(content["schema"].(map[string]any), decode(w.t, []byte(body)), "$") {
		w.t.Errorf("%s %s was taken, but the document does not know %s: %s", method, path, body, fault)
	}
}

func (w *world) send(server, token, method, path, body string, headers ...string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, server+base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.text, err = io.ReadAll(res.Body); err != nil {
		w.t.Fatal(err)
	}
	if len(a.text) > 0 && strings.HasSuffix(a.header.Get("Content-Type"), "json") {
		a.body = decode(w.t, a.text)
	}
	return a
}

// conform holds an answer against the document.
func (w *world) conform(method, path string, a answer) {
	w.t.Helper()
	e := endpointOf(w.t, method, path)
	w.seen.Store(fmt.Sprint(e.ID, " ", a.status), true)
	op := w.document["paths"].(map[string]any)[base+e.Path].(map[string]any)[strings.ToLower(method)].(map[string]any)
	response, ok := op["responses"].(map[string]any)[fmt.Sprint(a.status)].(map[string]any)
	if !ok {
		w.t.Errorf("%s %s: the document tells of no %d: %s", method, path, a.status, a.text)
		return
	}
	components := w.document["components"].(map[string]any)
	kind := "application/json"
	if a.status >= 400 {
		kind = "application/problem+json"
		if codes := strings.Split(response["description"].(string), ", "); !slices.Contains(codes, a.str("code")) {
			w.t.Errorf("%s %s: the document tells of no code %s at %d: %s", method, path, a.str("code"), a.status, a.text)
		}
		response = components["responses"].(map[string]any)["Problem"].(map[string]any)
	}
	content, _ := response["content"].(map[string]any)
	if content == nil {
		if len(a.text) > 0 {
			w.t.Errorf("%s %s: %d has a body: %s", method, path, a.status, a.text)
		}
		return
	}
	if _, ok := content[kind]; !ok {
		kind = slices.Collect(maps.Keys(content))[0]
	}
	if got := a.header.Get("Content-Type"); got != kind {
		w.t.Errorf("%s %s: Content-Type %q, want %q", method, path, got, kind)
	}
	if kind != "application/json" && a.status < 300 {
		return // a file
	}
	schema := content[kind].(map[string]any)["schema"].(map[string]any)
	for _, fault := range (validator{components}).check(schema, a.body, "$") {
		w.t.Errorf("%s %s %d: %s", method, path, a.status, fault)
	}
}

// endpointOf finds the endpoint of an address.
func endpointOf(t *testing.T, method, path string) endpoint {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	var found *endpoint
	for _, e := range (&api{}).endpoints() {
		pattern := strings.Split(e.Path, "/")
		same := e.Method == method && len(pattern) == len(parts)
		for i := 0; same && i < len(parts); i++ {
			same = pattern[i] == parts[i] || strings.HasPrefix(pattern[i], "{")
		}
		if same && (found == nil || e.Path == path) { // as net/http has it, the more specific one
			found = &e
		}
	}
	if found == nil {
		t.Fatalf("no endpoint is %s %s", method, path)
	}
	return *found
}

// simulate changes the company in the simulator.
func (w *world) simulate(method, path, body string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.sim.URL+"/_sim/"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
	}
}

// connect sets a connection to the simulated company up and returns its id.
func (w *world) connect(settings string) string {
	w.t.Helper()
	return w.ok("POST", "/connections", fmt.Sprintf(`{"name":"Acme HR","subdomain":"acme","api_key":%q,"time_zone":"Europe/Amsterdam","settings":%s}`,
		bamboosim.DefaultKey, settings)).str("id")
}

// person finds somebody by name or address.
func (w *world) person(q string) answer {
	w.t.Helper()
	list := w.ok("GET", "/people?q="+q, "").items()
	if len(list) != 1 {
		w.t.Fatalf("%q finds %d people", q, len(list))
	}
	return answer{body: list[0]}
}
