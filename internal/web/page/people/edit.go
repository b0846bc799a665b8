package people

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// edit shows the fields of a person that may be changed, and why the others may not.
func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	person, e, err := p.subordinate(r)
	if err != nil {
		return err
	}
	return p.renderEdit(w, r, http.StatusOK, e, &person, nil, nil)
}

func (p *pages) renderEdit(w http.ResponseWriter, r *http.Request, status int, e *people.Editor, person *directory.Person, typed url.Values, wrong ui.Errors) error {
	name, home := words.Name(person), personPath(person.ID)
	page := &formPage{Action: home + "/edit", Back: home, Version: person.Version, Errors: wrong, Submit: "Save", Keep: typed.Get("keep") != ""}
	page.Page = ui.Page{Title: "Edit " + name, Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}, {Text: name, Href: home}}}
	fields := fieldsOf(e, person)
	page.Leads, page.MayKeep = leads(fields, e.Policy.Name)
	address, err := p.addresses(r.Context(), e, person.Values.Get(directory.Manager))
	if err != nil {
		return err
	}
	fixed := ""
	if !viewer(r).MayReach(person.ID, person.Role) {
		fixed = noReach
	}
	page.lay(fields, address, typed, fixed)
	if page.Lists, err = p.known(r.Context()); err != nil {
		return err
	}
	return ui.Render(w, r, status, formView(page))
}

// noReach says why an address is not everybody's to change: it is a way into the account (security §1.5).
const noReach = "Only an owner changes the address of an owner or admin: a link to set a password goes there."

// leads says once what stands beside many fields, and whether holding what is changed makes a difference.
func leads(fields []field, connection string) (text string, keep bool) {
	has := func(a policy.Authority) bool {
		return slices.ContainsFunc(fields, func(f field) bool { return f.Authority == a })
	}
	keep = has(policy.AuthorityOverwrite)
	switch {
	case keep:
		text = "This person comes from BambooHR through " + connection + ". Where BambooHR leads, the next run overwrites what is typed here; a hold on the field keeps it."
	case has(policy.AuthorityLocked):
		text = "This person comes from BambooHR through " + connection + ", which controls the locked fields. Change those in BambooHR."
	}
	return text, keep
}

// addresses looks up e-mail addresses of managers.
func (p *pages) addresses(ctx context.Context, e *people.Editor, ids ...string) (func(id string) string, error) {
	found, err := e.Store.PersonsByID(ctx, slices.DeleteFunc(ids, func(id string) bool { return id == "" }))
	mails := map[string]string{}
	for i := range found {
		mails[found[i].ID] = found[i].Values.Get(directory.Email)
	}
	return func(id string) string { return mails[id] }, err
}

// saveEdit takes what somebody typed: only fields that say something else than when the form was made, and
// only while nobody else changed the person meanwhile.
func (p *pages) saveEdit(w http.ResponseWriter, r *http.Request) error {
	person, e, err := p.subordinate(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	typed := r.PostForm
	fields := fieldsOf(e, &person)
	if version, err := strconv.ParseInt(typed.Get("version"), 10, 64); err != nil || version != person.Version {
		return p.renderStale(w, r, e, &person, typed)
	}
	set, wrong, err := changes(r.Context(), e, fields, typed)
	if err != nil {
		return err
	}
	if _, mail := set[directory.Email]; mail && !viewer(r).MayReach(person.ID, person.Role) {
		wrong["email"] = noReach
	}
	if len(wrong) > 0 {
		return p.renderEdit(w, r, http.StatusUnprocessableEntity, e, &person, typed, wrong)
	}
	home := personPath(person.ID)
	if len(set) == 0 {
		return p.done(w, r, home, "Nothing was different, so nothing was changed.")
	}
	kept := e.Store
	e.Store = unchanged{kept, person.ID, person.Version}
	res, err := e.Edit(r.Context(), "id:"+person.ID, set)
	e.Store = kept
	if _, stale := errors.AsType[*syncrun.StaleRecordError](err); stale {
		return p.reread(w, r, typed)
	}
	if err != nil {
		wrong, ok := refusal(err)
		if !ok {
			return err
		}
		return p.renderEdit(w, r, http.StatusUnprocessableEntity, e, &person, typed, wrong)
	}
	return p.saved(w, r, e, fields, set, &person, &res.Person, typed.Get("keep") != "")
}

// saved says what was saved and what the next run makes of it, and puts the holds that were asked for.
func (p *pages) saved(w http.ResponseWriter, r *http.Request, e *people.Editor, fields []field, set map[directory.Field]string, before, person *directory.Person, keep bool) error {
	var over []string
	for _, f := range fields {
		if _, typed := set[f.Name]; !typed || before.Values.Get(f.Name) == person.Values.Get(f.Name) || f.Authority != policy.AuthorityOverwrite {
			continue
		}
		over = append(over, inSentence(f.Name))
		if keep {
			h := directory.Hold{ID: e.NewID("hold"), PersonID: person.ID, Field: f.Name, UntilHR: directory.UntilHRSays(person.Values.Get(f.Name)),
				Reason: "edited by hand; kept until BambooHR says the same", CreatedBy: e.Actor, CreatedAt: e.Now()}
			if err := e.Store.AddHold(r.Context(), h); err != nil {
				return err
			}
		}
	}
	text := words.Name(person) + " is saved."
	switch {
	case len(over) > 0 && keep:
		text += " Runs leave " + strings.Join(over, ", ") + " alone until BambooHR says the same."
	case len(over) > 0:
		text += " The next run overwrites " + strings.Join(over, ", ") + ", unless you hold it."
	}
	return p.done(w, r, personPath(person.ID), text)
}

// reread shows the form again when somebody was faster between reading and writing.
func (p *pages) reread(w http.ResponseWriter, r *http.Request, typed url.Values) error {
	person, e, err := p.subordinate(r)
	if err != nil {
		return err
	}
	return p.renderStale(w, r, e, &person, typed)
}

// renderStale keeps what somebody typed, shows what others wrote meanwhile in the fields that were left
// alone, and lets the next save go through.
func (p *pages) renderStale(w http.ResponseWriter, r *http.Request, e *people.Editor, person *directory.Person, typed url.Values) error {
	address, err := p.addresses(r.Context(), e, person.Values.Get(directory.Manager))
	if err != nil {
		return err
	}
	wrong := ui.Errors{"": "Somebody changed this person meanwhile. What you typed is kept; the other fields show how they are now. Look at them and save again."}
	kept := url.Values{"keep": typed["keep"]}
	for _, f := range fieldsOf(e, person) {
		name, now := string(f.Name), f.typedText(address)
		value, was := typed.Get(name), typed.Get("was:"+name)
		if !typed.Has(name) || trim(value) == trim(was) {
			continue
		}
		kept.Set(name, value)
		if now != was {
			wrong[name] = "Meanwhile this became " + quoted(now) + "."
		}
	}
	return p.renderEdit(w, r, http.StatusUnprocessableEntity, e, person, kept, wrong)
}

func quoted(s string) string {
	if s == "" {
		return "blank"
	}
	return strconv.Quote(s)
}
