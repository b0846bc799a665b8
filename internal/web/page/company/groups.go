package company

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
)

// groupsPage lists departments or teams.
type groupsPage struct {
	ui.Page
	Kind    directory.GroupKind
	Words   groupWords
	Rows    []groupRow
	Pairs   []groupPair
	TooMany bool // to compare their names
	MayEdit bool
}

// groupRow is a department or team with the list of its people.
type groupRow struct {
	view.GroupRow
	Href  string
	Other string // names under which HR may know it too
}

// groupPair is two whose names look alike.
type groupPair struct{ A, B groupRow }

// groupWords calls one kind of groups by its name.
type groupWords struct{ One, Many, Param string }

func wordsOf(kind directory.GroupKind) groupWords {
	if kind == directory.KindTeam {
		return groupWords{"team", "teams", "team"}
	}
	return groupWords{"department", "departments", "department"}
}

// groups lists departments or teams, those that look alike first; they are never merged alone.
func (p *pages) groups(w http.ResponseWriter, r *http.Request) error {
	ctx, kind := r.Context(), directory.KindDepartment
	if r.URL.Query().Get("kind") == "teams" {
		kind = directory.KindTeam
	}
	page := &groupsPage{Kind: kind, Words: wordsOf(kind), MayEdit: viewer(r).May(account.People)}
	rows, err := p.Views.Groups(ctx, kind)
	if err != nil {
		return err
	}
	byID := map[string]groupRow{}
	for _, g := range rows {
		row := groupRow{g, ui.WithQuery("/people", page.Words.Param, g.Name), strings.Join(g.Aliases, ", ")}
		byID[g.ID] = row
		page.Rows = append(page.Rows, row)
	}
	pairs, ok, err := p.Views.NearDuplicates(ctx, kind)
	if err != nil {
		return err
	}
	page.TooMany = !ok
	for _, pair := range pairs {
		a, b := byID[pair[0].ID], byID[pair[1].ID]
		if a.People > b.People { // the smaller one into the larger one
			a, b = b, a
		}
		page.Pairs = append(page.Pairs, groupPair{a, b})
	}
	page.Page = ui.Page{Title: "Departments & teams", Nav: "groups", Lead: "How people are grouped here. Runs compare names without regard to case and spaces.",
		Tabs: []ui.Tab{{Text: "Departments", Href: "/groups", Current: kind == directory.KindDepartment}, {Text: "Teams", Href: "/groups?kind=teams", Current: kind == directory.KindTeam}}}
	return ui.Render(w, r, http.StatusOK, groupsView(page))
}

// findGroup finds the department or team that a request names, and all of its kind.
func (p *pages) findGroup(ctx context.Context, id string) (view.GroupRow, []view.GroupRow, error) {
	for _, kind := range []directory.GroupKind{directory.KindDepartment, directory.KindTeam} {
		all, err := p.Views.Groups(ctx, kind)
		if err != nil {
			return view.GroupRow{}, nil, err
		}
		if i := slices.IndexFunc(all, func(g view.GroupRow) bool { return g.ID == id }); i >= 0 {
			return all[i], all, nil
		}
	}
	return view.GroupRow{}, nil, fmt.Errorf("department or team %s: %w", id, directory.ErrNotFound)
}

func groupsPath(kind directory.GroupKind) string {
	if kind == directory.KindTeam {
		return "/groups?kind=teams"
	}
	return "/groups"
}

func groupFrame(g *view.GroupRow, title string) ui.Page {
	return ui.Page{Title: title, Nav: "groups", Crumbs: []ui.Crumb{{Text: "Departments & teams", Href: groupsPath(g.Kind)}}}
}

// askMerge says what a merge does, and into which one.
func (p *pages) askMerge(w http.ResponseWriter, r *http.Request) error {
	g, all, err := p.findGroup(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, ui.Ask(mergeDialog(&g, all, r.URL.Query().Get("into"), nil)))
}

func mergeDialog(g *view.GroupRow, all []view.GroupRow, into string, wrong ui.Errors) *ui.Question {
	kind := wordsOf(g.Kind)
	d := &ui.Question{Action: "/groups/" + g.ID + "/merge", Back: groupsPath(g.Kind), Submit: "Merge", Icon: "arrows-exchange", Errors: wrong}
	d.Page = groupFrame(g, "Merge "+g.Name)
	target := "the one that you choose"
	in := ui.Input{Name: "into", Label: "Into", Value: into, Error: wrong["into"], Options: []ui.Option{{Text: "Choose a " + kind.One}}}
	for _, x := range all {
		if x.ID != g.ID {
			in.Options = append(in.Options, ui.Option{Value: x.ID, Text: fmt.Sprintf("%s (%s)", x.Name, ui.Count(x.People, "person", "people"))})
		}
		if x.ID == into && into != g.ID {
			target = x.Name
			d.Title = "Merge " + g.Name + " into " + x.Name + "?"
		}
	}
	d.Inputs = []ui.Input{in}
	d.Text = []string{
		fmt.Sprintf("%s of %s, and whoever is deactivated there, move to %s.", words.Capital(ui.Count(g.People, "person", "people")), g.Name, target),
		fmt.Sprintf("%s is gone then. Its name stays known as another name of %s, so that the next runs put people there.", g.Name, target)}
	d.Warning, d.Danger = "This cannot be undone.", true
	return d
}

// merge makes one department or team a part of another (contradiction C10).
func (p *pages) merge(w http.ResponseWriter, r *http.Request) error {
	g, all, err := p.findGroup(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	into := r.PostFormValue("into")
	if i := slices.IndexFunc(all, func(x view.GroupRow) bool { return x.ID == into && into != g.ID }); i < 0 {
		wrong := ui.Errors{"into": "Choose another " + wordsOf(g.Kind).One + "."}
		return ui.Render(w, r, http.StatusUnprocessableEntity, ui.Ask(mergeDialog(&g, all, "", wrong)))
	}
	done, err := p.Views.MergeGroups(r.Context(), g.ID, into, viewer(r).Actor(), p.Now())
	if err != nil {
		return err
	}
	return p.done(w, r, groupsPath(g.Kind), fmt.Sprintf("%s is a part of %s now. %s moved.", g.Name, done.Group.Name, ui.Count(done.Moved, "person", "people")))
}

// askRename asks for another name.
func (p *pages) askRename(w http.ResponseWriter, r *http.Request) error {
	g, _, err := p.findGroup(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, ui.Ask(renameDialog(&g, g.Name, nil)))
}

func renameDialog(g *view.GroupRow, name string, wrong ui.Errors) *ui.Question {
	d := &ui.Question{Action: "/groups/" + g.ID + "/rename", Back: groupsPath(g.Kind), Submit: "Rename", Icon: "pencil", Errors: wrong}
	d.Page = groupFrame(g, "Rename "+g.Name)
	d.Text = []string{"BambooHR may go on with the old name: it stays known as another name, so that the next runs keep people there."}
	d.Inputs = []ui.Input{{Name: "name", Label: "Name", Value: name, Error: wrong["name"], Required: true, Complete: "off"}}
	return d
}

// rename gives a department or team another name; its identity stays.
func (p *pages) rename(w http.ResponseWriter, r *http.Request) error {
	g, _, err := p.findGroup(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	typed := r.PostFormValue("name")
	name, _ := directory.CleanText(typed)
	fault := ""
	switch {
	case directory.NameKey(name) == "":
		fault = "Write a name."
	case utf8.RuneCountInString(name) > directory.MaxText:
		fault = fmt.Sprintf("Write at most %d characters.", directory.MaxText)
	case name == g.Name:
		return p.done(w, r, groupsPath(g.Kind), "The name was the same, so nothing was changed.")
	}
	var done view.Regrouped
	if fault == "" {
		done, err = p.Views.RenameGroup(r.Context(), g.ID, name, viewer(r).Actor(), p.Now())
		if taken, ok := errors.AsType[*view.NameTakenError](err); ok {
			fault, err = fmt.Sprintf("%s has this name, or once had it. Merge the two instead.", cmp.Or(taken.Group.Name, "Another one")), nil
		}
	}
	if err != nil {
		return err
	}
	if fault != "" {
		return ui.Render(w, r, http.StatusUnprocessableEntity, ui.Ask(renameDialog(&g, typed, ui.Errors{"name": fault})))
	}
	return p.done(w, r, groupsPath(g.Kind), fmt.Sprintf("%s is called %s now.", g.Name, done.Group.Name))
}
