package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/api/draft"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// connectionView is a connection in a list.
type connectionView struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	State     connection.State  `json:"state"`
	Origin    connection.Origin `json:"origin" doc:"Where its settings are changed: on the web and here, in the operator's file, or on the command line."`
	Preset    *string           `json:"preset"`
	Subdomain *string           `json:"subdomain"`
	TimeZone  *string           `json:"time_zone"`
	Key       *keyView          `json:"api_key" doc:"What is shown of the key; null: there is none yet."`
	Schedule  *string           `json:"schedule" doc:"In words."`
	Automatic bool              `json:"automatic" doc:"Runs start by themselves."`
	NextRun   *string           `json:"next_run_at"`
	LastRun   *syncrun.RunView  `json:"last_run"`
	Failures  int               `json:"failures" doc:"Readings in a row that failed."`
	Pause     *pauseView        `json:"pause"`
	Problem   *string           `json:"problem" doc:"What is wrong, or missing, in a sentence."`
}

type keyView struct {
	Last4       string  `json:"last4"`
	Fingerprint string  `json:"fingerprint" doc:"To compare keys without seeing them."`
	SetAt       *string `json:"set_at"`
	SetBy       *string `json:"set_by"`
}

type pauseView struct {
	By     string  `json:"by"`
	Reason string  `json:"reason"`
	At     string  `json:"paused_at"`
	Until  *string `json:"until" doc:"RFC 3339; null: until somebody resumes."`
}

// connectionDetailView is one connection.
type connectionDetailView struct {
	connectionView
	Version   int64           `json:"version" doc:"Of the settings; 0: none are stored."`
	Settings  json.RawMessage `json:"settings" doc:"Those in force, as rollcall.yaml has them; null: none are stored."`
	Check     *checkView      `json:"check" doc:"The last check; null: never checked."`
	Previewed *string         `json:"previewed_at" doc:"First preview of the settings in force."`
	Approved  *approvalView   `json:"approved" doc:"Who let these settings run by themselves."`
	Busy      *jobView        `json:"busy" doc:"What runs right now."`
	Webhook   *webhookView    `json:"webhook" doc:"How BambooHR's webhook stands; null where none is taken."`
	Unasked   *string         `json:"fields_unasked" doc:"After settings were saved by this request: why BambooHR could not be asked whether it has the fields that are new in them; the next preview tells. Else null."`
}

type approvalView struct {
	By string `json:"by"`
	At string `json:"approved_at"`
}

// checkView is the result of a check; Error tells why not even a reading was possible.
type checkView struct {
	source.Report
	At    string  `json:"checked_at"`
	Error *string `json:"error"`
}

func viewSummary(s *connection.Summary) connectionView {
	v := connectionView{ID: s.ID, Name: s.Name, State: s.State, Origin: s.Origin, Preset: syncrun.Optional(s.Preset),
		Subdomain: syncrun.Optional(s.Subdomain), TimeZone: syncrun.Optional(s.TimeZone), Schedule: syncrun.Optional(s.Schedule),
		Automatic: s.Automatic, NextRun: syncrun.Timestamp(s.NextRun), Failures: s.Failures, Problem: syncrun.Optional(s.Problem)}
	if k := s.Key; k != nil {
		v.Key = &keyView{k.Last4, k.Fingerprint, syncrun.Timestamp(k.SetAt), syncrun.Optional(k.SetBy)}
	}
	if s.LastRun != nil {
		run := syncrun.ViewRun(*s.LastRun)
		v.LastRun = &run
	}
	if p := s.Pause; p != nil {
		v.Pause = &pauseView{p.By, p.Reason, instant(p.At), syncrun.Timestamp(p.Until)}
	}
	return v
}

func viewDetail(d *connection.Detail) (connectionDetailView, error) {
	v := connectionDetailView{connectionView: viewSummary(&d.Summary), Version: d.Version.Number, Settings: json.RawMessage("null"),
		Previewed: syncrun.Timestamp(d.Previewed), Approved: viewApproval(d.Version.Approved)}
	if d.Check != nil {
		check := viewCheck(d.Check)
		v.Check = &check
	}
	if d.Busy != nil {
		job := viewJob(d.Busy)
		v.Busy = &job
	}
	if d.Version.Number == 0 {
		return v, nil
	}
	var err error
	v.Settings, err = draft.JSON(policy.Export(d.Settings))
	return v, err
}

func viewApproval(a *connection.Approval) *approvalView {
	if a == nil {
		return nil
	}
	return &approvalView{a.By, instant(a.At)}
}

func viewCheck(c *connection.Check) checkView {
	v := checkView{Report: c.Report, At: instant(c.At), Error: syncrun.Optional(c.Error)}
	v.Fields = append([]source.FieldReport{}, v.Fields...)
	v.Warnings, v.Recipe = append([]string{}, v.Warnings...), append([]string{}, v.Recipe...)
	return v
}

func (a *api) listConnections(r *http.Request, _ none) (page[connectionView], error) {
	list, err := a.Connections.List(r.Context())
	out := make([]connectionView, len(list))
	for i := range list {
		out[i] = viewSummary(&list[i])
	}
	return whole(out), err
}

func (a *api) getConnection(r *http.Request, in one) (connectionDetailView, error) {
	d, err := a.Connections.Get(r.Context(), in.ID)
	if err != nil {
		return connectionDetailView{}, err
	}
	return a.withWebhook(r, &d)
}

type createConnectionRequest struct {
	Name      string                     `json:"name" doc:"Defaults to the sub-domain."`
	Preset    string                     `json:"preset" doc:"ally, alleo, betterworks, small-improvements or paymasters."`
	Subdomain string                     `json:"subdomain" required:"true" doc:"The name, the host or an address of BambooHR."`
	Key       string                     `json:"api_key" doc:"Nobody sees it again."`
	TimeZone  string                     `json:"time_zone" doc:"IANA name; defaults to the preset's, else UTC."`
	Settings  map[string]json.RawMessage `json:"settings" doc:"As rollcall.yaml has them."`
}

func (a *api) createConnection(r *http.Request, in struct{ Body createConnectionRequest }) (connectionDetailView, error) {
	b := in.Body
	n := connection.NewConnection{Name: b.Name, Preset: b.Preset, Subdomain: b.Subdomain, Key: b.Key, TimeZone: b.TimeZone}
	if len(b.Settings) > 0 {
		if _, own := b.Settings["preset"]; !own && b.Preset != "" {
			b.Settings["preset"], _ = json.Marshal(b.Preset) // texts cannot fail to be written
		}
		n.Settings, _ = json.Marshal(b.Settings) // it was JSON a moment ago
	}
	d, err := a.Connections.Create(r.Context(), actor(r), n)
	if err != nil {
		return connectionDetailView{}, a.taken(r, err)
	}
	return a.withWebhook(r, &d)
}

// taken answers a name that another connection has as a conflict: a request that is sent twice makes one
// connection.
func (a *api) taken(r *http.Request, err error) error {
	wrong, ok := errors.AsType[*connection.SettingsError](err)
	if !ok {
		return err
	}
	list, listErr := a.Connections.List(r.Context())
	if listErr != nil {
		return listErr
	}
	for _, c := range list {
		name := &connection.NameError{Name: c.Name}
		if slices.ContainsFunc(wrong.Faults, func(f policy.Fault) bool { return f.Place == "name" && f.Message == name.Error() }) {
			return name
		}
	}
	return err
}

type patchConnectionRequest struct {
	Settings json.RawMessage `json:"settings" doc:"An object as rollcall.yaml has it. Keys that are not given stay, mapping merges by target field (null removes one), lists replace."`
	Version  int64           `json:"version" doc:"The version you began with: refused when somebody saved meanwhile."`
	Key      string          `json:"api_key" doc:"A new key, in a request of its own."`
}

func (a *api) patchConnection(r *http.Request, in struct {
	one
	Body patchConnectionRequest
}) (connectionDetailView, error) {
	b := in.Body
	if string(b.Settings) == "null" {
		b.Settings = nil
	}
	var saved connection.Version
	var err error
	switch {
	case b.Key != "" && b.Settings != nil:
		err = &gate.InputError{Field: "api_key", Text: "a key and settings are two changes; send two requests"}
	case b.Key != "":
		err = a.Connections.SetKey(r.Context(), actor(r), in.ID, b.Key)
	case b.Settings != nil:
		saved, err = a.Connections.Save(r.Context(), actor(r), in.ID, b.Version, b.Settings)
	default:
		err = &gate.InputError{Field: "settings", Text: "give settings or api_key"}
	}
	if err != nil {
		return connectionDetailView{}, err
	}
	v, err := a.getConnection(r, in.one)
	v.Unasked = syncrun.Optional(saved.Unasked)
	return v, err
}

func (a *api) deleteConnection(r *http.Request, in one) (nothing, error) {
	return nothing{}, a.Connections.Delete(r.Context(), actor(r), in.ID)
}

func (a *api) checkConnection(r *http.Request, in one) (checkView, error) {
	c, err := a.Connections.Check(r.Context(), actor(r), in.ID)
	return viewCheck(&c), err
}

type pauseRequest struct {
	Reason string `json:"reason" required:"true" doc:"For whoever finds automatic runs stopped."`
	Until  string `json:"until" doc:"RFC 3339, or a date: the end of that day in the connection's zone. Without it, until somebody resumes."`
}

func (a *api) pauseConnection(r *http.Request, in struct {
	one
	Body pauseRequest
}) (connectionDetailView, error) {
	d, err := a.Connections.Get(r.Context(), in.ID)
	if err != nil {
		return connectionDetailView{}, err
	}
	until, err := moment("until", in.Body.Until, d.Settings.Zones().Connection())
	if err == nil {
		err = a.Connections.Pause(r.Context(), actor(r), in.ID, in.Body.Reason, until)
	}
	if err != nil {
		return connectionDetailView{}, err
	}
	return a.getConnection(r, in.one)
}

// switched does something to a connection that needs nothing but its id, and shows it afterwards.
func (a *api) switched(r *http.Request, in one, do func(id string) error) (connectionDetailView, error) {
	if err := do(in.ID); err != nil {
		return connectionDetailView{}, err
	}
	return a.getConnection(r, in)
}

func (a *api) resumeConnection(r *http.Request, in one) (connectionDetailView, error) {
	return a.switched(r, in, func(id string) error { return a.Connections.Resume(r.Context(), actor(r), id) })
}

func (a *api) enableConnection(r *http.Request, in one) (connectionDetailView, error) {
	return a.switched(r, in, func(id string) error { return a.Connections.Enable(r.Context(), actor(r), id) })
}

func (a *api) disableConnection(r *http.Request, in one) (connectionDetailView, error) {
	return a.switched(r, in, func(id string) error { return a.Connections.Disable(r.Context(), actor(r), id) })
}

func (a *api) approveConnection(r *http.Request, in one) (connectionDetailView, error) {
	return a.switched(r, in, func(id string) error { return a.Connections.Approve(r.Context(), actor(r), id) })
}

func (a *api) cancelConnection(r *http.Request, in one) (connectionDetailView, error) {
	return a.switched(r, in, func(id string) error {
		if _, err := a.Connections.Get(r.Context(), id); err != nil {
			return err
		}
		return a.Connections.Cancel(r.Context(), id)
	})
}

func (a *api) sync(r *http.Request, in struct {
	one
	Body syncRequest
}) (later[doneView], error) {
	var j connection.Job
	var err error
	if invite := in.Body.Invite; invite != nil {
		j, err = a.Connections.SyncInviting(r.Context(), actor(r), in.ID, *invite)
	} else {
		j, err = a.Connections.Sync(r.Context(), actor(r), in.ID)
	}
	if err != nil {
		return later[doneView]{}, err
	}
	return wait(a, r, j, a.viewDone(r))
}
