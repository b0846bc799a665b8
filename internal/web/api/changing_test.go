package api

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// shelf is a store with one person on it, or one that fails.
type shelf struct {
	syncrun.Store
	person directory.Person
	fault  error
}

func (s *shelf) EnsureConnection(context.Context, string) (syncrun.Connection, error) {
	return syncrun.Connection{}, nil
}

func (s *shelf) Person(context.Context, string) (directory.Person, error) { return s.person, s.fault }

func (s *shelf) SavePerson(_ context.Context, p directory.Person, _ plan.Change, _ string, _ time.Time) (directory.Person, error) {
	return p, s.fault
}

// TestChanging: what an editor refuses is the request's fault, what its store cannot do is the server's.
func TestChanging(t *testing.T) {
	settings := policy.Defaults()
	disk := errors.New("the disk is full")
	s := &shelf{person: directory.Person{ID: "p_1", Version: 3, Status: directory.Provisioned}}
	e := &people.Editor{Policy: &settings, Store: s, Now: func() time.Time { return time.Time{} }, NewID: func(p string) string { return p + "_1" }, Actor: "test"}
	edit := func(field directory.Field, text string) error {
		_, err := e.Edit(t.Context(), "id:p_1", map[directory.Field]string{field: text})
		return err
	}
	if err := edit("hire_date", "soon"); classify(err).Code != "invalid" {
		t.Errorf("a wrong date: %v", err)
	}
	s.fault = disk
	if err := edit("hire_date", "2026-01-08"); !errors.Is(err, disk) || classify(err).Code != "internal" {
		t.Errorf("a full disk: %v", err)
	}
	s.fault = nil
	e.Store = unchanged{s, directory.Person{ID: "p_1", Version: 2}}
	if err := edit("email", "ann@acme.test"); classify(err).Code != "changed_meanwhile" {
		t.Errorf("a person who was changed since the request began: %v", err)
	}
	e.Store = unchanged{s, s.person}
	if err := edit("email", "ann@acme.test"); err != nil {
		t.Error(err)
	}
}

// restless is a shelf whose person somebody else changes between any two looks.
type restless struct{ shelf }

func (s *restless) Person(context.Context, string) (directory.Person, error) {
	s.person.Version++
	return s.person, nil
}

type restlessConnections struct {
	Connections
	store syncrun.Store
}

func (c restlessConnections) EditorFor(context.Context, string, directory.Person) (*people.Editor, error) {
	settings := policy.Defaults()
	return &people.Editor{Policy: &settings, Store: c.store}, nil
}

// TestPatchBegins: a change is made to the version that the request began with, or not at all.
func TestPatchBegins(t *testing.T) {
	a := &api{Deps: Deps{Connections: restlessConnections{store: &restless{shelf{person: directory.Person{ID: "p_1", Role: directory.RoleMember}}}}}}
	r := httptest.NewRequest("PATCH", "/", nil)
	r = r.WithContext(gate.WithViewer(r.Context(), account.Operator("test")))
	in := struct {
		one
		Body personRequest
	}{one{ID: "p_1"}, personRequest{Version: 1, Phone: optional[string]{true, "555-0001"}}}
	if _, err := a.patchPerson(r, in); classify(err).Code != "changed_meanwhile" {
		t.Errorf("want changed_meanwhile, got %v", err)
	}
}
