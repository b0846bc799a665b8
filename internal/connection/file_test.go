package connection_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func (h *house) file(text string) policy.File {
	h.t.Helper()
	f, faults := policy.ParseFile([]byte(strings.ReplaceAll(text, "SIM", h.sim.URL)), nil)
	if len(faults) > 0 {
		h.t.Fatal(faults)
	}
	return f
}

func (h *house) adopt(s *connection.Service, text string) []string {
	h.t.Helper()
	ids, err := s.Adopt(h.t.Context(), h.file(text), func(p *policy.Connection) (string, error) {
		if p.BambooHR.APIKeyEnv == "MISSING" {
			return "", errors.New("the API key is missing; set MISSING")
		}
		return bamboosim.DefaultKey, nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return ids
}

// TestAdopt: what the operator's file says is shown, cannot be changed, and makes a version only when it is new.
func TestAdopt(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	const text = "connection: { name: Ops, enabled: true, bamboohr: { subdomain: acme, base_url: SIM }, notify: { errors: [it@acme.test] } }"
	first := h.adopt(h.Service, text)
	id := h.adopt(h.Service, text)[0]
	if id != first[0] {
		t.Fatalf("%s, then %s", first[0], id)
	}
	if _, err := h.Check(ctx, actor, id); err != nil {
		t.Fatal(err)
	}
	d := h.get(id)
	if d.Origin != connection.FromFile || d.Version.Number != 1 || d.State != connection.Enabled || d.NextRun.IsZero() || d.Key == nil {
		t.Errorf("adopted: %+v", d.Summary)
	}
	if rec, err := h.store.Settings().Connection(ctx, id); err != nil || rec.Key != nil || strings.Contains(rec.Version.YAML, "base_url") {
		t.Errorf("stored: %+v, %v", rec.Key, err)
	}
	_, err := h.Save(ctx, actor, id, 1, []byte("pictures: true"))
	for _, err := range []error{err, h.SetKey(ctx, actor, id, bamboosim.DefaultKey), h.Disable(ctx, actor, id), h.Delete(ctx, actor, id)} {
		wantError[*connection.ReadOnlyError](t, err)
	}
	h.good(h.Sync(ctx, actor, id))
	if err := h.Pause(ctx, actor, id, "review", h.now.Add(1)); err != nil {
		t.Errorf("a pause is no setting: %v", err)
	}
	h.adopt(h.Service, strings.Replace(text, "enabled: true", "enabled: true, pictures: true", 1))
	if vs, err := h.Versions(ctx, id); err != nil || len(vs) != 2 || vs[0].Note != "pictures: no → yes" || vs[0].Actor != "file" {
		t.Errorf("versions: %+v, %v", vs, err)
	}
	_, err = h.Create(ctx, actor, connection.NewConnection{Name: "Ops", Subdomain: "acme"})
	wantFault(t, err, "name")
}

// TestFormerFile: a connection that the file no longer has is shown, cannot run, and can be taken over.
func TestFormerFile(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	other := connection.New(h.options(h.store))
	id := h.adopt(other, "connection: { name: Ops, bamboohr: { subdomain: acme, base_url: SIM } }")[0]
	j, err := other.Sync(ctx, actor, id)
	if err != nil {
		t.Fatal(err)
	}
	if j, err = other.Wait(ctx, j.ID); err != nil || j.Err != nil {
		t.Fatal(err, j.Err)
	}
	if err := other.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if d := h.get(id); !d.Absent || d.Problem == "" || d.Automatic {
		t.Errorf("%+v", d.Summary)
	}
	_, err = h.Sync(ctx, actor, id)
	wantError[*connection.ReadOnlyError](t, err)
	d := h.create(connection.NewConnection{Name: "Ops", Subdomain: "acme", Key: bamboosim.DefaultKey})
	if d.ID != id || d.Origin != connection.FromWeb || d.Version.Number != 2 {
		t.Errorf("taken over: %+v", d.Summary)
	}
	if s := h.good(h.Sync(ctx, actor, id)); s.Run.Outcome != syncrun.OutcomeNoOp {
		t.Errorf("its people are still linked: %+v", s.Run)
	}
}

// TestTakeOver: a connection of the command line is listed, and set up under its name it keeps its people.
func TestTakeOver(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	row, err := h.store.EnsureConnection(ctx, "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	if d := h.get(row.ID); d.Origin != connection.FromCLI || d.State != connection.Draft || d.Problem == "" {
		t.Errorf("%+v", d.Summary)
	}
	_, err = h.Sync(ctx, actor, row.ID)
	wantError[*connection.ReadOnlyError](t, err)
	_, err = h.Create(ctx, actor, connection.NewConnection{Name: "acme hr", Subdomain: "acme"})
	wantFault(t, err, "name")
	if d := h.checked("{}"); d.ID != row.ID || d.Origin != connection.FromWeb {
		t.Errorf("%+v", d.Summary)
	}
}

func TestFileFaults(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("{}")
	file := h.file("connection: { name: Acme HR, bamboohr: { subdomain: acme } }")
	if _, err := h.Adopt(ctx, file, nil); err == nil || !strings.Contains(err.Error(), "another name") {
		t.Errorf("a connection of the web was replaced: %v", err)
	}
	id := h.adopt(h.Service, "connection: { name: Keyless, enabled: true, bamboohr: { subdomain: acme, api_key_env: MISSING } }")[0]
	if k := h.get(id); k.Problem != "The API key is missing; set MISSING." || k.State != connection.Draft || k.Key != nil {
		t.Errorf("%+v", k.Summary)
	}
	_, err := h.Check(ctx, actor, id)
	wantError[*connection.KeyError](t, err)
	_, err = h.Preview(ctx, actor, id, connection.PreviewRequest{})
	wantError[*connection.KeyError](t, err)
	if h.get(d.ID).Origin != connection.FromWeb {
		t.Error("the connection of the web changed")
	}
}

// TestVersions: settings come back by version and by file, and neither starts automatic runs.
func TestVersions(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("preset: betterworks")
	if d.Preset != "betterworks" {
		t.Fatalf("preset %q", d.Preset)
	}
	text, err := h.Export(ctx, d.ID)
	if err != nil || strings.Contains(string(text), "base_url") {
		t.Fatalf("%s, %v", text, err)
	}
	if v, err := h.Import(ctx, actor, d.ID, text); err != nil || v.Number != 1 {
		t.Errorf("the same file: version %d, %v", v.Number, err)
	}
	changed := strings.Replace(string(text), "enabled: false", "enabled: true", 1)
	changed = strings.Replace(changed, "America/Los_Angeles", "Europe/Berlin", 1)
	v, err := h.Import(ctx, actor, d.ID, []byte(changed))
	if err != nil || v.Note != "time_zone: America/Los_Angeles → Europe/Berlin" || h.get(d.ID).Settings.Enabled {
		t.Errorf("imported: %q, %v", v.Note, err)
	}
	_, err = h.Import(ctx, actor, d.ID, []byte("connection: { bamboohr: { subdomain: acme, base_url: 'http://127.0.0.1:1' } }"))
	wantFault(t, err, "bamboohr.base_url")
	_, err = h.Save(ctx, actor, d.ID, v.Number, []byte("enabled: true"))
	wantFault(t, err, "enabled")
	if v, err = h.Restore(ctx, actor, d.ID, 1); err != nil || v.Number != 3 || h.get(d.ID).TimeZone != "America/Los_Angeles" {
		t.Errorf("restored: %+v, %v", v, err)
	}
	if _, err = h.Restore(ctx, actor, d.ID, 99); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("version 99: %v", err)
	}
	vs, err := h.Versions(ctx, d.ID)
	if err != nil || len(vs) != 3 || vs[0].Number != 3 || vs[2].Note != "set up" {
		t.Errorf("versions: %+v, %v", vs, err)
	}
	if _, err := h.Get(ctx, "c_none"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
}

// TestEditorFor: edits go through the editor of the owning connection.
func TestEditorFor(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("mapping: { job_title: { from: jobTitle, authority: locked } }")
	h.good(h.Sync(ctx, actor, d.ID))
	p := h.people()[0]
	e, err := h.EditorFor(ctx, "p_admin", p)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Edit(ctx, "id:"+p.ID, map[directory.Field]string{directory.JobTitle: "Chief"})
	wantError[*people.LockedError](t, err)
	if x, err := e.Explain(ctx, "id:"+p.ID, h.now); err != nil || x.Sentence == "" {
		t.Errorf("explain: %+v, %v", x, err)
	}
	h.create(connection.NewConnection{Name: "Second", Subdomain: "acme"})
	h.admin("p_admin")
	free, err := h.store.Person(ctx, "p_admin")
	if err != nil {
		t.Fatal(err)
	}
	if e, err = h.EditorFor(ctx, actor, free); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Edit(ctx, "id:p_admin", map[directory.Field]string{directory.JobTitle: "Chief"}); err != nil {
		t.Error(err)
	}
	if x, err := e.Explain(ctx, "id:p_admin", h.now); err != nil || x.Sentence == "" {
		t.Errorf("explain: %+v, %v", x, err)
	}
	if all, err := h.List(ctx); err != nil || len(all) != 2 {
		t.Errorf("an editor made a connection: %d, %v", len(all), err)
	}
}
