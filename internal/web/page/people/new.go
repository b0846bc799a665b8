package people

import (
	"net/http"
	"net/url"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
)

// newPerson asks for somebody who does not come from BambooHR.
func (p *pages) newPerson(w http.ResponseWriter, r *http.Request) error {
	e, err := p.editor(r)
	if err != nil {
		return err
	}
	return p.renderNew(w, r, http.StatusOK, e, nil, nil)
}

func (p *pages) renderNew(w http.ResponseWriter, r *http.Request, status int, e *people.Editor, typed url.Values, wrong ui.Errors) error {
	page := &formPage{Action: "/people/new", Back: "/people", Errors: wrong, Submit: "Add the person"}
	page.Page = ui.Page{Title: "Add a person", Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}},
		Lead: "For somebody who is not in BambooHR. Nobody is mailed, and nobody can sign in before you invite them."}
	page.lay(fieldsOf(e, &directory.Person{}), func(string) string { return "" }, typed, "")
	var err error
	if page.Lists, err = p.known(r.Context()); err != nil {
		return err
	}
	return ui.Render(w, r, status, formView(page))
}

// addPerson makes a person by hand.
func (p *pages) addPerson(w http.ResponseWriter, r *http.Request) error {
	e, err := p.editor(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	set, wrong, err := changes(r.Context(), e, fieldsOf(e, &directory.Person{}), r.PostForm)
	if err != nil {
		return err
	}
	if set[directory.Email] == "" && wrong["email"] == "" {
		wrong["email"] = "A person needs an e-mail address."
	}
	if len(wrong) > 0 {
		return p.renderNew(w, r, http.StatusUnprocessableEntity, e, r.PostForm, wrong)
	}
	res, err := e.Add(r.Context(), set[directory.Email], set)
	if err != nil {
		wrong, ok := refusal(err)
		if !ok {
			return err
		}
		return p.renderNew(w, r, http.StatusUnprocessableEntity, e, r.PostForm, wrong)
	}
	return p.done(w, r, personPath(res.Person.ID), words.Name(&res.Person)+" is in the directory now. Invite them when they should be able to sign in.")
}
