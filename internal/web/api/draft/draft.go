// Package draft is the part of the API that shows what settings do to real people before they are saved. What they
// do is left to internal/connection.
package draft

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Endpoints show what settings do to real people. GET is about the settings in force; POST about settings
// that are not saved, for those who could save them: others would read any BambooHR field that way.
func Endpoints(c Connections, now func() time.Time) []rest.Endpoint {
	p := &part{c, now}
	const reads = "Reads BambooHR unless that was done a moment ago."
	at := "/connections/{id}"
	return []rest.Endpoint{
		rest.On("GET", at+"/examples", account.Read, "listExamples", "Shows what each row of the mapping gives for real people", p.examples).
			Fails("settings", "setup", "read", "read_only").Note(reads),
		rest.On("POST", at+"/examples", account.Configure, "tryMapping", "The same for settings that are not saved", p.tryExamples).
			Fails("settings", "setup", "read", "read_only").Note(reads),
		rest.On("GET", at+"/scope", account.Read, "getScope", "Counts whom each rule of scope and leaving concerns", p.scope).
			Fails("settings", "setup", "read", "read_only").Note(reads),
		rest.On("POST", at+"/scope", account.Configure, "tryScope", "The same for settings that are not saved", p.tryScope).
			Fails("settings", "setup", "read", "read_only").Note(reads),
		rest.On("GET", at+"/recipe", account.Read, "getRecipe", "Tells how to make a BambooHR key that can read what the settings need", p.recipe).Fails("settings"),
		rest.On("POST", at+"/recipe", account.Configure, "tryRecipe", "The same for settings that are not saved", p.tryRecipe).Fails("settings"),
		rest.On("POST", at+"/upcoming", account.Configure, "tryUpcoming", "Tells when a schedule that is not saved would start runs", p.upcoming).Fails("settings"),
		rest.On("GET", at+"/fields", account.Read, "listFields", "Lists the company's fields that a mapping may name", p.fields).
			Fails("setup", "read", "read_only").Note(reads),
		rest.On("GET", at+"/values", account.Configure, "listValues", "Lists what a field can say at this company", p.values).
			Fails("settings", "setup", "read", "read_only").Note(reads),
		rest.On("GET", "/presets", account.Configure, "listPresets", "Lists the sets of settings to begin with", p.presets),
	}
}

// Connections is what these endpoints ask of internal/connection.
type Connections interface {
	Draft(ctx context.Context, id string, patch []byte) (policy.Connection, []policy.Fault, error)
	Recipe(ctx context.Context, id string, patch []byte) ([]string, error)
	Examples(ctx context.Context, id string, patch []byte) (map[string][]connection.Example, error)
	Scope(ctx context.Context, id string, patch []byte) (connection.ScopeView, error)
	Fields(ctx context.Context, id string) ([]connection.FieldChoice, error)
	Values(ctx context.Context, id, field string) ([]string, error)
}

// part has a method for every address.
type part struct {
	connections Connections
	now         func() time.Time
}

// draftRequest has settings that are not saved.
type draftRequest struct {
	Settings json.RawMessage `json:"settings" doc:"As PATCH of the connection takes them; without them, those in force."`
}

type draftInput struct {
	rest.One
	Body draftRequest
}

func (in *draftInput) patch() []byte {
	if string(in.Body.Settings) == "null" {
		return nil
	}
	return in.Body.Settings
}

// rowView is what one row of the mapping gives.
type rowView struct {
	Target   string        `json:"target" doc:"The directory's field."`
	Examples []exampleView `json:"examples"`
}

// exampleView is what it gives for one real employee.
type exampleView struct {
	SourceID string     `json:"source_id"`
	Name     string     `json:"name"`
	Value    *string    `json:"value"`
	Note     *string    `json:"note" doc:"Why the value could not be used."`
	From     []partView `json:"from" doc:"The BambooHR values that it was made of."`
}

type partView struct {
	Field string  `json:"field"`
	Value *string `json:"value"`
	State string  `json:"state" doc:"set, blank or unreadable."`
}

func (p *part) examples(r *http.Request, in rest.One) (rest.Page[rowView], error) {
	return p.tryExamples(r, draftInput{One: in})
}

func (p *part) tryExamples(r *http.Request, in draftInput) (rest.Page[rowView], error) {
	found, err := p.connections.Examples(r.Context(), in.ID, in.patch())
	var out []rowView
	for _, target := range slices.Sorted(maps.Keys(found)) {
		out = append(out, rowView{target, viewExamples(found[target])})
	}
	return rest.Whole(out), err
}

func viewExamples(list []connection.Example) []exampleView {
	out := make([]exampleView, len(list))
	for i, x := range list {
		out[i] = exampleView{x.SourceID, x.Name, syncrun.Optional(x.Value), syncrun.Optional(x.Note), make([]partView, len(x.Source))}
		for j, v := range x.Source {
			out[i].From[j] = partView{v.Field, syncrun.Optional(v.Value), v.State}
		}
	}
	return out
}

// scopeView is what the rules do to the employees read last.
type scopeView struct {
	Employees int         `json:"employees"`
	In        int         `json:"in"`
	Out       int         `json:"out"`
	Unknown   int         `json:"unknown" doc:"Employees about whom a value could not be read."`
	ReadAt    string      `json:"read_at"`
	More      bool        `json:"more" doc:"Only the first employees were looked at."`
	Rules     []countView `json:"rules"`
}

type countView struct {
	Place   string   `json:"place" doc:"Of the rule in the settings, such as scope.include[0]."`
	People  int      `json:"people"`
	Unknown int      `json:"unknown"`
	Names   []string `json:"names" doc:"At most five of them."`
}

func (p *part) scope(r *http.Request, in rest.One) (scopeView, error) {
	return p.tryScope(r, draftInput{One: in})
}

func (p *part) tryScope(r *http.Request, in draftInput) (scopeView, error) {
	s, err := p.connections.Scope(r.Context(), in.ID, in.patch())
	v := scopeView{s.Employees, s.In, s.Out, s.Unknown, rest.Instant(s.ReadAt), s.More, make([]countView, len(s.Rules))}
	for i, c := range s.Rules {
		v.Rules[i] = countView{c.Place, c.People, c.Unknown, append([]string{}, c.Names...)}
	}
	return v, err
}

// recipeView tells how to make a key, click by click.
type recipeView struct {
	Steps  []string `json:"steps"`
	Fields []string `json:"fields" doc:"Everything that is read."`
}

func (p *part) recipe(r *http.Request, in rest.One) (recipeView, error) {
	return p.tryRecipe(r, draftInput{One: in})
}

func (p *part) tryRecipe(r *http.Request, in draftInput) (recipeView, error) {
	steps, err := p.connections.Recipe(r.Context(), in.ID, in.patch())
	if err != nil {
		return recipeView{}, err
	}
	c, err := p.draft(r, &in)
	return recipeView{steps, policy.SourceFields(c)}, err
}

// draft is the settings in force with those that are not saved; *connection.SettingsError has all faults.
func (p *part) draft(r *http.Request, in *draftInput) (policy.Connection, error) {
	c, faults, err := p.connections.Draft(r.Context(), in.ID, in.patch())
	if err == nil && len(faults) > 0 {
		err = &connection.SettingsError{Faults: faults}
	}
	return c, err
}

// upcomingView is when a schedule starts runs.
type upcomingView struct {
	TimeZone string   `json:"time_zone"`
	Runs     []string `json:"runs" doc:"The next five, RFC 3339; none for a schedule that starts nothing."`
}

const upcomingShown = 5

func (p *part) upcoming(r *http.Request, in draftInput) (upcomingView, error) {
	c, err := p.draft(r, &in)
	if err != nil {
		return upcomingView{}, err
	}
	v := upcomingView{c.TimeZone, []string{}}
	for at := p.now(); len(v.Runs) < upcomingShown; {
		if at = policy.NextRun(c.Schedule, c.Zones().Connection(), at); at.IsZero() {
			break
		}
		v.Runs = append(v.Runs, rest.Instant(at))
	}
	return v, nil
}

// fieldView is a BambooHR field.
type fieldView struct {
	Alias string `json:"alias" doc:"As settings name it."`
	Name  string `json:"name" doc:"As the company's own list calls it."`
	Type  string `json:"type"`
}

func (p *part) fields(r *http.Request, in rest.One) (rest.Page[fieldView], error) {
	list, err := p.connections.Fields(r.Context(), in.ID)
	return rest.PageOf(list, "", func(f *connection.FieldChoice) fieldView { return fieldView{f.Alias, f.Name, f.Type} }), err
}

type valuesQuery struct {
	rest.One
	Field string `query:"field" doc:"BambooHR's alias of the field."`
}

func (p *part) values(r *http.Request, in valuesQuery) (rest.Page[string], error) {
	if in.Field == "" {
		return rest.Page[string]{}, rest.BadQuery("field is missing: name a field of BambooHR")
	}
	list, err := p.connections.Values(r.Context(), in.ID, in.Field)
	return rest.Whole(list), err
}

// presetView is a set of settings to begin with.
type presetView struct {
	Name     *string         `json:"name" doc:"null: no preset, the defaults."`
	Settings json.RawMessage `json:"settings" doc:"As rollcall.yaml has them."`
	Recipe   recipeView      `json:"recipe"`
}

func (p *part) presets(*http.Request, rest.None) (rest.Page[presetView], error) {
	var out []presetView
	for _, name := range append([]string{""}, policy.PresetNames()...) {
		conn, err := policy.Defaults(), error(nil)
		if name != "" {
			conn, err = policy.Base(name)
		}
		if err != nil {
			return rest.Page[presetView]{}, err
		}
		text, err := JSON(policy.Export(conn))
		if err != nil {
			return rest.Page[presetView]{}, err
		}
		out = append(out, presetView{syncrun.Optional(name), text, recipeView{source.Recipe(&conn, nil), policy.SourceFields(conn)}})
	}
	return rest.Whole(out), nil
}

// JSON is exported settings as JSON: what PATCH takes.
func JSON(text []byte) (json.RawMessage, error) {
	var file struct {
		Connection map[string]any `yaml:"connection"`
	}
	if err := yaml.Load(text, &file); err != nil {
		return nil, fmt.Errorf("read stored settings: %w", err)
	}
	return json.Marshal(file.Connection)
}
