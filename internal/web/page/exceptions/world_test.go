package exceptions_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections"
	"github.com/rollcall-hr/rollcall/internal/web/page/exceptions"
	"github.com/rollcall-hr/rollcall/internal/web/page/pagetest"
)

// world is these pages, and those of the connection that tell of freezes too.
type world struct {
	*pagetest.World
	t     *testing.T
	table []gate.Route // of these pages
}

func newWorld(t *testing.T) *world {
	w := &world{t: t}
	w.World = pagetest.New(t, pagetest.Hostile(), func(p pagetest.Parts) []gate.Route {
		d := exceptions.Deps{Gate: p.Gate, Connections: p.Connections, Views: p.Views, Now: p.Now}
		w.table = exceptions.Routes(d)
		return append(connections.Routes(connections.Deps{Gate: p.Gate, Connections: p.Connections, Views: p.Views, Now: p.Now, Freezes: exceptions.Freezes(d)}), w.table...)
	})
	return w
}

// connected is a world with a connection whose people are in the directory.
func connected(t *testing.T) (w *world, path string) {
	t.Helper()
	w = newWorld(t)
	w.Connect("")
	return w, "/connections/" + w.ID
}

// says reads a page as an administrator.
func (w *world) says(path string, wanted ...string) {
	w.t.Helper()
	pagetest.Says(w.t, w.Get(path), wanted...)
}

func (w *world) quiet(path string, unwanted ...string) {
	w.t.Helper()
	pagetest.Quiet(w.t, w.Get(path), unwanted...)
}

// status asks as somebody and holds the answer to a status.
func (w *world) status(want int, role, method, path string, form url.Values) pagetest.Answer {
	w.t.Helper()
	a := w.Ask(role, method, path, form)
	if a.Code != want {
		w.t.Errorf("%s %s as %s: %d\n%s", method, path, role, a.Code, pagetest.Text(a.Page))
	}
	return a
}

// settled waits for work in the background.
func (w *world) settled() connection.Job {
	w.t.Helper()
	j := w.Conns.Job(w.t.Context(), w.ID)
	if j == nil {
		w.t.Fatal("nothing runs")
	}
	done, err := w.Conns.Wait(w.t.Context(), j.ID)
	if err != nil || done.Err != nil {
		w.t.Fatal(err, done.Err)
	}
	return done
}

// frozen is the only freeze in force.
func (w *world) frozen() directory.Freeze {
	w.t.Helper()
	all, err := w.Editor().Freezes(w.t.Context())
	if err != nil || len(all) != 1 {
		w.t.Fatal(all, err)
	}
	return all[0]
}

// Every address knows no connection that is not there.
func TestRoutes(t *testing.T) {
	w := newWorld(t)
	for _, route := range w.table {
		path := strings.NewReplacer("{id}", "c_nobody", "{hold}", "h_1", "{run}", "r_1", "{freeze}", "f_1").Replace(route.Path)
		w.status(http.StatusNotFound, "owner", route.Method, path, url.Values{"who": {"x"}, "reason": {"x"}})
		w.status(http.StatusForbidden, "member", route.Method, path, nil)
	}
}

// Looking changes nothing, however often.
func TestGetChangesNothing(t *testing.T) {
	w, path := connected(t)
	w.Post(path+"/freezes", url.Values{"what": {"jobs"}, "reason": {"x"}})
	before, _ := w.Conns.Get(t.Context(), w.ID)
	for _, route := range w.table {
		if route.Method == http.MethodGet {
			w.Get(strings.NewReplacer("/connections/{id}", path, "{freeze}", w.frozen().ID).Replace(route.Path))
		}
	}
	after, _ := w.Conns.Get(t.Context(), w.ID)
	if before.Version != after.Version || before.State != after.State || after.LastRun.ID != before.LastRun.ID {
		t.Errorf("was %+v\nis %+v", before, after)
	}
}
